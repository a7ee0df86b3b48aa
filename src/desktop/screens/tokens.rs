//! The token desk: real tokens from the real `/token`, on every ground, with every byte of how they came.

mod access;
mod claims;
mod copies;
mod decode;
mod exchange;
mod faults;
mod form;
mod long_text;
mod picker;
mod rows;
mod run;
mod saved;
mod shown;
mod verdict;

use eframe::egui::{Align, Color32, Context, Frame, Layout, Rect, ScrollArea, Stroke, Ui, vec2};

use super::Action;
use crate::client::{ClientId, Secret};
use crate::desktop::command::UiCommand;
use crate::desktop::style::{self, Tone, palette, tokens::SCREEN_MARGIN, tokens::size, tokens::space};
use crate::desktop::worker::{
    Decoded, Ground, Read, ServerState, TokenResult, Trouble, Waiting, Work, Workers,
};
use crate::outbound::Step;
use crate::registry::{Client, ClientRow, SavedRequest};
use access::{AccessPart, TokenInHand};
use claims::TokenPane;
use decode::DecodeView;
use exchange::Wish;
use faults::Faults;
use form::TokenForm;
use picker::Picker;
use run::RunLog;
use saved::SavedPart;

/// The state of the screen.
#[derive(Default)]
pub struct TokensScreen {
    picker: Picker,
    client: Option<Client>,
    client_asked: Option<(u64, ClientId)>,
    /// The names of the test users, once they are known.
    users: Option<Vec<String>>,
    users_asked: Option<u64>,
    form: TokenForm,
    saved: SavedPart,
    run: RunLog,
    pane: TokenPane,
    /// A token from anywhere, which is looked at in place of the desk.
    decode: Option<Box<DecodeView>>,
    /// Answers that are wrong on purpose.
    pub faults: Faults,
    /// Whether the token opens what it is for.
    pub access: AccessPart,
}

impl TokensScreen {
    /// Takes a client to the desk.
    pub fn choose(&mut self, client_id: ClientId, workers: &mut Workers) {
        let number = workers.send(Read::Client(client_id.clone()));
        self.client_asked = Some((number, client_id));
    }

    /// The client that is chosen.
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// The registry changed: the chosen client may have, too.
    pub fn refresh(&mut self, workers: &mut Workers) {
        self.picker.refresh();
        self.users_asked = None;
        self.access.refresh();
        self.saved.refresh();
        if let Some(view) = &mut self.decode {
            view.ask(workers);
        }
        // A choice that is on its way is not taken back.
        let asked = self.client_asked.take().map(|(_, client_id)| client_id);
        let chosen = asked.or_else(|| Some(self.client.as_ref()?.client_id.clone()));
        if let Some(client_id) = chosen {
            self.choose(client_id, workers);
        }
    }

    /// Whether a reply about a client is meant for this screen.
    pub fn take_client(&mut self, number: u64, client: Option<Client>, workers: &mut Workers) -> bool {
        if self.client_asked.take_if(|(asked, _)| *asked == number).is_none() {
            return false;
        }
        let same =
            matches!((&self.client, &client), (Some(old), Some(new)) if old.client_id == new.client_id);
        if !same {
            if self.run.is_busy() {
                // Nobody looks for its answer any more, so nobody need wait for it, or hold a port.
                workers.send(Work::StopWaiting);
            }
            self.form.begin(client.as_ref().map(|client| &client.draft));
            self.run = RunLog::default();
            self.faults.forget();
            self.access.forget();
            self.saved.begin();
        }
        self.client = client;
        true
    }

    /// Takes the rows of the picker in.
    pub fn take_rows(&mut self, number: u64, rows: Vec<ClientRow>) {
        self.picker.take(number, rows);
    }

    /// Takes the names of the test users in.
    pub fn take_users(&mut self, number: u64, names: Vec<String>) {
        if self.users_asked == Some(number) {
            self.users = Some(names);
        }
    }

    /// Takes the saved requests of the client in.
    pub fn take_saved(&mut self, number: u64, rows: Vec<SavedRequest>) {
        self.saved.take(number, rows);
    }

    /// Takes in what was done on the way to a token.
    pub fn take_step(&mut self, number: u64, step: Step) {
        self.run.take_step(number, step);
    }

    /// Takes in that somebody must do something first.
    pub fn take_waiting(&mut self, number: u64, waiting: Option<Waiting>) {
        self.run.take_waiting(number, waiting);
    }

