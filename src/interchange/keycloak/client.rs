//! A client with its realm into a draft.

use std::borrow::Cow;

use super::json::Flag;
use super::policies::{Applies, Asked, Executor};
use super::realm::Realm;
use super::representation::ClientRepresentation;
use super::scopes::ScopeNames;
use crate::client::{ClientDraft, ClientId, GrantType, Status};
use crate::interchange::foreign::{Changed, ForeignClient, LeftOut, Piece, Unreadable};
use crate::interchange::json_walk::Taken;

/// The only protocol of clients that are registered here.
const OIDC: &str = "openid-connect";

/// What a client was called in Keycloak 1, which still reads it so (`RepresentationToModel.convertDeprecatedApplications`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A client.
    Client,
    /// One of the organisation's own.
    Application,
    /// One of somebody else: people are asked, and not every role goes into its tokens.
    OauthClient,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Client, Self::Application, Self::OauthClient];

    /// The kind of the clients in a member of a realm.
    pub fn of_list(member: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.list() == member)
    }

    /// The member of a realm that they stand in.
    pub const fn list(self) -> &'static str {
        match self {
            Self::Client => "clients",
            Self::Application => "applications",
            Self::OauthClient => "oauthClients",
        }
    }

    /// The member of a client that is its identifier.
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::Client => "clientId",
            Self::Application | Self::OauthClient => "name",
        }
    }
}

/// Reads the text of one client.
pub(super) fn read(taken: Taken, realm: &Realm, kind: Kind) -> Piece {
    let member = kind.identifier();
    let text = match taken {
        Taken::Text(text) => text,
        Taken::TooLarge(text) => {
            let what = "It is larger than 1 MB";
            return Err(Unreadable::new(text.place(), text.guess(member), what));
        }
    };
    match text.read_as::<ClientRepresentation<'_>>() {
        Ok(mut representation) => read_client(&mut representation, realm, kind, text.place()),
        Err(what) => Err(Unreadable::new(text.place(), text.guess(member), what)),
    }
}

fn read_client(read: &mut ClientRepresentation<'_>, realm: &Realm, kind: Kind, place: String) -> Piece {
    if kind != Kind::Client {
        read.client_id = std::mem::take(&mut read.name);
    }
    if kind == Kind::OauthClient {
        read.consent_required = Flag(Some(true));
        read.full_scope = Flag(Some(false));
    }
    let Some(named) = read.client_id.get().map(str::to_owned) else {
        let what = format!("It has no {}", kind.identifier());
        return Err(Unreadable::new(place, None, what));
    };
    if let Some(what) = is_no_client(read) {
        return Err(Unreadable::left_out(place, Some(named), what));
    }
    let Some(client_id) = ClientId::parse(&named) else {
        let what = "Its clientId is not 1 to 512 printable ASCII characters";
        return Err(Unreadable::new(place, Some(named), what));
    };
    let is_enabled = read.enabled.or(true);
    let mut client = ForeignClient::new(place, client_id);
    client.realm.clone_from(&realm.name);
    client.system_version.clone_from(&realm.version);
    client.status = Some(if is_enabled {
        Status::Active
    } else {
        Status::Disabled
    });
    client.draft = ClientDraft {
        require_pkce: false,
        grant_types: Vec::new(),
        response_types: Vec::new(),
        ..ClientDraft::default()
    };
    let of_old = read.credentials.0.iter_mut().flatten();
    let of_old = of_old
        .filter(|one| one.kind.get() == Some("secret"))
        .find_map(|one| one.value.0.take());
    let secret = read.secret.0.take().or(of_old);
    let mut resolving = Resolving { read, realm, client };
    resolving.repeated();
    if kind != Kind::Client {
        let how = format!(
            "which is the client ID of one of the {} of Keycloak 1",
            kind.list()
        );
        resolving.changed(kind.identifier(), how);
    }
    resolving.names();
    resolving.authentication(secret);
    let scopes = resolving.scope_names();
    resolving.grants();
    resolving.redirects();
    resolving.scopes(&scopes);
    resolving.policies(&scopes);
    resolving.response_types();
    resolving.lifetimes();
    resolving.rest();
    resolving.carried();
    Ok(resolving.client)
}

