//! What can go wrong between bytes and samples, sorted by whose fault it is.

/// Why a codestream could not be read or decoded. Its text is one sentence for a person, then where it happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes end before what they promise.
    #[error("the image data is cut off: {what} ends at byte {at}; get the whole file again")]
    Truncated {
        /// Byte offset at which data was missing.
        at: u64,
        /// What was being read.
        what: &'static str,
    },
    /// The bytes contradict the standard.
    #[error("the image data is damaged in {marker} at byte {at}: {why}")]
    Malformed {
        /// Marker segment, box or coding stage.
        marker: &'static str,
        /// Byte offset of it.
        at: u64,
        /// What is wrong.
        why: String,
    },
    /// The bytes use a part of the standard that this decoder does not implement.
    #[error("the image uses {feature}, which this decoder does not support (byte {at})")]
    Unsupported {
        /// The standard's name of the feature.
        feature: String,
        /// Byte offset at which it is declared.
        at: u64,
    },
    /// Decoding would need more than the caller's [`Limits`](crate::Limits) allow.
    #[error("the image asks for {asked} {what}, more than the allowed {allowed}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How much the image asks for.
        asked: u64,
        /// How much is allowed.
        allowed: u64,
    },
    /// The bytes are somewhere else, and could not be read from there.
    #[error("the image data could not be read from byte {at} on: {why}")]
    Read {
        /// Byte offset of the first byte asked for.
        at: u64,
        /// What its [`ByteSource`](crate::ByteSource) says.
        why: String,
    },
    /// The request does not fit the image: region, reduction, component or target.
    #[error("the request does not fit the image: {why}")]
    Request {
        /// What does not fit.
        why: String,
    },
    /// The device asked for cannot be used.
    #[error("the decoding device cannot be used: {why}")]
    Device {
        /// Why not, as a sentence.
        why: String,
    },
    /// The codec itself failed; the image may be sound. Worth a report.
    #[error("the codec failed on this image: {why}; please report it")]
    Internal {
        /// What failed.
        why: String,
    },
}

impl Error {
    pub(crate) fn malformed(marker: &'static str, at: u64, why: impl Into<String>) -> Self {
        Self::Malformed { marker, at, why: why.into() }
    }

    pub(crate) fn unsupported(feature: impl Into<String>, at: u64) -> Self {
        Self::Unsupported { feature: feature.into(), at }
    }

    pub(crate) fn request(why: impl Into<String>) -> Self {
        Self::Request { why: why.into() }
    }
}
