//! What every place that images come from can do.

use crate::{EncodedFrame, Error, Picture, TagTree};
use lightbox_codec::Decoder;
use lightbox_model::study::ObjectHeader;
use lightbox_model::{FrameId, ObjectId};
use std::sync::Arc;

/// A place that images come from: files on disk, a server, or a script of a test. All methods may block.
pub trait ImageSource: Send + Sync {
    /// What is known of an object from its header; `None` for an object of another source.
    fn header(&self, id: ObjectId) -> Option<Arc<ObjectHeader>>;

    /// The bytes of one frame as they are stored.
    fn encoded_frame(&self, id: FrameId) -> Result<EncodedFrame, Error>;

    /// The whole data set, for the inspector.
    fn tags(&self, id: ObjectId) -> Result<TagTree, Error>;

    /// One frame, fetched and decoded.
    fn decode(&self, id: FrameId, decoder: &Decoder) -> Result<Picture, Error> {
        let header = self.header(id.object).ok_or_else(|| Error::NotFound { what: "The image".into() })?;
        let image = header.image.as_ref().ok_or_else(|| Error::unsupported("this object has no pixels"))?;
        crate::decode::frame(image, &self.encoded_frame(id)?, decoder)
    }
}
