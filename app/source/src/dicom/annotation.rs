//! Graphic annotation of a presentation state (PS3.3 C.10.5) and its layers (C.10.7).

use super::dataset::Set;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use lightbox_model::presentation::{Annotations, Graphic, Justification, Note, Outline, Place, Units};
use std::collections::HashMap;

/// Graphics and texts of a state: each is drawn whenever its image is.
const MAX_OBJECTS: usize = 4096;
/// Points of all graphics of a state.
const MAX_POINTS: usize = 1 << 16;
/// Characters of a text: what ST holds.
const MAX_TEXT: usize = 1024;
/// Places lie within so many pixels of the image's corner, or so many displayed areas.
const FARTHEST: [f32; 2] = [1e6, 1e3];

#[derive(Clone, Copy, Default)]
struct Layer {
    order: i32,
    colour: Option<[u8; 3]>,
}

/// Reads the items of a state one after the other, within the limits of all.
pub(super) struct Reader {
    layers: HashMap<String, Layer>,
    objects: usize,
    points: usize,
}

impl Reader {
    pub(super) fn new(root: Set<'_>) -> Self {
        let layers = root.items(tags::GRAPHIC_LAYER_SEQUENCE).take(MAX_OBJECTS).map(|item| {
            let order = item.integer(tags::GRAPHIC_LAYER_ORDER).and_then(|order| i32::try_from(order).ok());
            (item.text(tags::GRAPHIC_LAYER), Layer { order: order.unwrap_or(i32::MAX), colour: colour(item) })
        });
        Self { layers: layers.collect(), objects: MAX_OBJECTS, points: MAX_POINTS }
    }

    /// An item of the Graphic Annotation Sequence.
    pub(super) fn read(&mut self, item: Set<'_>) -> Annotations {
        let Layer { order, colour } = self.layers.get(&item.text(tags::GRAPHIC_LAYER)).copied().unwrap_or_default();
        let mut read = Annotations { order, colour, ..Annotations::default() };
        for graphic in item.items(tags::GRAPHIC_OBJECT_SEQUENCE) {
            match self.one().and_then(|()| self.graphic(graphic)) {
                Some(graphic) => read.graphics.push(graphic),
                None => read.missing += 1,
            }
        }
        for text in item.items(tags::TEXT_OBJECT_SEQUENCE) {
            match self.one().and_then(|()| note(text)) {
                Some(note) => read.notes.push(note),
                None => read.missing += 1,
            }
        }
        read.missing += item.items(tags::COMPOUND_GRAPHIC_SEQUENCE).count();
        read
    }

    /// Room for one more.
    fn one(&mut self) -> Option<()> {
        self.objects = self.objects.checked_sub(1)?;
        Some(())
    }

    fn graphic(&mut self, item: Set<'_>) -> Option<Graphic> {
        let outline = match item.text(tags::GRAPHIC_TYPE).as_str() {
            "POINT" => Outline::Point,
            "POLYLINE" => Outline::Polyline,
            "INTERPOLATED" => Outline::Interpolated,
            "CIRCLE" => Outline::Circle,
            "ELLIPSE" => Outline::Ellipse,
            _ => return None,
        };
        let units = units(item, tags::GRAPHIC_ANNOTATION_UNITS)?;
        let count = item.get(tags::GRAPHIC_DATA)?.bytes().len() / (2 * size_of::<f32>());
        self.points = self.points.checked_sub(count)?;
        let numbers = item.numbers(tags::GRAPHIC_DATA);
        let (points, rest) = numbers.as_chunks::<2>();
        let fits = match outline {
            Outline::Point => points.len() == 1,
            Outline::Circle => points.len() == 2,
            Outline::Ellipse => points.len() == 4,
            Outline::Polyline | Outline::Interpolated => points.len() >= 2,
        };
        let usable = fits && rest.is_empty() && points.iter().all(|&at| is_near(units, at));
        usable.then(|| Graphic { outline, units, points: points.to_vec(), filled: item.text(tags::GRAPHIC_FILLED) == "Y" })
    }
}

