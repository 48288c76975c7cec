//! Display shutter (PS3.3 C.7.6.11).

use super::dataset::Set;
use super::value::from_zero;
use dicom_dictionary_std::tags;
use lightbox_model::image::Shutter;

/// How one shape is read; `None` where its attributes are not complete.
type Read = fn(Set<'_>) -> Option<Shutter>;

/// The shapes, each with its term and its own attributes: an object has at most one of each.
const SHAPES: [(&str, Read); 3] = [("RECTANGULAR", rectangle), ("CIRCULAR", circle), ("POLYGONAL", polygon)];

/// Every shape that Shutter Shape (0018,1600) names and that is complete. Attributes count pixels from 1; [`Shutter`] counts from 0.
pub(crate) fn read(set: Set<'_>) -> Vec<Shutter> {
    let named = set.texts(tags::SHUTTER_SHAPE);
    let wanted = SHAPES.iter().filter(|(term, _)| named.iter().any(|name| name == term));
    wanted.filter_map(|(_, read)| read(set)).collect()
}

fn rectangle(set: Set<'_>) -> Option<Shutter> {
    let edge = |tag| set.number(tag).map(from_zero);
    Some(Shutter::Rectangle([
        edge(tags::SHUTTER_LEFT_VERTICAL_EDGE)?,
        edge(tags::SHUTTER_RIGHT_VERTICAL_EDGE)?,
        edge(tags::SHUTTER_UPPER_HORIZONTAL_EDGE)?,
        edge(tags::SHUTTER_LOWER_HORIZONTAL_EDGE)?,
    ]))
}

fn circle(set: Set<'_>) -> Option<Shutter> {
    let [row, column] = set.array(tags::CENTER_OF_CIRCULAR_SHUTTER)?;
    let radius = set.integer(tags::RADIUS_OF_CIRCULAR_SHUTTER)?;
    Some(Shutter::Circle([from_zero(column), from_zero(row), i32::try_from(radius).ok()?]))
}

fn polygon(set: Set<'_>) -> Option<Shutter> {
    let vertices = set.numbers(tags::VERTICES_OF_THE_POLYGONAL_SHUTTER);
    let points: Vec<_> = vertices.chunks_exact(2).map(|p| [from_zero(p[1]), from_zero(p[0])]).collect();
    (points.len() >= 3).then_some(Shutter::Polygon(points))
}
