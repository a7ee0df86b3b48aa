//! The table of clients: only rows in view are laid out, each is one node with role row and the client's name.

use eframe::egui::{
    self, Align, EventFilter, FontId, Key, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};
use jiff::Timestamp;

use super::ClientList;
use crate::client::{ClientId, Severity, Standing};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size};
use crate::desktop::time;
use crate::desktop::worker::Workers;
use crate::registry::{ClientRow, SortKey};

/// A column: its head, what it sorts by, its width, and how soon it goes when the window is narrow.
struct Column {
    head: &'static str,
    name: &'static str,
    sort: SortKey,
    width: f32,
    /// The list must be at least this wide for the column to be shown.
    from: f32,
}

const COLUMNS: [Column; 6] = [
    Column {
        head: "Name",
        name: "Sort by name",
        sort: SortKey::Name,
        width: 180.0,
        from: 0.0,
    },
    Column {
        head: "Client ID",
        name: "Sort by client ID",
        sort: SortKey::ClientId,
        width: 130.0,
        from: 640.0,
    },
    Column {
        head: "Kind",
        name: "Sort by kind",
        sort: SortKey::Kind,
        width: 75.0,
        from: 480.0,
    },
    Column {
        head: "Grants",
        name: "Sort by grants",
        sort: SortKey::Grants,
        width: 138.0,
        from: 560.0,
    },
    Column {
        head: "Last used",
        name: "Sort by last used",
        sort: SortKey::LastUsed,
        width: 120.0,
        from: 320.0,
    },
    Column {
        head: "Status",
        name: "Sort by status",
        sort: SortKey::Status,
        width: 84.0,
        from: 0.0,
    },
];

const MARGIN: f32 = 20.0;

/// Draws head and rows; asks for the pages in view.
pub fn table_ui(
    ui: &mut Ui,
    list: &mut ClientList,
    workers: &mut Workers,
    selected: Option<&ClientId>,
    row_height: f32,
) -> Option<Action> {
    let columns = layout(ui.available_width());
    head_ui(ui, list, &columns);
    let rows = list.rows();
    if rows == 0 {
        list.want(0..1, workers);
        if list.found.is_some() {
            style::empty_place(
                ui,
                "Nothing fits",
                "No client fits this search and these filters.",
            );
        }
        return None;
    }
    let mut action = None;
    let mut focused = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let scroll = ScrollArea::vertical().id_salt("clients").auto_shrink(false);
    let output = scroll.show_viewport(ui, |ui, viewport| {
        ui.set_height(rows as f32 * row_height);
        let first = ((viewport.min.y / row_height).floor().max(0.0) as usize).min(rows);
        let last = ((viewport.max.y / row_height).ceil().max(0.0) as usize + 1).min(rows);
        list.want(first..last.max(first + 1), workers);
        let view = View {
            columns: &columns,
            selected,
            row_height,
            now: Timestamp::now(),
        };
        let reveal = list.reveal.take().filter(|index| *index < rows);
        // A row that the keyboard goes to is laid out even before it has scrolled into view, so that it can take it.
        let beyond = reveal.filter(|index| !(first..last).contains(index));
        for index in (first..last).chain(beyond) {
            let top = ui.min_rect().top() + index as f32 * row_height;
            let rect = Rect::from_min_size(
                pos2(ui.max_rect().left(), top),
                vec2(ui.max_rect().width(), row_height),
            );
            if reveal == Some(index) {
                ui.scroll_to_rect(rect, None);
            }
            if ui.memory(|memory| memory.has_focus(row_id(index))) {
                focused = Some(index);
            }
            let wanted = match list.row(index) {
                Some(row) => view.row_ui(ui, rect, index, row),
                None => waiting_row_ui(ui, rect),
            };
            action = action.take().or(wanted);
        }
    });
    let page = (output.inner_rect.height() / row_height).floor().max(1.0) as usize;
    action.or_else(|| keyboard(ui, list, focused, selected, page))
}

/// The columns that there is room for, with the width that the name gets.
fn layout(width: f32) -> Vec<(&'static Column, f32)> {
    let shown: Vec<&Column> = COLUMNS.iter().filter(|column| width >= column.from).collect();
    let fixed: f32 = shown
        .iter()
        .filter(|column| column.sort != SortKey::Name)
        .map(|column| column.width)
        .sum();
    let name = (width - 2.0 * MARGIN - fixed).max(110.0);
    shown
        .into_iter()
        .map(|column| {
            (
                column,
                if column.sort == SortKey::Name {
                    name
                } else {
                    column.width
                },
            )
        })
        .collect()
}

fn head_ui(ui: &mut Ui, list: &mut ClientList, columns: &[(&Column, f32)]) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEAD), Sense::hover());
    let mut left = rect.left() + MARGIN;
    for (column, width) in columns {
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(*width - 8.0, rect.height()));
        left += width;
        let sorted = list.query().sort == column.sort;
        let arrow = match (sorted, list.query().descending) {
            (false, _) => "",
            (true, false) => " ↑",
            (true, true) => " ↓",
        };
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(cell)
                .layout(egui::Layout::left_to_right(Align::Center)),
        );
        let text = style::label_text(&child, &format!("{}{arrow}", column.head));
        let button = egui::Button::new(text).frame(false).truncate();
        let response = child.add(button).accessible_name(column.name);
        style::focus_ring(&child, &response);
        if response.clicked() {
            list.set_query(|query| {
                query.descending = sorted && !query.descending;
                query.sort = column.sort;
            });
        }
    }
    ui.painter()
        .hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette(ui).line));
}

