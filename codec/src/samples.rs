//! Decoded samples in memory: the smallest integer type that holds the declared bits and sign.

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

/// Runs one expression for whichever vector a [`Samples`] holds.
macro_rules! each {
    ($samples:expr, $v:ident => $body:expr) => {
        match $samples {
            Samples::U8($v) => $body,
            Samples::I8($v) => $body,
            Samples::U16($v) => $body,
            Samples::I16($v) => $body,
            Samples::U32($v) => $body,
            Samples::I32($v) => $body,
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

    /// The numeric type held.
    pub fn kind(&self) -> SampleType {
        match self {
            Self::U8(_) => SampleType::U8,
            Self::I8(_) => SampleType::I8,
            Self::U16(_) => SampleType::U16,
            Self::I16(_) => SampleType::I16,
            Self::U32(_) => SampleType::U32,
            Self::I32(_) => SampleType::I32,
        }
    }

    /// How many samples are held.
    pub fn len(&self) -> usize {
        each!(self, v => v.len())
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples as bytes in the machine's own byte order.
    pub fn as_bytes(&self) -> &[u8] {
        each!(self, v => bytemuck::cast_slice(v))
    }

    /// Sample `i` as a wide integer; `None` beyond the end.
    pub fn get(&self, i: usize) -> Option<i64> {
        each!(self, v => v.get(i).map(|&x| i64::from(x)))
    }
}
