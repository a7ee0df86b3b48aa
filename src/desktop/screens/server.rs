//! The authorization server of this window: whether it runs, where, and what it was asked lately.

use std::time::Duration;

use eframe::egui::{CentralPanel, FontId, Frame, Rect, Ui};

use super::settings::address_ui;
use super::{Action, Screen};
use crate::desktop::form::FieldLayout;
use crate::desktop::style::{
    self, Tone, palette, tokens::SCREEN_MARGIN, tokens::font, tokens::size, tokens::space,
};
use crate::desktop::table::{Column, Table};
use crate::desktop::time;
use crate::desktop::worker::{ServerState, Work, Workers};
use crate::server::LoggedRequest;

/// How often the requests are asked for while they are shown.
const EVERY: Duration = Duration::from_secs(1);

/// What stands in a column of the requests.
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

/// The state of the screen.
#[derive(Default)]
pub struct ServerScreen {
    /// The newest first.
    requests: Vec<LoggedRequest>,
    asked: Option<u64>,
    /// When the requests were asked for last, by the window's own clock.
    asked_at: Option<f64>,
    selected: Option<u64>,
}

impl ServerScreen {
    /// Takes the requests in, which come the oldest first.
    pub fn take_requests(&mut self, number: u64, requests: Vec<LoggedRequest>) {
        if self.asked == Some(number) {
            self.asked = None;
            self.requests = requests;
            self.requests.reverse();
        }
    }

    /// Draws the screen.
    pub fn ui(&mut self, ui: &mut Ui, state: &ServerState, workers: &mut Workers) -> Option<Action> {
        let is_running = matches!(state, ServerState::Running { .. });
        if is_running {
            self.poll(ui, workers);
        } else {
            // The next server counts its requests anew.
            *self = Self::default();
        }
        let mut action = None;
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
            Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
                ui.set_width(ui.available_width());
                let parts = [title_ui(ui, state), state_ui(ui, state)];
                action = parts.into_iter().flatten().next();
            });
            if is_running {
                let wanted = self.requests_ui(ui);
                action = action.take().or(wanted);
            }
        });
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

    fn requests_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        if self.requests.is_empty() {
            return no_requests_ui(ui);
        }
        let requests = &self.requests;
        let selected = self.selected;
        let table = Table {
            salt: "requests",
            name: "Requests",
            columns: &COLUMNS,
            count: requests.len(),
            selected: requests
                .iter()
                .position(|request| Some(request.number) == selected),
            row_height: size::ROW_DENSE,
            sorted: None,
        };
        let name = |index: usize| requests.get(index).map(request_name).unwrap_or_default();
        let pressed = table.ui(ui, name, |ui, cell, what, index| {
            if let Some(request) = requests.get(index) {
                cell_ui(ui, cell, what, request);
            }
        });
        if let Some(request) = pressed.chosen.and_then(|index| requests.get(index)) {
            self.selected = Some(request.number);
        }
        None
    }
}

/// The title, how the server is, and the one thing to do next.
fn title_ui(ui: &mut Ui, state: &ServerState) -> Option<Action> {
    let mut action = None;
    ui.horizontal(|ui| {
        style::title(ui, "Server");
        let (tone, word) = match state {
            ServerState::Starting => (Tone::Warning, "Starting…"),
            ServerState::Running { .. } => (Tone::Good, "Running"),
            ServerState::Stopped => (Tone::Neutral, "Stopped"),
            ServerState::Failed(_) => (Tone::Danger, "Could not start"),
        };
        style::dot_word(ui, tone, word);
        style::at_right(ui, |ui| match state {
            ServerState::Running { .. } => {
                if style::button(ui, "Stop server").clicked() {
                    action = Some(Action::send(Work::StopServer));
                }
            }
            ServerState::Starting => drop(ui.spinner()),
            ServerState::Stopped | ServerState::Failed(_) => {
                if style::primary_button(ui, "Start server", true).clicked() {
                    action = Some(Action::send(Work::StartServer));
                }
            }
        });
    });
    ui.add_space(space::M);
    action
}

/// Where the server is reached; or why it is not.
fn state_ui(ui: &mut Ui, state: &ServerState) -> Option<Action> {
    match state {
        ServerState::Running {
            issuer,
            endpoints,
            elsewhere,
        } => running_ui(ui, issuer, endpoints, *elsewhere),
        ServerState::Failed(trouble) => {
            style::card(ui, Tone::Danger, |ui| {
                ui.label(style::strong(ui, &trouble.what));
                ui.label(style::second(ui, &trouble.advice));
            });
            None
        }
        ServerState::Starting => {
            ui.label(style::second(
                ui,
                "The first start makes the signing keys and takes a moment longer",
            ));
            None
        }
        ServerState::Stopped => {
            let text = "It issues real tokens to the clients of this registry, and listens on this machine only. Start it \
                        to request a token here, or from an application on this machine.";
            style::empty_place(ui, "The server is not running", text);
            None
        }
    }
}

