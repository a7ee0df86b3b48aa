//! A client by the URL of its metadata document: what it says of itself is shown before it is kept.

use std::sync::Arc;

use eframe::egui::{Label, RichText, Spinner, Ui};

use super::confirm::{buttons_ui, entered};
use super::conflict::{differences, versions_ui};
use crate::audit::{Settings, judge_draft};
use crate::client::{ClientId, make_visible};
use crate::desktop::form::{findings_ui, text_field};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::worker::{AuditRules, Document, Trouble, Work, Write};
use crate::interchange::client_id_document::judge_url;

/// The dialog.
pub struct DocumentDialog {
    url: String,
    state: State,
    /// The client that is refreshed; none where one is added.
    refreshes: Option<String>,
    /// How the rules are set.
    rules: Arc<AuditRules>,
}

enum State {
    Asking,
    Fetching,
    Failed(Trouble),
    Found(Box<Document>),
}

impl DocumentDialog {
    /// Asks for the URL.
    pub fn add() -> Self {
        Self {
            url: String::new(),
            state: State::Asking,
            refreshes: None,
            rules: Arc::default(),
        }
    }

    /// Waits for what the URL of a client says now.
    pub fn refresh(client_id: &ClientId, name: &str) -> Self {
        Self {
            url: client_id.to_string(),
            state: State::Fetching,
            refreshes: Some(name.to_owned()),
            rules: Arc::default(),
        }
    }

    /// Judges by these rules from now on.
    pub fn go_by(&mut self, rules: &Arc<AuditRules>) {
        self.rules = rules.clone();
    }

    /// Its title.
    pub fn title(&self) -> String {
        match &self.refreshes {
            Some(name) => format!("Refresh {name} from its URL"),
            None => "Add by URL".to_owned(),
        }
    }

    /// Takes what came, if it is what is waited for.
    pub fn take(&mut self, url: &str, came: Result<Document, Trouble>) {
        if self.url.trim() == url && matches!(self.state, State::Fetching) {
            self.state = match came {
                Ok(document) => State::Found(Box::new(document)),
                Err(trouble) => State::Failed(trouble),
            };
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        if self.refreshes.is_none() && !matches!(self.state, State::Found(_)) {
            return self.ask_ui(ui);
        }
        match &self.state {
            State::Found(document) => found_ui(ui, document, &self.rules.settings),
            State::Failed(trouble) => {
                trouble_ui(ui, trouble);
                let url = self.url.clone();
                let wanted = buttons_ui(ui, "Try again", false, true, || {
                    Action::send(Work::FetchDocument(url))
                });
                if matches!(wanted, Some(Action::Send(_))) {
                    self.state = State::Fetching;
                }
                wanted
            }
            State::Asking | State::Fetching => {
                fetching_ui(ui, &self.url);
                ui.add_space(space::M);
                style::row_at_right(ui, |ui| style::button(ui, "Cancel").clicked())
                    .then_some(Action::CloseDialog)
            }
        }
    }

    fn ask_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let text = "A client ID metadata document is a file in which a client describes itself. Its URL is the client ID.";
        ui.label(style::second(ui, text));
        ui.add_space(space::S);
        style::field_label(ui, "URL");
        let entry = text_field(ui, "URL", &mut self.url, "https://app.example.com/client.json");
        if entry.changed() {
            // What is on its way is about another URL.
            self.state = State::Asking;
        }
        let url = self.url.trim().to_owned();
        let possible = judge_url(&url);
        match (&self.state, &possible) {
            (State::Fetching, _) => fetching_ui(ui, &url),
            (State::Failed(trouble), _) => trouble_ui(ui, trouble),
            (_, Err(error)) if url.len() > "https://".len() => {
                let colors = palette(ui);
                ui.label(RichText::new(&error.what).color(colors.warning));
                ui.label(style::faint(ui, error.advice));
            }
            _ => {
                ui.label(style::faint(
                    ui,
                    "Nothing is kept before you have seen what it says",
                ));
            }
        }
        let is_ready = possible.is_ok() && !matches!(self.state, State::Fetching);
        let fetch = || Action::send(Work::FetchDocument(url));
        let wanted = if entered(ui, &entry, is_ready) {
            Some(fetch())
        } else {
            buttons_ui(ui, "Fetch", false, is_ready, fetch)
        };
        if matches!(wanted, Some(Action::Send(_))) {
            self.state = State::Fetching;
        }
        wanted
    }
}

fn fetching_ui(ui: &mut Ui, url: &str) {
    ui.horizontal(|ui| {
        ui.add(Spinner::new());
        ui.add(Label::new(style::second(ui, format!("Fetching {url}"))).wrap());
    });
}

fn trouble_ui(ui: &mut Ui, trouble: &Trouble) {
    style::card(ui, Tone::Danger, |ui| {
        ui.label(style::medium(ui, &trouble.what));
        ui.label(style::second(ui, &trouble.advice));
    });
}

/// What the document says; of a known client what would change.
fn found_ui(ui: &mut Ui, document: &Document, rules: &Settings) -> Option<Action> {
    let findings = judge_draft(&document.draft, Some(&document.foreign.client_id), rules);
    match &document.known {
        Some(known) => {
            let differing = differences(&document.draft, &known.draft);
            let any = !differing.is_empty();
            let text = if any {
                "The document says something else than what is registered. Nothing has been saved yet."
            } else {
                "The document says what is registered. There is nothing to save."
            };
            ui.label(style::second(ui, text));
            ui.add_space(space::S);
            versions_ui(ui, "In the document", differing);
            findings_ui(ui, &document.draft, &findings, false);
            let save = || {
                Action::send(Write::Save {
                    client_id: known.client_id.clone(),
                    version: known.version,
                    draft: Box::new(document.draft.clone()),
                    first_secret: None,
                    restored_from: None,
                })
            };
            buttons_ui(ui, "Save changes", false, any, save)
        }
        None => {
            says_ui(ui, document);
            if findings.iter().any(|finding| finding.rule.refuses()) {
                let text = "It breaks a rule, so it will be held: it is listed, and gets no token until it is put right.";
                ui.label(style::second(ui, text));
            }
            findings_ui(ui, &document.draft, &findings, false);
            let add = || Action::send(Write::AddDocument(document.foreign.clone()));
            buttons_ui(ui, "Add client", false, true, add)
        }
    }
}

fn says_ui(ui: &mut Ui, document: &Document) {
    let draft = &document.draft;
    let grants = draft.grant_types.iter().map(|grant| grant.as_str());
    let facts: [(&str, Vec<&str>); 6] = [
        ("Client ID", vec![document.foreign.client_id.as_str()]),
        ("Name", vec![draft.name.as_str()]),
        (
            "Redirect URIs",
            draft.redirect_uris.iter().map(String::as_str).collect(),
        ),
        ("Grants", grants.collect()),
        ("Scopes", draft.scopes.iter().map(String::as_str).collect()),
        (
            "Client authentication",
            vec![draft.token_endpoint_auth_method.label()],
        ),
    ];
    for (name, mut values) in facts {
        style::label(ui, name);
        values.retain(|value| !value.is_empty());
        if values.is_empty() {
            values.push("–");
        }
        for value in values {
            // Somebody else wrote it: nothing in it may look like something else.
            ui.add(Label::new(style::mono(ui, make_visible(value))).wrap());
        }
    }
    for left in &document.foreign.left_out {
        let text = format!("Left out: {}, because {}", left.member, left.why);
        ui.label(style::faint(ui, text));
    }
    ui.add_space(space::S);
}
