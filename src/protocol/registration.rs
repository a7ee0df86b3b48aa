//! What a client may register of itself (RFC 7591) and change later (RFC 7592). All metadata is self-asserted
//! (RFC 7591 §5): the validator of the form judges it, and what only an admin decides is not the client's to set.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::signing_key::SigningAlgorithm;
use super::{jws, metadata};
use crate::client::{
    AuthMethod, ClientDraft, ClientId, Finding, GrantType, Refusals, Registration, Rule, Secret,
    has_unsafe_characters,
};
use crate::interchange::read_json;
use crate::interchange::rfc7591::{ErrorCode, Metadata, MetadataError, member_of, read_members};
use crate::registry::{Client, InitialToken, Origin};

/// Who may register clients by a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    /// Nobody. There is no such endpoint.
    #[default]
    Off,
    /// Whoever holds an initial access token (RFC 7591 §1.2).
    Token,
    /// Whoever can reach the server.
    Open,
}

/// What the server's owner decided about dynamic registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationPolicy {
    /// Who may register.
    pub mode: RegistrationMode,
    /// The scopes that dynamic clients may have at the most.
    pub scopes: Vec<String>,
}

/// The scopes that dynamic clients may have unless somebody says otherwise: those that tell of the person, and nothing of
/// any API.
pub const DYNAMIC_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Scopes that mean something only where a person takes part (OpenID Connect Core §5.4, §11).
const OF_PEOPLE: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// What only an admin sets. A request that has them is read as if it had not (RFC 7591 §2: what is not understood is
/// ignored).
const OF_ADMINS: [&str; 7] = [
    "audience",
    "access_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_token_absolute_lifetime",
    "require_pkce",
    "notes",
    "labels",
];

/// What a change must not carry (RFC 7592 §2.2).
const NOT_IN_A_CHANGE: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
];

/// The most language-tagged members, and the longest value of one, in characters.
const MOST_TAGGED: usize = 100;
const LONGEST_TAGGED: usize = 2_048;

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Off,
            scopes: DYNAMIC_SCOPES.map(str::to_owned).to_vec(),
        }
    }
}

impl RegistrationPolicy {
    /// What a client may register that comes with this initial access token, or without one.
    pub fn offer(&self, token: Option<&InitialToken>, abilities: Abilities) -> Offer {
        let is_bound_to = |scope: &String| {
            let bounds = token.and_then(|token| token.scopes.as_ref());
            bounds.is_none_or(|bounds| bounds.contains(scope))
        };
        Offer {
            scopes: self
                .scopes
                .iter()
                .filter(|scope| is_bound_to(scope))
                .cloned()
                .collect(),
            alone: self.mode == RegistrationMode::Token && token.is_some(),
            grants: Vec::new(),
            abilities,
        }
    }

    /// What a client may change its registration to: what it has, and never more scopes than that.
    pub fn offer_to(&self, client: &Client, mut abilities: Abilities) -> Offer {
        let by_token = matches!(Origin::of(client), Some(Origin::Token(_)));
        abilities.methods.push(client.draft.token_endpoint_auth_method);
        abilities.bound_to_certificates |= client.draft.tls_client_certificate_bound_access_tokens;
        Offer {
            scopes: client.draft.scopes.clone(),
            alone: by_token && self.mode == RegistrationMode::Token,
            grants: client.draft.grant_types.clone(),
            abilities,
        }
    }
}

/// What a client may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which scopes at the most.
    pub scopes: Vec<String>,
    /// Whether it may use grants in which no person takes part, such as client credentials: never where anybody can
    /// register.
    pub alone: bool,
    /// The grants that it has already, and keeps if it likes.
    pub grants: Vec<GrantType>,
    /// What the server can do.
    pub abilities: Abilities,
}

/// What a server can do that depends on how it was started. To register anything else would be a promise that it does not
/// keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// The methods by which clients authenticate.
    pub methods: Vec<AuthMethod>,
    /// What ID tokens can be signed with.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Whether access tokens can be bound to certificates (RFC 8705 §3).
    pub bound_to_certificates: bool,
}

/// Reads and judges the metadata of a new client. One that says nothing of scopes gets those that it may have and can use,
/// and one without a name is called by its identifier (RFC 7591 §2).
///
/// # Errors
/// [`MetadataError`], which names the member.
pub fn register(body: &[u8], offer: &Offer, client_id: &ClientId) -> Result<Registration, MetadataError> {
    let members = read_object(body)?;
    let says_scope = members.get("scope").is_some_and(|scope| !scope.is_null());
    let Metadata { mut draft, .. } = read_own(members)?;
    if !says_scope {
        draft.scopes = usual_scopes(&draft, offer);
    }
    judge(draft, offer, client_id)
}

/// What a client wants its registration to be.
#[derive(Debug)]
pub struct Change {
    /// The registration, with what only an admin sets as it is.
    pub registration: Registration,
    /// The secret that the client says it has (RFC 7592 §2.2), which must be one of its own.
    pub secret: Option<Secret>,
}

