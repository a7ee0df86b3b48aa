//! The members of a client of another system, taken one by one until none is left: each becomes a member of the standard,
//! is kept under a name of its own, or is named as left out. None goes without a word but what says nothing.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::credential::{can_hold_credential, take_private_parts};
use super::foreign::{Changed, ForeignClient, ForeignSecret, LeftOut};
use super::rfc7591;
use crate::client::jwks::holds_private_key;
use crate::client::{AuthMethod, ClientId, GrantType};

/// Members that are being taken.
pub struct Members {
    /// The system's short name, which stands in the names of what is kept.
    system: &'static str,
    rest: Map<String, Value>,
    standard: Map<String, Value>,
    kept: Map<String, Value>,
    changed: Vec<Changed>,
    left_out: Vec<LeftOut>,
}

impl Members {
    /// Those of one client.
    pub fn new(system: &'static str, members: Map<String, Value>) -> Self {
        Self {
            system,
            rest: members,
            standard: Map::new(),
            kept: Map::new(),
            changed: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Whether there is a member that says something.
    pub fn has(&self, name: &str) -> bool {
        self.rest.get(name).is_some_and(|value| !is_blank(value))
    }

    /// Takes the first of some names that says something; all of them are taken.
    pub fn take(&mut self, names: &[&str]) -> Option<Value> {
        let mut taken = None;
        for name in names {
            let value = self.rest.shift_remove(*name).filter(|value| !is_blank(value));
            taken = taken.or(value);
        }
        taken
    }

    /// Takes a text. What a system wrote as a number is one too.
    ///
    /// # Errors
    /// A sentence that names the member.
    pub fn text(&mut self, names: &[&str]) -> Result<Option<String>, String> {
        match self.take(names) {
            None => Ok(None),
            Some(value) => as_text(value).map(Some).ok_or_else(|| must_be(names, "a text")),
        }
    }

    /// Takes a list of texts. One text alone is a list of it.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn texts(&mut self, names: &[&str]) -> Result<Vec<String>, String> {
        let items = match self.take(names) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
        };
        let texts = items.into_iter().map(as_text).collect::<Option<_>>();
        texts.ok_or_else(|| must_be(names, "a list of texts"))
    }

