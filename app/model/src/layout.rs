//! The grid of viewports.

use crate::display::Interpolation;
use crate::study::{Library, PatientKey};
use crate::viewport::Viewport;
use serde::{Deserialize, Serialize};

/// How viewports are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grid {
    /// One.
    #[default]
    OneByOne,
    /// Two side by side.
    OneByTwo,
    /// Two rows of two.
    TwoByTwo,
    /// Three rows of three.
    ThreeByThree,
}

impl Grid {
    /// All, smallest first.
    pub const ALL: [Self; 4] = [Self::OneByOne, Self::OneByTwo, Self::TwoByTwo, Self::ThreeByThree];

    /// Rows.
    pub fn rows(self) -> usize {
        match self {
            Self::OneByOne | Self::OneByTwo => 1,
            Self::TwoByTwo => 2,
            Self::ThreeByThree => 3,
        }
    }

    /// Columns.
    pub fn columns(self) -> usize {
        match self {
            Self::OneByOne => 1,
            Self::OneByTwo | Self::TwoByTwo => 2,
            Self::ThreeByThree => 3,
        }
    }

    /// Viewports.
    pub fn count(self) -> usize {
        self.rows() * self.columns()
    }
}

/// Viewports in their grid, row by row. A smaller grid hides the later ones; they keep what they show.
#[derive(Clone, Debug)]
pub struct Layout {
    grid: Grid,
    viewports: Vec<Viewport>,
    active: usize,
    maximised: bool,
}

impl Default for Layout {
    fn default() -> Self {
        let viewports = vec![Viewport::default(); Grid::ThreeByThree.count()];
        Self { grid: Grid::OneByOne, viewports, active: 0, maximised: false }
    }
}

impl Layout {
    /// The arrangement.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// Arranges anew. A viewport that would be hidden cannot stay active.
    pub fn set_grid(&mut self, grid: Grid) {
        self.grid = grid;
        self.maximised = false;
        self.active = self.active.min(grid.count() - 1);
    }

    /// Number of the viewport that keys and presets go to.
    pub fn active_index(&self) -> usize {
        self.active
    }

    /// Makes a viewport of the grid the active one.
    pub fn activate(&mut self, index: usize) {
        if index < self.grid.count() {
            self.active = index;
        }
    }

    /// Goes `steps` viewports on, round the grid.
    pub fn activate_next(&mut self, steps: i64) {
        self.active = (self.active as i64 + steps).rem_euclid(self.grid.count() as i64) as usize;
    }

    /// The viewport that keys and presets go to.
    pub fn active(&self) -> &Viewport {
        &self.viewports[self.active]
    }

    /// The same, to change it.
    pub fn active_mut(&mut self) -> &mut Viewport {
        &mut self.viewports[self.active]
    }

    /// A viewport of the grid.
    pub fn viewport(&self, index: usize) -> Option<&Viewport> {
        self.viewports[..self.grid.count()].get(index)
    }

    /// The same, to change it.
    pub fn viewport_mut(&mut self, index: usize) -> Option<&mut Viewport> {
        self.viewports[..self.grid.count()].get_mut(index)
    }

    /// Whether the active viewport is shown alone.
    pub fn is_maximised(&self) -> bool {
        self.maximised
    }

    /// Shows the active viewport alone, or all of the grid again.
    pub fn toggle_maximised(&mut self) {
        self.maximised = !self.maximised && self.grid != Grid::OneByOne;
    }

    /// Viewports on the screen, with their numbers: all of the grid or the maximised one.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &Viewport)> {
        let alone = self.maximised.then_some(self.active);
        let shown = self.viewports[..self.grid.count()].iter().enumerate();
        shown.filter(move |(i, _)| alone.is_none_or(|a| a == *i))
    }

    /// Patients on the screen. More than one asks for a warning.
    pub fn patients(&self, library: &Library) -> Vec<PatientKey> {
        let mut patients = Vec::new();
        for (_, viewport) in self.visible() {
            let context = viewport.series.and_then(|key| library.context(key));
            if let Some((patient, _, _)) = context
                && !patients.contains(&patient.key)
            {
                patients.push(patient.key);
            }
        }
        patients
    }

    /// Chooses what every viewport shows between pixels.
    pub fn set_interpolation(&mut self, interpolation: Interpolation) {
        self.viewports.iter_mut().for_each(|v| v.look.interpolation = interpolation);
    }

    /// Empties every viewport.
    pub fn clear(&mut self) {
        let grid = self.grid;
        *self = Self { grid, ..Self::default() };
    }
}
