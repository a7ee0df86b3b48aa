//! Clients of Authelia, as its configuration has them: YAML, whole or a part of it, or a page of Markdown with YAML in it. Both
//! the names of today and those from before version 4.38 are read.
//!
//! What is not set is resolved as Authelia does: scopes, grants, lifetimes by policy, PKCE by the switches of the whole server.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::Input;
use super::duration::{lifetime, of_authelia};
use super::foreign::{Changed, ForeignClient, ForeignSecret, Piece, Unreadable, is_template, place};
use super::installed;
use super::members::{Members, take_secret};
use super::public_key;
use super::stuck::Stuck;
use super::yaml::{self, Node, quote_templates};
use super::yaml_list::{Found, each_item};
use crate::client::{ClientId, GrantType, Practice};

/// Where clients stand: in a whole configuration, and in parts of one.
const CLIENTS: [&[&str]; 3] = [
    &["identity_providers", "oidc", "clients"],
    &["oidc", "clients"],
    &["clients"],
];

/// A switch of a client, and of the whole server.
const PUSHED: &str = "require_pushed_authorization_requests";

/// Members that are kept under names of their own.
const KEPT: [&str; 15] = [
    "authorization_policy",
    "claims_policy",
    "consent_mode",
    "pre_configured_consent_duration",
    "requested_audience_mode",
    "response_modes",
    "request_uris",
    "access_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "userinfo_signing_algorithm",
    "introspection_signed_response_alg",
    "authorization_signed_response_alg",
    "request_object_signing_alg",
    "allow_multiple_auth_methods",
    "lifespan",
];

/// Reads a file.
pub(super) fn read(input: &mut dyn Input, visit: &mut dyn FnMut(Piece) -> bool) -> Result<(), Stuck> {
    let text = yaml::text_of(input)?;
    let mut any = false;
    let mut is_wanted = true;
    for block in blocks(&text) {
        let mut told = |found: Found<'_>| {
            is_wanted = visit(match found {
                Found::Client(client, document) => Server::of(document).piece(&client),
                Found::Wrong(wrong) => Err(wrong),
                Found::Document(_) => return true,
            });
            is_wanted
        };
        any |= each_item(
            &quote_templates(&block),
            &CLIENTS,
            &["client_id", "id"],
            &mut told,
        )?;
        for line in includes(&block) {
            const WHAT: &str = "A template stands among the clients, and nobody sees which ones it puts in: fill it in first";
            let told = Unreadable::new(place(line, 1), None, WHAT).about("a template");
            is_wanted = is_wanted && visit(Err(told));
        }
        if !is_wanted {
            return Ok(());
        }
    }
    if any { Ok(()) } else { Err(no_clients(&text)) }
}

/// The lines, from 1, of templates that put something into the list of clients.
fn includes(text: &str) -> Vec<usize> {
    /// Words of Go's templates that put nothing in, or put in what stands between them.
    const NOTHING: [&str; 7] = ["if", "else", "end", "with", "define", "break", "continue"];
    let puts_in = |inner: &str| {
        let word = inner.split([' ', '}', '-']).next().unwrap_or_default();
        let only_sets = word.starts_with('$') && inner.contains(":=");
        !(only_sets || word.starts_with("/*") || NOTHING.contains(&word))
    };
    let mut found = Vec::new();
    let mut list: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        let depth = line.len() - bare.len();
        if let Some(inner) = bare.trim_end().strip_prefix("{{") {
            let inner = inner.trim_start_matches(['-', ' ']);
            if list.is_some() && line.trim_end().ends_with("}}") && puts_in(inner) {
                found.push(number + 1);
            }
        } else if bare.starts_with("clients:") {
            list = Some(depth);
        } else if !bare.is_empty() && !bare.starts_with(['#', '-']) && list.is_some_and(|list| depth <= list)
        {
            list = None;
        }
    }
    found
}

/// The YAML of a page of Markdown, lines where they were; else the text as it is.
fn blocks(text: &str) -> Vec<Cow<'_, str>> {
    let is_begin = |line: &str| {
        let line = line.trim_start();
        line.starts_with("```yaml") || line.starts_with("```yml")
    };
    if !text.lines().any(is_begin) {
        return vec![Cow::Borrowed(text)];
    }
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut block {
            None if is_begin(line) => block = Some("\n".repeat(number + 1)),
            None => {}
            Some(_) if line.trim_start().starts_with("```") => {
                blocks.extend(block.take().map(Cow::Owned));
            }
            Some(block) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    blocks.extend(block.map(Cow::Owned));
    blocks
}

fn no_clients(text: &str) -> Stuck {
    let remark = |line: &str| {
        let behind = line.trim_start().strip_prefix('#')?;
        let word = behind.trim_start_matches(['#', ' ', '-']);
        let is_ours = ["oidc:", "clients:", "client_id:", "id:"]
            .iter()
            .any(|name| word.starts_with(name));
        is_ours.then_some(())
    };
    match text.lines().position(|line| remark(line).is_some()) {
        Some(at) => Stuck::new(
            at + 1,
            format!(
                "The clients are commented out from line {} on; take away the # before identity_providers and what is below it",
                at + 1
            ),
        ),
        None => Stuck::new(
            1,
            "There are no clients: the file has no identity_providers.oidc.clients".to_owned(),
        ),
    }
}

