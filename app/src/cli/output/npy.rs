//! NumPy's array format, version 1.0 (NEP 1): magic, header length, a Python dictionary padded to 64 bytes, then the values.

use super::{Raster, Values};
use lightbox_codec::SampleType;
use std::io::{self, Write};

pub fn write(out: &mut dyn Write, raster: &Raster<'_>) -> io::Result<()> {
    out.write_all(&header(raster))?;
    out.write_all(&raster.values.little_endian())
}

/// The array protocol's type string.
fn descr(values: &Values<'_>) -> &'static str {
    match values {
        Values::Integer(samples) => match samples.kind() {
            SampleType::U8 => "|u1",
            SampleType::I8 => "|i1",
            SampleType::U16 => "<u2",
            SampleType::I16 => "<i2",
            SampleType::U32 => "<u4",
            SampleType::I32 => "<i4",
        },
        Values::F32(_) => "<f4",
        Values::F64(_) => "<f8",
    }
}

fn header(raster: &Raster<'_>) -> Vec<u8> {
    let Raster { rows, columns, components, .. } = raster;
    let shape = if *components == 1 { format!("({rows}, {columns})") } else { format!("({rows}, {columns}, {components})") };
    let dictionary = format!("{{'descr': '{}', 'fortran_order': False, 'shape': {shape}, }}", descr(&raster.values));
    const PREFIX: usize = 10;
    // Padded with spaces and a line feed so that the values begin at a multiple of 64.
    let total = (PREFIX + dictionary.len() + 1).next_multiple_of(64);
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    // A shape of three u32 keeps the header far below 64 KiB.
    header.extend(((total - PREFIX) as u16).to_le_bytes());
    header.extend(dictionary.bytes());
    header.resize(total - 1, b' ');
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::super::tests::raster;
    use super::*;
    use lightbox_codec::Samples;

    #[test]
    fn header_is_what_numpy_writes() {
        let samples = Samples::I16(vec![-2, 1, 7]);
        let mut out = Vec::new();
        write(&mut out, &raster(1, 12, true, &samples)).unwrap();
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }".to_vec();
        expected.resize(127, b' ');
        expected.extend(b"\n\xfe\xff\x01\x00\x07\x00");
        assert_eq!(out, expected);
    }

    #[test]
    fn components_are_the_last_axis() {
        let samples = Samples::U8(vec![1; 6]);
        let header = String::from_utf8(header(&raster(3, 8, false, &samples))[10..].to_vec()).unwrap();
        assert!(header.contains("'|u1'") && header.contains("(1, 2, 3)"));
    }
}
