//! Client metadata of dynamic registration (RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration): read
//! into a draft, and written out as the response that the standard prescribes.
//!
//! Names are the standard's, and this program's own for what it has no name for: `audience`, `require_pkce`, the
//! lifetimes, `notes`, `labels`. Reading judges nothing; a value of the wrong type is all that it refuses.

use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::read_json;
use crate::client::{
    ApplicationType, AuthMethod, ClientDraft, ClientId, GrantType, Refusals, Secret, SubjectType,
    default_response_types,
};

/// The most that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Metadata that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// What it says of the client.
    pub draft: ClientDraft,
    /// The `client_id` that a change names as its own (RFC 7592 §2.2). Nobody sets one.
    pub client_id: Option<String>,
    /// Members that were left out: unknown here, or nobody's to set. In their order.
    pub ignored: Vec<String>,
}

/// The error codes of RFC 7591 §3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A redirect URI is wrong.
    InvalidRedirectUri,
    /// Another member is wrong.
    InvalidClientMetadata,
}

impl ErrorCode {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
        }
    }

    /// The code for refusals of the validator.
    pub fn of(refusals: &Refusals) -> Self {
        if refusals.0.iter().any(|finding| finding.field == "redirect_uris") {
            Self::InvalidRedirectUri
        } else {
            Self::InvalidClientMetadata
        }
    }
}

/// Why metadata cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{description}{}", self.found())]
pub struct MetadataError {
    /// Its code.
    pub code: ErrorCode,
    /// What is wrong, naming the member.
    pub description: String,
    /// The value that was found, for whoever sent it: it may be a secret in the wrong place.
    pub value: Option<String>,
}

impl MetadataError {
    /// Metadata that is wrong elsewhere than in its redirect URIs.
    pub fn new(description: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::InvalidClientMetadata,
            description: description.into(),
            value: None,
        }
    }

    fn found(&self) -> String {
        let value = self.value.as_ref();
        value.map(|value| format!(": {value:?}")).unwrap_or_default()
    }

    fn wrong_type(member: &str, expected: &str) -> Self {
        let code = match member {
            "redirect_uris" => ErrorCode::InvalidRedirectUri,
            _ => ErrorCode::InvalidClientMetadata,
        };
        Self {
            code,
            description: format!("{member} must be {expected}"),
            value: None,
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        "Correct the metadata; its members are those of RFC 7591 section 2"
    }
}

/// Reads client metadata.
///
/// A member that is `null`, and an optional one that is empty, is as good as absent (RFC 7591 §2).
///
/// # Errors
/// [`MetadataError`] for more than [`MAX_BYTES`], for what is no JSON object, and for values of a wrong type.
pub fn read(bytes: &[u8]) -> Result<Metadata, MetadataError> {
    if bytes.len() > MAX_BYTES {
        return Err(MetadataError::new("The metadata is larger than 1 MB"));
    }
    match read_json(bytes) {
        Ok(Value::Object(members)) => read_members(members),
        Ok(_) => Err(MetadataError::new("The metadata must be one JSON object")),
        Err(error) => Err(MetadataError::new(error.to_string())),
    }
}

/// Reads client metadata from the members of an object.
///
/// # Errors
/// [`MetadataError`] for values of a wrong type.
pub fn read_members(members: Map<String, Value>) -> Result<Metadata, MetadataError> {
    let mut draft = ClientDraft::default();
    let mut ignored = Vec::new();
    let (mut grant_types, mut response_types, mut client_id) = (None, None, None);
    for (name, value) in members {
        if value.is_null() {
            continue;
        }
        let member = Member {
            name: &name,
            value: &value,
        };
        match name.as_str() {
            "grant_types" => grant_types = Some(member.names(GrantType::parse)?),
            "response_types" => response_types = Some(member.texts()?),
            "client_id" => client_id = member.text()?,
            _ if set(&mut draft, &member)? => {}
            _ if is_other_systems(&name) => drop(draft.other_members.insert(name, value)),
            _ => ignored.push(name),
        }
    }
    if let Some(grant_types) = grant_types {
        draft.grant_types = grant_types;
    }
    draft.response_types = response_types.unwrap_or_else(|| default_response_types(&draft.grant_types));
    Ok(Metadata {
        draft,
        client_id,
        ignored,
    })
}

