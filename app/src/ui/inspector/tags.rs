//! The data set as a tree that can be searched: nested sequences, values to copy.

use super::Source;
use crate::ui::intent::{Intent, Intents};
use crate::ui::{icons, theme, widgets};
use egui::{Align2, Color32, CornerRadius, Frame, Margin, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use lightbox_model::ObjectId;
use lightbox_source::{TagNode, TagTree};
use std::collections::HashSet;
use std::sync::Arc;

const ROW: f32 = 20.0;
/// Height kept for the whole value of the marked line.
const DETAIL: f32 = 132.0;

/// Place of a node in the tree: its index on each level.
type Path = Vec<u32>;

/// What the tab remembers.
#[derive(Default)]
pub struct Tags {
    /// An object chosen in the browser; else that of the active viewport.
    pub pinned: Option<ObjectId>,
    asked: Option<ObjectId>,
    tree: Option<(ObjectId, Result<Arc<TagTree>, String>)>,
    query: String,
    open: HashSet<Path>,
    marked: Option<Path>,
    lines: Vec<Line>,
    stale: bool,
}

/// A line of the list.
struct Line {
    path: Path,
    /// A search result, or above one.
    opened: bool,
}

impl Tags {
    /// Takes a data set that was asked for.
    pub fn arrived(&mut self, object: ObjectId, tree: Result<Arc<TagTree>, String>) {
        if self.asked == Some(object) {
            self.tree = Some((object, tree));
            self.stale = true;
        }
    }

    /// Forgets everything but the search.
    pub fn clear(&mut self) {
        *self = Self { query: std::mem::take(&mut self.query), ..Self::default() };
    }

    /// Draws the tab.
    pub fn show(&mut self, ui: &mut Ui, source: &Source<'_>, out: &mut Intents) {
        let Some(object) = self.pinned.or(source.target.as_ref().map(|t| t.id.object)) else {
            widgets::secondary(ui, "Nothing is shown in the active viewport.");
            return;
        };
        if self.asked != Some(object) {
            self.asked = Some(object);
            out.push(Intent::Tags(object));
        }
        self.search_box(ui);
        self.pinned_line(ui, source);
        // Those of the image before are not shown below the one that is looked at.
        match self.tree.as_ref().filter(|(of, _)| *of == object) {
            None => drop(widgets::secondary(ui, "Reading\u{2026}")),
            Some((_, Err(why))) => drop(ui.colored_label(theme::ERROR, why)),
            Some((_, Ok(tree))) => {
                let tree = tree.clone();
                if std::mem::take(&mut self.stale) {
                    self.lines = lines(&tree, &self.query, &self.open);
                }
                self.list(ui, &tree);
            }
        }
    }

    fn search_box(&mut self, ui: &mut Ui) {
        let edit = egui::TextEdit::singleline(&mut self.query)
            .hint_text("Search tag, name or value")
            .desired_width(f32::INFINITY)
            .margin(Margin { left: 26, right: 6, top: 4, bottom: 4 });
        let response = ui.add(edit).accessible_name("Search tags");
        let at = pos2(response.rect.left() + 14.0, response.rect.center().y);
        ui.painter().text(at, Align2::CENTER_CENTER, icons::MAGNIFYING_GLASS, theme::icon(14.0), theme::SECONDARY);
        self.stale |= response.changed();
    }

    /// Says which object is shown while it is not the one in the viewport.
    fn pinned_line(&mut self, ui: &mut Ui, source: &Source<'_>) {
        let Some(object) = self.pinned.and_then(|id| source.library.object(id)) else { return };
        let origin = object.origin.clone();
        ui.horizontal(|ui| {
            if ui.add(widgets::IconButton::new(icons::X, "Back to the shown image").small()).clicked() {
                self.pinned = None;
            }
            widgets::secondary(ui, origin);
        });
    }

    fn list(&mut self, ui: &mut Ui, tree: &TagTree) {
        if let Some(note) = &tree.note {
            ui.colored_label(theme::WARNING, note);
        }
        if self.lines.is_empty() {
            widgets::secondary(ui, "No tag matches the search.");
        }
        let height = (ui.available_height() - DETAIL).max(3.0 * ROW);
        let area = ScrollArea::vertical().auto_shrink(false).max_height(height);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut toggled = None;
        let mut marked = None;
        area.show_rows(ui, ROW, self.lines.len(), |ui, range| {
            for line in &self.lines[range] {
                let Some(node) = node(tree, &line.path) else { continue };
                let response = row(ui, node, line, self.marked.as_ref() == Some(&line.path));
                if response.clicked() {
                    marked = Some(line.path.clone());
                    toggled = (!node.children.is_empty()).then(|| line.path.clone());
                }
            }
        });
        if let Some(path) = toggled {
            if !self.open.remove(&path) {
                self.open.insert(path);
            }
            self.stale = true;
        }
        self.marked = marked.or(self.marked.take());
        if let Some(node) = self.marked.as_ref().and_then(|path| node(tree, path)) {
            detail(ui, node);
        }
    }
}

fn node<'t>(tree: &'t TagTree, path: &[u32]) -> Option<&'t TagNode> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(tree.elements.get(*first as usize)?, |node, &i| node.children.get(i as usize))
}

