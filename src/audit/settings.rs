//! What an organisation decides about the rules, and how that is written: parameters, weights, allowed hosts, watched scopes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{AuditFinding, AuditRule, FactRule};
use crate::client::{
    RuleSettings, Severity, Weight, can_weigh, closed_set, has_unsafe_characters, json_in_words,
    make_visible, read_json,
};

/// The version of the form in which settings are written.
const VERSION: u64 = 1;
/// The most hosts, watched scopes, and clients that may have one.
const MOST: usize = 1_000;

closed_set! {
    /// A number that a rule asks for.
    Parameter {
        /// After so many days without a token a client, and a scope, is unused.
        UnusedDays = "unused_days",
        /// A secret without an end is old after so many days.
        OldSecretDays = "old_secret_days",
        /// So many days before its end a secret is spoken of.
        SecretSoonDays = "secret_soon_days",
        /// More redirect URIs than so many are many.
        ManyRedirectUris = "many_redirect_uris",
        /// More resource servers than so many are many.
        ManyAudiences = "many_audiences",
    }
}

impl Parameter {
    /// What it is, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UnusedDays => "Days without a token until unused",
            Self::OldSecretDays => "Days until a secret without an end is old",
            Self::SecretSoonDays => "Days before its end a secret is spoken of",
            Self::ManyRedirectUris => "Redirect URIs from which on there are too many",
            Self::ManyAudiences => "Audiences from which on there are too many",
        }
    }

    /// The least and the most it can be.
    pub const fn range(self) -> (u32, u32) {
        match self {
            Self::UnusedDays | Self::OldSecretDays => (1, 3_650),
            Self::SecretSoonDays => (1, 365),
            Self::ManyRedirectUris | Self::ManyAudiences => (1, 200),
        }
    }

    /// What it is unless somebody says otherwise.
    pub fn default(self) -> u32 {
        Settings::default().parameter(self)
    }
}

/// A scope that only some clients may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchedScope {
    /// Which one.
    pub scope: String,
    /// The identifiers of the clients that may have it.
    #[serde(default)]
    pub clients: Vec<String>,
    /// How bad it is where another one has it.
    #[serde(default = "medium")]
    pub severity: Severity,
    /// Why it is watched, for people.
    #[serde(default)]
    pub note: String,
}

const fn medium() -> Severity {
    Severity::Medium
}

/// What an organisation decided about the rules. One registry has one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the rules over one registration go by, the form's too.
    pub rules: RuleSettings,
    /// The other rules that weigh something else than the table says.
    pub weights: BTreeMap<FactRule, Weight>,
    /// See [`Parameter::UnusedDays`].
    pub unused_days: u32,
    /// See [`Parameter::OldSecretDays`].
    pub old_secret_days: u32,
    /// See [`Parameter::SecretSoonDays`].
    pub secret_soon_days: u32,
    /// The hosts, and those below them, that redirects may lead to; empty: any.
    pub allowed_hosts: Vec<String>,
    /// Scopes that are watched.
    pub watched_scopes: Vec<WatchedScope>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: RuleSettings::DEFAULT,
            weights: BTreeMap::new(),
            unused_days: 90,
            old_secret_days: 365,
            secret_soon_days: 30,
            allowed_hosts: Vec::new(),
            watched_scopes: Vec::new(),
        }
    }
}

/// Why a text is no settings at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSettings {
    /// It is not JSON, or no object.
    #[error("the audit settings cannot be read: {0}")]
    Unreadable(String),
    /// Another version of the program wrote it.
    #[error("the audit settings are of version {0}, and this program reads version {VERSION}")]
    Version(String),
}

impl NoSettings {
    /// What to do.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "Correct the text, or set the rules anew in the window",
            Self::Version(_) => "Use the program that wrote them, or set the rules anew in the window",
        }
    }
}

