//! Code-block decoders: bytes of coding passes to dequantised coefficients.

pub mod ht;
