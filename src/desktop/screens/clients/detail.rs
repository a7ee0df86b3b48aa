//! The client that is looked at: every field to view and edit, its secrets, its findings, and what can be done.

use eframe::egui::{Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};
use jiff::Timestamp;

use super::approval::approval_ui;
use super::table::standing_tone;
use crate::audit::Approval;
use crate::client::{AuthMethod, ClientDraft, Status};
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::Dialog;
use crate::desktop::form::{DraftForm, FieldLayout, findings_ui};
use crate::desktop::screens::{Action, Rights};
use crate::desktop::style::{self, Tone, palette, tokens::corner, tokens::font, tokens::size, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{ClientAct, Work, Write};
use crate::interchange::client_id_document;
use crate::registry::{Client, Origin, SecretRecord};

/// The state of the pane.
pub struct Detail {
    /// The client as it was read.
    pub client: Client,
    /// Its registration being edited.
    pub form: DraftForm,
    /// The change of the history that the form was filled from, by its number.
    pub restored_from: Option<i64>,
    /// Its sign-off, if there is one; nothing before that is known.
    pub approval: Option<Option<Box<Approval>>>,
    /// Whether the registry holds a newer version than the one that is being edited.
    pub outdated: bool,
}

impl Detail {
    /// Looks at a client.
    pub fn new(client: Client) -> Self {
        Self {
            form: DraftForm::new(client.draft.clone()).with_redirect_test(),
            client,
            restored_from: None,
            approval: None,
            outdated: false,
        }
    }

    /// The client was read again: take it over, unless that would lose what was typed.
    pub fn take(&mut self, client: Client) {
        if self.form.is_dirty() {
            self.outdated = client.version != self.client.version;
            // Secrets and last use are not edited here; the newest are always shown.
            self.client.secrets = client.secrets;
            self.client.last_used_at = client.last_used_at;
        } else if client.version != self.client.version || client.draft != self.client.draft {
            *self = Self::new(client);
        } else {
            self.client = client;
        }
    }

    /// The command that keeps what was changed, or the question that comes first.
    pub fn save(&mut self) -> Option<Action> {
        self.form.finish_entries();
        if !self.form.is_dirty() || self.form.problems() > 0 {
            return None;
        }
        let before = self.client.draft.token_endpoint_auth_method;
        let after = self.form.draft().token_endpoint_auth_method;
        let live = self.client.live_secrets(Timestamp::now()).count();
        if before != AuthMethod::None && after == AuthMethod::None && live > 0 {
            let save = Box::new(self.write());
            return Some(Action::ask(Dialog::TurnPublic {
                name: self.client.draft.name.clone(),
                save,
            }));
        }
        if after.uses_secret() && live == 0 {
            return Some(Action::send(Work::SaveWithFirstSecret {
                client_id: self.client.client_id.clone(),
                version: self.client.version,
                draft: Box::new(self.form.draft().clone()),
                restored_from: self.restored_from,
            }));
        }
        Some(Action::send(self.write()))
    }

    fn write(&self) -> Write {
        Write::Save {
            client_id: self.client.client_id.clone(),
            version: self.client.version,
            draft: Box::new(self.form.draft().clone()),
            first_secret: None,
            restored_from: self.restored_from,
        }
    }

    /// Whether it came by the URL of its metadata document.
    pub fn comes_by_url(&self) -> bool {
        self.client.origin.as_deref() == Some(client_id_document::ORIGIN)
    }

    /// The draft that a copy of the client starts from.
    pub fn duplicate(&self) -> ClientDraft {
        let mut draft = self.client.draft.clone();
        draft.name = format!("{} (copy)", draft.name);
        draft
    }

    /// Draws the pane; under it, once something was changed, what can be done about that.
    pub fn ui(&mut self, ui: &mut Ui, rights: Rights) -> Option<Action> {
        let whole = ui.available_rect_before_wrap();
        let bar_height = if self.form.is_dirty() { size::BAR } else { 0.0 };
        let (body, bar) = whole.split_top_bottom_at_y(whole.bottom() - bar_height);
        let pane = palette(ui).pane;
        let wanted = style::part(ui, "client", body, pane, |ui| {
            let scroll = ScrollArea::vertical()
                .id_salt(self.client.client_id.as_str())
                .auto_shrink(false);
            scroll.show(ui, |ui| self.body_ui(ui, rights)).inner
        });
        if bar_height == 0.0 {
            return wanted;
        }
        wanted.or(style::bottom_bar(ui, bar, 20.0, |ui| {
            self.save_bar_ui(ui, rights.change)
        }))
    }

    fn body_ui(&mut self, ui: &mut Ui, rights: Rights) -> Option<Action> {
        let margin = Margin {
            left: 20,
            right: 20,
            top: 16,
            bottom: 20,
        };
        let writable = rights.change;
        let framed = Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let parts = [
                self.head_ui(ui, writable),
                self.fields_ui(ui, writable),
                self.secrets_ui(ui, writable),
                self.review_ui(ui, rights),
                self.findings_ui(ui, writable),
            ];
            parts.into_iter().flatten().next()
        });
        framed.inner
    }

    fn head_ui(&self, ui: &mut Ui, writable: bool) -> Option<Action> {
        let mut action = None;
        let client = &self.client;
        ui.horizontal(|ui| {
            let standing = client.standing();
            style::at_right(ui, |ui| {
                if style::close_button(ui, "Close client").clicked() {
                    action = Some(Action::CloseClient);
                }
                style::badge(ui, standing.label(), standing_tone(standing));
                ui.with_layout(
                    eframe::egui::Layout::left_to_right(eframe::egui::Align::Center),
                    |ui| {
                        let text = RichText::new(&client.draft.name).font(eframe::egui::FontId::new(
                            font::PANE_TITLE,
                            style::family(style::SEMIBOLD),
                        ));
                        ui.add(Label::new(text).truncate());
                    },
                );
            });
        });
        ui.horizontal(|ui| {
            let id = client.client_id.as_str();
            let copy = 62.0;
            let text = style::mono(ui, id).color(palette(ui).second);
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() - copy);
                ui.add(Label::new(text).truncate()).on_hover_text(id);
            });
            if style::button(ui, "Copy")
                .accessible_name("Copy client ID")
                .clicked()
            {
                action = Some(Action::CopyText(id.to_owned()));
            }
        });
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            if style::button(ui, "Request a token").clicked() {
                action = Some(Action::TokenFor(client.client_id.clone()));
            }
            let command = UiCommand::HandoverSheet;
            let sheet = style::button(ui, command.label()).on_hover_text(command.tooltip());
            if sheet.clicked() {
                action = Some(Action::Run(command));
            }
            if !writable {
                return;
            }
            if style::button(ui, "Duplicate")
                .accessible_name(UiCommand::DuplicateClient.label())
                .clicked()
            {
                action = Some(Action::Run(UiCommand::DuplicateClient));
            }
            if self.comes_by_url() {
                let command = UiCommand::RefreshFromUrl;
                let button = style::button(ui, command.label()).on_hover_text(command.tooltip());
                if button.clicked() {
                    action = Some(Action::Run(command));
                }
            }
            action = action.take().or_else(|| self.switch_ui(ui));
            if style::danger_button(ui, "Delete…")
                .accessible_name("Delete client…")
                .clicked()
            {
                action = Some(Action::ask(Dialog::delete(client.clone())));
            }
        });
        if let Some(used) = client.last_used_at {
            ui.label(style::faint(
                ui,
                format!("Last used {}", time::ago(Some(used), Timestamp::now())),
            ));
        }
        style::divider(ui);
        action
    }

    fn switch_ui(&self, ui: &mut Ui) -> Option<Action> {
        let (text, name, act) = match self.client.status {
            Status::Active => ("Disable", "Disable client", ClientAct::Disable),
            Status::Disabled => ("Enable", "Enable client", ClientAct::Enable),
        };
        let clicked = style::button(ui, text).accessible_name(name).clicked();
        clicked.then(|| {
            let seen = Box::new(self.client.clone());
            Action::send(Write::Act { act, seen })
        })
    }

    fn fields_ui(&mut self, ui: &mut Ui, writable: bool) -> Option<Action> {
        if self.outdated {
            style::card(ui, Tone::Warning, |ui| {
                ui.label(style::second(
                    ui,
                    "Somebody else has changed this client meanwhile. Saving will show both versions.",
                ));
            });
        }
        if writable {
            self.form.ui(ui, FieldLayout::Above);
        } else {
            self.form.shown_ui(ui);
        }
        style::divider(ui);
        self.form
            .take_test_wish()
            .then_some(Action::Run(UiCommand::TestRedirectUri))
    }

    fn secrets_ui(&self, ui: &mut Ui, writable: bool) -> Option<Action> {
        let mut action = None;
        let uses_secret = self.client.draft.token_endpoint_auth_method.uses_secret();
        let now = Timestamp::now();
        ui.horizontal(|ui| {
            style::label(ui, "Secrets");
            style::at_right(ui, |ui| {
                let name = self.client.draft.name.clone();
                let client_id = self.client.client_id.clone();
                if writable && self.client.live_secrets(now).next().is_some() {
                    let revoke =
                        style::danger_button(ui, "Revoke all…").accessible_name("Revoke all secrets now…");
                    if revoke
                        .on_hover_text("For a leak: ends every secret and every token at once")
                        .clicked()
                    {
                        action = Some(Action::ask(Dialog::Revoke {
                            client_id: client_id.clone(),
                            name: name.clone(),
                        }));
                    }
                }
                if writable && uses_secret {
                    let rotate = style::button(ui, "Rotate secret…");
                    if rotate
                        .on_hover_text("Makes a new secret; the old one stays valid as long as you say")
                        .clicked()
                    {
                        action = Some(Action::ask(Dialog::rotate(client_id, name)));
                    }
                }
            });
        });
        if !uses_secret {
            let method = self.client.draft.token_endpoint_auth_method;
            ui.label(style::faint(
                ui,
                match method {
                    AuthMethod::None => "None: a public client keeps no secret".to_owned(),
                    _ => format!("None: it authenticates by {method}"),
                },
            ));
        }
        let mut secrets: Vec<&SecretRecord> = self.client.secrets.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse((secret.is_live(now), secret.created_at)));
        for secret in secrets.iter().take(8) {
            secret_row_ui(ui, secret, now);
        }
        if uses_secret && secrets.is_empty() {
            ui.label(style::faint(
                ui,
                "None. A lost secret cannot be shown again; rotate to make a new one",
            ));
        }
        style::divider(ui);
        action
    }

    /// Whether it is signed off. What is being edited is approved once it is saved.
    fn review_ui(&self, ui: &mut Ui, rights: Rights) -> Option<Action> {
        let approval = self.approval.as_ref()?;
        style::label(ui, "Review");
        let decides = rights.decide && !self.form.is_dirty();
        let action = approval_ui(ui, &self.client, approval.as_deref(), decides);
        style::divider(ui);
        action
    }

    fn findings_ui(&mut self, ui: &mut Ui, writable: bool) -> Option<Action> {
        style::label(ui, "Findings");
        let fix = findings_ui(ui, self.form.draft(), self.form.findings(), writable);
        if let Some(fix) = fix {
            self.form.apply(&fix);
        }
        ui.add_space(space::S);
        let client = &self.client;
        let made = format!(
            "Registered {} · changed {}",
            time::day(client.created_at),
            time::day(client.updated_at)
        );
        ui.label(style::faint(ui, made));
        if let Some(origin) = Origin::of(client) {
            let by = match origin {
                Origin::Open => "It registered itself, without a token".to_owned(),
                Origin::Token(label) => format!("It registered itself, by the initial access token {label}"),
            };
            ui.label(style::faint(ui, by));
        }
        None
    }

    fn save_bar_ui(&mut self, ui: &mut Ui, writable: bool) -> Option<Action> {
        let problems = self.form.problems();
        let save =
            style::primary_button(ui, UiCommand::SaveChanges.label(), writable && problems == 0).clicked();
        let discard = style::button(ui, UiCommand::DiscardChanges.label()).clicked();
        if problems > 0 {
            ui.label(style::second(ui, problems_text(problems)));
        }
        save.then_some(Action::Save)
            .or(discard.then_some(Action::Discard))
    }
}

