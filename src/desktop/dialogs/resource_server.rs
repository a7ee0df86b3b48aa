//! The form of a resource server: its names, its scopes, and the rules by which it allows requests.

use eframe::egui::{Key, Label, Response, Ui, vec2};

use super::confirm::buttons_ui;
use crate::client::policy::{AccessPolicy, PathPattern, PolicyRule, RequiredClaim, RuleMethod};
use crate::client::resource::{identifier_problem, propose_slug, slug_problem};
use crate::client::{ClientId, Scope};
use crate::desktop::form::{SCOPES, chips_ui, text_field};
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::size, tokens::space};
use crate::desktop::worker::{Trouble, Upkeep, Write};
use crate::registry::ResourceServer;

/// The width of a rule's method.
const METHOD: f32 = 116.0;
/// The width of the button that takes a rule away, and of the space before it.
const REMOVE: f32 = 34.0;
/// What stands for every method.
const ANY_METHOD: &str = "Any method";

/// A resource server in the making.
pub struct ResourceServerForm {
    /// As it was looked at; none for a new one.
    before: Option<Box<ResourceServer>>,
    identifier: String,
    slug: String,
    /// Whether the slug is the person's own and no longer proposed.
    slug_is_typed: bool,
    scopes: Vec<String>,
    scope_entry: String,
    introspecting_client: String,
    rules: Vec<RuleFields>,
    /// The identifiers and slugs of the other resource servers.
    taken: Vec<(String, String)>,
    is_saving: bool,
    trouble: Option<Trouble>,
}

/// A rule as it is typed.
#[derive(Default)]
struct RuleFields {
    method: Option<RuleMethod>,
    path: String,
    scopes: String,
    claims: String,
}

impl ResourceServerForm {
    /// A new one, with what is known of it. The others are those that there are.
    pub fn add(identifier: &str, scopes: &[&str], others: &[ResourceServer]) -> Self {
        let slugs: Vec<String> = others.iter().map(|other| other.slug.clone()).collect();
        let slug = if identifier.is_empty() {
            String::new()
        } else {
            propose_slug(identifier, &slugs)
        };
        Self {
            before: None,
            identifier: identifier.to_owned(),
            slug,
            slug_is_typed: false,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            scope_entry: String::new(),
            introspecting_client: String::new(),
            rules: Vec::new(),
            taken: names(others),
            is_saving: false,
            trouble: None,
        }
    }

    /// One that there is.
    pub fn edit(server: &ResourceServer, all: &[ResourceServer]) -> Self {
        let mut taken = names(all);
        taken.retain(|(identifier, _)| *identifier != server.identifier);
        let introspecting_client = server.introspecting_client.as_ref();
        Self {
            before: Some(Box::new(server.clone())),
            identifier: server.identifier.clone(),
            slug: server.slug.clone(),
            slug_is_typed: true,
            scopes: server.scopes.clone(),
            scope_entry: String::new(),
            introspecting_client: introspecting_client.map(ToString::to_string).unwrap_or_default(),
            rules: server.policy.rules().iter().map(RuleFields::of).collect(),
            taken,
            is_saving: false,
            trouble: None,
        }
    }

    /// Its title.
    pub fn title(&self) -> String {
        match &self.before {
            None => "Add resource server".to_owned(),
            Some(before) => format!("Edit {}", before.slug),
        }
    }

