//! A registration before it is one: whatever a form, a file or a request said.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::closed_set::closed_set;
use super::grant::default_response_types;
use super::{AuthMethod, ClientKind, Finding, GrantType, Refusals, Registration, RuleSettings, validate};

closed_set! {
    /// Where the client runs (OpenID Connect Dynamic Client Registration §2).
    ApplicationType {
        /// On a web server or in a browser.
        Web = "web",
        /// Installed on a device (RFC 8252).
        Native = "native",
    }
}

closed_set! {
    /// Whether the client can keep a secret (RFC 6749 §2.1). Derived from the authentication method.
    ClientType {
        /// It cannot.
        Public = "public",
        /// It can.
        Confidential = "confidential",
    }
}

closed_set! {
    /// How the `sub` that a client sees is made (OpenID Connect Core §8).
    SubjectType {
        /// The same for all clients.
        Public = "public",
        /// Another one for each sector.
        Pairwise = "pairwise",
    }
}

/// A client registration as typed or read, not yet judged. The names are those of RFC 7591 §2, except `name`
/// (`client_name` there) and `scopes` (`scope` there); serialised, it is what the registry file keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientDraft {
    /// For people; not unique.
    pub name: String,
    /// Where the client runs.
    pub application_type: ApplicationType,
    /// Callback URLs, compared exactly.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after logout (OpenID Connect RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// Allowed grants.
    pub grant_types: Vec<GrantType>,
    /// Allowed response types.
    pub response_types: Vec<String>,
    /// Allowed scopes.
    pub scopes: Vec<String>,
    /// Allowed resource servers, by identifier; the first is the default.
    pub audience: Vec<String>,
    /// How the client proves who it is.
    pub token_endpoint_auth_method: AuthMethod,
    /// The algorithm of its assertions (`private_key_jwt`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// The algorithm of its ID tokens; RS256 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// How its `sub` is made; `public` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
    /// Whose hosts share a pairwise `sub` (OpenID Connect Core §8.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// Its public keys, by value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Its public keys, by address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Web origins that may call the endpoints from a browser.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_cors_origins: Vec<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Its owners: who is told when the secret leaks.
    pub contacts: Vec<String>,
    /// Which software it is (RFC 7591 §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// In which version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// Access token lifetime in seconds; 600 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<u32>,
    /// Refresh token lifetime without use, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_idle_lifetime: Option<u32>,
    /// Refresh token lifetime in all, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_absolute_lifetime: Option<u32>,
    /// Whether `/authorize` insists on PKCE with S256. Public clients always need it.
    pub require_pkce: bool,
    /// Whether `/authorize` takes pushed requests only (RFC 9126 §6).
    #[serde(skip_serializing_if = "is_false")]
    pub require_pushed_authorization_requests: bool,
    /// Whether its access tokens are bound to its certificate (RFC 8705 §3.4).
    #[serde(skip_serializing_if = "is_false")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whether its access tokens are bound to a key of its own (RFC 9449 §5.2).
    #[serde(skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens: bool,
    /// The subject its certificate must have (RFC 8705 §2.1.2): exactly one of these five.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// A DNS name in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// A URI in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// An address in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<String>,
    /// A mailbox in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// For people, to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Other systems' members (`x_…`) and language-tagged ones (`client_name#de`), kept as they came.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Default for ClientDraft {
    /// The defaults of RFC 7591 §2: authorization code, `client_secret_basic`, `web`; PKCE required.
    fn default() -> Self {
        let grant_types = vec![GrantType::AuthorizationCode];
        Self {
            name: String::new(),
            application_type: ApplicationType::Web,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            response_types: default_response_types(&grant_types),
            grant_types,
            scopes: Vec::new(),
            audience: Vec::new(),
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            token_endpoint_auth_signing_alg: None,
            id_token_signed_response_alg: None,
            subject_type: None,
            sector_identifier_uri: None,
            jwks: None,
            jwks_uri: None,
            allowed_cors_origins: Vec::new(),
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            software_id: None,
            software_version: None,
            access_token_lifetime: None,
            refresh_token_idle_lifetime: None,
            refresh_token_absolute_lifetime: None,
            require_pkce: true,
            require_pushed_authorization_requests: false,
            tls_client_certificate_bound_access_tokens: false,
            dpop_bound_access_tokens: false,
            tls_client_auth_subject_dn: None,
            tls_client_auth_san_dns: None,
            tls_client_auth_san_uri: None,
            tls_client_auth_san_ip: None,
            tls_client_auth_san_email: None,
            notes: String::new(),
            labels: Vec::new(),
            other_members: Map::new(),
        }
    }
}

impl ClientDraft {
    /// Public exactly when the client does not authenticate.
    pub fn client_type(&self) -> ClientType {
        match self.token_endpoint_auth_method {
            AuthMethod::None => ClientType::Public,
            _ => ClientType::Confidential,
        }
    }

    /// What people call such a client.
    pub fn kind(&self) -> ClientKind {
        ClientKind::of(self)
    }

    /// Whether a grant is allowed.
    pub fn has_grant(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Allows or forbids a grant, and keeps the response types true to it.
    pub fn set_grant(&mut self, grant: GrantType, allowed: bool) {
        if !allowed {
            self.grant_types.retain(|held| *held != grant);
        } else if !self.has_grant(grant) {
            self.grant_types.push(grant);
        }
        if grant == GrantType::AuthorizationCode {
            self.response_types.retain(|held| held != "code");
            if allowed {
                self.response_types.insert(0, "code".to_owned());
            }
        }
    }

    /// Everything that the rules which need only the draft have to say, the worst first.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings_by(&RuleSettings::DEFAULT)
    }

    /// The same, by what an organisation decided about the rules.
    pub fn findings_by(&self, settings: &RuleSettings) -> Vec<Finding> {
        validate::findings(self, settings)
    }

    /// Judges the draft. It becomes a [`Registration`] unless it breaks a rule marked *refuse*.
    ///
    /// # Errors
    /// [`Refusals`]: every finding that stands against saving it.
    pub fn validate(self) -> Result<Registration, Refusals> {
        Registration::from_draft(self)
    }
}
