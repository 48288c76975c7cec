//! The look: every colour, size and font of the program. No other file names a colour.

use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Vec2, Visuals,
};
use std::sync::Arc;

/// Behind pictures: black, so that the picture alone is bright.
pub const CANVAS: Color32 = Color32::BLACK;
/// Side panels, toolbar and status bar.
pub const PANEL: Color32 = Color32::from_rgb(0x11, 0x14, 0x18);
/// Cards, menus, fields and windows.
pub const RAISED: Color32 = Color32::from_rgb(0x18, 0x1C, 0x22);
/// What the pointer is over.
pub const HOVER: Color32 = Color32::from_rgb(0x22, 0x29, 0x32);
/// What is chosen.
pub const SELECTED: Color32 = Color32::from_rgb(0x13, 0x28, 0x41);
/// Lines between areas.
pub const HAIRLINE: Color32 = Color32::from_rgb(0x26, 0x2C, 0x35);
/// Edge of a field, and the rail of a slider: lighter than a hairline so that the control is seen.
pub const EDGE: Color32 = Color32::from_rgb(0x3A, 0x42, 0x4E);
/// Text.
pub const TEXT: Color32 = Color32::from_rgb(0xD7, 0xDC, 0xE2);
/// Text of second rank.
pub const SECONDARY: Color32 = Color32::from_rgb(0x8B, 0x94, 0x9E);
/// Selection, focus, the active viewport.
pub const ACCENT: Color32 = Color32::from_rgb(0x4F, 0xA3, 0xFF);
/// Something to be aware of.
pub const WARNING: Color32 = Color32::from_rgb(0xE3, 0xB3, 0x41);
/// Something failed.
pub const ERROR: Color32 = Color32::from_rgb(0xF0, 0x62, 0x5D);
/// Something is well.
pub const OK: Color32 = Color32::from_rgb(0x3F, 0xB2, 0x7F);
/// Text on a picture; always drawn with [`OUTLINE`] around it.
pub const ON_PICTURE: Color32 = Color32::from_rgb(0xE6, 0xE6, 0xE6);
/// One pixel around text on a picture, so that it reads on white and on black.
pub const OUTLINE: Color32 = Color32::from_rgb(0x0A, 0x0A, 0x0A);
/// Overlay planes of an image.
pub const OVERLAY: Color32 = Color32::from_rgb(0x7F, 0xE0, 0xC0);
/// Bars of the histogram.
pub const HISTOGRAM: Color32 = Color32::from_rgb(0x5B, 0x67, 0x76);
/// Over the whole window, behind a dialogue.
pub const BACKDROP: Color32 = Color32::from_rgba_premultiplied(0, 0, 0, 0x90);
/// Over a viewport that a series may be dropped on.
pub const DROP: Color32 = Color32::from_rgba_premultiplied(0x0A, 0x16, 0x24, 0x40);
/// Behind a notice on a picture.
pub const SCRIM: Color32 = Color32::from_rgba_premultiplied(0, 0, 0, 0xB0);

/// Body text, in points.
pub const BODY: f32 = 13.0;
/// Secondary text and text on pictures, in points.
pub const SMALL: f32 = 11.0;
/// Icons, in points.
pub const ICON: f32 = 18.0;
/// Height of the toolbar.
pub const TOOLBAR: f32 = 40.0;
/// Height of the status bar.
pub const STATUS: f32 = 24.0;
/// Side of a thumbnail.
pub const THUMBNAIL: f32 = 96.0;
/// Corners of everything that has corners.
pub const RADIUS: u8 = 4;

/// Steps of space: nothing is apart by another distance.
pub mod space {
    /// Between parts of one thing.
    pub const XS: f32 = 4.0;
    /// Between things.
    pub const S: f32 = 8.0;
    /// Between groups.
    pub const M: f32 = 12.0;
    /// Around an area.
    pub const L: f32 = 16.0;
}

/// How much air the lists have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Density {
    /// More on the screen.
    Compact,
    /// The designed spacing.
    #[default]
    Comfortable,
}

const STRONG_FAMILY: &str = "strong";
const ICON_FAMILY: &str = "icons";

/// Body text.
pub fn body() -> FontId {
    FontId::new(BODY, FontFamily::Proportional)
}

/// Secondary text and text on pictures.
pub fn small() -> FontId {
    FontId::new(SMALL, FontFamily::Proportional)
}

/// Headings: the body size, semi-bold.
pub fn strong() -> FontId {
    FontId::new(BODY, FontFamily::Name(STRONG_FAMILY.into()))
}

/// The icon font at a size in points.
pub fn icon(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICON_FAMILY.into()))
}

/// Gives the context its fonts and style. Call once, and again when the density changes.
pub fn install(ctx: &egui::Context, density: Density) {
    ctx.set_fonts(fonts());
    set_density(ctx, density);
}

/// Gives the context its style for a density.
pub fn set_density(ctx: &egui::Context, density: Density) {
    ctx.set_theme(egui::Theme::Dark);
    ctx.set_style_of(egui::Theme::Dark, style(density));
}

