//! Small questions of the viewer that must not wait behind decoding: tags and histograms.

use super::ready::DecodedFrame;
use super::shared::Shared;
use crate::event::Event;
use lightbox_model::ObjectId;
use lightbox_source::ImageSource;
use std::collections::VecDeque;
use std::sync::Arc;

/// One question.
#[derive(Debug)]
pub enum Errand {
    /// The whole data set of an object, for the inspector.
    Tags(ObjectId),
    /// How often each value occurs in a frame.
    Histogram(Arc<DecodedFrame>),
}

/// Questions not answered yet. The newest is what the person looks at now, so it goes first and the oldest are dropped.
#[derive(Debug, Default)]
pub struct Errands(VecDeque<Errand>);

impl Errands {
    const MOST: usize = 32;

    /// Adds a question unless it is already there.
    pub fn push(&mut self, errand: Errand) {
        if self.0.iter().any(|known| known.same(&errand)) {
            return;
        }
        if self.0.len() == Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back(errand);
    }

    /// The newest question.
    pub fn pop(&mut self) -> Option<Errand> {
        self.0.pop_back()
    }

    /// Forgets all questions.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Errand {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tags(a), Self::Tags(b)) => a == b,
            (Self::Histogram(a), Self::Histogram(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// The thread that answers.
pub fn run(shared: &Arc<Shared>) {
    while let Some((errand, catalogue, generation)) = shared.wait_errands(|state| {
        let errand = state.errands.pop()?;
        Some((errand, state.catalogue.clone(), state.generation))
    }) {
        match errand {
            Errand::Histogram(frame) => {
                // The panic is in the log; the inspector goes without a histogram.
                let _ = shared.guarded("counting values", || frame.make_histogram());
            }
            Errand::Tags(id) => {
                let tags =
                    shared.guarded("reading the tags", || catalogue.tags(id)).and_then(|tags| tags.map_err(|e| e.to_string()));
                shared.post_if_current(generation, Event::Tags(id, tags.map(Arc::new)));
            }
        }
        shared.waker.now();
    }
}
