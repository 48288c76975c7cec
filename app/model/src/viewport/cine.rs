//! Playing a stack at a rate.

/// A running cine. Times are seconds of any steady clock the caller has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cine {
    /// Images a second, in [`Cine::RATES`].
    rate: f64,
    /// When the shown image was due.
    since: f64,
}

impl Cine {
    /// Slowest and fastest rate, images a second.
    pub const RATES: (f64, f64) = (0.5, 120.0);
    /// Rate where the images name none.
    pub const DEFAULT_RATE: f64 = 15.0;

    /// Starts at `now`; `frame_time_ms` is what the images ask for.
    pub fn start(now: f64, frame_time_ms: Option<f32>) -> Self {
        let asked = frame_time_ms.map(|ms| 1000.0 / f64::from(ms)).filter(|rate| rate.is_finite() && *rate > 0.0);
        Self { rate: clamp_rate(asked.unwrap_or(Self::DEFAULT_RATE)), since: now }
    }

    /// Images a second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Changes the rate without a jump.
    pub fn set_rate(&mut self, rate: f64) {
        if rate.is_finite() {
            self.rate = clamp_rate(rate);
        }
    }

    /// How many images to go on by at `now`. After a pause longer than a second (a window that was hidden) it goes on from where it
    /// is instead of racing to catch up.
    pub fn advance(&mut self, now: f64) -> usize {
        let elapsed = now - self.since;
        if !(0.0..=1.0).contains(&elapsed) {
            self.since = now;
            return usize::from(elapsed > 0.0);
        }
        let steps = (elapsed * self.rate + 1e-9).floor();
        self.since += steps / self.rate;
        steps as usize
    }

    /// Seconds from `now` to the next image.
    pub fn due_in(&self, now: f64) -> f64 {
        (self.since + 1.0 / self.rate - now).max(0.0)
    }
}

fn clamp_rate(rate: f64) -> f64 {
    rate.clamp(Cine::RATES.0, Cine::RATES.1)
}