impl Settings {
    /// Reads settings. What makes no sense in them is told, a sentence each, and counts as not said; the rest goes on.
    ///
    /// # Errors
    /// [`NoSettings`] where nothing of it can be used.
    pub fn read(text: &str) -> Result<(Self, Vec<String>), NoSettings> {
        let value = read_json(text.trim_start_matches('\u{feff}').as_bytes())
            .map_err(|not_json| NoSettings::Unreadable(not_json.reason().to_owned()))?;
        let Value::Object(members) = &value else {
            return Err(NoSettings::Unreadable("it is not an object".to_owned()));
        };
        match members.get("version") {
            Some(version) if version.as_u64() == Some(VERSION) => {}
            Some(other) => return Err(NoSettings::Version(other.to_string())),
            None => return Err(NoSettings::Version("none".to_owned())),
        }
        let mut settings = Self::default();
        let mut troubles = Vec::new();
        for (name, value) in members {
            match name.as_str() {
                "version" => {}
                "parameters" => settings.read_parameters(value, &mut troubles),
                "severities" => settings.read_weights(value, &mut troubles),
                "allowed_hosts" => settings.read_hosts(value, &mut troubles),
                "watched_scopes" => settings.read_watched(value, &mut troubles),
                other => troubles.push(format!("{} is no audit setting", make_visible(other))),
            }
        }
        Ok((settings, troubles))
    }

    /// As they are written.
    pub fn to_json(&self) -> Value {
        let parameters: Map<String, Value> = Parameter::ALL
            .iter()
            .map(|parameter| (parameter.to_string(), self.parameter(*parameter).into()))
            .collect();
        let weights: Map<String, Value> = AuditRule::all()
            .filter_map(|rule| Some((rule.id().to_owned(), self.weight(rule)?.as_str().into())))
            .collect();
        json!({
            "version": VERSION,
            "parameters": parameters,
            "severities": weights,
            "allowed_hosts": self.allowed_hosts,
            "watched_scopes": self.watched_scopes,
        })
    }

    /// A number that a rule asks for.
    pub const fn parameter(&self, parameter: Parameter) -> u32 {
        match parameter {
            Parameter::UnusedDays => self.unused_days,
            Parameter::OldSecretDays => self.old_secret_days,
            Parameter::SecretSoonDays => self.secret_soon_days,
            Parameter::ManyRedirectUris => self.rules.many_redirect_uris,
            Parameter::ManyAudiences => self.rules.many_audiences,
        }
    }

    /// Sets such a number, if it is in its range.
    ///
    /// # Errors
    /// A sentence that names the range.
    pub fn set_parameter(&mut self, parameter: Parameter, value: u32) -> Result<(), String> {
        let (least, most) = parameter.range();
        if !(least..=most).contains(&value) {
            return Err(out_of_range(parameter, value.into()));
        }
        *match parameter {
            Parameter::UnusedDays => &mut self.unused_days,
            Parameter::OldSecretDays => &mut self.old_secret_days,
            Parameter::SecretSoonDays => &mut self.secret_soon_days,
            Parameter::ManyRedirectUris => &mut self.rules.many_redirect_uris,
            Parameter::ManyAudiences => &mut self.rules.many_audiences,
        } = value;
        Ok(())
    }

    /// What a rule weighs here, where that is not what the table says.
    pub fn weight(&self, rule: AuditRule) -> Option<Weight> {
        match rule {
            AuditRule::Draft(rule) => self.rules.weights.get(&rule).copied(),
            AuditRule::Facts(rule) => self.weights.get(&rule).copied(),
        }
    }

    /// A finding as bad as its rule is here; none where the rule is switched off.
    pub fn weighed(&self, finding: AuditFinding) -> Option<AuditFinding> {
        match self.weight(finding.rule) {
            Some(Weight::Off) => None,
            Some(Weight::As(severity)) => Some(AuditFinding { severity, ..finding }),
            None => Some(finding),
        }
    }

