//! Decoded samples in memory: the smallest integer type that holds the declared bits and sign.

use std::ops::Range;

/// Numeric type of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SampleType {
    /// 1 to 8 bits, unsigned.
    U8,
    /// 1 to 8 bits, signed.
    I8,
    /// 9 to 16 bits, unsigned.
    U16,
    /// 9 to 16 bits, signed.
    I16,
    /// 17 to 32 bits, unsigned.
    U32,
    /// 17 to 32 bits, signed.
    I32,
}

impl SampleType {
    /// The smallest type that holds `bits` (1 to 32) with the given sign; `None` above 32 bits or for none at all.
    pub const fn for_bits(bits: u8, signed: bool) -> Option<Self> {
        Some(match (bits, signed) {
            (1..=8, false) => Self::U8,
            (1..=8, true) => Self::I8,
            (9..=16, false) => Self::U16,
            (9..=16, true) => Self::I16,
            (17..=32, false) => Self::U32,
            (17..=32, true) => Self::I32,
            _ => return None,
        })
    }

    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 => 4,
        }
    }

    /// Whether negative values can be held.
    pub const fn signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32)
    }
}

/// Owned samples, row by row; components interleaved within a pixel where there are several.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Samples {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
}

/// Runs one expression for whichever type of sample a [`Samples`] or [`SamplesMut`] (`$kind`) holds.
macro_rules! each {
    ($kind:ident, $samples:expr, $v:ident => $body:expr) => {
        match $samples {
            $kind::U8($v) => $body,
            $kind::I8($v) => $body,
            $kind::U16($v) => $body,
            $kind::I16($v) => $body,
            $kind::U32($v) => $body,
            $kind::I32($v) => $body,
        }
    };
}
pub(crate) use each;

/// What can be said of a [`Samples`] or [`SamplesMut`] (`$kind`) whatever it holds.
macro_rules! described {
    ($kind:ident) => {
        /// The numeric type held.
        pub fn kind(&self) -> SampleType {
            match self {
                $kind::U8(_) => SampleType::U8,
                $kind::I8(_) => SampleType::I8,
                $kind::U16(_) => SampleType::U16,
                $kind::I16(_) => SampleType::I16,
                $kind::U32(_) => SampleType::U32,
                $kind::I32(_) => SampleType::I32,
            }
        }

        /// How many samples are held.
        pub fn len(&self) -> usize {
            each!($kind, self, v => v.len())
        }

        /// Whether there is no sample.
        pub fn is_empty(&self) -> bool {
            self.len() == 0
        }
    };
}

impl Samples {
    /// `len` zero samples of the given type. The caller has checked `len` against its limits.
    pub fn zeros(kind: SampleType, len: usize) -> Self {
        match kind {
            SampleType::U8 => Self::U8(vec![0; len]),
            SampleType::I8 => Self::I8(vec![0; len]),
            SampleType::U16 => Self::U16(vec![0; len]),
            SampleType::I16 => Self::I16(vec![0; len]),
            SampleType::U32 => Self::U32(vec![0; len]),
            SampleType::I32 => Self::I32(vec![0; len]),
        }
    }

    described!(Samples);

    /// The samples as bytes in the machine's own byte order.
    pub fn as_bytes(&self) -> &[u8] {
        each!(Samples, self, v => bytemuck::cast_slice(v))
    }

    /// Sample `i` as a wide integer; `None` beyond the end.
    pub fn get(&self, i: usize) -> Option<i64> {
        each!(Samples, self, v => v.get(i).map(|&x| i64::from(x)))
    }
}

/// Borrowed samples that a decode writes: the counterpart of [`Samples`].
#[derive(Debug)]
#[allow(missing_docs)]
pub enum SamplesMut<'a> {
    U8(&'a mut [u8]),
    I8(&'a mut [i8]),
    U16(&'a mut [u16]),
    I16(&'a mut [i16]),
    U32(&'a mut [u32]),
    I32(&'a mut [i32]),
}

/// Maps the slice in a [`SamplesMut`] to one or several of the same type.
macro_rules! map_mut {
    ($samples:expr, $v:ident => $body:expr) => {
        match $samples {
            SamplesMut::U8($v) => $body.map(SamplesMut::U8),
            SamplesMut::I8($v) => $body.map(SamplesMut::I8),
            SamplesMut::U16($v) => $body.map(SamplesMut::U16),
            SamplesMut::I16($v) => $body.map(SamplesMut::I16),
            SamplesMut::U32($v) => $body.map(SamplesMut::U32),
            SamplesMut::I32($v) => $body.map(SamplesMut::I32),
        }
    };
}

impl<'a> SamplesMut<'a> {
    described!(SamplesMut);

    /// The samples of a range.
    ///
    /// # Panics
    /// When the range ends beyond the samples.
    pub fn range(&mut self, range: Range<usize>) -> SamplesMut<'_> {
        let [part] = map_mut!(self, v => [&mut v[range]]);
        part
    }

    /// The first `at` samples, and the others.
    ///
    /// # Panics
    /// When there are fewer than `at`.
    pub fn split_at(self, at: usize) -> [SamplesMut<'a>; 2] {
        map_mut!(self, v => <[_; 2]>::from(v.split_at_mut(at)))
    }
}

impl SamplesMut<'_> {
    /// Writes the rows of a plane, `width` samples each, into component `c` of pixels of `step` samples, `pitch` samples
    /// from row to row. The types agree, or nothing is written.
    pub(crate) fn scatter(&mut self, plane: &Samples, width: usize, c: usize, step: usize, pitch: usize) {
        fn copy<T: Copy>(from: &[T], to: &mut [T], width: usize, c: usize, step: usize, pitch: usize) {
            for (from, to) in from.chunks(width.max(1)).zip(to.chunks_mut(pitch.max(1))) {
                to.iter_mut().skip(c).step_by(step).zip(from).for_each(|(to, &from)| *to = from);
            }
        }
        match (plane, self) {
            (Samples::U8(from), Self::U8(to)) => copy(from, to, width, c, step, pitch),
            (Samples::I8(from), Self::I8(to)) => copy(from, to, width, c, step, pitch),
            (Samples::U16(from), Self::U16(to)) => copy(from, to, width, c, step, pitch),
            (Samples::I16(from), Self::I16(to)) => copy(from, to, width, c, step, pitch),
            (Samples::U32(from), Self::U32(to)) => copy(from, to, width, c, step, pitch),
            (Samples::I32(from), Self::I32(to)) => copy(from, to, width, c, step, pitch),
            _ => debug_assert!(false, "planes are scattered into samples of their own type"),
        }
    }
}

impl Samples {
    /// All samples, to be written.
    pub fn as_mut(&mut self) -> SamplesMut<'_> {
        match self {
            Self::U8(v) => SamplesMut::U8(v),
            Self::I8(v) => SamplesMut::I8(v),
            Self::U16(v) => SamplesMut::U16(v),
            Self::I16(v) => SamplesMut::I16(v),
            Self::U32(v) => SamplesMut::U32(v),
            Self::I32(v) => SamplesMut::I32(v),
        }
    }
}
