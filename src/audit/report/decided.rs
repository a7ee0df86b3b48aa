//! How the rules were set: what a reader must know to tell "nothing was found" from "nobody looked".

use crate::audit::{AuditRule, Parameter, Settings, WatchedScope};
use crate::client::{Severity, Weight, make_visible};

/// In what the settings of an audit differ from the table of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decided<'a> {
    /// Rules that were not looked for.
    pub off: Vec<AuditRule>,
    /// Rules that weigh something else.
    pub weighed: Vec<(AuditRule, Severity)>,
    /// Numbers that are not the usual ones, with the usual one.
    pub parameters: Vec<(Parameter, u32, u32)>,
    /// The only hosts that redirects may lead to, if there are any.
    pub hosts: &'a [String],
    /// The scopes that are watched.
    pub scopes: &'a [WatchedScope],
}

impl<'a> Decided<'a> {
    /// What an organisation decided.
    pub fn of(settings: &'a Settings) -> Self {
        let mut decided = Self {
            hosts: &settings.allowed_hosts,
            scopes: &settings.watched_scopes,
            ..Self::default()
        };
        for rule in AuditRule::all() {
            match settings.weight(rule) {
                Some(Weight::Off) => decided.off.push(rule),
                Some(Weight::As(severity)) if severity != rule.severity() => {
                    decided.weighed.push((rule, severity));
                }
                Some(Weight::As(_)) | None => {}
            }
        }
        let usual = Settings::default();
        let numbers = Parameter::ALL.iter().map(|parameter| {
            let (now, usual) = (settings.parameter(*parameter), usual.parameter(*parameter));
            (*parameter, now, usual)
        });
        decided
            .parameters
            .extend(numbers.filter(|(_, now, usual)| now != usual));
        decided
    }

    /// The same in sentences, without marks.
    pub fn sentences(&self) -> Vec<String> {
        let off = self
            .off
            .iter()
            .map(|rule| format!("Not looked for: {} ({rule}).", rule.title()));
        let weighed = self.weighed.iter().map(|(rule, severity)| {
            let usual = rule.severity();
            format!(
                "{} ({rule}) is {severity} here; otherwise it is {usual}.",
                rule.title()
            )
        });
        let numbers = self
            .parameters
            .iter()
            .map(|(parameter, now, usual)| format!("{}: {now}; otherwise {usual}.", parameter.label()));
        let hosts = (!self.hosts.is_empty()).then(|| {
            format!(
                "Redirects may lead to these hosts and those below them: {}.",
                self.hosts.join(", ")
            )
        });
        let scopes = self.scopes.iter().map(|watched| {
            let may = match watched.clients.as_slice() {
                [] => "no client may have it".to_owned(),
                [one] => format!("the client {one} may have it"),
                many => format!("{} clients may have it", many.len()),
            };
            let note = match watched.note.as_str() {
                "" => String::new(),
                note => format!(" ({note})"),
            };
            let (scope, severity) = (&watched.scope, watched.severity);
            format!("The scope {scope} is watched{note}: {may}, any other is {severity}.")
        });
        let told = off.chain(weighed).chain(numbers).chain(hosts).chain(scopes);
        told.map(|sentence| make_visible(&sentence)).collect()
    }
}
