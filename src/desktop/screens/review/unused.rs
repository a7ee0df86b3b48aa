//! What nobody uses: clients without a token for long, and scopes that clients in use never ask for.

use std::collections::{BTreeSet, HashSet};

use eframe::egui::{FontId, Frame, Margin, Rect, Ui};
use jiff::Timestamp;

use super::finding::{self, Wish};
use super::head::Head;
use super::looked_at::LookedAt;
use crate::audit::{AuditRule, FactRule, Settings};
use crate::client::{ClientId, Weight, make_visible};
use crate::desktop::dialogs::Dialog;
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::clients::grouped;
use crate::desktop::screens::{Action, Rights};
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size};
use crate::desktop::table::{Column, Spoken, Table, badge_cell, give_keyboard};
use crate::desktop::time;
use crate::desktop::worker::findings::FindingKey;
use crate::desktop::worker::{ClientAct, Found, Seen, Workers};

/// The most clients that are disabled at once: so many are acted on, one by one, while somebody waits.
const MOST: usize = 1_000;
/// Sets the table apart from others.
const SALT: &str = "unused";
/// The margin of the bar over the table.
const BAR_MARGIN: Margin = Margin {
    left: 20,
    right: 20,
    top: 0,
    bottom: 8,
};

/// What is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    #[default]
    Clients,
    Scopes,
}

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Client,
    Scope,
    LastUse,
    Owner,
    Remark,
}

const CLIENTS: [Column<Cell>; 4] = [
    Column {
        what: Cell::Client,
        head: "Client",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::LastUse,
        head: "Last use",
        width: 120.0,
        from: 0.0,
    },
    Column {
        what: Cell::Owner,
        head: "Owner",
        width: 190.0,
        from: 560.0,
    },
    Column {
        what: Cell::Remark,
        head: "",
        width: 130.0,
        from: 700.0,
    },
];

const SCOPES: [Column<Cell>; 4] = [
    Column {
        what: Cell::Client,
        head: "Client",
        width: 200.0,
        from: 0.0,
    },
    Column {
        what: Cell::Scope,
        head: "Scope",
        width: 0.0,
        from: 0.0,
    },
    Column {
        what: Cell::LastUse,
        head: "Client used",
        width: 120.0,
        from: 460.0,
    },
    Column {
        what: Cell::Owner,
        head: "Owner",
        width: 190.0,
        from: 640.0,
    },
];

/// The state of the tab.
#[derive(Default)]
pub(super) struct UnusedTab {
    what: What,
    /// What is looked at, and what stands beside it.
    pub looked_at: LookedAt,
    /// The clients that something is to be done to.
    chosen: BTreeSet<ClientId>,
}

impl UnusedTab {
    /// The audit ran: what is no longer unused is no longer selected.
    pub fn follow(&mut self, unused: &[Found]) {
        if !self.chosen.is_empty() {
            let there: HashSet<&ClientId> = unused.iter().map(|found| &found.client.client_id).collect();
            self.chosen.retain(|chosen| there.contains(chosen));
        }
    }

