//! Shared and per-frame functional groups of enhanced objects (PS3.3 C.7.6.16).

use super::dataset::Set;
use super::image::{modality_transform, unknown_voi_function, voi_list};
use super::spacing;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use lightbox_model::image::FrameFacts;

/// What reading facts needs to know of the image.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    /// Pixel Representation is 1.
    pub signed: bool,
    /// Bits Stored.
    pub stored: u16,
}

/// Facts of every frame; empty where no frame differs from `shared`.
pub(crate) fn per_frame(
    root: Set<'_>,
    frames: u32,
    shared: &FrameFacts,
    context: Context,
    defects: &mut Vec<String>,
) -> Vec<FrameFacts> {
    let mut all = Vec::new();
    for (index, item) in root.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).take(frames as usize).enumerate() {
        let mut facts = shared.clone();
        facts.order = Some(index as i64 + 1);
        apply(item, &mut facts, context, defects);
        all.push(facts);
    }
    if !all.is_empty() && all.len() < frames as usize {
        let have = all.len();
        defects.push(format!("Only {have} of {frames} frames have their functional groups."));
        // A few bytes may promise millions of frames: nothing is made for those that are not there.
        return Vec::new();
    }
    all
}

/// Overrides what the groups in `item` say.
pub(crate) fn apply(item: Set<'_>, facts: &mut FrameFacts, context: Context, defects: &mut Vec<String>) {
    // Stands behind the VOI LUTs in a file, and decides whether their inputs are signed.
    if let Some(group) = item.item(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE) {
        modality_transform(group, facts, context, defects);
    }
    for element in item.elements() {
        let Some(group) = element.items().next() else { continue };
        match element.node.tag {
            tags::PLANE_POSITION_SEQUENCE => {
                facts.plane.position = group.array(tags::IMAGE_POSITION_PATIENT).or(facts.plane.position);
            }
            tags::PLANE_ORIENTATION_SEQUENCE => {
                facts.plane.orientation = group.array(tags::IMAGE_ORIENTATION_PATIENT).or(facts.plane.orientation);
            }
            tags::PIXEL_MEASURES_SEQUENCE => {
                facts.spacing = spacing::of_measures(group).unwrap_or_else(|| facts.spacing.clone());
                facts.plane.thickness = group.number(tags::SLICE_THICKNESS).or(facts.plane.thickness);
                facts.plane.between = group.number(tags::SPACING_BETWEEN_SLICES).or(facts.plane.between);
            }
            tags::FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE if facts.spacing.mm.is_none() => {
                facts.spacing = spacing::of_detector(group).unwrap_or_else(|| facts.spacing.clone());
            }
            tags::CT_IMAGE_FRAME_TYPE_SEQUENCE | tags::MR_IMAGE_FRAME_TYPE_SEQUENCE | tags::PET_FRAME_TYPE_SEQUENCE => {
                facts.supplemental_palette = match group.text(tags::PIXEL_PRESENTATION).as_str() {
                    "" => facts.supplemental_palette,
                    term => term == "COLOR",
                };
            }
            tags::FRAME_VOILUT_SEQUENCE => {
                let list = voi_list(group, &facts.modality, context, defects);
                if !list.is_empty() {
                    facts.voi = list.into();
                    facts.unknown_voi_function = unknown_voi_function(group);
                }
            }
            tags::FRAME_CONTENT_SEQUENCE => frame_content(group, facts),
            tags::TEMPORAL_POSITION_SEQUENCE => {
                facts.split.trigger = group.number(tags::TEMPORAL_POSITION_TIME_OFFSET).or(facts.split.trigger);
            }
            tags::MR_ECHO_SEQUENCE => {
                facts.split.echo = group.number(tags::EFFECTIVE_ECHO_TIME).or(facts.split.echo);
            }
            tags::MR_DIFFUSION_SEQUENCE => {
                facts.split.b_value = group.number(tags::DIFFUSION_B_VALUE).or(facts.split.b_value);
            }
            tags::CARDIAC_SYNCHRONIZATION_SEQUENCE => {
                facts.split.trigger = group.number(tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME).or(facts.split.trigger);
            }
            _ => {}
        }
    }
}

fn frame_content(group: Set<'_>, facts: &mut FrameFacts) {
    facts.split.stack = group.short_text(tags::STACK_ID).or_else(|| facts.split.stack.take());
    facts.split.temporal = group.integer(tags::TEMPORAL_POSITION_INDEX).or(facts.split.temporal);
    let last_index = || group.numbers(tags::DIMENSION_INDEX_VALUES).last().map(|v| *v as i64);
    facts.order = group.integer(tags::IN_STACK_POSITION_NUMBER).or_else(last_index).or(facts.order);
}

/// Positions of frames that lie at offsets along the normal, as those of an RT dose do (PS3.3 C.8.8.3.2).
pub(crate) fn grid_offsets(root: Set<'_>, frames: u32, shared: &FrameFacts) -> Vec<FrameFacts> {
    const GRID_FRAME_OFFSET_VECTOR: Tag = tags::GRID_FRAME_OFFSET_VECTOR;
    let offsets = root.numbers(GRID_FRAME_OFFSET_VECTOR);
    let (Some(origin), Some(o)) = (shared.plane.position, shared.plane.orientation) else { return Vec::new() };
    if frames < 2 || offsets.len() != frames as usize || offsets.iter().any(|v| !v.is_finite()) {
        return Vec::new();
    }
    let normal = [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
    // Offsets count from the first plane; where they begin elsewhere they are table positions along z.
    let base = offsets[0];
    let place = |offset: f64| std::array::from_fn(|i| origin[i] + normal[i] * (offset - base));
    let mut all = vec![shared.clone(); offsets.len()];
    for (index, (facts, offset)) in all.iter_mut().zip(&offsets).enumerate() {
        facts.plane.position = Some(place(*offset));
        facts.order = Some(index as i64 + 1);
    }
    all
}
