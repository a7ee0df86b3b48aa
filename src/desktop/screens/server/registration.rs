//! Who may register clients by a request: nobody, whoever holds an initial access token, or whoever can reach the server;
//! the tokens, and the sweep of clients that registered themselves and that nobody uses.

use eframe::egui::{FontId, Frame, Label, Margin, Rect, Ui};
use jiff::Timestamp;

use super::rows::Rows;
use super::{PART_MARGIN, address_layout, bar_ui, pane_head_ui, whole_on_hover};
use crate::client::Scope;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, ServerDialog};
use crate::desktop::form::{field_ui, text_field};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::Action;
use crate::desktop::settings::Settings;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::table::{Column, Table, give_keyboard};
use crate::desktop::time;
use crate::desktop::worker::{Read, Workers};
use crate::protocol::registration::RegistrationMode;
use crate::registry::InitialToken;

/// The width of a choice.
const CHOICE: f32 = 160.0;
/// Days without use after which a client may be swept.
const UNUSED: [u32; 4] = [1, 7, 30, 90];

const MODES: [(RegistrationMode, &str); 3] = [
    (RegistrationMode::Off, "Off"),
    (RegistrationMode::Token, "Token"),
    (RegistrationMode::Open, "Open"),
];

/// The choice of who may register, and what it means. To open it to everybody is asked about first.
pub fn mode_ui(ui: &mut Ui, mode: RegistrationMode, writable: bool) -> Option<Action> {
    if !writable {
        let text = "Read only: clients that bring their own secret get access tokens. No code, refresh token, consent or time of \
                    use is kept, and nobody registers";
        ui.add(Label::new(style::faint(ui, text)).wrap());
        ui.add_space(space::S);
        return None;
    }
    let mut action = None;
    field_ui(ui, address_layout(ui), "Dynamic registration", |ui| {
        ui.horizontal(|ui| {
            let chosen = MODES
                .iter()
                .find(|(one, _)| *one == mode)
                .map_or("", |(_, word)| *word);
            style::combo("Dynamic registration", CHOICE, chosen).show_ui(ui, |ui| {
                for (one, word) in MODES {
                    if style::choice(ui, one == mode, word).clicked() && one != mode {
                        action = Some(match one {
                            RegistrationMode::Open => {
                                Action::ask(Dialog::Server(ServerDialog::OpenRegistration))
                            }
                            mode => Action::SetRegistration {
                                mode: Some(mode),
                                scopes: None,
                            },
                        });
                    }
                }
            });
            let note = match mode {
                RegistrationMode::Off => style::faint(ui, "Nobody can register a client by a request"),
                RegistrationMode::Token => {
                    style::faint(ui, "Whoever holds an initial access token registers clients")
                }
                RegistrationMode::Open => {
                    let ink = Tone::Warning.text(palette(ui));
                    style::second(ui, "Whoever can reach the server registers clients").color(ink)
                }
            };
            ui.add(Label::new(note).truncate());
        });
    });
    action
}

/// Sets the table apart from others.
const SALT: &str = "initial access tokens";

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Label,
    State,
    Uses,
    Scopes,
    Created,
}

const COLUMNS: [Column<Cell>; 5] = [
    Column {
        what: Cell::Label,
        head: "Initial access token",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::State,
        head: "Counts",
        width: 130.0,
        from: 0.0,
    },
    Column {
        what: Cell::Uses,
        head: "Clients",
        width: 100.0,
        from: 480.0,
    },
    Column {
        what: Cell::Scopes,
        head: "Scopes",
        width: 230.0,
        from: 760.0,
    },
    Column {
        what: Cell::Created,
        head: "Created",
        width: 110.0,
        from: 620.0,
    },
];

/// The state of the part.
pub struct RegistrationPart {
    /// The initial access tokens, the newest first.
    pub rows: Rows<InitialToken>,
    selected: Option<String>,
    /// The scopes as they are being typed, while they are none.
    typed: Option<String>,
    unused_days: u32,
}

impl Default for RegistrationPart {
    fn default() -> Self {
        Self {
            rows: Rows::default(),
            selected: None,
            typed: None,
            unused_days: 30,
        }
    }
}