    /// The finding that is looked at.
    pub fn found<'a>(&self, head: &'a Head) -> Option<&'a Found> {
        let key = self.looked_at.key()?;
        let review = head.review()?;
        let mut unused = review.unused_clients.iter().chain(&review.unused_scopes);
        unused.find(|found| FindingKey::of(found) == *key)
    }

    /// Draws the tab.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        head: &Head,
        settings: &Settings,
        workers: &mut Workers,
        rights: Rights,
    ) -> Option<Action> {
        self.looked_at.ask(workers);
        let writable = rights.change;
        let review = head.review()?;
        let counts = [review.unused_clients.len(), review.unused_scopes.len()];
        let rows: &[Found] = match self.what {
            What::Clients => &review.unused_clients,
            What::Scopes => &review.unused_scopes,
        };
        let place = |looked_at: &LookedAt| {
            let looked_at = looked_at.key()?;
            rows.iter().position(|found| is_it(found, looked_at))
        };
        let is_looking = place(&self.looked_at).is_some();
        let list_ui = |tab: &mut Self, ui: &mut Ui| {
            let action = tab.bar_ui(ui, counts, rows, settings, writable);
            tab.table_ui(ui, rows, place(&tab.looked_at), settings);
            action
        };
        let pane_ui = |tab: &mut Self, ui: &mut Ui| {
            let index = place(&tab.looked_at)?;
            let found = rows.get(index)?;
            let neighbours = finding::Neighbours {
                before: index > 0,
                behind: index + 1 < rows.len(),
            };
            let wish = finding::finding_ui(ui, found, tab.looked_at.beside(), neighbours, rights);
            if writable && tab.what == What::Clients && style::danger_button(ui, "Disable client").clicked() {
                return Some(disable(&[found]));
            }
            match wish? {
                Wish::Close => {
                    give_keyboard(ui, SALT, index);
                    tab.looked_at.close();
                }
                Wish::Step { forward } => {
                    let next = if forward {
                        index + 1
                    } else {
                        index.saturating_sub(1)
                    };
                    if let Some(found) = rows.get(next) {
                        tab.looked_at.look(found, None, Some(next));
                    }
                }
                Wish::Do(action) => return Some(action),
            }
            None
        };
        let (listed, shown) = list_and_pane_ui(ui, "unused", self, is_looking, list_ui, pane_ui);
        listed.flatten().or(shown.flatten())
    }

    /// Looks at nothing any more.
    pub fn close(&mut self) {
        self.looked_at.close();
        self.chosen.clear();
    }

    /// What is listed, by which days, and what can be done with those that are selected.
    fn bar_ui(
        &mut self,
        ui: &mut Ui,
        [clients, scopes]: [usize; 2],
        rows: &[Found],
        settings: &Settings,
        writable: bool,
    ) -> Option<Action> {
        let mut action = None;
        Frame::new().inner_margin(BAR_MARGIN).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                for (what, word, count) in [
                    (What::Clients, "Unused clients", clients),
                    (What::Scopes, "Unused scopes", scopes),
                ] {
                    let chip = style::toggle_chip(ui, word, self.what == what, Tone::Good);
                    let count = grouped(count as u64);
                    ui.label(style::second(ui, count.as_str()));
                    crate::desktop::form::description(&chip, &count);
                    if chip.clicked() {
                        self.what = what;
                        self.looked_at.close();
                    }
                }
                let days = format!(
                    "without a token for more than {} days, which the tab Rules sets",
                    settings.unused_days
                );
                ui.label(style::faint(ui, days));
            });
            if !writable || self.what != What::Clients || rows.is_empty() {
                return;
            }
            ui.horizontal_wrapped(|ui| {
                if style::button(ui, "Select all").clicked() {
                    let ids = rows.iter().take(MOST).map(|found| found.client.client_id.clone());
                    self.chosen = ids.collect();
                }
                if self.chosen.is_empty() {
                    return drop(ui.label(style::faint(ui, "Ctrl and a click selects several")));
                }
                if style::button(ui, "Select none").clicked() {
                    self.chosen.clear();
                }
                if style::danger_button(ui, "Disable selected clients…").clicked() {
                    let chosen = rows
                        .iter()
                        .filter(|found| self.chosen.contains(&found.client.client_id));
                    let chosen: Vec<&Found> = chosen.collect();
                    action = Some(disable(&chosen));
                }
                let cut = if rows.len() > MOST && self.chosen.len() == MOST {
                    ", the most at once"
                } else {
                    ""
                };
                ui.label(style::second(
                    ui,
                    format!("{} selected{cut}", grouped(self.chosen.len() as u64)),
                ));
            });
        });
        action
    }

    fn table_ui(&mut self, ui: &mut Ui, rows: &[Found], selected: Option<usize>, settings: &Settings) {
        if rows.is_empty() {
            let (title, text) = empty(self.what, settings);
            return style::empty_place(ui, title, &text);
        }
        let now = Timestamp::now();
        let what = self.what;
        let table = Table {
            salt: SALT,
            name: "Unused",
            columns: if what == What::Clients { &CLIENTS } else { &SCOPES },
            count: rows.len(),
            selected,
            row_height: size::ROW,
            sorted: None,
        };
        let said = |index: usize| {
            rows.get(index)
                .map(|found| spoken(found, now))
                .unwrap_or_default()
        };
        let is_chosen = |index: usize| {
            rows.get(index).is_some_and(|found| {
                selected == Some(index)
                    || what == What::Clients && self.chosen.contains(&found.client.client_id)
            })
        };
        let pressed = table.selecting_ui(ui, said, is_chosen, |ui, cell, what, index: usize| {
            if let Some(found) = rows.get(index) {
                cell_ui(ui, cell, what, found, now);
            }
        });
        let Some(found) = pressed.chosen.and_then(|index: usize| rows.get(index)) else {
            return;
        };
        let client_id = &found.client.client_id;
        if pressed.modifiers.command && what == What::Clients {
            if !self.chosen.remove(client_id) && self.chosen.len() < MOST {
                self.chosen.insert(client_id.clone());
            }
        } else {
            self.chosen.clear();
            self.looked_at.look(found, None, None);
        }
    }
}

