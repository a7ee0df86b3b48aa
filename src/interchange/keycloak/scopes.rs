//! Scopes, the audience, and claims that people write themselves.
//!
//! What a client does not say is as `RepresentationToModel.createClient` of Keycloak 15 to 26 has it: where it has neither default
//! nor optional scopes, it gets those of its realm; where it has one of both, it has none of the other. `fullScopeAllowed` is on
//! unless the client asks for consent.

use std::borrow::Cow;

use super::client::Resolving;
use super::json::Words;
use super::mappers::{attribute_claims, audiences};
use super::realm::Scope;
use crate::client::{GrantType, Practice};

/// The scope that makes a request one of OpenID Connect; Keycloak allows it to every client.
const OPENID: &str = "openid";
const OFFLINE: &str = "offline_access";

/// What every new realm gives its clients.
const DEFAULT: [&str; 6] = ["web-origins", "acr", "profile", "roles", "basic", "email"];
const OPTIONAL: [&str; 4] = ["address", "phone", OFFLINE, "microprofile-jwt"];

/// A scope of a client.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub name: &'a str,
    /// As its realm has it, where the file does.
    of_realm: Option<&'a Scope>,
}

/// The scopes of a client that its realm has.
pub(super) struct ScopeNames<'a> {
    /// Those that it gets without asking.
    pub default: Vec<Named<'a>>,
    /// Those that it may ask for.
    pub optional: Vec<Named<'a>>,
}

impl<'a> ScopeNames<'a> {
    fn all(&self) -> impl Iterator<Item = Named<'a>> {
        self.default.iter().chain(&self.optional).copied()
    }
}

/// One of the two kinds of scopes that a client has.
struct Kind<'a> {
    /// Its member in a client.
    member: &'static str,
    /// What the client says; none where it says nothing of either kind.
    own: Option<&'a Words<Cow<'a, str>>>,
    /// What the realm gives each client.
    of_realm: Option<&'a [String]>,
    /// What every new realm does.
    usual: &'static [&'static str],
}

