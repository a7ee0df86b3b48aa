//! What the server was asked lately, as it comes.

use std::collections::HashMap;
use std::time::Duration;

use eframe::egui::{FontId, Frame, Label, Margin, Panel, Rect, Ui};

use super::{PART_MARGIN, whole_on_hover};
use crate::client::ClientId;
use crate::desktop::screens::{Action, Screen};
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size};
use crate::desktop::table::{Column, Table};
use crate::desktop::time;
use crate::desktop::worker::{Read, ServerState, Work, Workers};
use crate::protocol::access::{Decision, Outcome};
use crate::server::LoggedRequest;

/// How often the requests are asked for while they are shown.
const EVERY: Duration = Duration::from_secs(1);

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    At,
    Method,
    Path,
    Status,
    Client,
    Reason,
}

const COLUMNS: [Column<Cell>; 6] = [
    Column {
        what: Cell::At,
        head: "Time",
        width: 84.0,
        from: 0.0,
    },
    Column {
        what: Cell::Method,
        head: "Method",
        width: 72.0,
        from: 520.0,
    },
    Column {
        what: Cell::Path,
        head: "Path",
        width: 190.0,
        from: 0.0,
    },
    Column {
        what: Cell::Status,
        head: "Status",
        width: 64.0,
        from: 0.0,
    },
    Column {
        what: Cell::Client,
        head: "Client",
        width: 150.0,
        from: 640.0,
    },
    Column {
        what: Cell::Reason,
        head: "Why it was refused",
        width: 0.0,
        from: 0.0,
    },
];

/// The state of the part.
#[derive(Default)]
pub struct RequestsPart {
    /// The newest first.
    requests: Vec<LoggedRequest>,
    asked: Option<u64>,
    /// When the requests were asked for last, by the window's own clock.
    asked_at: Option<f64>,
    selected: Option<u64>,
    only_refused: bool,
    /// What clients are called; nothing for one that is gone.
    names: HashMap<ClientId, Option<String>>,
    names_asked: Option<(u64, Vec<ClientId>)>,
}

impl RequestsPart {
    /// Takes the requests in, which come the oldest first.
    pub fn take(&mut self, number: u64, requests: Vec<LoggedRequest>) {
        if self.asked.take_if(|asked| *asked == number).is_some() {
            self.requests = requests;
            self.requests.reverse();
        }
    }

    /// Takes in what clients are called.
    pub fn take_names(&mut self, number: u64, named: Vec<(ClientId, String)>) {
        let Some((_, asked)) = self.names_asked.take_if(|(asked, _)| *asked == number) else {
            return;
        };
        self.names
            .extend(asked.into_iter().map(|client_id| (client_id, None)));
        let named = named.into_iter().map(|(client_id, name)| (client_id, Some(name)));
        self.names.extend(named);
    }

    /// The registry changed: a client may have another name.
    pub fn forget_names(&mut self) {
        self.names.clear();
        self.names_asked = None;
    }

    /// Looks at no request any more.
    pub fn close(&mut self) {
        self.selected = None;
    }

    /// Draws the part.
    pub fn ui(&mut self, ui: &mut Ui, state: &ServerState, workers: &mut Workers) -> Option<Action> {
        match state {
            ServerState::Running { .. } => {}
            ServerState::Starting => {
                let text = "The first start makes the signing keys and takes a moment longer.";
                style::empty_place(ui, "The server is starting", text);
                return None;
            }
            ServerState::Stopped | ServerState::Failed(_) => {
                let text = "It issues real tokens to the clients of this registry, and listens on this machine only. \
                            Start it to request a token here, or from an application on this machine.";
                style::empty_place(ui, "The server is not running", text);
                return None;
            }
        }
        self.poll(ui, workers);
        if self.requests.is_empty() {
            return none_yet_ui(ui);
        }
        self.ask_for_names(workers);
        self.bar_ui(ui);
        let action = self.whole_ui(ui);
        self.table_ui(ui);
        action
    }

    /// Asks for the requests once a second, and has the window drawn again for it.
    fn poll(&mut self, ui: &Ui, workers: &mut Workers) {
        let now = ui.input(|input| input.time);
        let is_due = self.asked_at.is_none_or(|at| now - at >= EVERY.as_secs_f64());
        if is_due && self.asked.is_none() {
            self.asked_at = Some(now);
            self.asked = Some(workers.send(Work::Requests));
        }
        ui.ctx().request_repaint_after(EVERY);
    }

    fn ask_for_names(&mut self, workers: &mut Workers) {
        if self.names_asked.is_some() {
            return;
        }
        let mut unknown: Vec<ClientId> = Vec::new();
        for client_id in self
            .requests
            .iter()
            .filter_map(|request| request.client_id.as_ref())
        {
            if !self.names.contains_key(client_id) && !unknown.contains(client_id) {
                unknown.push(client_id.clone());
            }
        }
        if !unknown.is_empty() {
            let number = workers.send(Read::ClientNames(unknown.clone()));
            self.names_asked = Some((number, unknown));
        }
    }

