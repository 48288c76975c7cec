//! Codestreams made by hand.

/// A codestream of one tile whose headers are `segments`, with `packets` behind them.
pub fn codestream(segments: &[&[u8]], packets: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF, 0x4F];
    segments.iter().for_each(|s| out.extend_from_slice(s));
    out.extend_from_slice(&[0xFF, 0x90, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0x93]);
    out.extend_from_slice(packets);
    out
}

/// SIZ of 8-bit components on a grid of `width` x `height` with tiles of `tile`.
pub fn siz(width: u32, height: u32, tile: (u32, u32), components: u16) -> Vec<u8> {
    let mut out = vec![0xFF, 0x51];
    out.extend_from_slice(&(38 + 3 * components).to_be_bytes());
    out.extend_from_slice(&[0x40, 0]);
    for v in [width, height, 0, 0, tile.0, tile.1, 0, 0] {
        out.extend_from_slice(&v.to_be_bytes());
    }
    out.extend_from_slice(&components.to_be_bytes());
    for _ in 0..components {
        out.extend_from_slice(&[7, 1, 1]);
    }
    out
}

/// COD of HT code-blocks of 4 x 4 in one layer, with a precinct size for each resolution.
pub fn cod(layers: u16, levels: u8, precinct: u8) -> Vec<u8> {
    let mut out = vec![0xFF, 0x52, 0, 13 + levels, 1, 0];
    out.extend_from_slice(&layers.to_be_bytes());
    out.extend_from_slice(&[0, levels, 0, 0, 0x40, 1]);
    out.resize(out.len() + usize::from(levels) + 1, precinct);
    out
}

/// QCD without quantization.
pub fn qcd(levels: u8) -> Vec<u8> {
    let steps = 3 * levels + 1;
    let mut out = vec![0xFF, 0x5C, 0, 3 + steps, 0x40];
    out.resize(out.len() + usize::from(steps), 8 << 3);
    out
}
