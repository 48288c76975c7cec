//! Code-block decoders: bytes of coding passes to dequantised coefficients.

pub mod ht;
pub mod mq;

/// Where a block's coefficients go: a window of a row-major plane that starts at `out[0]`, `stride` samples per row.
#[derive(Debug)]
pub enum Store<'a> {
    /// Two's complement integers, for the 5/3 transform. Bit-planes that were not decoded are taken at their middle.
    Reversible {
        /// The window.
        out: &'a mut [i32],
        /// Samples from one row to the next.
        stride: usize,
    },
    /// Quantiser indices times `step`, taken at the middle of their interval (E-6 with r = 0.5), for the 9/7 transform.
    Irreversible {
        /// The window.
        out: &'a mut [f32],
        /// Samples from one row to the next.
        stride: usize,
        /// The subband's quantisation step.
        step: f32,
    },
    /// As [`Store::Reversible`], for more bit-planes.
    ReversibleWide {
        /// The window.
        out: &'a mut [i64],
        /// Samples from one row to the next.
        stride: usize,
    },
    /// As [`Store::Irreversible`], for more bit-planes.
    IrreversibleWide {
        /// The window.
        out: &'a mut [f64],
        /// Samples from one row to the next.
        stride: usize,
        /// The subband's quantisation step.
        step: f32,
    },
}

impl Store<'_> {
    /// Bytes of a coefficient.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Reversible { .. } | Self::Irreversible { .. } => 4,
            Self::ReversibleWide { .. } | Self::IrreversibleWide { .. } => 8,
        }
    }
}

/// Why a block was refused, by either decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// By the high-throughput decoder.
    #[error(transparent)]
    Ht(#[from] ht::BlockError),
    /// By the decoder of ISO/IEC 15444-1.
    #[error(transparent)]
    Mq(#[from] mq::BlockError),
}
