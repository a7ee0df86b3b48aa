//! Every colour, size and space of the window, and nothing else. No other file names a colour.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place where colours are made"
)]

use eframe::egui::{Color32, Margin};

/// The colours of one theme. Text on any surface keeps WCAG AA (4.5 to 1), which a test below holds.
pub struct Palette {
    /// Behind everything.
    pub ground: Color32,
    /// Navigation, panes, dialogs.
    pub pane: Color32,
    /// Buttons.
    pub control: Color32,
    /// A button under the pointer.
    pub control_hovered: Color32,
    /// Text fields.
    pub field: Color32,
    /// HTTP, claims, keys.
    pub code: Color32,
    /// Lines around controls and between panes.
    pub line: Color32,
    /// Lines between rows.
    pub row_line: Color32,
    /// Text.
    pub text: Color32,
    /// Second text.
    pub second: Color32,
    /// Faintest text that still passes AA.
    pub faint: Color32,
    /// The one thing to do next, the selection and "good".
    pub accent: Color32,
    /// The accent where it cannot be pressed yet.
    pub accent_off: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Text on the accent where it cannot be pressed yet.
    pub on_accent_off: Color32,
    /// Text that says "good".
    pub good: Color32,
    /// A line that says "good".
    pub good_line: Color32,
    /// The ground of a selected row.
    pub selected: Color32,
    /// The ground of a row under the pointer.
    pub hovered: Color32,
    /// A dot that wants care.
    pub warning: Color32,
    /// Text that wants care.
    pub warning_text: Color32,
    /// A line that wants care.
    pub warning_line: Color32,
    /// A dot that says "dangerous".
    pub danger: Color32,
    /// Text that says "dangerous".
    pub danger_text: Color32,
    /// The line of what is dangerous, in a plot in which another one stands for what is worse.
    pub high: Color32,
    /// A line that says "dangerous".
    pub danger_line: Color32,
    /// Text on what says "dangerous".
    pub on_danger: Color32,
    /// The name of a claim or a JSON member.
    pub claim: Color32,
    /// A dot that says "off".
    pub off: Color32,
    /// What lies over the window while a dialog is open.
    pub backdrop: Color32,
    /// The shadow under dialogs.
    pub shadow: Color32,
    /// Selected text.
    pub selected_text: Color32,
}

/// The dark theme.
pub const DARK: Palette = Palette {
    ground: rgb(0x121212),
    pane: rgb(0x171819),
    control: rgb(0x1d1f21),
    control_hovered: rgb(0x282b2e),
    field: rgb(0x0f1011),
    code: rgb(0x0d1117),
    line: rgb(0x2a2f36),
    row_line: rgb(0x202327),
    text: rgb(0xe6e6e6),
    second: rgb(0xa0aec0),
    faint: rgb(0x8792a0),
    accent: rgb(0x85ea2d),
    accent_off: rgb(0x437515),
    on_accent: rgb(0x10240a),
    on_accent_off: rgb(0xe6f7d6),
    good: rgb(0xb5f57d),
    good_line: rgb(0x3f6420),
    selected: rgb(0x1c2218),
    hovered: rgb(0x1a1c1e),
    warning: rgb(0xf59e0b),
    warning_text: rgb(0xf7b955),
    warning_line: rgb(0x6b4a12),
    danger: rgb(0xef4444),
    danger_text: rgb(0xf88b8b),
    high: rgb(0xe879f9),
    danger_line: rgb(0x6d2727),
    on_danger: rgb(0x1c0404),
    claim: rgb(0x7cb7ff),
    off: rgb(0x5b6470),
    backdrop: Color32::from_black_alpha(170),
    shadow: Color32::from_black_alpha(140),
    selected_text: rgb(0x2f4a16),
};

/// The light theme: the same structure, the accent darkened until white text on it passes AA.
pub const LIGHT: Palette = Palette {
    ground: rgb(0xfcfcfb),
    pane: rgb(0xf5f6f6),
    control: rgb(0xffffff),
    control_hovered: rgb(0xeceeef),
    field: rgb(0xffffff),
    code: rgb(0xf1f4f8),
    line: rgb(0xd3d8de),
    row_line: rgb(0xe6e9ec),
    text: rgb(0x16191d),
    second: rgb(0x47525f),
    faint: rgb(0x596573),
    accent: rgb(0x3a7a0c),
    accent_off: rgb(0x8fae78),
    on_accent: rgb(0xffffff),
    on_accent_off: rgb(0x16240c),
    good: rgb(0x2c6108),
    good_line: rgb(0xa7cc8b),
    selected: rgb(0xe9f3e1),
    hovered: rgb(0xf1f3f3),
    warning: rgb(0xb76e00),
    warning_text: rgb(0x7d4a00),
    warning_line: rgb(0xe2be86),
    danger: rgb(0xc62828),
    danger_text: rgb(0xa51d1d),
    high: rgb(0xa21caf),
    danger_line: rgb(0xe3a5a5),
    on_danger: rgb(0xffffff),
    claim: rgb(0x0a4fa3),
    off: rgb(0x8a94a0),
    backdrop: Color32::from_black_alpha(90),
    shadow: Color32::from_black_alpha(50),
    selected_text: rgb(0xc9e5b3),
};

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

