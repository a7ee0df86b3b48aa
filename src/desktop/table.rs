//! A table: the clients, the findings, the changes and the server's requests stand in one.

use std::ops::Range;
use std::time::Duration;

use eframe::egui::{
    Align, Button, Event, FocusDirection, FontId, Id, Key, Layout, Modifiers, Popup, Rangef, Rect, Response,
    Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit,
    accesskit::SortDirection, pos2, vec2,
};

use crate::desktop::style::{self, Tone, palette, tokens::corner, tokens::font, tokens::size, tokens::space};

/// The keys that go from row to row.
const MOVES: [Key; 6] = [
    Key::ArrowDown,
    Key::ArrowUp,
    Key::PageDown,
    Key::PageUp,
    Key::Home,
    Key::End,
];
/// The keys that press the row that the keyboard is on.
const PRESSES: [Key; 2] = [Key::Space, Key::Enter];
/// Seconds after which a wait shows that it is one.
const WAIT: f64 = 0.3;

/// A column of a table.
pub struct Column<C> {
    /// What stands in it.
    pub what: C,
    /// The word over it.
    pub head: &'static str,
    /// Its width; 0 for what the others leave.
    pub width: f32,
    /// The table must be at least this wide for it to be shown.
    pub from: f32,
}

/// A table. Only rows in view are laid out, each as one node with role row; the arrow keys go through all of them.
pub struct Table<C: 'static> {
    /// Sets it apart from other tables.
    pub salt: &'static str,
    /// What a screen reader calls it.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column<C>],
    /// How many rows there are.
    pub count: usize,
    /// The row that is looked at.
    pub selected: Option<usize>,
    /// The height of a row.
    pub row_height: f32,
    /// By what it is sorted, where its heads sort.
    pub sorted: Option<Sorted<C>>,
}

/// What a screen reader says of a row: its name, and then what else stands in it.
#[derive(Default)]
pub struct Spoken {
    /// Its name.
    pub name: String,
    /// The further cells, in words; empty where the name says everything.
    pub cells: String,
    /// What the pointer is told that is over it; empty where the cells say everything.
    pub hint: String,
}

impl From<String> for Spoken {
    fn from(name: String) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }
}

/// A box before a row, to be ticked.
pub struct Tick {
    /// What a screen reader calls it.
    pub name: String,
    /// Whether it is ticked.
    pub is_on: bool,
    /// Whether it can be.
    pub is_free: bool,
}

/// The room of a box before a row, in points.
const TICK: f32 = 26.0;

/// One row, about to be drawn.
struct Row {
    index: usize,
    rect: Rect,
    selected: bool,
    /// Whether Tab stops at it.
    is_stop: bool,
}

/// By what a table is sorted.
pub struct Sorted<C> {
    /// The column.
    pub by: C,
    /// The last first.
    pub descending: bool,
    /// The accessible name of a column's head.
    pub name: fn(C) -> &'static str,
}

/// What became of a table in one frame.
pub struct Shown<C> {
    /// The row that was pressed or gone to.
    pub chosen: Option<usize>,
    /// Whether it was gone to by an arrow and its like.
    pub gone_to: bool,
    /// The keys that were held down meanwhile.
    pub modifiers: Modifiers,
    /// The row whose box was pressed.
    pub ticked: Option<usize>,
    /// The head that was pressed.
    pub head: Option<C>,
    /// The rows in view.
    pub rows: Range<usize>,
}

