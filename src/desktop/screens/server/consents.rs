//! What test users allowed clients, so that the next time need not ask.

use eframe::egui::{CentralPanel, FontId, Frame, Label, Rect, Ui};

use super::rows::Rows;
use super::{bar_ui, pane_head_ui, whole_on_hover};
use crate::client::ClientId;
use crate::desktop::dialogs::{Dialog, ServerDialog};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::table::{Column, Table, pane_ui};
use crate::desktop::time;
use crate::desktop::worker::{Read, Workers};
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
            let text = "When a test user allows a client something on the consent page, it stands here and is not asked \
                        again, until you withdraw it.";
            style::empty_place(ui, "Nothing was allowed yet", text);
            return None;
        }
        let mut action = None;
        let mut close = false;
        let is_selected = |consent: &&Consent| self.selected.as_ref() == Some(&Key::from(*consent));
        if let Some(consent) = consents.iter().find(is_selected) {
            action = pane_ui(ui, "consent", |ui| consent_ui(ui, consent, writable, &mut close));
        }
        let selected = consents.iter().position(|consent| is_selected(&consent));
        let chosen = CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
            bar_ui(ui, "What is allowed here is not asked again", |_| {});
            table_ui(ui, consents, selected)
        });
        if let Some(consent) = chosen.inner.and_then(|index| consents.get(index)) {
            self.selected = Some(consent.into());
        }
        if close {
            self.selected = None;
        }
        action
    }
}

fn table_ui(ui: &mut Ui, consents: &[Consent], selected: Option<usize>) -> Option<usize> {
    let table = Table {
        salt: "consents",
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

fn list_ui(ui: &mut Ui, label: &str, values: &[String], none: &str) {
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