    /// What the client of a request is called; its identifier, where it has no name.
    fn client<'a>(&'a self, request: &'a LoggedRequest) -> Option<&'a str> {
        let client_id = request.client_id.as_ref()?;
        let name = self.names.get(client_id).and_then(Option::as_deref);
        Some(name.unwrap_or(client_id.as_str()))
    }

    fn bar_ui(&mut self, ui: &mut Ui) {
        let refused = self.requests.iter().filter(|request| is_refused(request)).count();
        Frame::new().inner_margin(PART_MARGIN).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(size::CONTROL_SMALL);
                style::checkbox(ui, &mut self.only_refused, "Only refused");
                style::at_right(ui, |ui| {
                    let text = format!("{refused} of the last {} refused", self.requests.len());
                    ui.label(style::faint(ui, text));
                });
            });
        });
    }

    fn table_ui(&mut self, ui: &mut Ui) {
        let only_refused = self.only_refused;
        let shown: Vec<&LoggedRequest> = self
            .requests
            .iter()
            .filter(|request| !only_refused || is_refused(request))
            .collect();
        if shown.is_empty() {
            style::empty_place(ui, "Nothing was refused", "No request of late was refused.");
            return;
        }
        let selected = self.selected;
        let table = Table {
            salt: "requests",
            name: "Requests",
            columns: &COLUMNS,
            count: shown.len(),
            selected: shown.iter().position(|request| Some(request.number) == selected),
            row_height: size::ROW_DENSE,
            sorted: None,
        };
        let name = |index: usize| {
            let request = shown.get(index);
            request.map_or_else(String::new, |request| row_name(request, self.client(request)))
        };
        let pressed = table.ui(ui, name, |ui, cell, what, index| {
            if let Some(request) = shown.get(index) {
                cell_ui(ui, cell, what, request, self.client(request));
            }
        });
        if let Some(request) = pressed.chosen.and_then(|index| shown.get(index)) {
            self.selected = Some(request.number);
        }
    }

    /// The selected request whole, under the table.
    fn whole_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let request = self
            .requests
            .iter()
            .find(|request| Some(request.number) == self.selected)?;
        let client = self.client(request);
        let colors = palette(ui);
        let (mut copy, mut close) = (false, false);
        let frame = Frame::new()
            .fill(colors.pane)
            .inner_margin(Margin::symmetric(20, 10));
        Panel::bottom("request")
            .resizable(false)
            .frame(frame)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.horizontal(|ui| {
                    style::badge(ui, &request.status.to_string(), status_tone(request));
                    ui.label(style::mono(ui, format!("{} {}", request.method, request.path)));
                    style::at_right(ui, |ui| {
                        close = style::close_button(ui, "Close request").clicked();
                        copy = style::button(ui, "Copy request").clicked();
                        let took = request.took.as_secs_f64() * 1_000.0;
                        let text = format!("{}, in {took:.1} ms", time::moment(request.at));
                        ui.add(Label::new(style::faint(ui, text)).truncate());
                    });
                });
                if let (Some(name), Some(client_id)) = (client, &request.client_id) {
                    ui.horizontal(|ui| {
                        if name != client_id.as_str() {
                            ui.add(Label::new(name).truncate());
                        }
                        let client_id = style::mono(ui, client_id.as_str()).color(colors.second);
                        ui.add(Label::new(client_id).truncate());
                    });
                }
                if let Some(reason) = &request.reason {
                    ui.add(Label::new(style::second(ui, reason)).wrap());
                }
                if let Some(decision) = &request.decision {
                    checks_ui(ui, decision);
                }
            });
        let copied = copy.then(|| Action::CopyText(whole(request, client)));
        if close {
            self.selected = None;
        }
        copied
    }
}

/// What a resource server decided, check by check; pointed at, each says why.
fn checks_ui(ui: &mut Ui, decision: &Decision) {
    ui.horizontal_wrapped(|ui| {
        for checked in &decision.checks {
            let (tone, came) = match checked.outcome {
                Outcome::Passed => (Tone::Good, ""),
                Outcome::Failed => (Tone::Danger, ": failed"),
                Outcome::NotReached => (Tone::Neutral, ": not reached"),
            };
            let text = format!("{}{came}", checked.check.label());
            style::badge(ui, &text, tone).on_hover_text(&checked.reason);
        }
    });
}

/// Whether the server said no.
fn is_refused(request: &LoggedRequest) -> bool {
    request.status >= 400 || request.reason.is_some()
}

/// Nobody has asked yet: what will stand here, and how to make a first request.
fn none_yet_ui(ui: &mut Ui) -> Option<Action> {
    let mut action = None;
    let text = "Each request to the server appears here as it comes: what was asked for, by which client, and why it \
                was refused.";
    style::empty_place(ui, "No requests yet", text);
    ui.vertical_centered(|ui| {
        if style::button(ui, "Request a token").clicked() {
            action = Some(Action::Go(Screen::Tokens));
        }
    });
    action
}

