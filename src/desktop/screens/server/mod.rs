//! The authorization server of this window: whether it runs and where, what it was asked lately, and what it works
//! with: test users, what they allowed, resource servers, and signing keys.

mod consents;
mod endpoints;
mod keys;
mod registration;
mod requests;
mod resources;
pub(super) mod rows;
mod users;

use eframe::egui::{Align, CentralPanel, Frame, Id, Label, Layout, Margin, Rect, Sense, Stroke, Ui};

use super::Action;
use super::settings::address_ui;
use crate::client::ClientId;
use crate::desktop::command::UiCommand;
use crate::desktop::form::FieldLayout;
use crate::desktop::settings::Settings;
use crate::desktop::style::{self, Tone, palette, tokens::size, tokens::space};
use crate::desktop::worker::{Read, ServerState, Workers};
use crate::server::LoggedRequest;
use consents::ConsentsPart;
use endpoints::EndpointsPart;
use keys::KeysPart;
use registration::RegistrationPart;
use requests::RequestsPart;
use resources::ResourcesPart;
use users::UsersPart;

/// The margin of the head, whose lower edge is the line under the tabs.
const HEAD_MARGIN: Margin = Margin {
    left: 20,
    right: 20,
    top: 16,
    bottom: 0,
};
/// The margin of what stands over a part's table.
const PART_MARGIN: Margin = Margin::symmetric(20, 10);
/// From this width on an address stands beside its label.
const WIDE: f32 = 520.0;

/// The parts of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Requests,
    Endpoints,
    Users,
    Consents,
    Resources,
    Registration,
    Keys,
}

impl Part {
    const ALL: [(Self, &str); 7] = [
        (Self::Requests, "Requests"),
        (Self::Endpoints, "Endpoints"),
        (Self::Users, "Test users"),
        (Self::Consents, "Consents"),
        (Self::Resources, "Resource servers"),
        (Self::Registration, "Registration"),
        (Self::Keys, "Signing keys"),
    ];
}

/// The state of the screen.
#[derive(Default)]
pub struct ServerScreen {
    part: Part,
    requests: RequestsPart,
    endpoints: EndpointsPart,
    /// The test users.
    pub users: UsersPart,
    /// What they allowed.
    pub consents: ConsentsPart,
    /// The APIs that tokens are for.
    pub resources: ResourcesPart,
    /// Who may register clients.
    pub registration: RegistrationPart,
    /// The signing keys.
    pub keys: KeysPart,
}

impl ServerScreen {
    /// Takes the requests in, which come the oldest first.
    pub fn take_requests(&mut self, number: u64, requests: Vec<LoggedRequest>) {
        self.requests.take(number, requests);
    }

    /// Takes in what clients are called.
    pub fn take_names(&mut self, number: u64, named: Vec<(ClientId, String)>) {
        self.requests.take_names(number, named);
    }

    /// The registry changed: what is shown is looked up again.
    pub fn refresh(&mut self) {
        self.requests.forget_names();
        self.users.rows.refresh();
        self.consents.rows.refresh();
        self.resources.rows.refresh();
        self.registration.rows.refresh();
        self.keys.rows.refresh();
    }

    /// A question could not be answered, of which there has been news. It is not asked again by itself.
    pub fn failed(&mut self, number: u64) {
        self.users.rows.failed(number);
        self.consents.rows.failed(number);
        self.resources.rows.failed(number);
        self.registration.rows.failed(number);
        self.keys.rows.failed(number);
    }

    /// Goes to the test users.
    pub fn show_users(&mut self) {
        self.part = Part::Users;
    }

    /// Goes to what they allowed.
    pub fn show_consents(&mut self) {
        self.part = Part::Consents;
    }

    /// Goes to the resource servers.
    pub fn show_resources(&mut self) {
        self.part = Part::Resources;
    }

    /// Goes to who may register clients.
    pub fn show_registration(&mut self) {
        self.part = Part::Registration;
    }

    /// Goes to the signing keys.
    pub fn show_keys(&mut self) {
        self.part = Part::Keys;
    }

    /// Looks at no row any more.
    pub fn close(&mut self) {
        match self.part {
            Part::Requests => self.requests.close(),
            Part::Endpoints => {}
            Part::Users => self.users.close(),
            Part::Consents => self.consents.close(),
            Part::Resources => self.resources.close(),
            Part::Registration => self.registration.close(),
            Part::Keys => self.keys.close(),
        }
    }

    fn consents_ui(
        &mut self,
        ui: &mut Ui,
        state: &ServerState,
        workers: &mut Workers,
        writable: bool,
    ) -> Option<Action> {
        let wanted = self.consents.ui(ui, workers, writable);
        if !self.consents.is_empty() {
            return wanted;
        }
        // What leads on depends on whether there is somebody to sign in.
        let users = self.users.rows.ui(ui, workers, Read::Users);
        consents::none_ui(ui, state, users, writable)
    }

