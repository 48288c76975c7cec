//! The left panel: patients, their studies and series, and what could not be shown.

mod row;
mod tree;

pub use row::{DragSeries, drag_ghost};

use super::intent::{Intent, Intents};
use super::{icons, theme, widgets};
use egui::{Color32, CornerRadius, RichText, Role, ScrollArea, Sense, TextureHandle, Ui, WidgetInfo, vec2};
use lightbox_model::study::{Library, SeriesKey};
use lightbox_model::text;
use std::collections::{HashMap, HashSet};
use tree::{Branch, Tree};

/// What the panel remembers.
#[derive(Default)]
pub struct Browser {
    /// What was typed into the search box.
    pub query: String,
    /// The marked series.
    pub selected: Option<SeriesKey>,
    folded: HashSet<Branch>,
    tree: Tree,
    /// The search box wants the keyboard.
    pub focus_search: bool,
}

/// What the panel is shown from.
pub struct Source<'a> {
    /// Everything that is open.
    pub library: &'a Library,
    /// Small pictures that have arrived.
    pub thumbnails: &'a HashMap<SeriesKey, TextureHandle>,
    /// Frames that could be shown at once, by series.
    pub ready: &'a HashMap<SeriesKey, usize>,
    /// Series that a viewport shows.
    pub shown: &'a [SeriesKey],
    /// How much air.
    pub density: theme::Density,
}

