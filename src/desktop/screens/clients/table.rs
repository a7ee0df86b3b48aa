//! The table of clients: what stands in its columns, and what a press on a row or a head does.

use eframe::egui::{FontId, Rect, Ui, pos2, vec2};
use jiff::Timestamp;

use super::ClientList;
use super::selection::{Choice, Selection};
use crate::client::{ClientId, Severity, Standing};
use crate::desktop::form::severity_tone;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::font};
use crate::desktop::table::{Column, Sorted, Spoken, Table};
use crate::desktop::time;
use crate::desktop::worker::Workers;
use crate::registry::{ClientRow, Origin, SortKey};

const COLUMNS: [Column<SortKey>; 6] = [
    Column {
        what: SortKey::Name,
        head: "Name",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: SortKey::ClientId,
        head: "Client ID",
        width: 130.0,
        from: 640.0,
    },
    Column {
        what: SortKey::Kind,
        head: "Kind",
        width: 75.0,
        from: 480.0,
    },
    Column {
        what: SortKey::Grants,
        head: "Grants",
        width: 142.0,
        from: 560.0,
    },
    Column {
        what: SortKey::LastUsed,
        head: "Last used",
        width: 118.0,
        from: 400.0,
    },
    Column {
        what: SortKey::Status,
        head: "Status",
        width: 84.0,
        from: 0.0,
    },
];

/// The accessible name of a head.
fn head_name(column: SortKey) -> &'static str {
    match column {
        SortKey::Name => "Sort by name",
        SortKey::ClientId => "Sort by client ID",
        SortKey::Kind => "Sort by kind",
        SortKey::Grants => "Sort by grants",
        SortKey::LastUsed => "Sort by last used",
        SortKey::Status => "Sort by status",
    }
}

/// Draws head and rows; asks for the pages in view.
pub fn table_ui(
    ui: &mut Ui,
    list: &mut ClientList,
    workers: &mut Workers,
    looked_at: Option<&ClientId>,
    selection: &Selection,
    row_height: f32,
) -> Option<Action> {
    let count = list.rows();
    if count == 0 && list.found.is_some() {
        list.want(0..1, workers);
        style::empty_place(
            ui,
            "Nothing fits",
            "No client fits this search and these filters.",
        );
        let clear = ui.vertical_centered(|ui| style::button(ui, "Clear search and filters"));
        if clear.inner.clicked() {
            list.set_query(|query| {
                query.text.clear();
                (query.status, query.client_type, query.grant) = (None, None, None);
                query.dynamic = false;
            });
        }
        return None;
    }
    let query = list.query();
    let table = Table {
        salt: "client row",
        name: "List of clients",
        columns: &COLUMNS,
        count,
        selected: match selection.lead(list) {
            None => looked_at.and_then(|id| list.position(|row| row.client_id == *id)),
            lead => lead,
        },
        row_height,
        sorted: Some(Sorted {
            by: query.sort,
            descending: query.descending,
            name: head_name,
        }),
    };
    let now = Timestamp::now();
    let name = |index| list.row(index).map(|row| spoken(row, now)).unwrap_or_default();
    let is_selected = |index| {
        list.row(index).is_some_and(|row| match selection.is_many() {
            true => selection.contains(&row.client_id),
            false => looked_at == Some(&row.client_id),
        })
    };
    let shown = table.selecting_ui(ui, name, is_selected, |ui, cell, column, index| {
        match list.row(index) {
            Some(row) => cell_ui(ui, cell, column, row, now),
            None => waiting_cell_ui(ui, cell, column),
        }
    });
    if let Some(column) = shown.head {
        list.set_query(|query| {
            query.descending = query.sort == column && !query.descending;
            query.sort = column;
        });
    }
    list.want(shown.rows, workers);
    if let Some(index) = shown.chosen {
        let (add, extend) = (shown.modifiers.command, shown.modifiers.shift);
        list.gone_to = None;
        match (extend, add, shown.gone_to) {
            (true, add, _) => return Some(Action::Choose(Choice::Extend { to: index, add })),
            (false, true, false) => return Some(Action::Choose(Choice::Toggle(index))),
            // With Control an arrow moves the keyboard alone, so that Control and Space can pick single rows.
            (false, true, true) => {}
            (false, false, _) => list.gone_to = Some(index),
        }
    }
    // A row that is not at hand yet is opened when its page comes.
    let row = list.gone_to.and_then(|index| list.row(index))?;
    let open = Action::Open(row.client_id.clone());
    list.gone_to = None;
    Some(open)
}

