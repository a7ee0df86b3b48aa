//! Resource servers: the APIs that tokens are for, and what each asks of a token for a request.

use eframe::egui::{FontId, Label, Rect, Ui};

use super::consents::list_ui;
use super::rows::Rows;
use super::{address_layout, bar_ui, pane_head_ui, whole_on_hover};
use crate::client::policy::PolicyRule;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, ServerDialog};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::Action;
use crate::desktop::screens::settings::address_ui;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::table::{Column, Table, give_keyboard};
use crate::desktop::worker::{Read, ServerState, Workers};
use crate::protocol::metadata::RESOURCE;
use crate::registry::ResourceServer;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Identifier,
    Slug,
    Scopes,
    Rules,
}

/// Sets the table apart from others.
const SALT: &str = "resource servers";

const COLUMNS: [Column<Cell>; 4] = [
    Column {
        what: Cell::Identifier,
        head: "Identifier",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::Slug,
        head: "Slug",
        width: 140.0,
        from: 0.0,
    },
    Column {
        what: Cell::Scopes,
        head: "Scopes",
        width: 230.0,
        from: 640.0,
    },
    Column {
        what: Cell::Rules,
        head: "Policy",
        width: 110.0,
        from: 480.0,
    },
];

/// The state of the part.
#[derive(Default)]
pub struct ResourcesPart {
    /// The resource servers, by identifier.
    pub rows: Rows<ResourceServer>,
    selected: Option<String>,
}

impl ResourcesPart {
    /// Draws the part.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        state: &ServerState,
        workers: &mut Workers,
        writable: bool,
    ) -> Option<Action> {
        let servers = self.rows.ui(ui, workers, Read::ResourceServers)?;
        if servers.is_empty() {
            return none_ui(ui, writable);
        }
        let place = |selected: &Option<String>| {
            let identifier = selected.as_deref()?;
            servers.iter().position(|server| server.identifier == identifier)
        };
        let is_looking = place(&self.selected).is_some();
        let list_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let mut action = None;
            bar_ui(
                ui,
                "The APIs that tokens are for; each answers here as a real one would",
                |ui| {
                    if writable && style::button(ui, UiCommand::AddResourceServer.label()).clicked() {
                        action = Some(Action::Run(UiCommand::AddResourceServer));
                    }
                },
            );
            if let Some(identifier) = table_ui(ui, servers, place(selected)) {
                *selected = Some(identifier);
            }
            action
        };
        let pane_ui = |selected: &mut Option<String>, ui: &mut Ui| {
            let mut close = false;
            let index = place(selected)?;
            let shown = Shown {
                server: servers.get(index)?,
                all: servers,
                state,
                writable,
            };
            let action = shown.ui(ui, &mut close);
            if close {
                give_keyboard(ui, SALT, index);
                *selected = None;
            }
            action
        };
        let (listed, shown) = list_and_pane_ui(
            ui,
            "resource server",
            &mut self.selected,
            is_looking,
            list_ui,
            pane_ui,
        );
        listed.flatten().or(shown.flatten())
    }

    /// Looks at no resource server any more.
    pub fn close(&mut self) {
        self.selected = None;
    }

    /// The form for a new one, as far as the names that are taken are known.
    pub fn add(&self) -> Dialog {
        let known = self.rows.known().unwrap_or_default();
        Dialog::Server(ServerDialog::add_resource_server("", &[], known))
    }
}

/// There is none yet: what they are for, and the first step.
fn none_ui(ui: &mut Ui, writable: bool) -> Option<Action> {
    let text = "A resource server is an API that tokens are for. Register it by the audience of its tokens, with its scopes \
                and a policy, and this server answers in its place: it takes a bearer token, decides, and shows each check.";
    style::empty_place(ui, "No resource servers yet", text);
    let label = UiCommand::AddResourceServer.label();
    let pressed = ui.vertical_centered(|ui| writable && style::primary_button(ui, label, true).clicked());
    pressed.inner.then(|| Action::Run(UiCommand::AddResourceServer))
}

