//! Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document): the `client_id` is an https URL, and what lies
//! there is the client's metadata, which it says of itself.

use serde_json::Value;
use url::Url;

use super::foreign::{ForeignClient, ForeignSecret, LeftOut};
use super::read_json;
use super::rfc7591_file::read_members;
use crate::client::{AuthMethod, ClientDraft, ClientId};

/// The origin of clients that come by a document.
pub const ORIGIN: &str = "client_id_metadata_document";

/// Why a URL cannot be a client identifier, or a document not its metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DocumentError {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub advice: &'static str,
}

const ADVICE_URL: &str =
    "Write it as https://app.example.com/client.json: with a path, without user, fragment, . or ..";
const ADVICE_DOCUMENT: &str = "Ask the owner of the client to correct the document";

/// Judges a URL as a client identifier (§3 of the draft): https, a path, no user, no fragment, no dot segments. Nothing is
/// normalised, because identifiers are compared as they are written.
///
/// # Errors
/// [`DocumentError`], naming what is wrong.
pub fn judge_url(text: &str) -> Result<ClientId, DocumentError> {
    let wrong = |what: &str| DocumentError {
        what: format!("{text:?} {what}"),
        advice: ADVICE_URL,
    };
    let url = Url::parse(text).map_err(|_| wrong("is not a URL"))?;
    let rest = text
        .strip_prefix("https://")
        .ok_or_else(|| wrong("does not begin with https://"))?;
    if !url.username().is_empty() || url.password().is_some() || url.host_str().is_none() {
        return Err(wrong("names a user, which a client identifier must not"));
    }
    if text.contains('#') {
        return Err(wrong("has a fragment, which a client identifier must not"));
    }
    let path = rest
        .split_once('/')
        .map(|(_, path)| path.split('?').next().unwrap_or_default());
    let Some(path) = path.filter(|_| rest.find('/') < rest.find('?').or(Some(usize::MAX))) else {
        return Err(wrong("has no path"));
    };
    let is_dots = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    if path.split(['/', '\\']).any(is_dots) {
        return Err(wrong("has . or .. in its path"));
    }
    // What a reader of URLs would change is a second way to write the same: two identifiers of one client.
    if url.as_str() != text {
        return Err(wrong(&format!(
            "is not written as it is used; that would be {url}"
        )));
    }
    ClientId::parse(text).ok_or_else(|| wrong("is longer than 512 characters"))
}

/// Reads the document that was fetched from a URL.
///
/// # Errors
/// [`DocumentError`] where it is no metadata of that client: not JSON, another `client_id`, or with a shared secret.
pub fn read(client_id: &ClientId, bytes: &[u8]) -> Result<ForeignClient, DocumentError> {
    let wrong = |what: String| DocumentError {
        what: format!("The document at {client_id} {what}"),
        advice: ADVICE_DOCUMENT,
    };
    let mut members = match read_json(bytes) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err(wrong("is not a JSON object".to_owned())),
        Err(error) => return Err(wrong(format!("cannot be read. {error}"))),
    };
    match members.get("client_id") {
        Some(Value::String(named)) if named == client_id.as_str() => {}
        Some(Value::String(named)) => {
            let named: String = named.chars().take(200).collect();
            return Err(wrong(format!(
                "says that its client_id is {named:?}; it must equal the URL exactly"
            )));
        }
        _ => return Err(wrong("does not say its client_id".to_owned())),
    }
    for member in ["client_secret", "client_secret_expires_at"] {
        if members.contains_key(member) {
            return Err(wrong(format!(
                "has {member}. Everybody can read it, so it can share no secret"
            )));
        }
    }
    if let Some(method) = members.get("token_endpoint_auth_method").and_then(Value::as_str)
        && method.starts_with("client_secret")
    {
        return Err(wrong(format!(
            "asks for {method}. Everybody can read it, so it can share no secret"
        )));
    }
    // The default of RFC 7591 is a method with a secret, which there cannot be.
    let method = members.entry("token_endpoint_auth_method").or_insert(Value::Null);
    if method.as_str().unwrap_or_default().is_empty() && !method.is_object() {
        *method = Value::from(AuthMethod::None.as_str());
    }
    let mut left_out = Vec::new();
    members.retain(|name, _| {
        let is_ours = is_the_admins(name);
        if is_ours {
            left_out.push(LeftOut::new(
                name.as_str(),
                "it is for the owner of this registry to say",
            ));
        }
        !is_ours
    });
    let mut client = read_members(members, client_id.to_string(), 1)
        .map_err(|what| wrong(format!("cannot be used. {what}")))?;
    if !matches!(client.secret, ForeignSecret::Absent) {
        return Err(wrong("has a secret".to_owned()));
    }
    client.left_out.splice(0..0, left_out);
    Ok(client.without_passwords())
}

