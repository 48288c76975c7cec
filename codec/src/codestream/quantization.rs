//! QCD and QCC: quantization (ISO/IEC 15444-1 A.6.4, A.6.5, E.1).

use super::coding::known_component;
use super::marker::Segment;
use super::reader::Reader;
use crate::error::Error;

/// How step sizes are given (Table A.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// No quantization: exponents only.
    None,
    /// One step for LL, the others derived from it.
    Derived,
    /// A step for each subband.
    Expounded,
}

/// Exponent and mantissa of one subband's step size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    pub exponent: u8,
    pub mantissa: u16,
}

/// Quantization of one component.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quantization {
    /// Offset of the marker segment, for errors.
    pub at: u64,
    pub style: Style,
    pub guard_bits: u8,
    /// LL, then HL, LH, HH from the lowest resolution up; LL alone where derived.
    steps: Vec<Step>,
}

impl Quantization {
    /// The step of a subband: band 0 is LL, band `3 * (resolution - 1) + 1..=3` are HL, LH and HH of a resolution.
    pub fn step(&self, resolution: u8, band: usize) -> Result<Step, Error> {
        let missing = || Error::malformed("QCD", self.at, format!("no step size for resolution {resolution}"));
        match self.style {
            Style::Derived => {
                let first = self.steps.first().copied().ok_or_else(missing)?;
                // E-5: the exponent falls by one per level; resolutions 0 and 1 share the lowest level.
                let exponent = first.exponent.checked_sub(resolution.saturating_sub(1)).ok_or_else(missing)?;
                Ok(Step { exponent, ..first })
            }
            Style::None | Style::Expounded => self.steps.get(band).copied().ok_or_else(missing),
        }
    }

    fn parse(segment: &Segment, r: &mut Reader) -> Result<Self, Error> {
        const WHAT: &str = "the quantization";
        let sqcd = r.u8(WHAT)?;
        let style = match sqcd & 31 {
            0 => Style::None,
            1 => Style::Derived,
            2 => Style::Expounded,
            other => return Err(segment.malformed(format!("quantization style {other} is not defined"))),
        };
        let mut steps = Vec::new();
        while r.remaining() > 0 && steps.len() < 97 {
            steps.push(match style {
                Style::None => Step { exponent: r.u8(WHAT)? >> 3, mantissa: 0 },
                Style::Derived | Style::Expounded => {
                    let v = r.u16(WHAT)?;
                    Step { exponent: (v >> 11) as u8, mantissa: v & 0x7FF }
                }
            });
        }
        if steps.is_empty() {
            return Err(segment.malformed("no step size is given"));
        }
        Ok(Self { at: segment.at, style, guard_bits: sqcd >> 5, steps })
    }
}

/// QCD: the default of all components.
pub(crate) fn qcd(segment: &Segment) -> Result<Quantization, Error> {
    Quantization::parse(segment, &mut segment.reader())
}

/// QCC: one component.
pub(crate) fn qcc(segment: &Segment, components: usize) -> Result<(u16, Quantization), Error> {
    let mut r = segment.reader();
    let component = known_component(segment, &mut r, components)?;
    Ok((component, Quantization::parse(segment, &mut r)?))
}