/// Type: sizes in points, and the height of their lines.
pub mod font {
    /// Text.
    pub const BODY: f32 = 13.5;
    /// The height of a line of text.
    pub const LINE: f32 = 20.0;
    /// A screen's title.
    pub const TITLE: f32 = 20.0;
    /// A pane's title.
    pub const PANE_TITLE: f32 = 15.0;
    /// Labels and table heads.
    pub const LABEL: f32 = 12.0;
    /// Identifiers, URIs, claims and HTTP.
    pub const MONO: f32 = 12.0;
}

/// Space, in points.
pub mod space {
    /// Between things that are one.
    pub const XS: f32 = 4.0;
    /// Between things that belong together.
    pub const S: f32 = 8.0;
    /// Inside cards.
    pub const M: f32 = 12.0;
    /// A screen's margin.
    pub const SCREEN: f32 = 20.0;
    /// Between groups.
    pub const L: f32 = 16.0;
    /// Between parts.
    pub const XL: f32 = 28.0;
}

/// Sizes, in points.
pub mod size {
    /// A row of a list.
    pub const ROW: f32 = 40.0;
    /// A row of a dense list.
    pub const ROW_DENSE: f32 = 32.0;
    /// A table's head.
    pub const HEAD: f32 = 32.0;
    /// A control.
    pub const CONTROL: f32 = 32.0;
    /// A small control, beside a title or in a pane.
    pub const CONTROL_SMALL: f32 = 28.0;
    /// A bar with what can be done, under a form.
    pub const BAR: f32 = 58.0;
    /// What must not be overlooked, over the whole window.
    pub const BANNER: f32 = 40.0;
    /// The status bar.
    pub const STATUS_BAR: f32 = 30.0;
    /// The navigation.
    pub const NAVIGATION: f32 = 200.0;
    /// The navigation where the window is narrow.
    pub const NAVIGATION_NARROW: f32 = 148.0;
    /// The narrowest window with the whole navigation.
    pub const WINDOW_NARROW: f32 = 800.0;
    /// The narrowest screen that holds parts side by side; in a narrower one they take turns or stand below each other.
    pub const SIDE_BY_SIDE: f32 = 660.0;
    /// The pane at the right.
    pub const PANE: f32 = 452.0;
    /// The same where the window is narrow.
    pub const PANE_NARROW: f32 = 384.0;
    /// A dialog.
    pub const DIALOG: f32 = 560.0;
    /// A dialog with addresses or code in it.
    pub const DIALOG_WIDE: f32 = 860.0;
    /// The width of labels beside their fields.
    pub const LABEL_COLUMN: f32 = 166.0;
    /// The widest a form's field gets.
    pub const FIELD: f32 = 560.0;
}

/// Corners, in points.
pub mod corner {
    /// Controls.
    pub const CONTROL: u8 = 7;
    /// Cards.
    pub const CARD: u8 = 9;
    /// Dialogs.
    pub const DIALOG: u8 = 12;
    /// Badges and chips.
    pub const BADGE: u8 = 5;
}

/// The margin of a screen.
pub const SCREEN_MARGIN: Margin = Margin::symmetric(20, 16);

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: Color32) -> f32 {
        let channel = |value: u8| {
            let value = f32::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_keeps_aa_on_every_surface_of_both_themes() {
        for (theme, p) in [("dark", DARK), ("light", LIGHT)] {
            for (name, text) in [
                ("text", p.text),
                ("second", p.second),
                ("faint", p.faint),
                ("good", p.good),
                ("warning", p.warning_text),
                ("danger", p.danger_text),
                ("claim", p.claim),
            ] {
                for ground in [
                    p.ground,
                    p.pane,
                    p.control,
                    p.control_hovered,
                    p.field,
                    p.code,
                    p.selected,
                    p.hovered,
                ] {
                    assert!(
                        contrast(text, ground) >= 4.5,
                        "{theme} {name}: {}",
                        contrast(text, ground)
                    );
                }
            }
            for (text, ground) in [
                (p.on_accent, p.accent),
                (p.on_accent_off, p.accent_off),
                (p.text, p.selected_text),
                (p.on_danger, p.danger),
            ] {
                assert!(
                    contrast(text, ground) >= 4.5,
                    "{theme}: {}",
                    contrast(text, ground)
                );
            }
        }
    }
}
