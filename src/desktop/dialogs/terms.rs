//! On which terms a risk is taken: why, and until when.

use eframe::egui::{TextEdit, Ui, vec2};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::audit::{Acceptance, NotAccepted};
use crate::desktop::form::text_field;
use crate::desktop::style::{self, Tone, tokens::space};

/// The ends that are offered, in days from today.
const PRESETS: [i32; 4] = [30, 90, 180, 365];
/// The end unless the person says otherwise.
const USUAL: i32 = 90;

/// The reason and the end, as they are being typed.
pub(super) struct Terms {
    pub reason: String,
    until: String,
    today: Date,
}

impl Terms {
    /// No reason yet, and the usual end.
    pub fn new() -> Self {
        // Ends are days in UTC, as the history and the reports name them.
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        Self {
            reason: String::new(),
            until: written(today, USUAL),
            today,
        }
    }

    /// The end, once reason and end can be kept; else what is missing, as a sentence.
    pub fn end(&self) -> Result<Timestamp, String> {
        let day: Date = self
            .until
            .trim()
            .parse()
            .map_err(|_| "Write the end date as 2026-11-30: year, month, day".to_owned())?;
        // The last day counts whole.
        let until = day
            .at(23, 59, 59, 0)
            .to_zoned(TimeZone::UTC)
            .map_err(|_| "This end date is too far away. Choose an earlier one".to_owned())?
            .timestamp();
        Acceptance::check(&self.reason, Timestamp::now(), until)
            .map_err(|error: NotAccepted| error.to_string())?;
        Ok(until)
    }

    /// Draws both fields, and under them what is missing.
    pub fn ui(&mut self, ui: &mut Ui) {
        style::field_label(ui, "Reason");
        let edit = TextEdit::multiline(&mut self.reason)
            .id_salt("Reason")
            .hint_text(style::faint(ui, "Why the risk is taken, for whoever asks later"))
            .desired_width(f32::INFINITY)
            .desired_rows(3)
            .margin(vec2(10.0, 6.0));
        let entry = ui.add(edit).accessible_name("Reason");
        if self.reason.is_empty() && ui.memory(|memory| memory.focused().is_none()) {
            entry.request_focus();
        }
        ui.add_space(space::XS);
        style::field_label(ui, "Until");
        ui.horizontal_wrapped(|ui| {
            for days in PRESETS {
                let date = written(self.today, days);
                let is_on = self.until.trim() == date;
                if style::toggle_chip(ui, &format!("{days} days"), is_on, Tone::Good).clicked() {
                    self.until = date;
                }
            }
        });
        text_field(ui, "Until", &mut self.until, "2026-11-30");
        match self.end() {
            // What is missing is said once something was written.
            Err(_) if self.reason.is_empty() && self.until_is_a_day() => {
                ui.label(style::faint(ui, "A reason is needed"))
            }
            Err(trouble) => ui.label(style::second(ui, trouble)),
            Ok(_) => ui.label(style::faint(ui, "Accepted up to the end of that day, in UTC")),
        };
    }

    fn until_is_a_day(&self) -> bool {
        self.until.trim().parse::<Date>().is_ok()
    }
}

/// A day so many days from another one: `2027-02-26`.
fn written(from: Date, days: i32) -> String {
    from.saturating_add(days.days()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_written_as_a_day() {
        let from: Date = "2026-11-28".parse().unwrap();
        assert_eq!(written(from, 90), "2027-02-26");
        assert_eq!(written(Date::MAX, 1), Date::MAX.to_string());
    }
}
