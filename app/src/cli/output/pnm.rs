//! Binary PGM (P5) and PPM (P6): the largest value follows from the declared bits; above 255 samples are 16 bits, big endian.

use super::Raster;
use std::io::{self, Write};

pub fn write(out: &mut dyn Write, raster: &Raster<'_>) -> io::Result<()> {
    let magic = if raster.components == 3 { "P6" } else { "P5" };
    let maxval = (1u32 << raster.bits) - 1;
    write!(out, "{magic}\n{} {}\n{maxval}\n", raster.columns, raster.rows)?;
    out.write_all(&raster.values.big_endian())
}

#[cfg(test)]
mod tests {
    use super::super::tests::raster;
    use super::*;
    use lightbox_codec::Samples;

    #[test]
    fn twelve_bits_are_two_bytes_big_endian() {
        let samples = Samples::U16(vec![0x0FFF, 1]);
        let mut out = Vec::new();
        write(&mut out, &raster(1, 12, false, &samples)).unwrap();
        assert_eq!(out, b"P5\n2 1\n4095\n\x0f\xff\x00\x01");
    }

    #[test]
    fn three_components_are_a_pixmap() {
        let samples = Samples::U8(vec![1, 2, 3]);
        let mut out = Vec::new();
        write(&mut out, &raster(3, 8, false, &samples)).unwrap();
        assert_eq!(out, b"P6\n1 1\n255\n\x01\x02\x03");
    }
}
