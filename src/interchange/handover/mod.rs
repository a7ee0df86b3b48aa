//! What the developers of a client need, written down for them: the handover sheet, and configuration for the libraries that
//! they are likely to use. The secret is in none of it: each takes it from the environment.

mod aspnet_core;
mod auth_js;
mod authlib;
mod openid_client;
mod openidconnect_rs;
mod sheet;
mod spring_boot;
mod text;

use url::Url;

use crate::client::{ApplicationType, AuthMethod, ClientDraft, ClientId, ClientKind, GrantType, closed_set};

closed_set! {
    /// For whom it is written.
    Target {
        /// People.
        Sheet = "sheet",
        /// Spring Boot and Spring Security, Java.
        SpringBoot = "spring-boot",
        /// ASP.NET Core, C#.
        AspNetCore = "aspnet-core",
        /// Auth.js, also known as NextAuth.
        AuthJs = "auth-js",
        /// openid-client for Node.
        OpenidClient = "openid-client",
        /// Authlib, Python.
        Authlib = "authlib",
        /// The crate openidconnect.
        Rust = "rust",
    }
}

impl Target {
    /// What it is called on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sheet => "Sheet",
            Self::SpringBoot => "Spring Boot",
            Self::AspNetCore => "ASP.NET Core",
            Self::AuthJs => "Auth.js",
            Self::OpenidClient => "openid-client",
            Self::Authlib => "Authlib",
            Self::Rust => "Rust openidconnect",
        }
    }
}

/// The issuer that stands where nobody knows the right one.
pub const NO_ISSUER: &str = "https://issuer.example";

/// Where the authorization server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The issuer.
    pub issuer: String,
    /// Whether that is only a word for one that is not known.
    pub is_placeholder: bool,
    /// RFC 6749 §3.1.
    pub authorization: String,
    /// RFC 6749 §3.2.
    pub token: String,
    /// RFC 9126 §2.
    pub pushed_authorization_request: String,
    /// RFC 8628 §3.1.
    pub device_authorization: String,
    /// RFC 7517 §5.
    pub jwks: String,
    /// OpenID Connect Core §5.3.
    pub userinfo: String,
    /// OpenID Connect RP-Initiated Logout §2.1.
    pub end_session: String,
    /// RFC 7662 §2.
    pub introspection: String,
    /// RFC 7009 §2.
    pub revocation: String,
    /// OpenID Connect Discovery §4.
    pub configuration: String,
}

/// A file for the developers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedFile {
    /// What it is to be called.
    pub name: &'static str,
    /// What is in it.
    pub text: String,
}

/// All that is written for one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handover {
    /// What is to be known first, in sentences.
    pub remarks: Vec<String>,
    /// The files.
    pub files: Vec<HandedFile>,
}

/// Writes down for a target what it takes to use a client.
pub fn hand_over(
    target: Target,
    client_id: &ClientId,
    draft: &ClientDraft,
    endpoints: &Endpoints,
) -> Handover {
    let facts = Facts::new(client_id, draft, endpoints);
    let mut handover = match target {
        Target::Sheet => sheet::write(&facts),
        Target::SpringBoot => spring_boot::write(&facts),
        Target::AspNetCore => aspnet_core::write(&facts),
        Target::AuthJs => auth_js::write(&facts),
        Target::OpenidClient => openid_client::write(&facts),
        Target::Authlib => authlib::write(&facts),
        Target::Rust => openidconnect_rs::write(&facts),
    };
    if !handover.files.is_empty() {
        handover.remarks.splice(0..0, facts.remarks(target));
    }
    handover
}

/// What a client does, as far as configuration must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// Signs people in through the browser (RFC 6749 §4.1).
    SignIn,
    /// Acts without anybody (RFC 6749 §4.4).
    Service,
    /// Has people sign in on another screen (RFC 8628).
    Device,
    /// None that a library would have configuration for.
    Other,
}

/// A registration as the writers need it.
struct Facts<'a> {
    client_id: &'a str,
    draft: &'a ClientDraft,
    endpoints: &'a Endpoints,
    flow: Flow,
    method: AuthMethod,
    scope: String,
    redirect: Option<Redirect>,
}

/// The redirect URI that configuration is written for.
struct Redirect {
    uri: String,
    /// Scheme, host and port, where it has any.
    origin: Option<String>,
    path: String,
}

impl<'a> Facts<'a> {
    fn new(client_id: &'a ClientId, draft: &'a ClientDraft, endpoints: &'a Endpoints) -> Self {
        let flow = if draft.has_grant(GrantType::AuthorizationCode) {
            Flow::SignIn
        } else if draft.has_grant(GrantType::DeviceCode) {
            Flow::Device
        } else if draft.has_grant(GrantType::ClientCredentials) {
            Flow::Service
        } else {
            Flow::Other
        };
        Self {
            client_id: client_id.as_str(),
            draft,
            endpoints,
            flow,
            method: draft.token_endpoint_auth_method,
            scope: draft.scopes.join(" "),
            redirect: draft.redirect_uris.first().map(|uri| Redirect::new(uri)),
        }
    }

    fn is_openid(&self) -> bool {
        self.draft.scopes.iter().any(|scope| scope == "openid")
    }

