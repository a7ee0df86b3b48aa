//! The rows of the list: what stands in their columns, and what a screen reader says of them.

use eframe::egui::{FontId, Rect, Shape, Stroke, Ui, pos2, vec2};
use jiff::Timestamp;

use super::lines::{Line, Lines};
use crate::client::{Severity, make_visible};
use crate::desktop::form::severity_tone;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette, tokens::font};
use crate::desktop::table::{Column, Spoken, badge_cell};
use crate::desktop::time;
use crate::desktop::worker::Found;
use crate::desktop::worker::findings::{FindingSort, Group, Grouping};

/// Sets the table apart from others.
pub(super) const SALT: &str = "findings";

/// What the triangle before a group takes.
const TRIANGLE: f32 = 14.0;
/// What the mark of an accepted risk takes.
const MARK: f32 = 80.0;

const SEVERITY: Column<FindingSort> = column(FindingSort::Severity, "Severity", 94.0, 0.0);
const CLIENT: Column<FindingSort> = column(FindingSort::Client, "Client", 160.0, 0.0);
const FINDING: Column<FindingSort> = column(FindingSort::Finding, "Finding", 0.0, 0.0);
const FIELD: Column<FindingSort> = column(FindingSort::Field, "Field", 150.0, 640.0);
const SINCE: Column<FindingSort> = column(FindingSort::Since, "Since", 90.0, NARROW);
/// How many of a group are open.
const OPEN: Column<FindingSort> = column(FindingSort::Open, "Open", 64.0, 0.0);

const COLUMNS: [Column<FindingSort>; 5] = [SEVERITY, CLIENT, FINDING, FIELD, SINCE];
const OF_GROUPS: [Column<FindingSort>; 6] = [SEVERITY, CLIENT, FINDING, OPEN, FIELD, SINCE];

/// A list that is narrower, as beside a pane in a small window, keeps what a finding is told by.
const NARROW: f32 = 460.0;
const NARROW_CLIENT: Column<FindingSort> = column(FindingSort::Client, "Client", 118.0, 0.0);
const NARROW_OPEN: Column<FindingSort> = column(FindingSort::Open, "Open", 48.0, 0.0);
const NARROW_COLUMNS: [Column<FindingSort>; 3] = [SEVERITY, NARROW_CLIENT, FINDING];
const NARROW_OF_GROUPS: [Column<FindingSort>; 4] = [SEVERITY, NARROW_CLIENT, FINDING, NARROW_OPEN];

const fn column(what: FindingSort, head: &'static str, width: f32, from: f32) -> Column<FindingSort> {
    Column {
        what,
        head,
        width,
        from,
    }
}

/// The columns of a list of a width, which has one more where findings are put together.
pub(super) fn columns(grouping: Grouping, width: f32) -> &'static [Column<FindingSort>] {
    match (grouping, width < NARROW) {
        (Grouping::Finding, false) => &COLUMNS,
        (Grouping::Finding, true) => &NARROW_COLUMNS,
        (Grouping::Client | Grouping::Rule, false) => &OF_GROUPS,
        (Grouping::Client | Grouping::Rule, true) => &NARROW_OF_GROUPS,
    }
}

/// The accessible name of a head.
pub(super) fn head_name(column: FindingSort) -> &'static str {
    match column {
        FindingSort::Severity => "Sort by severity",
        FindingSort::Client => "Sort by client",
        FindingSort::Finding => "Sort by finding",
        FindingSort::Field => "Sort by field",
        FindingSort::Since => "Sort by since",
        FindingSort::Open => "Sort by open",
    }
}

/// What a screen reader says of a line.
pub(super) fn spoken(lines: &Lines, index: usize, now: Timestamp) -> Spoken {
    match lines.line(index) {
        Some(Line::Finding(row)) => lines
            .found(row)
            .map(|found| finding_spoken(found, now))
            .unwrap_or_default(),
        Some(Line::Group(place)) => {
            let state = if lines.is_open(place) { "open" } else { "closed" };
            let group = lines.group(place);
            let told = group.map(|(group, found)| {
                let (name, told) = (group_name(found, lines.grouping()), group.told());
                Spoken {
                    // Where there is little room, both are cut.
                    hint: format!("{name}: {told}"),
                    cells: format!("{}, {told}, {state}", findings_text(group.len)),
                    name,
                }
            });
            told.unwrap_or_default()
        }
        None => Spoken::default(),
    }
}

/// A finding is named by its client and its rule.
fn finding_spoken(found: &Found, now: Timestamp) -> Spoken {
    let finding = found.finding();
    let accepted = finding.accepted.as_ref().map(|accepted| {
        format!(
            "accepted until {} by {}: {}",
            accepted.until.strftime("%Y-%m-%d"),
            make_visible(&accepted.by),
            make_visible(&accepted.reason)
        )
    });
    Spoken {
        name: format!("{}: {}", make_visible(&found.client.name), finding.rule.title()),
        cells: format!(
            "{}, {}, for {}{}",
            finding.severity.label(),
            finding.field,
            time::length(found.dated().since, now),
            accepted
                .as_ref()
                .map(|told| format!(", {told}"))
                .unwrap_or_default()
        ),
        // Who took a risk, and why, has no room in the row.
        hint: accepted
            .map(|told| told.replacen('a', "A", 1))
            .unwrap_or_default(),
    }
}

