//! Files of RFC 7591 client metadata: registration responses (§3.2.1) of this or another server, one, many, or one a line.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Input;
use super::credential::{can_hold_credential, take_private_parts};
use super::foreign::{Changed, ForeignClient, ForeignSecret, LeftOut, Piece, Unreadable, stand_in};
use super::json_clients::{each_object, unwrapped};
use super::json_walk::Taken;
use super::members::{AUTH_METHOD, known_auth_method, take_unknown_grants};
use super::rfc7591::{self, MAX_BYTES};
use super::stuck::Stuck;
use super::unread::{Reader, Unread};
use crate::client::jwks::holds_private_key;
use crate::client::{ClientDraft, ClientId, GrantType, Status};

/// Finds the clients of a file, to be read by many at once: one object, an array of them, or one on each line (JSON lines).
pub(super) fn find(input: &mut dyn Input, visit: &mut dyn FnMut(Unread) -> bool) -> Result<(), Stuck> {
    let mut number = 0;
    each_object(input, MAX_BYTES, &mut |taken| {
        let taken = match taken {
            Ok(taken) => taken,
            Err(told) => return visit(Piece::Err(told).into()),
        };
        number += 1;
        let reader: Reader = Arc::new(move |taken| read_piece(taken, number));
        visit(Unread::new(taken, &reader))
    })
}

fn read_piece(taken: Taken, number: usize) -> Piece {
    const MEMBER: &str = "client_id";
    let text = match taken {
        Taken::Text(text) => text,
        Taken::TooLarge(text) => {
            let what = "Its metadata is larger than 1 MB";
            return Err(Unreadable::new(text.place(), text.guess(MEMBER), what));
        }
    };
    match text.read() {
        Ok(Value::Object(members)) => {
            let mut members = unwrapped(members);
            let named = members.get(MEMBER).and_then(Value::as_str).map(str::to_owned);
            let mut changed = listed(&mut members);
            if let (None | Some(Value::Null), Some(named)) = (members.get("client_name"), &named) {
                let how = "the client_id, for the file has no name, which is optional (RFC 7591 section 2)";
                changed.push(Changed::new("client_name", how));
                members.insert("client_name".to_owned(), named.as_str().into());
            }
            match read_members(members, text.place(), number) {
                Ok(client) => {
                    let changed = [changed, client.changed].concat();
                    Ok(ForeignClient { changed, ..client })
                }
                Err(what) => Err(Unreadable::new(text.place(), named, what)),
            }
        }
        Ok(_) => Err(Unreadable::new(
            text.place(),
            None,
            "It is not a JSON object of client metadata",
        )),
        Err(what) => Err(Unreadable::new(text.place(), text.guess(MEMBER), what)),
    }
}

/// A client from the members of its metadata, the one of this number in its file.
pub(super) fn read_members(
    mut members: Map<String, Value>,
    place: String,
    number: usize,
) -> Result<ForeignClient, String> {
    // Before anything can fail: it is wiped from here on, and what is left of the members is not.
    let secret = match members.shift_remove("client_secret") {
        None | Some(Value::Null) => Ok(ForeignSecret::Absent),
        Some(Value::String(text)) => Ok(ForeignSecret::read(text)),
        Some(_) => Err("client_secret must be a string".to_owned()),
    };
    let client_id = match members.shift_remove("client_id") {
        Some(Value::String(client_id)) => Some(
            ClientId::parse(&client_id).ok_or("Its client_id is not 1 to 512 printable ASCII characters")?,
        ),
        None | Some(Value::Null) if !is_request(&members) => {
            return Err("It has no client_id, and nothing that a client has".to_owned());
        }
        None | Some(Value::Null) => None,
        Some(_) => return Err("client_id must be a string".to_owned()),
    };
    let mut left_out = Vec::new();
    let expires_at = expiry(members.shift_remove("client_secret_expires_at"))?;
    let secret = secret?.until(expires_at);
    let status = take_status(&mut members);
    leave_out(&mut members, &mut left_out);
    let mut changed = Vec::new();
    replace_unknown(&mut members, &mut left_out, &mut changed);
    let unsaid: Vec<&str> = DEFAULTS
        .into_iter()
        .filter(|name| !members.contains_key(*name))
        .collect();
    let metadata = rfc7591::read_members(members).map_err(|error| error.to_string())?;
    let unknown = |member: String| LeftOut::new(member, "no member of client metadata that is known here");
    left_out.extend(metadata.ignored.into_iter().map(unknown));
    let mut draft = metadata.draft;
    draft.name = draft.name.trim().to_owned();
    changed.extend(unsaid.into_iter().filter_map(|name| by_default(name, &draft)));
    of_id(client_id, number, place, |place, client_id| {
        Ok(ForeignClient {
            draft,
            status,
            secret,
            left_out,
            changed,
            ..ForeignClient::new(place, client_id)
        })
    })
}

