//! What a file is, by its name and its beginning.

use super::Format;

/// How much of a file's beginning is looked at, in bytes.
pub const BEGINNING: usize = 64 * 1024;

impl Format {
    /// The format of a file, if its name and its beginning leave no doubt. Up to [`BEGINNING`] bytes are looked at.
    pub fn guess(name: &str, beginning: &[u8]) -> Option<Self> {
        let looked_at = beginning.get(..BEGINNING).unwrap_or(beginning);
        let text = String::from_utf8_lossy(looked_at);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let ending = name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        match (ending.as_deref(), text.chars().next()) {
            (_, None) => None,
            (_, Some('{' | '[')) => of_json(text),
            (Some("csv" | "tsv"), _) => Some(Self::Csv),
            _ => of_text(text),
        }
    }
}

fn of_json(text: &str) -> Option<Format> {
    let has = |name: &str| text.contains(&format!("\"{name}\""));
    let has_any = |names: &[&str]| names.iter().any(|name| has(name));
    let is_auth0 = has_any(&["callbacks", "app_type", "jwt_configuration", "oidc_conformant"]);
    let is_hydra = has_any(&[
        "skip_consent",
        "skip_logout_consent",
        "authorization_code_grant_access_token_lifespan",
        "userinfo_signed_response_alg",
        "registration_access_token_signature",
        "RedirectURIs",
    ]) && (has_any(&["metadata", "owner", "RedirectURIs"]) || has("skip_consent"));
    let is_keycloak =
        has("clientId") || (has("realm") && has_any(&["enabled", "clients", "keycloakVersion"]));
    let is_rfc7591 = has("client_id") || has("redirect_uris");
    match (is_keycloak, is_auth0, is_hydra) {
        (true, false, false) => Some(Format::Keycloak),
        (false, true, false) => Some(Format::Auth0),
        (false, false, true) => Some(Format::Hydra),
        (false, false, false) if is_rfc7591 => Some(Format::Rfc7591),
        _ => None,
    }
}

fn of_text(text: &str) -> Option<Format> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let cells: Vec<String> = first
        .split([',', ';', '\t'])
        .map(|cell| {
            cell.trim_matches(['"', ' '])
                .to_ascii_lowercase()
                .replace(' ', "_")
        })
        .collect();
    if cells.len() > 1 && cells.iter().any(|cell| cell == "client_id") {
        return Some(Format::Csv);
    }
    let has = |word: &str| {
        text.lines()
            .any(|line| line.trim_start_matches(['#', ' ', '-', '\t']).starts_with(word))
    };
    let is_authelia = has("identity_providers:") || (has("oidc:") && has("clients:"));
    let is_auth0 = has("clients:") && (has("app_type:") || has("callbacks:") || has("jwt_configuration:"));
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