fn group_name(found: &Found, grouping: Grouping) -> String {
    match grouping {
        Grouping::Client => make_visible(&found.client.name),
        _ => found.finding().rule.title().to_owned(),
    }
}

fn findings_text(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} finding{plural}", grouped(count as u64))
}

/// Draws a cell of a line.
pub(super) fn cell_ui(ui: &Ui, cell: Rect, what: FindingSort, lines: &Lines, index: usize, now: Timestamp) {
    match lines.line(index) {
        Some(Line::Finding(row)) => {
            if let Some(found) = lines.found(row) {
                let is_within = lines.grouping() != Grouping::Finding;
                finding_cell_ui(ui, cell, what, found, is_within, now);
            }
        }
        Some(Line::Group(place)) => {
            if let Some((group, found)) = lines.group(place) {
                let is_open = lines.is_open(place);
                group_cell_ui(ui, cell, what, (group, found), (lines.grouping(), is_open));
            }
        }
        None => {}
    }
}

fn finding_cell_ui(ui: &Ui, cell: Rect, what: FindingSort, found: &Found, is_within: bool, now: Timestamp) {
    let colors = palette(ui);
    let finding = found.finding();
    let body = FontId::proportional(font::BODY);
    let accepted = finding.accepted.as_deref();
    let ink = if accepted.is_some() {
        colors.second
    } else {
        colors.text
    };
    match what {
        FindingSort::Severity => {
            let cell = match is_within {
                true => cell.with_min_x(cell.left() + TRIANGLE),
                false => cell,
            };
            let tone = match accepted {
                Some(_) => Tone::Neutral,
                None => severity_tone(finding.severity),
            };
            badge_cell(ui, cell, finding.severity.label(), tone);
        }
        FindingSort::Client => {
            style::cell(ui, cell, &make_visible(&found.client.name), body, ink);
        }
        FindingSort::Finding => {
            let Some(accepted) = accepted else {
                style::cell(ui, cell, finding.rule.title(), body, ink);
                return;
            };
            // The mark has its room, however narrow the column is.
            let room = cell.with_max_x((cell.right() - MARK).max(cell.left()));
            let end = style::cell(ui, room, finding.rule.title(), body.clone(), ink);
            let mark = cell.with_min_x(end + 8.0);
            badge_cell(ui, mark, "Accepted", Tone::Neutral);
            let beside = cell.with_min_x(mark.left() + MARK);
            if beside.width() > 60.0 {
                let until = accepted.until.strftime("%Y-%m-%d");
                let text = format!("until {until}: {}", make_visible(&accepted.reason));
                style::cell(ui, beside, &text, body, colors.faint);
            }
        }
        FindingSort::Field => {
            let mono = FontId::monospace(font::MONO);
            style::cell(ui, cell, finding.field, mono, colors.second);
        }
        FindingSort::Since => {
            let since = time::length(found.dated().since, now);
            style::cell(ui, cell, &since, body, colors.second);
        }
        // It is the groups' own.
        FindingSort::Open => {}
    }
}

fn group_cell_ui(
    ui: &Ui,
    cell: Rect,
    what: FindingSort,
    (group, found): (&Group, &Found),
    (grouping, is_open): (Grouping, bool),
) {
    let colors = palette(ui);
    let medium = FontId::new(font::BODY, style::family(style::MEDIUM));
    let body = FontId::proportional(font::BODY);
    match what {
        FindingSort::Severity => {
            triangle(ui, pos2(cell.left() + 4.0, cell.center().y), is_open);
            let worst = Severity::ALL.iter().rev().find(|severity| {
                group
                    .open
                    .get(**severity as usize)
                    .is_some_and(|count| *count > 0)
            });
            let beside = cell.with_min_x(cell.left() + TRIANGLE);
            match worst {
                Some(worst) => badge_cell(ui, beside, worst.label(), severity_tone(*worst)),
                None => badge_cell(ui, beside, "Accepted", Tone::Neutral),
            }
        }
        FindingSort::Client => {
            if grouping == Grouping::Client {
                style::cell(ui, cell, &make_visible(&found.client.name), medium, colors.text);
            }
        }
        FindingSort::Finding => {
            let counts = group.told();
            let left = match grouping {
                Grouping::Client => cell.left(),
                _ => 10.0 + style::cell(ui, cell, found.finding().rule.title(), medium, colors.text),
            };
            let beside = cell.with_min_x(left);
            if beside.width() > 20.0 {
                style::cell(ui, beside, &counts, body, colors.second);
            }
        }
        FindingSort::Open => {
            let open = grouped(group.open_count() as u64);
            style::cell(ui, cell, &open, medium, colors.text);
        }
        FindingSort::Field | FindingSort::Since => {}
    }
}

/// Points down where what it stands before is open, and to it where it is closed.
fn triangle(ui: &Ui, center: eframe::egui::Pos2, is_open: bool) {
    let corners = if is_open {
        [vec2(-3.5, -2.0), vec2(3.5, -2.0), vec2(0.0, 2.5)]
    } else {
        [vec2(-2.0, -3.5), vec2(2.5, 0.0), vec2(-2.0, 3.5)]
    };
    let corners = corners.map(|corner| center + corner);
    let shape = Shape::convex_polygon(corners.to_vec(), palette(ui).second, Stroke::NONE);
    ui.painter().add(shape);
}
