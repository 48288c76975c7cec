//! Value representations (PS3.5 section 6.2).

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::StandardDataDictionary;

/// Two letters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vr(pub [u8; 2]);

impl Vr {
    pub(crate) const SQ: Self = Self(*b"SQ");
    pub(crate) const UN: Self = Self(*b"UN");
    pub(crate) const US: Self = Self(*b"US");
    pub(crate) const SS: Self = Self(*b"SS");
    pub(crate) const OW: Self = Self(*b"OW");
    /// Stands for an item of a sequence, which has none.
    pub(crate) const NONE: Self = Self(*b"--");

    /// Whether the two bytes could be one.
    pub(crate) fn is_plausible(self) -> bool {
        self.0.iter().all(u8::is_ascii_uppercase)
    }

    /// Whether the explicit form has two reserved bytes and a length of 32 bits (PS3.5 7.1.2). VRs added later have too.
    pub(crate) fn is_long(self) -> bool {
        !matches!(
            &self.0,
            b"AE"
                | b"AS"
                | b"AT"
                | b"CS"
                | b"DA"
                | b"DS"
                | b"DT"
                | b"FL"
                | b"FD"
                | b"IS"
                | b"LO"
                | b"LT"
                | b"PN"
                | b"SH"
                | b"SL"
                | b"SS"
                | b"ST"
                | b"TM"
                | b"UI"
                | b"UL"
                | b"US"
        )
    }

    /// Text in the repertoire of Specific Character Set (PS3.5 6.1.2.3).
    pub(crate) fn is_charset_text(self) -> bool {
        matches!(&self.0, b"LO" | b"LT" | b"PN" | b"SH" | b"ST" | b"UC" | b"UT")
    }

    /// Text of any kind.
    pub(crate) fn is_text(self) -> bool {
        self.is_charset_text() || matches!(&self.0, b"AE" | b"AS" | b"CS" | b"DA" | b"DS" | b"DT" | b"IS" | b"TM" | b"UI" | b"UR")
    }

    /// A backslash is a character like any other.
    pub(crate) fn is_single_text(self) -> bool {
        matches!(&self.0, b"LT" | b"ST" | b"UT" | b"UR")
    }

    /// Two letters as text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

/// The VR that the data dictionary (PS3.6) gives a tag, for implicit VR. Tags whose VR depends on other elements get the
/// unsigned or 16-bit one; their readers ask Pixel Representation.
pub(crate) fn of_tag(tag: Tag) -> Option<Vr> {
    if tag.element() == 0 {
        return Some(Vr(*b"UL"));
    }
    if tag.group() % 2 == 1 {
        return (0x10..=0xFF).contains(&tag.element()).then_some(Vr(*b"LO"));
    }
    let entry = StandardDataDictionary.by_tag(tag)?;
    Some(match entry.vr() {
        VirtualVr::Exact(vr) => {
            let letters = vr.to_string();
            Vr(letters.as_bytes().try_into().ok()?)
        }
        VirtualVr::Xs => Vr::US,
        VirtualVr::Ox | VirtualVr::Px | VirtualVr::Lt => Vr::OW,
        _ => Vr::UN,
    })
}

/// The attribute's keyword in the data dictionary.
pub(crate) fn keyword(tag: Tag) -> Option<&'static str> {
    StandardDataDictionary.by_tag(tag).map(|entry| entry.alias())
}
