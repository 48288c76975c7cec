//! A source for tests: frames from memory, with faults on request.

use crate::{EncodedFrame, Error, ImageSource, TagTree};
use lightbox_model::study::ObjectHeader;
use lightbox_model::{FrameId, ObjectId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes the error of a scripted fault.
pub type Fault = Box<dyn Fn() -> Error + Send>;

/// Objects and frames that a test puts in, and failures that it asks for.
#[derive(Default)]
pub struct Fake {
    objects: HashMap<ObjectId, Arc<ObjectHeader>>,
    frames: HashMap<FrameId, EncodedFrame>,
    faults: Mutex<HashMap<FrameId, Vec<Fault>>>,
    fetches: AtomicUsize,
}

impl Fake {
    /// Adds an object with its encoded frames.
    pub fn insert(&mut self, header: ObjectHeader, frames: Vec<EncodedFrame>) {
        for (frame, bytes) in (0..).zip(frames) {
            self.frames.insert(FrameId { object: header.id, frame }, bytes);
        }
        self.objects.insert(header.id, Arc::new(header));
    }

    /// The next fetch of `id` fails with `fault`; several faults are used up in turn.
    pub fn fail(&self, id: FrameId, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().push(fault);
    }

    /// How many frames were asked for, failed ones included.
    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }
}

impl ImageSource for Fake {
    fn header(&self, id: ObjectId) -> Option<Arc<ObjectHeader>> {
        self.objects.get(&id).cloned()
    }

    fn encoded_frame(&self, id: FrameId) -> Result<EncodedFrame, Error> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = faults.get_mut(&id)
            && !list.is_empty()
        {
            return Err(list.remove(0)());
        }
        self.frames.get(&id).cloned().ok_or_else(|| Error::NotFound { what: "The frame".to_owned() })
    }

    fn tags(&self, id: ObjectId) -> Result<TagTree, Error> {
        let header = self.header(id).ok_or_else(|| Error::NotFound { what: "The object".to_owned() })?;
        Ok(TagTree::of_pairs([("Origin", header.origin.clone())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_used_up_in_turn() {
        let mut fake = Fake::default();
        let header = ObjectHeader { id: ObjectId(3), ..crate::dicom::header::empty("made".to_owned()) };
        let frame = EncodedFrame { bytes: vec![1, 2], transfer_syntax: "1.2.840.10008.1.2.1".to_owned() };
        fake.insert(header, vec![frame.clone()]);
        let id = FrameId { object: ObjectId(3), frame: 0 };
        fake.fail(id, Box::new(|| Error::Network { what: "the line is down".to_owned(), retryable: true }));
        assert!(matches!(fake.encoded_frame(id), Err(Error::Network { retryable: true, .. })));
        assert_eq!(fake.encoded_frame(id).expect("the second fetch"), frame);
        assert!(matches!(fake.encoded_frame(FrameId { frame: 1, ..id }), Err(Error::NotFound { .. })));
        assert_eq!(fake.fetches(), 3);
    }
}