/// Lines to show: everything that is open, or everything that a search finds with what is above it.
fn lines(tree: &TagTree, query: &str, open: &HashSet<Path>) -> Vec<Line> {
    let query = query.trim().to_lowercase();
    let mut lines = Vec::new();
    let mut path = Path::new();
    walk(&tree.elements, &query, open, &mut path, &mut lines);
    lines
}

/// Appends the lines of `nodes`; whether any of them was found.
fn walk(nodes: &[TagNode], query: &str, open: &HashSet<Path>, path: &mut Path, lines: &mut Vec<Line>) -> bool {
    let mut any = false;
    for (i, node) in nodes.iter().enumerate() {
        path.push(i as u32);
        let at = lines.len();
        lines.push(Line { path: path.clone(), opened: false });
        let found = matches(node, query);
        let below = if query.is_empty() {
            let opened = open.contains(path);
            if opened {
                walk(&node.children, query, open, path, lines);
            }
            opened
        } else {
            walk(&node.children, query, open, path, lines)
        };
        lines[at].opened = below;
        if found || below {
            any = true;
        } else {
            lines.truncate(at);
        }
        path.pop();
    }
    any
}

fn matches(node: &TagNode, query: &str) -> bool {
    let tag = || format!("({:04x},{:04x})", node.tag.0, node.tag.1);
    query.is_empty()
        || node.name.to_lowercase().contains(query)
        || node.value.to_lowercase().contains(query)
        || tag().contains(query)
        || tag().replace(['(', ')', ','], "").contains(query)
}

fn row(ui: &mut Ui, node: &TagNode, line: &Line, marked: bool) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, marked, format!("{} {}", node.name, node.value)));
    let fill = match (marked, response.hovered()) {
        (true, _) => theme::SELECTED,
        (false, true) => theme::HOVER,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, CornerRadius::same(2), fill);
    widgets::focus_ring(ui, &response, rect);
    let painter = ui.painter_at(rect);
    let middle = rect.center().y;
    let left = rect.left() + 4.0 + 12.0 * (line.path.len() - 1) as f32;
    if !node.children.is_empty() {
        let caret = if line.opened { icons::CARET_DOWN } else { icons::CARET_RIGHT };
        painter.text(pos2(left + 5.0, middle), Align2::CENTER_CENTER, caret, theme::icon(10.0), theme::SECONDARY);
    }
    let names =
        Rect::from_x_y_ranges(left + 14.0..=rect.left() + (rect.width() * 0.5).max(left - rect.left() + 60.0), rect.y_range());
    let name = widgets::ellipsis(&painter, &node.name, theme::small(), theme::SECONDARY, names.width());
    painter.galley(pos2(names.left(), middle - name.size().y / 2.0), name, theme::SECONDARY);
    let value_left = names.right() + 6.0;
    let value = widgets::ellipsis(&painter, &node.value, theme::small(), theme::TEXT, rect.right() - value_left - 4.0);
    painter.galley(pos2(value_left, middle - value.size().y / 2.0), value, theme::TEXT);
    response
}

/// The marked element in full.
fn detail(ui: &mut Ui, node: &TagNode) {
    let frame = Frame::new().fill(theme::RAISED).corner_radius(theme::RADIUS).inner_margin(Margin::same(8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            ui.label(egui::RichText::new(&node.name).font(theme::strong()));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.add(widgets::IconButton::new(icons::COPY, "Copy value").small()).clicked() {
                    ui.ctx().copy_text(node.value.clone());
                }
            });
        });
        widgets::secondary(ui, format!("({:04X},{:04X}) {} \u{b7} {} bytes", node.tag.0, node.tag.1, node.vr, node.length));
        ScrollArea::vertical().id_salt("value").max_height(64.0).show(ui, |ui| {
            ui.add(egui::Label::new(egui::RichText::new(&node.value).font(theme::small())).wrap().selectable(true));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(tag: (u16, u16), name: &str, value: &str) -> TagNode {
        TagNode { tag, vr: "LO".into(), name: name.into(), value: value.into(), length: value.len() as u64, children: Vec::new() }
    }

    fn tree() -> TagTree {
        let inner = leaf((0x0008, 0x0100), "CodeValue", "T-04000");
        let item = TagNode { children: vec![inner], ..leaf((0xFFFE, 0xE000), "Item 1", "") };
        let sequence = TagNode { children: vec![item], ..leaf((0x0008, 0x2218), "AnatomicRegionSequence", "1 item") };
        TagTree { elements: vec![leaf((0x0008, 0x0060), "Modality", "CT"), sequence], note: None }
    }

    fn names(query: &str, open: &[&[u32]]) -> Vec<String> {
        let tree = tree();
        let open = open.iter().map(|p| p.to_vec()).collect();
        lines(&tree, query, &open).iter().map(|l| node(&tree, &l.path).unwrap().name.clone()).collect()
    }

    #[test]
    fn sequences_are_folded_until_opened() {
        assert_eq!(names("", &[]), ["Modality", "AnatomicRegionSequence"]);
        assert_eq!(names("", &[&[1]]), ["Modality", "AnatomicRegionSequence", "Item 1"]);
    }

    #[test]
    fn a_search_finds_nested_values_and_shows_what_is_above_them() {
        assert_eq!(names("t-04", &[]), ["AnatomicRegionSequence", "Item 1", "CodeValue"]);
        assert_eq!(names("00080060", &[]), ["Modality"]);
        assert_eq!(names("(0008,0060)", &[]), ["Modality"]);
        assert_eq!(names("nowhere", &[]), [""; 0]);
    }
}