/// An item of the Text Object Sequence.
fn note(item: Set<'_>) -> Option<Note> {
    let text = item.text(tags::UNFORMATTED_TEXT_VALUE).replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.trim_end().chars().filter(|c| !c.is_control() || *c == '\n').take(MAX_TEXT).collect();
    let place = |units_tag, tag| {
        let units = units(item, units_tag)?;
        item.array(tag).filter(|&at| is_near(units, at)).map(|at| Place { units, at })
    };
    let corner = |tag| place(tags::BOUNDING_BOX_ANNOTATION_UNITS, tag);
    let corners = corner(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER).zip(corner(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER));
    let anchor = place(tags::ANCHOR_POINT_ANNOTATION_UNITS, tags::ANCHOR_POINT);
    if text.is_empty() || (corners.is_none() && anchor.is_none()) {
        return None;
    }
    Some(Note {
        text,
        corners: corners.map(|(a, b)| [a, b]),
        justification: match item.text(tags::BOUNDING_BOX_TEXT_HORIZONTAL_JUSTIFICATION).as_str() {
            "CENTER" => Justification::Centre,
            "RIGHT" => Justification::Right,
            _ => Justification::Left,
        },
        anchor,
        pointed: item.text(tags::ANCHOR_POINT_VISIBILITY) == "Y",
    })
}

fn units(item: Set<'_>, tag: Tag) -> Option<Units> {
    match item.text(tag).as_str() {
        "PIXEL" => Some(Units::Pixels),
        "DISPLAY" => Some(Units::Area),
        _ => None,
    }
}

fn is_near(units: Units, at: [f64; 2]) -> bool {
    let [pixels, areas] = FARTHEST;
    let most = f64::from(if units == Units::Pixels { pixels } else { areas });
    at.iter().all(|v| v.abs() <= most)
}

/// The colour that a layer recommends (C.10.7): CIELab, else a grey of 16 bits.
fn colour(item: Set<'_>) -> Option<[u8; 3]> {
    if let Some(lab) = item.array(tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_CIE_LAB_VALUE) {
        return Some(srgb(lab));
    }
    let grey = item.number(tags::GRAPHIC_LAYER_RECOMMENDED_DISPLAY_GRAYSCALE_VALUE)?;
    Some([(grey / 65535.0 * 255.0).round() as u8; 3])
}

/// sRGB of a CIELab value of DICOM (C.10.7.1.1), whose white is D50.
fn srgb([l, a, b]: [f64; 3]) -> [u8; 3] {
    const D50: [f64; 3] = [0.9642, 1.0, 0.8249];
    const SRGB_FROM_XYZ: [[f64; 3]; 3] =
        [[3.134_136, -1.617_386, -0.490_662], [-0.978_795, 1.916_254, 0.033_443], [0.071_956, -0.228_977, 1.405_386]];
    let y = (l / 65535.0 * 100.0 + 16.0) / 116.0;
    let [a, b] = [a, b].map(|v| v / 65535.0 * 255.0 - 128.0);
    let f = [y + a / 500.0, y, y - b / 200.0];
    let linear = |t: f64| if t > 6.0 / 29.0 { t.powi(3) } else { 3.0 * (6.0f64 / 29.0).powi(2) * (t - 4.0 / 29.0) };
    let xyz: [f64; 3] = std::array::from_fn(|i| linear(f[i]) * D50[i]);
    SRGB_FROM_XYZ.map(|row| {
        let value = (0..3).map(|i| row[i] * xyz[i]).sum::<f64>().clamp(0.0, 1.0);
        let encoded = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::srgb;

    #[test]
    fn colours_are_those_of_srgb() {
        // CIELab (D50) of the corners of sRGB, as Lindbloom's calculator gives them.
        for (lab, rgb) in [
            ([100.0, 0.0, 0.0], [255, 255, 255]),
            ([0.0, 0.0, 0.0], [0, 0, 0]),
            ([54.29, 80.81, 69.89], [255, 0, 0]),
            ([87.82, -79.29, 80.99], [0, 255, 0]),
            ([29.57, 68.30, -112.03], [0, 0, 255]),
            ([53.59, 0.0, 0.0], [128, 128, 128]),
        ] {
            let [l, a, b] = lab;
            let stored = [l / 100.0 * 65535.0, (a + 128.0) / 255.0 * 65535.0, (b + 128.0) / 255.0 * 65535.0];
            let got = srgb(stored.map(f64::round));
            assert!((0..3).all(|i| got[i].abs_diff(rgb[i]) <= 2), "{lab:?}: {got:?}");
        }
    }
}