    /// Takes a switch; off where it says nothing.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn flag(&mut self, names: &[&str]) -> Result<bool, String> {
        match self.take(names) {
            None => Ok(false),
            Some(Value::Bool(is_on)) => Ok(is_on),
            Some(Value::String(text)) if matches!(text.as_str(), "true" | "yes" | "on") => Ok(true),
            Some(Value::String(text)) if matches!(text.as_str(), "false" | "no" | "off") => Ok(false),
            Some(_) => Err(must_be(names, "true or false")),
        }
    }

    /// Takes a switch that says something in both positions; none where it is not there.
    pub fn switch(&mut self, names: &[&str]) -> Option<bool> {
        let mut said = None;
        for name in names {
            if self.rest.get(*name).is_some_and(Value::is_boolean) {
                said = said.or(self.rest.shift_remove(*name)?.as_bool());
            }
        }
        said
    }

    /// Sets a member of the standard (RFC 7591 §2).
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.standard.insert(name.to_owned(), value.into());
    }

    /// Takes members that are the standard's under its own names, whatever they say.
    pub fn pass(&mut self, names: &[&str]) {
        for name in names {
            if let Some(value) = self.take(&[name]) {
                self.set(name, value);
            }
        }
    }

    /// Takes a text into a member of the standard.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn pass_text(&mut self, names: &[&str], standard: &str) -> Result<(), String> {
        if let Some(text) = self.text(names)? {
            self.set(standard, text);
        }
        Ok(())
    }

    /// Takes a list into a member of the standard.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn pass_texts(&mut self, names: &[&str], standard: &str) -> Result<(), String> {
        let texts = self.texts(names)?;
        if !texts.is_empty() {
            self.set(standard, texts);
        }
        Ok(())
    }

    /// Takes a JWK Set, without private keys.
    pub fn pass_jwks(&mut self) {
        const WHY: &str = "it can hold a credential";
        let Some(mut jwks) = self.take(&["jwks"]) else {
            return;
        };
        if take_private_parts(&mut jwks) {
            self.leave_out("private parts of jwks", WHY);
        }
        if holds_private_key(&jwks) {
            self.leave_out("jwks", WHY);
        } else {
            self.set("jwks", jwks);
        }
    }

    /// Sets the grants. What is no grant that is known here is named.
    pub fn grants(&mut self, names: Vec<String>) {
        let mut names = names;
        self.left_out.extend(take_unknown_grants(&mut names));
        self.set("grant_types", names);
    }

    /// Sets how the client authenticates; what is not known here becomes a secret in the header.
    pub fn auth_method(&mut self, name: &str) {
        let (method, changed) = known_auth_method(name);
        self.set(AUTH_METHOD, method.as_ref());
        self.changed.extend(changed);
    }

    /// Keeps members under names of their own, such as `x_hydra_owner`. What can hold a credential is not.
    pub fn keep(&mut self, names: &[&str]) {
        for name in names {
            if let Some(value) = self.take(&[name]) {
                self.keep_value(name, value);
            }
        }
    }

    /// Keeps a value under a name of its own.
    pub fn keep_value(&mut self, name: &str, value: Value) {
        let name = format!("x_{}_{name}", self.system);
        if can_hold_credential(&name, &value) {
            self.leave_out(name, "it can hold a credential");
        } else {
            self.kept.insert(name, value);
        }
    }

    /// Keeps what of an object holds no credential; the rest is named.
    pub fn keep_parts(&mut self, name: &str) {
        let Some(value) = self.take(&[name]) else { return };
        let Value::Object(mut parts) = value else {
            return self.keep_value(name, value);
        };
        parts.retain(|part, value| {
            let keeps = !can_hold_credential(part, value);
            if !keeps {
                let member = format!("{name}.{part}");
                self.left_out
                    .push(LeftOut::new(member, "it can hold a credential"));
            }
            keeps
        });
        if !parts.is_empty() {
            self.keep_value(name, parts.into());
        }
    }

    /// Takes members that are not kept.
    pub fn drop_named(&mut self, names: &[&str], why: &'static str) {
        for name in names {
            if self.take(&[name]).is_some() {
                self.leave_out(*name, why);
            }
        }
    }

    /// A member was taken over as something else than the file says.
    pub fn change(&mut self, member: &str, how: impl Into<Cow<'static, str>>) {
        self.changed.push(Changed::new(member, how));
    }

    /// A member was not taken over.
    pub fn leave_out(&mut self, member: impl Into<String>, why: impl Into<Cow<'static, str>>) {
        self.left_out.push(LeftOut::new(member, why));
    }

    /// The client. Whatever has not been taken is named as left out.
    ///
    /// # Errors
    /// A sentence about a member of a wrong type.
    pub fn into_client(mut self, place: String, client_id: ClientId) -> Result<ForeignClient, String> {
        for (name, value) in std::mem::take(&mut self.rest) {
            if is_blank(&value) {
                continue;
            }
            let why = if can_hold_credential(&name, &value) {
                "it can hold a credential"
            } else {
                "nothing here corresponds to it"
            };
            self.leave_out(name, why);
        }
        let mut metadata =
            rfc7591::read_members(std::mem::take(&mut self.standard)).map_err(|error| error.to_string())?;
        let mut name = metadata.draft.name.trim().to_owned();
        if name.is_empty() {
            name = client_id.as_str().trim().to_owned();
            self.change("client_name", "the client_id, for the file has no name");
        }
        metadata.draft.name = name;
        metadata.draft.other_members.extend(self.kept);
        Ok(ForeignClient {
            draft: metadata.draft,
            changed: self.changed,
            left_out: self.left_out,
            ..ForeignClient::new(place, client_id)
        })
    }
}

/// Takes a secret out before anything else can fail: it is wiped from then on.
///
/// # Errors
/// A sentence where it is no text.
pub fn take_secret(members: &mut Map<String, Value>, names: &[&str]) -> Result<ForeignSecret, String> {
    let mut secret = Ok(ForeignSecret::Absent);
    for name in names {
        match members.shift_remove(*name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => secret = Ok(ForeignSecret::read(text)),
            Some(Value::Number(number)) => secret = Ok(ForeignSecret::read(number.to_string())),
            Some(_) => secret = Err(must_be(&[name], "a text")),
        }
    }
    secret
}

/// Whether a value says nothing: it is how a system writes what is not set.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_blank),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// How a client authenticates.
pub const AUTH_METHOD: &str = "token_endpoint_auth_method";

/// Takes out what is no grant that is known here, and names it.
pub fn take_unknown_grants(names: &mut Vec<String>) -> Vec<LeftOut> {
    let is_unknown = |name: &mut String| GrantType::parse(name).is_none();
    let named = |name: String| LeftOut::new(format!("grant type {name}"), "there is no such grant here");
    names.extract_if(.., is_unknown).map(named).collect()
}

/// A way to authenticate, and what it was where that is not known here: then it becomes a secret in the header.
pub fn known_auth_method(name: &str) -> (Cow<'_, str>, Option<Changed>) {
    if AuthMethod::parse(name).is_some() {
        return (name.into(), None);
    }
    let shown: String = name.chars().take(80).collect();
    let how = format!("client_secret_basic, for {shown} is not known here");
    let method = AuthMethod::ClientSecretBasic.as_str();
    (method.into(), Some(Changed::new(AUTH_METHOD, how)))
}

fn as_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn must_be(names: &[&str], what: &str) -> String {
    format!("{} must be {what}", names.first().unwrap_or(&"A member"))
}
