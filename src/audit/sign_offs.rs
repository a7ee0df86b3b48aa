//! What a reviewer decided who may not change the registry: approvals and accepted risks in a file of their own.
//!
//! The file is JSON: `{"version": 1, "registry": …, "clients": {"client_id": {"approval": {…}, "acceptances": [{…}]}}}`. Nothing in
//! it is secret, and nothing proves it: whoever can write the file can claim any name. What in it makes no sense counts for
//! nothing and is kept as it is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Acceptance, Approval, MAX_REASON};
use crate::client::{ClientId, has_unsafe_characters, json_in_words, make_visible, read_json};

/// The only version there is.
const VERSION: u64 = 1;
/// The longest name of a person, in characters.
const MAX_NAME: usize = 100;
/// The clocks of two machines differ by no more. What is dated later would win against all that is decided honestly.
const SKEW: SignedDuration = SignedDuration::from_hours(24);

/// Decisions about the clients of one registry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignOffs {
    registry: String,
    clients: BTreeMap<ClientId, SignOff>,
    /// Clients whose entry is none, as they stand there.
    unread: Map<String, Value>,
}

/// Decisions about one client.
#[derive(Clone, Debug, Default, PartialEq)]
struct SignOff {
    approval: Option<Approval>,
    acceptances: Vec<Acceptance>,
    /// What could not be read, as it stands there.
    unread_approval: Option<Value>,
    unread: Vec<Value>,
}

/// Why a file holds no sign-offs that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSignOffs {
    /// It is no JSON, or no such file.
    #[error("the sign-offs cannot be used: {0}")]
    Broken(String),
    /// Another version of this program wrote it.
    #[error("the sign-offs are of another version of this program: {0}")]
    OtherVersion(String),
    /// They were given for another registry.
    #[error("the sign-offs are of another registry")]
    OtherRegistry,
}

impl NoSignOffs {
    /// What to do.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Broken(_) => "Mend the file, or move it away. It is left as it is",
            Self::OtherVersion(_) => {
                "Use the version that wrote it, or move the file away. It is left as it is"
            }
            Self::OtherRegistry => {
                "Name the file of this registry with --sign-offs FILE. This one is left as it is"
            }
        }
    }
}

impl SignOffs {
    /// None yet, for a registry that is told from others by this.
    pub fn of(registry: &str) -> Self {
        Self {
            registry: registry.to_owned(),
            ..Self::default()
        }
    }

    /// What was decided, client by client: its sign-off, and the risks that were accepted of it.
    pub fn decisions(&self) -> impl Iterator<Item = (&ClientId, Option<&Approval>, &[Acceptance])> {
        let clients = self.clients.iter();
        clients.map(|(client_id, sign_off)| {
            let approval = sign_off.approval.as_ref();
            (client_id, approval, sign_off.acceptances.as_slice())
        })
    }

    /// Reads a file. What in it makes no sense is told, a sentence each, and counts for nothing.
    ///
    /// # Errors
    /// [`NoSignOffs`] where nothing of it can be used.
    pub fn read(text: &str, registry: &str, now: Timestamp) -> Result<(Self, Vec<String>), NoSignOffs> {
        let value = read_json(text.trim_start_matches('\u{feff}').as_bytes())
            .map_err(|not_json| NoSignOffs::Broken(not_json.reason().to_owned()))?;
        let Value::Object(mut members) = value else {
            return Err(NoSignOffs::Broken("it is no JSON object".to_owned()));
        };
        match members.get("version") {
            Some(version) if version.as_u64() == Some(VERSION) => {}
            Some(version) => return Err(NoSignOffs::OtherVersion(make_visible(&version.to_string()))),
            None => return Err(NoSignOffs::Broken("it names no version".to_owned())),
        }
        if members.get("registry").and_then(Value::as_str) != Some(registry) {
            return Err(NoSignOffs::OtherRegistry);
        }
        let Some(Value::Object(clients)) = members.remove("clients") else {
            return Err(NoSignOffs::Broken("it has no clients".to_owned()));
        };
        let mut sign_offs = Self::of(registry);
        let mut troubles = Vec::new();
        for (client_id, entry) in clients {
            match (ClientId::parse(&client_id), entry) {
                (Some(parsed), Value::Object(entry)) => {
                    let sign_off = SignOff::read(entry, &parsed, now, &mut troubles);
                    sign_offs.clients.insert(parsed, sign_off);
                }
                (_, entry) => {
                    troubles.push(format!("The entry of {} is none", make_visible(&client_id)));
                    sign_offs.unread.insert(client_id, entry);
                }
            }
        }
        Ok((sign_offs, troubles))
    }

    /// The file.
    pub fn to_json(&self) -> Value {
        let entries = self.clients.iter().filter(|(_, sign_off)| !sign_off.is_empty());
        let mut clients: Map<String, Value> = entries
            .map(|(client_id, sign_off)| (client_id.to_string(), sign_off.to_json()))
            .collect();
        clients.extend(self.unread.clone());
        json!({ "version": VERSION, "registry": self.registry, "clients": clients })
    }

    /// Accepts a risk of a client, in the place of an earlier acceptance of the same finding.
    pub fn accept(&mut self, client_id: &ClientId, acceptance: Acceptance) {
        let acceptances = &mut self.clients.entry(client_id.clone()).or_default().acceptances;
        acceptances.retain(|other| !is_of_the_same(other, &acceptance));
        acceptances.push(acceptance);
    }

    /// Accepts a risk no more. Returns whether it was accepted here.
    pub fn end(&mut self, client_id: &ClientId, acceptance: &Acceptance) -> bool {
        let Some(sign_off) = self.clients.get_mut(client_id) else {
            return false;
        };
        let before = sign_off.acceptances.len();
        sign_off
            .acceptances
            .retain(|other| !is_of_the_same(other, acceptance));
        sign_off.acceptances.len() < before
    }