/// Members that a document does not decide: it says of a client what the client says of itself (RFC 7591 §5).
fn is_the_admins(name: &str) -> bool {
    matches!(
        name,
        "audience"
            | "access_token_lifetime"
            | "refresh_token_idle_lifetime"
            | "refresh_token_absolute_lifetime"
            | "require_pkce"
            | "notes"
            | "labels"
    )
}

/// What a document says now, with what the registry's owner said of the client before.
pub fn refreshed(document: ClientDraft, before: &ClientDraft) -> ClientDraft {
    ClientDraft {
        audience: before.audience.clone(),
        access_token_lifetime: before.access_token_lifetime,
        refresh_token_idle_lifetime: before.refresh_token_idle_lifetime,
        refresh_token_absolute_lifetime: before.refresh_token_absolute_lifetime,
        require_pkce: before.require_pkce,
        notes: before.notes.clone(),
        labels: before.labels.clone(),
        ..document
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const URL: &str = "https://app.example.com/client.json";

    fn document(members: &Value) -> Result<ForeignClient, DocumentError> {
        let mut all =
            json!({"client_id": URL, "client_name": "App", "redirect_uris": ["https://app.example.com/cb"]});
        let more = members.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        read(&judge_url(URL).unwrap(), all.to_string().as_bytes())
    }

    #[test]
    fn a_url_is_an_identifier_only_as_the_draft_has_it() {
        for good in [
            URL,
            "https://app.example.com/",
            "https://app.example.com:8443/a/b?c=d",
            "https://app.example.com/a..b/.c",
        ] {
            assert!(judge_url(good).is_ok(), "{good}: {:?}", judge_url(good));
        }
        for (bad, named) in [
            ("http://app.example.com/c", "https"),
            ("nonsense", "not a URL"),
            ("https://app.example.com", "no path"),
            ("https://app.example.com?a=/b", "no path"),
            ("https://app.example.com/a#b", "fragment"),
            ("https://app.example.com/a#", "fragment"),
            ("https://user@app.example.com/a", "user"),
            ("https://user:pass@app.example.com/a", "user"),
            ("https://app.example.com/a/../b", ".."),
            ("https://app.example.com/./b", "in its path"),
            ("https://app.example.com/%2e%2E/b", "in its path"),
            ("https://APP.example.com/a", "written"),
            ("https://app.example.com:443/a", "written"),
            (" https://app.example.com/a", "https"),
        ] {
            let error = judge_url(bad).unwrap_err();
            assert!(error.what.contains(named), "{bad}: {error}");
        }
    }

    #[test]
    fn a_document_must_name_its_url_and_share_no_secret() {
        let client =
            document(&json!({"token_endpoint_auth_method": "none", "notes": "mine", "x_team": 7})).unwrap();
        assert_eq!(
            (client.client_id.as_str(), client.draft.name.as_str()),
            (URL, "App")
        );
        assert_eq!(client.left_out[0].member, "notes");
        assert!(client.draft.notes.is_empty());
        for (members, named) in [
            (
                json!({"client_id": "https://app.example.com/Client.json"}),
                "exactly",
            ),
            (json!({"client_id": null}), "does not say"),
            (json!({"client_secret": "s"}), "client_secret"),
            (json!({"client_secret": null}), "client_secret"),
            (json!({"client_secret_expires_at": 0}), "client_secret_expires_at"),
            (
                json!({"token_endpoint_auth_method": "client_secret_post"}),
                "client_secret_post",
            ),
            (
                json!({"token_endpoint_auth_method": "client_secret_jwt"}),
                "client_secret_jwt",
            ),
            (json!({"redirect_uris": "x"}), "redirect_uris"),
        ] {
            let error = document(&members).unwrap_err();
            assert!(error.what.contains(named), "{members}: {error}");
        }
        assert!(read(&judge_url(URL).unwrap(), b"<html>").is_err());
    }

    #[test]
    fn a_document_without_a_method_is_of_a_public_client() {
        for members in [json!({}), json!({"token_endpoint_auth_method": null})] {
            let client = document(&members).unwrap();
            assert_eq!(client.draft.token_endpoint_auth_method, AuthMethod::None);
        }
    }

    #[test]
    fn a_refresh_keeps_what_the_owner_of_the_registry_said() {
        let before = ClientDraft {
            notes: "ours".to_owned(),
            audience: vec!["https://api.example.com".to_owned()],
            name: "Old".to_owned(),
            ..ClientDraft::default()
        };
        let after = refreshed(document(&json!({})).unwrap().draft, &before);
        assert_eq!(
            (after.notes.as_str(), after.name.as_str(), after.audience.len()),
            ("ours", "App", 1)
        );
    }
}