/// Sets the field that a member stands for. `false` where it stands for none.
fn set(draft: &mut ClientDraft, member: &Member<'_>) -> Result<bool, MetadataError> {
    match member.name {
        "client_name" => draft.name = member.text()?.unwrap_or_default(),
        "application_type" => set_if_some(&mut draft.application_type, member.named(ApplicationType::parse)?),
        "redirect_uris" => draft.redirect_uris = member.texts()?,
        "post_logout_redirect_uris" => draft.post_logout_redirect_uris = member.texts()?,
        "scope" => draft.scopes = member.words()?,
        "audience" => draft.audience = member.texts()?,
        "token_endpoint_auth_method" => {
            set_if_some(
                &mut draft.token_endpoint_auth_method,
                member.named(AuthMethod::parse)?,
            );
        }
        "token_endpoint_auth_signing_alg" => draft.token_endpoint_auth_signing_alg = member.text()?,
        "id_token_signed_response_alg" => draft.id_token_signed_response_alg = member.text()?,
        "subject_type" => draft.subject_type = member.named(SubjectType::parse)?,
        "sector_identifier_uri" => draft.sector_identifier_uri = member.text()?,
        "jwks" => draft.jwks = member.object()?,
        "jwks_uri" => draft.jwks_uri = member.text()?,
        "allowed_cors_origins" => draft.allowed_cors_origins = member.texts()?,
        "client_uri" => draft.client_uri = member.text()?,
        "logo_uri" => draft.logo_uri = member.text()?,
        "policy_uri" => draft.policy_uri = member.text()?,
        "tos_uri" => draft.tos_uri = member.text()?,
        "contacts" => draft.contacts = member.texts()?,
        "software_id" => draft.software_id = member.text()?,
        "software_version" => draft.software_version = member.text()?,
        "access_token_lifetime" => draft.access_token_lifetime = Some(member.seconds()?),
        "refresh_token_idle_lifetime" => draft.refresh_token_idle_lifetime = Some(member.seconds()?),
        "refresh_token_absolute_lifetime" => draft.refresh_token_absolute_lifetime = Some(member.seconds()?),
        "require_pkce" => draft.require_pkce = member.flag()?,
        "require_pushed_authorization_requests" => {
            draft.require_pushed_authorization_requests = member.flag()?;
        }
        "tls_client_certificate_bound_access_tokens" => {
            draft.tls_client_certificate_bound_access_tokens = member.flag()?;
        }
        "dpop_bound_access_tokens" => draft.dpop_bound_access_tokens = member.flag()?,
        "tls_client_auth_subject_dn" => draft.tls_client_auth_subject_dn = member.text()?,
        "tls_client_auth_san_dns" => draft.tls_client_auth_san_dns = member.text()?,
        "tls_client_auth_san_uri" => draft.tls_client_auth_san_uri = member.text()?,
        "tls_client_auth_san_ip" => draft.tls_client_auth_san_ip = member.text()?,
        "tls_client_auth_san_email" => draft.tls_client_auth_san_email = member.text()?,
        "notes" => draft.notes = member.text()?.unwrap_or_default(),
        "labels" => draft.labels = member.texts()?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn set_if_some<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Members that are kept as they came: other systems' (`x_…`), and names and addresses for people in a language of
/// their own, such as `client_name#de` (RFC 7591 §2.2).
fn is_other_systems(name: &str) -> bool {
    const IN_LANGUAGES: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];
    let is_tagged = name
        .split_once('#')
        .is_some_and(|(member, language)| IN_LANGUAGES.contains(&member) && is_language_tag(language));
    is_tagged || name.starts_with("x_")
}

/// The shape of a language tag (RFC 5646 §2.1): subtags of at most eight letters and digits.
fn is_language_tag(text: &str) -> bool {
    text.split('-').all(|subtag| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// A member that is not `null`.
struct Member<'a> {
    name: &'a str,
    value: &'a Value,
}

impl Member<'_> {
    fn wrong_type(&self, expected: &str) -> MetadataError {
        MetadataError::wrong_type(self.name, expected)
    }

    /// A string; none if it is empty.
    fn text(&self) -> Result<Option<String>, MetadataError> {
        let text = self.value.as_str().ok_or_else(|| self.wrong_type("a string"))?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// An array of strings.
    fn texts(&self) -> Result<Vec<String>, MetadataError> {
        let expected = || self.wrong_type("an array of strings");
        let items = self.value.as_array().ok_or_else(expected)?;
        items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(expected))
            .collect()
    }

    /// Strings with single spaces between them (RFC 6749 §3.3), each once.
    fn words(&self) -> Result<Vec<String>, MetadataError> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.wrong_type("a string of scopes with spaces between"))?;
        let mut words: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        Ok(words)
    }

    /// A name of a closed set; none if it is empty.
    fn named<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, MetadataError> {
        self.text()?
            .map(|name| parse(&name).ok_or_else(|| self.unknown(&name)))
            .transpose()
    }

    /// An array of names of a closed set, each once.
    fn names<T: PartialEq>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, MetadataError> {
        let mut known = Vec::new();
        for name in self.texts()? {
            let member = parse(&name).ok_or_else(|| self.unknown(&name))?;
            if !known.contains(&member) {
                known.push(member);
            }
        }
        Ok(known)
    }

    fn unknown(&self, name: &str) -> MetadataError {
        MetadataError {
            value: Some(name.chars().take(80).collect()),
            ..MetadataError::new(format!("{} has a value that is not known here", self.name))
        }
    }

    /// A JSON object; none if it is empty.
    fn object(&self) -> Result<Option<Value>, MetadataError> {
        let members = self
            .value
            .as_object()
            .ok_or_else(|| self.wrong_type("a JSON object"))?;
        Ok((!members.is_empty()).then(|| self.value.clone()))
    }

    fn flag(&self) -> Result<bool, MetadataError> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong_type("true or false"))
    }

    fn seconds(&self) -> Result<u32, MetadataError> {
        let seconds = self
            .value
            .as_u64()
            .and_then(|seconds| u32::try_from(seconds).ok());
        seconds.ok_or_else(|| self.wrong_type("a whole number of seconds"))
    }
}

