//! The card with the plot of open findings, beside the cards of the severities.

use eframe::egui::{Align2, FontId, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};
use jiff::Timestamp;

use crate::client::Severity;
use crate::desktop::dialogs::{Dialog, TrendDialog};
use crate::desktop::form::description;
use crate::desktop::plot::{self, Span};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette, tokens::corner, tokens::font, tokens::space};
use crate::desktop::worker::{Read, Workers};
use crate::registry::FindingCount;

/// The widest and the least width of the card, in points.
const WIDTH: f32 = 210.0;
const LEAST: f32 = 96.0;
/// A card that is narrower has room for few words.
const SHORT: f32 = 150.0;
/// The height of the strip that it is where it has no room.
const STRIP: f32 = 26.0;
/// What the cards of the severities need before there is room for this one.
const CARDS: f32 = 590.0;
/// The severities that have a card have a line.
const LINES: [Severity; 4] = [
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];

/// How many findings were open, day by day.
#[derive(Default)]
pub(super) struct Trend {
    counts: Vec<FindingCount>,
    current: bool,
    asked: Option<u64>,
}

impl Trend {
    /// The audit ran: the next showing asks again.
    pub fn refresh(&mut self) {
        self.current = false;
    }

    /// Takes the counts in, the oldest first.
    pub fn take(&mut self, number: u64, counts: Vec<FindingCount>) {
        if self.asked.take_if(|asked| *asked == number).is_some() {
            self.counts = counts;
        }
    }

    fn keep_current(&mut self, workers: &mut Workers) {
        if !self.current {
            self.current = true;
            self.asked = Some(workers.send(Read::FindingCounts));
        }
    }
}

/// The room that the card and the gap before it take; none where it would leave too little to the others.
pub(super) fn room(ui: &Ui) -> f32 {
    let left = ui.available_width() - CARDS;
    if left < LEAST + space::S {
        0.0
    } else {
        left.min(WIDTH + space::S)
    }
}

/// Draws the card in what room there is beside the others. Pressed, it shows the plot large.
pub(super) fn card_ui(ui: &mut Ui, trend: &mut Trend, workers: &mut Workers, height: f32) -> Option<Action> {
    let width = ui.available_width().min(WIDTH);
    if width < LEAST {
        return None;
    }
    let words = if width < SHORT {
        "90 days"
    } else {
        "open findings, 90 days"
    };
    plot_ui(ui, trend, workers, vec2(width, height), Some(words))
}

/// Draws the plot as a strip over the whole width, where it has no room beside the cards.
pub(super) fn strip_ui(ui: &mut Ui, trend: &mut Trend, workers: &mut Workers) -> Option<Action> {
    let size = vec2(ui.available_width(), STRIP);
    plot_ui(ui, trend, workers, size, None)
}

fn plot_ui(
    ui: &mut Ui,
    trend: &mut Trend,
    workers: &mut Workers,
    size: Vec2,
    words: Option<&str>,
) -> Option<Action> {
    trend.keep_current(workers);
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), "Open findings over time"));
    let span = Span::until(Timestamp::now(), plot::DAYS);
    let counts = span.of(&trend.counts);
    description(&response, &plot::described(counts));
    let fill = if response.hovered() {
        colors.control_hovered
    } else {
        colors.pane
    };
    let line = Stroke::new(1.0, colors.line);
    ui.painter()
        .rect(rect, corner::CARD, fill, line, StrokeKind::Inside);
    style::focus_ring(ui, &response);
    let mut lines = rect.shrink2(vec2(11.0, if words.is_some() { 9.0 } else { 6.0 }));
    if let Some(words) = words {
        let small = FontId::proportional(11.0);
        let caption = rect.left_bottom() + vec2(11.0, -5.0);
        ui.painter()
            .text(caption, Align2::LEFT_BOTTOM, words, small, colors.faint);
        lines.max.y -= font::LABEL;
    }
    plot::lines_ui(ui, lines, counts, span, &LINES);
    let hint = "Open findings in 90 days. Show the plot large";
    let pressed = response.on_hover_text(hint).clicked();
    pressed.then(|| Action::ask(Dialog::Trend(TrendDialog::new(trend.counts.clone()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_answer_is_dropped() {
        let count = FindingCount {
            day: Timestamp::UNIX_EPOCH,
            open: [0; 5],
            accepted: 0,
        };
        let mut trend = Trend {
            asked: Some(7),
            ..Trend::default()
        };
        trend.take(6, vec![count]);
        assert!(trend.counts.is_empty());
        trend.take(7, vec![count]);
        assert_eq!(trend.counts.len(), 1);
    }
}
