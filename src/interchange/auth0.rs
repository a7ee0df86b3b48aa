//! Clients of Auth0, as its deploy CLI and its management API write them: a tenant in one file of YAML or JSON, a list of
//! clients, or one client a file. Other files of the same folder are named as something else.
//!
//! What is not set is resolved as Auth0 does: grants and authentication by the kind of application, refresh tokens that neither
//! rotate nor end. Its `jwt_configuration` is about ID tokens; access tokens live as long as its APIs say, which stand elsewhere.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Input;
use super::auth0_grants::{Granted, Grants, IN_TENANT};
use super::auth0_placeholders::{is_placeholder, leave_out_placeholders, with_placeholders};
use super::foreign::{Changed, ForeignClient, ForeignSecret, Piece, Unreadable};
use super::json_clients::{each_client, has_list, piece};
use super::json_walk::{Taken, Walk};
use super::members::{Members, is_blank, take_secret};
use super::rfc7591::MAX_BYTES;
use super::stuck::Stuck;
use super::yaml::{self, Node};
use super::yaml_list::{Found, each_item};
use crate::client::{ClientId, GrantType, Practice};

const ID_TOKEN_ALG: &str = "id_token_signed_response_alg";

/// Members that are kept under names of their own.
const KEPT: [&str; 13] = [
    "allowed_clients",
    "client_aliases",
    "initiate_login_uri",
    "organization_usage",
    "organization_require_behavior",
    "organization_discovery_methods",
    "default_organization",
    "compliance_level",
    "oidc_logout",
    "oidc_backchannel_logout",
    "cross_origin_loc",
    "resource_server_identifier",
    "skip_non_verifiable_callback_uri_confirmation_prompt",
];

/// Members that only clients of Auth0 have.
pub(super) const OWN: [&str; 12] = [
    "app_type",
    "callbacks",
    "allowed_logout_urls",
    "web_origins",
    "allowed_origins",
    "jwt_configuration",
    "is_first_party",
    "oidc_conformant",
    "cross_origin_auth",
    "cross_origin_authentication",
    "sso_disabled",
    "custom_login_page_on",
];

/// Whether members are those of a client, and not of something else that Auth0 keeps.
pub(super) fn is_client(members: &Map<String, Value>) -> bool {
    const OTHERS: [&str; 4] = [
        "grant_types",
        "token_endpoint_auth_method",
        "client_secret",
        "refresh_token",
    ];
    let mut telling = OWN.iter().chain(&OTHERS);
    telling.any(|name| members.contains_key(*name))
}

/// A client without an identifier is called by its name; names are not unique, so that one met again gets a number.
fn numbered(mut client: ForeignClient, met: &mut HashMap<ClientId, usize>) -> ForeignClient {
    const MEMBER: &str = "client_id";
    let Some(how) = client.changed.iter_mut().find(|changed| changed.member == MEMBER) else {
        return client;
    };
    let count = met.entry(client.client_id.clone()).or_default();
    *count += 1;
    if let Some(another) = ClientId::parse(&format!("{}-{count}", client.client_id)).filter(|_| *count > 1) {
        how.how = "its name and a number, for the file has none, and another client of that name; write Auth0's client_id into \
            the file"
            .into();
        client.client_id = another;
    }
    client
}

/// Reads a file. `beside` is what others of the same folder grant.
pub(super) fn read(
    input: &mut dyn Input,
    beside: &Grants,
    visit: &mut dyn FnMut(Piece) -> bool,
) -> Result<(), Stuck> {
    let mut met = HashMap::new();
    let visit = &mut |piece: Piece| visit(piece.map(|client| numbered(client, &mut met)));
    let mut walk = Walk::new(&mut *input)?;
    let is_json = matches!(walk.peek()?, Some(b'{' | b'['));
    walk.rewind()?;
    if !is_json {
        return read_yaml(input, beside, visit);
    }
    let mut grants = beside.clone();
    if has_list(&mut *input, &IN_TENANT)? {
        grants.gather(&mut *input)?;
    }
    each_client(input, &["clients"], MAX_BYTES, &mut |taken| {
        visit(taken.and_then(|taken| read_json_client(taken, &grants)))
    })
}

