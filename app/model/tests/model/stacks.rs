//! Sorting: from a series in any order to stacks.

use crate::make::{self, AXIAL, CORONAL, object, shuffled, slice, split_slice};
use lightbox_model::image::{FrameFacts, ImageHeader, SplitKey};
use lightbox_model::study::{Irregularity, Library, ObjectHeader, Stack, StackOrder};
use lightbox_model::{FrameId, ObjectId};

/// Stacks of one series after insertion in a shuffled order; the same for several shuffles.
fn stacks(objects: Vec<ObjectHeader>) -> Vec<Stack> {
    let sorted = |objects: Vec<ObjectHeader>| {
        let mut library = Library::default();
        objects.into_iter().for_each(|o| {
            library.insert(o);
        });
        library.all_series()[0].stacks().to_vec()
    };
    let result = sorted(objects.clone());
    for seed in 0..5 {
        assert_eq!(sorted(shuffled(objects.clone(), seed)), result, "the order of insertion must not matter");
    }
    result
}

/// Object numbers of a stack; frames must be their first.
fn numbers(stack: &Stack) -> Vec<u32> {
    stack.frames.iter().map(|f| f.object.0).collect()
}

#[test]
fn slices_are_sorted_along_their_normal_not_by_number() {
    // Instance numbers count from the head down.
    let objects = (1..=275).map(|n| slice(n, AXIAL, [-200.0, -200.0, -405.8 - f64::from(n)])).collect();
    let found = stacks(objects);
    assert_eq!(found.len(), 1);
    assert_eq!(numbers(&found[0]), (1..=275).rev().collect::<Vec<u32>>());
    assert_eq!((found[0].order, found[0].label.as_str()), (StackOrder::Position, ""));
    assert!((found[0].spacing.unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(found[0].irregularities, []);
}

#[test]
fn oblique_slices_with_rounded_headers_are_one_stack() {
    // Cosines and positions as six decimals, like an oblique MR head.
    let (s, c) = 0.05f64.sin_cos();
    let round = |v: f64| (v * 1e6).round() / 1e6;
    let orientation = [-s, c, 0.0, 0.0, 0.0, -1.0].map(round);
    let normal = [-c, -s, 0.0];
    let at = |n: i32| std::array::from_fn(|i| round([90.0, -110.0, 120.0][i] + 0.9 * f64::from(n) * normal[i]));
    let jitter = |n: i32| orientation.map(|v| v + if n % 2 == 0 { 4e-7 } else { 0.0 });
    let found = stacks((1..=192).map(|n| slice(n, jitter(n), at(n))).collect());
    assert_eq!(found.len(), 1);
    assert_eq!(numbers(&found[0]), (1..=192).collect::<Vec<u32>>());
    assert!((found[0].spacing.unwrap() - 0.9).abs() < 1e-4);
    assert_eq!(found[0].irregularities, []);
}

#[test]
fn a_tilted_gantry_is_one_stack_and_reported() {
    let (s, c) = 15f64.to_radians().sin_cos();
    let orientation = [1.0, 0.0, 0.0, 0.0, c, s];
    // The table moves along z while the slices lean.
    let found = stacks((1..=20).map(|n| slice(n, orientation, [0.0, 0.0, 5.0 * f64::from(n)])).collect());
    assert_eq!(found.len(), 1);
    assert!((found[0].spacing.unwrap() - 5.0 * c).abs() < 1e-9);
    let [Irregularity::Tilted { degrees }] = found[0].irregularities[..] else { panic!("{:?}", found[0].irregularities) };
    assert!((degrees - 15.0).abs() < 1e-6);
    assert!(found[0].irregularities[0].to_string().contains("15.0"));
}

#[test]
fn a_localiser_and_another_frame_of_reference_are_stacks_of_their_own() {
    let mut objects: Vec<_> = (1..=10).map(|n| slice(n, AXIAL, [0.0, 0.0, f64::from(n)])).collect();
    objects.extend((11..=13).map(|n| slice(n, CORONAL, [0.0, f64::from(n), 0.0])));
    let mut moved = slice(14, AXIAL, [0.0, 0.0, 3.0]);
    moved.frame_of_reference = "1.9.9".into();
    objects.push(moved);
    let found = stacks(objects);
    assert_eq!(found.iter().map(|s| s.frames.len()).collect::<Vec<_>>(), [10, 3, 1]);
}

#[test]
fn references_rewritten_one_by_one_do_not_tear_a_volume_apart() {
    let scattered = |n: i32| {
        let mut object = slice(n, AXIAL, [0.0, 0.0, f64::from(n)]);
        object.frame_of_reference = format!("1.9.{n}");
        object
    };
    let found = stacks((1..=275).map(scattered).collect());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].irregularities, [Irregularity::ScatteredReferences]);
    // Two sweeps with a frame of reference each stay apart.
    let sweep = |n: i32| {
        let mut object = slice(n, AXIAL, [0.0, 0.0, f64::from(n)]);
        object.frame_of_reference = format!("1.9.{}", n % 2);
        object
    };
    assert_eq!(stacks((1..=20).map(sweep).collect()).len(), 2);
}