/// The fonts of the program, and those of the toolkit for what they lack.
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, bytes: &'static [u8]| {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
    };
    add("plex", include_bytes!("../../../assets/fonts/IBMPlexSans-Regular.ttf"));
    add("plex-semibold", include_bytes!("../../../assets/fonts/IBMPlexSans-SemiBold.ttf"));
    add("phosphor", include_bytes!("../../../assets/icons/Phosphor.ttf"));
    let fallbacks = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let with = |first: &str| std::iter::once(first.to_owned()).chain(fallbacks.iter().cloned()).collect::<Vec<_>>();
    fonts.families.insert(FontFamily::Proportional, with("plex"));
    fonts.families.insert(FontFamily::Name(STRONG_FAMILY.into()), with("plex-semibold"));
    fonts.families.insert(FontFamily::Name(ICON_FAMILY.into()), with("phosphor"));
    fonts
}

fn style(density: Density) -> Style {
    let mut style = Style { visuals: visuals(), ..Style::default() };
    style.text_styles = [
        (TextStyle::Heading, strong()),
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Small, small()),
        (TextStyle::Monospace, FontId::monospace(12.0)),
    ]
    .into();
    // What moves on its own distracts from the picture; and a still window must not repaint.
    style.animation_time = 0.0;
    let tight = density == Density::Compact;
    let spacing = &mut style.spacing;
    spacing.item_spacing = if tight { Vec2::new(space::S, 2.0) } else { Vec2::new(space::S, space::XS) };
    spacing.button_padding = if tight { Vec2::new(space::S, 2.0) } else { Vec2::new(space::S, space::XS) };
    spacing.interact_size.y = if tight { 20.0 } else { 24.0 };
    spacing.menu_margin = Margin::same(4);
    spacing.window_margin = Margin::same(12);
    spacing.indent = space::L;
    spacing.slider_width = 160.0;
    spacing.tooltip_width = 360.0;
    spacing.scroll.floating = true;
    spacing.scroll.bar_width = 8.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    style
}

fn visuals() -> Visuals {
    let mut v = Visuals::dark();
    v.override_text_color = None;
    v.weak_text_color = Some(SECONDARY);
    v.hyperlink_color = ACCENT;
    v.faint_bg_color = RAISED;
    v.extreme_bg_color = CANVAS;
    v.text_edit_bg_color = Some(RAISED);
    v.code_bg_color = RAISED;
    v.warn_fg_color = WARNING;
    v.error_fg_color = ERROR;
    v.window_fill = RAISED;
    v.window_stroke = Stroke::new(1.0, HAIRLINE);
    v.window_shadow = Shadow::NONE;
    v.popup_shadow = Shadow::NONE;
    v.window_corner_radius = CornerRadius::same(RADIUS);
    v.menu_corner_radius = CornerRadius::same(RADIUS);
    v.panel_fill = PANEL;
    v.selection.bg_fill = SELECTED;
    v.selection.stroke = Stroke::new(1.0, ACCENT);
    v.slider_trailing_fill = true;
    v.indent_has_left_vline = false;
    for (w, fill, edge, text) in [
        (&mut v.widgets.noninteractive, PANEL, HAIRLINE, TEXT),
        (&mut v.widgets.inactive, RAISED, EDGE, TEXT),
        (&mut v.widgets.hovered, HOVER, EDGE, TEXT),
        (&mut v.widgets.active, SELECTED, ACCENT, TEXT),
        (&mut v.widgets.open, HOVER, EDGE, TEXT),
    ] {
        w.bg_fill = fill;
        w.weak_bg_fill = fill;
        w.bg_stroke = Stroke::new(1.0, edge);
        w.fg_stroke = Stroke::new(1.0, text);
        w.corner_radius = CornerRadius::same(RADIUS);
        w.expansion = 0.0;
    }
    // Rails and handles of sliders and boxes are drawn from bg_fill alone: keep them apart from the panel.
    v.widgets.inactive.bg_fill = EDGE;
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2 relative luminance of an opaque sRGB colour.
    fn luminance(c: Color32) -> f64 {
        let channel = |v: u8| {
            let s = f64::from(v) / 255.0;
            if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_reads_on_every_surface() {
        for ground in [CANVAS, PANEL, RAISED, HOVER, SELECTED] {
            for text in [TEXT, SECONDARY, ACCENT, WARNING, ERROR, OK] {
                let ratio = contrast(text, ground);
                assert!(ratio >= 4.5, "{text:?} on {ground:?} has contrast {ratio:.2}");
            }
        }
    }

    #[test]
    fn text_on_pictures_reads_on_black_and_its_outline_on_white() {
        assert!(contrast(ON_PICTURE, CANVAS) >= 4.5);
        assert!(contrast(ON_PICTURE, OUTLINE) >= 4.5);
        assert!(contrast(OUTLINE, Color32::WHITE) >= 4.5);
    }

    #[test]
    fn figures_are_tabular() {
        let ctx = egui::Context::default();
        install(&ctx, Density::Comfortable);
        ctx.run_ui(egui::RawInput::default(), |_| {}).textures_delta.clear();
        ctx.fonts_mut(|fonts| {
            for font in [body(), small(), strong()] {
                let widths: Vec<f32> = ('0'..='9').map(|c| fonts.glyph_width(&font, c)).collect();
                assert!(widths.iter().all(|w| (w - widths[0]).abs() < 1e-3), "{font:?}: {widths:?}");
            }
        });
    }
}
