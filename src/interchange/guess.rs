//! What a file is, by its name and its beginning.

use std::borrow::Cow;

use super::beginning::Beginning;
use super::{Format, auth0};

/// How much of a file's beginning is looked at, in bytes.
pub const BEGINNING: usize = 64 * 1024;

/// Members that only Hydra has, as its API tells them or, the last one, as they are inside of it.
const OF_HYDRA: [&str; 6] = [
    "metadata",
    "skip_consent",
    "skip_logout_consent",
    "authorization_code_grant_access_token_lifespan",
    "registration_access_token_signature",
    "RedirectURIs",
];

/// Members of the standard that say what a client may do.
const OF_FLOWS: [&str; 3] = ["grant_types", "response_types", "token_endpoint_auth_method"];

impl Format {
    /// The format of a file, if its name and its beginning leave no doubt. Up to [`BEGINNING`] bytes are looked at.
    pub fn guess(name: &str, beginning: &[u8]) -> Option<Self> {
        let ending = name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        match (ending.as_deref(), Look::at(&text_of(beginning))) {
            (_, Look::Nothing) => None,
            // So an export of no clients is written.
            (_, Look::EmptyList) => Some(Self::Rfc7591),
            (_, Look::Json(json)) => of_json(&json),
            (Some("csv" | "tsv"), Look::Text(_)) => Some(Self::Csv),
            (_, Look::Text(text)) => of_text(&text),
        }
    }

    /// Whether a file that looks like another format has all the same what clients of this one need, so that it can be read as
    /// this one: members of different systems have the same names, and what is written by hand has few of them.
    pub fn fits(self, beginning: &[u8]) -> bool {
        match (self, Look::at(&text_of(beginning))) {
            (_, Look::Nothing | Look::EmptyList) => true,
            (Self::Rfc7591, Look::Json(json)) => {
                let is_auth0s = json.has_any(&auth0::OWN);
                json.has_any(&["redirect_uris", "client_name"]) || (json.has("client_id") && !is_auth0s)
            }
            (Self::Hydra, Look::Json(json)) => {
                json.has_any(&["redirect_uris", "client_name"])
                    || json.has_any(&OF_HYDRA)
                    || (json.has("client_id") && !json.has_any(&auth0::OWN))
            }
            (Self::Keycloak, Look::Json(json)) => is_keycloak(&json),
            (Self::Auth0, Look::Json(json)) => json.has_any(&auth0::OWN),
            (Self::Authelia, Look::Json(json)) => is_authelia(&json) || json.held.has("authorization_policy"),
            (Self::Csv, Look::Json(_)) | (Self::Rfc7591 | Self::Hydra | Self::Keycloak, Look::Text(_)) => {
                false
            }
            (Self::Authelia, Look::Text(text)) => text.begins_any(&[
                "identity_providers:",
                "oidc:",
                "authorization_policy:",
                "redirect_uris:",
            ]),
            (Self::Auth0, Look::Text(text)) => {
                text.begins("clients:") && auth0::OWN.iter().any(|name| text.begins(&format!("{name}:")))
            }
            (Self::Csv, Look::Text(text)) => text.has_column_client_id(),
        }
    }
}

/// A beginning, as far as it tells something.
enum Look<'a> {
    Nothing,
    EmptyList,
    Json(Beginning),
    Text(Lines<'a>),
}

impl<'a> Look<'a> {
    fn at(text: &'a str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        match text.chars().next() {
            None => Self::Nothing,
            Some('[') if is_empty_list(text) => Self::EmptyList,
            Some('{' | '[') => Self::Json(Beginning::of(text)),
            Some(_) => Self::Text(Lines(text)),
        }
    }
}

fn is_empty_list(text: &str) -> bool {
    text.split_whitespace().flat_map(str::chars).eq(['[', ']'])
}

fn text_of(beginning: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(beginning.get(..BEGINNING).unwrap_or(beginning))
}