/// Everything a row says: `POST /token, 401, client Billing: the secret is wrong`.
fn row_name(request: &LoggedRequest, client: Option<&str>) -> String {
    let client = client.map(|client| format!(", client {client}"));
    let reason = request.reason.as_ref().map(|reason| format!(": {reason}"));
    format!(
        "{} {}, {}{}{}",
        request.method,
        request.path,
        request.status,
        client.unwrap_or_default(),
        reason.unwrap_or_default()
    )
}

/// A request as it is copied: in one line, with the client's identifier beside its name.
fn whole(request: &LoggedRequest, client: Option<&str>) -> String {
    let name = client.filter(|name| request.client_id.as_ref().is_some_and(|id| id.as_str() != *name));
    match name {
        Some(name) => format!("{request} ({name})"),
        None => request.to_string(),
    }
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, request: &LoggedRequest, client: Option<&str>) {
    let colors = palette(ui);
    let (body, mono) = (FontId::proportional(font::BODY), FontId::monospace(font::MONO));
    match what {
        Cell::At => style::cell(ui, cell, &time::clock(request.at), body, colors.second),
        Cell::Method => style::cell(ui, cell, &request.method, mono, colors.second),
        Cell::Path => style::cell(ui, cell, &request.path, mono, colors.text),
        Cell::Status => {
            let tone = status_tone(request);
            style::cell(ui, cell, &request.status.to_string(), mono, tone.text(colors))
        }
        Cell::Client => {
            let is_named = client != request.client_id.as_ref().map(ClientId::as_str);
            let (font, ink) = if is_named {
                (body, colors.text)
            } else {
                (mono, colors.second)
            };
            if let Some(client_id) = &request.client_id {
                let row = usize::try_from(request.number).unwrap_or_default();
                whole_on_hover(ui, cell, ("requesting client", row), client_id.as_str());
            }
            style::cell(ui, cell, client.unwrap_or_default(), font, ink)
        }
        Cell::Reason => {
            let reason = request.reason.as_deref().unwrap_or_default();
            style::cell(ui, cell, reason, body, colors.second)
        }
    };
}

/// The tone of an HTTP status (RFC 9110 §15). A redirect may carry a refusal to the client.
fn status_tone(request: &LoggedRequest) -> Tone {
    match request.status {
        ..400 if is_refused(request) => Tone::Warning,
        ..400 => Tone::Good,
        400..500 => Tone::Warning,
        500.. => Tone::Danger,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn request(number: u64) -> LoggedRequest {
        LoggedRequest {
            number,
            at: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            peer: ([127, 0, 0, 1], 5000).into(),
            method: "POST".to_owned(),
            path: "/token".to_owned(),
            status: 401,
            client_id: ClientId::parse("billing"),
            reason: Some("the secret is wrong".to_owned()),
            decision: None,
        }
    }

    #[test]
    fn a_row_is_named_by_all_that_it_says() {
        assert_eq!(
            row_name(&request(1), Some("Billing portal")),
            "POST /token, 401, client Billing portal: the secret is wrong"
        );
        let anonymous = LoggedRequest {
            client_id: None,
            reason: None,
            status: 200,
            ..request(1)
        };
        assert_eq!(row_name(&anonymous, None), "POST /token, 200");
        assert!(is_refused(&request(1)) && !is_refused(&anonymous));
    }

    #[test]
    fn a_copied_request_has_the_identifier_and_the_name() {
        let copied = whole(&request(1), Some("Billing portal"));
        assert!(copied.ends_with("401 POST /token client billing: the secret is wrong (Billing portal)"));
        assert!(whole(&request(1), Some("billing")).ends_with("wrong"));
    }

    #[test]
    fn the_newest_request_comes_first_and_a_stale_answer_is_dropped() {
        let mut part = RequestsPart {
            asked: Some(7),
            ..RequestsPart::default()
        };
        part.take(6, vec![request(9)]);
        assert!(part.requests.is_empty());
        part.take(7, vec![request(1), request(2)]);
        let numbers: Vec<u64> = part.requests.iter().map(|request| request.number).collect();
        assert_eq!(numbers, [2, 1]);
    }

    #[test]
    fn a_client_that_is_gone_is_asked_for_once_and_shown_by_its_identifier() {
        let client_id = ClientId::parse("billing").unwrap();
        let mut part = RequestsPart {
            names_asked: Some((3, vec![client_id.clone()])),
            ..RequestsPart::default()
        };
        part.take_names(3, Vec::new());
        assert!(part.names.contains_key(&client_id) && part.names_asked.is_none());
        assert_eq!(part.client(&request(1)), Some("billing"));
    }
}