/// Members that count as something where they are not there.
const DEFAULTS: [&str; 4] = ["grant_types", "response_types", AUTH_METHOD, "require_pkce"];

/// As what a member counts that is not there (RFC 7591 §2).
fn by_default(name: &str, draft: &ClientDraft) -> Option<Changed> {
    let value = match name {
        "grant_types" => "authorization_code".to_owned(),
        "response_types" => draft.response_types.join(", "),
        AUTH_METHOD => draft.token_endpoint_auth_method.to_string(),
        _ if draft.has_grant(GrantType::AuthorizationCode) => {
            let how = "true, as is usual here: the standard has no member for it, so what the other server asks for is not known";
            return Some(Changed::new(name, how));
        }
        _ => return None,
    };
    let is_said = !value.is_empty();
    is_said.then(|| {
        Changed::new(
            name,
            format!("{value}, the standard's default (RFC 7591 section 2)"),
        )
    })
}

/// Servers know grants and ways to authenticate that are not known here. A client that has one among others is one all the
/// same.
fn replace_unknown(
    members: &mut Map<String, Value>,
    left_out: &mut Vec<LeftOut>,
    changed: &mut Vec<Changed>,
) {
    // What is no list of texts is told by whoever reads it.
    let grants = members
        .get("grant_types")
        .and_then(|grants| Vec::<String>::deserialize(grants).ok());
    if let Some(mut grants) = grants {
        left_out.extend(take_unknown_grants(&mut grants));
        members.insert("grant_types".to_owned(), grants.into());
    }
    if let Some(Value::String(method)) = members.get_mut(AUTH_METHOD) {
        let (known, how) = known_auth_method(method);
        changed.extend(how);
        *method = known.into_owned();
    }
}

/// Whether there is something that a request to be registered has.
pub(super) fn is_request(members: &Map<String, Value>) -> bool {
    const TELLING: [&str; 9] = [
        "redirect_uris",
        "client_name",
        "grant_types",
        "response_types",
        "token_endpoint_auth_method",
        "application_type",
        "scope",
        "jwks",
        "jwks_uri",
    ];
    TELLING.iter().any(|name| members.contains_key(*name))
}

/// The client of an identifier, or the request of a number where there is none.
pub(super) fn of_id(
    client_id: Option<ClientId>,
    number: usize,
    place: String,
    read: impl FnOnce(String, ClientId) -> Result<ForeignClient, String>,
) -> Result<ForeignClient, String> {
    match client_id {
        Some(client_id) => read(place, client_id),
        None => {
            let client_id = stand_in(number, &place).ok_or("It has no client_id")?;
            Ok(read(place, client_id)?.without_id(number))
        }
    }
}

/// There are servers that write a text where the standard has a list of one.
fn listed(members: &mut Map<String, Value>) -> Vec<Changed> {
    const LISTS: [&str; 8] = [
        "redirect_uris",
        "post_logout_redirect_uris",
        "grant_types",
        "response_types",
        "contacts",
        "audience",
        "allowed_cors_origins",
        "labels",
    ];
    let mut changed = Vec::new();
    for name in LISTS {
        if let Some(value) = members.get_mut(name).filter(|value| value.is_string()) {
            *value = Value::Array(vec![value.take()]);
            changed.push(Changed::new(
                name,
                "a text in the place of a list, as a list of one",
            ));
        }
    }
    changed
}

/// Takes out what is not kept whatever it says: credentials, what a server says about itself, and `null`.
fn leave_out(members: &mut Map<String, Value>, left_out: &mut Vec<LeftOut>) {
    if members.get_mut("jwks").is_some_and(take_private_parts) {
        left_out.push(LeftOut::new(
            "private parts of jwks",
            "they can hold a credential",
        ));
    }
    // A private key in any other place than a set has it: the whole of it goes, for it must never be stored.
    if members.get("jwks").is_some_and(holds_private_key) {
        members.shift_remove("jwks");
        left_out.push(LeftOut::new("jwks", "it can hold a credential"));
    }
    members.retain(|name, value| {
        let why = match name.as_str() {
            "client_id_issued_at" => "when it was registered is told by the history here",
            "registration_client_uri" => "it is an address of the other system",
            "previous_client_secrets_expire_at" => "it is about secrets that are not in the file",
            "jwks" | "token_endpoint_auth_method" | "token_endpoint_auth_signing_alg" => return true,
            _ if value.is_null() => "it is null, which counts as absent (RFC 7591 section 2)",
            _ if is_metadata(name) => return true,
            _ if can_hold_credential(name, value) => "it can hold a credential",
            _ => return true,
        };
        left_out.push(LeftOut::new(name.as_str(), why));
        false
    });
}

