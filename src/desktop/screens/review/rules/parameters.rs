//! The numbers and the lists that the rules go by.

use eframe::egui::{Label, Ui, vec2};

use crate::audit::{Parameter, Settings, WatchedScope, host_name};
use crate::client::{ClientId, Scope, Severity, has_unsafe_characters, make_visible};
use crate::desktop::form::{ListNames, chips_ui, remark_ui, text_field};
use crate::desktop::style::{self, Tone, tokens::size, tokens::space};

/// The most hosts, watched scopes, and clients that may have one.
const MOST: usize = 1_000;
/// The width of a field with a number, in points.
const NUMBER: f32 = 96.0;

const HOSTS: ListNames = ListNames {
    add: "Add allowed host",
    remove: "Remove allowed host",
    hint: "Add a host, such as example.com",
};
const CLIENTS: ListNames = ListNames {
    add: "Add client that may have it",
    remove: "Remove client that may have it",
    hint: "Add a client ID",
};

/// What is being typed.
pub struct Parameters {
    /// The numbers as they were typed, each in its parameter's place.
    numbers: Vec<String>,
    host: String,
    host_trouble: Option<String>,
    scope: String,
    scope_trouble: Option<String>,
    /// The watched scope that is looked at.
    watched: Option<String>,
    client: String,
    client_trouble: Option<String>,
}

impl Default for Parameters {
    fn default() -> Self {
        let mut parameters = Self {
            numbers: Vec::new(),
            host: String::new(),
            host_trouble: None,
            scope: String::new(),
            scope_trouble: None,
            watched: None,
            client: String::new(),
            client_trouble: None,
        };
        parameters.follow(&Settings::default());
        parameters
    }
}

/// The head of the pane. Returns whether it is to be closed.
pub fn head_ui(ui: &mut Ui) -> bool {
    let mut close = false;
    ui.horizontal(|ui| {
        style::pane_title(ui, "Parameters and lists");
        style::at_right(ui, |ui| {
            close = style::close_button(ui, "Close parameters").clicked()
        });
    });
    close
}

impl Parameters {
    /// Shows the numbers as they are set. What stands half-typed beside the lists stays.
    pub fn follow(&mut self, settings: &Settings) {
        let numbers = Parameter::ALL.iter();
        self.numbers = numbers
            .map(|parameter| settings.parameter(*parameter).to_string())
            .collect();
    }

    /// The first number that cannot be, in a sentence.
    pub fn problem(&self) -> Option<String> {
        let numbers = Parameter::ALL.iter().zip(&self.numbers);
        let mut problems = numbers.filter_map(|(parameter, typed)| read(*parameter, typed).err());
        problems.next()
    }

    /// Draws them.
    pub fn ui(&mut self, ui: &mut Ui, settings: &mut Settings, writable: bool) {
        ui.add_enabled_ui(writable, |ui| {
            self.numbers_ui(ui, settings);
            style::divider(ui);
            self.hosts_ui(ui, settings);
            style::divider(ui);
            self.scopes_ui(ui, settings);
        });
    }

    fn numbers_ui(&mut self, ui: &mut Ui, settings: &mut Settings) {
        for (parameter, typed) in Parameter::ALL.iter().zip(&mut self.numbers) {
            style::field_label(ui, parameter.label());
            ui.horizontal(|ui| {
                let room = vec2(NUMBER, size::CONTROL);
                let field = ui.allocate_ui(room, |ui| text_field(ui, parameter.label(), typed, ""));
                if field.inner.changed()
                    && let Ok(number) = read(*parameter, typed)
                {
                    // It was found to be in its range.
                    let (Ok(()) | Err(_)) = settings.set_parameter(*parameter, number);
                }
                let (least, most) = parameter.range();
                let range = format!("{least} to {most}, {} unless it is set", parameter.default());
                ui.label(style::faint(ui, range));
            });
            if let Err(problem) = read(*parameter, typed) {
                remark_ui(ui, &problem);
            }
            ui.add_space(space::XS);
        }
    }

    fn hosts_ui(&mut self, ui: &mut Ui, settings: &mut Settings) {
        style::label(ui, "Allowed hosts");
        let text = "Redirects may lead to these hosts and to those below them. With none here, they may lead anywhere.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        let before = settings.allowed_hosts.clone();
        chips_ui(ui, &HOSTS, &mut settings.allowed_hosts, &mut self.host);
        if settings.allowed_hosts != before {
            self.host_trouble = None;
            let mut hosts: Vec<String> = Vec::new();
            for typed in &settings.allowed_hosts {
                match host_name(typed) {
                    Some(host) if hosts.contains(&host) => {}
                    Some(_) if hosts.len() == MOST => {
                        self.host_trouble = Some(format!("{MOST} hosts are the most"));
                    }
                    Some(host) => hosts.push(host),
                    None => {
                        let typed = make_visible(typed);
                        self.host_trouble = Some(format!(
                            "{typed} is no host name: type it without scheme, port and path"
                        ));
                    }
                }
            }
            settings.allowed_hosts = hosts;
        }
        if let Some(trouble) = &self.host_trouble {
            remark_ui(ui, trouble);
        }
    }

