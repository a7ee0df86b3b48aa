//! Names, pages, what tokens are bound to, and what else matters to security or to whoever moves the client.

use serde_json::Value;

use super::carried::is_ours;
use super::client::Resolving;
use super::redirects::OWN_ADDRESS;
use super::representation::Mapper;
use crate::client::SubjectType;
use crate::interchange::credential::can_hold_credential;
use crate::interchange::foreign::is_template;

/// In their order: attributes that are taken over, and those that say nothing here, as they are about pages, SAML or Keycloak's own doings.
const KNOWN: [&str; 45] = [
    "access.token.header.type.rfc9068",
    "access.token.lifespan",
    "backchannel.logout.session.required",
    "backchannel.logout.url",
    "client.introspection.response.allow.jwt.claim.enabled",
    "client.offline.session.idle.timeout",
    "client.offline.session.max.lifespan",
    "client.secret.creation.time",
    "client.secret.expiration.time",
    "client.secret.rotated",
    "client.session.idle.timeout",
    "client.session.max.lifespan",
    "client_credentials.use_refresh_token",
    "consent.screen.text",
    "display.on.consent.screen",
    "dpop.bound.access.tokens",
    "exclude.session.state.from.auth.response",
    "frontchannel.logout.session.required",
    "frontchannel.logout.url",
    "gui.order",
    "id.token.as.detached.signature",
    "id.token.signed.response.alg",
    "jwks.string",
    "jwks.url",
    // The name of a key, which goes with the key of the certificate.
    "jwt.credential.kid",
    "login_theme",
    "logoUri",
    "oauth2.device.authorization.grant.enabled",
    "oauth2.jwt.authorization.grant.enabled",
    "oidc.ciba.grant.enabled",
    "pkce.code.challenge.method",
    "policyUri",
    "post.logout.redirect.uris",
    "realm_client",
    "require.pushed.authorization.requests",
    "standard.token.exchange.enabled",
    "tls.client.certificate.bound.access.tokens",
    "token.endpoint.auth.signing.alg",
    "token.response.type.bearer.lower-case",
    "tosUri",
    "use.jwks.string",
    "use.jwks.url",
    "use.refresh.tokens",
    "x509.allow.regex.pattern.comparison",
    "x509.subjectdn",
];

/// Attributes that are numbers of seconds.
const SECONDS: [&str; 3] = [
    "access.token.lifespan",
    "client.session.idle.timeout",
    "client.session.max.lifespan",
];

/// Members of a client that say nothing here, as they are about Keycloak's own doings.
const KEYCLOAKS_OWN: [&str; 14] = [
    "access",
    "alwaysDisplayInConsole",
    "authorizationSettings",
    "clientTemplate",
    "defaultRoles",
    "id",
    "nodeReRegistrationTimeout",
    "origin",
    "registeredNodes",
    "surrogateAuthRequired",
    "type",
    "useTemplateConfig",
    "useTemplateMappers",
    "useTemplateScope",
];

