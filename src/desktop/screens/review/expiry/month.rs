//! A month as a calendar shows it: a cell a day, with how many things end on it. One stop for the keyboard; within it the
//! arrow keys go from day to day, and Page Up and Page Down from month to month.

use eframe::egui::{
    Align2, EventFilter, FontId, Id, Key, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::desktop::form::description;
use crate::desktop::style::{self, Tone, palette, tokens::corner, tokens::font, tokens::size, tokens::space};

/// The height of a day, in points.
const DAY: f32 = 38.0;
/// The heads of the columns.
const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The month that is shown, and the day in it that Tab stops at.
#[derive(Default)]
pub(super) struct Month {
    /// None: today.
    at: Option<Date>,
}

/// A day in words: `3 Nov 2026`.
pub(super) fn told(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

impl Month {
    /// Shows the month of a day.
    pub fn show(&mut self, day: Date) {
        self.at = Some(day);
    }

    /// Draws the month. `marks` says how many things end on a day, and how bad that is. Returns the day that was pressed.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        today: Date,
        chosen: Option<Date>,
        marks: impl Fn(Date) -> (usize, Tone),
    ) -> Option<Date> {
        self.keys(ui, today);
        self.head_ui(ui, today);
        let at = self.at.unwrap_or(today);
        let first = at.first_of_month();
        let before = first.weekday().to_monday_zero_offset();
        let days = at.days_in_month();
        let lines = (i32::from(before) + i32::from(days) + 6) / 7;
        let width = ui.available_width();
        let (grid, _) = ui.allocate_exact_size(vec2(width, 20.0 + DAY * lines as f32), Sense::hover());
        let column = width / 7.0;
        for (index, word) in WEEK.iter().enumerate() {
            let at = pos2(grid.left() + column * (index as f32 + 0.5), grid.top() + 9.0);
            let small = FontId::proportional(font::LABEL);
            ui.painter()
                .text(at, Align2::CENTER_CENTER, word, small, palette(ui).second);
        }
        let mut pressed = None;
        for offset in 0..days {
            let Ok(day) = first.checked_add(i32::from(offset).days()) else {
                continue;
            };
            let place = i32::from(before) + i32::from(offset);
            let corner = grid.min + vec2(column * (place % 7) as f32, 20.0 + DAY * (place / 7) as f32);
            let cell = Rect::from_min_size(corner, vec2(column, DAY)).shrink(1.5);
            let looks = Looks {
                is_stop: day == at,
                is_today: day == today,
                is_chosen: chosen == Some(day),
            };
            if day_ui(ui, cell, day, looks, marks(day)) {
                self.at = Some(day);
                pressed = Some(day);
            }
        }
        pressed
    }

    fn head_ui(&mut self, ui: &mut Ui, today: Date) {
        let at = self.at.unwrap_or(today);
        ui.horizontal(|ui| {
            let title = at.strftime("%B %Y").to_string();
            ui.label(style::strong(ui, title));
            style::at_right(ui, |ui| {
                for (word, name, months) in [("›", "Next month", 1), ("‹", "Previous month", -1)] {
                    let button = eframe::egui::Button::new(word)
                        .min_size(vec2(size::CONTROL_SMALL, size::CONTROL_SMALL));
                    if ui.add(button).accessible_name(name).clicked() {
                        self.at = at.checked_add(months.months()).ok().or(self.at);
                    }
                }
                if style::quiet_button(ui, "Today").clicked() {
                    self.at = None;
                }
            });
        });
        ui.add_space(space::XS);
    }

    /// The keys that go from day to day, while one of them has the keyboard.
    fn keys(&mut self, ui: &Ui, today: Date) {
        let mut at = self.at.unwrap_or(today);
        if ui.memory(|memory| memory.focused()) != Some(id_of(at)) || !ui.is_enabled() {
            return;
        }
        let moves = [
            (Key::ArrowLeft, (-1).days()),
            (Key::ArrowRight, 1.days()),
            (Key::ArrowUp, (-7).days()),
            (Key::ArrowDown, 7.days()),
            (Key::PageUp, (-1).months()),
            (Key::PageDown, 1.months()),
        ];
        for (key, span) in moves {
            if ui.input(|input| input.key_pressed(key))
                && let Ok(next) = at.checked_add(span)
            {
                at = next;
            }
        }
        if at != self.at.unwrap_or(today) {
            self.at = Some(at);
            ui.memory_mut(|memory| memory.request_focus(id_of(at)));
        }
    }
}

fn id_of(day: Date) -> Id {
    Id::unique(("day of endings", day.to_string()))
}

struct Looks {
    is_stop: bool,
    is_today: bool,
    is_chosen: bool,
}

/// One day. Returns whether it was pressed.
fn day_ui(ui: &Ui, cell: Rect, day: Date, looks: Looks, (count, tone): (usize, Tone)) -> bool {
    let colors = palette(ui);
    let sense = if looks.is_stop {
        Sense::click()
    } else {
        Sense::CLICK
    };
    let response = ui.interact(cell, id_of(day), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), looks.is_chosen, told(day)));
    let plural = if count == 1 { "" } else { "s" };
    description(&response, &format!("{count} end{plural}"));
    let fill = match (looks.is_chosen, response.hovered(), count) {
        (true, ..) => Some(colors.selected),
        (false, true, _) => Some(colors.hovered),
        (false, false, 1..) => Some(colors.pane),
        (false, false, 0) => None,
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(cell, corner::BADGE, fill);
    }
    let line = match (looks.is_chosen, looks.is_today, count) {
        (true, ..) => Some(colors.accent),
        (false, _, 1..) => Some(tone.line(colors)),
        (false, true, 0) => Some(colors.line),
        (false, false, 0) => None,
    };
    if let Some(line) = line {
        ui.painter()
            .rect_stroke(cell, corner::BADGE, Stroke::new(1.0, line), StrokeKind::Inside);
    }
    let ink = if count > 0 || looks.is_today {
        colors.text
    } else {
        colors.second
    };
    let number = FontId::proportional(font::LABEL);
    let at = if count > 0 {
        cell.center_top() + vec2(0.0, 10.0)
    } else {
        cell.center()
    };
    let word = day.day().to_string();
    ui.painter()
        .text(at, Align2::CENTER_CENTER, word, number.clone(), ink);
    if count > 0 {
        let at = cell.center_bottom() - vec2(0.0, 9.0);
        let dot = at - vec2(8.0, 0.0);
        ui.painter().circle_filled(dot, 3.0, tone.dot(colors));
        let shown = if count > 99 {
            "99+".to_owned()
        } else {
            count.to_string()
        };
        ui.painter()
            .text(at, Align2::LEFT_CENTER, shown, number, tone.text(colors));
    }
    if response.has_focus() {
        // The arrow keys are the calendar's own while it has the keyboard.
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        style::focus_ring(ui, &response);
    }
    response.clicked()
}