    /// Signs a client off.
    pub fn approve(&mut self, client_id: &ClientId, approval: Approval) {
        let sign_off = self.clients.entry(client_id.clone()).or_default();
        sign_off.approval = Some(approval);
        sign_off.unread_approval = None;
    }

    /// Takes a sign-off back. Returns whether it was given here.
    pub fn withdraw(&mut self, client_id: &ClientId) -> bool {
        let sign_off = self.clients.get_mut(client_id);
        sign_off.is_some_and(|sign_off| sign_off.approval.take().is_some())
    }

    /// Adds what was decided here to what the registry says of a client: of two decisions about the same the newer one
    /// counts.
    pub fn add_to(
        &self,
        client_id: &ClientId,
        approval: &mut Option<Approval>,
        acceptances: &mut Vec<Acceptance>,
    ) {
        let Some(sign_off) = self.clients.get(client_id) else {
            return;
        };
        if let Some(here) = &sign_off.approval
            && approval.as_ref().is_none_or(|there| there.at < here.at)
        {
            *approval = Some(here.clone());
        }
        for here in &sign_off.acceptances {
            match acceptances.iter_mut().find(|there| is_of_the_same(there, here)) {
                Some(there) if there.at < here.at => there.clone_from(here),
                Some(_) => {}
                None => acceptances.push(here.clone()),
            }
        }
    }

    /// The clients about which two files say different things.
    pub fn differing(&self, other: &Self) -> Vec<ClientId> {
        let ids = self.clients.keys().chain(other.clients.keys());
        let mut differing: Vec<ClientId> = ids
            .filter(|client_id| self.clients.get(*client_id) != other.clients.get(*client_id))
            .cloned()
            .collect();
        differing.sort();
        differing.dedup();
        differing
    }
}

impl SignOff {
    fn read(
        mut entry: Map<String, Value>,
        client_id: &ClientId,
        now: Timestamp,
        troubles: &mut Vec<String>,
    ) -> Self {
        let mut sign_off = Self::default();
        let mut tell = |what: &str, why: &str| troubles.push(format!("{what} of {client_id} {why}"));
        match entry.remove("approval") {
            None | Some(Value::Null) => {}
            Some(value) => match read_part(&value, now, approval_problem) {
                Ok(approval) => sign_off.approval = Some(approval),
                Err(why) => {
                    tell("The approval", &why);
                    sign_off.unread_approval = Some(value);
                }
            },
        }
        let acceptances = match entry.remove("acceptances") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(acceptances)) => acceptances,
            Some(other) => vec![other],
        };
        for value in acceptances {
            match read_part(&value, now, acceptance_problem) {
                Ok(acceptance) => sign_off.acceptances.push(acceptance),
                Err(why) => {
                    tell("An accepted risk", &why);
                    sign_off.unread.push(value);
                }
            }
        }
        sign_off
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn to_json(&self) -> Value {
        let read = self.acceptances.iter().map(|acceptance| json!(acceptance));
        let acceptances: Vec<Value> = read.chain(self.unread.iter().cloned()).collect();
        let approval = self.approval.as_ref().map(|approval| json!(approval));
        json!({ "approval": approval.or_else(|| self.unread_approval.clone()), "acceptances": acceptances })
    }
}

/// Whether two acceptances are of the same finding.
fn is_of_the_same(one: &Acceptance, other: &Acceptance) -> bool {
    (&one.rule, &one.field, &one.value) == (&other.rule, &other.field, &other.value)
}

fn read_part<T: DeserializeOwned>(
    value: &Value,
    now: Timestamp,
    problem: fn(&T, Timestamp) -> Option<&'static str>,
) -> Result<T, String> {
    let part = T::deserialize(value).map_err(|error| {
        // Of a time the words would be those of the calendar.
        let no_time = ["at", "until"].into_iter().find(|name| {
            let time = value.get(name).and_then(Value::as_str);
            time.is_some_and(|time| time.parse::<Timestamp>().is_err())
        });
        let why = no_time.map_or_else(
            || json_in_words(&error),
            |name| format!("{name} is no time such as 2026-11-03T18:00:00Z"),
        );
        format!("cannot be read: {}", make_visible(&why))
    })?;
    match problem(&part, now) {
        Some(problem) => Err(problem.to_owned()),
        None => Ok(part),
    }
}

fn approval_problem(approval: &Approval, now: Timestamp) -> Option<&'static str> {
    who_problem(&approval.by, approval.at, now)
}

fn acceptance_problem(acceptance: &Acceptance, now: Timestamp) -> Option<&'static str> {
    let reason = &acceptance.reason;
    if reason.trim().is_empty() || reason.chars().count() > MAX_REASON {
        return Some("has no reason, or too long a one");
    }
    if has_unsafe_characters(&reason.replace('\n', " ")) {
        return Some("has hidden characters in its reason");
    }
    if acceptance.until <= acceptance.at {
        return Some("ends before it begins");
    }
    who_problem(&acceptance.by, acceptance.at, now)
}

fn who_problem(by: &str, at: Timestamp, now: Timestamp) -> Option<&'static str> {
    if !(1..=MAX_NAME).contains(&by.chars().count()) || has_unsafe_characters(by) {
        return Some("names nobody, or hides whom");
    }
    (at > now.saturating_add(SKEW).unwrap_or(Timestamp::MAX)).then_some("is dated in the future")
}

#[cfg(test)]
#[path = "sign_offs_tests.rs"]
mod tests;
