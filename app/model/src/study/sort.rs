//! From the images of a series to its stacks (imaging planes PS3.3 C.7.6.2, multi-frame C.7.6.16, C.7.6.17).
//!
//! Frames with a plane of their own are grouped by frame of reference, orientation and Stack ID, then split by temporal position,
//! b-value, echo and trigger time where these tell apart images at one place, and sorted along the normal. What still shares a
//! place is dealt out to further stacks, never interleaved. Frames without a plane are taken by number; each multi-frame object of
//! that kind is a clip of its own.

use super::ObjectHeader;
use super::stack::{Irregularity, Stack, StackOrder, inspect};
use crate::frame::{FrameId, ObjectId};
use crate::image::SplitKey;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Direction cosines of one stack agree within this.
const SAME_DIRECTION: f64 = 1e-3;
/// Orientations told apart in a series; more (a damaged or hostile series) are taken by number.
const MOST_ORIENTATIONS: usize = 512;
/// Images, each with a frame of reference of its own, that make those meaningless.
const FEWEST_SCATTERED: usize = 3;
/// Values of b, echo or time that split a stack where no two images share a place.
const MOST_INTERLEAVED: usize = 64;

/// One frame and all that decides its place.
#[derive(Clone, Copy)]
struct Entry<'a> {
    id: FrameId,
    plane: Option<Plane>,
    reference: &'a str,
    split: &'a SplitKey,
    /// Instance Number of the object, dimension index of the frame, then the frame within its object or concatenation.
    number: (i64, i64, u64, ObjectId),
    /// The multi-frame object or concatenation it belongs to.
    clip: Option<&'a str>,
}

#[derive(Clone, Copy)]
struct Plane {
    cosines: [f64; 6],
    normal: [f64; 3],
    position: [f64; 3],
    location: f64,
}

/// Sorted stacks of the given images; those without [`ObjectHeader::image`] are passed over.
pub(super) fn stacks(objects: &[Arc<ObjectHeader>]) -> Vec<Stack> {
    let mut entries: Vec<Entry> = objects.iter().flat_map(|o| entries_of(o)).collect();
    entries.sort_by_key(|e| e.number);
    let scattered = ignore_scattered_references(&mut entries);
    let (mut groups, loose) = by_orientation(entries);
    let mut parts: Vec<Part> = Vec::new();
    for group in &mut groups {
        group.sort_by(|a, b| location(a).total_cmp(&location(b)).then(a.number.cmp(&b.number)));
        split(group, 0, String::new(), &mut parts);
    }
    parts.extend(by_number(loose));
    parts.sort_by_key(|p| p.first_number);
    let alone = parts.len() == 1;
    let mut stacks: Vec<Stack> = parts.into_iter().map(|p| p.into_stack(alone)).collect();
    if scattered {
        let positioned = stacks.iter_mut().filter(|s| s.order == StackOrder::Position);
        positioned.for_each(|s| s.irregularities.push(Irregularity::ScatteredReferences));
    }
    stacks
}

/// A series has one frame of reference, or one for each of a few sweeps (C.7.4.1). Where each image names its own, someone rewrote
/// the UIDs one by one: they say nothing then, and whether they are so is returned.
fn ignore_scattered_references(entries: &mut [Entry]) -> bool {
    let planar = || entries.iter().filter(|e| e.plane.is_some());
    let objects: HashSet<ObjectId> = planar().map(|e| e.id.object).collect();
    let references: HashSet<&str> = planar().map(|e| e.reference).collect();
    let scattered = objects.len() >= FEWEST_SCATTERED && references.len() == objects.len();
    if scattered {
        entries.iter_mut().for_each(|e| e.reference = "");
    }
    scattered
}

fn entries_of(object: &ObjectHeader) -> impl Iterator<Item = Entry<'_>> {
    let image = object.image.as_deref();
    let frames = image.map_or(0, |i| i.frames);
    (0..frames).filter_map(move |frame| {
        let image = image?;
        let facts = image.facts(frame);
        // One plane for all frames of an object says nothing about their order.
        let own_plane = image.frames == 1 || !image.per_frame.is_empty();
        let plane = if own_plane { plane_of(&facts.plane) } else { None };
        let (clip, offset) = match &object.concatenation {
            Some((uid, offset)) => (Some(uid.as_str()), *offset),
            None if image.frames > 1 => (Some(object.sop_instance.as_str()), 0),
            None => (None, 0),
        };
        // Parts of a concatenation count their frames together; their Instance Numbers may differ.
        let instance = if object.concatenation.is_some() { 0 } else { i64::from(object.instance_number.unwrap_or(i32::MAX)) };
        // Nor do their dimension indices have to go on counting.
        let order = if object.concatenation.is_some() { 0 } else { facts.order.unwrap_or(0) };
        let running = u64::from(offset) + u64::from(frame);
        let id = FrameId { object: object.id, frame };
        let number = (instance, order, running, object.id);
        Some(Entry { id, plane, reference: &object.frame_of_reference, split: &facts.split, number, clip })
    })
}