fn is_it(found: &Found, key: &FindingKey) -> bool {
    let finding = found.finding();
    found.client.client_id == key.client_id && finding.rule == key.rule && finding.value == key.value
}

/// The question before clients are disabled.
fn disable(found: &[&Found]) -> Action {
    let seen = found.iter().map(|found| Seen {
        client_id: found.client.client_id.clone(),
        name: found.client.name.clone(),
        version: found.client.version,
        standing: found.client.standing,
    });
    Action::ask(Dialog::each(ClientAct::Disable, seen.collect()))
}

/// What stands where there is nothing: everything is in use, or nobody wants to hear of it.
fn empty(what: What, settings: &Settings) -> (&'static str, String) {
    let is_off = |rule| settings.weight(AuditRule::Facts(rule)) == Some(Weight::Off);
    let off = match what {
        What::Clients if is_off(FactRule::ClientUnused) => Some("client-unused"),
        What::Scopes if is_off(FactRule::ScopeUnused) => Some("scope-unused"),
        What::Clients | What::Scopes => None,
    };
    if let Some(rule) = off {
        let text = format!("The rule {rule} is off. The tab Rules sets how bad it is.");
        return ("Nothing is looked for", text);
    }
    let days = settings.unused_days;
    match what {
        What::Clients => (
            "Every client is in use",
            format!(
                "Each client that is switched on got a token in the last {days} days, or is younger than that."
            ),
        ),
        What::Scopes => (
            "Every scope is in use",
            format!(
                "Each client in use asked for each of its scopes in the last {days} days, or is younger than that."
            ),
        ),
    }
}

/// Who is told: the first contact, and how many more there are.
fn owner(found: &Found) -> String {
    match found.client.contacts.as_slice() {
        [] => "none".to_owned(),
        [one] => make_visible(one),
        [first, more @ ..] => format!("{} and {} more", make_visible(first), more.len()),
    }
}

fn spoken(found: &Found, now: Timestamp) -> Spoken {
    let (client, finding) = (&found.client, found.finding());
    let used = time::ago(client.last_used_at, now);
    let name = match &finding.value {
        Some(scope) if finding.rule == AuditRule::Facts(FactRule::ScopeUnused) => {
            format!("{}: {}", client.name, make_visible(scope))
        }
        _ => client.name.clone(),
    };
    let orphan = if is_orphan(found) {
        ", registered itself"
    } else {
        ""
    };
    Spoken {
        name,
        cells: format!("last used {used}, owner {}{orphan}", owner(found)),
        ..Spoken::default()
    }
}

fn is_orphan(found: &Found) -> bool {
    found.finding().rule == AuditRule::Facts(FactRule::DcrOrphan)
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, found: &Found, now: Timestamp) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    let text = |text: &str, font: FontId, color| {
        style::cell(ui, cell, text, font, color);
    };
    match what {
        Cell::Client => text(&make_visible(&found.client.name), body, colors.text),
        Cell::Scope => {
            let scope = found.finding().value.as_deref().unwrap_or_default();
            text(&make_visible(scope), FontId::monospace(font::MONO), colors.second);
        }
        Cell::LastUse => text(&time::ago(found.client.last_used_at, now), body, colors.second),
        Cell::Owner => text(&owner(found), body, colors.second),
        Cell::Remark if is_orphan(found) => badge_cell(ui, cell, "Registered itself", Tone::Warning),
        Cell::Remark => {}
    }
}