/// Reads and judges a change: the whole metadata anew, so that what is left out is taken away (RFC 7592 §2.2).
///
/// # Errors
/// [`MetadataError`], which names the member.
pub fn change(body: &[u8], offer: &Offer, before: &Client) -> Result<Change, MetadataError> {
    let mut members = read_object(body)?;
    let says_scope = members.get("scope").is_some_and(|scope| !scope.is_null());
    for name in NOT_IN_A_CHANGE {
        if members.get(name).is_some_and(|value| !value.is_null()) {
            return Err(invalid(format!(
                "{name} must not stand in a change. Leave it out"
            )));
        }
    }
    let secret = match members.shift_remove("client_secret") {
        None | Some(Value::Null) => None,
        Some(Value::String(secret)) => Some(Secret::new(secret)),
        Some(_) => return Err(invalid("client_secret must be a string")),
    };
    let Metadata {
        mut draft, client_id, ..
    } = read_own(members)?;
    match client_id.as_deref() {
        None => return Err(invalid("client_id is missing. Send that of the client")),
        Some(named) if named != before.client_id.as_str() => {
            return Err(invalid("client_id is that of another client"));
        }
        Some(_) => {}
    }
    keep_what_admins_set(&mut draft, &before.draft);
    if !says_scope {
        // RFC 7592 §2.2: what is left out may become a default. To take it away would be for ever, since a change never
        // gives more than the client has.
        draft.scopes.clone_from(&before.draft.scopes);
    }
    Ok(Change {
        registration: judge(draft, offer, &before.client_id)?,
        secret,
    })
}

/// Whether the document at the `sector_identifier_uri` names every redirect URI (OpenID Connect Dynamic Client
/// Registration §5). Else any client could join a sector and learn who is who there.
///
/// # Errors
/// [`MetadataError`], which says which of both is wrong.
pub fn expect_sector(document: &Value, redirect_uris: &[String]) -> Result<(), MetadataError> {
    let Some(named) = document.as_array() else {
        return Err(invalid(
            "sector_identifier_uri does not lead to a JSON array of redirect URIs",
        ));
    };
    let is_named = |uri: &String| named.iter().any(|one| one.as_str() == Some(uri));
    if redirect_uris.iter().all(is_named) {
        return Ok(());
    }
    Err(MetadataError {
        code: ErrorCode::InvalidRedirectUri,
        ..invalid("redirect_uris has one that the document at sector_identifier_uri does not name")
    })
}

/// A registration as its client may see it: without what an admin notes about it.
pub fn as_told(draft: &ClientDraft) -> ClientDraft {
    let mut told = draft.clone();
    told.notes.clear();
    told.labels.clear();
    told.other_members.retain(|name, _| !is_of_admins(name));
    told
}

fn read_object(body: &[u8]) -> Result<Map<String, Value>, MetadataError> {
    match read_json(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(invalid("The metadata must be one JSON object")),
        Err(error) => Err(invalid(error.to_string())),
    }
}

/// The metadata without what is not the client's to set, whatever stands there.
fn read_own(mut members: Map<String, Value>) -> Result<Metadata, MetadataError> {
    members.retain(|name, _| !is_of_admins(name));
    read_members(members)
}

/// Members of this program's own that only an admin sets, and those of other systems, which an import brings.
fn is_of_admins(name: &str) -> bool {
    OF_ADMINS.contains(&name) || name.starts_with("x_")
}

fn keep_what_admins_set(draft: &mut ClientDraft, before: &ClientDraft) {
    draft.audience.clone_from(&before.audience);
    draft.access_token_lifetime = before.access_token_lifetime;
    draft.refresh_token_idle_lifetime = before.refresh_token_idle_lifetime;
    draft.refresh_token_absolute_lifetime = before.refresh_token_absolute_lifetime;
    draft.require_pkce = before.require_pkce;
    draft.notes.clone_from(&before.notes);
    draft.labels.clone_from(&before.labels);
    let theirs = before.other_members.iter().filter(|(name, _)| is_of_admins(name));
    let theirs: Vec<_> = theirs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    draft.other_members.extend(theirs);
}

/// The scopes of a client that names none: of those offered, the ones that its grants can use.
fn usual_scopes(draft: &ClientDraft, offer: &Offer) -> Vec<String> {
    let with_people = draft.grant_types.iter().any(|grant| grant.involves_user());
    let can_use = |scope: &str| match scope {
        "offline_access" => draft.has_grant(GrantType::RefreshToken),
        scope => with_people || !OF_PEOPLE.contains(&scope),
    };
    offer
        .scopes
        .iter()
        .filter(|scope| can_use(scope))
        .cloned()
        .collect()
}

fn judge(mut draft: ClientDraft, offer: &Offer, client_id: &ClientId) -> Result<Registration, MetadataError> {
    if draft.name.trim().is_empty() {
        client_id.as_str().clone_into(&mut draft.name);
    }
    let registration = draft.validate().map_err(|refusals| refused(&refusals))?;
    expect_offered(&registration, offer)?;
    expect_plain_tagged(&registration.other_members)?;
    Ok(registration)
}

