//! The main header as it is written (ISO/IEC 15444-1 Annex A, 15444-15 Annex A), and what a decoder makes of it.

use super::request::Parameters;
use crate::codestream::{self, InForce, Marker, Siz};
use crate::error::Error;
use crate::limits::Limits;
use crate::structure::Orientation;

/// Rsiz: a CAP marker segment says what is needed (15444-15 A.2).
const RSIZ_CAP: u16 = 1 << 14;
/// Pcap of part 15.
const PCAP_15: u32 = 1 << 17;
/// Guard bits: with the nominal exponents they hold the gain of any number of 5/3 levels, below 3 for LL, 5 for HL and LH
/// and 9 for HH, with magnitudes of one bit less than the samples.
const GUARD_BITS: u8 = 2;

/// The main header's parameters as a decoder reads them.
pub(super) struct Layout {
    pub siz: Siz,
    parameters: codestream::Parameters,
}

impl Layout {
    pub fn in_force(&self) -> InForce<'_> {
        InForce { main: &self.parameters, tile: None }
    }
}

/// Appends a marker segment whose parameters `write` appends; its length is filled in.
pub(super) fn segment(out: &mut Vec<u8>, marker: Marker, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend(marker.0.to_be_bytes());
    let at = out.len();
    out.extend([0, 0]);
    write(out);
    let len = (out.len() - at) as u16;
    out[at..at + 2].copy_from_slice(&len.to_be_bytes());
}

/// SOC to QCD, and what a decoder reads there.
pub(super) fn main(p: &Parameters, limits: &Limits) -> Result<(Vec<u8>, Layout), Error> {
    let mut out = Vec::new();
    out.extend(Marker::SOC.0.to_be_bytes());
    segment(&mut out, Marker::SIZ, |out| siz(out, p));
    segment(&mut out, Marker::CAP, |out| {
        out.extend(PCAP_15.to_be_bytes());
        out.extend(capability(p).to_be_bytes());
    });
    segment(&mut out, Marker::COD, |out| cod(out, p));
    segment(&mut out, Marker::QCD, |out| {
        out.push(GUARD_BITS << 5);
        out.extend(orientations(p).map(|orientation| exponent(p, orientation) << 3));
    });
    let (siz, parameters) = codestream::parse_main_header(&out, limits)?;
    Ok((out, Layout { siz, parameters }))
}

fn siz(out: &mut Vec<u8>, p: &Parameters) {
    out.extend(RSIZ_CAP.to_be_bytes());
    let (area, tile) = (p.area, p.tile_size);
    for value in [area.x1, area.y1, area.x0, area.y0, tile.0, tile.1, 0, 0] {
        out.extend(value.to_be_bytes());
    }
    out.extend((p.components.len() as u16).to_be_bytes());
    for &(bits, signed) in &p.components {
        out.extend([(bits - 1) | u8::from(signed) << 7, 1, 1]);
    }
}

fn cod(out: &mut Vec<u8>, p: &Parameters) {
    const RPCL: u8 = 2;
    const LAYERS: [u8; 2] = [0, 1];
    const HT: u8 = 1 << 6;
    const REVERSIBLE: u8 = 1;
    out.extend([u8::from(!p.precincts.is_empty()), RPCL]);
    out.extend(LAYERS);
    out.extend([u8::from(p.transform), p.levels, p.block.0 - 2, p.block.1 - 2, HT, REVERSIBLE]);
    out.extend(p.precincts.iter().map(|&(x, y)| x | y << 4));
}

/// The subbands' orientations in the order of QCD.
fn orientations(p: &Parameters) -> impl Iterator<Item = Orientation> {
    let details = [Orientation::Hl, Orientation::Lh, Orientation::Hh];
    std::iter::once(Orientation::Ll).chain((0..p.levels).flat_map(move |_| details))
}

/// The nominal exponent of E-4: the bits of the samples and the gain of the subband.
fn exponent(p: &Parameters, orientation: Orientation) -> u8 {
    p.bits() + orientation.gain() as u8
}

/// Ccap of part 15 (15444-15 A.3): all blocks HT, one set, no region of interest, homogeneous, reversible, and the bound B
/// on magnitude bits, MAGB.
fn capability(p: &Parameters) -> u16 {
    let bitplanes = orientations(p).map(|o| exponent(p, o) + GUARD_BITS - 1).max().unwrap_or(0);
    u16::from(match bitplanes {
        0..=8 => 0,
        9..=27 => bitplanes - 8,
        _ => 13 + bitplanes / 4,
    })
}
