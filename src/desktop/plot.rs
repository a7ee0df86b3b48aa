//! The plot of open findings by severity over time. A day without an audit leaves the lines straight.

use eframe::egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Response, Role, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use jiff::{SignedDuration, Timestamp};

use super::style::{self, palette, tokens::Palette, tokens::font, tokens::space};
use crate::client::Severity;
use crate::desktop::form::description;
use crate::registry::FindingCount;

/// How far back the plot goes unless somebody asks for more or less, in days.
pub const DAYS: i64 = 90;
/// A day in seconds.
const DAY: i64 = 86_400;
/// What stands left of and below a large plot, in points.
const LEFT: f32 = 44.0;
const BELOW: f32 = 22.0;

/// The severities with a line, the least first, so that the worst is drawn on top.
const LINES: [Severity; 5] = [
    Severity::Info,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];

/// The days that a plot is over.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    from: Timestamp,
    to: Timestamp,
}

impl Span {
    /// The last days before a time.
    pub fn until(to: Timestamp, days: i64) -> Self {
        let from = to.saturating_sub(SignedDuration::from_secs(days * DAY));
        Self {
            from: from.unwrap_or(Timestamp::MIN),
            to,
        }
    }

    /// The counts that lie in it; they come the oldest first.
    pub fn of(self, counts: &[FindingCount]) -> &[FindingCount] {
        let first = counts.partition_point(|count| count.day < self.from);
        counts.get(first..).unwrap_or_default()
    }

    /// Where a time lies in it, from 0 to 1.
    fn share(self, at: Timestamp) -> f32 {
        let whole = self.to.duration_since(self.from).as_secs_f32().max(1.0);
        (at.duration_since(self.from).as_secs_f32() / whole).clamp(0.0, 1.0)
    }
}

/// The first and the last value of each line, in words.
pub fn described(counts: &[FindingCount]) -> String {
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else {
        return "No audit yet".to_owned();
    };
    let lines = LINES.iter().rev();
    let lines = lines.map(|severity| {
        let (before, now) = (first.of(*severity), last.of(*severity));
        format!("{} {before} to {now}", severity.label().to_lowercase())
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "From {} to {}: {}",
        day(first.day),
        day(last.day),
        lines.join(", ")
    )
}

/// Says what a plot is to those who cannot see it.
pub fn name(response: &Response, counts: &[FindingCount]) {
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Plot of open findings"));
    description(response, &described(counts));
}

/// The lines alone, over a rectangle.
pub fn lines_ui(ui: &Ui, rect: Rect, counts: &[FindingCount], span: Span, lines: &[Severity]) {
    let top = highest(counts).max(1);
    for severity in lines {
        let points: Vec<Pos2> = counts
            .iter()
            .map(|count| {
                let share = count.of(*severity) as f32 / top as f32;
                pos2(
                    rect.left() + rect.width() * span.share(count.day),
                    rect.bottom() - rect.height() * share,
                )
            })
            .collect();
        line(ui.painter(), &points, *severity, palette(ui));
    }
}

/// The plot with its axes; under the pointer what the nearest day was like.
pub fn large_ui(ui: &Ui, rect: Rect, counts: &[FindingCount], span: Span, pointer: Option<Pos2>) {
    let colors = palette(ui);
    let inner = Rect::from_min_max(rect.min + vec2(LEFT, space::S), rect.max - vec2(space::S, BELOW));
    let small = FontId::proportional(font::LABEL);
    let painter = ui.painter();
    let top = highest(counts).max(1);
    // Half of an odd number is no number of findings.
    let marks = if top.is_multiple_of(2) {
        vec![0, top / 2, top]
    } else {
        vec![0, top]
    };
    for mark in marks {
        let y = inner.bottom() - inner.height() * (mark as f32 / top as f32);
        painter.hline(inner.x_range(), y, Stroke::new(1.0, colors.row_line));
        let at = pos2(inner.left() - space::S, y);
        let text = super::screens::clients::grouped(mark);
        painter.text(at, Align2::RIGHT_CENTER, text, small.clone(), colors.faint);
    }
    for (at, align, when) in [
        (inner.left_bottom(), Align2::LEFT_TOP, span.from),
        (inner.right_bottom(), Align2::RIGHT_TOP, span.to),
    ] {
        painter.text(at + vec2(0.0, 5.0), align, day(when), small.clone(), colors.faint);
    }
    lines_ui(ui, inner, counts, span, &LINES);
    let nearest = pointer.filter(|at| inner.contains(*at)).and_then(|at| {
        let away = |count: &&FindingCount| {
            let x = inner.left() + inner.width() * span.share(count.day);
            (x - at.x).abs() as i64
        };
        counts.iter().min_by_key(away)
    });
    if let Some(count) = nearest {
        let x = inner.left() + inner.width() * span.share(count.day);
        painter.vline(x, inner.y_range(), Stroke::new(1.0, colors.line));
        let values = LINES.iter().rev();
        let values = values.map(|severity| format!("{} {}", severity.label(), count.of(*severity)));
        let values: Vec<String> = values.collect();
        let text = format!("{}: {}", day(count.day), values.join(" · "));
        painter.text(inner.center_top(), Align2::CENTER_TOP, text, small, colors.text);
    }
}

/// Which line is which, with the latest value of each.
pub fn legend_ui(ui: &mut Ui, counts: &[FindingCount]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        for severity in LINES.into_iter().rev() {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let (rect, _) = ui.allocate_exact_size(vec2(22.0, font::LINE), eframe::egui::Sense::hover());
                let ends = [rect.left_center(), rect.right_center()];
                line(ui.painter(), &ends, severity, palette(ui));
                let now = counts.last().map_or(0, |count| count.of(severity));
                ui.label(style::second(ui, format!("{} {now}", severity.label())));
            });
        }
    });
}

