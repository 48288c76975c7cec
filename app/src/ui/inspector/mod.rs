//! The right panel: the window over the histogram, facts of the image, and its data set.

mod facts;
mod histogram;
mod lengths;
mod presentation;
mod tags;
mod window;

pub use tags::Tags;

use super::intent::Intents;
use super::theme;
use super::viewport::Target;
use crate::services::ReadyFrame;
use crate::settings::Settings;
use egui::{Role, ScrollArea, Ui, WidgetInfo};
use lightbox_model::histogram::Histogram;
use lightbox_model::study::Library;
use lightbox_model::viewport::Viewport;
use std::sync::Arc;

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Window and facts.
    #[default]
    Image,
    /// The data set.
    Tags,
}

/// What the panel is shown from.
pub struct Source<'a> {
    /// Everything that is open.
    pub library: &'a Library,
    /// What the person has chosen.
    pub settings: &'a Settings,
    /// The active viewport and its number.
    pub viewport: &'a Viewport,
    /// Number of the active viewport.
    pub slot: usize,
    /// What it looks at.
    pub target: Option<Target<'a>>,
    /// The picture, once it is there.
    pub ready: Option<Arc<ReadyFrame>>,
    /// What was measured on it, in continuous image coordinates.
    pub lengths: &'a [[[f64; 2]; 2]],
    /// Its histogram, for grey.
    pub histogram: Option<Arc<Histogram>>,
}

/// What the panel remembers.
#[derive(Default)]
pub struct Inspector {
    /// What it shows.
    pub tab: Tab,
    /// The data set.
    pub tags: Tags,
}

impl Inspector {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::space::XS;
            self.tab_button(ui, Tab::Image, "Image");
            self.tab_button(ui, Tab::Tags, "DICOM tags");
        });
        ui.add_space(theme::space::XS);
        match self.tab {
            Tab::Image => {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    window::show(ui, source, out);
                    presentation::show(ui, source, out);
                    lengths::show(ui, source, out);
                    facts::show(ui, source);
                });
            }
            Tab::Tags => self.tags.show(ui, source, out),
        }
    }

    fn tab_button(&mut self, ui: &mut Ui, tab: Tab, name: &str) {
        let chosen = self.tab == tab;
        let response = ui.add(egui::Button::selectable(chosen, name));
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, name));
        if response.clicked() {
            self.tab = tab;
        }
    }
}