fn plane_of(plane: &crate::geometry::PlanePosition) -> Option<Plane> {
    let position = plane.position.filter(|p| p.iter().all(|c| c.is_finite()))?;
    Some(Plane { cosines: plane.orientation?, normal: plane.normal()?, position, location: plane.location()? })
}

fn location(entry: &Entry) -> f64 {
    entry.plane.map_or(0.0, |p| p.location)
}

/// Groups of one frame of reference, orientation and Stack ID; and what has no plane.
fn by_orientation(entries: Vec<Entry<'_>>) -> (Vec<Vec<Entry<'_>>>, Vec<Entry<'_>>) {
    let (mut groups, mut loose): (Vec<Vec<Entry>>, Vec<Entry>) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some(plane) = entry.plane else {
            loose.push(entry);
            continue;
        };
        let alike = |first: &Entry| {
            let cosines = first.plane.map(|p| p.cosines).unwrap_or_default();
            let near = cosines.iter().zip(plane.cosines).all(|(a, b)| (a - b).abs() <= SAME_DIRECTION);
            near && first.reference == entry.reference && first.split.stack == entry.split.stack
        };
        match groups.iter().rposition(|g| alike(&g[0])) {
            Some(group) => groups[group].push(entry),
            None if groups.len() < MOST_ORIENTATIONS => groups.push(vec![entry]),
            None => loose.push(entry),
        }
    }
    (groups, loose)
}

/// One value that may tell apart images at one place, and how a label names it.
type Key = (fn(&SplitKey) -> Option<f64>, &'static str);

/// All of them, in the order they are tried.
const KEYS: [Key; 4] =
    [(|s| s.temporal.map(|t| t as f64), "Time"), (|s| s.b_value, "b"), (|s| s.echo, "Echo"), (|s| s.trigger, "Trigger")];

/// Index of the trigger time in [`KEYS`]: it is measured, so it may differ a little from slice to slice.
const TRIGGER: usize = 3;

/// Splits a group that is sorted along its normal by the keys from `key` on.
fn split<'a>(group: &[Entry<'a>], key: usize, label: String, out: &mut Vec<Part<'a>>) {
    let places = places(group);
    let count = places.last().map_or(0, |p| p + 1);
    if count == 1 && group.len() > 1 {
        out.push(Part::at_one_place(group, label));
        return;
    }
    if key == KEYS.len() {
        let parts = deal(group, &places, |_| 0.0);
        let several = parts.len() > 1;
        for (i, part) in parts.into_iter().enumerate() {
            let label = if several { joined(&label, &format!("Set {}", i + 1)) } else { label.clone() };
            out.push(Part::by_position(part, label));
        }
        return;
    }
    let (value, name) = KEYS[key];
    // Entries without the value go together, before all others.
    let value_of = |e: &Entry| value(e.split).filter(|v| v.is_finite()).unwrap_or(f64::NEG_INFINITY);
    let mut by_value: BTreeMap<Total, Vec<usize>> = BTreeMap::new();
    for (i, entry) in group.iter().enumerate() {
        by_value.entry(Total(value_of(entry))).or_default().push(i);
    }
    let crowded = (1..group.len()).any(|i| places[i] == places[i - 1] && value_of(&group[i]) != value_of(&group[i - 1]));
    let span = |part: &[usize]| location(&group[part[part.len() - 1]]) - location(&group[part[0]]);
    let whole = location(&group[group.len() - 1]) - location(&group[0]);
    let widespread = by_value.values().all(|part| span(part) >= 0.8 * whole && part.len() > 1);
    let frequent = by_value.values().all(|part| 2 * part.len() >= count);
    let parts: Vec<(String, Vec<Entry>)> = if by_value.len() < 2 {
        Vec::new()
    } else if crowded && key == TRIGGER && !frequent {
        let dealt = deal(group, &places, value_of);
        dealt.into_iter().enumerate().map(|(i, part)| (format!("Phase {}", i + 1), part)).collect()
    } else if crowded || (widespread && by_value.len() <= MOST_INTERLEAVED) {
        let named = |v: f64| if v.is_finite() { format!("{name} {v}") } else { format!("No {}", name.to_lowercase()) };
        by_value.into_iter().map(|(v, part)| (named(v.0), part.into_iter().map(|i| group[i]).collect())).collect()
    } else {
        Vec::new()
    };
    if parts.is_empty() {
        return split(group, key + 1, label, out);
    }
    for (name, part) in parts {
        split(&part, key + 1, joined(&label, &name), out);
    }
}