/// The most findings of one severity on one day.
fn highest(counts: &[FindingCount]) -> u64 {
    let values = counts.iter().flat_map(|count| count.open);
    values.max().unwrap_or(0)
}

/// How a line is drawn. Colour, weight and dashes tell each from the others: any of them alone does so for the two worst.
struct Pen {
    color: Color32,
    width: f32,
    /// How long a dash is, and the gap behind it.
    dash: Option<(f32, f32)>,
}

impl Pen {
    fn of(severity: Severity, colors: &Palette) -> Self {
        let pen = |color, width, dash| Self { color, width, dash };
        match severity {
            Severity::Critical => pen(colors.danger, 2.6, None),
            Severity::High => pen(colors.high, 1.8, Some((7.0, 3.0))),
            Severity::Medium => pen(colors.warning, 1.4, None),
            Severity::Low => pen(colors.second, 1.4, Some((3.0, 3.0))),
            Severity::Info => pen(colors.faint, 1.2, Some((2.0, 4.0))),
        }
    }
}

/// One line. A single point is a dot.
fn line(painter: &Painter, points: &[Pos2], severity: Severity, colors: &Palette) {
    let Pen { color, width, dash } = Pen::of(severity, colors);
    let stroke = Stroke::new(width, color);
    match (points, dash) {
        ([], _) => {}
        ([one], _) => {
            painter.circle_filled(*one, 1.0 + width, color);
        }
        (_, Some((length, gap))) => {
            painter.add(Shape::Vec(Shape::dashed_line(points, stroke, length, gap)));
        }
        (_, None) => {
            painter.line(points.to_vec(), stroke);
        }
    }
}

/// A day as it was counted, which is in UTC.
fn day(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(day: i64, open: [u64; 5]) -> FindingCount {
        FindingCount {
            day: Timestamp::from_second(day * DAY).unwrap(),
            open,
            accepted: 0,
        }
    }

    #[test]
    fn a_plot_says_its_first_and_its_last_values() {
        let counts = [
            count(0, [0, 1, 2, 3, 4]),
            count(3, [9; 5]),
            count(10, [0, 0, 5, 1, 0]),
        ];
        assert_eq!(
            described(&counts),
            "From 1 Jan 1970 to 11 Jan 1970: critical 4 to 0, high 3 to 1, medium 2 to 5, low 1 to 0, info 0 to 0"
        );
        assert_eq!(described(&[]), "No audit yet");
    }

    #[test]
    fn the_two_worst_differ_in_colour_in_weight_and_in_dashes() {
        for colors in [&style::tokens::DARK, &style::tokens::LIGHT] {
            let [critical, high] = [Severity::Critical, Severity::High].map(|one| Pen::of(one, colors));
            assert_ne!(critical.color, high.color);
            assert!(critical.width > high.width + 0.5);
            assert!(critical.dash.is_none() && high.dash.is_some());
        }
    }

    #[test]
    fn only_the_days_of_the_span_are_drawn_each_at_its_place() {
        let counts = [count(0, [1; 5]), count(80, [1; 5]), count(100, [1; 5])];
        let span = Span::until(Timestamp::from_second(100 * DAY).unwrap(), 40);
        let shown = span.of(&counts);
        assert_eq!(shown.len(), 2);
        let shares: Vec<f32> = shown.iter().map(|count| span.share(count.day)).collect();
        assert_eq!(shares, [0.5, 1.0]);
    }
}