fn read_json_client(taken: Taken, grants: &Grants) -> Piece {
    let mut other = None;
    let read = piece(
        with_placeholders(taken),
        &["client_id", "name"],
        |members, place| {
            other = something_else(&members, &place);
            let granted = grants.of(&members);
            client(members, &granted, place)
        },
    );
    match other {
        Some(other) => Err(other),
        None => read,
    }
}

fn read_yaml(
    input: &mut dyn Input,
    beside: &Grants,
    visit: &mut dyn FnMut(Piece) -> bool,
) -> Result<(), Stuck> {
    let text = yaml::text_of(input)?;
    if text.trim().is_empty() {
        return Err(Stuck::new(1, "The file is empty".to_owned()));
    }
    let text = yaml::quote_templates(&text);
    let mut grants = beside.clone();
    let mut told = |found: Found<'_>| {
        let node = match found {
            Found::Client(node, _) => node,
            Found::Wrong(wrong) => return visit(Err(wrong)),
            Found::Document(document) => {
                grants.clone_from(beside);
                for list in IN_TENANT {
                    let listed = document.and_then(|document| document.get(list)?.items());
                    let listed = listed.unwrap_or_default().iter();
                    listed
                        .filter_map(|one| one.members().ok())
                        .for_each(|one| grants.add(&one));
                }
                return true;
            }
        };
        let named = || {
            let name = node.get("client_id").or_else(|| node.get("name"));
            name.and_then(Node::as_str).map(str::to_owned)
        };
        let read = node.members().and_then(|members| {
            let granted = grants.of(&members);
            client(members, &granted, node.place())
        });
        visit(read.map_err(|what| Unreadable::new(node.place(), named(), what)))
    };
    if !each_item(&text, &[&["clients"]], &["client_id", "name"], &mut told)? {
        let what = "The file has no clients of Auth0";
        visit(Err(Unreadable::left_out("line 1", None, what).about("a file")));
    }
    Ok(())
}

/// Why the members are none of a client: another file of the folder, or the client that stands for all.
fn something_else(members: &Map<String, Value>, place: &str) -> Option<Unreadable> {
    let named = ["client_id", "name"]
        .iter()
        .find_map(|name| members.get(*name)?.as_str());
    let named = named.map(str::to_owned);
    if members.get("global").and_then(Value::as_bool) == Some(true) {
        let what = "It is not a client but the settings for all of them";
        return Some(Unreadable::left_out(place, named, what));
    }
    if is_client(members) {
        return None;
    }
    let what = if members.contains_key("audience") && members.contains_key("scope") {
        "It is no client but what one may ask an API for; it is taken over with that client, where it is in the same folder"
    } else {
        "It is something else of Auth0 than a client"
    };
    Some(Unreadable::left_out(place, named, what))
}

