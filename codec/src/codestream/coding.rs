//! COD, COC, CAP, POC and RGN: how tiles and components are coded (ISO/IEC 15444-1 A.6, 15444-15 Annex A).

use super::info::{BlockCoding, Progression, Wavelet};
use super::marker::Segment;
use super::reader::Reader;
use crate::error::Error;

/// The part of COD that holds for all components of a tile (Table A.13, A.14).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TileCoding {
    pub progression: Progression,
    pub layers: u16,
    pub colour_transform: bool,
    /// Packets may begin with SOP.
    pub sop: bool,
    /// Packet headers end with EPH.
    pub eph: bool,
}

/// Switches of the code-block style (Table A.19). All but `causal` are for MQ code-blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockStyle {
    /// Selective arithmetic coding bypass: raw bits from the fifth bit-plane on.
    pub bypass: bool,
    /// Context probabilities begin anew with each pass.
    pub reset: bool,
    /// A codeword segment ends with each pass.
    pub terminate: bool,
    /// Vertically causal context formation.
    pub causal: bool,
    /// Predictable termination.
    pub predictable: bool,
    /// A segmentation symbol ends each cleanup pass.
    pub segmentation: bool,
}

impl BlockStyle {
    const fn new(bits: u8) -> Self {
        Self {
            bypass: bits & 0x01 != 0,
            reset: bits & 0x02 != 0,
            terminate: bits & 0x04 != 0,
            causal: bits & 0x08 != 0,
            predictable: bits & 0x10 != 0,
            segmentation: bits & 0x20 != 0,
        }
    }

    /// How many passes from pass `number` on the codeword segment holds that it belongs to, counting it (Table D.9).
    /// Passes are cleanup, then significance propagation, magnitude refinement, cleanup of each further bit-plane.
    pub fn passes_of_segment(self, number: u16) -> u16 {
        match (self.terminate, self.bypass) {
            (true, _) => 1,
            (false, false) => u16::MAX,
            // The first four bit-planes are one segment; then two raw passes take turns with one that is not.
            (false, true) => match number.checked_sub(10) {
                None => 10u16.saturating_sub(number),
                Some(after) if after % 3 == 0 => 2,
                Some(_) => 1,
            },
        }
    }
}

/// The part of COD and COC that holds for one component (Table A.15).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ComponentCoding {
    /// Offset of the marker segment, for errors.
    pub at: u64,
    /// Decomposition levels, 0 to 32.
    pub levels: u8,
    /// Nominal code-block size as powers of two (xcb, ycb).
    pub block: (u8, u8),
    pub blocks: BlockCoding,
    pub style: BlockStyle,
    pub wavelet: Wavelet,
    /// Precinct size as powers of two, one pair per resolution; empty for 2^15.
    precincts: Vec<(u8, u8)>,
}

impl ComponentCoding {
    /// PPx and PPy of a resolution.
    pub fn precinct(&self, resolution: u8) -> (u8, u8) {
        self.precincts.get(usize::from(resolution)).copied().unwrap_or((15, 15))
    }

    /// The sizes as declared; empty where none are.
    pub fn precincts(&self) -> &[(u8, u8)] {
        &self.precincts
    }

    fn parse(segment: &Segment, r: &mut Reader, sized_precincts: bool) -> Result<Self, Error> {
        const WHAT: &str = "the coding style";
        let levels = r.u8(WHAT)?;
        let (width, height) = (r.u8(WHAT)?, r.u8(WHAT)?);
        let (style, transformation) = (r.u8(WHAT)?, r.u8(WHAT)?);
        if levels > 32 {
            return Err(segment.malformed(format!("{levels} decomposition levels are declared, at most 32 are possible")));
        }
        let block = ((width & 15).saturating_add(2), (height & 15).saturating_add(2));
        if block.0 > 10 || block.1 > 10 || block.0.saturating_add(block.1) > 12 {
            return Err(segment.malformed(format!("code-blocks of 2^{} x 2^{} are not allowed", block.0, block.1)));
        }
        // 15444-15 Table A.4: bit 6 says HT, bit 7 that MQ blocks are among them.
        let blocks = match style >> 6 {
            0 => BlockCoding::Mq,
            1 => BlockCoding::Ht,
            3 => BlockCoding::Mixed,
            _ => return Err(segment.malformed(format!("the code-block style {style:#04X} is not defined"))),
        };
        let bits = style;
        let style = BlockStyle::new(style);
        if blocks == BlockCoding::Mixed && (style.bypass || style.terminate) {
            // How the first length of a block tells its coding is defined for a single codeword segment only.
            return Err(segment.unsupported(format!("HT and MQ code-blocks side by side with the code-block style {bits:#04X}")));
        }
        let wavelet = match transformation {
            0 => Wavelet::Irreversible97,
            1 => Wavelet::Reversible53,
            _ => return Err(segment.unsupported(format!("wavelet transformation {transformation} of ISO/IEC 15444-2"))),
        };
        let mut precincts = Vec::new();
        if sized_precincts {
            for resolution in 0..=levels {
                let size = r.u8(WHAT)?;
                let (x, y) = (size & 15, size >> 4);
                if resolution > 0 && (x == 0 || y == 0) {
                    return Err(segment.malformed(format!("precincts of 2^{x} x 2^{y} at resolution {resolution}")));
                }
                precincts.push((x, y));
            }
        }
        Ok(Self { at: segment.at, levels, block, blocks, style, wavelet, precincts })
    }
}

