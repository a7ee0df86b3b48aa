//! The token desk: a real token from the real `/token`, with every byte of how it came.

mod claims;
mod exchange;
mod picker;

use eframe::egui::{Button, Color32, Frame, Rect, ScrollArea, Stroke, Ui, vec2};
use zeroize::Zeroize;

use super::Action;
use crate::client::{AuthMethod, ClientId, GrantType, Scope, Secret, Standing};
use crate::desktop::command::UiCommand;
use crate::desktop::form::{secret_field, text_field};
use crate::desktop::style::{
    self, Tone, palette, tokens::SCREEN_MARGIN, tokens::corner, tokens::font, tokens::size, tokens::space,
};
use crate::desktop::worker::{Read, ServerState, TokenResult, Trouble, Work, Workers};
use crate::outbound::TokenRequest;
use crate::registry::Client;
use picker::Picker;

/// The state of the screen.
#[derive(Default)]
pub struct TokensScreen {
    picker: Picker,
    client: Option<Client>,
    client_asked: Option<u64>,
    scope: String,
    audience: Option<String>,
    pasted: bool,
    secret: String,
    asked: Option<u64>,
    result: Option<Result<TokenResult, Trouble>>,
    show_secrets: bool,
}

impl Drop for TokensScreen {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl TokensScreen {
    /// Takes a client to the desk.
    pub fn choose(&mut self, client_id: ClientId, workers: &mut Workers) {
        self.client_asked = Some(workers.send(Read::Client(client_id)));
    }

    /// The client that is chosen.
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// The registry changed: the chosen client may have, too.
    pub fn refresh(&mut self, workers: &mut Workers) {
        self.picker.refresh();
        if let Some(client) = &self.client {
            self.choose(client.client_id.clone(), workers);
        }
    }

    /// Whether a reply about a client is meant for this screen.
    pub fn take_client(&mut self, number: u64, client: Option<Client>) -> bool {
        if self.client_asked != Some(number) {
            return false;
        }
        self.client_asked = None;
        let same =
            matches!((&self.client, &client), (Some(old), Some(new)) if old.client_id == new.client_id);
        if !same {
            self.scope = client
                .as_ref()
                .map(|client| client.draft.scopes.join(" "))
                .unwrap_or_default();
            self.audience = None;
            self.result = None;
            // What was pasted was the other client's.
            self.secret.zeroize();
        }
        self.client = client;
        true
    }

    /// Takes the rows of the picker in.
    pub fn take_rows(&mut self, number: u64, rows: Vec<crate::registry::ClientRow>) {
        self.picker.take(number, rows);
    }

    /// Takes a token in, or what stands in its place.
    pub fn take_token(&mut self, number: u64, result: Result<TokenResult, Trouble>) {
        if self.asked == Some(number) {
            self.asked = None;
            self.show_secrets = false;
            self.result = Some(result);
        }
    }

    /// Asks for the token that the form describes.
    pub fn request(&mut self, workers: &mut Workers) {
        let Some(client) = self.client.as_ref().filter(|_| self.asked.is_none()) else {
            return;
        };
        let scope = self.scope.trim();
        let request = TokenRequest {
            client_id: client.client_id.clone(),
            method: client.draft.token_endpoint_auth_method,
            secret: None,
            scope: (!scope.is_empty()).then(|| scope.to_owned()),
            audience: self.audience.clone(),
        };
        let pasted = self.pasted.then(|| Secret::new(self.secret.trim().to_owned()));
        let request = Box::new(request);
        self.asked = Some(workers.send(Work::RequestToken { request, pasted }));
    }

