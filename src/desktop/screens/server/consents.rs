//! What test users allowed clients, so that the next time need not ask.

use eframe::egui::{FontId, Label, Rect, Ui};

use super::rows::Rows;
use super::{bar_ui, pane_head_ui, whole_on_hover};
use crate::client::ClientId;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, ServerDialog};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::table::{Column, Table, give_keyboard};
use crate::desktop::time;
use crate::desktop::worker::{Read, ServerState, TestUser, Workers};
use crate::protocol::metadata::OPENID_CONFIGURATION;
use crate::registry::Consent;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    User,
    Client,
    Scopes,
    Resources,
    GivenAt,
}

/// Sets the table apart from others.
const SALT: &str = "consents";

const COLUMNS: [Column<Cell>; 5] = [
    Column {
        what: Cell::User,
        head: "Test user",
        width: 130.0,
        from: 0.0,
    },
    Column {
        what: Cell::Client,
        head: "Client",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::Scopes,
        head: "Scopes",
        width: 230.0,
        from: 480.0,
    },
    Column {
        what: Cell::Resources,
        head: "Resources",
        width: 190.0,
        from: 900.0,
    },
    Column {
        what: Cell::GivenAt,
        head: "Given",
        width: 110.0,
        from: 640.0,
    },
];

/// Which consent: there is one for each user, client and set of resource servers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    user: String,
    client_id: ClientId,
    resources: Vec<String>,
}

impl From<&Consent> for Key {
    fn from(consent: &Consent) -> Self {
        Self {
            user: consent.user.clone(),
            client_id: consent.client_id.clone(),
            resources: consent.resources.clone(),
        }
    }
}

/// The state of the part.
#[derive(Default)]
pub struct ConsentsPart {
    /// The consents, by user and client.
    pub rows: Rows<Consent>,
    selected: Option<Key>,
}

impl ConsentsPart {
    /// Draws the part.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, writable: bool) -> Option<Action> {
        let consents = self.rows.ui(ui, workers, Read::Consents)?;
        if consents.is_empty() {
            return None;
        }
        let place = |selected: &Option<Key>| {
            let key = selected.as_ref()?;
            consents.iter().position(|consent| Key::from(consent) == *key)
        };
        let is_looking = place(&self.selected).is_some();
        let list_ui = |selected: &mut Option<Key>, ui: &mut Ui| {
            bar_ui(ui, "What is allowed here is not asked again", |_| {});
            let chosen = table_ui(ui, consents, place(selected));
            if let Some(consent) = chosen.and_then(|index| consents.get(index)) {
                *selected = Some(consent.into());
            }
        };
        let pane_ui = |selected: &mut Option<Key>, ui: &mut Ui| {
            let mut close = false;
            let index = place(selected)?;
            let action = consent_ui(ui, consents.get(index)?, writable, &mut close);
            if close {
                give_keyboard(ui, SALT, index);
                *selected = None;
            }
            action
        };
        let (_, shown) = list_and_pane_ui(ui, "consent", &mut self.selected, is_looking, list_ui, pane_ui);
        shown.flatten()
    }

    /// Whether it is known that nothing was allowed.
    pub fn is_empty(&self) -> bool {
        self.rows.known().is_some_and(<[Consent]>::is_empty)
    }

    /// Looks at no consent any more.
    pub fn close(&mut self) {
        self.selected = None;
    }
}

/// Nothing was allowed yet: how it comes to be, and the next step on the way.
pub fn none_ui(
    ui: &mut Ui,
    state: &ServerState,
    users: Option<&[TestUser]>,
    writable: bool,
) -> Option<Action> {
    let text = "When a test user signs in and allows an application something, it stands here and is not asked again, \
                until you withdraw it. ";
    let has_user = users.is_some_and(|users| !users.is_empty());
    let openid_configuration = match state {
        ServerState::Running { endpoints, .. } => {
            endpoints.iter().find(|url| url.ends_with(OPENID_CONFIGURATION))
        }
        _ => None,
    };
    let (next, button) = match openid_configuration {
        _ if !has_user && writable => (
            "To see it, add a test user who can sign in.",
            Some(UiCommand::AddTestUser.label()),
        ),
        Some(_) => (
            "To see it, have an application sign in here: it finds everything by the OpenID configuration, or by the issuer \
             above.",
            Some("Copy OpenID configuration address"),
        ),
        None => (
            "To see it, start the server and have an application sign in there.",
            None,
        ),
    };
    style::empty_place(ui, "Nothing was allowed yet", &format!("{text}{next}"));
    let button = button?;
    let pressed = ui.vertical_centered(|ui| style::primary_button(ui, button, true).clicked());
    pressed.inner.then(|| match openid_configuration {
        Some(address) if has_user || !writable => Action::CopyText(address.clone()),
        _ => Action::Run(UiCommand::AddTestUser),
    })
}