/// COD: the coding style of a tile and the default of its components.
pub(crate) fn cod(segment: &Segment) -> Result<(TileCoding, ComponentCoding), Error> {
    const WHAT: &str = "COD";
    let mut r = segment.reader();
    let style = r.u8(WHAT)?;
    let progression = progression(segment, r.u8(WHAT)?)?;
    let layers = r.u16(WHAT)?;
    let transform = r.u8(WHAT)?;
    if layers == 0 {
        return Err(segment.malformed("no layer is declared"));
    }
    if transform > 1 {
        return Err(segment.unsupported(format!("multiple component transformation {transform} of ISO/IEC 15444-2")));
    }
    let tile = TileCoding { progression, layers, colour_transform: transform == 1, sop: style & 2 != 0, eph: style & 4 != 0 };
    Ok((tile, ComponentCoding::parse(segment, &mut r, style & 1 != 0)?))
}

/// COC: the coding style of one component.
pub(crate) fn coc(segment: &Segment, components: usize) -> Result<(u16, ComponentCoding), Error> {
    let mut r = segment.reader();
    let component = known_component(segment, &mut r, components)?;
    let style = r.u8("COC")?;
    Ok((component, ComponentCoding::parse(segment, &mut r, style & 1 != 0)?))
}

fn progression(segment: &Segment, code: u8) -> Result<Progression, Error> {
    Ok(match code {
        0 => Progression::Lrcp,
        1 => Progression::Rlcp,
        2 => Progression::Rpcl,
        3 => Progression::Pcrl,
        4 => Progression::Cprl,
        _ => return Err(segment.malformed(format!("progression order {code} is not defined"))),
    })
}

pub(super) fn known_component(segment: &Segment, r: &mut Reader, components: usize) -> Result<u16, Error> {
    let component = r.component(components, segment.marker.name())?;
    if usize::from(component) >= components {
        return Err(segment.malformed(format!("component {component} is named, the image has {components}")));
    }
    Ok(component)
}

/// One volume of packets in one order (POC, A.6.6).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProgressionChange {
    pub progression: Progression,
    /// First resolution, and the one after the last.
    pub resolutions: (u8, u8),
    /// First component, and the one after the last.
    pub components: (u16, u16),
    /// The layer after the last.
    pub layers: u16,
}

/// POC: progression order changes.
pub(crate) fn poc(segment: &Segment, components: usize) -> Result<Vec<ProgressionChange>, Error> {
    const WHAT: &str = "POC";
    let mut r = segment.reader();
    let mut changes = Vec::new();
    while r.remaining() > 0 {
        let first_resolution = r.u8(WHAT)?;
        let first_component = r.component(components, WHAT)?;
        let layers = r.u16(WHAT)?;
        let end_resolution = r.u8(WHAT)?;
        // Where one byte holds the component, 0 stands for 256 (Table A.32).
        let end_component = match r.component(components, WHAT)? {
            0 if components < 257 => 256,
            end => end,
        };
        let progression = progression(segment, r.u8(WHAT)?)?;
        if first_resolution >= end_resolution || first_component >= end_component || layers == 0 {
            return Err(segment.malformed("a progression order change covers no packet"));
        }
        changes.push(ProgressionChange {
            progression,
            resolutions: (first_resolution, end_resolution),
            components: (first_component, end_component),
            layers,
        });
    }
    if changes.is_empty() {
        return Err(segment.malformed("no progression order change is given"));
    }
    Ok(changes)
}

/// RGN: the component and the shift of its region of interest (A.6.3).
pub(crate) fn rgn(segment: &Segment, components: usize) -> Result<(u16, u8), Error> {
    let mut r = segment.reader();
    let component = known_component(segment, &mut r, components)?;
    match r.u8("RGN")? {
        0 => Ok((component, r.u8("RGN")?)),
        style => Err(segment.unsupported(format!("region-of-interest style {style} of ISO/IEC 15444-2"))),
    }
}

/// CAP: refuses capabilities of parts other than 1 and 15 (A.5.2, 15444-15 A.3).
pub(crate) fn cap(segment: &Segment) -> Result<(), Error> {
    /// Pcap bit of part 15, counted from the most significant bit as bit 15.
    const PART_15: u32 = 1 << 17;
    let mut r = segment.reader();
    let parts = r.u32("CAP")?;
    for _ in 0..parts.count_ones() {
        r.u16("CAP")?;
    }
    match parts & !PART_15 {
        0 => Ok(()),
        others => {
            let part = others.leading_zeros().saturating_add(1);
            Err(segment.unsupported(format!("capabilities of ISO/IEC 15444-{part}")))
        }
    }
}
