//! What each rule looks for, in one sentence: the column of the table that only documentation shows.

use super::{AuditRule, FactRule, Parameter};
use crate::client::Rule;

impl AuditRule {
    /// What it looks for, in a sentence.
    pub const fn detects(self) -> &'static str {
        match self {
            Self::Draft(rule) => of_draft(rule),
            Self::Facts(rule) => of_facts(rule),
        }
    }

    /// The number that it asks for, where an organisation sets one.
    pub const fn parameter(self) -> Option<Parameter> {
        match self {
            Self::Draft(Rule::RedirMany) => Some(Parameter::ManyRedirectUris),
            Self::Draft(Rule::AudWide) => Some(Parameter::ManyAudiences),
            Self::Facts(FactRule::SecretOld) => Some(Parameter::OldSecretDays),
            Self::Facts(FactRule::SecretSoon) => Some(Parameter::SecretSoonDays),
            Self::Facts(FactRule::ClientUnused | FactRule::DcrOrphan | FactRule::ScopeUnused) => {
                Some(Parameter::UnusedDays)
            }
            Self::Draft(_) | Self::Facts(_) => None,
        }
    }
}

#[rustfmt::skip]
const fn of_draft(rule: Rule) -> &'static str {
    match rule {
        Rule::NameMissing => "The name is empty, or white space only.",
        Rule::TextUnsafe => "A value begins or ends with white space, or holds control, invisible or direction-changing characters.",
        Rule::TextTooLong => "A name, the notes or another value is longer than anybody reads.",
        Rule::UriPassword => "An address has a password before its host, as in https://user:password@host.",
        Rule::ListTooLong => "A list has more than 200 values.",
        Rule::RedirNone => "A client with a grant that redirects has no redirect URI.",
        Rule::RedirAny => "A redirect URI is * or a bare scheme, which fits every address.",
        Rule::RedirHostWildcard => "The host of a redirect URI has a wildcard, or one follows it without a slash between.",
        Rule::RedirPathWildcard => "The path of a redirect URI has a wildcard or is a regular expression.",
        Rule::RedirHttp => "A redirect URI is plain http to a host that is not loopback.",
        Rule::RedirNotAbsolute => "A redirect URI has no scheme, or is http or https without a host.",
        Rule::RedirTemplate => "A redirect URI has the name of a variable in it, as ${HOST}, {{ host }} and __HOST__ are.",
        Rule::RedirFragment => "A redirect URI has a fragment.",
        Rule::RedirUserinfo => "A redirect URI has a user name before its host.",
        Rule::RedirBadScheme => "The scheme of a redirect URI runs or reads something, as javascript, data and file do.",
        Rule::RedirOutOfBand => "A redirect URI is urn:ietf:wg:oauth:2.0:oob, which shows the code instead of delivering it.",
        Rule::RedirCustomScheme => "A redirect URI has a private-use scheme; worse where that is not in reverse-domain form.",
        Rule::RedirLocalhostName => "A redirect URI names localhost and not 127.0.0.1 or [::1].",
        Rule::RedirLoopbackWeb => "A client of type web has a redirect URI on loopback.",
        Rule::RedirMixedEnv => "Hosts of staging, tests or tunnels stand beside hosts of production.",
        Rule::RedirMany => "There are more redirect URIs than the parameter says.",
        Rule::RedirAmbiguous => "A redirect URI has dot segments, a default port, upper-case letters in its host or letters beyond ASCII there.",
        Rule::LogoutUriBad => "A post-logout URI is relative, plain http or has a wildcard.",
        Rule::PkcePublic => "A public client may ask for a code without PKCE.",
        Rule::PkceConfidential => "A confidential client may ask for a code without PKCE.",
        Rule::GrantImplicit => "The implicit grant, or a response type with token or id_token, is allowed.",
        Rule::GrantPassword => "The password grant is allowed; worse for a public client.",
        Rule::GrantResponseMismatch => "A response type has no grant that goes with it, or a grant no response type.",
        Rule::GrantRefreshAlone => "Refresh tokens are allowed, and no grant that gives one.",
        Rule::GrantCcPublic => "The client credentials grant is allowed to a client that does not authenticate.",
        Rule::GrantCcMixed => "Client credentials stand beside grants in which a person takes part.",
        Rule::GrantExchangePublic => "Token exchange is allowed to a client that does not authenticate.",
        Rule::GrantJwtBearerKeyless => "The JWT bearer grant is allowed to a client without registered keys.",
        Rule::CcUserScopes => "openid or offline_access is allowed to a client that only has client credentials.",
        Rule::AuthNativeSecret => "An installed application authenticates by a shared secret.",
        Rule::AuthSharedSecret => "A client authenticates by a secret where keys could take its place.",
        Rule::AuthPost => "The secret goes in the body, by client_secret_post.",
        Rule::JwksMissing => "A client authenticates by keys or by its own certificate, and none is registered.",
        Rule::JwksBoth => "Both jwks and jwks_uri are registered.",
        Rule::JwksSyntax => "jwks is not an object with a list of keys.",
        Rule::JwksUriHttp => "jwks_uri is not https.",
        Rule::JwksPrivate => "jwks holds a private or a symmetric key.",
        Rule::JwksWeak => "jwks holds an RSA key of less than 2048 bits, or one key ID twice.",
        Rule::TlsSubject => "A client of tls_client_auth has not exactly one of the five subject members.",
        Rule::AlgNone => "A signature algorithm is none.",
        Rule::AlgHsIdToken => "ID tokens are to be signed by HMAC.",
        Rule::TtlLong => "Access tokens live longer than 15 minutes; worse beyond an hour.",
        Rule::ScopeSyntax => "A scope holds what no scope may hold.",
        Rule::AudienceSyntax => "An audience is neither an absolute URI without a fragment nor a plain name.",
        Rule::AudNone => "No audience is registered.",
        Rule::AudWide => "There are more audiences than the parameter says.",
        Rule::CorsStar => "The allowed origins hold *.",
        Rule::CorsInvalid => "An allowed origin has a path, a slash at its end, or is no origin at all.",
        Rule::PairwiseNoSector => "Subjects are pairwise, the redirect URIs lie on several hosts, and there is no sector identifier URI.",
        Rule::OwnerMissing => "No contact is registered.",
        Rule::MetaUri => "The logo, the home page, the policy or the terms lie on plain http or on another domain, or another system tells the client of logouts over plain http.",
    }
}