impl RegistrationPart {
    /// Draws the part.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        settings: &Settings,
        writable: bool,
    ) -> Option<Action> {
        let mut action = None;
        if writable {
            Frame::new().inner_margin(above_the_bar()).show(ui, |ui| {
                action = self.scopes_ui(ui, settings);
                let sweep = self.sweep_ui(ui);
                action = action.take().or(sweep);
            });
        }
        let Some(tokens) = self.rows.ui(ui, workers, Read::InitialTokens) else {
            return action;
        };
        if tokens.is_empty() {
            return action.or(none_ui(ui, writable));
        }
        let now = Timestamp::now();
        let place = |selected: &Option<String>| {
            let id = selected.as_deref()?;
            tokens.iter().position(|token| token.id == id)
        };
        let is_looking = place(&self.selected).is_some();
        let list_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let mut action = None;
            bar_ui(ui, "Whoever holds one may register clients", |ui| {
                if writable && style::button(ui, UiCommand::NewInitialToken.label()).clicked() {
                    action = Some(new_token());
                }
            });
            if let Some(id) = table_ui(ui, tokens, place(selected), now) {
                *selected = Some(id);
            }
            action
        };
        let pane_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let mut close = false;
            let index = place(selected)?;
            let action = token_ui(ui, tokens.get(index)?, now, writable, &mut close);
            if close {
                give_keyboard(ui, SALT, index);
                *selected = None;
            }
            action
        };
        let (listed, shown) = list_and_pane_ui(
            ui,
            "initial access token",
            &mut self.selected,
            is_looking,
            list_ui,
            pane_ui,
        );
        action.or(listed.flatten()).or(shown.flatten())
    }

    /// Looks at no token any more.
    pub fn close(&mut self) {
        self.selected = None;
    }

    /// The scopes that clients may have at the most.
    fn scopes_ui(&mut self, ui: &mut Ui, settings: &Settings) -> Option<Action> {
        let mut action = None;
        field_ui(ui, address_layout(ui), "Dynamic scopes", |ui| {
            let mut text = self
                .typed
                .clone()
                .unwrap_or_else(|| settings.dynamic_scopes.clone());
            let entry = text_field(ui, "Dynamic scopes", &mut text, "none");
            if entry.changed() {
                self.typed = Some(text);
            }
            // Only once the field is left: half a word may be a scope too, and would hold in the running server.
            if entry.lost_focus()
                && let Some(text) = self.typed.take_if(|text| odd_scope(text).is_none())
            {
                action = Some(Action::SetRegistration {
                    mode: None,
                    scopes: Some(text),
                });
            }
            let typed = self.typed.as_deref().and_then(odd_scope);
            let note = match typed {
                None => style::faint(ui, "The most that a client may have that registers itself"),
                Some(odd) => {
                    let ink = Tone::Danger.text(palette(ui));
                    let text = format!("{odd} is no scope; what stood here before is kept");
                    style::second(ui, text).color(ink)
                }
            };
            ui.label(note);
        });
        action
    }

    /// The dry run of a sweep: it lists, and deletes nothing.
    fn sweep_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let mut action = None;
        field_ui(ui, address_layout(ui), "Unused for", |ui| {
            ui.horizontal(|ui| {
                let days = |days: u32| {
                    if days == 1 {
                        "1 day".to_owned()
                    } else {
                        format!("{days} days")
                    }
                };
                style::combo("Unused for", CHOICE, days(self.unused_days)).show_ui(ui, |ui| {
                    for choice in UNUSED {
                        style::choice_value(ui, &mut self.unused_days, choice, &days(choice));
                    }
                });
                let find = style::button(ui, "Find dead clients…").on_hover_text(
                    "Lists clients that registered themselves and have no living token; deletes nothing yet",
                );
                if find.clicked() {
                    let days = self.unused_days;
                    action = Some(Action::send(Read::DeadClients { days }));
                }
            });
        });
        action
    }
}

fn new_token() -> Action {
    Action::Run(UiCommand::NewInitialToken)
}

fn above_the_bar() -> Margin {
    Margin {
        bottom: 0,
        ..PART_MARGIN
    }
}

/// The first word that is no scope.
fn odd_scope(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| Scope::parse(word).is_none())
}

/// There is none yet: what they are for, and the first step.
fn none_ui(ui: &mut Ui, writable: bool) -> Option<Action> {
    let text = "Whoever holds an initial access token may register clients at this server by a request, until the token \
                ends. It is shown once, and bounds how many clients come and which scopes they may have.";
    style::empty_place(ui, "No initial access tokens", text);
    let pressed = ui.vertical_centered(|ui| {
        writable && style::primary_button(ui, UiCommand::NewInitialToken.label(), true).clicked()
    });
    pressed.inner.then(new_token)
}

