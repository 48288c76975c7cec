//! How much of each series could be shown at once, counted not too often.

use super::desk::Desk;
use super::status::OnScreen;
use crate::services::Services;
use lightbox_model::study::SeriesKey;
use std::collections::HashMap;

/// Seconds between two counts: faster than that nobody reads.
const EVERY: f64 = 0.1;

/// The last count.
#[derive(Default)]
pub struct Progress {
    /// Frames ready, by series.
    pub series: HashMap<SeriesKey, usize>,
    /// Those of the stacks on the screen.
    pub on_screen: OnScreen,
    counted: Option<f64>,
}

impl Progress {
    /// Counts again if it is time. Only series that have been shown are decoded whole, so only they are counted.
    pub fn update(&mut self, desk: &Desk, services: &Services, now: f64) {
        if self.counted.is_some_and(|at| (0.0..EVERY).contains(&(now - at))) {
            return;
        }
        self.counted = Some(now);
        self.series.clear();
        for &key in &desk.touched {
            let stacks = desk.library.series(key).map_or(&[][..], |s| s.stacks());
            let ready = stacks.iter().flat_map(|s| services.decoded(&s.frames)).filter(|&r| r).count();
            self.series.insert(key, ready);
        }
        self.on_screen = OnScreen::default();
        let mut seen = Vec::new();
        for (_, viewport) in desk.layout.visible() {
            let Some(key) = viewport.series.filter(|key| !seen.contains(&(*key, viewport.stack))) else { continue };
            seen.push((key, viewport.stack));
            if let Some(stack) = desk.library.series(key).and_then(|s| s.stacks().get(viewport.stack)) {
                self.on_screen.total += stack.frames.len();
                self.on_screen.ready += services.decoded(&stack.frames).into_iter().filter(|&r| r).count();
            }
        }
    }
}
