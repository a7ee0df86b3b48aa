//! What Keycloak has no place for stands in an attribute of the client that is this program's own. Keycloak keeps attributes that
//! it does not know, and does not act on them.
//!
//! Each member stands there with its value and with what the client's other members say in its place: `{"client_name": ["",
//! "billing"]}`. It counts as long as those still say the same, so that what somebody changed in Keycloak afterwards wins.
//!
//! An attribute has up to 4,000 characters before Keycloak 20 (`jpa-changelog-20.0.0.xml`, which makes the column a text), so what
//! is longer goes on in further ones.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::client::{self, Kind, Resolving};
use super::json::Attributes;
use super::realm::Realm;
use crate::client::ClientDraft;
use crate::client::jwks::holds_private_key;
use crate::interchange::credential::{can_hold_credential, take_private_parts};
use crate::interchange::json_walk::Taken;
use crate::interchange::rfc7591;
use crate::interchange::text::Text;

/// The attribute. Where it does not suffice, it goes on in `chancery.2` and so on.
const ATTRIBUTE: &str = "chancery";
/// The longest attribute that every version keeps, in bytes.
const LONGEST: usize = 4_000;

/// What Keycloak calls members of which something may have been told that no longer holds once they are back.
const NAMES: [(&str, &[&str]); 9] = [
    ("client_name", &["name"]),
    ("redirect_uris", &["redirectUris"]),
    ("post_logout_redirect_uris", &["post.logout.redirect.uris"]),
    ("allowed_cors_origins", &["webOrigins"]),
    ("client_uri", &["baseUrl"]),
    ("jwks", &["jwks.string"]),
    ("scope", &["defaultClientScopes", "optionalClientScopes"]),
    ("application_type", &["application_type"]),
    (
        "access_token_lifetime",
        &["access.token.lifespan", "accessTokenLifespanForImplicitFlow"],
    ),
];

/// Whether an attribute is one of these.
pub(super) fn is_ours(attribute: &str) -> bool {
    attribute.strip_prefix(ATTRIBUTE).is_some_and(|rest| {
        rest.is_empty()
            || rest
                .strip_prefix('.')
                .is_some_and(|number| number.parse::<usize>().is_ok())
    })
}

/// Reads a client that was written, and puts what is not the same then into its attributes. Returns the names of these members.
pub(super) fn add_what_is_lost(written: &mut Value, draft: &ClientDraft) -> Vec<String> {
    let text = Text::new(Zeroizing::new(written.to_string().into_bytes()), 1, 1);
    let again = client::read(Taken::Text(text), &Realm::default(), Kind::Client);
    let mut after = again.map_or_else(|_| Map::new(), |again| rfc7591::write(&again.draft));
    let mut lost = Map::new();
    for (name, value) in rfc7591::write(draft) {
        let there = after.shift_remove(&name).unwrap_or_default();
        if there != value && !is_secret(&name, &value) {
            lost.insert(name, json!([value, there]));
        }
    }
    lost.extend(
        after
            .into_iter()
            .map(|(name, there)| (name, json!([null, there]))),
    );
    let names = lost.keys().cloned().collect();
    if !lost.is_empty()
        && let Some(attributes) = written.get_mut("attributes").and_then(Value::as_object_mut)
    {
        for (index, piece) in pieces(&Value::Object(lost).to_string()).into_iter().enumerate() {
            attributes.insert(attribute(index), piece.into());
        }
    }
    names
}