fn of_json(json: &Beginning) -> Option<Format> {
    let is_auth0 = json.has_any(&["callbacks", "app_type", "jwt_configuration", "oidc_conformant"]);
    // What an application of Auth0 may ask an API for.
    let is_grant = json.has("audience") && json.outer.has_list("scope");
    let is_request = json.has("client_name") && json.has_any(&OF_FLOWS);
    let is_rfc7591 = json.has("client_id") || json.has("redirect_uris") || is_request;
    match (is_keycloak(json), is_auth0, is_hydra(json), is_authelia(json)) {
        (true, false, false, false) => Some(Format::Keycloak),
        (false, true, false, false) => Some(Format::Auth0),
        (false, false, true, false) => Some(Format::Hydra),
        (false, false, false, true) => Some(Format::Authelia),
        (false, false, false, false) if is_rfc7591 && !is_grant => Some(Format::Rfc7591),
        _ => None,
    }
}

fn is_keycloak(json: &Beginning) -> bool {
    json.has("clientId")
        || (json.outer.has("realm") && json.outer.has_any(&["enabled", "clients", "keycloakVersion"]))
        || json.outer.has("ifResourceExists")
}

fn is_hydra(json: &Beginning) -> bool {
    let has_own = json.has_any(&OF_HYDRA)
        || json.names().any(|name| name.ends_with("_token_lifespan"))
        || (json.has("userinfo_signed_response_alg") && json.has("owner"));
    // Whoever registers with Hydra by RFC 7591 gets the members of its own too, and may set none of them. What has an
    // identifier, or stands in a list, is of its admin API.
    let is_own = |name: &str| OF_HYDRA.contains(&name) || name.ends_with("_lifespan") || name == "owner";
    // So were clients called before version 1.
    let is_old =
        json.has("id") && !json.has("client_id") && json.has_any(&OF_FLOWS) && json.has("redirect_uris");
    is_old || has_own && (json.is_list || json.has("client_id") || json.telling().any(is_own))
}

fn is_authelia(json: &Beginning) -> bool {
    json.outer.has("identity_providers") || json.outer.has("oidc")
}

/// The lines of a text that is no JSON.
struct Lines<'a>(&'a str);

impl Lines<'_> {
    /// Whether a line begins with a word, a remark or the item of a list too.
    fn begins(&self, word: &str) -> bool {
        let mut lines = self.0.lines();
        lines.any(|line| line.trim_start_matches(['#', ' ', '-', '\t']).starts_with(word))
    }

    fn begins_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.begins(word))
    }

    /// The cells of the first line, as a table has them.
    fn head(&self) -> Vec<String> {
        let first = self.0.lines().next().unwrap_or_default();
        let cells = first.split([',', ';', '\t']);
        cells
            .map(|cell| {
                cell.trim_matches(['"', ' '])
                    .to_ascii_lowercase()
                    .replace([' ', '-'], "_")
            })
            .collect()
    }

    fn has_column_client_id(&self) -> bool {
        self.head().iter().any(|cell| cell == "client_id")
    }
}

