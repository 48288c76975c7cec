//! Overlay planes (PS3.3 C.9.2, PS3.5 8.1.2): their own bits, or bits of the pixel cells that the image leaves unused.

use super::dataset::Set;
use super::lut::packed_bytes;
use super::value::from_zero;
use dicom_core::Tag;
use lightbox_model::image::Overlay;

/// Pixels of one plane.
const MAX_PIXELS: u64 = 1 << 27;

/// Where the cells of an image are, for planes embedded in them: bytes of a single native frame in little endian.
pub(crate) struct Cells<'a> {
    pub bytes: &'a [u8],
    pub allocated: u16,
    pub rows: u32,
    pub columns: u32,
}

/// An overlay group that has its plane in the pixel cells.
pub(crate) fn any_embedded(set: Set<'_>) -> bool {
    groups().any(|group| {
        set.get(Tag(group, 0x0010)).is_some()
            && set.get(Tag(group, 0x3000)).is_none()
            && set.integer(Tag(group, 0x0102)).is_some_and(|bit| bit > 0)
    })
}

/// All planes that hold for the whole image. Planes with frames of their own belong to single frames and are left out.
pub(crate) fn read(set: Set<'_>, cells: Option<&Cells<'_>>) -> Vec<Overlay> {
    groups().filter_map(|group| plane(set, group, cells)).collect()
}

fn groups() -> impl Iterator<Item = u16> {
    (0x6000..=0x601E).step_by(2)
}

fn plane(set: Set<'_>, group: u16, cells: Option<&Cells<'_>>) -> Option<Overlay> {
    let size = |element| set.integer(Tag(group, element)).and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0);
    let (rows, columns) = (size(0x0010)?, size(0x0011)?);
    if size(0x0015).unwrap_or(1) > 1 || u64::from(rows) * u64::from(columns) > MAX_PIXELS {
        return None;
    }
    let pixels = rows as usize * columns as usize;
    let bits = match set.get(Tag(group, 0x3000)) {
        Some(data) => {
            let bytes = packed_bytes(data);
            (bytes.len() >= pixels.div_ceil(8)).then(|| (0..pixels).map(|i| bytes[i / 8] >> (i % 8) & 1).collect())?
        }
        None => embedded(cells?, size(0x0102)?, rows, columns)?,
    };
    let origin = set.array(Tag(group, 0x0050)).unwrap_or([1.0, 1.0]);
    let label = set.some_text(Tag(group, 0x1500)).or_else(|| set.some_text(Tag(group, 0x0022)));
    let [row, column] = origin.map(from_zero);
    Some(Overlay { row, column, rows, columns, bits, label })
}

/// Bit `position` of every pixel cell.
fn embedded(cells: &Cells<'_>, position: u32, rows: u32, columns: u32) -> Option<Vec<u8>> {
    let width = usize::from(cells.allocated / 8);
    let fits = cells.rows == rows && cells.columns == columns && position < u32::from(cells.allocated);
    let pixels = rows as usize * columns as usize;
    let bytes = cells.bytes.get(..pixels.checked_mul(width)?)?;
    let at = (position / 8) as usize;
    fits.then(|| bytes.chunks_exact(width).map(|cell| cell[at] >> (position % 8) & 1).collect())
}