fn client(
    mut members: Map<String, Value>,
    granted: &Granted,
    place: String,
) -> Result<ForeignClient, String> {
    let is_filled_in_later = members
        .get("client_secret")
        .and_then(Value::as_str)
        .is_some_and(is_placeholder);
    let mut secret = take_secret(&mut members, &["client_secret"]);
    if is_filled_in_later {
        secret = Ok(ForeignSecret::Unusable(
            "the file has the name of a variable in its place",
        ));
    }
    if members.get("global").and_then(Value::as_bool) == Some(true) {
        return Err("It is not a client but the settings for all of them".to_owned());
    }
    let filled = leave_out_placeholders(&mut members);
    let mut members = Members::new("auth0", members);
    for name in filled {
        members.leave_out(
            name,
            "the file has a placeholder in its place; fill it in before it is imported",
        );
    }
    let client_id = identify(&mut members)?;
    let realm = members.text(&["tenant"])?;
    members.pass_text(&["name"], "client_name")?;
    members.pass_text(&["description"], "notes")?;
    members.pass_text(&["logo_uri"], "logo_uri")?;
    members.pass_texts(&["callbacks"], "redirect_uris")?;
    members.pass_texts(&["allowed_logout_urls"], "post_logout_redirect_uris")?;
    let mut origins = members.texts(&["web_origins"])?;
    for origin in members.texts(&["allowed_origins"])? {
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    members.set("allowed_cors_origins", origins);
    let kind = members.text(&["app_type"])?;
    application(&mut members, kind.as_deref())?;
    if !granted.scopes.is_empty() {
        let scopes: Vec<&str> = granted
            .scopes
            .values()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        members.set("scope", scopes.join(" "));
        members.set("audience", granted.scopes.keys().cloned().collect::<Vec<_>>());
    }
    if let Some((api, seconds)) = &granted.longest {
        members.set("access_token_lifetime", *seconds);
        members.change(
            "access_token_lifetime",
            format!("{seconds} seconds, the longest that one of its APIs has ({api})"),
        );
    }
    if members.flag(&["require_pushed_authorization_requests"])? {
        members.set("require_pushed_authorization_requests", true);
    }
    let jwt = members.take(&["jwt_configuration"]);
    if let Some(alg) = jwt.as_ref().and_then(|jwt| jwt.get("alg")?.as_str()) {
        members.set(ID_TOKEN_ALG, alg);
    }
    if let Some(lifetime) = jwt
        .as_ref()
        .and_then(|jwt| jwt.get("lifetime_in_seconds"))
        .filter(|lifetime| !is_blank(lifetime))
    {
        members.keep_value("id_lifetime_in_seconds", lifetime.clone());
    }
    let refresh = members.take(&["refresh_token"]);
    switches(&mut members);
    members.keep(&KEPT);
    members.keep_parts("client_metadata");
    // PKCE is left to the applications.
    members.set("require_pkce", false);
    let mut client = members.into_client(place, client_id)?;
    client.secret = secret?;
    client.realm = realm;
    let for_people = client.draft.grant_types.iter().any(|grant| grant.involves_user());
    if for_people && client.draft.id_token_signed_response_alg.is_none() {
        client.draft.id_token_signed_response_alg = Some("HS256".to_owned());
        client.changed.push(Changed::new(
            ID_TOKEN_ALG,
            "HS256, which Auth0's management API takes where jwt_configuration has no alg",
        ));
    }
    if client.draft.has_grant(GrantType::RefreshToken) {
        refresh_tokens(&mut client, refresh.as_ref());
    }
    Ok(client)
}

/// Exports of the deploy CLI have no identifiers: the name, which is unique in a tenant, is one that stays.
fn identify(members: &mut Members) -> Result<ClientId, String> {
    const WRONG: &str = "Its client_id is not 1 to 512 printable ASCII characters";
    if let Some(client_id) = members.text(&["client_id"])? {
        if is_placeholder(&client_id) {
            return Err("Its client_id is a placeholder; fill it in before it is imported".to_owned());
        }
        return Ok(ClientId::parse(&client_id).ok_or(WRONG)?);
    }
    let name = members
        .text(&["name"])?
        .ok_or("It has neither a client_id nor a name")?;
    members.set("client_name", name.as_str());
    let spelled: Cow<'_, str> = if ClientId::parse(&name).is_some() {
        Cow::Borrowed(&name)
    } else {
        form_urlencoded::byte_serialize(name.as_bytes())
            .collect::<String>()
            .into()
    };
    members.change(
        "client_id",
        "its name, for the file has none; write Auth0's client_id into the file where applications are to keep theirs",
    );
    Ok(ClientId::parse(&spelled).ok_or("It has no client_id, and its name is too long to be one")?)
}