    /// It was not kept: what is typed stays, and it is said why.
    pub fn take(&mut self, trouble: Trouble) {
        self.is_saving = false;
        self.trouble = Some(trouble);
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let entered = self.names_ui(ui);
        style::field_label(ui, "Scopes");
        chips_ui(ui, &SCOPES, &mut self.scopes, &mut self.scope_entry);
        ui.add_space(space::XS);
        self.introspecting_client_ui(ui);
        style::divider(ui);
        self.policy_ui(ui);
        if let Some(trouble) = &self.trouble {
            ui.add_space(space::S);
            style::card(ui, Tone::Danger, |ui| {
                ui.label(style::strong(ui, &trouble.what));
                ui.label(style::second(ui, &trouble.advice));
            });
        }
        let server = self.read();
        let possible = server.is_ok() && !self.is_saving;
        let (word, before) = match &self.before {
            None => ("Add resource server", None),
            Some(before) => ("Save resource server", Some(before.clone())),
        };
        let put = || match server {
            Ok(server) => Action::send(Write::Upkeep(Upkeep::PutResourceServer {
                server: Box::new(server),
                before,
            })),
            Err(_) => Action::CloseDialog,
        };
        let wanted = if entered && possible {
            Some(put())
        } else {
            buttons_ui(ui, word, false, possible, put)
        };
        if matches!(wanted, Some(Action::Send(_))) {
            self.is_saving = true;
            self.trouble = None;
        }
        wanted
    }

    /// Identifier and slug. Returns whether Enter was pressed in one of them.
    fn names_ui(&mut self, ui: &mut Ui) -> bool {
        let mut entries = Vec::new();
        style::field_label(ui, "Identifier");
        if self.before.is_some() {
            ui.add(Label::new(style::mono(ui, &self.identifier)).wrap());
        } else {
            let hint = "https://api.example.com";
            let entry = text_field(ui, "Identifier", &mut self.identifier, hint);
            if entry.changed() && !self.slug_is_typed {
                let slugs: Vec<String> = self.taken.iter().map(|(_, slug)| slug.clone()).collect();
                self.slug = propose_slug(self.identifier.trim(), &slugs);
            }
            let problem = self.identifier_problem().filter(|_| !self.identifier.is_empty());
            note_ui(
                ui,
                problem.as_deref(),
                "What stands in the aud of its tokens, to the letter",
            );
            entries.push(entry);
        }
        ui.add_space(space::XS);
        style::field_label(ui, "Slug");
        let entry = text_field(ui, "Slug", &mut self.slug, "api");
        self.slug_is_typed |= entry.changed();
        let problem = self.slug_problem().filter(|_| !self.slug.is_empty());
        let note = format!("It answers at /resource/{}/… of this server", self.slug.trim());
        note_ui(ui, problem.as_deref(), &note);
        entries.push(entry);
        ui.add_space(space::XS);
        entries.iter().any(|entry| entered(ui, entry))
    }

    fn introspecting_client_ui(&mut self, ui: &mut Ui) {
        style::field_label(ui, "Introspecting client");
        let text = &mut self.introspecting_client;
        text_field(ui, "Introspecting client", text, "Client ID, or nothing");
        let problem = self.introspecting_client().err();
        let note = "The client that may introspect its tokens, where the real one does that";
        note_ui(ui, problem.as_deref(), note);
    }

    fn policy_ui(&mut self, ui: &mut Ui) {
        style::label(ui, "Policy");
        let help = "The rule with the most specific path decides; of two with the same path, the one that names the method. \
                    In a path * is one segment, and /** at the end is that path and everything below. What no rule fits is \
                    denied.";
        ui.label(style::faint(ui, help));
        if self.rules.is_empty() {
            let ink = Tone::Warning.text(palette(ui));
            ui.label(style::second(ui, "Without a rule every request is denied").color(ink));
        }
        let mut removed = None;
        for (index, rule) in self.rules.iter_mut().enumerate() {
            if rule.ui(ui, index + 1, &self.scopes) {
                removed = Some(index);
            }
        }
        if let Some(index) = removed {
            self.rules.remove(index);
        }
        if let Err(problem) = self.policy()
            && self.rules.iter().all(|rule| rule.read().is_ok())
        {
            note_ui(ui, Some(&problem), "");
        }
        ui.add_space(space::XS);
        let full = self.rules.len() >= AccessPolicy::MOST_RULES;
        let add = ui.add_enabled_ui(!full, |ui| style::button(ui, "Add rule").clicked());
        if add.inner {
            self.rules.push(RuleFields::example(&self.scopes));
        }
    }