fn of_text(text: &Lines<'_>) -> Option<Format> {
    if text.head().len() > 1 && text.has_column_client_id() {
        return Some(Format::Csv);
    }
    let is_authelia = text.begins("identity_providers:") || (text.begins("oidc:") && text.begins("clients:"));
    let is_auth0 =
        text.begins("clients:") && text.begins_any(&["app_type:", "callbacks:", "jwt_configuration:"]);
    match (is_authelia, is_auth0) {
        (true, false) => Some(Format::Authelia),
        (false, true) => Some(Format::Auth0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_stand_anywhere_else_than_in_a_client_tell_nothing() {
        for (text, expected) in [
            (
                r#"{"realm": "a", "enabled": true, "users": [{"skip_consent": 1}], "b": {"callbacks": []}}"#,
                Some(Format::Keycloak),
            ),
            (
                r#"{"client_id": "a", "redirect_uris": [], "x_team": {"app_type": "x", "clientId": "y"}}"#,
                Some(Format::Rfc7591),
            ),
            (
                r#"{"client_id": "a", "redirect_uris": [], "metadata": {}}"#,
                Some(Format::Hydra),
            ),
            (r#"{"client_id": "a", "audience": "b", "scope": ["c"]}"#, None),
            (
                r#"{"id": "a", "redirect_uris": [], "grant_types": []}"#,
                Some(Format::Hydra),
            ),
            (
                r#"{"client_name": "a", "grant_types": []}"#,
                Some(Format::Rfc7591),
            ),
            (
                r#"{"ifResourceExists": "SKIP", "clients": []}"#,
                Some(Format::Keycloak),
            ),
            (
                r#"{"identity_providers": {"oidc": {"clients": []}}}"#,
                Some(Format::Authelia),
            ),
        ] {
            assert_eq!(Format::guess("a.json", text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn an_answer_to_a_registration_that_uses_nothing_of_hydra_s_own_is_client_metadata() {
        let blank = r#""redirect_uris": ["https://a.example.com/"], "grant_types": null, "owner": "", "skip_consent": false,
            "userinfo_signed_response_alg": "none", "metadata": {}, "jwt_bearer_grant_access_token_lifespan": null"#;
        for (text, expected) in [
            (format!("{{{blank}}}"), Format::Rfc7591),
            (
                format!("{{\"body\": {{{blank}}}, \"status\": 200}}"),
                Format::Rfc7591,
            ),
            (format!("{{{blank}, \"client_id\": \"a\"}}"), Format::Hydra),
            (format!("[{{{blank}}}]"), Format::Hydra),
            (
                format!("{{{}}}", blank.replace("{}", "{\"a\": \"b\"}")),
                Format::Hydra,
            ),
            (
                format!("{{{}}}", blank.replace("lifespan\": null", "lifespan\": \"1h\"")),
                Format::Hydra,
            ),
        ] {
            assert_eq!(Format::guess("a.json", text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_surely_is_another_format_does_not_fit_and_what_may_be_does() {
        use Format::{Auth0, Authelia, Csv, Hydra, Keycloak, Rfc7591};
        for (text, fits) in [
            (
                r#"{"realm": "a", "clients": [{"clientId": "b"}]}"#,
                &[Keycloak][..],
            ),
            (r#"{"client_id": "a", "redirect_uris": []}"#, &[Rfc7591, Hydra]),
            (
                r#"[{"client_id": "a", "skip_consent": false}]"#,
                &[Rfc7591, Hydra],
            ),
            (r#"{"client_id": "a", "app_type": "spa"}"#, &[Auth0]),
            ("clients:\n  - name: a\n    app_type: spa\n", &[Auth0]),
            ("identity_providers:\n  oidc:\n    clients:\n", &[Authelia]),
            ("client_id;client_name\n", &[Csv]),
        ] {
            let found: Vec<Format> = Format::ALL
                .iter()
                .copied()
                .filter(|format| format.fits(text.as_bytes()))
                .collect();
            assert_eq!(found, fits, "{text}");
        }
    }

    #[test]
    fn a_file_is_known_by_what_it_begins_with_and_not_guessed_in_doubt() {
        for (name, text, expected) in [
            ("a.json", "\u{feff}{\"client_id\":\"a\"}", Some(Format::Rfc7591)),
            ("a", " [{\"redirect_uris\":[]}]", Some(Format::Rfc7591)),
            (
                "a.json",
                "{\"client_id\":\"a\",\"skip_consent\":false}",
                Some(Format::Hydra),
            ),
            (
                "a.json",
                "{\"name\":\"a\",\"app_type\":\"spa\"}",
                Some(Format::Auth0),
            ),
            (
                "a.yaml",
                "clients:\n  - name: a\n    app_type: spa\n",
                Some(Format::Auth0),
            ),
            ("a.yml", "identity_providers:\n  oidc:\n", Some(Format::Authelia)),
            ("a.yml", "# identity_providers:\n", Some(Format::Authelia)),
            ("a.txt", "client_id;name\na;b\n", Some(Format::Csv)),
            ("a.csv", "id\n", Some(Format::Csv)),
            ("a.json", "{}", None),
            ("a.json", "", None),
            ("a.json", "[\n]\n", Some(Format::Rfc7591)),
            ("a.json", "[1]", None),
            ("a.yml", "services:\n", None),
            (
                "a.json",
                "{\"client_id\":\"a\",\"skip_consent\":false,\"app_type\":\"spa\"}",
                None,
            ),
            (
                "a.json",
                "{\"realm\":\"a\",\"clients\":[]}",
                Some(Format::Keycloak),
            ),
            (
                "a.json",
                "{\"clientId\":\"a\",\"protocol\":\"openid-connect\"}",
                Some(Format::Keycloak),
            ),
        ] {
            assert_eq!(Format::guess(name, text.as_bytes()), expected, "{name} {text}");
        }
    }
}
