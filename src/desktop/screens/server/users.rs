//! Test users: who signs in while a client is being tried out.

use eframe::egui::{FontId, Label, Rect, Ui};

use super::rows::Rows;
use super::{bar_ui, pane_head_ui, whole_on_hover};
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, ServerDialog};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette, tokens::font, tokens::size};
use crate::desktop::table::{Column, Table, give_keyboard};
use crate::desktop::time;
use crate::desktop::worker::{Read, TestUser, Workers};

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Name,
    Claims,
    Created,
}

/// Sets the table apart from others.
const SALT: &str = "test users";

const COLUMNS: [Column<Cell>; 3] = [
    Column {
        what: Cell::Name,
        head: "Name",
        width: 220.0,
        from: 0.0,
    },
    Column {
        what: Cell::Claims,
        head: "Claims told",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::Created,
        head: "Created",
        width: 120.0,
        from: 480.0,
    },
];

/// The state of the part.
#[derive(Default)]
pub struct UsersPart {
    /// The users, by name.
    pub rows: Rows<TestUser>,
    selected: Option<String>,
}

impl UsersPart {
    /// Draws the part.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, writable: bool) -> Option<Action> {
        let users = self.rows.ui(ui, workers, Read::Users)?;
        if users.is_empty() {
            return none_ui(ui, writable);
        }
        let place = |selected: &Option<String>| {
            let name = selected.as_deref()?;
            users.iter().position(|user| user.name == name)
        };
        let is_looking = place(&self.selected).is_some();
        let list_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let mut action = None;
            bar_ui(ui, "They sign in while you try a client out", |ui| {
                if writable && style::button(ui, UiCommand::AddTestUser.label()).clicked() {
                    action = Some(add_user(users));
                }
            });
            if let Some(name) = table_ui(ui, users, place(selected)) {
                *selected = Some(name);
            }
            action
        };
        let pane_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let mut close = false;
            let index = place(selected)?;
            let action = user_ui(ui, users.get(index)?, writable, &mut close);
            if close {
                give_keyboard(ui, SALT, index);
                *selected = None;
            }
            action
        };
        let (listed, shown) =
            list_and_pane_ui(ui, "test user", &mut self.selected, is_looking, list_ui, pane_ui);
        listed.flatten().or(shown.flatten())
    }

    /// Looks at no user any more.
    pub fn close(&mut self) {
        self.selected = None;
    }

    /// The form for a new user, as far as the names that are taken are known.
    pub fn add(&self) -> Dialog {
        let known = self.rows.known().unwrap_or_default();
        new_user(known)
    }
}

pub(super) fn add_user(users: &[TestUser]) -> Action {
    Action::ask(new_user(users))
}

fn new_user(users: &[TestUser]) -> Dialog {
    let taken = users.iter().map(|user| user.name.clone()).collect();
    Dialog::Server(ServerDialog::add_user(taken))
}

/// There is none yet: what they are for, and the first step.
fn none_ui(ui: &mut Ui, writable: bool) -> Option<Action> {
    let text = "A test user signs in on the login page of this server, so that a client can be tried out without a real \
                person: with a name, a password, and the claims that ID tokens tell.";
    style::empty_place(ui, "No test users yet", text);
    let pressed = ui.vertical_centered(|ui| {
        writable && style::primary_button(ui, UiCommand::AddTestUser.label(), true).clicked()
    });
    pressed.inner.then(|| add_user(&[]))
}

fn table_ui(ui: &mut Ui, users: &[TestUser], selected: Option<usize>) -> Option<String> {
    let table = Table {
        salt: SALT,
        name: "Test users",
        columns: &COLUMNS,
        count: users.len(),
        selected,
        row_height: size::ROW,
        sorted: None,
    };
    let name = |index: usize| users.get(index).map(|user| user.name.clone()).unwrap_or_default();
    let shown = table.ui(ui, name, |ui, cell, what, index| {
        if let Some(user) = users.get(index) {
            cell_ui(ui, cell, what, user, index);
        }
    });
    shown
        .chosen
        .and_then(|index| users.get(index))
        .map(|user| user.name.clone())
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, user: &TestUser, index: usize) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match what {
        Cell::Name => {
            whole_on_hover(ui, cell, ("user", index), &user.name);
            style::cell(ui, cell, &user.name, body, colors.text)
        }
        Cell::Claims => {
            let mono = FontId::monospace(font::MONO);
            style::cell(ui, cell, &claim_names(user), mono, colors.second)
        }
        Cell::Created => style::cell(ui, cell, &time::day(user.created_at), body, colors.second),
    };
}

/// The names of a user's claims: `email, name`.
fn claim_names(user: &TestUser) -> String {
    let names: Vec<&str> = user.claims.keys().map(String::as_str).collect();
    names.join(", ")
}

/// One user: what is told of the person, and what may be done.
fn user_ui(ui: &mut Ui, user: &TestUser, writable: bool, close: &mut bool) -> Option<Action> {
    let mut asked = None;
    *close = pane_head_ui(ui, "Test user", "Close test user");
    style::pane_title(ui, &user.name);
    ui.label(style::second(
        ui,
        format!("Created {}", time::moment(user.created_at)),
    ));
    if writable {
        ui.horizontal_wrapped(|ui| {
            if style::button(ui, "Set password…").clicked() {
                asked = Some(ServerDialog::set_password(user.name.clone()));
            }
            if style::button(ui, "Edit claims…").clicked() {
                asked = Some(ServerDialog::edit_claims(user.name.clone(), &user.claims));
            }
            if style::danger_button(ui, "Remove test user…").clicked() {
                asked = Some(ServerDialog::RemoveUser(user.name.clone()));
            }
        });
    }
    style::divider(ui);
    style::label(ui, "Claims");
    if user.claims.is_empty() {
        ui.label(style::second(ui, "None: tokens name the user and say no more"));
    } else {
        style::code_block(ui, |ui| {
            let claims = serde_json::to_string_pretty(&user.claims).unwrap_or_default();
            ui.add(Label::new(style::mono(ui, claims)).wrap());
        });
        let note = "Each is told with its scope: name with profile, email with email, and one of your own with openid";
        ui.label(style::faint(ui, note));
    }
    asked.map(|dialog| Action::ask(Dialog::Server(dialog)))
}