impl Browser {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
        self.search_box(ui);
        ui.add_space(theme::space::XS);
        self.tree.update(source.library, &self.query);
        if self.tree.branches.is_empty() {
            let text = if source.library.is_empty() { "Nothing is open." } else { "Nothing matches the search." };
            widgets::secondary(ui, text);
            return;
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let mut hidden_below = None;
            for i in 0..self.tree.branches.len() {
                let branch = self.tree.branches[i];
                // A folded branch hides everything deeper than itself.
                match hidden_below {
                    Some(depth) if branch.depth() > depth => continue,
                    _ => hidden_below = None,
                }
                if self.branch(ui, branch, source, out) {
                    hidden_below = Some(branch.depth());
                }
            }
            ui.add_space(theme::space::M);
        });
    }

    fn search_box(&mut self, ui: &mut Ui) {
        let edit = egui::TextEdit::singleline(&mut self.query)
            .hint_text("Search patients, studies, series")
            .desired_width(f32::INFINITY)
            .margin(egui::Margin { left: 26, right: 6, top: 4, bottom: 4 });
        let response = ui.add(edit).accessible_name("Search patients, studies and series");
        let at = egui::pos2(response.rect.left() + 14.0, response.rect.center().y);
        ui.painter().text(at, egui::Align2::CENTER_CENTER, icons::MAGNIFYING_GLASS, theme::icon(14.0), theme::SECONDARY);
        if std::mem::take(&mut self.focus_search) {
            response.request_focus();
        }
    }

    /// Draws one branch; whether what lies under it is folded away.
    fn branch(&mut self, ui: &mut Ui, branch: Branch, source: &Source<'_>, out: &mut Intents) -> bool {
        match branch {
            Branch::Patient(key) => {
                let Some(patient) = source.library.patient(key) else { return false };
                let name = text::person_name(&patient.name);
                let name = if name.is_empty() { "No name".to_owned() } else { name };
                let mut facts = vec![if patient.id.is_empty() { "no ID".to_owned() } else { format!("ID {}", patient.id) }];
                facts.extend([text::date(&patient.birth_date), patient.sex.clone()].into_iter().filter(|t| !t.is_empty()));
                self.fold_line(ui, branch, &name, &facts.join(" \u{b7} "), true)
            }
            Branch::Study(key) => {
                let Some(study) = source.library.study(key) else { return false };
                let title = if study.description.is_empty() { "Study".to_owned() } else { study.description.clone() };
                self.fold_line(ui, branch, &title, &text::date(&study.date), false)
            }
            Branch::Series(key) => {
                let Some(series) = source.library.series(key) else { return false };
                let state = row::State {
                    thumbnail: source.thumbnails.get(&key),
                    ready: source.ready.get(&key).copied().unwrap_or(0),
                    selected: self.selected == Some(key),
                    shown: source.shown.contains(&key),
                    density: source.density,
                };
                row::series(ui, series, &state, out);
                false
            }
            Branch::Stack(key, stack) => {
                let Some(found) = source.library.series(key).and_then(|s| s.stacks().get(stack)) else { return false };
                if row::stack(ui, key, stack, found) {
                    out.push(Intent::Show { series: key, stack, slot: None });
                }
                false
            }
            Branch::Other(key, i) => {
                let Some(listed) = source.library.series(key).and_then(|s| s.others.get(i)) else { return false };
                if row::listed(ui, icons::FILE_TEXT, theme::SECONDARY, listed) {
                    out.extend(listed.object.map(Intent::Tags));
                }
                false
            }
            Branch::Unreadable(key, i) => {
                let Some(listed) = source.library.series(key).and_then(|s| s.unreadable.get(i)) else { return false };
                if row::listed(ui, icons::WARNING, theme::WARNING, listed) {
                    out.extend(listed.object.map(Intent::Tags));
                }
                false
            }
            Branch::DamagedHeading => {
                let count = source.library.damaged().len();
                let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
                self.fold_line(ui, branch, "Could not be read", &files, true)
            }
            Branch::Damaged(i) => {
                if let Some(listed) = source.library.damaged().get(i) {
                    row::listed(ui, icons::WARNING_CIRCLE, theme::ERROR, listed);
                }
                false
            }
        }
    }

    /// A line that folds what lies under it. Whether it is folded.
    fn fold_line(&mut self, ui: &mut Ui, branch: Branch, title: &str, facts: &str, top: bool) -> bool {
        let folded = self.folded.contains(&branch);
        if top {
            ui.add_space(theme::space::XS);
        }
        let indent = if top { 0.0 } else { theme::space::M };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), if top { 36.0 } else { 24.0 }), Sense::click());
        let name = if facts.is_empty() { title.to_owned() } else { format!("{title}, {facts}") };
        response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, !folded, &name));
        let fill = if response.hovered() { theme::HOVER } else { Color32::TRANSPARENT };
        ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), fill);
        widgets::focus_ring(ui, &response, rect);
        let painter = ui.painter_at(rect);
        let caret = if folded { icons::CARET_RIGHT } else { icons::CARET_DOWN };
        let left = rect.left() + indent;
        let line = if top { rect.top() + 11.0 } else { rect.center().y };
        painter.text(egui::pos2(left + 8.0, line), egui::Align2::CENTER_CENTER, caret, theme::icon(12.0), theme::SECONDARY);
        let text_left = left + 20.0;
        let width = rect.right() - text_left - 4.0;
        if top {
            let galley = widgets::ellipsis(&painter, title, theme::strong(), theme::TEXT, width);
            painter.galley(egui::pos2(text_left, line - galley.size().y / 2.0), galley, theme::TEXT);
            let galley = widgets::ellipsis(&painter, facts, theme::small(), theme::SECONDARY, width);
            painter.galley(egui::pos2(text_left, line + 8.0), galley, theme::SECONDARY);
        } else {
            let facts = widgets::ellipsis(&painter, facts, theme::small(), theme::SECONDARY, width * 0.5);
            let title = widgets::ellipsis(&painter, title, theme::body(), theme::TEXT, width - facts.size().x - 8.0);
            painter.galley(egui::pos2(text_left, line - title.size().y / 2.0), title, theme::TEXT);
            let at = egui::pos2(rect.right() - 4.0 - facts.size().x, line - facts.size().y / 2.0);
            painter.galley(at, facts, theme::SECONDARY);
        }
        if response.on_hover_text(RichText::new(name).font(theme::small())).clicked() && !self.folded.remove(&branch) {
            self.folded.insert(branch);
        }
        folded
    }
}
