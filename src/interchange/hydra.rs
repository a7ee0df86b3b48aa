//! Clients of Ory Hydra, as its admin API and its command line write them: one, an array of them, one on each line, or a page
//! with `items`. Written, they are what `hydra import client` and the admin API take.
//!
//! Hydra takes `authorization_code` and `code` where a list is empty or `null`, asks for PKCE only by settings of the whole
//! server, and has a lifetime for each grant. What it has no member for stands in `metadata`, which it keeps as it is, under
//! this program's name.

use serde_json::{Map, Value};

use super::Input;
use super::credential::can_hold_credential;
use super::duration::{lifetime, of_go};
use super::foreign::{Changed, ForeignClient, LeftOut, Piece, is_template};
use super::installed;
use super::json_clients::{each_client, piece, unwrapped};
use super::members::{Members, take_secret};
use super::rfc7591::{self, MAX_BYTES};
use super::rfc7591_file::{expiry, is_request, of_id, take_status};
use super::stuck::Stuck;
use crate::client::{ClientDraft, ClientId, GrantType, Practice, Status};

/// Where `metadata` has what Hydra has no member for.
const OURS: &str = "chancery";

/// Members that are kept as they are, under a name of their own.
const KEPT: [&str; 11] = [
    "owner",
    "skip_consent",
    "skip_logout_consent",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "request_uris",
    "request_object_signing_alg",
    "userinfo_signed_response_alg",
    "access_token_strategy",
];

/// Members that have the standard's names.
const STANDARD: [&str; 17] = [
    "client_name",
    "scope",
    "redirect_uris",
    "post_logout_redirect_uris",
    "response_types",
    "audience",
    "token_endpoint_auth_signing_alg",
    "id_token_signed_response_alg",
    "subject_type",
    "sector_identifier_uri",
    "jwks_uri",
    "allowed_cors_origins",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
];

/// The grants whose tokens have lifetimes of their own, as the names of these begin.
const GRANTS: [(&str, GrantType); 6] = [
    ("authorization_code_grant", GrantType::AuthorizationCode),
    ("refresh_token_grant", GrantType::RefreshToken),
    ("client_credentials_grant", GrantType::ClientCredentials),
    ("implicit_grant", GrantType::Implicit),
    ("jwt_bearer_grant", GrantType::JwtBearer),
    ("device_authorization_grant", GrantType::DeviceCode),
];

/// Reads a file.
pub(super) fn read(input: &mut dyn Input, visit: &mut dyn FnMut(Piece) -> bool) -> Result<(), Stuck> {
    let mut number = 0;
    each_client(input, &["items"], MAX_BYTES, &mut |taken| {
        let taken = match taken {
            Ok(taken) => taken,
            Err(told) => return visit(Err(told)),
        };
        number += 1;
        visit(piece(
            taken,
            &["client_id", "id", "ID", "client_name"],
            |members, place| read_members(unwrapped(members), place, number),
        ))
    })
}

fn read_members(
    mut members: Map<String, Value>,
    place: String,
    number: usize,
) -> Result<ForeignClient, String> {
    let secret = take_secret(&mut members, &["client_secret"]);
    if members.contains_key("RedirectURIs") || members.contains_key("JSONWebKeys") {
        return Err(
            "It is a dump of Hydra's inner structures, whose members are not those of its API. Export it with \
             hydra get client or hydra list clients, and --format json"
                .to_owned(),
        );
    }
    let until = expiry(members.shift_remove("client_secret_expires_at"))?;
    let ours = take_ours(&mut members);
    let is_request = is_request(&members);
    let mut members = Members::new("hydra", members);
    let client_id = client_id(&mut members)?;
    if client_id.is_none() && !is_request {
        return Err("It has no client_id, and nothing that a client has".to_owned());
    }
    members.drop_named(
        &["registration_client_uri"],
        "it is an address of the other system",
    );
    members.drop_named(
        &["created_at", "updated_at"],
        "when it was registered is told by the history here",
    );
    if members.has("userinfo_signed_response_alg") {
        let alg = members.text(&["userinfo_signed_response_alg"])?;
        // As good as absent.
        if let Some(alg) = alg.filter(|alg| alg != "none") {
            members.keep_value("userinfo_signed_response_alg", alg.into());
        }
    }
    members.keep(&KEPT);
    members.keep_parts("metadata");
    let mut grants = members.texts(&["grant_types"])?;
    if grants.is_empty() {
        grants.push(GrantType::AuthorizationCode.as_str().to_owned());
        members.change(
            "grant_types",
            "authorization_code, which Hydra takes where there is none",
        );
    }
    members.grants(grants);
    if let Some(method) = members.text(&["token_endpoint_auth_method"])? {
        members.auth_method(&method);
    }
    members.pass_jwks();
    members.pass(&STANDARD);
    let lifespans = Lifespans::take(&mut members)?;
    let mut client = of_id(client_id, number, place, |place, client_id| {
        members.into_client(place, client_id)
    })?;
    client.secret = secret?.until(until);
    lifespans.set(&mut client);
    client.draft.require_pkce = false;
    drop_dead_response_types(&mut client);
    installed::tell(&mut client);
    match ours {
        Some(ours) => add_ours(&mut client, ours)?,
        None if client.draft.has_grant(GrantType::AuthorizationCode) => {
            client.changed.push(Changed::new(
                "require_pkce",
                "false, for Hydra asks for PKCE by settings of the whole server only",
            ));
        }
        None => {}
    }
    Ok(client)
}

