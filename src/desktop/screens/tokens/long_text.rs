//! Text of any length, of which a frame costs no more than what is seen of it.

use std::ops::Range;

use eframe::egui::{FontId, Label, Rect, Ui, vec2};

use crate::client::Secret;
use crate::desktop::style::{self, tokens::font};

/// What is laid out at once, in bytes: a few screens. Shorter texts are one label, which somebody who does not see can hear
/// as a whole.
const PIECE: usize = 16 * 1024;

/// A text that was made once and is shown in many frames. It may hold a token, and is wiped.
pub struct LongText {
    text: Secret,
    pieces: Vec<Piece>,
    /// The width that the heights are for, and the pixels of a point.
    measured_for: (f32, f32),
}

/// Some lines of it.
struct Piece {
    range: Range<usize>,
    /// As it was drawn last, or as it will be most likely. Points.
    height: f32,
}

impl LongText {
    /// Shows this text, without the end of its last line.
    pub fn new(text: Secret) -> Self {
        let pieces = pieces(text.expose());
        Self {
            text,
            pieces,
            measured_for: (0.0, 0.0),
        }
    }

    /// Shows a form, a parameter on each line.
    pub fn of_form(form: &Secret) -> Self {
        Self::new(Secret::new(form.expose().replace('&', "\n&")))
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Draws it over the whole width: what is seen of it as it is, the rest as room. Returns how many pieces are seen.
    pub fn ui(&mut self, ui: &mut Ui) -> usize {
        let measured_for = (ui.available_width(), ui.pixels_per_point());
        if self.measured_for != measured_for {
            self.measured_for = measured_for;
            self.estimate(ui);
        }
        let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 0.0);
        let is_long = self.pieces.len() > 1;
        let mut seen = 0;
        for piece in &mut self.pieces {
            let room = vec2(measured_for.0, piece.height);
            let place = Rect::from_min_size(ui.cursor().min, room);
            if is_long && !ui.is_rect_visible(place) {
                ui.allocate_space(room);
                continue;
            }
            let text = self.text.expose().get(piece.range.clone()).unwrap_or_default();
            let label = ui.add(Label::new(style::mono(ui, text)).wrap());
            piece.height = label.rect.height();
            seen += 1;
        }
        ui.spacing_mut().item_spacing.y = spacing;
        seen
    }

    /// How high the pieces will be, if no line is broken at a space before the width is used up.
    fn estimate(&mut self, ui: &Ui) {
        let font = FontId::monospace(font::MONO);
        let (row, character) =
            ui.fonts_mut(|fonts| (fonts.row_height(&font), fonts.glyph_width(&font, '0').max(1.0)));
        let row = row + ui.spacing().extra_text_line_spacing;
        for piece in &mut self.pieces {
            let text = self.text.expose().get(piece.range.clone()).unwrap_or_default();
            let rows = text.split('\n').map(|line| {
                let width = line.chars().count() as f32 * character;
                (width / self.measured_for.0.max(1.0)).ceil().max(1.0)
            });
            piece.height = rows.sum::<f32>() * row;
        }
    }
}

/// Whole lines of about [`PIECE`] bytes each, without the ends of their last lines.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut start, mut end) = (0, 0);
    for line in text.trim_end_matches(['\r', '\n']).split_inclusive('\n') {
        end += line.len();
        if end - start >= PIECE {
            pieces.push(start..end);
            start = end;
        }
    }
    if start < end {
        pieces.push(start..end);
    }
    let pieces = pieces.into_iter().map(|range| {
        let ends_line = text.get(range.clone()).is_some_and(|lines| lines.ends_with('\n'));
        let end = range.end - usize::from(ends_line);
        Piece {
            range: range.start..end,
            height: 0.0,
        }
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use eframe::egui::{ScrollArea, Vec2};
    use egui_kittest::Harness;

    use super::*;

    fn text(bytes: usize) -> String {
        let lines = (0..).map(|number| format!("  \"member {number}\": \"value\",\n"));
        let mut text = String::new();
        for line in lines {
            text.push_str(&line);
            if text.len() >= bytes {
                break;
            }
        }
        text
    }

    #[test]
    fn pieces_are_whole_lines_and_together_the_text() {
        for text in [
            "",
            "\n",
            "one",
            "one\ntwo\n",
            &text(100_000),
            &"a".repeat(50_000),
            &"\u{fc}\n".repeat(30_000),
        ] {
            let parts: Vec<&str> = pieces(text)
                .into_iter()
                .map(|piece| text.get(piece.range).unwrap())
                .collect();
            assert_eq!(parts.join("\n"), text.trim_end_matches('\n'));
        }
    }

    #[test]
    fn of_a_megabyte_a_frame_lays_out_what_is_seen_and_leaves_room_for_the_rest() {
        let long = LongText::new(Secret::new(text(1 << 20)));
        let all = long.pieces.len();
        assert!(all > 50, "{all}");
        let state = (long, 0, 0.0);
        let mut harness = Harness::builder()
            .with_size(Vec2::new(500.0, 400.0))
            .build_ui_state(
                |ui, (long, seen, height): &mut (LongText, usize, f32)| {
                    let output = ScrollArea::vertical().show(ui, |ui| *seen = long.ui(ui));
                    *height = output.content_size.y;
                },
                state,
            );
        for _ in 0..3 {
            harness.step();
            let (_, seen, _) = harness.state();
            assert_eq!(*seen, 1, "of {all} pieces");
        }
        let (long, _, height) = harness.state();
        let text = long.text.expose();
        let lines = |text: &str| text.split('\n').count() as f32;
        // The first piece is measured, the others are estimated, and come out alike.
        let first = long.pieces.first().unwrap();
        let row = first.height / lines(text.get(first.range.clone()).unwrap());
        let expected = row * lines(text.trim_end());
        assert!(
            (height - expected).abs() < 0.01 * expected,
            "{height} and {expected}"
        );
    }
}
