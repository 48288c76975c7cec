//! Shared buffers: what is written there is what the pictures hold, however often the buffers are used again. The graphics queue stands
//! in for the second interface to the GPU; `tests/zero_copy.rs` of the whole program has CUDA write them.

use super::{Noise, drawn, renderer, upload};
use crate::{Error, Marks, Picture, Placed, Raster, Renderer, Ring};
use lightbox_codec::{SampleType, Samples};
use lightbox_model::display::{Display, Modality, Voi, VoiFunction};
use lightbox_model::image::Shutter;
use std::io::Write;

/// Three buffers of `bytes`, or a loud skip where the device shares none.
fn ring(renderer: &Renderer, bytes: u64) -> Option<Ring> {
    match renderer.ring(3, bytes) {
        Ok((ring, memories)) => {
            assert_eq!(memories.len(), 3);
            assert!(memories.iter().all(|memory| memory.bytes >= bytes && memory.device == memories[0].device));
            Some(ring)
        }
        Err(Error::NotShared { why }) => {
            let name = std::thread::current().name().unwrap_or("test").to_owned();
            writeln!(std::io::stderr(), "SKIPPED {name}: {why}").expect("stderr");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Samples of every value a type can have, more or less.
fn noise(kind: SampleType, len: usize, noise: &mut Noise) -> Samples {
    match kind {
        SampleType::U8 => Samples::U8((0..len).map(|_| noise.next() as u8).collect()),
        SampleType::I8 => Samples::I8((0..len).map(|_| noise.next() as i8).collect()),
        SampleType::U16 => Samples::U16((0..len).map(|_| noise.next() as u16).collect()),
        SampleType::I16 => Samples::I16((0..len).map(|_| noise.next() as i16).collect()),
        SampleType::U32 => Samples::U32((0..len).map(|_| noise.next() << 1).collect()),
        SampleType::I32 => Samples::I32((0..len).map(|_| (noise.next() << 1) as i32).collect()),
    }
}

/// The bytes of `samples` as `raster` wants them, what lies between them being `filling`.
fn laid_out(samples: &Samples, raster: &Raster, per_pixel: usize, filling: u8) -> Vec<u8> {
    let size = samples.kind().bytes();
    let columns = samples.len() / per_pixel / raster.rows as usize;
    let mut bytes = vec![filling; raster.bytes() as usize];
    for (n, sample) in samples.as_bytes().chunks_exact(size).enumerate() {
        let (pixel, channel) = (n / per_pixel, n % per_pixel);
        let at = pixel / columns * raster.pitch() as usize + pixel % columns * raster.pixel() as usize + channel * size;
        bytes[at..at + size].copy_from_slice(sample);
    }
    bytes
}

fn poison(renderer: &Renderer, ring: &mut Ring, with: u8) -> usize {
    let number = ring.turn().expect("a buffer");
    let buffer = ring.buffer(number);
    renderer.0.queue.write_buffer(buffer, 0, &vec![with; buffer.size() as usize]);
    number
}

#[test]
fn frames_in_a_shared_buffer_become_pictures_sample_for_sample() {
    let Some(renderer) = renderer() else { return };
    let Some(mut ring) = ring(renderer, 1 << 20) else { return };
    let mut random = Noise(7);
    use SampleType as T;
    for (round, (kind, channels)) in
        [T::U8, T::I8, T::U16, T::I16, T::U32, T::I32].into_iter().flat_map(|k| [(k, 1), (k, 3)]).enumerate()
    {
        let number = poison(renderer, &mut ring, 0xA5);
        assert_eq!(number, round % 3, "buffers come in turn");
        let (mut frames, mut offset) = (Vec::new(), 0);
        for (rows, columns) in [(1, 1), (40, 33), (17, 128), (64, 200)] {
            let samples = noise(kind, rows * columns * channels, &mut random);
            let raster = Raster::new(rows as u32, columns as u32, channels as u16, kind).unwrap();
            renderer.0.queue.write_buffer(ring.buffer(number), offset, &laid_out(&samples, &raster, channels, 0xA5));
            frames.push((offset, raster, samples));
            offset += raster.bytes();
        }
        let placed: Vec<Placed<'_>> =
            frames.iter().map(|&(offset, raster, _)| Placed { offset, raster, marks: Marks::default() }).collect();
        for (picture, (_, raster, samples)) in ring.pictures(&placed).into_iter().zip(&frames) {
            let picture = picture.expect("a picture");
            assert_eq!(
                (picture.rows(), picture.columns(), usize::from(picture.samples_per_pixel())),
                (raster.rows, raster.columns, channels)
            );
            assert!(
                renderer.samples(&picture).expect("samples") == *samples,
                "{kind:?} x {channels}, {} x {}",
                raster.rows,
                raster.columns
            );
        }
    }
}

#[test]
fn a_thousand_frames_go_through_three_buffers() {
    let Some(renderer) = renderer() else { return };
    let raster = Raster::new(32, 48, 1, SampleType::U16).unwrap();
    let Some(mut ring) = ring(renderer, 4 * raster.bytes()) else { return };
    let mut random = Noise(11);
    let mut waiting: Vec<(Picture, Samples)> = Vec::new();
    for batch in 0..250u32 {
        let number = poison(renderer, &mut ring, batch as u8);
        let frames: Vec<Samples> = (0..4).map(|_| noise(SampleType::U16, 32 * 48, &mut random)).collect();
        let placed: Vec<Placed<'_>> =
            (0..4).map(|n| Placed { offset: n * raster.bytes(), raster, marks: Marks::default() }).collect();
        for (frame, place) in frames.iter().zip(&placed) {
            renderer.0.queue.write_buffer(ring.buffer(number), place.offset, &laid_out(frame, &raster, 1, 0x5A));
        }
        waiting.extend(ring.pictures(&placed).into_iter().map(|p| p.expect("a picture")).zip(frames));
        // Looked at only after the buffers have been used again.
        if waiting.len() == 100 {
            for (picture, samples) in waiting.drain(..) {
                assert!(renderer.samples(&picture).expect("samples") == samples, "batch {batch}");
            }
        }
    }
}

#[test]
fn a_picture_cut_into_tiles_and_marked_is_drawn_as_an_uploaded_one() {
    let Some(renderer) = renderer() else { return };
    let edge = renderer.limits().max_texture_dimension_2d + 40;
    let raster = Raster::new(3, edge, 1, SampleType::U8).unwrap();
    let Some(mut ring) = ring(renderer, raster.bytes()) else { return };
    let samples = noise(SampleType::U8, 3 * edge as usize, &mut Noise(3));
    let number = poison(renderer, &mut ring, 0xFF);
    renderer.0.queue.write_buffer(ring.buffer(number), 0, &laid_out(&samples, &raster, 1, 0xFF));
    let marks = Marks { overlays: &[], shutters: &[Shutter::Rectangle([1, 30, 0, 1])] };
    let picture = ring.pictures(&[Placed { offset: 0, raster, marks }]).remove(0).expect("a picture");
    assert!(picture.grid().layers() > 1 && picture.mask().is_some());
    assert!(renderer.samples(&picture).expect("samples") == samples);
    assert!(renderer.samples(&upload(renderer, edge, 1, &samples)).expect("samples") == samples);

    // What is signed is drawn as signed.
    let raster = Raster::new(2, 2, 1, SampleType::U16).unwrap().read_as(true);
    let number = poison(renderer, &mut ring, 0);
    let signed = Samples::I16(vec![-3, 0, 2, i16::MAX]);
    renderer.0.queue.write_buffer(ring.buffer(number), 0, &laid_out(&signed, &raster, 1, 9));
    let picture = ring.pictures(&[Placed { offset: 0, raster, marks: Marks::default() }]).remove(0).expect("a picture");
    assert!(renderer.samples(&picture).expect("samples") == signed);
    let tables = Display::new(Modality::Identity, Voi::window(0.0, 8.0, VoiFunction::Linear)).tables();
    assert_eq!(drawn(renderer, &picture, &tables), drawn(renderer, &upload(renderer, 2, 1, &signed), &tables));
}

#[test]
fn what_does_not_lie_in_the_buffer_is_refused_alone() {
    let Some(renderer) = renderer() else { return };
    let raster = Raster::new(4, 4, 1, SampleType::U8).unwrap();
    let Some(mut ring) = ring(renderer, 2 * raster.bytes()) else { return };
    ring.turn().expect("a buffer");
    let place = |offset| Placed { offset, raster, marks: Marks::default() };
    let found = ring.pictures(&[place(0), place(raster.bytes() + 256), place(1), place(u64::MAX), place(raster.bytes())]);
    let refused: Vec<bool> = found.iter().map(|p| matches!(p, Err(Error::Limit { .. }))).collect();
    assert_eq!(refused, [false, true, true, true, false]);
    assert!(matches!(renderer.ring(1, 0), Err(Error::Limit { .. } | Error::NotShared { .. })));
    assert!(matches!(renderer.ring(1, u64::MAX), Err(Error::Limit { .. } | Error::NotShared { .. })));
}
