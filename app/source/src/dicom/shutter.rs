//! Display shutter (PS3.3 C.7.6.11).

use super::dataset::Set;
use super::value::from_zero;
use dicom_dictionary_std::tags;
use lightbox_model::image::Shutter;

/// The first shape that is complete. Attributes count pixels from 1; [`Shutter`] counts from 0.
pub(crate) fn read(set: Set<'_>) -> Option<Shutter> {
    let one = |tag| set.number(tag).map(from_zero);
    set.texts(tags::SHUTTER_SHAPE).iter().find_map(|shape| match shape.as_str() {
        "RECTANGULAR" => Some(Shutter::Rectangle([
            one(tags::SHUTTER_LEFT_VERTICAL_EDGE)?,
            one(tags::SHUTTER_RIGHT_VERTICAL_EDGE)?,
            one(tags::SHUTTER_UPPER_HORIZONTAL_EDGE)?,
            one(tags::SHUTTER_LOWER_HORIZONTAL_EDGE)?,
        ])),
        "CIRCULAR" => {
            let [row, column] = set.array(tags::CENTER_OF_CIRCULAR_SHUTTER)?;
            let radius = set.integer(tags::RADIUS_OF_CIRCULAR_SHUTTER)?;
            Some(Shutter::Circle([from_zero(column), from_zero(row), i32::try_from(radius).ok()?]))
        }
        "POLYGONAL" => {
            let vertices = set.numbers(tags::VERTICES_OF_THE_POLYGONAL_SHUTTER);
            let points: Vec<_> = vertices.chunks_exact(2).map(|p| [from_zero(p[1]), from_zero(p[0])]).collect();
            (points.len() >= 3).then_some(Shutter::Polygon(points))
        }
        _ => None,
    })
}