#[rustfmt::skip]
const fn of_facts(rule: FactRule) -> &'static str {
    match rule {
        FactRule::RedirShared => "A redirect URI is registered for two clients. Several between the same two are told as one finding.",
        FactRule::RedirForeignHost => "A redirect URI leads to a host that is neither an allowed host nor below one. Without allowed hosts the rule says nothing.",
        FactRule::AuthPublicSecret => "A secret counts that belongs to a client which does not authenticate.",
        FactRule::SecretExpired => "The last secret of a client that needs one has ended.",
        FactRule::SecretNone => "A client that authenticates by a secret has none, and none that has ended either.",
        FactRule::SecretSoon => "The last secret of a client ends within the days that the parameter says.",
        FactRule::SecretOld => "A secret without an end is older than the parameter says.",
        FactRule::SecretOverlapOpen => "Beside the newest secret an older one counts that has no end.",
        FactRule::SecretOldInUse => "An older secret was used after the newest one was made.",
        FactRule::ScopeSensitive => "A client has a watched scope and is not among those that may have it.",
        FactRule::ScopeUnused => "A client that is in use has asked for no token with a scope for longer than the parameter says.",
        FactRule::PopMissing => "A client with a watched scope gets bearer tokens: neither DPoP nor a certificate binds them.",
        FactRule::ClientUnused => "A client got no token for longer than the parameter says.",
        FactRule::DcrOrphan => "A client that registered itself got no token for longer than the parameter says, and none lives.",
        FactRule::DisabledLiveTokens => "A client is disabled, and a token issued to it has not ended.",
        FactRule::ClientLookalike => "A name or an identifier looks like that of another client, or like a user.",
        FactRule::ChangedSinceReview => "A field that matters was changed after somebody approved the client.",
        FactRule::PkcePlain => "Another system lets the client use PKCE with the method plain.",
        FactRule::SecretWeak => "A secret of another system has less than 128 bits.",
        FactRule::RefreshStaticPublic => "Another system gives a public client refresh tokens that neither rotate nor are bound.",
        FactRule::RefreshEndless => "Another system gives refresh tokens that never end.",
        FactRule::OfflineDefault => "Another system gives offline_access without being asked.",
        FactRule::ScopeFull => "Another system puts every role of the person into the client's tokens.",
        FactRule::RedirNeverMatches => "A redirect or post-logout URI of another system has a wildcard where that system takes it for a character like any other, such as in its host.",
        FactRule::ClaimEditable => "Another system fills a claim of the client's tokens from an attribute that people may edit.",
    }
}
