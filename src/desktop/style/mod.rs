//! How the window looks: the tokens, the theme made of them, and the few shapes every screen is built from.

mod choices;
mod menu;
pub mod tokens;
mod widgets;

use std::sync::Arc;

use eframe::egui::style::{ScrollAnimation, TextCursorStyle, WidgetVisuals, Widgets};
use eframe::egui::{
    self, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle,
    Theme, Visuals, vec2,
};

pub use choices::*;
pub use menu::{menu_item, more_button};
use tokens::{DARK, LIGHT, Palette, corner, font, size, space};
pub use widgets::*;

/// Medium weight, for labels.
pub const MEDIUM: &str = "Inter Medium";
/// Semibold weight, for titles and the one thing to do next.
pub const SEMIBOLD: &str = "Inter SemiBold";

/// The colours of the theme that this part of the window is drawn in.
pub fn palette(ui: &egui::Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// A family by name, falling back to the text family's fonts.
pub fn family(name: &str) -> FontFamily {
    FontFamily::Name(name.into())
}

/// Installs fonts and both themes.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_visuals_of(Theme::Dark, visuals(&DARK, Visuals::dark()));
    ctx.set_visuals_of(Theme::Light, visuals(&LIGHT, Visuals::light()));
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::proportional(font::LABEL)),
            (TextStyle::Body, FontId::proportional(font::BODY)),
            (TextStyle::Button, FontId::proportional(font::BODY)),
            (TextStyle::Heading, FontId::new(font::TITLE, family(SEMIBOLD))),
            (TextStyle::Monospace, FontId::monospace(font::MONO)),
        ]
        .into();
        style.spacing.item_spacing = vec2(space::S, space::S);
        style.spacing.button_padding = vec2(space::M, 6.0);
        style.spacing.interact_size = vec2(size::CONTROL, size::CONTROL);
        // Inter's own lines are some 16.5 points high at this size; the drawings set 20.
        style.spacing.extra_text_line_spacing = 3.0;
        style.spacing.icon_width = 16.0;
        style.spacing.icon_spacing = space::S;
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.combo_height = 320.0;
        style.interaction.selectable_labels = false;
        style.animation_time = 0.0;
        style.scroll_animation = ScrollAnimation::none();
        style.url_in_tooltip = true;
    });
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let faces: [(&str, &'static [u8]); 4] = [
        ("Inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        (MEDIUM, include_bytes!("../../../assets/fonts/Inter-Medium.otf")),
        (
            SEMIBOLD,
            include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"),
        ),
        (
            "JetBrains Mono",
            include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"),
        ),
    ];
    for (name, bytes) in faces {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallbacks = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    for (target, face) in [
        (FontFamily::Proportional, "Inter"),
        (FontFamily::Monospace, "JetBrains Mono"),
        (family(MEDIUM), MEDIUM),
        (family(SEMIBOLD), SEMIBOLD),
    ] {
        let mut faces = vec![face.to_owned()];
        faces.extend(fallbacks.iter().cloned());
        fonts.families.insert(target, faces);
    }
    fonts
}

fn visuals(palette: &Palette, base: Visuals) -> Visuals {
    let radius = CornerRadius::same(corner::CONTROL);
    let widget = |fill, line, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut visuals = Visuals {
        widgets: Widgets {
            noninteractive: widget(palette.pane, palette.line, palette.text),
            inactive: widget(palette.control, palette.line, palette.text),
            hovered: widget(palette.control_hovered, palette.line, palette.text),
            // A focused control wears these too: the accent edge is the focus ring.
            active: widget(palette.control_hovered, palette.accent, palette.text),
            open: widget(palette.control_hovered, palette.line, palette.text),
        },
        weak_text_color: Some(palette.faint),
        hyperlink_color: palette.claim,
        faint_bg_color: palette.hovered,
        extreme_bg_color: palette.field,
        text_edit_bg_color: Some(palette.field),
        code_bg_color: palette.code,
        warn_fg_color: palette.warning_text,
        error_fg_color: palette.danger_text,
        window_corner_radius: CornerRadius::same(corner::DIALOG),
        window_shadow: Shadow {
            offset: [0, 12],
            blur: 48,
            spread: 0,
            color: palette.shadow,
        },
        popup_shadow: Shadow {
            offset: [0, 6],
            blur: 20,
            spread: 0,
            color: palette.shadow,
        },
        window_fill: palette.pane,
        window_stroke: Stroke::new(1.0, palette.line),
        menu_corner_radius: CornerRadius::same(corner::CARD),
        panel_fill: palette.ground,
        text_cursor: TextCursorStyle {
            blink: false,
            stroke: Stroke::new(2.0, palette.accent),
            ..base.text_cursor.clone()
        },
        ..base
    };
    visuals.selection.bg_fill = palette.selected_text;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals
}