impl<'a> Resolving<'a> {
    /// As soon as a client has a list of one kind, the realm's scopes of both are taken from it: a missing list is then an empty one.
    pub(super) fn scope_names(&mut self) -> ScopeNames<'a> {
        let (read, realm) = (self.read, self.realm);
        let has_own = read.default_scopes.0.is_some() || read.optional_scopes.0.is_some();
        ScopeNames {
            default: self.names_of(&Kind {
                member: "defaultClientScopes",
                own: has_own.then_some(&read.default_scopes),
                of_realm: realm.default_scopes.as_deref(),
                usual: &DEFAULT,
            }),
            optional: self.names_of(&Kind {
                member: "optionalClientScopes",
                own: has_own.then_some(&read.optional_scopes),
                of_realm: realm.optional_scopes.as_deref(),
                usual: &OPTIONAL,
            }),
        }
    }

    fn names_of(&mut self, kind: &Kind<'a>) -> Vec<Named<'a>> {
        let member = kind.member;
        let realm = self.realm;
        let mut names: Vec<&'a str> = match kind.own {
            Some(own) => own.texts().collect(),
            None => self.names_of_realm(kind),
        };
        names.retain(|name| !name.is_empty() && !matches!(*name, "role_list" | "saml_organization"));
        let mut kept: Vec<Named<'a>> = Vec::with_capacity(names.len());
        for name in names {
            let of_realm = realm.scopes.as_ref().map(|scopes| scopes.get(name));
            match of_realm {
                // A scope of Keycloak's may be called so.
                _ if name.contains(char::is_whitespace) => {
                    self.left_out(member, format!("no request can ask for the scope {name:?}: white space stands between scopes (RFC 6749 section 3.3)"));
                }
                // Every realm has this one.
                Some(None) if name != OFFLINE => {
                    self.left_out(member, format!("the realm has no scope {name}"));
                }
                // A scope of SAML says nothing to a client of OpenID Connect.
                Some(Some(scope)) if !scope.is_oidc => {}
                _ if kept.iter().any(|known| known.name == name) => {}
                of_realm => kept.push(Named {
                    name,
                    of_realm: of_realm.flatten(),
                }),
            }
        }
        kept
    }

    /// What a client gets that says nothing. A realm whose scopes in the file lack `offline_access` has it all the same, and
    /// lets every client ask for it (`RealmManager.importRealm`, `setupOfflineTokens`;
    /// `DefaultClientScopes.createOfflineAccessClientScope`).
    fn names_of_realm(&mut self, kind: &Kind<'a>) -> Vec<&'a str> {
        const ADDED: &str = "offline_access, which Keycloak adds to a realm whose scopes lack it";
        let lacks_offline = self
            .realm
            .scopes
            .as_ref()
            .is_some_and(|scopes| !scopes.contains_key(OFFLINE));
        let is_added = lacks_offline && kind.usual.contains(&OFFLINE);
        match kind.of_realm {
            Some(of_realm) => {
                let mut names: Vec<&str> = of_realm.iter().map(String::as_str).collect();
                if is_added && !names.contains(&OFFLINE) {
                    names.push(OFFLINE);
                    self.changed(kind.member, format!("which are those of the realm and {ADDED}"));
                } else {
                    self.changed(kind.member, "which are those of the realm");
                }
                names
            }
            None if self.realm.scopes.is_none() => {
                self.changed(kind.member, "which are those that every new realm of Keycloak has, as neither the client nor a realm says any");
                kind.usual.to_vec()
            }
            None if is_added => {
                self.changed(kind.member, format!("which is {ADDED}"));
                vec![OFFLINE]
            }
            None => Vec::new(),
        }
    }

    /// The scopes that it may ask for or gets, and what comes with them.
    pub(super) fn scopes(&mut self, names: &ScopeNames<'_>) {
        let has_user = self.has_user();
        let mut scopes: Vec<&str> = Vec::new();
        if has_user {
            scopes.push(OPENID);
        }
        for Named { name, .. } in names.all() {
            // Without a person they mean nothing.
            let is_of_people = matches!(name, OPENID | OFFLINE);
            if !scopes.contains(&name) && (has_user || !is_of_people) {
                scopes.push(name);
            }
        }
        self.draft().scopes = scopes.into_iter().map(str::to_owned).collect();
        self.offline(names);
        let every_role = !self.read.consent_required.or(false);
        if self.read.full_scope.or(every_role) && has_user {
            self.draft().note_practice(Practice::AllRoles, None);
        }
        self.audience(names);
        self.editable_claims(names);
    }

    fn offline(&mut self, names: &ScopeNames<'_>) {
        let realm_rotates = self.realm.revokes_refresh_token;
        let refreshes = self.draft().has_grant(GrantType::RefreshToken) && self.has_user();
        if !refreshes {
            return;
        }
        let is_among = |names: &[Named<'_>]| names.iter().any(|named| named.name == OFFLINE);
        let (is_default, is_optional) = (is_among(&names.default), is_among(&names.optional));
        if is_default {
            self.draft().note_practice(Practice::OfflineByDefault, None);
        }
        // That an offline token has no end is a realm's doing; of a client without one it is told that nothing is known.
        if (is_default || is_optional) && !self.realm.has_offline_max && self.realm.is_known() {
            let how = if is_default {
                "offline tokens, by the default scope offline_access"
            } else {
                "offline tokens, by the optional scope offline_access"
            };
            self.draft().note_practice(Practice::EndlessRefresh, Some(how));
        }
        if !realm_rotates && self.realm.is_known() {
            self.draft().note_practice(Practice::StaticRefresh, None);
        } else if self.realm.refresh_reuse > 0 {
            let times = format!("each is good {} more times", self.realm.refresh_reuse);
            self.draft().note_practice(Practice::StaticRefresh, Some(&times));
        }
    }

    fn audience(&mut self, names: &ScopeNames<'_>) {
        let mut audience = audiences(&self.read.mappers);
        for scope in names.default.iter().filter_map(|named| named.of_realm) {
            for name in &scope.audiences {
                if !audience.contains(name) {
                    audience.push(name.clone());
                }
            }
        }
        self.draft().audience = audience;
    }

    fn editable_claims(&mut self, names: &ScopeNames<'_>) {
        if !self.has_user() || !self.realm.is_known() {
            return;
        }
        // From version 24 on every realm says who may edit which attribute.
        let always_has_profile = self.realm.is_at_least(24, 0).unwrap_or(false);
        let own = attribute_claims(&self.read.mappers);
        let of_scopes = names.all().filter_map(|named| named.of_realm);
        let of_scopes = of_scopes.flat_map(|scope| scope.claims.iter().cloned());
        let mut editable: Vec<String> = Vec::new();
        for claim in own.chain(of_scopes) {
            if self
                .realm
                .profile
                .is_editable(&claim.attribute, always_has_profile)
            {
                editable.push(if claim.claim == claim.attribute {
                    claim.claim
                } else {
                    format!("{} from {}", claim.claim, claim.attribute)
                });
            }
        }
        for about in editable {
            self.draft().note_practice(Practice::EditableClaim, Some(&about));
        }
    }
}