struct View<'a> {
    columns: &'a [(&'static Column, f32)],
    selected: Option<&'a ClientId>,
    row_height: f32,
    now: Timestamp,
}

impl View<'_> {
    fn row_ui(&self, ui: &mut Ui, rect: Rect, index: usize, row: &ClientRow) -> Option<Action> {
        let colors = palette(ui);
        let response = ui.interact(rect, row_id(index), Sense::click());
        let selected = self.selected == Some(&row.client_id);
        response.widget_info(|| WidgetInfo::selected(Role::Row, ui.is_enabled(), selected, &row.name));
        if selected || response.hovered() || response.has_focus() {
            let ground = if selected { colors.selected } else { colors.hovered };
            ui.painter().rect_filled(rect, 0.0, ground);
        }
        if selected {
            let edge = Rect::from_min_size(rect.min, vec2(2.0, self.row_height));
            ui.painter().rect_filled(edge, 0.0, colors.accent);
        }
        if response.has_focus() {
            let filter = EventFilter {
                vertical_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            ui.painter().rect_stroke(
                rect.shrink(1.0),
                0.0,
                Stroke::new(1.0, colors.second),
                egui::StrokeKind::Inside,
            );
        }
        ui.painter().hline(
            rect.x_range(),
            rect.bottom() - 0.5,
            Stroke::new(1.0, colors.row_line),
        );
        let mut left = rect.left() + MARGIN;
        for (column, width) in self.columns {
            let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(*width - 10.0, rect.height()));
            left += width;
            self.cell_ui(ui, cell, column.sort, row);
        }
        response.clicked().then(|| Action::Open(row.client_id.clone()))
    }

    fn cell_ui(&self, ui: &Ui, cell: Rect, column: SortKey, row: &ClientRow) {
        let colors = palette(ui);
        let body = FontId::proportional(font::BODY);
        match column {
            SortKey::Name => {
                let mut room = cell;
                let tone = row.worst.map(finding_tone).filter(|tone| *tone != Tone::Neutral);
                if tone.is_some() {
                    room.max.x -= 16.0;
                }
                let end = style::cell(ui, room, &row.name, body, colors.text);
                if let Some(tone) = tone {
                    ui.painter()
                        .circle_filled(pos2(end + 13.0, cell.center().y), 3.5, tone.dot(colors));
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
                style::cell(
                    ui,
                    cell,
                    &time::ago(row.last_used_at, self.now),
                    body,
                    colors.second,
                );
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
}

/// The tone of a client's standing.
pub fn standing_tone(standing: Standing) -> Tone {
    match standing {
        Standing::Active => Tone::Good,
        Standing::Disabled => Tone::Neutral,
        Standing::Held => Tone::Warning,
    }
}

/// The dot beside a name: red for what is dangerous, amber for what wants care.
fn finding_tone(worst: Severity) -> Tone {
    match worst {
        Severity::Critical | Severity::High => Tone::Danger,
        Severity::Medium => Tone::Warning,
        Severity::Low | Severity::Info => Tone::Neutral,
    }
}

fn row_id(index: usize) -> egui::Id {
    egui::Id::unique(("client row", index))
}

fn waiting_row_ui(ui: &Ui, rect: Rect) -> Option<Action> {
    let bar = Rect::from_min_size(
        pos2(rect.left() + MARGIN, rect.center().y - 4.0),
        vec2(120.0, 8.0),
    );
    ui.painter().rect_filled(bar, 4.0, palette(ui).row_line);
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        Stroke::new(1.0, palette(ui).row_line),
    );
    None
}

/// Arrows, Page, Home and End move the selection while no text is being typed.
fn keyboard(
    ui: &mut Ui,
    list: &mut ClientList,
    focused: Option<usize>,
    selected: Option<&ClientId>,
    page: usize,
) -> Option<Action> {
    if !ui.is_enabled() || (focused.is_none() && ui.memory(|memory| memory.focused().is_some())) {
        return None;
    }
    let current = focused.or_else(|| selected.and_then(|id| list.position(|row| row.client_id == *id)));
    let last = list.rows().checked_sub(1)?;
    let target = ui.input(|input| {
        let at = current.unwrap_or(0);
        let pressed = |key| input.key_pressed(key);
        match () {
            () if pressed(Key::ArrowDown) => Some(current.map_or(0, |at| at + 1)),
            () if pressed(Key::ArrowUp) => Some(at.saturating_sub(1)),
            () if pressed(Key::PageDown) => Some(at + page),
            () if pressed(Key::PageUp) => Some(at.saturating_sub(page)),
            () if pressed(Key::Home) => Some(0),
            () if pressed(Key::End) => Some(last),
            () => None,
        }
    })?;
    let target = target.min(last);
    list.reveal = Some(target);
    ui.memory_mut(|memory| memory.request_focus(row_id(target)));
    ui.ctx().request_repaint();
    let row = list.row(target)?;
    Some(Action::Open(row.client_id.clone()))
}
