//! The tokens that the desk was given: what each claim says and why it is there.

use eframe::egui::{Label, Ui};

use super::rows::{MemberRow, WITH_REASONS, of_claims, rows_ui};
use super::verdict::verdict_ui;
use crate::client::Secret;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::TokenReasons;
use crate::jwt::{DecodedToken, Kind};
use crate::outbound::TokenAnswer;

/// The width in which the title and two buttons have room beside each other.
const BESIDE: f32 = 360.0;

/// Which of the two tokens is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    AccessToken,
    IdToken,
}

/// The state of the pane.
#[derive(Default)]
pub struct TokenPane {
    shown: Shown,
    access: Vec<MemberRow>,
    id: Vec<MemberRow>,
    selected: Option<usize>,
}

impl TokenPane {
    /// Takes tokens in.
    pub fn take(&mut self, answer: Option<&TokenAnswer>, reasons: &TokenReasons) {
        let rows = |token: Option<&DecodedToken>, reasons| {
            token.map(|token| of_claims(token, reasons)).unwrap_or_default()
        };
        let of = |part: fn(&TokenAnswer) -> Option<&DecodedToken>| answer.and_then(part);
        *self = Self {
            access: rows(of(|answer| answer.token.as_ref()), &reasons.access_token),
            id: rows(of(|answer| answer.id_token.as_ref()), &reasons.id_token),
            ..Self::default()
        };
    }

    /// Draws the tokens, if some came.
    pub fn ui(&mut self, ui: &mut Ui, answer: Option<&TokenAnswer>) -> Option<Action> {
        let action = self.head_ui(ui, answer);
        let (rows, token, kind) = match self.shown {
            Shown::AccessToken => (
                &self.access,
                answer.and_then(|answer| answer.token.as_ref()),
                Kind::AccessToken,
            ),
            Shown::IdToken => (
                &self.id,
                answer.and_then(|answer| answer.id_token.as_ref()),
                Kind::IdToken,
            ),
        };
        let Some(token) = token else {
            ui.label(style::faint(
                ui,
                "Its claims, with their meaning and the time that is left, stand here",
            ));
            return action;
        };
        verdict_ui(ui, token, Some(kind));
        rows_ui(ui, "claims", "Claims", &WITH_REASONS, rows, &mut self.selected);
        style::divider(ui);
        style::label(ui, "Header");
        style::code_block(ui, |ui| {
            let header = serde_json::to_string_pretty(&token.header).unwrap_or_default();
            ui.add(Label::new(style::mono(ui, header)).wrap());
        });
        action
    }

    /// What is looked at, and what can be done with it.
    fn head_ui(&mut self, ui: &mut Ui, answer: Option<&TokenAnswer>) -> Option<Action> {
        let has_both = answer.is_some_and(|answer| answer.raw_id_token().is_some());
        if !has_both {
            self.shown = Shown::AccessToken;
        }
        if ui.available_width() < BESIDE || has_both {
            self.titles_ui(ui, has_both);
            return ui.horizontal_wrapped(|ui| self.buttons_ui(ui, answer)).inner;
        }
        ui.horizontal(|ui| {
            self.titles_ui(ui, has_both);
            style::row_at_right(ui, |ui| self.buttons_ui(ui, answer))
        })
        .inner
    }

    fn titles_ui(&mut self, ui: &mut Ui, has_both: bool) {
        if !has_both {
            style::pane_title(ui, "Access token");
            return;
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::SCREEN;
            for (this, name) in [(Shown::AccessToken, "Access token"), (Shown::IdToken, "ID token")] {
                if style::tab(ui, name, self.shown == this).clicked() {
                    self.shown = this;
                    self.selected = None;
                }
            }
        });
    }

    fn buttons_ui(&self, ui: &mut Ui, answer: Option<&TokenAnswer>) -> Option<Action> {
        let answer = answer?;
        let (text, copy, what) = match self.shown {
            Shown::AccessToken => (
                answer.access_token()?,
                "Copy access token",
                "The access token from the desk",
            ),
            Shown::IdToken => (
                answer.raw_id_token()?,
                "Copy ID token",
                "The ID token from the desk",
            ),
        };
        let token = || Secret::new(text.to_owned());
        if style::button(ui, copy).clicked() {
            return Some(Action::CopySecret(token()));
        }
        let compare = style::button(ui, "Compare…").on_hover_text("With another token, claim by claim");
        compare.clicked().then(|| Action::CompareToken(token(), what))
    }
}