    /// Draws the screen. The port of the settings is the one that the server is to have at its next start.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        state: &ServerState,
        workers: &mut Workers,
        settings: &mut Settings,
        writable: bool,
    ) -> Option<Action> {
        let mut action = None;
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
            // The part begins on the line under the tabs.
            let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
            Frame::new().inner_margin(HEAD_MARGIN).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = spacing;
                ui.set_width(ui.available_width());
                let parts = [
                    title_ui(ui, state),
                    state_ui(ui, state),
                    registration::mode_ui(ui, settings.registration, writable),
                ];
                action = parts.into_iter().flatten().next();
                tabs_ui(ui, &mut self.part);
            });
            ui.spacing_mut().item_spacing.y = spacing;
            let wanted = match self.part {
                Part::Requests => self.requests.ui(ui, state, workers),
                Part::Endpoints => self.endpoints.ui(ui, state, &mut settings.port),
                Part::Users => self.users.ui(ui, workers, writable),
                Part::Consents => self.consents_ui(ui, state, workers, writable),
                Part::Resources => self.resources.ui(ui, state, workers, writable),
                Part::Registration => self.registration.ui(ui, workers, settings, writable),
                Part::Keys => self.keys.ui(ui, workers, writable),
            };
            action = action.take().or(wanted);
        });
        if !matches!(state, ServerState::Running { .. }) {
            // The next server counts its requests anew.
            self.requests = RequestsPart::default();
        }
        action
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
                if style::button(ui, UiCommand::StopServer.label()).clicked() {
                    action = Some(Action::Run(UiCommand::StopServer));
                }
            }
            ServerState::Starting => drop(ui.spinner()),
            ServerState::Stopped | ServerState::Failed(_) => {
                if style::primary_button(ui, UiCommand::StartServer.label(), true).clicked() {
                    action = Some(Action::Run(UiCommand::StartServer));
                }
            }
        });
    });
    ui.add_space(space::S);
    action
}

/// Where the server is reached; or why it is not.
fn state_ui(ui: &mut Ui, state: &ServerState) -> Option<Action> {
    match state {
        ServerState::Running { issuer, taken, .. } => {
            if let Some(port) = taken {
                let text = format!(
                    "Port {port} was taken, so the server listens on another one. Give applications the issuer below; \
                     to have port {port}, stop the program that holds it, then stop and start the server."
                );
                style::card(ui, Tone::Warning, |ui| ui.label(style::second(ui, text)));
                ui.add_space(space::S);
            }
            address_ui(ui, address_layout(ui), "Issuer", "Copy issuer", issuer)
        }
        ServerState::Failed(trouble) => {
            style::card(ui, Tone::Danger, |ui| {
                ui.label(style::strong(ui, &trouble.what));
                ui.label(style::second(ui, &trouble.advice));
            });
            ui.add_space(space::S);
            None
        }
        ServerState::Starting | ServerState::Stopped => None,
    }
}

fn address_layout(ui: &Ui) -> FieldLayout {
    if ui.available_width() > WIDE {
        FieldLayout::Beside
    } else {
        FieldLayout::Above
    }
}

/// The row of tabs, on a line over the whole width. The arrow keys go from one to the next, as between all controls.
fn tabs_ui(ui: &mut Ui, part: &mut Part) {
    let row = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::SCREEN;
        for (this, name) in Part::ALL {
            if style::tab(ui, name, *part == this).clicked() {
                *part = this;
            }
        }
    });
    let rect = row.response.rect;
    let whole = ui.clip_rect().x_range();
    let stroke = Stroke::new(1.0, palette(ui).line);
    ui.painter().hline(whole, rect.bottom() - 0.5, stroke);
}

/// What stands over a part's table: what it is, and at the right what may be done.
fn bar_ui(ui: &mut Ui, text: &str, buttons: impl FnOnce(&mut Ui)) {
    Frame::new().inner_margin(PART_MARGIN).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL_SMALL);
            style::at_right(ui, |ui| {
                buttons(ui);
                let rest = ui.available_size();
                let layout = Layout::left_to_right(Align::Center);
                ui.allocate_ui_with_layout(rest, layout, |ui| {
                    ui.add(Label::new(style::faint(ui, text)).truncate());
                });
            });
        });
    });
}

/// The head of a pane: what kind of thing it shows, and the way to close it.
fn pane_head_ui(ui: &mut Ui, kind: &str, close: &str) -> bool {
    ui.horizontal(|ui| {
        style::label(ui, kind);
        style::at_right(ui, |ui| style::close_button(ui, close).clicked())
    })
    .inner
}

/// A cell that stands for something longer tells it whole to whoever points at it.
fn whole_on_hover(ui: &Ui, cell: Rect, salt: (&str, usize), whole: &str) {
    ui.interact(cell, Id::unique(("whole", salt)), Sense::hover())
        .on_hover_text(whole);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_is_the_requests_and_no_two_parts_share_a_name() {
        let names: std::collections::HashSet<&str> = Part::ALL.iter().map(|(_, name)| *name).collect();
        assert_eq!(names.len(), Part::ALL.len());
        assert_eq!(ServerScreen::default().part, Part::ALL[0].0);
    }
}