#[test]
fn gaps_and_uneven_distances_are_reported() {
    let z = [0.0, 1.0, 2.0, 3.0, 6.0, 7.0, 8.0];
    let found = stacks(z.iter().enumerate().map(|(i, &z)| slice(i as i32 + 1, AXIAL, [0.0, 0.0, z])).collect());
    assert_eq!(found[0].irregularities, [Irregularity::Gap { after: 3, mm: 3.0, usual: 1.0 }]);
    let z = [0.0, 1.0, 2.0, 3.2, 4.2, 5.2];
    let found = stacks(z.iter().enumerate().map(|(i, &z)| slice(i as i32 + 1, AXIAL, [0.0, 0.0, z])).collect());
    let [Irregularity::Uneven { least, most }] = found[0].irregularities[..] else { panic!("{:?}", found[0].irregularities) };
    assert!((least - 1.0).abs() < 1e-9 && (most - 1.2).abs() < 1e-9);
}

#[test]
fn echoes_at_the_same_places_are_split_not_interleaved() {
    let mut objects = Vec::new();
    for z in 0..10 {
        for echo in 0..2 {
            let split = SplitKey { echo: Some(f64::from(echo) * 60.0 + 20.0), ..SplitKey::default() };
            objects.push(split_slice(z * 2 + echo + 1, AXIAL, [0.0, 0.0, f64::from(z) * 3.0], split));
        }
    }
    let found = stacks(objects);
    assert_eq!(found.iter().map(|s| s.label.as_str()).collect::<Vec<_>>(), ["Echo 20", "Echo 80"]);
    assert_eq!(numbers(&found[0]), (0..10).map(|z| z * 2 + 1).collect::<Vec<u32>>());
    assert!(found.iter().all(|s| s.irregularities.is_empty()));
}

#[test]
fn diffusion_directions_share_b_and_are_dealt_out() {
    let mut objects = Vec::new();
    let mut number = 0;
    for (b, copies) in [(0.0, 1), (1000.0, 3)] {
        for _ in 0..copies {
            for z in 0..8 {
                number += 1;
                let split = SplitKey { b_value: Some(b), ..SplitKey::default() };
                objects.push(split_slice(number, AXIAL, [0.0, 0.0, f64::from(z)], split));
            }
        }
    }
    let found = stacks(objects);
    let labels: Vec<_> = found.iter().map(|s| s.label.as_str()).collect();
    assert_eq!(labels, ["b 0", "b 1000 · Set 1", "b 1000 · Set 2", "b 1000 · Set 3"]);
    assert_eq!(numbers(&found[2]), (17..=24).collect::<Vec<u32>>(), "the second direction, whole");
}

#[test]
fn trigger_times_that_differ_from_slice_to_slice_make_phases() {
    let mut objects = Vec::new();
    for z in 0..6 {
        for phase in 0..20 {
            let trigger = f64::from(phase) * 41.5 + f64::from(z) * 0.7;
            let split = SplitKey { trigger: Some(trigger), ..SplitKey::default() };
            objects.push(split_slice(z * 20 + phase + 1, AXIAL, [0.0, 0.0, f64::from(z) * 8.0], split));
        }
    }
    let found = stacks(objects);
    assert_eq!(found.len(), 20);
    assert_eq!(found[3].label, "Phase 4");
    assert_eq!(numbers(&found[3]), (0..6).map(|z| z * 20 + 4).collect::<Vec<u32>>());
}

#[test]
fn a_trigger_time_of_each_slice_does_not_tear_a_volume_apart() {
    let split = |n: i32| SplitKey { trigger: Some(f64::from(n * 13 % 7) + f64::from(n)), ..SplitKey::default() };
    let found = stacks((1..=30).map(|n| split_slice(n, AXIAL, [0.0, 0.0, f64::from(n)], split(n))).collect());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].order, StackOrder::Position);
}

#[test]
fn interleaved_volumes_a_little_apart_are_told_apart_by_their_b_value() {
    let mut objects = Vec::new();
    for z in 0..10 {
        for (i, b) in [0.0, 800.0].into_iter().enumerate() {
            let split = SplitKey { b_value: Some(b), ..SplitKey::default() };
            objects.push(split_slice(z * 2 + i as i32 + 1, AXIAL, [0.0, 0.0, f64::from(z) * 4.0 + i as f64 * 0.3], split));
        }
    }
    let found = stacks(objects);
    assert_eq!(found.iter().map(|s| (s.label.as_str(), s.frames.len())).collect::<Vec<_>>(), [("b 0", 10), ("b 800", 10)]);
}

#[test]
fn duplicates_of_a_place_without_any_key_become_a_second_stack() {
    let objects = (1..=20).map(|n| slice(n, AXIAL, [0.0, 0.0, f64::from((n - 1) % 10)])).collect();
    let found = stacks(objects);
    assert_eq!(found.iter().map(numbers).collect::<Vec<_>>(), [(1..=10).collect::<Vec<u32>>(), (11..=20).collect()]);
    assert_eq!(found[1].label, "Set 2");
}

