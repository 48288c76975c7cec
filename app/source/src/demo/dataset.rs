//! A DICOM file in memory, by dicom-rs.

use crate::transcode::IMPLEMENTATION;
use dicom_core::value::{DataSetSequence, PixelFragmentSequence, PrimitiveValue, Value};
use dicom_core::{DataElement, Length, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

/// A data set under construction; elements may come in any order.
#[derive(Clone)]
pub struct DataSet(InMemDicomObject);

impl Default for DataSet {
    fn default() -> Self {
        Self(InMemDicomObject::new_empty())
    }
}

impl DataSet {
    /// Text of any string VR; several values are parted by backslashes.
    pub fn text(&mut self, tag: u32, vr: VR, value: &str) -> &mut Self {
        self.put(tag, vr, value)
    }

    /// Unsigned short (US).
    pub fn short(&mut self, tag: u32, value: u16) -> &mut Self {
        self.put(tag, VR::US, value)
    }

    /// Signed short (SS).
    pub fn signed(&mut self, tag: u32, value: i16) -> &mut Self {
        self.put(tag, VR::SS, value)
    }

    /// Decimal string (DS) of one or more numbers.
    pub fn decimals(&mut self, tag: u32, values: &[f64]) -> &mut Self {
        let text: Vec<String> = values.iter().map(|v| decimal(*v)).collect();
        self.text(tag, VR::DS, &text.join("\\"))
    }

    /// A sequence (SQ) of one item.
    pub fn item(&mut self, tag: u32, item: &DataSet) -> &mut Self {
        let items = DataSetSequence::new(vec![item.0.clone()], Length::UNDEFINED);
        self.0.put(DataElement::new(tag_of(tag), VR::SQ, Value::Sequence(items)));
        self
    }

    /// Pixel Data (7FE0,0010): one codestream in one fragment, padded to an even length.
    pub fn codestream(&mut self, mut bytes: Vec<u8>) -> &mut Self {
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        let fragments = PixelFragmentSequence::new(vec![0u32], vec![bytes]);
        self.0.put(DataElement::new(tags::PIXEL_DATA, VR::OB, Value::from(fragments)));
        self
    }

    fn put(&mut self, tag: u32, vr: VR, value: impl Into<PrimitiveValue>) -> &mut Self {
        self.0.put(DataElement::new(tag_of(tag), vr, value.into()));
        self
    }

    /// The whole file in HTJ2K Lossless RPCL: preamble, file meta information, data set.
    pub fn file(self) -> Vec<u8> {
        let meta = FileMetaTableBuilder::new().transfer_syntax(uids::HTJ2K_LOSSLESS_RPCL).implementation_class_uid(IMPLEMENTATION);
        let mut file = Vec::new();
        let object = self.0.with_meta(meta).expect("SOP Class and Instance UIDs are text");
        object.write_all(&mut file).expect("memory can be written to and the syntax is known");
        file
    }
}

fn tag_of(tag: u32) -> Tag {
    Tag((tag >> 16) as u16, tag as u16)
}

/// A decimal string: at most 16 characters (PS3.5 6.2).
fn decimal(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 16 { plain } else { format!("{value:.9e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_sorted_and_even() {
        let mut set = DataSet::default();
        set.short(0x0028_0010, 512).text(0x0008_0060, VR::CS, "CTX");
        let file = set.file();
        assert!(file.ends_with(b"\x08\x00\x60\x00CS\x04\x00CTX \x28\x00\x10\x00US\x02\x00\x00\x02"));
    }

    #[test]
    fn decimals_fit_their_vr() {
        for value in [0.0, -199.609375, 1.0 / 3.0, -1.234_567_890_123e-7, 0.000_012_345_678_901_234, 65535.0] {
            let text = decimal(value);
            assert!(text.len() <= 16, "{text}");
            assert!((text.parse::<f64>().expect("a number") - value).abs() <= value.abs() * 1e-9, "{text}");
        }
    }
}
