//! The palette: every command by a few letters of its name, for those who keep their hands on the keyboard.

use eframe::egui::{
    FontId, Key, Modifiers, Rect, Response, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::desktop::command::UiCommand;
use crate::desktop::form::{description, text_field};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette, tokens::corner, tokens::font, tokens::space};

/// The height of a row.
const ROW: f32 = 36.0;
/// The height of the list; further rows scroll.
const LIST: f32 = 10.0 * ROW;
/// Where the tooltips begin.
const TOOLTIP: f32 = 190.0;

/// The state of the palette.
pub struct Palette {
    text: String,
    selected: usize,
    /// What it offers, and why some of it can do nothing now. The palette itself is open.
    commands: Vec<Offered>,
}

/// A command, and why it can do nothing now.
type Offered = (UiCommand, Option<&'static str>);

impl Palette {
    /// Offers commands, each with the reason why it can do nothing now, if there is one: it stands in the list and cannot be
    /// chosen.
    pub fn new(mut commands: Vec<Offered>) -> Self {
        commands.retain(|(command, _)| *command != UiCommand::CommandPalette);
        Self {
            text: String::new(),
            selected: 0,
            commands,
        }
    }

    /// Draws field and list. Returns the command that was chosen.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        // Taken before the field sees them, which would move its cursor or let the keyboard go.
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let [down, up, entered] = [Key::ArrowDown, Key::ArrowUp, Key::Enter].map(pressed);
        let field = text_field(ui, "Find a command", &mut self.text, "What do you want to do?");
        if field.changed() {
            self.selected = 0;
        }
        let found = found(&self.commands, &self.text);
        let Some(last) = found.len().checked_sub(1) else {
            ui.label(style::second(
                ui,
                "No command of this name. Try another word, such as client or server",
            ));
            return None;
        };
        self.selected = match (down, up) {
            (true, false) => self.selected.saturating_add(1).min(last),
            (false, true) => self.selected.saturating_sub(1),
            _ => self.selected.min(last),
        };
        let can_choose = |(command, reason): Offered| reason.is_none().then_some(command);
        let mut chosen = found
            .get(self.selected)
            .copied()
            .filter(|_| entered)
            .and_then(can_choose);
        ui.add_space(space::XS);
        ScrollArea::vertical()
            .id_salt("commands")
            .max_height(LIST)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (index, offered) in found.iter().enumerate() {
                    let selected = index == self.selected;
                    let row = row_ui(ui, *offered, selected);
                    if selected && (down || up) {
                        row.scroll_to_me(None);
                    }
                    if row.clicked() {
                        chosen = can_choose(*offered).or(chosen);
                    }
                }
            });
        chosen.map(Action::Run)
    }
}

/// The commands in whose name or purpose each of the words stands, in whatever case. First those whose name begins with what
/// was typed, then those in whose names more of the words stand: `export` and `export clients` are Export… before anything that
/// takes over an export.
fn found(commands: &[Offered], text: &str) -> Vec<Offered> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let fits = |(command, _): &Offered| {
        let about = format!("{} {}", command.label(), command.tooltip()).to_lowercase();
        words.iter().all(|word| about.contains(word.as_str()))
    };
    let typed = words.join(" ");
    let distance = |(command, _): &Offered| {
        let name = command.label().to_lowercase();
        if name.starts_with(&typed) {
            return 0;
        }
        let elsewhere = words.iter().filter(|word| !name.contains(word.as_str()));
        1 + elsewhere.count()
    };
    let mut found: Vec<Offered> = commands.iter().copied().filter(fits).collect();
    found.sort_by_key(distance);
    found
}

/// One command. Not a stop for Tab: the arrow keys go through the list while the field keeps the keyboard.
fn row_ui(ui: &mut Ui, (command, reason): Offered, selected: bool) -> Response {
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::CLICK);
    let is_enabled = ui.is_enabled() && reason.is_none();
    response.widget_info(|| WidgetInfo::labeled(Role::ListBoxOption, is_enabled, command.label()));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_selected(selected));
    let shortcut = command.shortcut_text(ui.ctx()).unwrap_or_default();
    let about = reason.unwrap_or(command.tooltip());
    description(&response, format!("{about} {shortcut}").trim_end());
    if selected || response.hovered() {
        let ground = if selected { colors.selected } else { colors.hovered };
        ui.painter().rect_filled(rect, corner::CONTROL, ground);
    }
    if selected {
        let edge = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
        ui.painter().rect_filled(edge, 0.0, colors.accent);
    }
    let room = rect.shrink2(vec2(space::M, 0.0));
    let (body, small) = (
        FontId::proportional(font::BODY),
        FontId::proportional(font::LABEL),
    );
    let keys = ui
        .painter()
        .layout_no_wrap(shortcut, FontId::monospace(font::MONO), colors.faint);
    let keys_at = pos2(
        room.right() - keys.size().x,
        room.center().y - keys.size().y / 2.0,
    );
    let tooltip_at = room.left() + TOOLTIP;
    let label = Rect::from_min_max(room.min, pos2(tooltip_at - space::S, room.bottom()));
    let tooltip = Rect::from_min_max(
        pos2(tooltip_at, room.top()),
        pos2(keys_at.x - space::S, room.bottom()),
    );
    let ink = if reason.is_none() {
        colors.text
    } else {
        colors.faint
    };
    style::cell(ui, label, command.label(), body, ink);
    style::cell(ui, tooltip, about, small, colors.faint);
    ui.painter().galley(keys_at, keys, colors.faint);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Offered> {
        let all = UiCommand::ALL.into_iter().map(|command| (command, None));
        Palette::new(all.collect()).commands
    }

    fn names(text: &str) -> Vec<UiCommand> {
        let found = found(&all(), text).into_iter();
        found.map(|(command, _)| command).collect()
    }

    #[test]
    fn commands_are_found_by_words_of_their_name_or_purpose() {
        assert_eq!(names("NEW cl").first(), Some(&UiCommand::NewClient));
        assert_eq!(names("theme"), [UiCommand::ToggleTheme]);
        assert_eq!(names("sign key"), [UiCommand::RotateSigningKeys]);
        assert!(names("no such command").is_empty());
        for (typed, first) in [
            ("export", UiCommand::ExportClients),
            ("export clients", UiCommand::ExportClients),
            ("import clients", UiCommand::ImportClients),
            ("report", UiCommand::ExportReport),
        ] {
            assert_eq!(names(typed).first(), Some(&first), "{typed}");
        }
    }

    #[test]
    fn an_empty_field_offers_everything_but_the_palette_itself() {
        assert_eq!(names(" ").len(), UiCommand::ALL.len() - 1);
        assert!(!names("").contains(&UiCommand::CommandPalette));
    }
}