/// The standard's name of a draft's field: they differ in two.
pub fn member_of(field: &str) -> &str {
    match field {
        "name" => "client_name",
        "scopes" => "scope",
        other => other,
    }
}

/// The metadata of a draft under the standard's names, `client_name` and `scope` first.
pub fn write(draft: &ClientDraft) -> Map<String, Value> {
    let mut metadata = Map::new();
    metadata.insert("client_name".to_owned(), Value::from(draft.name.as_str()));
    if !draft.scopes.is_empty() {
        metadata.insert("scope".to_owned(), Value::from(draft.scopes.join(" ")));
    }
    // A draft's other names are the standard's already, and all of its values can stand in JSON.
    if let Ok(Value::Object(members)) = serde_json::to_value(draft) {
        let own_names = ["name", "scopes"];
        metadata.extend(
            members
                .into_iter()
                .filter(|(name, _)| !own_names.contains(&name.as_str())),
        );
    }
    metadata
}

/// The response to a registration (RFC 7591 §3.2.1), as JSON in a buffer that is wiped: what was registered, with
/// the secret in it this once.
#[derive(Clone, Copy)]
pub struct RegistrationResponse<'a> {
    /// The new identifier.
    pub client_id: &'a ClientId,
    /// The secret, where the client has one.
    pub secret: Option<&'a Secret>,
    /// When the client was registered.
    pub issued_at: Timestamp,
    /// Until when the secret counts; none: for ever.
    pub secret_expires_at: Option<Timestamp>,
    /// Until when secrets from before count, where the client had some: `previous_client_secrets_expire_at`, a name of this
    /// program's.
    pub previous_secrets_expire_at: Option<Timestamp>,
    /// What was registered.
    pub draft: &'a ClientDraft,
    /// Where and by what the client manages its registration, where it registered itself.
    pub configuration: Option<ClientConfiguration<'a>>,
}

/// How a client that registered itself gets at its registration (RFC 7592 §3).
#[derive(Clone, Copy, Debug)]
pub struct ClientConfiguration<'a> {
    /// `registration_client_uri`.
    pub uri: &'a str,
    /// `registration_access_token`.
    pub token: &'a Secret,
}

impl RegistrationResponse<'_> {
    /// The JSON text, indented for people.
    pub fn to_json(&self) -> Zeroizing<String> {
        // Room enough that no shorter buffer with the secret in it is left behind by growing.
        let mut json = Zeroizing::new(Vec::with_capacity(2 * MAX_BYTES));
        match serde_json::to_writer_pretty(&mut *json, self)
            .map(|()| String::from_utf8(std::mem::take(&mut *json)))
        {
            Ok(Ok(text)) => Zeroizing::new(text),
            // Neither can be: the names of a map are strings, and serde_json writes UTF-8.
            Ok(Err(_)) | Err(_) => Zeroizing::new(String::new()),
        }
    }
}

impl Serialize for RegistrationResponse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut response = serializer.serialize_map(None)?;
        response.serialize_entry("client_id", self.client_id.as_str())?;
        if let Some(secret) = self.secret {
            response.serialize_entry("client_secret", secret.expose())?;
        }
        response.serialize_entry("client_id_issued_at", &self.issued_at.as_second())?;
        // A client that looks at its own registration is told how long its secret lasts, though not the secret.
        let looks_at_its_own =
            self.configuration.is_some() && self.draft.token_endpoint_auth_method.uses_secret();
        if self.secret.is_some() || looks_at_its_own {
            let end = self.secret_expires_at.map_or(0, Timestamp::as_second);
            response.serialize_entry("client_secret_expires_at", &end)?;
        }
        if let Some(configuration) = &self.configuration {
            response.serialize_entry("registration_client_uri", configuration.uri)?;
            response.serialize_entry("registration_access_token", configuration.token.expose())?;
        }
        if let Some(end) = self.previous_secrets_expire_at {
            response.serialize_entry("previous_client_secrets_expire_at", &end.as_second())?;
        }
        for (name, value) in write(self.draft) {
            response.serialize_entry(&name, &value)?;
        }
        response.end()
    }
}

#[cfg(test)]
#[path = "rfc7591_tests.rs"]
mod tests;