impl<C: Copy + PartialEq + 'static> Table<C> {
    /// Draws it.
    pub fn ui<N: Into<Spoken>>(
        &self,
        ui: &mut Ui,
        name: impl Fn(usize) -> N,
        cell: impl Fn(&Ui, Rect, C, usize),
    ) -> Shown<C> {
        self.selecting_ui(ui, name, |index| self.selected == Some(index), cell)
    }

    /// Draws it with many rows selected. The arrow keys go on from the one that is looked at.
    pub fn selecting_ui<N: Into<Spoken>>(
        &self,
        ui: &mut Ui,
        name: impl Fn(usize) -> N,
        is_selected: impl Fn(usize) -> bool,
        cell: impl Fn(&Ui, Rect, C, usize),
    ) -> Shown<C> {
        self.whole_ui(ui, name, is_selected, None, cell)
    }

    /// Draws it with a box before each row that can have one.
    pub fn ticking_ui<N: Into<Spoken>>(
        &self,
        ui: &mut Ui,
        name: impl Fn(usize) -> N,
        tick: impl Fn(usize) -> Option<Tick>,
        cell: impl Fn(&Ui, Rect, C, usize),
    ) -> Shown<C> {
        self.whole_ui(ui, name, |index| self.selected == Some(index), Some(&tick), cell)
    }

    fn whole_ui<N: Into<Spoken>>(
        &self,
        ui: &mut Ui,
        name: impl Fn(usize) -> N,
        is_selected: impl Fn(usize) -> bool,
        tick: Option<&dyn Fn(usize) -> Option<Tick>>,
        cell: impl Fn(&Ui, Rect, C, usize),
    ) -> Shown<C> {
        ui.spacing_mut().item_spacing.y = 0.0;
        let (columns, head) = self.head_ui(ui, if tick.is_some() { TICK } else { 0.0 });
        let scroll = ScrollArea::vertical().id_salt(self.salt).auto_shrink(false);
        let shown = scroll.show_viewport(ui, |ui, viewport| {
            ui.set_height(self.count as f32 * self.row_height);
            ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
                node.set_role(Role::Grid);
                node.set_label(self.name);
                node.set_row_count(self.count);
            });
            let first = ((viewport.min.y / self.row_height).floor().max(0.0) as usize).min(self.count);
            let end = ((viewport.max.y / self.row_height).ceil().max(0.0) as usize).min(self.count);
            let page = ((viewport.height() / self.row_height) as usize).max(1);
            let gone_to = self.gone_to(ui, first..end, page);
            let mut chosen = gone_to;
            // A row out of view cannot take the keyboard yet; it gets it as soon as it has been scrolled into view.
            let going = going(self.salt);
            if let Some(index) = gone_to {
                ui.scroll_to_rect(self.row_rect(ui, index), None);
                ui.data_mut(|data| data.insert_temp(going, index));
            }
            let arrived = ui
                .data(|data| data.get_temp::<usize>(going))
                .filter(|index| (first..end).contains(index));
            if let Some(index) = arrived {
                ui.data_mut(|data| data.remove::<usize>(going));
                ui.memory_mut(|memory| {
                    memory.request_focus(self.row_id(index));
                    // The arrow has moved the selection; it must not move the focus a second time.
                    memory.move_focus(FocusDirection::None);
                });
            }
            // The row that the keyboard is on keeps its node, and with it the keyboard, where it is out of view.
            let beyond = gone_to
                .or(self.selected)
                .filter(|index| !(first..end).contains(index));
            let stop = self.stop(ui, first..end, beyond);
            let mut ticked = None;
            for index in (first..end).chain(beyond) {
                let row = Row {
                    index,
                    rect: self.row_rect(ui, index),
                    selected: is_selected(index),
                    is_stop: stop == Some(index),
                };
                if self.row_ui(ui, &row, &name(index).into()).clicked() {
                    chosen = Some(index);
                }
                if let Some(tick) = tick.and_then(|tick| tick(index))
                    && self.tick_ui(ui, &row, &tick)
                {
                    ticked = Some(index);
                }
                for (range, what) in &columns {
                    cell(
                        ui,
                        Rect::from_x_y_ranges(*range, row.rect.y_range()),
                        *what,
                        index,
                    );
                }
            }
            Shown {
                chosen,
                gone_to: gone_to.is_some() && chosen == gone_to,
                modifiers: pressed_with(ui),
                ticked,
                head,
                rows: first..end,
            }
        });
        shown.inner
    }

    /// The words over the columns that there is room for, behind the room of boxes. Returns where these stand.
    fn head_ui(&self, ui: &mut Ui, boxes: f32) -> (Vec<(Rangef, C)>, Option<C>) {
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEAD), Sense::hover());
        let room = head.width() - 2.0 * space::SCREEN - boxes;
        let shown: Vec<&Column<C>> = self
            .columns
            .iter()
            .filter(|column| head.width() >= column.from)
            .collect();
        let rest = (room - shown.iter().map(|column| column.width).sum::<f32>()).max(90.0);
        let medium = FontId::new(font::LABEL, style::family(style::MEDIUM));
        let mut left = head.left() + space::SCREEN + boxes;
        let mut columns = Vec::new();
        let mut pressed = None;
        for column in shown {
            let width = if column.width > 0.0 { column.width } else { rest };
            let range = Rangef::new(left, left + width - 10.0);
            left += width;
            let word = Rect::from_x_y_ranges(range, head.y_range());
            match &self.sorted {
                Some(sorted) => {
                    if sorted.head_ui(ui, word, column) {
                        pressed = Some(column.what);
                    }
                }
                None => {
                    style::cell(ui, word, column.head, medium.clone(), palette(ui).second);
                }
            }
            columns.push((range, column.what));
        }
        ui.painter()
            .hline(head.x_range(), head.bottom(), Stroke::new(1.0, palette(ui).line));
        (columns, pressed)
    }

    fn row_id(&self, index: usize) -> Id {
        Id::unique((self.salt, index))
    }

    fn row_rect(&self, ui: &Ui, index: usize) -> Rect {
        let whole = ui.max_rect();
        let top = whole.top() + index as f32 * self.row_height;
        Rect::from_x_y_ranges(whole.x_range(), top..=top + self.row_height)
    }

    /// The row that Tab stops at: the one that has the keyboard or was given it by a screen reader, else the one that is
    /// looked at, else the first in view. A table is one stop; within it the arrow keys go on.
    fn stop(&self, ui: &Ui, in_view: Range<usize>, beyond: Option<usize>) -> Option<usize> {
        let rows = || in_view.clone().chain(beyond);
        let asked = rows().find(|index| {
            let id = self.row_id(*index);
            ui.input(|input| input.has_accesskit_action_request(id, accesskit::Action::Focus))
        });
        if let Some(index) = asked.filter(|_| ui.is_enabled()) {
            ui.memory_mut(|memory| memory.request_focus(self.row_id(index)));
            return Some(index);
        }
        let focused = ui.memory(|memory| memory.focused());
        let on = rows().find(|index| Some(self.row_id(*index)) == focused);
        let selected = self
            .selected
            .filter(|selected| rows().any(|row| row == *selected));
        on.or(selected).or(in_view.clone().next())
    }

    fn row_ui(&self, ui: &Ui, row: &Row, said: &Spoken) -> Response {
        let colors = palette(ui);
        let Row {
            index,
            rect,
            selected,
            is_stop,
        } = *row;
        let sense = if is_stop { Sense::click() } else { Sense::CLICK };
        let mut response = ui.interact(rect, self.row_id(index), sense);
        if !said.hint.is_empty() {
            response = response.on_hover_text_at_pointer(&said.hint);
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Row, ui.is_enabled(), &said.name));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_selected(selected);
            node.set_row_index(index);
            node.add_action(accesskit::Action::Focus);
            if !said.cells.is_empty() {
                node.set_description(said.cells.as_str());
            }
        });
        if selected || response.hovered() || response.has_focus() {
            let ground = if selected { colors.selected } else { colors.hovered };
            ui.painter().rect_filled(rect, 0.0, ground);
        }
        if selected {
            ui.painter()
                .rect_filled(rect.with_max_x(rect.left() + 2.0), 0.0, colors.accent);
        }
        if response.has_focus() {
            let stroke = Stroke::new(1.0, colors.second);
            ui.painter()
                .rect_stroke(rect.shrink(1.0), 0.0, stroke, StrokeKind::Inside);
        }
        ui.painter().hline(
            rect.x_range(),
            rect.bottom() - 0.5,
            Stroke::new(1.0, colors.row_line),
        );
        response
    }

    /// The box before a row. Returns whether it was pressed. Tab stops at that of the row that it stops at.
    fn tick_ui(&self, ui: &Ui, row: &Row, tick: &Tick) -> bool {
        let left = row.rect.left() + space::SCREEN - 4.0;
        let room = row.rect.with_min_x(left).with_max_x(left + TICK - 4.0);
        let sense = if row.is_stop { Sense::click() } else { Sense::CLICK };
        let response = ui.interact(room, self.row_id(row.index).with("tick"), sense);
        let is_enabled = ui.is_enabled() && tick.is_free;
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, is_enabled, tick.is_on, &tick.name));
        style::tick_mark(ui, room.left_center() + vec2(11.5, 0.0), tick.is_on, tick.is_free);
        style::focus_ring(ui, &response);
        tick.is_free && response.clicked()
    }

    /// Where arrows, Page, Home and End lead to, while no text is being typed and no list is open.
    fn gone_to(&self, ui: &Ui, in_view: Range<usize>, page: usize) -> Option<usize> {
        let focused = ui.memory(|memory| memory.focused());
        let on = focused.and_then(|id| {
            in_view
                .chain(self.selected)
                .find(|index| self.row_id(*index) == id)
        });
        let busy = focused.is_some() && on.is_none();
        if busy || !ui.is_enabled() || Popup::is_any_open(ui.ctx()) {
            return None;
        }
        let last = self.count.checked_sub(1)?;
        let mut current = on.or(self.selected);
        // A slow frame brings several presses at once; each of them counts.
        let pressed: Vec<Key> = ui.input(|input| {
            let is_pressed = |event: &Event| match event {
                Event::Key {
                    key, pressed: true, ..
                } => Some(*key),
                _ => None,
            };
            input.events.iter().filter_map(is_pressed).collect()
        });
        let mut moved = false;
        for key in pressed.into_iter().filter(|key| MOVES.contains(key)) {
            let at = current.unwrap_or(0);
            let target = match key {
                Key::ArrowDown => current.map_or(0, |at| at + 1),
                Key::ArrowUp => at.saturating_sub(1),
                Key::PageDown => at + page,
                Key::PageUp => at.saturating_sub(page),
                Key::Home => 0,
                _ => last,
            };
            current = Some(target.min(last));
            moved = true;
        }
        current.filter(|_| moved)
    }
}

