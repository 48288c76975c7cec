//! Values of elements as numbers and text. Absent, empty and unreadable values are `None` or left out: what is required is
//! checked where it is used.

use super::dataset::{Element, Set};
use dicom_core::{Tag, VR};

/// Text in the repertoire of Specific Character Set (PS3.5 6.1.2.3).
fn is_charset_text(vr: VR) -> bool {
    matches!(vr, VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT)
}

/// Text of any kind.
pub(crate) fn is_text(vr: VR) -> bool {
    is_charset_text(vr) || matches!(vr, VR::AE | VR::AS | VR::CS | VR::DA | VR::DS | VR::DT | VR::IS | VR::TM | VR::UI | VR::UR)
}

/// Text in which a backslash is a character like any other.
pub(crate) fn is_single_text(vr: VR) -> bool {
    matches!(vr, VR::LT | VR::ST | VR::UT | VR::UR)
}

impl Element<'_> {
    /// Text with its padding, character set decoded.
    fn raw_text(self) -> String {
        let vr = self.node.vr;
        if is_charset_text(vr) {
            self.set.charset().decode(self.bytes(), vr == VR::PN)
        } else {
            self.bytes().iter().map(|&b| char::from(b)).collect()
        }
    }

    /// The whole value as text without padding.
    pub(crate) fn text(self) -> String {
        self.raw_text().trim_matches([' ', '\0']).to_owned()
    }

    /// The values between backslashes, without padding.
    pub(crate) fn texts(self) -> Vec<String> {
        if self.bytes().is_empty() {
            return Vec::new();
        }
        self.raw_text().split('\\').map(|v| v.trim_matches([' ', '\0']).to_owned()).collect()
    }

    /// Numbers: binary by their VR, text parsed. A value that is no number is `NaN`, so that positions hold.
    pub(crate) fn numbers(self) -> Vec<f64> {
        let big = self.is_big_endian();
        macro_rules! binary {
            ($t:ty) => {
                chunks(self.bytes()).map(|b| f64::from(if big { <$t>::from_be_bytes(b) } else { <$t>::from_le_bytes(b) })).collect()
            };
        }
        match self.node.vr {
            VR::US | VR::OW => binary!(u16),
            VR::SS => binary!(i16),
            VR::UL | VR::OL => binary!(u32),
            VR::SL => binary!(i32),
            VR::FL | VR::OF => binary!(f32),
            VR::FD | VR::OD => binary!(f64),
            VR::SV => {
                chunks(self.bytes()).map(|b| if big { i64::from_be_bytes(b) } else { i64::from_le_bytes(b) } as f64).collect()
            }
            VR::UV | VR::OV => {
                chunks(self.bytes()).map(|b| if big { u64::from_be_bytes(b) } else { u64::from_le_bytes(b) } as f64).collect()
            }
            _ => self.texts().iter().filter(|t| !t.is_empty()).map(|t| number(t)).collect(),
        }
    }

    /// 16-bit words, whatever the VR says: LUT data may be OW, US, SS, and OB or UN in implicit VR.
    pub(crate) fn words(self) -> Vec<u16> {
        let big = self.is_big_endian() && self.node.vr != VR::OB;
        chunks(self.bytes()).map(|b| if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }).collect()
    }
}

fn chunks<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.chunks_exact(N).filter_map(|c| c.try_into().ok())
}

/// A place that counts from 1 in the standard, from 0; one beyond all images stays beyond them.
pub(crate) fn from_zero(place: f64) -> i32 {
    (place - 1.0) as i32
}

/// A decimal or integer string. Rust's parser takes what DS allows; a comma for the point occurs in the wild.
fn number(text: &str) -> f64 {
    let text = text.trim();
    text.parse().or_else(|_| text.replace(',', ".").parse()).unwrap_or(f64::NAN)
}

impl Set<'_> {
    /// Text of an attribute, empty where it is absent.
    pub(crate) fn text(self, tag: Tag) -> String {
        self.get(tag).map(Element::text).unwrap_or_default()
    }

    /// Text of an attribute that has one.
    pub(crate) fn some_text(self, tag: Tag) -> Option<String> {
        self.get(tag).map(Element::text).filter(|t| !t.is_empty())
    }

    /// Text of an attribute that has one, of the length that its VR allows (PS3.5 table 6.2-1): what is kept for every frame must not
    /// grow with what a file claims.
    pub(crate) fn short_text(self, tag: Tag) -> Option<String> {
        const LONG_STRING: usize = 64;
        self.some_text(tag).map(|text| text.chars().take(LONG_STRING).collect())
    }

    /// All values of an attribute as text.
    pub(crate) fn texts(self, tag: Tag) -> Vec<String> {
        self.get(tag).map(Element::texts).unwrap_or_default()
    }

    /// All values of an attribute as numbers.
    pub(crate) fn numbers(self, tag: Tag) -> Vec<f64> {
        self.get(tag).map(Element::numbers).unwrap_or_default()
    }

    /// The first value, where it is a finite number.
    pub(crate) fn number(self, tag: Tag) -> Option<f64> {
        self.numbers(tag).first().copied().filter(|v| v.is_finite())
    }

    /// The first value as an integer; a fraction is cut off.
    pub(crate) fn integer(self, tag: Tag) -> Option<i64> {
        self.number(tag).map(|v| v as i64)
    }

    /// Exactly `N` finite numbers.
    pub(crate) fn array<const N: usize>(self, tag: Tag) -> Option<[f64; N]> {
        let numbers = self.numbers(tag);
        let array: [f64; N] = numbers.get(..N)?.try_into().ok()?;
        array.iter().all(|v| v.is_finite()).then_some(array)
    }

    /// Whether a code string says `YES`.
    pub(crate) fn is_yes(self, tag: Tag) -> bool {
        self.text(tag) == "YES"
    }
}