    /// Draws the screen: the form, what was sent and came back, and the token; below each other where it is narrow.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, server: &ServerState) -> Option<Action> {
        let colors = palette(ui);
        let whole = ui.max_rect();
        let width = whole.width();
        if width < size::SIDE_BY_SIDE {
            return column_ui(ui, "column", whole, Color32::TRANSPARENT, |ui| {
                let asked = self.form_ui(ui, workers, server);
                style::divider(ui);
                let wanted = asked.or(self.exchange_ui(ui));
                style::divider(ui);
                wanted.or(self.token_ui(ui))
            });
        }
        let form_width = (width * 0.31).clamp(212.0, 300.0);
        let token_width = if width > 1_050.0 { 470.0 } else { width * 0.32 };
        let (form, rest) = whole.split_left_right_at_x(whole.left() + form_width);
        let (exchange, token) = rest.split_left_right_at_x(rest.right() - token_width);
        let asked = column_ui(ui, "token-form", form, Color32::TRANSPARENT, |ui| {
            self.form_ui(ui, workers, server)
        });
        let wanted = column_ui(ui, "exchange", exchange, Color32::TRANSPARENT, |ui| {
            self.exchange_ui(ui)
        });
        let copied = column_ui(ui, "token", token, colors.pane, |ui| self.token_ui(ui));
        for x in [form.right(), token.left()] {
            ui.painter()
                .vline(x, whole.y_range(), Stroke::new(1.0, colors.line));
        }
        asked.or(wanted).or(copied)
    }