/// Hydra answers a request for a token from the authorization endpoint only where the client has the implicit grant, so that
/// `id_token`, which every example of its command line lists, is dead without it.
fn drop_dead_response_types(client: &mut ForeignClient) {
    let draft = &mut client.draft;
    let is_dead = |types: &String| types.split(' ').all(|word| matches!(word, "token" | "id_token"));
    if draft.has_grant(GrantType::Implicit) || draft.response_types.iter().all(is_dead) {
        return;
    }
    let before = draft.response_types.len();
    draft.response_types.retain(|types| !is_dead(types));
    if draft.response_types.len() < before {
        let how = "without token and id_token, which Hydra never answers with where the client has not the implicit grant";
        client.changed.push(Changed::new("response_types", how));
    }
}

/// The identifier; none where a client is to be made by Hydra.
fn client_id(members: &mut Members) -> Result<Option<ClientId>, String> {
    let Some(text) = members.text(&["client_id", "id"])? else {
        return Ok(None);
    };
    if is_template(&text) {
        return Err("Its client_id is the name of a variable; fill it in before it is imported".to_owned());
    }
    let client_id = ClientId::parse(&text);
    Ok(Some(client_id.ok_or(
        "Its client_id is not 1 to 512 printable ASCII characters",
    )?))
}

/// What this program wrote into `metadata`.
fn take_ours(members: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    let metadata = members.get_mut("metadata")?.as_object_mut()?;
    match metadata.shift_remove(OURS)? {
        Value::Object(ours) => Some(ours),
        other => {
            metadata.insert(OURS.to_owned(), other);
            None
        }
    }
}

/// What a client has beyond what Hydra has a member for: what is set there counts, and `null` is what is not set.
fn add_ours(client: &mut ForeignClient, mut ours: Map<String, Value>) -> Result<(), String> {
    client.status = take_status(&mut ours);
    let mut metadata = rfc7591::write(&client.draft);
    for (name, value) in ours {
        // Public keys stand in the client itself.
        if name == "jwks" || can_hold_credential(&name, &value) {
            let why = "it can hold a credential";
            client
                .left_out
                .push(LeftOut::new(format!("metadata.{OURS}.{name}"), why));
        } else if value.is_null() {
            metadata.shift_remove(&name);
        } else {
            metadata.insert(name, value);
        }
    }
    client.draft = rfc7591::read_members(metadata)
        .map_err(|error| format!("In metadata.{OURS}: {error}"))?
        .draft;
    Ok(())
}

/// How long tokens live, grant by grant.
struct Lifespans {
    /// The grant, whether its access tokens or its refresh tokens, the member's name, as it stands there, and in seconds.
    each: Vec<(GrantType, Kind, String, String, i64)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Access,
    Refresh,
    Id,
}

const KINDS: [(&str, Kind); 3] = [
    ("access_token_lifespan", Kind::Access),
    ("refresh_token_lifespan", Kind::Refresh),
    ("id_token_lifespan", Kind::Id),
];

impl Lifespans {
    fn take(members: &mut Members) -> Result<Self, String> {
        let mut each = Vec::new();
        for (begin, grant) in GRANTS {
            for (end, kind) in KINDS {
                let name = format!("{begin}_{end}");
                if let Some(text) = members.text(&[&name])? {
                    let seconds = of_go(&text)
                        .ok_or_else(|| format!("{name} must be a length of time such as 1h30m0s"))?;
                    each.push((grant, kind, name, text, seconds));
                }
            }
        }
        Ok(Self { each })
    }

