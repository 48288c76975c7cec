//! PGX reference images (ISO/IEC 15444-4).

/// One component: columns, rows and samples row by row.
pub struct Pgx {
    pub width: u32,
    pub height: u32,
    pub samples: Vec<i64>,
}

/// Reads a PGX file: a line `PG ML +8 128 64`, then big-endian (`ML`) or little-endian (`LM`) samples.
pub fn read(bytes: &[u8]) -> Pgx {
    let end = bytes.iter().position(|&b| b == b'\n').expect("a header line");
    let header = String::from_utf8_lossy(&bytes[..end]);
    let signed = header.contains('-');
    let header = header.replace(['+', '-'], " ");
    let fields: Vec<&str> = header.split_whitespace().collect();
    let number = |i: usize| fields[i].parse::<u32>().expect("a number in the header");
    let (bits, width, height) = (number(2), number(3), number(4));
    let size = if bits <= 8 { 1 } else { 2 };
    assert!(bits <= 16, "references have at most 16 bits");
    let sample = |raw: &[u8]| {
        let value = match (raw, fields[1]) {
            ([v], _) => u16::from(*v),
            ([a, b], "ML") => u16::from_be_bytes([*a, *b]),
            ([a, b], _) => u16::from_le_bytes([*a, *b]),
            _ => unreachable!("chunks are of one or two bytes"),
        };
        match (signed, size) {
            (false, _) => i64::from(value),
            (true, 1) => i64::from(value as u8 as i8),
            (true, _) => i64::from(value as i16),
        }
    };
    let samples: Vec<i64> = bytes[end + 1..].chunks_exact(size).map(sample).collect();
    assert_eq!(samples.len() as u64, u64::from(width) * u64::from(height), "a whole picture");
    Pgx { width, height, samples }
}