/// How many problems stand in the way.
pub fn problems_text(problems: usize) -> String {
    if problems == 1 {
        "1 problem to solve first".to_owned()
    } else {
        format!("{problems} problems to solve first")
    }
}

fn secret_row_ui(ui: &mut Ui, secret: &SecretRecord, now: Timestamp) {
    let colors = palette(ui);
    let live = secret.is_live(now);
    let (end, tone) = match (secret.revoked_at, secret.expires_at) {
        (Some(at), _) => (format!("revoked {}", time::day(at)), Tone::Neutral),
        (None, Some(at)) if !live => (format!("ended {}", time::day(at)), Tone::Neutral),
        (None, Some(at)) => (format!("ends {}", time::until(at, now)), Tone::Warning),
        (None, None) => ("no expiry".to_owned(), Tone::Neutral),
    };
    Frame::new()
        .fill(colors.field)
        .stroke(Stroke::new(1.0, tone.line(colors)))
        .corner_radius(corner::CONTROL)
        .inner_margin(Margin::symmetric(10, 5))
        .show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 20.0;
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let created = RichText::new(format!("Created {}", time::day(secret.created_at)));
                ui.label(created.color(if live { colors.text } else { colors.faint }))
                    .on_hover_text(&secret.label);
                let color = if tone == Tone::Warning {
                    colors.warning_text
                } else {
                    colors.faint
                };
                ui.label(RichText::new(format!("· {end}")).color(color));
                style::at_right(ui, |ui| {
                    let used = match secret.last_used_at {
                        Some(_) => format!("used {}", time::ago(secret.last_used_at, now)),
                        None => "never used".to_owned(),
                    };
                    ui.label(style::second(ui, used));
                });
            });
        });
}
