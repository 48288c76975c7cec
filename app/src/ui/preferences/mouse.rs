//! What buttons and the wheel do in a viewport.

use crate::ui::{theme, widgets};
use egui::{ComboBox, Ui};
use lightbox_model::command::{Button, DragAction, Gesture, Modifiers, MouseBindings, WheelAction};

/// Draws the page.
pub fn show(ui: &mut Ui, mouse: &mut MouseBindings) {
    widgets::heading(ui, "Drag");
    for modifiers in [Modifiers::NONE, Modifiers::CTRL, Modifiers::SHIFT] {
        for button in [Button::Left, Button::Middle, Button::Right] {
            drag(ui, mouse, Gesture::new(modifiers, button));
        }
    }
    ui.add_space(theme::space::M);
    widgets::heading(ui, "Wheel");
    wheel(ui, "Wheel", &mut mouse.wheel);
    wheel(ui, "Ctrl+Wheel, and pinch", &mut mouse.ctrl_wheel);
    wheel(ui, "Shift+Wheel", &mut mouse.shift_wheel);
    ui.add_space(theme::space::M);
    widgets::heading(ui, "Window/level drag");
    super::line(ui, "Dragging up", |ui| {
        ui.radio_value(&mut mouse.up_is_brighter, true, "Brighter");
        ui.radio_value(&mut mouse.up_is_brighter, false, "Darker");
    });
    ui.add_space(theme::space::M);
    ui.horizontal(|ui| {
        if ui.button("Defaults for radiology").clicked() {
            *mouse = MouseBindings::default();
        }
        if ui.button("Defaults for slides").clicked() {
            *mouse = MouseBindings::slides();
        }
    });
}

fn drag(ui: &mut Ui, mouse: &mut MouseBindings, gesture: Gesture) {
    let name = format!("{gesture} drag");
    let now = mouse.drag.get(&gesture).copied();
    // With modifiers that mean nothing of their own a button does what it does without.
    let nothing = if gesture.modifiers == Modifiers::NONE { "Nothing" } else { "As without" };
    super::line(ui, &name, |ui| {
        let combo = ComboBox::from_id_salt(("drag", gesture)).selected_text(now.map_or(nothing, DragAction::name)).width(160.0);
        let response = combo.show_ui(ui, |ui| {
            if ui.selectable_label(now.is_none(), nothing).clicked() {
                mouse.drag.remove(&gesture);
            }
            for action in DragAction::ALL {
                if ui.selectable_label(now == Some(action), action.name()).clicked() {
                    mouse.drag.insert(gesture, action);
                }
            }
        });
        response.response.accessible_name(name.as_str());
    });
}

fn wheel(ui: &mut Ui, name: &str, action: &mut WheelAction) {
    super::line(ui, name, |ui| {
        let response = ComboBox::from_id_salt(("wheel", name)).selected_text(action.name()).width(220.0).show_ui(ui, |ui| {
            for choice in [WheelAction::Scroll, WheelAction::ScrollFast, WheelAction::Zoom] {
                ui.selectable_value(action, choice, choice.name());
            }
        });
        response.response.accessible_name(name);
    });
}