    fn identifier_problem(&self) -> Option<String> {
        let typed = self.identifier.trim();
        if self.taken.iter().any(|(identifier, _)| identifier == typed) {
            return Some("There is a resource server of this identifier".to_owned());
        }
        identifier_problem(typed).map(str::to_owned)
    }

    fn slug_problem(&self) -> Option<String> {
        let typed = self.slug.trim();
        if self.taken.iter().any(|(_, slug)| slug == typed) {
            return Some("Another resource server has this slug".to_owned());
        }
        slug_problem(typed).map(str::to_owned)
    }

    fn introspecting_client(&self) -> Result<Option<ClientId>, String> {
        match self.introspecting_client.trim() {
            "" => Ok(None),
            typed => ClientId::parse(typed)
                .map(Some)
                .ok_or_else(|| "A client ID is printable ASCII".to_owned()),
        }
    }

    fn policy(&self) -> Result<AccessPolicy, String> {
        let rules: Result<Vec<PolicyRule>, String> = self.rules.iter().map(RuleFields::read).collect();
        AccessPolicy::new(rules?).map_err(|problem| problem.to_string())
    }

    /// The resource server, if there can be one of what is typed.
    fn read(&self) -> Result<ResourceServer, String> {
        if let Some(problem) = self.identifier_problem().or_else(|| self.slug_problem()) {
            return Err(problem);
        }
        let mut scopes = self.scopes.clone();
        for word in self.scope_entry.split_whitespace() {
            if !scopes.iter().any(|scope| scope == word) {
                scopes.push(word.to_owned());
            }
        }
        let server = ResourceServer {
            identifier: self.identifier.trim().to_owned(),
            slug: self.slug.trim().to_owned(),
            scopes,
            introspecting_client: self.introspecting_client()?,
            policy: self.policy()?,
        };
        server.problem().map_or(Ok(server), Err)
    }
}

fn names(servers: &[ResourceServer]) -> Vec<(String, String)> {
    let names = |server: &ResourceServer| (server.identifier.clone(), server.slug.clone());
    servers.iter().map(names).collect()
}

impl RuleFields {
    fn of(rule: &PolicyRule) -> Self {
        let claims: Vec<String> = rule.claims.iter().map(ToString::to_string).collect();
        Self {
            method: rule.method,
            path: rule.path.to_string(),
            scopes: rule.scopes.join(" "),
            claims: claims.join(" "),
        }
    }

    /// What a first rule may look like: to read everything with the first scope.
    fn example(scopes: &[String]) -> Self {
        Self {
            method: Some(RuleMethod::Get),
            path: "/**".to_owned(),
            scopes: scopes.first().cloned().unwrap_or_default(),
            claims: String::new(),
        }
    }

    /// Draws the fields of a rule, which is told from others by its number. Returns whether it is to go.
    fn ui(&mut self, ui: &mut Ui, number: usize, known: &[String]) -> bool {
        let mut remove = false;
        ui.add_space(space::XS);
        style::card(ui, Tone::Neutral, |ui| {
            ui.horizontal(|ui| {
                let chosen = self.method.map_or(ANY_METHOD, RuleMethod::as_str);
                style::combo(&format!("Method of rule {number}"), METHOD, chosen).show_ui(ui, |ui| {
                    style::choice_value(ui, &mut self.method, None, ANY_METHOD);
                    for method in RuleMethod::ALL {
                        style::choice_value(ui, &mut self.method, Some(*method), method.as_str());
                    }
                });
                let room = vec2(ui.available_width() - REMOVE, size::CONTROL);
                ui.allocate_ui(room, |ui| {
                    text_field(
                        ui,
                        &format!("Path of rule {number}"),
                        &mut self.path,
                        "/payroll/**",
                    )
                });
                remove = style::close_button(ui, &format!("Remove rule {number}")).clicked();
            });
            text_field(
                ui,
                &format!("Scopes of rule {number}"),
                &mut self.scopes,
                "Scopes that it needs",
            );
            let hint = "Claims that it needs, such as client_id=payroll";
            text_field(ui, &format!("Claims of rule {number}"), &mut self.claims, hint);
            match self.read() {
                Err(problem) => note_ui(ui, Some(&problem), ""),
                Ok(rule) => note_ui(ui, None, &told(&rule, known)),
            }
        });
        remove
    }