    /// Sets what a rule weighs; none: what the table says.
    ///
    /// # Errors
    /// A sentence, for a rule that cannot be switched off.
    pub fn set_weight(&mut self, rule: AuditRule, weight: Option<Weight>) -> Result<(), String> {
        match (rule, weight) {
            (AuditRule::Draft(rule), Some(weight)) if !can_weigh(rule, weight) => {
                return Err(format!(
                    "{rule} cannot be off: it refuses registrations, and says why"
                ));
            }
            (AuditRule::Draft(rule), Some(weight)) => self.rules.weights.insert(rule, weight),
            (AuditRule::Draft(rule), None) => self.rules.weights.remove(&rule),
            (AuditRule::Facts(rule), Some(weight)) => self.weights.insert(rule, weight),
            (AuditRule::Facts(rule), None) => self.weights.remove(&rule),
        };
        Ok(())
    }

    fn read_parameters(&mut self, value: &Value, troubles: &mut Vec<String>) {
        let Some(members) = value.as_object() else {
            return troubles.push("parameters is not an object".to_owned());
        };
        for (name, value) in members {
            let told = match (Parameter::parse(name), value.as_u64()) {
                (Some(parameter), Some(number)) => match u32::try_from(number) {
                    Ok(number) => self.set_parameter(parameter, number),
                    Err(_) => Err(out_of_range(parameter, number)),
                },
                (Some(parameter), None) => Err(format!("{parameter} is not a whole number of 0 or more")),
                (None, _) => Err(format!("{} is no parameter of a rule", make_visible(name))),
            };
            troubles.extend(told.err());
        }
    }

    fn read_weights(&mut self, value: &Value, troubles: &mut Vec<String>) {
        let Some(members) = value.as_object() else {
            return troubles.push("severities is not an object".to_owned());
        };
        for (name, value) in members {
            let told = match (AuditRule::parse(name), value.as_str().and_then(Weight::parse)) {
                (Some(rule), Some(weight)) => self.set_weight(rule, Some(weight)),
                (Some(rule), None) => Err(format!(
                    "the severity of {rule} is none of off, info, low, medium, high, critical"
                )),
                (None, _) => Err(format!("{} is no rule", make_visible(name))),
            };
            troubles.extend(told.err());
        }
    }

    fn read_hosts(&mut self, value: &Value, troubles: &mut Vec<String>) {
        let Some(hosts) = value.as_array() else {
            return troubles.push("allowed_hosts is not a list".to_owned());
        };
        for host in hosts.iter().take(MOST) {
            match host.as_str().and_then(host_name) {
                Some(host) if self.allowed_hosts.contains(&host) => {}
                Some(host) => self.allowed_hosts.push(host),
                None => troubles.push(format!("{} is no host name", make_visible(&host.to_string()))),
            }
        }
        troubles.extend(too_many("allowed_hosts", hosts.len()));
    }

    fn read_watched(&mut self, value: &Value, troubles: &mut Vec<String>) {
        let Some(list) = value.as_array() else {
            return troubles.push("watched_scopes is not a list".to_owned());
        };
        for watched in list.iter().take(MOST) {
            match WatchedScope::deserialize(watched) {
                Ok(watched) if watched.clients.len() > MOST => {
                    troubles.push(format!(
                        "more than {MOST} clients may have {}",
                        make_visible(&watched.scope)
                    ));
                }
                Ok(watched) if crate::client::Scope::parse(&watched.scope).is_none() => {
                    troubles.push(format!("{} is no scope", make_visible(&watched.scope)));
                }
                Ok(watched) if has_unsafe_characters(&watched.note) => {
                    troubles.push(format!("the note on {} has hidden characters", watched.scope));
                }
                Ok(watched) => self.watched_scopes.push(watched),
                Err(wrong) => {
                    let why = make_visible(&json_in_words(&wrong));
                    troubles.push(format!("a watched scope cannot be read: {why}"));
                }
            }
        }
        troubles.extend(too_many("watched_scopes", list.len()));
    }
}

fn out_of_range(parameter: Parameter, value: u64) -> String {
    let (least, most) = parameter.range();
    format!("{parameter} is {value}; it can be {least} to {most}")
}