fn table_ui(ui: &mut Ui, servers: &[ResourceServer], selected: Option<usize>) -> Option<String> {
    let table = Table {
        salt: SALT,
        name: "Resource servers",
        columns: &COLUMNS,
        count: servers.len(),
        selected,
        row_height: size::ROW,
        sorted: None,
    };
    let name = |index: usize| {
        let server = servers.get(index);
        server.map(|server| server.identifier.clone()).unwrap_or_default()
    };
    let shown = table.ui(ui, name, |ui, cell, what, index| {
        if let Some(server) = servers.get(index) {
            cell_ui(ui, cell, what, server, index);
        }
    });
    let chosen = shown.chosen.and_then(|index| servers.get(index));
    chosen.map(|server| server.identifier.clone())
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, server: &ResourceServer, index: usize) {
    let colors = palette(ui);
    let (body, mono) = (FontId::proportional(font::BODY), FontId::monospace(font::MONO));
    match what {
        Cell::Identifier => {
            whole_on_hover(ui, cell, ("resource server", index), &server.identifier);
            style::cell(ui, cell, &server.identifier, body, colors.text)
        }
        Cell::Slug => style::cell(ui, cell, &server.slug, mono, colors.second),
        Cell::Scopes => style::cell(ui, cell, &server.scopes.join(" "), mono, colors.second),
        Cell::Rules => {
            let (text, ink) = match server.policy.rules().len() {
                0 => ("Denies all".to_owned(), Tone::Warning.text(colors)),
                1 => ("1 rule".to_owned(), colors.second),
                many => (format!("{many} rules"), colors.second),
            };
            style::cell(ui, cell, &text, body, ink)
        }
    };
}

/// One resource server in the pane.
struct Shown<'a> {
    server: &'a ResourceServer,
    all: &'a [ResourceServer],
    state: &'a ServerState,
    writable: bool,
}

impl Shown<'_> {
    fn ui(&self, ui: &mut Ui, close: &mut bool) -> Option<Action> {
        let server = self.server;
        let mut action = None;
        *close = pane_head_ui(ui, "Resource server", "Close resource server");
        style::pane_title(ui, &server.slug);
        let identifier = style::mono(ui, &server.identifier).color(palette(ui).second);
        ui.add(Label::new(identifier).wrap());
        if self.writable {
            action = self.buttons_ui(ui);
        }
        style::divider(ui);
        if let ServerState::Running { issuer, .. } = self.state {
            let address = format!("{}{RESOURCE}/{}", issuer.trim_end_matches('/'), server.slug);
            let layout = address_layout(ui);
            let copied = address_ui(ui, layout, "Resource address", "Copy resource address", &address);
            action = action.or(copied);
        }
        list_ui(ui, "Scopes", &server.scopes, "None is known of it");
        ui.add_space(space::S);
        if let Some(client_id) = &server.introspecting_client {
            style::label(ui, "Introspecting client");
            ui.add(Label::new(style::mono(ui, client_id.as_str())).wrap());
            if style::button(ui, "Open client").clicked() {
                action = Some(Action::Open(client_id.clone()));
            }
            ui.add_space(space::S);
        }
        policy_ui(ui, server.policy.rules());
        action
    }

    fn buttons_ui(&self, ui: &mut Ui) -> Option<Action> {
        let mut asked = None;
        ui.horizontal_wrapped(|ui| {
            if style::button(ui, "Edit resource server…").clicked() {
                asked = Some(ServerDialog::edit_resource_server(self.server, self.all));
            }
            if style::danger_button(ui, "Remove resource server…").clicked() {
                asked = Some(ServerDialog::RemoveResourceServer(self.server.identifier.clone()));
            }
        });
        asked.map(|dialog| Action::ask(Dialog::Server(dialog)))
    }
}

/// The rules, and what holds beside them.
fn policy_ui(ui: &mut Ui, rules: &[PolicyRule]) {
    style::label(ui, "Policy");
    if rules.is_empty() {
        let ink = Tone::Warning.text(palette(ui));
        let text = "It has no rules, so it denies every request. Add a rule for what it shall allow.";
        ui.add(Label::new(style::second(ui, text).color(ink)).wrap());
        return;
    }
    for rule in rules {
        ui.add(Label::new(style::mono(ui, rule.to_string())).wrap());
        ui.add(Label::new(style::second(ui, needs(rule))).wrap());
    }
    ui.add_space(space::XS);
    let note = "The most specific path decides, then a named method. What no rule fits is denied";
    ui.add(Label::new(style::faint(ui, note)).wrap());
}

/// What a rule asks of a token: `needs read write and client_id=payroll`.
fn needs(rule: &PolicyRule) -> String {
    let claims: Vec<String> = rule.claims.iter().map(ToString::to_string).collect();
    let needed: Vec<String> = [rule.scopes.join(" "), claims.join(" ")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    match needed.as_slice() {
        [] => "any token for this resource server".to_owned(),
        parts => format!("needs {}", parts.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_what_it_needs() {
        let rule = |scopes: &[&str], claims: &[&str]| -> PolicyRule {
            let json = serde_json::json!({ "method": null, "path": "/", "scopes": scopes, "claims": claims });
            serde_json::from_value(json).unwrap()
        };
        assert_eq!(needs(&rule(&[], &[])), "any token for this resource server");
        assert_eq!(needs(&rule(&["a", "b"], &["sub=x"])), "needs a b and sub=x");
    }
}
