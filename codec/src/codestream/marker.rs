//! Marker codes (ISO/IEC 15444-1 Table A.2, 15444-15 Annex A) and marker segments.

use std::borrow::Cow;

use super::reader::Reader;
use crate::error::Error;

/// A marker code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker(pub u16);

macro_rules! markers {
    ($($name:ident = $code:literal),* $(,)?) => {
        // All are needed for their names.
        #[allow(missing_docs, dead_code)]
        impl Marker {
            $(pub const $name: Self = Self($code);)*

            /// The standard's three letters, or `"unknown"`.
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $($code => stringify!($name),)*
                    _ => "unknown",
                }
            }
        }
    };
}

markers! {
    SOC = 0xFF4F, CAP = 0xFF50, SIZ = 0xFF51, COD = 0xFF52, COC = 0xFF53, TLM = 0xFF55, PRF = 0xFF56, PLM = 0xFF57,
    PLT = 0xFF58, CPF = 0xFF59, QCD = 0xFF5C, QCC = 0xFF5D, RGN = 0xFF5E, POC = 0xFF5F, PPM = 0xFF60, PPT = 0xFF61,
    CRG = 0xFF63, COM = 0xFF64, DCO = 0xFF70, VMS = 0xFF71, DFS = 0xFF72, ADS = 0xFF73, MCT = 0xFF74, MCC = 0xFF75,
    NLT = 0xFF76, MCO = 0xFF77, CBD = 0xFF78, ATK = 0xFF79,
    SOT = 0xFF90, SOP = 0xFF91, EPH = 0xFF92, SOD = 0xFF93, EOC = 0xFFD9,
}

impl Marker {
    /// Whether the marker changes decoding by ISO/IEC 15444-2: skipping it would give a wrong picture.
    pub const fn is_part_2(self) -> bool {
        matches!(
            self,
            Self::DCO | Self::VMS | Self::DFS | Self::ADS | Self::MCT | Self::MCC | Self::NLT | Self::MCO | Self::CBD | Self::ATK
        )
    }

    /// Whether the marker stands alone, without a length (A.1.3).
    const fn is_bare(self) -> bool {
        matches!(self.0, 0xFF30..=0xFF3F) || matches!(self, Self::SOC | Self::EPH | Self::SOD | Self::EOC)
    }
}

/// A marker with the parameters that follow its length field; none for a bare marker.
#[derive(Clone)]
pub(crate) struct Segment<'a> {
    pub marker: Marker,
    /// Offset of the marker in the file.
    pub at: u64,
    pub body: Cow<'a, [u8]>,
}

impl<'a> Segment<'a> {
    /// Reads the marker segment at the cursor.
    pub fn read(r: &mut Reader<'a>) -> Result<Self, Error> {
        let at = r.position();
        let marker = Marker(r.u16("a marker")?);
        if marker.0 < 0xFF00 {
            return Err(Error::malformed("header", at, format!("{:#06X} stands where a marker must", marker.0)));
        }
        if marker.is_bare() {
            return Ok(Self { marker, at, body: Cow::Borrowed(&[]) });
        }
        let len = usize::from(r.u16("the length of a marker segment")?);
        let Some(len) = len.checked_sub(2) else {
            return Err(Error::malformed(marker.name(), at, format!("a segment length of {len} is below 2")));
        };
        Ok(Self { marker, at, body: r.take(len, "a marker segment")? })
    }

    /// A cursor over the parameters.
    pub fn reader(&self) -> Reader<'_> {
        // Marker and length come before the parameters.
        Reader::new(&*self.body, self.at.saturating_add(4))
    }

    /// Bytes of the segment with its marker.
    pub fn len(&self) -> u32 {
        let fixed = if self.marker.is_bare() { 2 } else { 4 };
        (self.body.len() as u32).saturating_add(fixed)
    }

    pub fn malformed(&self, why: impl Into<String>) -> Error {
        Error::malformed(self.marker.name(), self.at, why)
    }

    pub fn unsupported(&self, feature: impl Into<String>) -> Error {
        Error::unsupported(feature, self.at)
    }
}