/// What is set for all clients.
struct Server<'a> {
    oidc: Option<&'a Node>,
}

impl<'a> Server<'a> {
    /// What a document sets beside its clients.
    fn of(document: Option<&'a Node>) -> Self {
        let above = CLIENTS.iter().find_map(|path| {
            let (_, above) = path.split_last()?;
            document?.at(path)?;
            document?.at(above)
        });
        Self { oidc: above }
    }

    fn piece(&self, node: &Node) -> Piece {
        let named = || {
            let id = node.get("client_id").or_else(|| node.get("id"));
            id.and_then(Node::as_str).map(str::to_owned)
        };
        self.client(node)
            .map_err(|what| Unreadable::new(node.place(), named(), what))
    }

    fn client(&self, node: &Node) -> Result<ForeignClient, String> {
        let mut members = node.members()?;
        let secret = secret(&mut members);
        let mut members = Members::new("authelia", members);
        let client_id = members
            .text(&["client_id", "id"])?
            .ok_or("It has no client_id, nor an id as older versions wrote")?;
        if is_template(&client_id) {
            return Err("Its client_id is a template; fill it in before it is imported".to_owned());
        }
        let client_id =
            ClientId::parse(&client_id).ok_or("Its client_id is not 1 to 512 printable ASCII characters")?;
        members.pass_text(&["client_name", "description"], "client_name")?;
        members.pass_texts(&["redirect_uris"], "redirect_uris")?;
        members.pass_texts(&["audience"], "audience")?;
        if let Some(sector) = members.text(&["sector_identifier_uri", "sector_identifier"])? {
            members.set("sector_identifier_uri", sector);
            members.set("subject_type", "pairwise");
            members.change(
                "subject_type",
                "pairwise, for Authelia makes it so by a sector_identifier_uri",
            );
        }
        members.pass_text(&["jwks_uri"], "jwks_uri")?;
        members.pass_text(&["id_token_signed_response_alg"], "id_token_signed_response_alg")?;
        members.pass_text(
            &["token_endpoint_auth_signing_alg"],
            "token_endpoint_auth_signing_alg",
        )?;
        let is_public = members.flag(&["public"])?;
        match members.text(&["token_endpoint_auth_method"])? {
            Some(method) => members.auth_method(&method),
            None if is_public => members.auth_method("none"),
            None => members.change(
                "token_endpoint_auth_method",
                "client_secret_basic, which is Authelia's default",
            ),
        }
        self.scopes_and_grants(&mut members)?;
        let is_pushed = members.flag(&[PUSHED, "enforce_par"])?;
        let of_all = [&[PUSHED][..], &["pushed_authorizations", "enforce"]]
            .iter()
            .any(|path| self.text(path).as_deref() == Some("true"));
        if is_pushed || of_all {
            members.set(PUSHED, true);
        }
        if of_all && !is_pushed {
            members.change(PUSHED, "true, which is set for all clients");
        }
        let plain_pkce = self.pkce(&mut members, is_public)?;
        public_keys(&mut members);
        for name in [
            "access_token_signed_response_alg",
            "userinfo_signed_response_alg",
            "userinfo_signing_algorithm",
            "introspection_signed_response_alg",
        ] {
            // As good as absent.
            if let Some(alg) = members.text(&[name])?.filter(|alg| alg != "none") {
                members.keep_value(name, alg.into());
            }
        }
        let policy = members.text(&["lifespan"])?;
        members.keep(&KEPT);
        let mut client = members.into_client(node.place(), client_id)?;
        client.secret = secret?;
        if plain_pkce {
            client.draft.note_practice(Practice::PlainPkce, None);
        }
        installed::tell(&mut client);
        self.lifetimes(&mut client, policy.as_deref());
        Ok(client)
    }

    fn scopes_and_grants(&self, members: &mut Members) -> Result<(), String> {
        let mut scopes = members.texts(&["scopes"])?;
        if scopes.is_empty() {
            scopes = ["openid", "groups", "profile", "email"]
                .map(str::to_owned)
                .to_vec();
            members.change(
                "scopes",
                "openid, groups, profile and email, which is Authelia's default",
            );
        }
        members.set("scope", scopes.join(" "));
        let mut grants = members.texts(&["grant_types"])?;
        if grants.is_empty() {
            grants.push(GrantType::AuthorizationCode.as_str().to_owned());
            members.change("grant_types", "authorization_code, which is Authelia's default");
        }
        members.grants(grants);
        members.pass_texts(&["response_types"], "response_types")
    }