    fn scopes_ui(&mut self, ui: &mut Ui, settings: &mut Settings) {
        style::label(ui, "Watched scopes");
        let text = "Only the clients that are named may have them; whoever else has one is told of.";
        ui.add(Label::new(style::second(ui, text)).wrap());
        ui.horizontal_wrapped(|ui| {
            for watched in &settings.watched_scopes {
                let is_on = self.watched.as_ref() == Some(&watched.scope);
                let chip = style::toggle_chip(ui, &make_visible(&watched.scope), is_on, Tone::Good);
                if chip.clicked() {
                    self.watched = (!is_on).then(|| watched.scope.clone());
                    self.client.clear();
                    self.client_trouble = None;
                }
            }
        });
        let entry = text_field(
            ui,
            "Add watched scope",
            &mut self.scope,
            "Add a scope and press Enter",
        );
        let entered = entry.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
        if entered && !self.scope.trim().is_empty() {
            self.add_scope(settings);
            entry.request_focus();
        } else if entry.changed() {
            self.scope_trouble = None;
        }
        if let Some(trouble) = &self.scope_trouble {
            remark_ui(ui, trouble);
        }
        let looked_at = self.watched.clone();
        let place = |watched: &&mut WatchedScope| Some(&watched.scope) == looked_at.as_ref();
        let mut removed = false;
        if let Some(watched) = settings.watched_scopes.iter_mut().find(|watched| place(watched)) {
            ui.add_space(space::S);
            removed = style::card(ui, Tone::Neutral, |ui| self.watched_ui(ui, watched));
        }
        if removed {
            settings
                .watched_scopes
                .retain(|watched| Some(&watched.scope) != looked_at.as_ref());
            self.watched = None;
        }
    }

    fn add_scope(&mut self, settings: &mut Settings) {
        let scope = self.scope.trim().to_owned();
        self.scope_trouble = if Scope::parse(&scope).is_none() {
            Some(format!(
                "{} is no scope: printable ASCII without spaces, quotes and backslashes",
                make_visible(&scope)
            ))
        } else if settings.watched_scopes.len() >= MOST {
            Some(format!("{MOST} watched scopes are the most"))
        } else {
            None
        };
        if self.scope_trouble.is_some() {
            return;
        }
        if settings
            .watched_scopes
            .iter()
            .all(|watched| watched.scope != scope)
        {
            settings.watched_scopes.push(WatchedScope {
                scope: scope.clone(),
                clients: Vec::new(),
                severity: Severity::Medium,
                note: String::new(),
            });
        }
        self.watched = Some(scope);
        self.scope.clear();
    }

    /// One watched scope. Returns whether it is to be watched no more.
    fn watched_ui(&mut self, ui: &mut Ui, watched: &mut WatchedScope) -> bool {
        ui.add(Label::new(style::mono(ui, make_visible(&watched.scope))).wrap());
        style::field_label(ui, "Clients that may have it");
        let before = watched.clients.clone();
        chips_ui(ui, &CLIENTS, &mut watched.clients, &mut self.client);
        if watched.clients != before {
            let is_id = |typed: &String| ClientId::parse(typed).is_some();
            let odd = watched.clients.iter().find(|typed| !is_id(typed));
            self.client_trouble = odd.map(|typed| format!("{} is no client ID", make_visible(typed)));
            watched.clients.retain(is_id);
            watched.clients.truncate(MOST);
        }
        if let Some(trouble) = &self.client_trouble {
            remark_ui(ui, trouble);
        }
        style::field_label(ui, "Severity where another one has it");
        let shown = watched.severity.label();
        style::combo("Severity of the watched scope", 160.0, shown).show_ui(ui, |ui| {
            for severity in [
                Severity::Info,
                Severity::Low,
                Severity::Medium,
                Severity::High,
                Severity::Critical,
            ] {
                style::choice_value(ui, &mut watched.severity, severity, severity.label());
            }
        });
        style::field_label(ui, "Why it is watched");
        let before = watched.note.clone();
        text_field(ui, "Why it is watched", &mut watched.note, "");
        if has_unsafe_characters(watched.note.trim()) {
            watched.note = before;
        }
        ui.add_space(space::XS);
        style::danger_button(ui, "Watch no more").clicked()
    }
}

/// A number as it was typed.
fn read(parameter: Parameter, typed: &str) -> Result<u32, String> {
    let (least, most) = parameter.range();
    let number = typed.trim().parse::<u32>().ok();
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| {
            let label = parameter.label();
            format!("{label}: a whole number from {least} to {most}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_its_range_is_told_with_the_range() {
        for typed in ["0", "3651", "-1", "", "1.5", "ten", "99999999999"] {
            let told = read(Parameter::UnusedDays, typed).unwrap_err();
            assert!(told.ends_with("a whole number from 1 to 3650"), "{typed}: {told}");
        }
        assert_eq!(read(Parameter::UnusedDays, " 30 "), Ok(30));
        let mut typed = Parameters::default();
        assert_eq!(typed.problem(), None);
        typed.numbers[0] = "0".to_owned();
        assert!(typed.problem().is_some());
    }
}