    /// Here is one lifetime for all grants: the longest of those that the client may use counts, and what it does not tell is
    /// kept.
    fn set(self, client: &mut ForeignClient) {
        let longest = |kind| {
            let of_kind = self.each.iter().filter(|(grant, of, ..)| {
                *of == kind && (client.draft.has_grant(*grant) || *grant == GrantType::RefreshToken)
            });
            of_kind.max_by_key(|(.., seconds)| if *seconds < 0 { i64::MAX } else { *seconds })
        };
        let told = |found: Option<&(GrantType, Kind, String, String, i64)>| {
            found.and_then(|(.., seconds)| lifetime(*seconds))
        };
        let is_endless = longest(Kind::Refresh).is_some_and(|(.., seconds)| *seconds < 0);
        let (access, refresh) = (told(longest(Kind::Access)), told(longest(Kind::Refresh)));
        let draft = &mut client.draft;
        (draft.access_token_lifetime, draft.refresh_token_idle_lifetime) = (access, refresh);
        if is_endless {
            draft.note_practice(Practice::EndlessRefresh, None);
        }
        for (grant, kind, name, text, seconds) in self.each {
            let said = match kind {
                Kind::Access => access,
                Kind::Refresh => refresh,
                Kind::Id => None,
            };
            let is_said =
                said.is_some_and(|said| i64::from(said) == seconds) && client.draft.has_grant(grant);
            if !is_said {
                client
                    .draft
                    .other_members
                    .insert(format!("x_hydra_{name}"), text.into());
            } else if kind == Kind::Access {
                let how = format!("the lifetime of all access tokens, {seconds} seconds");
                client.changed.push(Changed::new(name, how));
            }
        }
    }
}

/// A client as Hydra takes it, and the members that it has no member for.
pub fn write(client_id: &ClientId, draft: &ClientDraft, status: Status) -> (Map<String, Value>, Vec<String>) {
    let mut members = rfc7591::write(draft);
    let mut written = Map::new();
    written.insert("client_id".to_owned(), client_id.as_str().into());
    for name in STANDARD
        .iter()
        .chain(&["grant_types", "token_endpoint_auth_method", "jwks"])
    {
        if let Some(value) = members.shift_remove(*name) {
            written.insert((*name).to_owned(), value);
        }
    }
    let lengths = [
        (Kind::Access, draft.access_token_lifetime),
        (Kind::Refresh, draft.refresh_token_idle_lifetime),
    ];
    for (begin, grant) in GRANTS.iter().filter(|(_, grant)| draft.has_grant(*grant)) {
        for (end, kind) in KINDS {
            let length = lengths.iter().find(|(of, _)| *of == kind);
            let is_there = kind != Kind::Refresh
                || !matches!(
                    grant,
                    GrantType::ClientCredentials | GrantType::Implicit | GrantType::JwtBearer
                );
            if let Some((_, Some(seconds))) = length.filter(|_| is_there) {
                written.insert(format!("{begin}_{end}"), format!("{seconds}s").into());
            }
        }
    }
    let plain = written.clone();
    for (name, value) in &draft.other_members {
        if let Some(name) = name
            .strip_prefix("x_hydra_")
            .filter(|name| is_hydras(name, value))
        {
            written.insert(name.to_owned(), value.clone());
        }
    }
    // What was kept may have come from elsewhere, and make no sense to Hydra.
    if read_members(written.clone(), String::new(), 1).is_err() {
        written = plain;
    }
    let lost = add_what_is_lost(&mut written, draft, status);
    // By this a reader knows whose members these are.
    written.entry("metadata").or_insert_with(|| Map::new().into());
    (written, lost)
}

/// Whether Hydra has a member of this name, which may be kept.
fn is_hydras(name: &str, value: &Value) -> bool {
    let is_lifespan = || {
        let mut names = GRANTS.iter();
        names.any(|(begin, _)| {
            name.strip_prefix(begin)
                .is_some_and(|end| end.ends_with("_lifespan"))
        })
    };
    match name {
        "metadata" => value
            .as_object()
            .is_some_and(|metadata| !metadata.contains_key(OURS)),
        _ => KEPT.contains(&name) || is_lifespan(),
    }
}

/// Reads what was written, and keeps in `metadata` what is not the same then.
fn add_what_is_lost(written: &mut Map<String, Value>, draft: &ClientDraft, status: Status) -> Vec<String> {
    let mut ours = Map::new();
    let again = read_members(written.clone(), String::new(), 1).map(|client| client.draft);
    let (before, mut after) = (
        rfc7591::write(draft),
        match &again {
            Ok(again) => rfc7591::write(again),
            Err(_) => Map::new(),
        },
    );
    for (name, value) in before {
        if after.shift_remove(&name).as_ref() != Some(&value) {
            ours.insert(name, value);
        }
    }
    ours.extend(after.into_iter().map(|(name, _)| (name, Value::Null)));
    let mut lost: Vec<String> = ours.keys().cloned().collect();
    if status == Status::Disabled {
        ours.insert("x_status".to_owned(), status.as_str().into());
        lost.push("status".to_owned());
    }
    if !ours.is_empty() {
        let metadata = written
            .entry("metadata")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert(OURS.to_owned(), ours.into());
        }
    }
    lost
}