    fn is_http(&self) -> bool {
        self.endpoints.issuer.starts_with("http:")
    }

    /// With the scope `offline_access`, people are asked each time (OpenID Connect Core §11).
    fn asks_for_consent(&self) -> bool {
        self.draft.scopes.iter().any(|scope| scope == "offline_access")
    }

    /// The resource server that is asked for, and the parameter that takes it: RFC 8707 §2 wants a URI.
    fn resource(&self) -> Option<(&'static str, &'a str)> {
        let audience = self.draft.audience.first()?;
        let is_uri = Url::parse(audience).is_ok_and(|url| url.fragment().is_none());
        Some((if is_uri { "resource" } else { "audience" }, audience))
    }

    /// The algorithm of the client's assertions: what is registered, or what its first key is good for.
    fn assertion_algorithm(&self) -> &'a str {
        let key = || self.draft.jwks.as_ref()?.get("keys")?.get(0);
        let of_key = |name: &str| key()?.get(name)?.as_str();
        let by_type = match (of_key("kty"), of_key("crv")) {
            (Some("RSA"), _) => "RS256",
            (Some("OKP"), _) => "EdDSA",
            (_, Some("P-384")) => "ES384",
            _ => "ES256",
        };
        let registered = self.draft.token_endpoint_auth_signing_alg.as_deref();
        let known = [
            "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA",
        ];
        let named = registered.or(of_key("alg"));
        known
            .into_iter()
            .find(|alg| Some(*alg) == named)
            .unwrap_or(by_type)
    }

    /// The first line of every file: what it is for, and that no secret is in it.
    fn about(&self, what: &str) -> Vec<String> {
        let mut lines = vec![format!("{}: {what}", self.draft.name)];
        lines.extend(self.credential_line());
        lines
    }

    fn credential_line(&self) -> Option<String> {
        let line = match self.method {
            AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
                "The secret comes from the environment: CHANCERY_CLIENT_SECRET"
            }
            AuthMethod::PrivateKeyJwt => {
                "The private key comes from the file that CHANCERY_PRIVATE_KEY_FILE names"
            }
            AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {
                "The certificate and its key come from CHANCERY_CERTIFICATE_FILE and CHANCERY_PRIVATE_KEY_FILE"
            }
            AuthMethod::None => return None,
        };
        Some(line.to_owned())
    }

    /// What is to be known whatever it is written for.
    fn remarks(&self, target: Target) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.endpoints.is_placeholder {
            remarks.push(format!(
                "No server is running here, so {NO_ISSUER} stands in place of the issuer"
            ));
        }
        if target == Target::Sheet {
            return remarks;
        }
        if self.draft.dpop_bound_access_tokens {
            remarks.push(
                "Its tokens are bound to a key (DPoP), for which the library must make proofs".to_owned(),
            );
        }
        if self.method.uses_certificate() {
            remarks.push("It authenticates with a certificate, which the library must be given".to_owned());
        }
        if self.flow == Flow::SignIn && self.redirect.is_none() {
            remarks.push("It has no redirect URI yet: register one first".to_owned());
        }
        if self.flow == Flow::SignIn && self.draft.redirect_uris.len() > 1 {
            remarks.push("It has several redirect URIs: this is written for the first".to_owned());
        }
        if self.flow == Flow::SignIn && !self.is_openid() {
            remarks.push("Without the scope openid nobody is told who signed in".to_owned());
        }
        remarks
    }

    /// Why a library has nothing for this client.
    fn unfit(&self, library: &str) -> Handover {
        let why = match self.flow {
            Flow::Device => "has people sign in on another screen (RFC 8628)",
            Flow::Service => "acts without a person",
            Flow::SignIn => "signs people in",
            Flow::Other => "uses neither sign-in, device codes nor client credentials",
        };
        Handover {
            remarks: vec![format!(
                "This client {why}, for which {library} has no configuration"
            )],
            files: Vec::new(),
        }
    }

    /// A native client on loopback listens where it can, and says where at the time of the request.
    fn port_remark(&self, name: &str) -> Option<String> {
        let redirect = self.redirect.as_ref().filter(|_| self.flow == Flow::SignIn)?;
        let literals = ["http://127.0.0.1", "http://[::1]"];
        let is_loopback = literals.iter().any(|literal| redirect.uri.starts_with(literal));
        let is_native = self.draft.application_type == ApplicationType::Native;
        (is_native && is_loopback).then(|| {
            format!("Put the port that the application listens on into {name}: any port goes (RFC 8252 §7.3)")
        })
    }

    /// What kind of client a file is for, in a few words.
    fn kind(&self) -> &'static str {
        match self.draft.kind() {
            ClientKind::Web => "web application",
            ClientKind::SinglePage => "single-page application",
            ClientKind::Native => "installed application",
            ClientKind::Service => "service",
            ClientKind::Device => "device",
        }
    }
}

impl Redirect {
    fn new(uri: &str) -> Self {
        let url = Url::parse(uri).ok();
        let web = url
            .as_ref()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        Self {
            uri: uri.to_owned(),
            origin: web.map(|url| url.origin().ascii_serialization()),
            path: url
                .as_ref()
                .map_or_else(|| "/".to_owned(), |url| url.path().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