/// Names of the standards that hold no credential, whatever they end in.
fn is_metadata(name: &str) -> bool {
    matches!(
        name,
        "tls_client_certificate_bound_access_tokens" | "dpop_bound_access_tokens"
    )
}

/// The member that says whether a client is switched on, for which the standard has none.
const STATUS: &str = "x_status";

/// Takes out whether a client is switched on.
pub(super) fn take_status(members: &mut Map<String, Value>) -> Option<Status> {
    let status = members.get(STATUS)?.as_str().and_then(Status::parse)?;
    members.shift_remove(STATUS);
    Some(status)
}

/// A client's metadata with its identifier, as [`read_members`] takes it.
pub fn write(client_id: &ClientId, draft: &ClientDraft, status: Status) -> Map<String, Value> {
    let mut written = Map::new();
    written.insert("client_id".to_owned(), client_id.as_str().into());
    written.extend(rfc7591::write(draft));
    // Where no name stands the client ID takes its place, and an empty one is to stay empty.
    written.entry("client_name").or_insert_with(|| "".into());
    take_status(&mut written);
    if status == Status::Disabled {
        written.insert(STATUS.to_owned(), status.as_str().into());
    }
    written
}

/// When a secret ends; 0 is never (RFC 7591 §3.2.1).
pub(super) fn expiry(value: Option<Value>) -> Result<Option<Timestamp>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(0) => Ok(None),
            Some(seconds) => Timestamp::from_second(seconds)
                .map(Some)
                .map_err(|_| "client_secret_expires_at is no time that a calendar has".to_owned()),
            None => Err("client_secret_expires_at must be a whole number of seconds".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{AuthMethod, GrantType, Secret};
    use proptest::prelude::*;
    use serde_json::json;

    fn all(bytes: &[u8]) -> Vec<Piece> {
        super::super::Format::Rfc7591.read_all(bytes).unwrap()
    }

    fn one(value: &Value) -> ForeignClient {
        all(value.to_string().as_bytes()).remove(0).unwrap()
    }

    #[test]
    fn what_can_hold_a_credential_is_left_out_and_named() {
        let client = one(&json!({
            "client_id": "a", "client_secret": "s", "registration_access_token": "t", "x_team": 7, "x_password": "p",
            "jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "1", "y": "2", "d": "private"}]}, "contacts": null,
        }));
        let named: Vec<_> = client.left_out.iter().map(|left| left.member.as_str()).collect();
        assert_eq!(
            named,
            [
                "private parts of jwks",
                "registration_access_token",
                "x_password",
                "contacts"
            ]
        );
        let all = format!("{client:?}");
        assert!(
            !all.contains("private\"") && client.draft.other_members.len() == 1,
            "{all}"
        );
    }

    #[test]
    fn a_wrong_type_names_the_client_the_line_and_the_member() {
        let file = "{\"client_id\":\"a\"}\n{\"client_id\":\"b\",\"redirect_uris\":[null]}\n{\"client_name\":\"c\"}\n";
        let read = all(file.as_bytes());
        assert!(read[0].is_ok());
        let wrong = read[1].clone().unwrap_err();
        assert_eq!(
            (wrong.place.as_str(), wrong.client.as_deref()),
            ("line 2", Some("b"))
        );
        assert!(wrong.what.contains("redirect_uris"), "{wrong:?}");
        let request = read[2].clone().unwrap();
        assert_eq!(
            (
                request.client_id.as_str(),
                request.request,
                request.draft.name.as_str()
            ),
            ("no client_id: client 3, line 3", Some(3), "c")
        );
    }

    #[test]
    fn what_is_not_known_of_a_client_costs_only_itself() {
        let client = one(
            &json!({"client_id": "a", "token_endpoint_auth_method": "client_secret_jwt",
            "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:saml2-bearer"]}),
        );
        assert_eq!(client.draft.name, "a");
        assert_eq!(client.draft.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(
            client.draft.token_endpoint_auth_method,
            AuthMethod::ClientSecretBasic
        );
        let changed: Vec<_> = client.changed.iter().map(|one| one.member.as_str()).collect();
        assert_eq!(
            changed,
            [
                "client_name",
                "token_endpoint_auth_method",
                "response_types",
                "require_pkce"
            ]
        );
        assert!(client.left_out[0].member.ends_with("saml2-bearer"));
    }

    #[test]
    fn a_request_without_a_name_is_called_by_its_number_and_an_answer_is_unwrapped() {
        let request = one(&json!({"body": {"redirect_uris": ["https://a.example.com/"]}, "status": 200}));
        assert_eq!(
            (request.draft.name.as_str(), request.draft.redirect_uris.len()),
            ("client 1", 1)
        );
        let moved = request.moved_to("line 1 of ü.json".to_owned());
        assert_eq!(
            moved.client_id.as_str(),
            "no client_id: client 1, line 1 of \\u{fc}.json"
        );
        for nothing in [json!({"a": 1}), json!({"client_id": null})] {
            let read = all(nothing.to_string().as_bytes()).remove(0);
            assert!(read.unwrap_err().what.contains("nothing that a client has"));
        }
    }

    #[test]
    fn a_private_key_is_kept_nowhere_however_it_stands_in_jwks() {
        for jwks in [
            json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "1", "y": "2", "d": "PRIVATE"}]}),
            json!({"kty": "EC", "crv": "P-256", "x": "1", "y": "2", "d": "PRIVATE"}),
            json!({"keys": {"kty": "RSA", "n": "1", "e": "AQAB", "d": "PRIVATE"}}),
            json!({"keys": [], "old": {"kty": "RSA", "d": "PRIVATE"}}),
            json!({"keys": [{"kty": "oct", "k": "PRIVATE"}]}),
        ] {
            let client = one(&json!({"client_id": "a", "jwks": jwks}));
            assert!(!format!("{:?}", client.draft).contains("PRIVATE"), "{jwks}");
            assert!(!client.left_out.is_empty(), "{jwks}");
        }
    }

    #[test]
    fn a_text_in_the_place_of_a_list_is_a_list_of_one_and_told() {
        let client = one(
            &json!({"client_name": "A", "client_id": "a", "redirect_uris": "https://app.example.com", "contacts": "a@example.com"}),
        );
        assert_eq!(client.draft.redirect_uris, ["https://app.example.com"]);
        let told: Vec<&str> = client
            .changed
            .iter()
            .map(|changed| changed.member.as_str())
            .collect();
        assert_eq!(told[..2], ["redirect_uris", "contacts"]);
        assert_eq!(told[2..], DEFAULTS);
    }

    #[test]
    fn names_and_values_that_are_only_like_secrets_stay() {
        let client =
            one(&json!({"client_id": "a", "dpop_bound_access_tokens": true, "client_name": "Token service"}));
        assert!(client.draft.dpop_bound_access_tokens && client.left_out.is_empty());
    }

    proptest! {
        #[test]
        fn a_registration_response_is_read_as_the_draft_that_it_was_written_from(
            name in "[a-zA-Z][a-zA-Z ]{0,20}[a-z]", scopes in proptest::collection::btree_set("[a-z:]{1,9}", 0..4),
            uris in proptest::collection::vec("https://[a-z]{1,9}\\.example\\.com/[a-z]{0,5}", 0..3),
            notes in "\\PC{0,20}", lifetime in proptest::option::of(300_u32..3600), is_native in any::<bool>(),
            secret in "[a-zA-Z0-9]{8,40}", pretty in any::<bool>(),
        ) {
            let draft = rfc7591::read_members(json!({
                "client_name": name, "redirect_uris": uris, "notes": notes, "access_token_lifetime": lifetime,
                "scope": scopes.into_iter().collect::<Vec<_>>().join(" "),
                "application_type": if is_native { "native" } else { "web" },
            }).as_object().unwrap().clone()).unwrap().draft;
            let client_id = ClientId::parse("c-1").unwrap();
            let known = Secret::new(secret);
            let response = rfc7591::RegistrationResponse {
                client_id: &client_id, secret: Some(&known), issued_at: Timestamp::UNIX_EPOCH, secret_expires_at: None,
                previous_secrets_expire_at: None, configuration: None, draft: &draft,
            };
            let value: Value = serde_json::from_str(&response.to_json()).unwrap();
            let text = if pretty { format!("[{value:#}]") } else { format!("{value}\n") };
            let client = all(text.as_bytes()).remove(0).unwrap();
            prop_assert_eq!(client.client_id, client_id);
            prop_assert_eq!(client.draft, draft);
            prop_assert!(matches!(client.secret, ForeignSecret::Plain(secret, None) if secret.expose() == known.expose()));
        }
    }
}
