//! Which samples of each level the samples of the next depend on (ISO/IEC 15444-1 F.3).

use crate::geometry::Rect;

/// How far the lifting steps of a kernel reach: each of its steps by one sample either way.
pub(crate) const fn support(reversible: bool) -> u32 {
    if reversible { 2 } else { 4 }
}

/// What one level of the inverse transform has to produce so that `needed` is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window(pub Rect);

impl Window {
    /// The window of a level whose whole output is `whole`.
    pub fn around(needed: &Rect, whole: &Rect, support: u32) -> Self {
        if needed.is_empty() {
            return Self(Rect { x1: needed.x0, y1: needed.y0, ..*needed });
        }
        let wide = Rect {
            x0: needed.x0.saturating_sub(support),
            y0: needed.y0.saturating_sub(support),
            x1: needed.x1.saturating_add(support),
            y1: needed.y1.saturating_add(support),
        };
        Self(wide.intersect(whole))
    }

    /// The samples of a subband that are interleaved into the window; `high` tells the filters, horizontally and
    /// vertically.
    pub fn of_band(&self, high: (bool, bool)) -> Rect {
        // Even positions are low-pass, odd ones high-pass.
        let edge = |v: u32, high: bool| if high { v / 2 } else { v.div_ceil(2) };
        let Rect { x0, y0, x1, y1 } = self.0;
        Rect::new(edge(x0, high.0), edge(y0, high.1), edge(x1, high.0), edge(y1, high.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_to_the_edges_and_no_further() {
        let whole = Rect::new(3, 0, 20, 9);
        let window = Window::around(&Rect::new(4, 4, 9, 6), &whole, 4);
        assert_eq!(window.0, Rect::new(3, 0, 13, 9));
        assert_eq!(window.of_band((false, false)), Rect::new(2, 0, 7, 5));
        assert_eq!(window.of_band((true, true)), Rect::new(1, 0, 6, 4));
        assert!(Window::around(&Rect::new(5, 5, 5, 9), &whole, 2).of_band((true, false)).is_empty());
    }
}