fn running_ui(ui: &mut Ui, issuer: &str, endpoints: &[String], elsewhere: bool) -> Option<Action> {
    if elsewhere {
        let text = "Port 9400 was taken, so the server listens on another one. Give applications the issuer below; to \
                    have the usual one, stop the program on port 9400, then stop and start the server.";
        style::card(ui, Tone::Warning, |ui| ui.label(style::second(ui, text)));
        ui.add_space(space::S);
    }
    let layout = if ui.available_width() > 520.0 {
        FieldLayout::Beside
    } else {
        FieldLayout::Above
    };
    let mut action = address_ui(ui, layout, "Issuer", "Copy issuer", issuer);
    for endpoint in endpoints {
        let (label, copy) = endpoint_names(endpoint);
        let wanted = address_ui(ui, layout, label, copy, endpoint);
        action = action.or(wanted);
    }
    action
}

/// What an endpoint is called, and the name of its copy button. The server says which there are.
fn endpoint_names(endpoint: &str) -> (&'static str, &'static str) {
    match endpoint {
        _ if endpoint.ends_with("/authorize") => ("Authorization endpoint", "Copy authorization endpoint"),
        _ if endpoint.ends_with("/introspect") => ("Introspection endpoint", "Copy introspection endpoint"),
        _ if endpoint.ends_with("/revoke") => ("Revocation endpoint", "Copy revocation endpoint"),
        _ if endpoint.ends_with("/userinfo") => ("UserInfo endpoint", "Copy UserInfo endpoint"),
        _ if endpoint.ends_with("/logout") => ("End session endpoint", "Copy end session endpoint"),
        _ if endpoint.ends_with("/token") => ("Token endpoint", "Copy token endpoint"),
        _ if endpoint.ends_with("/jwks") => ("Public keys", "Copy public keys address"),
        _ if endpoint.ends_with("/.well-known/openid-configuration") => {
            ("OpenID configuration", "Copy OpenID configuration address")
        }
        _ if endpoint.contains("/.well-known/oauth-authorization-server") => {
            ("OAuth metadata", "Copy OAuth metadata address")
        }
        _ => ("Endpoint", "Copy endpoint"),
    }
}

/// Nobody has asked yet: what will stand here, and how to make a first request.
fn no_requests_ui(ui: &mut Ui) -> Option<Action> {
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

/// Everything a row says: `POST /token, 401, client 4a7c…: the secret is wrong`.
fn request_name(request: &LoggedRequest) -> String {
    let client = request
        .client_id
        .as_ref()
        .map(|client_id| format!(", client {client_id}"))
        .unwrap_or_default();
    let reason = request
        .reason
        .as_ref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!(
        "{} {}, {}{client}{reason}",
        request.method, request.path, request.status
    )
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, request: &LoggedRequest) {
    let colors = palette(ui);
    let (body, mono) = (FontId::proportional(font::BODY), FontId::monospace(font::MONO));
    match what {
        Cell::At => style::cell(ui, cell, &time::clock(request.at), body, colors.second),
        Cell::Method => style::cell(ui, cell, &request.method, mono, colors.second),
        Cell::Path => style::cell(ui, cell, &request.path, mono, colors.text),
        Cell::Status => {
            let tone = status_tone(request.status);
            style::cell(ui, cell, &request.status.to_string(), mono, tone.text(colors))
        }
        Cell::Client => {
            let client_id = request
                .client_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            style::cell(ui, cell, &client_id, mono, colors.second)
        }
        Cell::Reason => style::cell(
            ui,
            cell,
            request.reason.as_deref().unwrap_or_default(),
            body,
            colors.second,
        ),
    };
}

/// The tone of an HTTP status (RFC 9110 §15).
fn status_tone(status: u16) -> Tone {
    match status {
        ..400 => Tone::Good,
        400..500 => Tone::Warning,
        500.. => Tone::Danger,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::client::ClientId;

    fn request(number: u64) -> LoggedRequest {
        LoggedRequest {
            number,
            at: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            method: "POST".to_owned(),
            path: "/token".to_owned(),
            status: 401,
            client_id: ClientId::parse("billing"),
            reason: Some("the secret is wrong".to_owned()),
        }
    }

    #[test]
    fn a_row_is_named_by_all_that_it_says() {
        assert_eq!(
            request_name(&request(1)),
            "POST /token, 401, client billing: the secret is wrong"
        );
        let anonymous = LoggedRequest {
            client_id: None,
            reason: None,
            status: 200,
            ..request(1)
        };
        assert_eq!(request_name(&anonymous), "POST /token, 200");
    }

    #[test]
    fn the_newest_request_comes_first_and_a_stale_answer_is_dropped() {
        let mut screen = ServerScreen {
            asked: Some(7),
            ..ServerScreen::default()
        };
        screen.take_requests(6, vec![request(9)]);
        assert!(screen.requests.is_empty());
        screen.take_requests(7, vec![request(1), request(2)]);
        let numbers: Vec<u64> = screen.requests.iter().map(|request| request.number).collect();
        assert_eq!(numbers, [2, 1]);
    }

    #[test]
    fn every_endpoint_there_is_has_a_name_of_its_own() {
        let issuer = crate::protocol::Issuer::parse("http://127.0.0.1:9400").unwrap();
        let paths = [
            "/authorize",
            "/introspect",
            "/revoke",
            "/userinfo",
            "/logout",
            "/token",
            "/jwks",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
        ];
        for path in paths {
            assert_ne!(endpoint_names(&issuer.endpoint(path)).0, "Endpoint", "{path}");
        }
    }
}