/// What a screen reader says of a row: the client's name, and its cells whether there is room to show them or not.
fn spoken(row: &ClientRow, now: Timestamp) -> Spoken {
    let grants: Vec<&str> = row.grant_types.iter().map(|grant| grant.short()).collect();
    let mut cells = vec![row.kind.label().to_owned()];
    if !grants.is_empty() {
        cells.push(grants.join(" and "));
    }
    cells.push(match row.last_used_at {
        None => "never used".to_owned(),
        used => format!("used {}", time::ago(used, now)),
    });
    cells.push(row.standing.label().to_lowercase());
    if let Some(origin) = origin(row, now) {
        cells.push(format!("registered itself: {origin}"));
    }
    if let Some(worst) = row.worst.filter(|worst| *worst > Severity::Info) {
        cells.push(format!("worst finding: {}", worst.label().to_lowercase()));
    }
    Spoken {
        name: row.name.clone(),
        cells: cells.join(", "),
        ..Spoken::default()
    }
}

/// By which initial access token a client registered itself, or openly, and when: `ci · 3 days ago`.
fn origin(row: &ClientRow, now: Timestamp) -> Option<String> {
    let origin = row.origin.as_deref().and_then(Origin::parse)?;
    let age = time::ago(Some(row.created_at), now);
    Some(format!("{} · {age}", origin.label()))
}

fn cell_ui(ui: &Ui, cell: Rect, column: SortKey, row: &ClientRow, now: Timestamp) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match column {
        SortKey::Name => {
            let mut room = cell;
            let tone = row.worst.map(severity_tone).filter(|tone| *tone != Tone::Neutral);
            if tone.is_some() {
                room.max.x -= 16.0;
            }
            let mut end = style::cell(ui, room, &row.name, body, colors.text);
            if let Some(tone) = tone {
                ui.painter()
                    .circle_filled(pos2(end + 13.0, cell.center().y), 3.5, tone.dot(colors));
                end += 16.0;
            }
            // Where it came from is worth less room than what it is called.
            if let Some(origin) = origin(row, now) {
                let rest = Rect::from_min_max(pos2(end + 12.0, cell.top()), cell.max);
                if rest.width() > 60.0 {
                    style::cell(ui, rest, &origin, FontId::proportional(font::LABEL), colors.faint);
                }
            }
        }
        SortKey::ClientId => {
            let text = row.client_id.as_str();
            let short: String = text.chars().take(13).collect();
            let shown = if short.len() < text.len() {
                format!("{short}…")
            } else {
                short
            };
            style::cell(ui, cell, &shown, FontId::monospace(font::MONO), colors.second);
        }
        SortKey::Kind => {
            style::cell(ui, cell, row.kind.short(), body, colors.second);
        }
        SortKey::Grants => {
            let words: Vec<&str> = row.grant_types.iter().map(|grant| grant.short()).collect();
            style::cell(ui, cell, &words.join(" · "), body, colors.second);
        }
        SortKey::LastUsed => {
            style::cell(ui, cell, &time::ago(row.last_used_at, now), body, colors.second);
        }
        SortKey::Status => {
            let dot = pos2(cell.left() + 4.0, cell.center().y);
            ui.painter()
                .circle_filled(dot, 3.5, standing_tone(row.standing).dot(colors));
            let word = Rect::from_min_max(pos2(cell.left() + 14.0, cell.top()), cell.max);
            style::cell(ui, word, row.standing.label(), body, colors.second);
        }
    }
}

/// The tone of a client's standing.
pub fn standing_tone(standing: Standing) -> Tone {
    match standing {
        Standing::Active => Tone::Good,
        Standing::Disabled => Tone::Neutral,
        Standing::Held => Tone::Warning,
    }
}

/// What stands in a row until its page comes.
fn waiting_cell_ui(ui: &Ui, cell: Rect, column: SortKey) {
    if column == SortKey::Name {
        let bar = Rect::from_min_size(pos2(cell.left(), cell.center().y - 4.0), vec2(120.0, 8.0));
        ui.painter().rect_filled(bar, 4.0, palette(ui).row_line);
    }
}