    /// Takes a token in, or what stands in its place. Returns whether it is shown now.
    pub fn take_token(&mut self, number: u64, result: Result<TokenResult, Trouble>) -> bool {
        let answer = result.as_ref().ok().and_then(|result| result.answer.as_ref());
        let has_token = answer.is_some_and(|answer| answer.access_token().is_some());
        let is_shown = self.run.take_result(number, result);
        if is_shown {
            if has_token {
                self.access.forget();
            }
            self.pane.take(self.run.answer.as_ref(), &self.run.reasons);
        }
        is_shown
    }

    /// Looks at a token from anywhere.
    pub fn decode(&mut self) {
        self.decode.get_or_insert_default();
    }

    /// Looks at a token of the desk, to compare it with another one.
    pub fn compare(&mut self, token: Secret, what: &str, workers: &mut Workers) {
        self.decode = Some(Box::new(DecodeView::comparing(token, what, workers)));
    }

    /// Takes in what pasted tokens say.
    pub fn take_decoded(&mut self, number: u64, decoded: Decoded) {
        if let Some(view) = &mut self.decode {
            view.take(number, decoded);
        }
    }

    /// Goes back to the desk. What was pasted is wiped.
    pub fn close(&mut self) {
        self.decode = None;
    }

    /// Looks from time to time whether somebody has done what a token waits for.
    pub fn keep_time(&mut self, ctx: &Context, workers: &mut Workers) {
        self.run.keep_time(ctx, workers);
    }

    /// Asks for the token that the form describes.
    pub fn request(&mut self, workers: &mut Workers) {
        let Some(client) = self.client.as_ref().filter(|_| !self.run.is_busy()) else {
            return;
        };
        let run = self.form.run(client, self.users.as_deref().unwrap_or_default());
        self.faults.begin();
        self.access.forget();
        self.run.start(run, workers);
    }

    /// Does something with the token that is there, or shows it otherwise.
    fn grant(&mut self, wish: Wish, workers: &mut Workers) {
        let token = |text: Option<&str>| Secret::new(text.unwrap_or_default().to_owned());
        let answer = self.run.answer.as_ref();
        let ground = match wish {
            Wish::StopWaiting => return self.run.stop_waiting(workers),
            Wish::Refresh => Ground::RefreshToken(token(answer.and_then(|answer| answer.refresh_token()))),
            Wish::Introspect => Ground::Introspect(token(answer.and_then(|answer| answer.access_token()))),
            Wish::Revoke => Ground::Revoke(token(answer.and_then(|answer| answer.access_token()))),
        };
        let Some(client) = self.client.as_ref().filter(|_| !self.run.is_busy()) else {
            return;
        };
        let mut run = self.form.run_on(client, ground);
        if matches!(run.ground, Ground::RefreshToken(_)) {
            // All that was allowed, whatever the form says by now.
            (run.scope, run.audience) = (None, None);
        }
        self.faults.begin();
        self.run.go_on(run, workers);
    }

