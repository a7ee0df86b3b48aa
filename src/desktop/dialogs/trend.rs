//! The plot of open findings, as large as the window has room for it.

use eframe::egui::{Sense, Ui, vec2};
use jiff::Timestamp;

use crate::desktop::plot::{self, Span};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, tokens::space};
use crate::registry::FindingCount;

/// The height of the plot, in points.
const HEIGHT: f32 = 300.0;

/// The dialog.
pub struct TrendDialog {
    counts: Vec<FindingCount>,
    days: i64,
}

impl TrendDialog {
    /// Shows how many findings were open, at first in the last 90 days.
    pub fn new(counts: Vec<FindingCount>) -> Self {
        Self {
            counts,
            days: plot::DAYS,
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        ui.horizontal(|ui| {
            for days in [30, 90, 365] {
                let chip = style::toggle_chip(ui, &format!("{days} days"), self.days == days, Tone::Good);
                if chip.clicked() {
                    self.days = days;
                }
            }
        });
        let span = Span::until(Timestamp::now(), self.days);
        let counts = span.of(&self.counts);
        ui.add_space(space::S);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
        plot::name(&response, counts);
        plot::large_ui(ui, rect, counts, span, response.hover_pos());
        ui.add_space(space::S);
        plot::legend_ui(ui, counts);
        if counts.is_empty() {
            let text = "Nobody audited in this time. Each day on which the audit runs adds a point.";
            ui.label(style::second(ui, text));
        }
        ui.add_space(space::M);
        style::row_at_right(ui, |ui| style::primary_button(ui, "Close", true).clicked())
            .then_some(Action::CloseDialog)
    }
}