fn table_ui(ui: &mut Ui, tokens: &[InitialToken], selected: Option<usize>, now: Timestamp) -> Option<String> {
    let table = Table {
        salt: "initial access tokens",
        name: "Initial access tokens",
        columns: &COLUMNS,
        count: tokens.len(),
        selected,
        row_height: size::ROW,
        sorted: None,
    };
    let name = |index: usize| {
        tokens
            .get(index)
            .map(|token| row_name(token, now))
            .unwrap_or_default()
    };
    let shown = table.ui(ui, name, |ui, cell, what, index| {
        if let Some(token) = tokens.get(index) {
            cell_ui(ui, cell, what, token, index, now);
        }
    });
    shown
        .chosen
        .and_then(|index| tokens.get(index))
        .map(|token| token.id.clone())
}

/// The name of a row: `ci, 2 of 5 clients, in 23 h`.
fn row_name(token: &InitialToken, now: Timestamp) -> String {
    format!(
        "{}, {} clients, {}",
        token.label,
        uses(token),
        state(token, now).0
    )
}

/// Whether it counts and how long, and the tone of it.
fn state(token: &InitialToken, now: Timestamp) -> (String, Tone) {
    if token.expires_at <= now {
        ("expired".to_owned(), Tone::Neutral)
    } else if token.is_living(now) {
        (format!("ends {}", time::until(token.expires_at, now)), Tone::Good)
    } else {
        ("used up".to_owned(), Tone::Neutral)
    }
}

fn uses(token: &InitialToken) -> String {
    match token.uses {
        Some(uses) => format!("{} of {uses}", token.used),
        None => token.used.to_string(),
    }
}

fn scopes(token: &InitialToken) -> String {
    match &token.scopes {
        Some(scopes) => scopes.join(" "),
        None => "those of Dynamic scopes".to_owned(),
    }
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, token: &InitialToken, index: usize, now: Timestamp) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match what {
        Cell::Label => {
            whole_on_hover(ui, cell, ("initial access token", index), &token.label);
            style::cell(ui, cell, &token.label, body, colors.text)
        }
        Cell::State => {
            let (word, tone) = state(token, now);
            style::cell(ui, cell, &word, body, tone.text(colors))
        }
        Cell::Uses => style::cell(ui, cell, &uses(token), body, colors.second),
        Cell::Scopes => style::cell(ui, cell, &scopes(token), body, colors.second),
        Cell::Created => style::cell(ui, cell, &time::day(token.created_at), body, colors.second),
    };
}

/// One token: what it allows, and the way to end it.
fn token_ui(
    ui: &mut Ui,
    token: &InitialToken,
    now: Timestamp,
    writable: bool,
    close: &mut bool,
) -> Option<Action> {
    let mut action = None;
    *close = pane_head_ui(ui, "Initial access token", "Close initial access token");
    style::pane_title(ui, &token.label);
    let (word, tone) = state(token, now);
    style::dot_word(ui, tone, &word);
    if writable && style::danger_button(ui, "Revoke initial access token…").clicked() {
        let (id, label) = (token.id.clone(), token.label.clone());
        action = Some(Action::ask(Dialog::Server(ServerDialog::RevokeToken {
            id,
            label,
        })));
    }
    style::divider(ui);
    for (label, value) in [
        ("Token ID", token.id.clone()),
        ("In the history", format!("dcr:{}", token.label)),
        ("Clients registered", uses(token)),
        ("Scopes at the most", scopes(token)),
        ("Created", time::moment(token.created_at)),
        ("Ends", time::moment(token.expires_at)),
        ("Used last", time::ago(token.last_used_at, now)),
    ] {
        style::label(ui, label);
        ui.add(Label::new(value).wrap());
        ui.add_space(space::XS);
    }
    action
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_named_by_what_the_token_still_allows() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut token = InitialToken {
            id: "abababab".to_owned(),
            label: "ci".to_owned(),
            scopes: None,
            uses: Some(5),
            used: 2,
            last_used_at: None,
            created_at: at(0),
            expires_at: at(7_200),
        };
        assert_eq!(row_name(&token, at(0)), "ci, 2 of 5 clients, ends in 2 h");
        token.used = 5;
        assert_eq!(row_name(&token, at(0)), "ci, 5 of 5 clients, used up");
        token.uses = None;
        assert_eq!(row_name(&token, at(7_200)), "ci, 5 clients, expired");
    }

    #[test]
    fn the_first_word_that_is_no_scope_is_told() {
        assert_eq!(odd_scope(" openid  read:a "), None);
        assert_eq!(odd_scope("openid a\"b c\\d"), Some("a\"b"));
    }
}