    fn read(&self) -> Result<PolicyRule, String> {
        let path = PathPattern::parse(self.path.trim()).map_err(|error| error.to_string())?;
        let mut scopes: Vec<String> = Vec::new();
        for word in self.scopes.split_whitespace() {
            if Scope::parse(word).is_none() {
                return Err(format!("{word} is no scope"));
            }
            if !scopes.iter().any(|scope| scope == word) {
                scopes.push(word.to_owned());
            }
        }
        let claim = |word: &str| {
            RequiredClaim::parse(word)
                .ok_or_else(|| format!("{word} is no claim: write name=value, without spaces"))
        };
        let claims: Result<Vec<RequiredClaim>, String> = self.claims.split_whitespace().map(claim).collect();
        Ok(PolicyRule {
            method: self.method,
            path,
            scopes,
            claims: claims?,
        })
    }
}

/// What a rule asks, in a sentence; and that it asks for a scope that the resource server does not know.
fn told(rule: &PolicyRule, known: &[String]) -> String {
    let unknown = rule.scopes.iter().find(|scope| !known.contains(scope));
    match unknown {
        Some(scope) => format!("{scope} is not among the scopes above"),
        None if rule.scopes.is_empty() && rule.claims.is_empty() => {
            "Any token for this resource server is enough".to_owned()
        }
        None => "All of this is needed".to_owned(),
    }
}

/// What is wrong with a field, or what it is for.
fn note_ui(ui: &mut Ui, problem: Option<&str>, note: &str) {
    let text = match problem {
        Some(problem) => style::second(ui, problem).color(Tone::Danger.text(palette(ui))),
        None => style::faint(ui, note),
    };
    ui.add(Label::new(text).wrap());
}

/// Whether Enter was pressed in a field of one line.
fn entered(ui: &Ui, entry: &Response) -> bool {
    entry.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_what_is_typed_and_says_what_it_is_not() {
        let mut rule = RuleFields::example(&["read".to_owned()]);
        assert_eq!(rule.read().unwrap().to_string(), "GET /**");
        rule.scopes = " read  read write".to_owned();
        rule.claims = "sub=ada client_id=x".to_owned();
        let read = rule.read().unwrap();
        assert_eq!((read.scopes.len(), read.claims.len()), (2, 2));
        for (change, told) in [
            (
                (|rule: &mut RuleFields| rule.path = "a".to_owned()) as fn(&mut RuleFields),
                "slash",
            ),
            (|rule| rule.scopes = "a\"".to_owned(), "a\" is no scope"),
            (|rule| rule.claims = "sub".to_owned(), "sub is no claim"),
        ] {
            let mut rule = RuleFields::example(&[]);
            change(&mut rule);
            assert!(rule.read().unwrap_err().contains(told), "{told}");
        }
    }

    #[test]
    fn what_is_edited_without_a_change_is_the_same() {
        let rules = serde_json::json!([{ "method": null, "path": "/a/*", "scopes": ["read"], "claims": ["sub=ada"] }]);
        let server = ResourceServer {
            identifier: "https://api.example.com".to_owned(),
            slug: "api".to_owned(),
            scopes: vec!["read".to_owned()],
            introspecting_client: ClientId::parse("introspector"),
            policy: serde_json::from_value(rules).unwrap(),
        };
        let form = ResourceServerForm::edit(&server, std::slice::from_ref(&server));
        assert_eq!(form.read(), Ok(server.clone()));
        let again = ResourceServerForm::add("https://api.example.com", &[], &[server]);
        assert_eq!(again.slug, "example");
        assert!(again.read().unwrap_err().contains("There is a resource server"));
    }
}
