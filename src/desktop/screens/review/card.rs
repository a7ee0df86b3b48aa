//! A card for each severity: how many findings have it.

use eframe::egui::{FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::client::Severity;
use crate::desktop::form::{description, severity_tone};
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, palette, tokens::corner, tokens::font, tokens::space};

/// What stands around number and word, and the least of it where there is little room.
const MARGIN: f32 = 13.0;
const LEAST_MARGIN: f32 = 4.0;
/// No card is narrower where there is room.
const LEAST: f32 = 110.0;
/// The height of number and word beside each other, or of each alone, with the space under it.
const LINE: f32 = 30.0;
/// The height of what stands below the words: the bar.
const BELOW: f32 = 28.0;

/// How wide each card is, and whether the word has room beside the number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    width: f32,
    beside: bool,
    /// What stands left and right of both.
    margin: f32,
}

impl Layout {
    /// All cards alike. Where the widest has no room beside the others, the words stand below the numbers.
    pub fn of<const N: usize>(ui: &Ui, counts: &[(Severity, usize); N]) -> Self {
        let width_of = |text: String, font: FontId| {
            let galley = ui.painter().layout_no_wrap(text, font, palette(ui).text);
            galley.size().x
        };
        let needed = counts.iter().map(|(severity, count)| {
            let number = width_of(grouped(*count as u64), number_font());
            let word = width_of(severity.label().to_owned(), word_font());
            // A hair more than measured, so that nothing ends in an ellipsis for it.
            number + space::S + word + 2.0 * MARGIN + 1.0
        });
        let needed = needed.fold(LEAST, f32::max);
        let words = counts.iter().map(|(severity, _)| {
            // The same hair.
            width_of(severity.label().to_owned(), word_font()) + 1.0
        });
        let longest = words.fold(0.0, f32::max);
        let room = (ui.available_width() - (N as f32 - 1.0) * space::S) / N as f32;
        let beside = needed <= room;
        Self {
            width: needed.min(room),
            beside,
            margin: if beside {
                MARGIN
            } else {
                ((room - longest) / 2.0).clamp(LEAST_MARGIN, MARGIN)
            },
        }
    }

    /// How high each card is, in points.
    pub fn height(self) -> f32 {
        let lines = if self.beside { LINE } else { LINE + 20.0 };
        lines + BELOW
    }
}

fn number_font() -> FontId {
    FontId::new(font::TITLE, style::family(style::SEMIBOLD))
}

fn word_font() -> FontId {
    FontId::proportional(font::BODY)
}

/// Draws one card. Pressed, it is to filter.
pub fn card_ui(ui: &mut Ui, severity: Severity, count: usize, chosen: bool, layout: Layout) -> Response {
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(layout.width, layout.height()), Sense::click());
    let name = format!("{} findings", severity.label());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), chosen, &name));
    description(&response, &count.to_string());
    let fill = if response.hovered() {
        colors.control_hovered
    } else {
        colors.pane
    };
    let line = if chosen { colors.accent } else { colors.line };
    ui.painter().rect(
        rect,
        corner::CARD,
        fill,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    style::focus_ring(ui, &response);
    let room = rect.shrink2(vec2(layout.margin, 8.0));
    let first = room.with_max_y(room.top() + LINE);
    let end = style::cell(ui, first, &grouped(count as u64), number_font(), colors.text);
    let word = if layout.beside {
        first.with_min_x(end + space::S)
    } else {
        Rect::from_min_max(
            pos2(room.left(), first.bottom()),
            pos2(room.right(), first.bottom() + 16.0),
        )
    };
    style::cell(ui, word, severity.label(), word_font(), colors.second);
    let bar = Rect::from_min_max(
        pos2(room.left(), rect.bottom() - 14.0),
        pos2(room.right(), rect.bottom() - 11.0),
    );
    ui.painter()
        .rect_filled(bar, 1.5, severity_tone(severity).dot(colors));
    response
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn no_word_is_cut_for_want_of_room() {
        for (width, counts, beside) in [
            (600.0, [1, 2, 3, 1, 0], true),
            (380.0, [1, 12, 33, 1, 18], false),
            (560.0, [1, 2, 13, 1, 0], false),
            (800.0, [4_000, 2_000, 3_000, 1_000, 4_000], true),
        ] {
            let laid_out = Cell::new(None);
            eframe::egui::__run_test_ui(|ui| {
                style::install(ui.ctx());
                ui.set_max_width(width);
                let mut counts = counts.into_iter();
                let counts: [(Severity, usize); 5] =
                    std::array::from_fn(|at| (Severity::ALL[at], counts.next().unwrap_or_default()));
                let word = ui
                    .painter()
                    .layout_no_wrap("Medium".to_owned(), word_font(), palette(ui).text);
                laid_out.set(Some((Layout::of(ui, &counts), word.size().x)));
            });
            let (layout, word) = laid_out.get().unwrap();
            assert!(layout.width - 2.0 * layout.margin >= word, "{width}: {layout:?}");
            assert_eq!(layout.beside, beside, "{width}: {layout:?}");
            assert!(
                5.0 * layout.width + 4.0 * space::S <= width + 0.5,
                "{width}: {layout:?}"
            );
        }
    }
}