/// Why it is nothing that is registered here.
fn is_no_client(read: &ClientRepresentation<'_>) -> Option<String> {
    match read.protocol.get().unwrap_or(OIDC) {
        OIDC if read.bearer_only.or(false) => {
            let flows = if read.standard_flow.or(true) || read.implicit_flow.or(false) {
                ", and flows that are on for it are dead"
            } else {
                ""
            };
            Some(format!(
                "It is bearer-only: it accepts tokens and never asks for one{flows}"
            ))
        }
        OIDC => None,
        "saml" => Some("It speaks SAML, not OpenID Connect".to_owned()),
        other => Some(format!("It speaks {other}, not OpenID Connect")),
    }
}

/// A client on its way into a draft.
pub(super) struct Resolving<'a> {
    pub read: &'a ClientRepresentation<'a>,
    pub realm: &'a Realm,
    pub client: ForeignClient,
}

impl Resolving<'_> {
    pub fn draft(&mut self) -> &mut ClientDraft {
        &mut self.client.draft
    }

    pub fn changed(&mut self, member: &str, how: impl Into<Cow<'static, str>>) {
        self.client.changed.push(Changed::new(member, how));
    }

    pub fn left_out(&mut self, member: &str, why: impl Into<Cow<'static, str>>) {
        self.client.left_out.push(LeftOut::new(member, why));
    }

    /// An attribute of the client.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.read.attributes.get(name)
    }

    /// Whether a person takes part in any of its flows.
    pub fn has_user(&self) -> bool {
        self.client
            .draft
            .grant_types
            .iter()
            .any(|grant| grant.involves_user())
    }

    fn repeated(&mut self) {
        let members = self.read.repeated.iter().map(|name| (*name).to_owned());
        let repeated: Vec<String> = members
            .chain(self.read.attributes.repeated.iter().cloned())
            .collect();
        for member in repeated {
            self.changed(
                &member,
                "which stands there twice; the last one counts, as for every reader of JSON",
            );
        }
    }

    /// Whatever client policies do with it.
    fn policies(&mut self, scopes: &ScopeNames<'_>) {
        const POLICIES: &str = "clientPolicies";
        let realm = self.realm;
        if realm.policies.is_empty() {
            return;
        }
        let default_scopes: Vec<&str> = scopes.default.iter().map(|named| named.name).collect();
        let roles = realm.client_roles.get(self.client.client_id.as_str());
        let asked = Asked {
            is_public: self.read.public_client.or(false),
            roles: roles.map(Vec::as_slice).unwrap_or_default(),
            default_scopes: &default_scopes,
            has_dpop: realm.is_at_least(26, 4).unwrap_or(false),
        };
        let has = |draft: &ClientDraft, grant| draft.has_grant(grant);
        for (executor, is_wanted, what) in [
            (
                Executor::Pkce,
                has(self.draft(), GrantType::AuthorizationCode),
                "PKCE with S256",
            ),
            (
                Executor::RejectImplicit,
                has(self.draft(), GrantType::Implicit),
                "no implicit flow",
            ),
            (
                Executor::RejectPassword,
                has(self.draft(), GrantType::Password),
                "no password grant",
            ),
            (Executor::HolderOfKey, true, "tokens bound to a certificate"),
            (Executor::Dpop, true, "tokens bound to a key by DPoP"),
            (
                Executor::PushedRequests,
                has(self.draft(), GrantType::AuthorizationCode),
                "pushed authorization requests",
            ),
            (
                Executor::StaticRefresh,
                has(self.draft(), GrantType::RefreshToken),
                "refresh tokens that stay the same",
            ),
        ] {
            if !is_wanted {
                continue;
            }
            match realm.policies.apply(executor, &asked) {
                Applies::No => {}
                Applies::Perhaps(policy, condition) => self.left_out(
                    POLICIES,
                    format!("{policy} may ask for {what}, but its condition {condition} cannot be judged by the file"),
                ),
                Applies::Yes(policy) => {
                    self.changed(POLICIES, format!("of which {policy} asks for {what}"));
                    self.enforce(executor);
                }
            }
        }
    }

    fn enforce(&mut self, executor: Executor) {
        let draft = self.draft();
        match executor {
            Executor::Pkce => draft.require_pkce = true,
            Executor::HolderOfKey => draft.tls_client_certificate_bound_access_tokens = true,
            Executor::Dpop => draft.dpop_bound_access_tokens = true,
            Executor::PushedRequests => draft.require_pushed_authorization_requests = true,
            Executor::RejectImplicit => draft.grant_types.retain(|grant| *grant != GrantType::Implicit),
            Executor::RejectPassword => draft.grant_types.retain(|grant| *grant != GrantType::Password),
            Executor::StaticRefresh => draft.note_practice(crate::client::Practice::StaticRefresh, None),
        }
    }
}