/// What Auth0 takes by the kind of application, where the file does not say.
fn application(members: &mut Members, kind: Option<&str>) -> Result<(), String> {
    let is_public = matches!(kind, Some("spa" | "native"));
    if kind == Some("native") {
        members.set("application_type", "native");
    } else if let Some(kind) = kind.filter(|kind| !matches!(*kind, "spa" | "regular_web" | "non_interactive"))
    {
        members.keep_value("app_type", kind.into());
    }
    let by_key = members.take(&["client_authentication_methods"]);
    let by_key = by_key
        .as_ref()
        .and_then(Value::as_object)
        .and_then(|methods| methods.keys().next());
    match members.text(&["token_endpoint_auth_method"])? {
        Some(method) => members.auth_method(&method),
        None if by_key.is_some() => {
            members.auth_method(by_key.map_or("", String::as_str));
            members.leave_out(
                "client_authentication_methods",
                "its keys are not in the file; add them as jwks or jwks_uri",
            );
        }
        None => {
            let method = if is_public { "none" } else { "client_secret_post" };
            members.auth_method(method);
            members.change(
                "token_endpoint_auth_method",
                format!("{method}, which Auth0 takes for such an application"),
            );
        }
    }
    let mut grants = Vec::new();
    for name in members.texts(&["grant_types"])? {
        let known = match name.strip_prefix("http://auth0.com/oauth/grant-type/") {
            Some("password-realm") => {
                members.change(
                    "grant_types",
                    "password, of which Auth0's password-realm is a kind",
                );
                GrantType::Password.as_str().to_owned()
            }
            _ => name,
        };
        if !grants.contains(&known) {
            grants.push(known);
        }
    }
    if grants.is_empty() {
        let default: &[GrantType] = match kind {
            Some("non_interactive") => &[GrantType::ClientCredentials],
            _ if is_public => &[
                GrantType::AuthorizationCode,
                GrantType::Implicit,
                GrantType::RefreshToken,
            ],
            _ => &[
                GrantType::AuthorizationCode,
                GrantType::Implicit,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
            ],
        };
        grants = default.iter().map(|grant| grant.as_str().to_owned()).collect();
        members.change(
            "grant_types",
            format!("{}, which Auth0 takes for such an application", grants.join(", ")),
        );
    }
    let mut types = Vec::new();
    if grants.iter().any(|grant| grant == "authorization_code") {
        types.push("code");
    }
    if grants.iter().any(|grant| grant == "implicit") {
        types.extend(["id_token", "token", "id_token token"]);
    }
    members.set("response_types", types);
    members.grants(grants);
    Ok(())
}

/// Switches of which only one position says something.
fn switches(members: &mut Members) {
    for (names, default) in [
        (&["is_first_party"][..], true),
        (&["oidc_conformant"], true),
        (&["custom_login_page_on"], true),
        (&["cross_origin_auth", "cross_origin_authentication"], false),
        (&["is_token_endpoint_ip_header_trusted"], false),
        (&["require_proof_of_possession"], false),
        (&["sso"], false),
        (&["sso_disabled"], false),
    ] {
        let said = members.switch(names);
        if let Some(said) = said.filter(|said| *said != default) {
            members.keep_value(names.last().unwrap_or(&""), said.into());
        }
    }
}

fn refresh_tokens(client: &mut ForeignClient, refresh: Option<&Value>) {
    let text = |name: &str| refresh.and_then(|refresh| refresh.get(name)?.as_str());
    let flag = |name: &str| refresh.and_then(|refresh| refresh.get(name)?.as_bool()) == Some(true);
    let seconds = |name: &str| u32::try_from(refresh.and_then(|refresh| refresh.get(name)?.as_u64())?).ok();
    let draft = &mut client.draft;
    let expires = text("expiration_type") == Some("expiring");
    if expires && !flag("infinite_token_lifetime") {
        draft.refresh_token_absolute_lifetime = seconds("token_lifetime");
    }
    if expires && !flag("infinite_idle_token_lifetime") {
        draft.refresh_token_idle_lifetime = seconds("idle_token_lifetime");
    }
    if draft.refresh_token_absolute_lifetime.is_none() && draft.refresh_token_idle_lifetime.is_none() {
        draft.note_practice(Practice::EndlessRefresh, None);
    }
    if text("rotation_type") != Some("rotating") {
        draft.note_practice(Practice::StaticRefresh, None);
    }
    if refresh.is_none() {
        client.changed.push(Changed::new(
            "refresh_token",
            "neither rotating nor ending, which is Auth0's default",
        ));
    }
}
