//! Changes that end a finding at one press.

use serde_json::Value;

use super::password::hide_passwords;
use super::validate::strip_unsafe;
use super::{AuthMethod, ClientDraft, GrantType, Practice, default_response_types};

/// A mechanical change of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Puts another redirect URI in the place of one.
    ReplaceRedirectUri {
        /// The one that is wrong.
        from: String,
        /// The one that is right.
        to: String,
    },
    /// Takes a redirect URI out.
    RemoveRedirectUri(String),
    /// Insists on PKCE with S256.
    RequirePkce,
    /// Forbids a grant.
    RemoveGrant(GrantType),
    /// Sets the response types that go with the grants.
    MatchResponseTypes,
    /// Takes a scope out.
    RemoveScope(String),
    /// Sets how the client authenticates.
    SetAuthMethod(AuthMethod),
    /// Takes the algorithm of ID tokens back to the default.
    DefaultIdTokenAlg,
    /// Access tokens live 10 minutes again.
    DefaultLifetime,
    /// Takes a CORS origin out, or puts its bare form in.
    ReplaceOrigin {
        /// The one that is wrong.
        from: String,
        /// The one that is right; none takes it out.
        to: Option<String>,
    },
    /// Takes control, invisible and direction-changing characters out of a text, or out of all texts of a list.
    StripText {
        /// The field that it stands in.
        field: &'static str,
    },
    /// Takes the passwords out of all addresses.
    TakePasswords,
    /// Forgets what another system does with the client, and what of it is concerned: for one that has left that system.
    ForgetPractice(Practice, Option<String>),
}

impl Fix {
    /// What its button says.
    pub fn label(&self) -> String {
        match self {
            Self::ReplaceRedirectUri { from, to }
                if from.starts_with("http:") && to.starts_with("https:") =>
            {
                "Change to https".to_owned()
            }
            Self::ReplaceRedirectUri { to, .. } => format!("Change to {}", hide_passwords(to)),
            Self::RemoveRedirectUri(_) => "Remove this URI".to_owned(),
            Self::RequirePkce => "Require PKCE".to_owned(),
            Self::RemoveGrant(grant) => format!("Remove {}", grant.label().to_lowercase()),
            Self::MatchResponseTypes => "Match the grants".to_owned(),
            Self::RemoveScope(scope) => format!("Remove {scope}"),
            Self::SetAuthMethod(method) => format!("Use {method}"),
            Self::DefaultIdTokenAlg => "Use RS256".to_owned(),
            Self::DefaultLifetime => "Use 10 minutes".to_owned(),
            Self::ReplaceOrigin { to: Some(to), .. } => format!("Change to {to}"),
            Self::ReplaceOrigin { to: None, .. } => "Remove this origin".to_owned(),
            Self::StripText { .. } => "Take hidden characters out".to_owned(),
            Self::TakePasswords => "Take the password out".to_owned(),
            Self::ForgetPractice(..) => "It left the other system".to_owned(),
        }
    }

    /// Makes the change.
    pub fn apply(&self, draft: &mut ClientDraft) {
        match self {
            Self::ReplaceRedirectUri { from, to } => replace(&mut draft.redirect_uris, from, Some(to)),
            Self::RemoveRedirectUri(uri) => replace(&mut draft.redirect_uris, uri, None),
            Self::RequirePkce => draft.require_pkce = true,
            Self::RemoveGrant(grant) => draft.set_grant(*grant, false),
            Self::MatchResponseTypes => draft.response_types = default_response_types(&draft.grant_types),
            Self::RemoveScope(scope) => replace(&mut draft.scopes, scope, None),
            Self::SetAuthMethod(method) => draft.token_endpoint_auth_method = *method,
            Self::DefaultIdTokenAlg => draft.id_token_signed_response_alg = None,
            Self::DefaultLifetime => draft.access_token_lifetime = None,
            Self::ReplaceOrigin { from, to } => replace(&mut draft.allowed_cors_origins, from, to.as_deref()),
            Self::StripText { field } => strip(draft, field),
            Self::TakePasswords => drop(draft.take_passwords()),
            Self::ForgetPractice(practice, about) => draft.forget_practice(*practice, about.as_deref()),
        }
    }
}

/// Takes hidden characters out of a field, whichever it is: by its name in the record. What is nothing then is left out; the
/// name stays, so that it is missed.
fn strip(draft: &mut ClientDraft, field: &str) {
    let Ok(Value::Object(mut members)) = serde_json::to_value(&*draft) else {
        return;
    };
    match members.get_mut(field) {
        Some(Value::String(text)) => *text = strip_unsafe(text, field),
        Some(Value::Array(values)) => {
            let mut kept: Vec<Value> = Vec::with_capacity(values.len());
            for value in values.drain(..) {
                let value = match value {
                    Value::String(text) => Value::String(strip_unsafe(&text, field)),
                    other => other,
                };
                if value.as_str() != Some("") && !kept.contains(&value) {
                    kept.push(value);
                }
            }
            *values = kept;
        }
        _ => return,
    }
    if field != "name" {
        members.retain(|name, value| name != field || value.as_str() != Some(""));
    }
    if let Ok(mended) = serde_json::from_value(Value::Object(members)) {
        *draft = mended;
    }
}

/// Replaces or removes a value, and never makes it appear twice.
fn replace(values: &mut Vec<String>, from: &str, to: Option<&str>) {
    match to {
        Some(to) if !values.iter().any(|value| value == to) => {
            for value in values.iter_mut().filter(|value| *value == from) {
                to.clone_into(value);
            }
        }
        _ => values.retain(|value| value != from),
    }
}