impl Resolving<'_> {
    /// Puts back what an export carried along.
    pub(super) fn carried(&mut self) {
        let Some(text) = joined(&self.read.attributes) else {
            return;
        };
        let Ok(Value::Object(carried)) = serde_json::from_str(&text) else {
            return self.left_out(ATTRIBUTE, "it is not as an export of this program writes it");
        };
        let mut metadata = rfc7591::write(&self.client.draft);
        let (mut back, mut overruled) = (Vec::new(), Vec::new());
        for (name, both) in carried {
            let Some([value, there]) = both.as_array().map(Vec::as_slice) else {
                self.left_out(
                    &format!("{ATTRIBUTE}.{name}"),
                    "it is not as an export of this program writes it",
                );
                continue;
            };
            let mut value = value.clone();
            if name == "jwks" {
                take_private_parts(&mut value);
            }
            if is_secret(&name, &value) {
                self.left_out(&format!("{ATTRIBUTE}.{name}"), "it can hold a credential");
            } else if !is_same(metadata.get(&name).unwrap_or(&Value::Null), there) {
                overruled.push(name);
            } else {
                match value {
                    Value::Null => drop(metadata.shift_remove(&name)),
                    value => drop(metadata.insert(name.clone(), value)),
                }
                back.push(name);
            }
        }
        match rfc7591::read_members(metadata) {
            Ok(whole) => self.client.draft = whole.draft,
            Err(error) => return self.left_out(ATTRIBUTE, error.to_string()),
        }
        let told = |member: &String| {
            let names = NAMES
                .iter()
                .filter(|(name, _)| back.iter().any(|back| back == name));
            names
                .flat_map(|(_, names)| names.iter())
                .any(|name| name == member)
        };
        self.client.changed.retain(|changed| !told(&changed.member));
        self.client.left_out.retain(|left| !told(&left.member));
        if !back.is_empty() {
            let how = format!(
                "which an export of this program wrote, and from which {} came back",
                back.join(", ")
            );
            self.changed(ATTRIBUTE, how);
        }
        if !overruled.is_empty() {
            let why = format!(
                "{} changed in Keycloak since it was written, and what stands there counts",
                overruled.join(", ")
            );
            self.left_out(ATTRIBUTE, why);
        }
    }
}

fn is_secret(name: &str, value: &Value) -> bool {
    match name {
        "jwks" => holds_private_key(value),
        // Names of the standards, which end as those of credentials do.
        "tls_client_certificate_bound_access_tokens"
        | "dpop_bound_access_tokens"
        | "token_endpoint_auth_method"
        | "token_endpoint_auth_signing_alg" => false,
        _ => can_hold_credential(name, value),
    }
}

/// Keycloak keeps lists in no order.
fn is_same(one: &Value, other: &Value) -> bool {
    let words = |value: &Value| -> Option<Vec<String>> {
        let mut words: Vec<String> = match value {
            Value::String(text) => text.split(' ').map(str::to_owned).collect(),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            _ => return None,
        };
        words.sort();
        Some(words)
    };
    one == other || words(one).is_some_and(|words_of_one| Some(words_of_one) == words(other))
}

fn attribute(index: usize) -> String {
    match index {
        0 => ATTRIBUTE.to_owned(),
        index => format!("{ATTRIBUTE}.{}", index + 1),
    }
}

fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while rest.len() > LONGEST {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(LONGEST));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

fn joined(attributes: &Attributes<Cow<'_, str>>) -> Option<String> {
    let mut pieces = (0..).map_while(|index| attributes.get(&attribute(index)));
    let first = pieces.next()?;
    Some(pieces.fold(first.to_owned(), |text, piece| text + piece))
}

#[cfg(test)]
mod tests {
    use super::super::super::{ExportFormat, Exporter, ForeignClient, Format};
    use super::*;
    use crate::client::{ClientId, Practice, Status};

    fn exported(draft: &ClientDraft) -> Value {
        let mut exporter = Exporter::new(ExportFormat::Keycloak);
        let client = exporter.client(&ClientId::parse("billing").unwrap(), draft, Status::Active);
        serde_json::from_slice(&client).unwrap()
    }

    fn read(client: &Value) -> ForeignClient {
        let file = json!({ "clients": [client] }).to_string();
        Format::Keycloak
            .read_all(file.as_bytes())
            .unwrap()
            .remove(0)
            .unwrap()
    }