/// The n-th of each place, by `value` and then by number, goes to the n-th part. Parts stay sorted along the normal.
fn deal<'a>(group: &[Entry<'a>], places: &[usize], value: impl Fn(&Entry) -> f64) -> Vec<Vec<Entry<'a>>> {
    let mut parts: Vec<Vec<Entry>> = Vec::new();
    let mut start = 0;
    while start < group.len() {
        let end = start + places[start..].iter().take_while(|&&p| p == places[start]).count();
        let mut here = group[start..end].to_vec();
        here.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.number.cmp(&b.number)));
        for (rank, entry) in here.into_iter().enumerate() {
            if rank == parts.len() {
                parts.push(Vec::new());
            }
            parts[rank].push(entry);
        }
        start = end;
    }
    parts
}

/// For each entry of a sorted group the number of its place along the normal, from 0.
fn places(group: &[Entry]) -> Vec<usize> {
    let mut distances: Vec<f64> = group.windows(2).map(|w| location(&w[1]) - location(&w[0])).filter(|&d| d > 1e-4).collect();
    distances.sort_by(f64::total_cmp);
    // Places are rounded in headers: a fiftieth of the larger distances between slices counts as none.
    let tolerance = distances.get(distances.len() * 9 / 10).map_or(1e-4, |d| (d / 50.0).clamp(1e-4, 0.01));
    let (mut place, mut anchor) = (0, group.first().map_or(0.0, location));
    let number = |e| {
        if location(e) - anchor > tolerance {
            place += 1;
            anchor = location(e);
        }
        place
    };
    group.iter().map(number).collect()
}

/// Stacks of frames without planes: one for each clip and Stack ID, one for all single images.
fn by_number(loose: Vec<Entry<'_>>) -> Vec<Part<'_>> {
    let mut clips: Vec<Vec<Entry>> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for entry in loose {
        let clip = *known.entry((entry.clip, entry.split.stack.as_deref())).or_insert(clips.len());
        if clip == clips.len() {
            clips.push(Vec::new());
        }
        clips[clip].push(entry);
    }
    let several = clips.len() > 1;
    let mut count = 0;
    let mut label = |entries: &[Entry]| {
        let single = entries.first().is_none_or(|e| e.clip.is_none());
        count += usize::from(!single);
        match (several, single) {
            (false, _) => String::new(),
            (true, true) => "Single images".to_string(),
            (true, false) => format!("Clip {count}"),
        }
    };
    let part = |entries: Vec<_>| {
        let label = label(&entries);
        Part::new(entries, label, StackOrder::Number)
    };
    clips.into_iter().map(part).collect()
}

/// A stack in the making.
struct Part<'a> {
    entries: Vec<Entry<'a>>,
    label: String,
    order: StackOrder,
    first_number: (i64, i64, u64, ObjectId),
}

impl<'a> Part<'a> {
    fn new(entries: Vec<Entry<'a>>, label: String, order: StackOrder) -> Self {
        let lowest = entries.iter().map(|e| e.number).min();
        let first_number = lowest.unwrap_or((0, 0, 0, ObjectId(0)));
        Self { entries, label, order, first_number }
    }

    fn by_position(entries: Vec<Entry<'a>>, label: String) -> Self {
        Self::new(entries, label, StackOrder::Position)
    }

    fn at_one_place(group: &[Entry<'a>], label: String) -> Self {
        let mut entries = group.to_vec();
        let values = |e: &Entry| KEYS.map(|(value, _)| Total(value(e.split).unwrap_or(f64::NEG_INFINITY)));
        entries.sort_by(|a, b| values(a).cmp(&values(b)).then(a.number.cmp(&b.number)));
        Self::new(entries, label, StackOrder::Time)
    }

    fn into_stack(self, alone: bool) -> Stack {
        let frames = self.entries.iter().map(|e| e.id).collect();
        let mut stack = Stack {
            frames,
            label: if alone { String::new() } else { self.label },
            order: self.order,
            locations: Vec::new(),
            spacing: None,
            irregularities: Vec::new(),
        };
        if self.order == StackOrder::Position {
            let planes: Vec<Plane> = self.entries.iter().filter_map(|e| e.plane).collect();
            stack.locations = planes.iter().map(|p| p.location).collect();
            let positions: Vec<_> = planes.iter().map(|p| p.position).collect();
            let normal = planes.first().map_or([0.0; 3], |p| p.normal);
            (stack.spacing, stack.irregularities) = inspect(&stack.locations, &positions, normal);
        }
        stack
    }
}

/// A number that can be a key of a map.
#[derive(Clone, Copy)]
struct Total(f64);

impl PartialEq for Total {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Total {}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn joined(label: &str, more: &str) -> String {
    if label.is_empty() { more.to_string() } else { format!("{label} \u{b7} {more}") }
}
