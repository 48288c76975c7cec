//! Red, green and blue palette tables (PS3.3 C.7.6.3.1.5), also segmented (C.7.9.2), also supplemental.

use super::dataset::Set;
use super::lut::{self, Descriptor};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use lightbox_model::display::Palette;

const CHANNELS: [(Tag, Tag, Tag); 3] = [
    (
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
];

/// The palette of an image; `Ok(None)` where it has none.
pub(crate) fn read(set: Set<'_>, signed: bool) -> Result<Option<Palette>, String> {
    if set.get(CHANNELS[0].0).is_none() {
        return Ok(None);
    }
    let mut first = 0;
    let mut tables = Vec::with_capacity(3);
    for (descriptor, data, segmented) in CHANNELS {
        let d = Descriptor::read(set, descriptor, signed).ok_or("a descriptor of the palette is missing or incomplete")?;
        if !tables.is_empty() && d.first != first {
            return Err("the palette's three tables begin at different values".to_owned());
        }
        first = d.first;
        tables.push(channel(set, d, data, segmented).map_err(|why| format!("the palette cannot be read: {why}"))?);
    }
    let length = tables.iter().map(Vec::len).max().unwrap_or(0);
    let at = |table: &[u16], i: usize| table.get(i).or(table.last()).copied().unwrap_or(0);
    let entries = (0..length).map(|i| [at(&tables[0], i), at(&tables[1], i), at(&tables[2], i)]).collect();
    Ok(Some(Palette { first, entries }))
}

/// One colour's values, scaled to 16 bits.
fn channel(set: Set<'_>, d: Descriptor, data: Tag, segmented: Tag) -> Result<Vec<u16>, String> {
    let wide = d.bits > 8;
    let values = if let Some(element) = set.get(data).filter(|e| !e.bytes().is_empty()) {
        lut::entries(element, d)?
    } else if let Some(element) = set.get(segmented) {
        let units: Vec<u16> = if wide { element.words() } else { lut::packed_bytes(element).into_iter().map(u16::from).collect() };
        expand(&units, wide, d.entries)?
    } else {
        return Err("a table has a descriptor and no data".to_owned());
    };
    // 0..=255 becomes 0..=65535.
    Ok(if wide { values } else { values.into_iter().map(|v| (v & 0xFF) * 257).collect() })
}

/// Expands discrete, linear and indirect segments.
fn expand(units: &[u16], wide: bool, wanted: usize) -> Result<Vec<u16>, String> {
    let mut out = Vec::with_capacity(wanted);
    let mut at = 0;
    while at + 1 < units.len() && out.len() < wanted {
        at = segment(units, at, wide, wanted, &mut out, false)?;
    }
    if out.len() != wanted {
        return Err(format!("its segments give {} entries, its descriptor promises {wanted}", out.len()));
    }
    Ok(out)
}

/// One segment from `at`; returns where the next begins.
fn segment(units: &[u16], at: usize, wide: bool, wanted: usize, out: &mut Vec<u16>, nested: bool) -> Result<usize, String> {
    let unit = |i: usize| units.get(i).copied().ok_or_else(|| "a segment goes beyond the end of the table".to_owned());
    let length = usize::from(unit(at + 1)?);
    match unit(at)? {
        0 => {
            let values = units.get(at + 2..at + 2 + length).ok_or("a segment goes beyond the end of the table")?;
            out.extend_from_slice(values);
            Ok(at + 2 + length)
        }
        1 => {
            let from = i64::from(*out.last().ok_or("the table begins with a linear segment")?);
            let to = i64::from(unit(at + 2)?);
            let n = length as i64;
            for i in 1..=n {
                // Rounded to nearest; the last is exactly `to`.
                out.push(((from * (n - i) + to * i + n / 2) / n) as u16);
            }
            Ok(at + 3)
        }
        2 if !nested => {
            // A byte offset of 32 bits, least significant part first; units are bytes or words.
            let (offset, next) = if wide {
                (usize::from(unit(at + 2)?) | usize::from(unit(at + 3)?) << 16, at + 4)
            } else {
                let b = |i| unit(at + 2 + i).map(usize::from);
                (b(0)? | b(1)? << 8 | b(2)? << 16 | b(3)? << 24, at + 6)
            };
            let mut from = if wide { offset / 2 } else { offset };
            for _ in 0..length {
                if out.len() > wanted {
                    break;
                }
                from = segment(units, from, wide, wanted, out, true)?;
            }
            Ok(next)
        }
        opcode => Err(format!("segment type {opcode} is not allowed here")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discrete_linear_and_indirect_segments() {
        // Two values; three steps up to 30; then the first two segments (6 words from byte 0) again.
        let units = [0, 2, 10, 12, 1, 3, 30, 2, 2, 0, 0];
        assert_eq!(expand(&units, true, 10).expect("ten entries"), [10, 12, 18, 24, 30, 10, 12, 18, 24, 30]);
    }

    #[test]
    fn an_indirect_offset_of_bytes_takes_four_units() {
        let units = [0, 1, 7, 2, 1, 0, 0, 0, 0];
        assert_eq!(expand(&units, false, 2).expect("two entries"), [7, 7]);
    }

    #[test]
    fn damaged_segments_are_errors() {
        for units in [&[1, 3, 30][..], &[0, 9, 1], &[7, 1, 1], &[0, 1, 1, 2, 1, 3, 0, 0], &[0, 1, 1, 2, 1, 0xFFFF, 0xFFFF]] {
            assert!(expand(units, true, 4).is_err(), "{units:?}");
        }
    }
}