/// What is not offered is not the client's to have.
fn expect_offered(draft: &ClientDraft, offer: &Offer) -> Result<(), MetadataError> {
    let method = draft.token_endpoint_auth_method;
    if !offer.abilities.methods.contains(&method) {
        return Err(invalid(format!(
            "token_endpoint_auth_method {method} is not supported here"
        )));
    }
    if draft.tls_client_certificate_bound_access_tokens && !offer.abilities.bound_to_certificates {
        return Err(invalid(
            "tls_client_certificate_bound_access_tokens is not supported here",
        ));
    }
    for grant in &draft.grant_types {
        if !metadata::GRANTS.contains(grant) {
            return Err(invalid(format!("grant_types: {grant} is not supported here")));
        }
        let needs_nobody = !grant.involves_user() && *grant != GrantType::RefreshToken;
        if needs_nobody && !offer.alone && !offer.grants.contains(grant) {
            return Err(invalid(format!(
                "grant_types: {grant} needs an initial access token, and registration that is not open"
            )));
        }
    }
    let is_known = |algorithm: &str| {
        offer
            .abilities
            .algorithms
            .iter()
            .any(|known| known.as_str() == algorithm)
    };
    if draft
        .id_token_signed_response_alg
        .as_deref()
        .is_some_and(|algorithm| !is_known(algorithm))
    {
        return Err(invalid(
            "id_token_signed_response_alg is not one that this server signs with",
        ));
    }
    let is_of_clients = |algorithm: &str| {
        jws::OF_CLIENTS
            .iter()
            .any(|known| format!("{known:?}") == algorithm)
    };
    if draft
        .token_endpoint_auth_signing_alg
        .as_deref()
        .is_some_and(|algorithm| !is_of_clients(algorithm))
    {
        return Err(invalid(
            "token_endpoint_auth_signing_alg is not one that this server takes",
        ));
    }
    for (name, uri) in [
        ("client_uri", &draft.client_uri),
        ("logo_uri", &draft.logo_uri),
        ("policy_uri", &draft.policy_uri),
        ("tos_uri", &draft.tos_uri),
    ] {
        if uri.as_deref().is_some_and(|uri| !is_web_page(uri)) {
            return Err(invalid(format!(
                "{name} is not the https or http address of a page"
            )));
        }
    }
    if !draft.allowed_cors_origins.iter().all(|origin| is_origin(origin)) {
        return Err(invalid(
            "allowed_cors_origins has one that is no origin. Write it as https://app.example.com",
        ));
    }
    // Of what the form only warns of, these two: nobody looks at the warnings of a client that registers itself.
    for finding in draft.findings() {
        if matches!(finding.rule, Rule::LogoutUriBad | Rule::JwksUriHttp) {
            let (title, advice) = (finding.rule.title(), finding.rule.advice());
            return Err(invalid(format!("{}: {title}. {advice}", finding.field)));
        }
    }
    if draft.scopes.iter().any(|scope| !offer.scopes.contains(scope)) {
        let offered = match offer.scopes.as_slice() {
            [] => "none".to_owned(),
            scopes => scopes.join(" "),
        };
        return Err(invalid(format!(
            "scope has more than this client may have, which is {offered}"
        )));
    }
    Ok(())
}

/// Others show these addresses to people as links and pictures (RFC 7591 §2, §5).
fn is_web_page(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// An origin as browsers send it (RFC 6454 §6.2).
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == text
    })
}

/// Names and addresses in a language of their own (RFC 7591 §2.2) are strings that people can read.
fn expect_plain_tagged(members: &Map<String, Value>) -> Result<(), MetadataError> {
    let tagged: Vec<_> = members.iter().filter(|(name, _)| !is_of_admins(name)).collect();
    if tagged.len() > MOST_TAGGED {
        return Err(invalid(format!(
            "There are more than {MOST_TAGGED} members with a language tag"
        )));
    }
    for (name, value) in tagged {
        match value.as_str() {
            None => return Err(invalid(format!("{name} must be a string"))),
            Some(text) if text.chars().count() > LONGEST_TAGGED => {
                return Err(invalid(format!(
                    "{name} is longer than {LONGEST_TAGGED} characters"
                )));
            }
            Some(text) if has_unsafe_characters(text) => {
                return Err(invalid(format!(
                    "{name} has characters that cannot be seen. Take them out"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// What stands against the registration, each member with its rule. The values are not repeated: one may be a secret in
/// the wrong place.
fn refused(refusals: &Refusals) -> MetadataError {
    const TOLD: usize = 3;
    let code = ErrorCode::of(refusals);
    let is_of_code =
        |finding: &&Finding| (finding.field == "redirect_uris") == (code == ErrorCode::InvalidRedirectUri);
    let mut told: Vec<String> = Vec::new();
    for finding in refusals.0.iter().filter(is_of_code) {
        let member = member_of(finding.field);
        let sentence = format!("{member}: {}. {}", finding.rule.title(), finding.rule.advice());
        if told.len() < TOLD && !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    MetadataError {
        code,
        ..invalid(told.join(" "))
    }
}

fn invalid(description: impl Into<String>) -> MetadataError {
    MetadataError::new(description)
}

#[cfg(test)]
#[path = "registration_tests.rs"]
mod tests;