#[test]
fn a_series_at_one_place_is_ordered_by_time() {
    let split = |n: i32| SplitKey { temporal: Some(i64::from(100 - n)), ..SplitKey::default() };
    let found = stacks((1..=30).map(|n| split_slice(n, AXIAL, [0.0, 0.0, 7.0], split(n))).collect());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].order, StackOrder::Time);
    assert_eq!(numbers(&found[0]), (1..=30).rev().collect::<Vec<u32>>());
}

#[test]
fn without_positions_the_instance_number_counts() {
    let found = stacks((1..=12).map(|n| object(n, make::image())).collect());
    assert_eq!(numbers(&found[0]), (1..=12).collect::<Vec<u32>>());
    assert_eq!(found[0].order, StackOrder::Number);
    let mut nan = slice(3, AXIAL, [0.0, 0.0, f64::NAN]);
    nan.instance_number = Some(99);
    let found = stacks(vec![slice(1, AXIAL, [0.0; 3]), slice(2, AXIAL, [0.0, 0.0, 1.0]), nan]);
    assert_eq!(found.iter().map(numbers).collect::<Vec<_>>(), [vec![1, 2], vec![3]]);
}

fn enhanced(frames: u32, facts: impl Fn(u32) -> FrameFacts) -> ImageHeader {
    let mut image = make::image();
    image.frames = frames;
    image.per_frame = (0..frames).map(facts).collect();
    image
}

fn facts(orientation: [f64; 6], position: [f64; 3], order: i64) -> FrameFacts {
    let mut facts = make::image().shared;
    facts.plane.orientation = Some(orientation);
    facts.plane.position = Some(position);
    facts.order = Some(order);
    facts
}

#[test]
fn enhanced_frames_are_sorted_by_place_and_split_by_stack_id() {
    let image = enhanced(20, |f| {
        let mut facts = facts(AXIAL, [0.0, 0.0, -f64::from(f / 2)], i64::from(f));
        facts.split.stack = Some(if f % 2 == 0 { "1" } else { "2" }.into());
        facts
    });
    let found = stacks(vec![object(1, image)]);
    assert_eq!(found.len(), 2);
    let frames: Vec<u32> = found[1].frames.iter().map(|f| f.frame).collect();
    assert_eq!(frames, (0..10).map(|i| 19 - 2 * i).collect::<Vec<u32>>());
}

#[test]
fn two_volumes_at_the_same_places_stay_whole() {
    // The second object counts its frames the other way round.
    let down = enhanced(10, |f| facts(AXIAL, [0.0, 0.0, f64::from(f)], i64::from(9 - f)));
    let up = enhanced(10, |f| facts(AXIAL, [0.0, 0.0, f64::from(f)], i64::from(f)));
    let found = stacks(vec![object(1, up), object(2, down)]);
    assert_eq!(found.iter().map(numbers).collect::<Vec<_>>(), [[1; 10], [2; 10]]);
}

#[test]
fn clips_are_stacks_of_their_own_in_frame_order() {
    let clip = |number, frames| {
        let mut image = make::image();
        image.frames = frames;
        // One plane for the object says nothing of its frames.
        image.shared.plane.orientation = Some(AXIAL);
        image.shared.plane.position = Some([0.0; 3]);
        object(number, image)
    };
    let found = stacks(vec![clip(1, 96), clip(2, 30), object(3, make::image())]);
    assert_eq!(found.iter().map(|s| s.frames.len()).collect::<Vec<_>>(), [96, 30, 1]);
    assert_eq!(found[0].frames[95], FrameId { object: ObjectId(1), frame: 95 });
    assert_eq!(found.iter().map(|s| s.label.as_str()).collect::<Vec<_>>(), ["Clip 1", "Clip 2", "Single images"]);
}

#[test]
fn a_concatenation_is_one_clip_in_order_of_its_offsets() {
    let part = |number: i32, offset: u32| {
        // Each part counts its frames from the start.
        let image = enhanced(4, |f| FrameFacts { order: Some(i64::from(f)), ..make::image().shared });
        let mut object = object(number, image);
        object.concatenation = Some(("1.5.5".into(), offset));
        object
    };
    let found = stacks(vec![part(3, 0), part(1, 8), part(2, 4)]);
    assert_eq!(found.len(), 1);
    assert_eq!(numbers(&found[0]), [3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1]);
}

#[test]
fn a_hostile_number_of_orientations_ends_quickly_and_loses_nothing() {
    let turned = |n: i32| {
        let (s, c) = (f64::from(n) * 0.0015).sin_cos();
        slice(n + 1, [c, s, 0.0, -s, c, 0.0], [0.0, 0.0, f64::from(n)])
    };
    let mut library = Library::default();
    (0..4000).for_each(|n| {
        library.insert(turned(n));
    });
    let count: usize = library.all_series()[0].stacks().iter().map(|s| s.frames.len()).sum();
    assert_eq!(count, 4000);
}
