//! Small questions of the viewer that must not wait behind decoding: tags and histograms.

use super::ready::ReadyFrame;
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
    /// The samples of a frame, and how often each value occurs among them.
    Measure(Arc<ReadyFrame>),
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
            (Self::Measure(a), Self::Measure(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

fn measure(shared: &Shared, frame: &Arc<ReadyFrame>) -> Result<(), String> {
    let samples = shared.samples(frame)?;
    frame.decoded.make_histogram(samples);
    Ok(())
}

/// The thread that answers.
pub fn run(shared: &Arc<Shared>) {
    while let Some((errand, catalogue, generation)) = shared.wait_errands(|state| {
        let errand = state.errands.pop()?;
        Some((errand, state.catalogue.clone(), state.generation))
    }) {
        match errand {
            Errand::Measure(frame) => {
                let measured = shared.guarded("counting values", || measure(shared, &frame)).and_then(|measured| measured);
                // The inspector goes without a histogram.
                if let Err(why) = measured {
                    log::warn!("a frame could not be measured: {why}");
                }
            }
            Errand::Tags(id) => {
                let tags =
                    shared.guarded("reading the tags", || catalogue.tags(id)).and_then(|tags| tags.map_err(|e| e.to_string()));
                shared.post_of(generation, Event::Tags(id, tags.map(Arc::new)));
            }
        }
        shared.waker.now();
    }
}
