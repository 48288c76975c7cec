//! Writes a DICOM file in memory: Explicit VR Little Endian, defined lengths (PS3.5 section 7, PS3.10 section 7).

/// Explicit VR Little Endian.
const TRANSFER_SYNTAX: &str = "1.2.840.10008.1.2.1";
/// Names this writer (PS3.7 D.3.3.2); a UID of its own, derived from a UUID.
const IMPLEMENTATION: &str = "2.25.283918429640171950634725198465729145217";

/// A data set under construction; elements may come in any order.
#[derive(Clone, Default)]
pub struct DataSet(Vec<(u32, Vec<u8>)>);

impl DataSet {
    /// Text of any string VR; several values are parted by backslashes. Padded to even length as its VR asks.
    pub fn text(&mut self, tag: u32, vr: &[u8; 2], value: &str) -> &mut Self {
        let pad = if vr == b"UI" { 0 } else { b' ' };
        self.bytes(tag, vr, value.as_bytes(), pad)
    }

    /// Unsigned short (US).
    pub fn short(&mut self, tag: u32, value: u16) -> &mut Self {
        self.bytes(tag, b"US", &value.to_le_bytes(), 0)
    }

    /// Signed short (SS).
    pub fn signed(&mut self, tag: u32, value: i16) -> &mut Self {
        self.bytes(tag, b"SS", &value.to_le_bytes(), 0)
    }

    /// Decimal string (DS) of one or more numbers.
    pub fn decimals(&mut self, tag: u32, values: &[f64]) -> &mut Self {
        let text: Vec<String> = values.iter().map(|v| decimal(*v)).collect();
        self.text(tag, b"DS", &text.join("\\"))
    }

    /// A sequence (SQ) of one item.
    pub fn item(&mut self, tag: u32, item: &DataSet) -> &mut Self {
        let body = item.clone().written();
        let mut value = vec![0xFE, 0xFF, 0x00, 0xE0];
        value.extend((body.len() as u32).to_le_bytes());
        value.extend(body);
        self.bytes(tag, b"SQ", &value, 0)
    }

    /// Pixel Data (7FE0,0010) of 16 bits a value.
    pub fn pixels(&mut self, values: &[u16]) -> &mut Self {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.bytes(0x7FE0_0010, b"OW", &bytes, 0)
    }

    fn bytes(&mut self, tag: u32, vr: &[u8; 2], value: &[u8], pad: u8) -> &mut Self {
        let length = value.len() + value.len() % 2;
        let mut element = Vec::with_capacity(length + 12);
        element.extend(((tag >> 16) as u16).to_le_bytes());
        element.extend((tag as u16).to_le_bytes());
        element.extend(vr);
        // PS3.5 7.1.2: these have two reserved bytes and a length of four.
        if matches!(vr, b"OB" | b"OW" | b"SQ") {
            element.extend([0, 0]);
            element.extend((length as u32).to_le_bytes());
        } else {
            element.extend((length as u16).to_le_bytes());
        }
        element.extend(value);
        element.resize(element.len() + value.len() % 2, pad);
        self.0.push((tag, element));
        self
    }

    fn written(mut self) -> Vec<u8> {
        self.0.sort_by_key(|(tag, _)| *tag);
        self.0.into_iter().flat_map(|(_, bytes)| bytes).collect()
    }

    /// The whole file: preamble, file meta information, data set.
    pub fn file(self, sop_class: &str, sop_instance: &str) -> Vec<u8> {
        let mut meta = DataSet::default();
        meta.bytes(0x0002_0001, b"OB", &[0, 1], 0);
        meta.text(0x0002_0002, b"UI", sop_class).text(0x0002_0003, b"UI", sop_instance);
        meta.text(0x0002_0010, b"UI", TRANSFER_SYNTAX).text(0x0002_0012, b"UI", IMPLEMENTATION);
        let meta = meta.written();
        let mut file = vec![0; 128];
        file.extend(b"DICM");
        // File Meta Information Group Length counts what follows it.
        file.extend([0x02, 0x00, 0x00, 0x00, b'U', b'L', 0x04, 0x00]);
        file.extend((meta.len() as u32).to_le_bytes());
        file.extend(meta);
        file.extend(self.written());
        file
    }
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
        set.short(0x0028_0010, 512).text(0x0008_0060, b"CS", "CTX");
        assert_eq!(set.written(), b"\x08\x00\x60\x00CS\x04\x00CTX \x28\x00\x10\x00US\x02\x00\x00\x02");
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