impl<C: Copy + PartialEq> Sorted<C> {
    /// A head that sorts by its column; pressed again, it turns the order round. Returns whether it was pressed.
    fn head_ui(&self, ui: &mut Ui, cell: Rect, column: &Column<C>) -> bool {
        let arrow = match (self.by == column.what, self.descending) {
            (false, _) => "",
            (true, false) => " ↑",
            (true, true) => " ↓",
        };
        let layout = Layout::left_to_right(Align::Center);
        let mut child = ui.new_child(UiBuilder::new().max_rect(cell).layout(layout));
        let text = style::label_text(&child, &format!("{}{arrow}", column.head));
        let button = Button::new(text).frame(false).truncate();
        let response = child.add(button).accessible_name((self.name)(column.what));
        if self.by == column.what {
            let (direction, word) = match self.descending {
                false => (SortDirection::Ascending, "Sorted, ascending"),
                true => (SortDirection::Descending, "Sorted, descending"),
            };
            child.ctx().accesskit_node_builder(response.id, |node| {
                node.set_sort_direction(direction);
                node.set_description(word);
            });
        }
        style::focus_ring(&child, &response);
        response.clicked()
    }
}

/// Gives the keyboard to a row, as soon as it is drawn.
pub fn give_keyboard(ui: &Ui, salt: &str, index: usize) {
    ui.data_mut(|data| data.insert_temp(going(salt), index));
}

