//! Samples as rows of coefficients: level shift and reversible colour transform (ISO/IEC 15444-1 Annex G).

use crate::decoder::{Image, Interleaved};
use crate::error::Error;
use crate::geometry::Rect;
use crate::samples::{SampleType, Samples, each};

/// One component of the source.
pub(super) struct Channel<'a> {
    pub bits: u8,
    pub signed: bool,
    samples: &'a Samples,
    /// The component's place in a pixel.
    place: usize,
}

/// Components of one size.
pub(super) struct Source<'a> {
    /// On the reference grid.
    pub area: Rect,
    pub channels: Vec<Channel<'a>>,
    /// Samples of one pixel, as they lie in memory.
    step: usize,
}

impl<'a> Source<'a> {
    pub fn planar(image: &'a Image) -> Result<Self, Error> {
        whole(image.incomplete.is_none())?;
        let Some(first) = image.components.first() else {
            return Err(Error::request("an image without components cannot be encoded"));
        };
        let same = |p: &&crate::decoder::Plane| (p.origin, p.width, p.height) == (first.origin, first.width, first.height);
        if let Some(other) = image.components.iter().find(|p| !same(p)) {
            return Err(Error::request(format!(
                "components of different sizes cannot be encoded: {} x {} and {} x {}",
                first.width, first.height, other.width, other.height
            )));
        }
        let channel = |p: &'a crate::decoder::Plane| Channel { bits: p.bits, signed: p.signed, samples: &p.samples, place: 0 };
        let channels = image.components.iter().map(channel).collect();
        Self::new(first.origin, (first.width, first.height), channels, 1)
    }

    pub fn interleaved(image: &'a Interleaved) -> Result<Self, Error> {
        let &Interleaved { width, height, components, bits, signed, ref samples, .. } = image;
        whole(image.incomplete.is_none())?;
        let step = usize::from(components);
        let channels = (0..step).map(|place| Channel { bits, signed, samples, place }).collect();
        Self::new((0, 0), (width, height), channels, step)
    }

    fn new((x0, y0): (u32, u32), (width, height): (u32, u32), channels: Vec<Channel<'a>>, step: usize) -> Result<Self, Error> {
        let (Some(x1), Some(y1)) = (x0.checked_add(width), y0.checked_add(height)) else {
            return Err(Error::request("the image ends beyond the reference grid"));
        };
        for channel in &channels {
            let expected = u64::from(width) * u64::from(height) * step as u64;
            if SampleType::for_bits(channel.bits, channel.signed) != Some(channel.samples.kind()) {
                return Err(Error::request(format!(
                    "{:?} is not the type of {} bits {}",
                    channel.samples.kind(),
                    channel.bits,
                    if channel.signed { "signed" } else { "unsigned" }
                )));
            }
            if channel.samples.len() as u64 != expected {
                return Err(Error::request(format!("{} samples are given, the image has {expected}", channel.samples.len())));
            }
        }
        Ok(Self { area: Rect::new(x0, y0, x1, y1), channels, step })
    }

    /// Writes columns `x0` and on of row `y` of the reference grid: of each component in order into one of `out`, which are
    /// equally long, level-shifted and, with `transform`, through the colour transform.
    pub fn row(&self, y: u32, x0: u32, transform: bool, out: &mut [&mut [i32]]) -> Result<(), Error> {
        let start = (y - self.area.y0) as usize * self.area.width() as usize + (x0 - self.area.x0) as usize;
        for (number, (channel, out)) in self.channels.iter().zip(&mut *out).enumerate() {
            let range = self.step * start..self.step * (start + out.len());
            let half = 1 << (channel.bits - 1);
            let shift = if channel.signed { 0 } else { half };
            let seen = each!(Samples, channel.samples, v => shifted(&v[range], self.step, channel.place, shift, half, out));
            if seen >> channel.bits != 0 {
                let (bits, row) = (channel.bits, y - self.area.y0);
                return Err(Error::request(format!("a sample of component {number} in row {row} is outside its {bits} bits")));
            }
        }
        if let (true, [red, green, blue, ..]) = (transform, out) {
            colour(red, green, blue);
        }
        Ok(())
    }
}

/// Refuses a picture that stands for data that were cut off: encoded it would seem to be all there was.
fn whole(is: bool) -> Result<(), Error> {
    if is { Ok(()) } else { Err(Error::request("an incomplete picture is not encoded")) }
}

/// The samples at `place` of pixels of `step` samples, less `shift`. Gives the bits that occur when samples are counted from
/// the least of their range, which lies `half` below 0 after the shift.
fn shifted<T: Copy + Into<i64>>(samples: &[T], step: usize, place: usize, shift: i32, half: i32, out: &mut [i32]) -> u32 {
    match step {
        1 => shifted_by::<T, 1>(samples, place, shift, half, out),
        2 => shifted_by::<T, 2>(samples, place, shift, half, out),
        3 => shifted_by::<T, 3>(samples, place, shift, half, out),
        _ => shifted_by::<T, 4>(samples, place, shift, half, out),
    }
}

fn shifted_by<T: Copy + Into<i64>, const STEP: usize>(samples: &[T], place: usize, shift: i32, half: i32, out: &mut [i32]) -> u32 {
    let place = place.min(STEP - 1);
    let mut seen = 0;
    for (out, pixel) in out.iter_mut().zip(samples.chunks_exact(STEP)) {
        // Only types of at most 16 bits come here.
        let value = pixel[place].into() as i32 - shift;
        seen |= (value + half) as u32;
        *out = value;
    }
    seen
}

/// The reversible colour transform forwards (G.2.1).
fn colour(red: &mut [i32], green: &mut [i32], blue: &mut [i32]) {
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let (luma, cb, cr) = ((*r + 2 * *g + *b) >> 2, *b - *g, *r - *g);
        (*r, *g, *b) = (luma, cb, cr);
    }
}
