//! What can go wrong between a file and a picture, by whose fault it is, in sentences for people.

use std::io;

/// Failure to find, read or decode an object.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file, archive member or frame is not there.
    #[error("{what} was not found. Check that it has not been moved or removed.")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The operating system or a server refused access.
    #[error("{what} may not be read. Ask for permission to read it.")]
    Denied {
        /// What was refused.
        what: String,
    },
    /// A server could not be reached or did not answer as it should.
    #[error("the network failed: {what}")]
    Network {
        /// What failed.
        what: String,
        /// Whether trying again may succeed.
        retryable: bool,
    },
    /// The bytes do not follow DICOM.
    #[error("damaged DICOM data at byte {at}: {why}")]
    Dicom {
        /// Byte offset in the file (in the inflated data set where it is deflated).
        at: u64,
        /// What is wrong there.
        why: String,
    },
    /// Understood, but not something Lightbox can show.
    #[error("not supported: {what}")]
    Unsupported {
        /// What is not supported, with the reason.
        what: String,
    },
    /// The bytes are not the ones that were promised.
    #[error("{what} does not match its checksum. Fetch it again.")]
    Integrity {
        /// What was compared.
        what: String,
    },
    /// The caller asked to stop.
    #[error("stopped")]
    Cancelled,
    /// The operating system reported a failure.
    #[error("{what} could not be read: {source}")]
    Io {
        /// What was being read.
        what: String,
        /// The operating system's report.
        source: io::Error,
    },
    /// The operating system could not write what was made.
    #[error("the output could not be written: {source}")]
    Output {
        /// The operating system's report.
        source: io::Error,
    },
    /// More than Lightbox is willing to hold; the header may be damaged.
    #[error("{what} is {asked}, more than the {allowed} allowed. The file may be damaged.")]
    Limit {
        /// The quantity.
        what: &'static str,
        /// How much the file asks for.
        asked: u64,
        /// How much is allowed.
        allowed: u64,
    },
    /// The codec refused the codestream.
    #[error("JPEG 2000: {0}")]
    Codec(#[from] lightbox_codec::Error),
    /// Another decoder refused the frame.
    #[error("the {coding} data cannot be decoded: {why}")]
    Decode {
        /// The coding: "JPEG", "JPEG-LS", "RLE"...
        coding: &'static str,
        /// The reason.
        why: String,
    },
}

impl Error {
    /// An operating system error about `what`, sorted by whose fault it is.
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        let what = what.into();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { what },
            io::ErrorKind::PermissionDenied => Self::Denied { what },
            _ => Self::Io { what, source },
        }
    }

    pub(crate) fn written(source: io::Error) -> Self {
        Self::Output { source }
    }

    pub(crate) fn dicom(at: u64, why: impl Into<String>) -> Self {
        Self::Dicom { at, why: why.into() }
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    pub(crate) fn decode(coding: &'static str, why: impl ToString) -> Self {
        Self::Decode { coding, why: why.to_string() }
    }
}