    fn exchange_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        exchange::exchange_ui(ui, self.result.as_ref(), &mut self.show_secrets)
    }

    fn token_ui(&self, ui: &mut Ui) -> Option<Action> {
        claims::token_ui(ui, self.client.as_ref(), self.result.as_ref())
    }

    fn form_ui(&mut self, ui: &mut Ui, workers: &mut Workers, server: &ServerState) -> Option<Action> {
        let mut action = None;
        style::title(ui, "Tokens");
        ui.add_space(space::XS);
        style::field_label(ui, "Client");
        let chosen = self.client.as_ref().map(|client| client.draft.name.clone());
        if let Some(client_id) = self.picker.ui(ui, workers, chosen.as_deref()) {
            self.choose(client_id, workers);
        }
        action = action.or(self.at_hand_ui(ui));
        ui.add_space(space::S);
        style::field_label(ui, "Grant");
        let grant = GrantType::ClientCredentials.label();
        style::combo("Grant", ui.available_width(), grant).show_ui(ui, |ui| {
            style::choice(ui, true, grant);
        });
        ui.add_space(space::S);
        self.scope_ui(ui);
        self.audience_ui(ui);
        self.credential_ui(ui);
        ui.add_space(space::S);
        if let Some(obstacle) = self.obstacle(server) {
            style::card(ui, Tone::Warning, |ui| ui.label(style::second(ui, obstacle)));
        }
        let running = matches!(server, ServerState::Running { .. });
        let ready = self.client.is_some() && running && self.asked.is_none();
        let full = vec2(ui.available_width(), size::CONTROL + 2.0);
        let clicked = ui.allocate_ui(full, |ui| {
            ui.with_layout(
                eframe::egui::Layout::top_down_justified(eframe::egui::Align::Center),
                |ui| style::primary_button(ui, "Request token", ready).clicked(),
            )
            .inner
        });
        if clicked.inner {
            action = Some(Action::RequestToken);
        }
        if self.asked.is_some() {
            ui.spinner();
        }
        action
    }

    /// What else there is to do for the client that is chosen.
    fn at_hand_ui(&self, ui: &mut Ui) -> Option<Action> {
        self.client.as_ref()?;
        let command = UiCommand::HandoverSheet;
        let button = style::button(ui, command.label()).on_hover_text(command.tooltip());
        button.clicked().then_some(Action::Run(command))
    }

    /// What will stand in the way, said before the request is made. The request can be made all the same.
    fn obstacle(&self, server: &ServerState) -> Option<String> {
        match server {
            ServerState::Running { .. } => {}
            ServerState::Starting => return Some("The server is starting.".to_owned()),
            ServerState::Stopped => {
                return Some("The server is stopped. Start it on the Server screen.".to_owned());
            }
            ServerState::Failed(trouble) => return Some(format!("{}. {}", trouble.what, trouble.advice)),
        }
        let client = self.client.as_ref()?;
        match client.standing() {
            Standing::Active => {}
            Standing::Disabled => return Some("This client is disabled, so it will be refused.".to_owned()),
            Standing::Held => {
                return Some("This client is held until its refused findings are put right.".to_owned());
            }
        }
        if !client.draft.has_grant(GrantType::ClientCredentials) {
            return Some(
                "Client credentials is not among this client's grants, so it will be refused.".to_owned(),
            );
        }
        let method = client.draft.token_endpoint_auth_method;
        let taken = method.uses_secret() || matches!(method, AuthMethod::PrivateKeyJwt | AuthMethod::None);
        (!taken).then(|| format!("This server does not take {method} yet, so it will be refused."))
    }

    fn scope_ui(&mut self, ui: &mut Ui) {
        style::field_label(ui, "Scope");
        text_field(ui, "Scope", &mut self.scope, "All that is registered");
        let registered = self
            .client
            .as_ref()
            .map(|client| client.draft.scopes.clone())
            .unwrap_or_default();
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
            for scope in registered {
                let mut asked: Vec<String> = asked_scopes(&self.scope);
                let chosen = asked.contains(&scope);
                let colors = palette(ui);
                let (ink, line) = if chosen {
                    (colors.good, colors.good_line)
                } else {
                    (colors.second, colors.line)
                };
                let text = eframe::egui::RichText::new(&scope).size(font::LABEL).color(ink);
                let chip = Button::new(text)
                    .stroke((1.0, line))
                    .corner_radius(corner::BADGE)
                    .min_size(vec2(0.0, 22.0));
                let chip = ui.add(chip);
                ui.ctx()
                    .accesskit_node_builder(chip.id, |node| node.set_toggled(chosen.into()));
                if chip.on_hover_text("Ask for it or not").clicked() {
                    if chosen {
                        asked.retain(|other| *other != scope);
                    } else {
                        asked.push(scope);
                    }
                    self.scope = asked.join(" ");
                }
            }
        });
        ui.add_space(space::S);
    }

    fn audience_ui(&mut self, ui: &mut Ui) {
        style::field_label(ui, "Audience");
        let registered = self
            .client
            .as_ref()
            .map(|client| client.draft.audience.clone())
            .unwrap_or_default();
        let default = registered
            .first()
            .map_or("The issuer".to_owned(), |first| format!("{first} (default)"));
        let shown = self.audience.clone().unwrap_or_else(|| default.clone());
        let combo = style::combo("Audience", ui.available_width(), shown);
        combo.show_ui(ui, |ui| {
            style::choice_value(ui, &mut self.audience, None, &default);
            for audience in &registered {
                style::choice_value(ui, &mut self.audience, Some(audience.clone()), audience);
            }
        });
        ui.add_space(space::S);
    }

    fn credential_ui(&mut self, ui: &mut Ui) {
        style::field_label(ui, "Authenticate with");
        let method = self
            .client
            .as_ref()
            .map(|client| client.draft.token_endpoint_auth_method);
        let (name, hint) = match method {
            Some(AuthMethod::PrivateKeyJwt) => {
                ("Pasted private key", "Paste the client's private key, as PEM")
            }
            _ => ("Pasted secret", "Paste the client's secret"),
        };
        let word = |pasted| if pasted { name } else { "Test credential" };
        let combo = style::combo("Authenticate with", ui.available_width(), word(self.pasted));
        combo.show_ui(ui, |ui| {
            for pasted in [false, true] {
                style::choice_value(ui, &mut self.pasted, pasted, word(pasted));
            }
        });
        if !self.pasted {
            self.secret.zeroize();
            ui.label(style::faint(ui, "Lives in this window's server only").size(font::LABEL));
            return;
        }
        secret_field(ui, name, &mut self.secret, hint);
        ui.label(style::faint(ui, "Kept in memory only, until you leave this choice").size(font::LABEL));
    }
}

/// A part of the screen that scrolls by itself.
fn column_ui<R>(
    ui: &mut Ui,
    name: &str,
    rect: Rect,
    fill: Color32,
    add_contents: impl FnOnce(&mut Ui) -> R,
) -> R {
    style::part(ui, name, rect, fill, |ui| {
        let scroll = ScrollArea::vertical().auto_shrink(false);
        let scrolled = scroll.show(ui, |ui| {
            let framed = Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
                ui.set_width(ui.available_width());
                add_contents(ui)
            });
            framed.inner
        });
        scrolled.inner
    })
}

/// The scopes in a field, or all its words where some are none.
fn asked_scopes(text: &str) -> Vec<String> {
    match Scope::parse_list(text) {
        Some(scopes) => scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        None => text.split_whitespace().map(str::to_owned).collect(),
    }
}