    /// Whether PKCE is asked for, and whether its challenge may be plain.
    fn pkce(&self, members: &mut Members, is_public: bool) -> Result<bool, String> {
        const MEMBER: &str = "require_pkce";
        let is_said = members.flag(&[MEMBER, "enforce_pkce"])?;
        let method = members.text(&["pkce_challenge_method"])?;
        let of_all = self.text(&["enforce_pkce"]);
        let why = match of_all.as_deref() {
            _ if is_said => None,
            _ if method.is_some() => Some("a method that is named is asked for"),
            Some("always") => Some("enforce_pkce asks all clients for it"),
            Some("never") => None,
            _ if is_public => Some("Authelia asks public clients for it"),
            _ => None,
        };
        members.set(MEMBER, is_said || why.is_some());
        if let Some(why) = why {
            members.change(MEMBER, format!("true, for {why}"));
        }
        let plain_is_on = self.text(&["enable_pkce_plain_challenge"]).as_deref() == Some("true");
        Ok(match method.as_deref() {
            Some(method) => method == "plain",
            None => plain_is_on,
        })
    }

    /// The lifetimes of the policy that a client names, of the server's, or Authelia's own.
    fn lifetimes(&self, client: &mut ForeignClient, policy: Option<&str>) {
        const ACCESS: i64 = 3_600;
        const REFRESH: i64 = 5_400;
        let grants: Vec<&str> = client
            .draft
            .grant_types
            .iter()
            .map(|grant| grant_key(*grant))
            .collect();
        let of = |token: &str, older: &str| -> Option<i64> {
            let custom = policy.map(|policy| ["lifespans", "custom", policy]);
            let of_policy = custom.and_then(|path| self.oidc?.at(&path));
            let by_grant = of_policy.and_then(|policy| {
                let each = grants
                    .iter()
                    .filter_map(|grant| policy.at(&["grants", grant, token]));
                each.filter_map(seconds).max()
            });
            by_grant
                .or_else(|| of_policy?.get(token).and_then(seconds))
                .or_else(|| self.oidc?.at(&["lifespans", token]).and_then(seconds))
                .or_else(|| self.oidc?.get(older).and_then(seconds))
        };
        let access = of("access_token", "access_token_lifespan");
        let refresh = of("refresh_token", "refresh_token_lifespan");
        let draft = &mut client.draft;
        draft.access_token_lifetime = lifetime(access.unwrap_or(ACCESS));
        let refreshes = draft.has_grant(GrantType::RefreshToken);
        if refreshes {
            draft.refresh_token_idle_lifetime = lifetime(refresh.unwrap_or(REFRESH));
        }
        if let Some(policy) = policy {
            let name = "x_authelia_lifespan".to_owned();
            draft.other_members.insert(name, Value::from(policy));
        }
        if access.is_none() {
            client.changed.push(Changed::new(
                "access_token_lifetime",
                "3600 seconds, which is Authelia's default",
            ));
        }
        if refreshes && refresh.is_none() {
            client.changed.push(Changed::new(
                "refresh_token_idle_lifetime",
                "5400 seconds, which is Authelia's default",
            ));
        }
    }

    fn text(&self, path: &[&str]) -> Option<String> {
        self.oidc?.at(path)?.plain()
    }
}

/// The public keys of a client, which Authelia has in PEM.
fn public_keys(members: &mut Members) {
    const MEMBER: &str = "jwks";
    let listed = match members.take(&[MEMBER]) {
        None => return,
        Some(Value::Array(listed)) => listed,
        Some(_) => return members.leave_out(MEMBER, "it is no list of keys"),
    };
    let mut keys = Vec::new();
    for one in listed {
        let text = |name: &str| {
            one.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let called = match text("key_id") {
            Some(key_id) => format!("{MEMBER}, key {key_id}"),
            None => MEMBER.to_owned(),
        };
        let key = match text("key") {
            Some(pem) if is_template(pem) => Err("a template stands in the place of its key"),
            Some(pem) => public_key::of_pem(pem),
            None => Err("it has no key"),
        };
        match key {
            Ok(mut key) => {
                for (name, of_jwk) in [("key_id", "kid"), ("use", "use"), ("algorithm", "alg")] {
                    if let (Some(said), Some(members)) = (text(name), key.as_object_mut()) {
                        members.insert(of_jwk.to_owned(), said.into());
                    }
                }
                keys.push(key);
            }
            Err(why) => members.leave_out(called, why),
        }
    }
    if !keys.is_empty() {
        members.set(MEMBER, json!({ "keys": keys }));
        members.change(MEMBER, "a JWK Set of the public keys that stand there in PEM");
    }
}

/// The secret, which Authelia marks by how it is kept.
fn secret(members: &mut serde_json::Map<String, Value>) -> Result<ForeignSecret, String> {
    const PLAIN: &str = "$plaintext$";
    for name in ["client_secret", "secret"] {
        if let Some(Value::String(text)) = members.get_mut(name)
            && text.starts_with(PLAIN)
        {
            text.drain(..PLAIN.len());
        }
    }
    take_secret(members, &["secret", "client_secret"])
}

/// How `lifespans.custom.NAME.grants` calls a grant.
fn grant_key(grant: GrantType) -> &'static str {
    match grant {
        GrantType::AuthorizationCode => "authorize_code",
        GrantType::DeviceCode => "device_code",
        GrantType::JwtBearer => "jwt_bearer",
        other => other.as_str(),
    }
}

fn seconds(node: &Node) -> Option<i64> {
    of_authelia(&node.plain()?)
}