fn too_many(name: &str, count: usize) -> Option<String> {
    (count > MOST).then(|| format!("{name} has {count} values, of which the first {MOST} count"))
}

/// A host name in its plain form: lower case, ASCII, without a dot at its end.
pub fn host_name(text: &str) -> Option<String> {
    let host = idna::domain_to_ascii_strict(text.trim().trim_end_matches('.')).ok()?;
    (!host.is_empty() && host.len() <= 253).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Rule;

    #[test]
    fn what_is_written_is_read_again() {
        let mut settings = Settings::default();
        settings.set_parameter(Parameter::UnusedDays, 30).unwrap();
        settings.set_parameter(Parameter::ManyAudiences, 7).unwrap();
        settings
            .set_weight(AuditRule::Draft(Rule::AuthPost), Some(Weight::Off))
            .unwrap();
        let orphan = AuditRule::Facts(FactRule::DcrOrphan);
        settings
            .set_weight(orphan, Some(Weight::As(Severity::High)))
            .unwrap();
        settings.allowed_hosts.push("example.com".to_owned());
        settings.watched_scopes.push(WatchedScope {
            scope: "admin".to_owned(),
            clients: vec!["billing".to_owned()],
            severity: Severity::High,
            note: "Can do everything".to_owned(),
        });
        let text = settings.to_json().to_string();
        assert_eq!(Settings::read(&text).unwrap(), (settings.clone(), vec![]));
        assert_eq!(
            Settings::read(r#"{"version": 1}"#).unwrap().0,
            Settings::default()
        );
    }

    #[test]
    fn what_makes_no_sense_is_told_and_the_rest_counts() {
        let text = r#"{"version": 1, "parameters": {"unused_days": 0, "old_secret_days": 30, "secret_soon_days": 99999999999,
            "many_audiences": "six", "no_such": 1}, "severities": {"redir-any": "off", "auth-post": "dreadful", "x": "low",
            "aud-none": "low"}, "allowed_hosts": ["Example.COM.", "b\u00fccher.example", "no host", 7],
            "watched_scopes": [{"scope": "two words"}, {"scope": "admin"}, {"severity": "low"}], "colour": "green"}"#;
        let (settings, troubles) = Settings::read(text).unwrap();
        assert_eq!(settings.old_secret_days, 30);
        assert_eq!(settings.unused_days, 90, "out of range: as if nothing was said");
        assert_eq!(settings.secret_soon_days, 30);
        assert_eq!(
            settings.weight(AuditRule::Draft(Rule::AudNone)),
            Some(Weight::As(Severity::Low))
        );
        assert_eq!(settings.weight(AuditRule::Draft(Rule::RedirAny)), None);
        assert_eq!(settings.allowed_hosts, ["example.com", "xn--bcher-kva.example"]);
        assert_eq!(settings.watched_scopes.len(), 1);
        for said in [
            "unused_days is 0; it can be 1 to 3650",
            "secret_soon_days is 99999999999; it can be 1 to 365",
            "many_audiences is not a whole number",
            "no_such is no parameter",
            "redir-any cannot be off",
            "the severity of auth-post is none of",
            "x is no rule",
            "\"no host\" is no host name",
            "7 is no host name",
            "two words is no scope",
            "a watched scope cannot be read: scope is missing",
            "colour is no audit setting",
        ] {
            assert!(
                troubles.iter().any(|trouble| trouble.contains(said)),
                "{said}: {troubles:?}"
            );
        }
    }

    #[test]
    fn what_is_broken_or_of_another_version_is_no_settings() {
        for text in ["", "{", "[]", "null", r#"{"version": 1, "version": 1}"#] {
            assert!(
                matches!(Settings::read(text), Err(NoSettings::Unreadable(_))),
                "{text}"
            );
        }
        for text in ["{}", r#"{"version": 2}"#, r#"{"version": "1"}"#] {
            assert!(
                matches!(Settings::read(text), Err(NoSettings::Version(_))),
                "{text}"
            );
        }
    }
}