/// Where the row is kept that is to have the keyboard.
fn going(salt: &str) -> Id {
    Id::unique((salt, "going"))
}

/// The keys that were held down when a row was pressed or gone to in this frame. A quick hand has let them go before
/// the frame begins.
fn pressed_with(ui: &Ui) -> Modifiers {
    let with = |event: &Event| match event {
        Event::Key {
            key,
            pressed: true,
            modifiers,
            ..
        } if MOVES.contains(key) || PRESSES.contains(key) => Some(*modifiers),
        Event::PointerButton {
            pressed: false,
            modifiers,
            ..
        } => Some(*modifiers),
        _ => None,
    };
    ui.input(|input| {
        let last = input.events.iter().rev().find_map(with);
        last.unwrap_or(input.modifiers)
    })
}

/// A badge in a cell, painted only: it is no part of the row's name.
pub fn badge_cell(ui: &Ui, cell: Rect, word: &str, tone: Tone) {
    let colors = palette(ui);
    let ink = tone.text(colors);
    let galley = ui
        .painter()
        .layout_no_wrap(word.to_owned(), FontId::proportional(font::LABEL), ink);
    let at = pos2(cell.left(), cell.center().y - 10.0);
    let frame = Rect::from_min_size(at, vec2(galley.size().x + 14.0, 20.0));
    let stroke = Stroke::new(1.0, tone.line(colors));
    ui.painter()
        .rect_stroke(frame, corner::BADGE, stroke, StrokeKind::Inside);
    ui.painter()
        .galley(frame.center() - galley.size() / 2.0, galley, ink);
}

/// Shows that something is waited for, once it has taken long enough to be noticed.
pub fn waiting_ui(ui: &mut Ui, since: f64) {
    let left = WAIT - (ui.input(|input| input.time) - since);
    if left > 0.0 {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
    } else {
        ui.spinner();
    }
}
