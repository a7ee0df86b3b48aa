//! Requests that are saved for the client: chosen, kept and forgotten. What is pasted is never in them.

use eframe::egui::Ui;

use super::form::TokenForm;
use crate::client::{ClientId, GrantType};
use crate::desktop::dialogs::{Dialog, SaveRequestDialog};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{Read, SavedChange, SignInBy, Workers, Write};
use crate::registry::{Client, SavedRequest};

/// The words for whoever sits at the browser, and for a test user.
const BROWSER: &str = "browser";
const USER: &str = "user:";
/// The words for the two kinds of credential.
const TEST_CREDENTIAL: &str = "test";
const PASTED: &str = "pasted";

/// The state of the part.
#[derive(Default)]
pub struct SavedPart {
    rows: Vec<SavedRequest>,
    /// Whose were asked for, by which command.
    asked: Option<(u64, ClientId)>,
    /// Which one stands in the form.
    chosen: Option<String>,
    /// Whether one is being saved, which stands in the form then.
    saving: bool,
}

impl SavedPart {
    /// The registry changed: there may be others by now.
    pub fn refresh(&mut self) {
        self.asked = None;
    }

    /// Begins anew for another client.
    pub fn begin(&mut self) {
        *self = Self::default();
    }

    /// Takes the saved requests in.
    pub fn take(&mut self, number: u64, rows: Vec<SavedRequest>) {
        if self.asked.as_ref().is_none_or(|(asked, _)| *asked != number) {
            return;
        }
        self.chosen
            .take_if(|chosen| !rows.iter().any(|row| row.name == *chosen));
        let is_new = |row: &&SavedRequest| !self.rows.iter().any(|old| old.name == row.name);
        if let Some(new) = rows.iter().find(is_new).filter(|_| self.saving) {
            (self.chosen, self.saving) = (Some(new.name.clone()), false);
        }
        self.rows = rows;
    }

    /// Draws the list. What is chosen goes into the form.
    pub fn list_ui(&mut self, ui: &mut Ui, workers: &mut Workers, client: &Client, form: &mut TokenForm) {
        self.ask(workers, &client.client_id);
        if self.rows.is_empty() {
            return;
        }
        style::field_label(ui, "Saved requests");
        let shown = self.chosen.as_deref().unwrap_or("None chosen");
        let mut chosen = None;
        style::combo("Saved requests", ui.available_width(), shown).show_ui(ui, |ui| {
            for row in &self.rows {
                let is_chosen = self.chosen.as_ref() == Some(&row.name);
                if style::choice(ui, is_chosen, &row.name).clicked() {
                    chosen = Some(row.clone());
                }
            }
        });
        if let Some(row) = chosen {
            fill(form, &row);
            self.chosen = Some(row.name);
        }
        ui.add_space(space::S);
    }

    /// Draws what can be done with what the form asks for.
    pub fn acts_ui(&mut self, ui: &mut Ui, client: &Client, form: &TokenForm) -> Option<Action> {
        let save = style::button(ui, "Save request…")
            .on_hover_text("Keep what the form asks for, without any secret");
        if save.clicked() {
            self.saving = true;
            let taken = self.rows.iter().map(|row| row.name.clone()).collect();
            let name = self.chosen.clone().unwrap_or_default();
            let dialog = SaveRequestDialog::new(client.client_id.clone(), request(form, name), taken);
            return Some(Action::ask(Dialog::SaveRequest(Box::new(dialog))));
        }
        let name = self.chosen.as_ref()?;
        let delete = style::danger_button(ui, "Delete saved request").on_hover_text(name);
        delete.clicked().then(|| {
            let client_id = client.client_id.clone();
            Action::send(Write::SavedRequest(SavedChange::Delete {
                client_id,
                name: name.clone(),
            }))
        })
    }

    fn ask(&mut self, workers: &mut Workers, client_id: &ClientId) {
        let is_asked = self.asked.as_ref().is_some_and(|(_, asked)| asked == client_id);
        if !is_asked {
            let number = workers.send(Read::SavedRequests(client_id.clone()));
            self.asked = Some((number, client_id.clone()));
        }
    }
}

/// What the form asks for.
fn request(form: &TokenForm, name: String) -> SavedRequest {
    let scope = form.scope.trim();
    let credential = if form.pasted { PASTED } else { TEST_CREDENTIAL };
    SavedRequest {
        name,
        grant_type: Some(form.grant.as_str().to_owned()),
        scope: (!scope.is_empty()).then(|| scope.to_owned()),
        audience: form.audience.clone(),
        redirect_uri: form.redirect_uri.clone(),
        sign_in: form.sign_in.as_ref().map(|by| match by {
            SignInBy::Browser => BROWSER.to_owned(),
            SignInBy::User(name) => format!("{USER}{name}"),
        }),
        credential: Some(credential.to_owned()),
    }
}

/// Has the form ask for the same. A grant that is not known any more leaves the one that stands there.
fn fill(form: &mut TokenForm, request: &SavedRequest) {
    let grant = request.grant_type.as_deref().and_then(GrantType::parse);
    form.grant = grant.unwrap_or(form.grant);
    form.scope = request.scope.clone().unwrap_or_default();
    form.audience.clone_from(&request.audience);
    form.redirect_uri.clone_from(&request.redirect_uri);
    form.sign_in = request
        .sign_in
        .as_deref()
        .and_then(|by| match by.strip_prefix(USER) {
            Some(name) => Some(SignInBy::User(name.to_owned())),
            None => (by == BROWSER).then_some(SignInBy::Browser),
        });
    form.pasted = request.credential.as_deref() == Some(PASTED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_of_a_form_fills_another_one_in_the_same_way() {
        for sign_in in [
            None,
            Some(SignInBy::Browser),
            Some(SignInBy::User("browser".to_owned())),
            Some(SignInBy::User("ada".to_owned())),
        ] {
            let mut form = TokenForm::default();
            form.grant = GrantType::AuthorizationCode;
            form.scope = " openid read ".to_owned();
            form.audience = Some("https://api.example.com".to_owned());
            form.redirect_uri = Some("https://app.example.com/cb".to_owned());
            form.sign_in = sign_in;
            form.pasted = true;
            let saved = request(&form, "nightly".to_owned());
            let mut other = TokenForm::default();
            fill(&mut other, &saved);
            assert_eq!(request(&other, "nightly".to_owned()), saved);
            assert_eq!(
                (other.sign_in.clone(), other.pasted),
                (form.sign_in.clone(), true)
            );
        }
    }

    #[test]
    fn a_request_of_another_version_leaves_what_it_does_not_know() {
        let mut form = TokenForm::default();
        let odd = SavedRequest {
            grant_type: Some("urn:example:new".to_owned()),
            sign_in: Some("somehow".to_owned()),
            ..SavedRequest::default()
        };
        fill(&mut form, &odd);
        assert_eq!(
            (form.grant, form.sign_in.clone()),
            (GrantType::ClientCredentials, None)
        );
    }
}
