//! One decoded frame.

use lightbox_codec::Samples;
use lightbox_model::image::{Delivered, Photometric};

/// The bytes of one frame as the object holds them, fragments joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedFrame {
    /// One codestream, or native pixels in the byte order of the transfer syntax. The first byte of a 1-bit native frame
    /// may begin with bits of the frame before it.
    pub bytes: Vec<u8>,
    /// Transfer Syntax UID that says how `bytes` are coded.
    pub transfer_syntax: String,
}

/// Stored values of one frame, row by row, the samples of a pixel side by side.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// Pixel Data: masked to Bits Stored and sign-extended, in the smallest type that holds them.
    Integer(Samples),
    /// Float Pixel Data (7FE0,0008).
    Float(Vec<f32>),
    /// Double Float Pixel Data (7FE0,0009).
    Double(Vec<f64>),
}

impl Pixels {
    /// How many samples there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Integer(samples) => samples.len(),
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held in memory.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Integer(samples) => samples.as_bytes().len(),
            Self::Float(values) => values.len() * 4,
            Self::Double(values) => values.len() * 8,
        }
    }
}

/// A decoded frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Lines.
    pub rows: u32,
    /// Pixels a line.
    pub columns: u32,
    /// Samples of a pixel: 1, or 3 for colour.
    pub samples_per_pixel: u16,
    /// `rows * columns * samples_per_pixel` stored values.
    pub pixels: Pixels,
    /// Bits that carry meaning in a sample, as the decoder found them: at most the header's Bits Stored unless the
    /// codestream says otherwise. 32 or 64 for floating point.
    pub bits: u16,
    /// What the samples are. A decoder that undoes a colour transform delivers RGB whatever the header says.
    pub photometric: Photometric,
    /// Who decoded it, for people: "HTJ2K, CPU AVX2", "JPEG 2000, CPU AVX2", "JPEG-LS", "uncompressed".
    pub decoder: String,
    /// Length of the encoded frame in bytes.
    pub encoded_bytes: usize,
    /// What is missing, where the data are cut off and this is the finest complete picture of what is there; `None` where
    /// the picture is whole.
    pub partial: Option<String>,
}

impl Picture {
    /// What its samples are, for [`lightbox_model::display::Display`].
    pub fn delivered(&self) -> Delivered {
        Delivered { photometric: self.photometric, bits: self.bits }
    }
}