impl Resolving<'_> {
    pub(super) fn names(&mut self) {
        let client_id = self.client.client_id.as_str().trim().to_owned();
        let name = self
            .read
            .name
            .get()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        self.draft().name = match name {
            // A name in the language of whoever looks.
            Some(name) if name.starts_with("${") => {
                let how = format!("{name}, which is filled in elsewhere; the client ID takes its place");
                self.changed("name", how);
                client_id
            }
            Some(name) => name.to_owned(),
            None => client_id,
        };
        if let Some(description) = self.read.description.get() {
            self.draft().notes = description.to_owned();
        }
    }

    pub(super) fn rest(&mut self) {
        self.pages();
        self.tokens();
        self.endpoints();
        self.unlike();
    }

    fn pages(&mut self) {
        let base = self.read.base_url.get();
        let root = self.root_url();
        let home = match (base, &root) {
            (Some(base), Some(root)) if base.starts_with('/') => Some(format!("{root}{base}")),
            (Some(base), _) => Some(base.to_owned()),
            (None, Some(root)) => Some(root.clone()),
            (None, None) => None,
        };
        let member = if base.is_some() { "baseUrl" } else { "rootUrl" };
        if let Some(home) = home {
            match no_home(&home) {
                Some(why) => self.left_out(member, why),
                None => self.draft().client_uri = Some(home),
            }
        }
        let page = |name: &str| self.read.attributes.get(name).map(str::to_owned);
        let (logo, policy, tos) = (page("logoUri"), page("policyUri"), page("tosUri"));
        let draft = self.draft();
        (draft.logo_uri, draft.policy_uri, draft.tos_uri) = (logo, policy, tos);
    }

    fn tokens(&mut self) {
        let read = self.read;
        let attributes = &read.attributes;
        let bound = attributes.is("tls.client.certificate.bound.access.tokens");
        let algorithm = attributes.get("id.token.signed.response.alg");
        let of_realm = self
            .realm
            .signature_algorithm
            .as_deref()
            .filter(|algorithm| *algorithm != "RS256");
        let algorithm = algorithm.or(of_realm).map(str::to_owned);
        let draft = self.draft();
        draft.tls_client_certificate_bound_access_tokens |= bound;
        draft.dpop_bound_access_tokens |= attributes.is("dpop.bound.access.tokens");
        draft.require_pushed_authorization_requests |= attributes.is("require.pushed.authorization.requests");
        draft.id_token_signed_response_alg = algorithm;
        let is_pairwise = |mapper: &&Mapper<'_>| {
            mapper
                .kind
                .get()
                .is_some_and(|kind| kind.ends_with("pairwise-sub-mapper"))
        };
        if let Some(pairwise) = read.mappers.iter().find(is_pairwise) {
            draft.subject_type = Some(SubjectType::Pairwise);
            draft.sector_identifier_uri = pairwise.config.get("sectorIdentifierUri").map(str::to_owned);
            if pairwise.config.get("pairwiseSubAlgorithmSalt").is_some() {
                self.left_out(
                    "pairwiseSubAlgorithmSalt",
                    "it can hold a credential; people get other subjects here",
                );
            }
        }
    }

    /// Addresses that Keycloak calls, and others of its members that matter, kept as they came.
    fn endpoints(&mut self) {
        let read = self.read;
        let attributes = &read.attributes;
        let mut keep = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                self.client.draft.other_members.insert(name.to_owned(), value);
            }
        };
        let text = |text: Option<&str>| text.map(Value::from);
        keep("x_keycloak_admin_url", text(read.admin_url.get()));
        keep(
            "x_keycloak_backchannel_logout_uri",
            text(attributes.get("backchannel.logout.url")),
        );
        keep(
            "x_keycloak_frontchannel_logout_uri",
            text(attributes.get("frontchannel.logout.url")),
        );
        keep(
            "x_keycloak_frontchannel_logout",
            read.frontchannel_logout.or(false).then_some(Value::Bool(true)),
        );
        keep(
            "x_keycloak_consent_required",
            read.consent_required.or(false).then_some(Value::Bool(true)),
        );
    }

    /// What matters and has no place here.
    fn unlike(&mut self) {
        let read = self.read;
        if read.authorization_services.or(false) {
            self.left_out(
                "authorizationSettings",
                "permissions over resources are not kept here",
            );
        }
        if read.flow_overrides.iter().next().is_some() {
            self.left_out(
                "authenticationFlowBindingOverrides",
                "how people of this client sign in is not chosen here",
            );
        }
        if read.not_before.0.is_some_and(|seconds| seconds > 0) {
            self.left_out("notBefore", "tokens of Keycloak do not count here");
        }
        for name in &read.unknown {
            // Of Keycloak 1, in the place of mappers.
            if name == "claims" {
                self.left_out(name, "claims are made by users here, not by clients");
            } else if !KEYCLOAKS_OWN.contains(&name.as_ref()) {
                self.left_out(name, "it is no member of Keycloak's that is known here");
            }
        }
        for name in SECONDS {
            if read.attributes.get(name).is_some() && read.attributes.number(name).is_none() {
                self.left_out(name, "it is no number of seconds, so what the realm has counts");
            }
        }
        let can_hold = |name: &str| can_hold_credential(name, &Value::Null);
        let others = read.attributes.iter().filter(|(name, text)| {
            !text.is_empty()
                && *text != "false"
                && *text != "{}"
                && (!name.starts_with("saml") || can_hold(name))
                && KNOWN.binary_search(name).is_err()
                && !is_ours(name)
        });
        let others: Vec<String> = others.map(|(name, _)| name.to_owned()).collect();
        for name in others {
            let why = if can_hold(&name) {
                "it can hold a credential"
            } else {
                "there is nothing like it here"
            };
            self.left_out(&name, why);
        }
        let claims = read.mappers.iter().filter(|mapper| {
            mapper
                .kind
                .get()
                .is_some_and(|kind| kind != "oidc-audience-mapper" && !kind.ends_with("pairwise-sub-mapper"))
        });
        let names: Vec<&str> = claims
            .filter_map(|mapper| mapper.name.get().or(mapper.kind.get()))
            .collect();
        if !names.is_empty() {
            let why = format!(
                "claims are made by users here, not by clients ({})",
                names.join(", ")
            );
            self.left_out("protocolMappers", why);
        }
    }
}

/// Why the page of a client is none that can be opened. What is relative goes on from Keycloak itself where there is no root URL
/// (`ResolveRelative.resolveRelativeUri`).
fn no_home(home: &str) -> Option<&'static str> {
    let is_own = home.starts_with('/') || OWN_ADDRESS.iter().any(|name| home.starts_with(name));
    match home {
        _ if is_own => Some("it leads to Keycloak itself, whose address the file does not have"),
        template if is_template(template) => {
            Some("it holds the name of a variable, which is filled in elsewhere")
        }
        _ if !home.contains("://") => {
            Some("it is no address: it does not say how the page is reached, as https:// does")
        }
        _ => None,
    }
}