fn table_ui(ui: &mut Ui, consents: &[Consent], selected: Option<usize>) -> Option<usize> {
    let table = Table {
        salt: SALT,
        name: "Consents",
        columns: &COLUMNS,
        count: consents.len(),
        selected,
        row_height: size::ROW,
        sorted: None,
    };
    let name = |index: usize| consents.get(index).map(row_name).unwrap_or_default();
    let shown = table.ui(ui, name, |ui, cell, what, index| {
        if let Some(consent) = consents.get(index) {
            cell_ui(ui, cell, what, consent, index);
        }
    });
    shown.chosen
}

/// The name of a row: `ada allowed Billing portal openid email at https://api.example.com`.
fn row_name(consent: &Consent) -> String {
    let mut name = format!(
        "{} allowed {} {}",
        consent.user,
        consent.client_name,
        consent.scopes.join(" ")
    );
    if !consent.resources.is_empty() {
        name = format!("{name} at {}", consent.resources.join(" "));
    }
    name
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, consent: &Consent, index: usize) {
    let colors = palette(ui);
    let (body, mono) = (FontId::proportional(font::BODY), FontId::monospace(font::MONO));
    match what {
        Cell::User => {
            whole_on_hover(ui, cell, ("allowing user", index), &consent.user);
            style::cell(ui, cell, &consent.user, body, colors.text)
        }
        Cell::Client => {
            whole_on_hover(ui, cell, ("allowed client", index), consent.client_id.as_str());
            style::cell(ui, cell, &consent.client_name, body, colors.text)
        }
        Cell::Scopes => style::cell(ui, cell, &consent.scopes.join(" "), mono, colors.second),
        Cell::Resources => style::cell(ui, cell, &consent.resources.join(" "), mono, colors.second),
        Cell::GivenAt => style::cell(ui, cell, &time::day(consent.given_at), body, colors.second),
    };
}

/// One consent whole, and the way to end it.
fn consent_ui(ui: &mut Ui, consent: &Consent, writable: bool, close: &mut bool) -> Option<Action> {
    let mut action = None;
    *close = pane_head_ui(ui, "Consent", "Close consent");
    style::pane_title(ui, &consent.client_name);
    let client_id = style::mono(ui, consent.client_id.as_str()).color(palette(ui).second);
    ui.add(Label::new(client_id).truncate());
    let given = format!("Allowed by {} · {}", consent.user, time::moment(consent.given_at));
    ui.label(style::second(ui, given));
    ui.horizontal_wrapped(|ui| {
        if style::button(ui, "Open client").clicked() {
            action = Some(Action::Open(consent.client_id.clone()));
        }
        if writable && style::danger_button(ui, "Withdraw consent…").clicked() {
            let dialog = ServerDialog::WithdrawConsent {
                user: consent.user.clone(),
                client_id: consent.client_id.clone(),
                client_name: consent.client_name.clone(),
            };
            action = Some(Action::ask(Dialog::Server(dialog)));
        }
    });
    style::divider(ui);
    list_ui(ui, "Scopes", &consent.scopes, "None");
    ui.add_space(space::S);
    list_ui(ui, "Resources", &consent.resources, "None was named");
    action
}

/// A list of short values, each on its line; and a word where there is none.
pub(super) fn list_ui(ui: &mut Ui, label: &str, values: &[String], none: &str) {
    style::label(ui, label);
    if values.is_empty() {
        ui.label(style::second(ui, none));
    }
    for value in values {
        ui.add(Label::new(style::mono(ui, value)).wrap());
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_row_is_named_by_who_allowed_what_to_whom_where() {
        let consent = Consent {
            user: "ada".to_owned(),
            client_id: ClientId::parse("billing").unwrap(),
            client_name: "Billing portal".to_owned(),
            scopes: vec!["openid".to_owned(), "email".to_owned()],
            resources: vec!["https://api.example.com".to_owned()],
            given_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(
            row_name(&consent),
            "ada allowed Billing portal openid email at https://api.example.com"
        );
    }
}