    /// Draws the screen: the form, what was sent and came back, and the token; below each other where it is narrow.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        server: &ServerState,
        writable: bool,
    ) -> Option<Action> {
        if self.users_asked.is_none() {
            self.users_asked = Some(workers.send(Read::UserNames));
        }
        if let Some(view) = &mut self.decode {
            if view.ui(ui, workers) {
                self.close();
            }
            return None;
        }
        let colors = palette(ui);
        let whole = ui.max_rect();
        let width = whole.width();
        if width < size::SIDE_BY_SIDE {
            return column_ui(ui, "column", whole, Color32::TRANSPARENT, |ui| {
                let asked = self.form_ui(ui, workers, server, writable, true);
                style::divider(ui);
                let wanted = asked.or(self.exchange_ui(ui, workers, server, writable));
                let wanted = wanted.or(self.access_ui(ui, workers, writable));
                style::divider(ui);
                wanted.or(self.token_ui(ui))
            });
        }
        let form_width = (width * 0.31).clamp(212.0, 300.0);
        let token_width = if width > 1_050.0 {
            (width * 0.39).min(470.0)
        } else {
            width * 0.32
        };
        let (form, rest) = whole.split_left_right_at_x(whole.left() + form_width);
        let (exchange, token) = rest.split_left_right_at_x(rest.right() - token_width);
        // What is to be done next stays in sight, however long the form is.
        let (form_above, bar) = form.split_top_bottom_at_y(form.bottom() - size::BAR);
        let asked = column_ui(ui, "token-form", form_above, Color32::TRANSPARENT, |ui| {
            self.form_ui(ui, workers, server, writable, false)
        });
        let requested = style::bottom_bar(ui, bar, SCREEN_MARGIN.leftf(), |ui| self.request_ui(ui, server));
        let wanted = column_ui(ui, "exchange", exchange, Color32::TRANSPARENT, |ui| {
            let wanted = self.exchange_ui(ui, workers, server, writable);
            wanted.or(self.access_ui(ui, workers, writable))
        });
        let copied = column_ui(ui, "token", token, colors.pane, |ui| self.token_ui(ui));
        for x in [form.right(), token.left()] {
            ui.painter()
                .vline(x, whole.y_range(), Stroke::new(1.0, colors.line));
        }
        asked.or(requested).or(wanted).or(copied)
    }

    fn exchange_ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        server: &ServerState,
        writable: bool,
    ) -> Option<Action> {
        let (client, form) = (self.client.as_ref(), &self.form);
        let env_text = || copies::env_text(client, form, server);
        let (action, wish) =
            exchange::exchange_ui(ui, client, &mut self.run, &self.faults, writable, env_text);
        if let Some(wish) = wish {
            self.grant(wish, workers);
        }
        action
    }

    /// Under the exchange, where there is an access token.
    fn access_ui(&mut self, ui: &mut Ui, workers: &mut Workers, writable: bool) -> Option<Action> {
        let answer = self.run.answer.as_ref()?;
        let token = TokenInHand {
            token: answer.access_token()?,
            claims: &answer.token.as_ref()?.claims,
        };
        style::divider(ui);
        self.access.ui(ui, workers, token, writable)
    }

    fn token_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        self.pane.ui(ui, self.run.answer.as_ref())
    }

    /// The form; the button stands under it where it does not stay in sight by itself.
    fn form_ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        server: &ServerState,
        writable: bool,
        under: bool,
    ) -> Option<Action> {
        let mut decodes = false;
        ui.horizontal_wrapped(|ui| {
            style::title(ui, "Tokens");
            let command = UiCommand::DecodeToken;
            let button = style::quiet_button(ui, command.label());
            decodes = button.on_hover_text(command.tooltip()).clicked();
        });
        ui.add_space(space::XS);
        style::field_label(ui, "Client");
        let chosen = self.client.as_ref().map(|client| client.draft.name.clone());
        if let Some(client_id) = self.picker.ui(ui, workers, chosen.as_deref()) {
            self.choose(client_id, workers);
        }
        ui.add_space(space::S);
        if let Some(client) = &self.client {
            self.saved.list_ui(ui, workers, client, &mut self.form);
        }
        let users = self.users.as_deref().unwrap_or_default();
        let draft = self.client.as_ref().map(|client| &client.draft);
        self.form.ui(ui, draft, users);
        ui.add_space(space::S);
        // Until the users are known nobody is said to be missing.
        let client = self.client.as_ref().filter(|_| self.users.is_some());
        let obstacle = self.form.obstacle(server, client, users);
        let obstacle = obstacle.or_else(|| self.form.obstacle_to_writing(client?, writable));
        if let Some(obstacle) = obstacle {
            style::card(ui, Tone::Warning, |ui| ui.label(style::second(ui, obstacle)));
        }
        let requested = under.then(|| self.request_ui(ui, server)).flatten();
        let saved = match self.client.as_ref().filter(|_| writable) {
            Some(client) => {
                ui.horizontal_wrapped(|ui| self.saved.acts_ui(ui, client, &self.form))
                    .inner
            }
            None => None,
        };
        if decodes {
            return Some(Action::Run(UiCommand::DecodeToken));
        }
        let running = matches!(server, ServerState::Running { .. });
        let wanted = requested.or(saved);
        wanted.or(self.faults.ui(ui, self.client.as_ref(), running))
    }

    /// The one thing to do next.
    fn request_ui(&self, ui: &mut Ui, server: &ServerState) -> Option<Action> {
        let running = matches!(server, ServerState::Running { .. });
        let ready = self.client.is_some() && running && !self.run.is_busy();
        let full = vec2(ui.available_width(), size::CONTROL + 2.0);
        let clicked = ui.allocate_ui(full, |ui| {
            let layout = Layout::top_down_justified(Align::Center);
            let button = |ui: &mut Ui| style::primary_button(ui, "Request token", ready).clicked();
            ui.with_layout(layout, button).inner
        });
        if self.run.is_asking() {
            ui.spinner();
        }
        clicked.inner.then_some(Action::RequestToken)
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