    fn draft() -> ClientDraft {
        let mut draft = ClientDraft {
            contacts: vec!["ada@example.com".to_owned()],
            labels: vec!["finance".to_owned()],
            client_uri: Some("home".to_owned()),
            scopes: vec!["read".to_owned()],
            ..ClientDraft::default()
        };
        draft.note_practice(Practice::StaticRefresh, None);
        draft.note_practice(Practice::AllRoles, None);
        draft.other_members.insert("x_team".to_owned(), json!({"a": [1]}));
        draft
    }

    #[test]
    fn what_keycloak_has_no_place_for_comes_back() {
        let client = exported(&draft());
        assert_eq!(client["fullScopeAllowed"], true);
        assert_eq!(client["name"], "billing");
        let again = read(&client);
        assert_eq!(again.draft, draft());
        assert!(again.left_out.is_empty(), "{:?}", again.left_out);
    }

    #[test]
    fn what_was_changed_in_keycloak_afterwards_wins_over_what_was_carried() {
        let mut client = exported(&draft());
        client["name"] = "Billing".into();
        client["optionalClientScopes"] = json!(["read", "write"]);
        client["fullScopeAllowed"] = false.into();
        client["baseUrl"] = "https://billing.example.com".into();
        let again = read(&client);
        let draft = ClientDraft {
            name: "Billing".to_owned(),
            scopes: ["openid", "read", "write"].map(str::to_owned).to_vec(),
            client_uri: Some("https://billing.example.com".to_owned()),
            ..draft()
        };
        assert_eq!(again.draft.contacts, draft.contacts);
        assert_eq!(again.draft.labels, draft.labels);
        assert_eq!(again.draft.other_members["x_team"], json!({"a": [1]}));
        assert_eq!(
            (&again.draft.name, &again.draft.scopes),
            (&draft.name, &draft.scopes)
        );
        assert_eq!(again.draft.client_uri, draft.client_uri);
        assert_eq!(again.draft.practices().count(), 0);
        let told = again
            .left_out
            .iter()
            .find(|left| left.member == ATTRIBUTE)
            .unwrap();
        assert!(
            told.why.contains("client_name") && told.why.contains("scope"),
            "{}",
            told.why
        );
    }

    #[test]
    fn keycloak_keeps_lists_in_no_order_and_that_is_no_change() {
        let mut draft = draft();
        draft.scopes = ["a", "b"].map(str::to_owned).to_vec();
        let mut client = exported(&draft);
        client["optionalClientScopes"] = json!(["b", "a"]);
        assert_eq!(read(&client).draft.scopes, ["a", "b"]);
    }

    #[test]
    fn what_is_long_is_kept_in_pieces_that_every_version_takes() {
        let mut draft = draft();
        draft.notes = "é\n".repeat(4_500);
        let client = exported(&draft);
        let attributes = client["attributes"].as_object().unwrap();
        let ours: Vec<_> = attributes.iter().filter(|(name, _)| is_ours(name)).collect();
        assert!(
            ours.len() > 3
                && ours
                    .iter()
                    .all(|(_, text)| text.as_str().unwrap().len() <= LONGEST)
        );
        assert_eq!(read(&client).draft, draft);
    }

    #[test]
    fn what_is_not_as_it_was_written_is_told_and_no_credential_comes_in_by_it() {
        let with = |text: &str| {
            let mut client = exported(&ClientDraft::default());
            client["attributes"][ATTRIBUTE] = text.into();
            read(&client)
        };
        for text in [
            "{",
            "[]",
            "nonsense",
            r#"{"contacts": ["a"]}"#,
            r#"{"contacts": ["a", []]}"#,
        ] {
            assert!(!with(text).left_out.is_empty(), "{text}");
        }
        let read = with(
            r#"{"x_api_key": ["SECRET", null], "jwks": [{"keys": [{"kty": "oct", "k": "SECRET"}]}, null],
                "logo_uri": ["https://a:SECRET@b", null], "client_secret": ["SECRET", null]}"#,
        );
        assert!(!format!("{read:?}").contains("SECRET"), "{read:?}");
    }
}
