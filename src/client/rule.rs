//! The rules that need only the draft: one table of what each detects, how bad it is, and what ends it.

use super::Severity;
use super::Severity::{Critical, High, Info, Low, Medium};
use super::closed_set::closed_set;

closed_set! {
    /// A rule over one registration, by its fixed identifier.
    Rule {
        /// No name.
        NameMissing = "name-missing",
        /// Control or direction-changing characters.
        TextUnsafe = "text-unsafe",
        /// A value beyond what anybody can read.
        TextTooLong = "text-too-long",
        /// A password in an address.
        UriPassword = "uri-password",
        /// More values than a field takes.
        ListTooLong = "list-too-long",
        /// A redirecting grant without a redirect URI.
        RedirNone = "redir-none",
        /// Any address at all.
        RedirAny = "redir-any",
        /// A wildcard in the host.
        RedirHostWildcard = "redir-host-wildcard",
        /// A wildcard in the path.
        RedirPathWildcard = "redir-path-wildcard",
        /// Plain http beyond loopback.
        RedirHttp = "redir-http",
        /// No scheme, or no host.
        RedirNotAbsolute = "redir-not-absolute",
        /// Something that is to be filled in.
        RedirTemplate = "redir-template",
        /// A fragment.
        RedirFragment = "redir-fragment",
        /// User information before the host.
        RedirUserinfo = "redir-userinfo",
        /// A scheme that runs or reads something.
        RedirBadScheme = "redir-bad-scheme",
        /// A private-use scheme.
        RedirCustomScheme = "redir-custom-scheme",
        /// The code is shown, and not delivered.
        RedirOutOfBand = "redir-out-of-band",
        /// The name `localhost`.
        RedirLocalhostName = "redir-localhost-name",
        /// Loopback on a web client.
        RedirLoopbackWeb = "redir-loopback-web",
        /// Staging and production together.
        RedirMixedEnv = "redir-mixed-env",
        /// Very many URIs.
        RedirMany = "redir-many",
        /// Two spellings of one address.
        RedirAmbiguous = "redir-ambiguous",
        /// A bad post-logout URI.
        LogoutUriBad = "logout-uri-bad",
        /// Public, PKCE not enforced.
        PkcePublic = "pkce-public",
        /// Confidential, PKCE not enforced.
        PkceConfidential = "pkce-confidential",
        /// The implicit grant.
        GrantImplicit = "grant-implicit",
        /// The password grant.
        GrantPassword = "grant-password",
        /// Response types without their grant.
        GrantResponseMismatch = "grant-response-mismatch",
        /// Refresh without a grant that gives a refresh token.
        GrantRefreshAlone = "grant-refresh-alone",
        /// Client credentials on a public client.
        GrantCcPublic = "grant-cc-public",
        /// Client credentials beside user grants.
        GrantCcMixed = "grant-cc-mixed",
        /// Token exchange on a public client.
        GrantExchangePublic = "grant-exchange-public",
        /// The JWT bearer grant without keys.
        GrantJwtBearerKeyless = "grant-jwt-bearer-keyless",
        /// User scopes where no user takes part.
        CcUserScopes = "cc-user-scopes",
        /// A shared secret in an installed application.
        AuthNativeSecret = "auth-native-secret",
        /// A shared secret where keys would do.
        AuthSharedSecret = "auth-shared-secret",
        /// The secret in the body.
        AuthPost = "auth-post",
        /// Key authentication without keys.
        JwksMissing = "jwks-missing",
        /// Keys by value and by address.
        JwksBoth = "jwks-both",
        /// Not a JWK set.
        JwksSyntax = "jwks-syntax",
        /// Keys over plain http.
        JwksUriHttp = "jwks-uri-http",
        /// A private key.
        JwksPrivate = "jwks-private",
        /// Short or ambiguous keys.
        JwksWeak = "jwks-weak",
        /// Not exactly one certificate subject.
        TlsSubject = "tls-subject",
        /// Signatures by `none`.
        AlgNone = "alg-none",
        /// ID tokens under a shared secret.
        AlgHsIdToken = "alg-hs-id-token",
        /// Long-lived access tokens.
        TtlLong = "ttl-long",
        /// Not a scope.
        ScopeSyntax = "scope-syntax",
        /// Not a resource identifier.
        AudienceSyntax = "audience-syntax",
        /// No audience.
        AudNone = "aud-none",
        /// Many audiences.
        AudWide = "aud-wide",
        /// Any web origin.
        CorsStar = "cors-star",
        /// Not a bare origin.
        CorsInvalid = "cors-invalid",
        /// Pairwise subjects over several hosts.
        PairwiseNoSector = "pairwise-no-sector",
        /// Nobody to tell.
        OwnerMissing = "owner-missing",
        /// A page over http or elsewhere.
        MetaUri = "meta-uri",
    }
}

/// One row of the table.
struct Entry {
    severity: Severity,
    refuses: bool,
    title: &'static str,
    harm: &'static str,
    advice: &'static str,
    basis: &'static str,
}

const REFUSE: bool = true;
const WARN: bool = false;

impl Rule {
    /// How bad it is, unless the client makes it worse or better.
    pub const fn severity(self) -> Severity {
        self.entry().severity
    }

    /// Whether a registration that breaks it cannot be saved.
    pub const fn refuses(self) -> bool {
        self.entry().refuses
    }

    /// What it is, in a few words.
    pub const fn title(self) -> &'static str {
        self.entry().title
    }

    /// What an attacker or an accident could do with it.
    pub const fn harm(self) -> &'static str {
        self.entry().harm
    }

    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        self.entry().advice
    }

    /// The paragraph it rests on.
    pub const fn basis(self) -> &'static str {
        self.entry().basis
    }

    #[rustfmt::skip]
    const fn entry(self) -> Entry {
        const fn row(severity: Severity, refuses: bool, title: &'static str, harm: &'static str, advice: &'static str, basis: &'static str) -> Entry {
            Entry { severity, refuses, title, harm, advice, basis }
        }
        match self {
            Self::NameMissing => row(Medium, REFUSE, "No name", "Nobody can tell what this client is.", "Give it a name that people know it by.", "RFC 7591 §2"),
            Self::TextUnsafe => row(High, REFUSE, "White space or hidden characters", "White space, control or direction-changing characters make a value look like another one.", "Take white space and invisible characters out, or type the value anew.", "RFC 7591 §5"),
            Self::TextTooLong => row(Low, REFUSE, "Too long", "Nobody can read or check a value of this length.", "Shorten it: a name has at most 200 characters, notes have 10,000, anything else 2,048.", "RFC 7591 §5"),
            Self::UriPassword => row(High, REFUSE, "Password in an address", "Whoever reads the registration, a report or an export of it has the password.", "Take the password out of the address, and change it where it counts: it has been shown.", "RFC 3986 §3.2.1, §7.5"),
            Self::ListTooLong => row(Low, REFUSE, "Too many values", "Nobody can review a list of this length.", "Keep at most 200 values, or register several clients.", "RFC 7591 §5"),
            Self::RedirNone => row(Medium, REFUSE, "No redirect URI", "Without one, a code could be delivered anywhere.", "Add the address that receives the code.", "RFC 6749 §3.1.2.2"),
            Self::RedirAny => row(Critical, REFUSE, "Redirects to any address", "Whoever starts a sign-in can have the code delivered to a server of their own, and with it the account.", "Register the exact address instead.", "RFC 9700 §2.1, §4.1"),
            Self::RedirHostWildcard => row(Critical, REFUSE, "Wildcard in the host", "Any host that fits the pattern, an attacker's too, receives the code.", "Register each host exactly.", "RFC 9700 §4.1"),
            Self::RedirPathWildcard => row(Medium, REFUSE, "Wildcard in the path", "An open redirect anywhere under the path passes the code on.", "Register each path exactly; redirect URIs are compared character by character.", "RFC 9700 §4.1.3"),
            Self::RedirHttp => row(High, REFUSE, "Redirect over plain http", "Anyone on the path reads the code.", "Codes would travel unencrypted. Use https, or a loopback address for an installed app.", "RFC 9700 §2.6"),
            Self::RedirNotAbsolute => row(High, REFUSE, "Not an absolute URI", "What is missing is filled in by whoever reads it.", "Write the whole address, for example https://app.example.com/callback.", "RFC 6749 §3.1.2"),
            Self::RedirTemplate => row(High, REFUSE, "Placeholder in a redirect URI", "Nobody can sign in through it, and whoever fills it in decides where codes go.", "Put in what the placeholder stands for: a redirect URI is compared character by character.", "RFC 3986 §2"),
            Self::RedirFragment => row(Medium, REFUSE, "Redirect with a fragment", "The part after # never reaches the server, and hides where the code goes.", "Take # and what follows out.", "RFC 6749 §3.1.2"),
            Self::RedirUserinfo => row(High, REFUSE, "User name before the host", "https://good.example@evil.example leads to evil.example.", "Take everything up to @ out of the host.", "RFC 9700 §4.1"),
            Self::RedirBadScheme => row(Critical, REFUSE, "Dangerous scheme", "The address runs or reads something in place of receiving the code.", "Use https, a loopback address, or a private-use scheme such as com.example.app:/callback.", "RFC 8252 §7.1"),
            Self::RedirCustomScheme => row(Info, WARN, "Private-use scheme", "Another app on the device can claim the same scheme.", "Prefer a claimed https address; otherwise a scheme in reverse-domain form, and PKCE.", "RFC 8252 §7.1"),
            Self::RedirOutOfBand => row(Medium, WARN, "Code shown to be copied", "The code stands on a page for the person to copy, and whoever talks them into passing it on gets what it is good for.", "Use a loopback address or a private-use scheme such as com.example.app:/callback; where there is no browser, the device flow.", "RFC 8252 §7"),
            Self::RedirLocalhostName => row(Low, WARN, "localhost instead of 127.0.0.1", "The name can resolve to another address, and listens on other interfaces.", "Use 127.0.0.1 or [::1].", "RFC 8252 §8.3"),
            Self::RedirLoopbackWeb => row(Medium, WARN, "Loopback on a web client", "Any program on the person's machine can receive the code.", "Keep development redirects in a registration of their own.", "OIDC Registration §2"),
            Self::RedirMixedEnv => row(Medium, WARN, "Staging and production hosts share one registration", "Whoever controls staging receives production codes.", "Register staging as a client of its own.", "RFC 9700 §4.1"),
            Self::RedirMany => row(Low, WARN, "Very many redirect URIs", "Each one is an address that must stay yours.", "Remove those that are no longer used.", "RFC 9700 §4.1"),
            Self::RedirAmbiguous => row(Medium, WARN, "Address that can be written two ways", "Software that tidies it up no longer matches it, and a look-alike may.", "Write it in its plain form: lower-case ASCII host, no default port, no dot segments.", "RFC 6749 §3.1.2.3"),
            Self::LogoutUriBad => row(Medium, WARN, "Bad post-logout URI", "After logout, the browser can be led astray.", "Use exact https addresses.", "OIDC RP-Initiated Logout §3.1"),
            Self::PkcePublic => row(High, WARN, "Public client without PKCE", "Whoever intercepts the code can redeem it.", "Require PKCE with S256.", "RFC 9700 §2.1.1"),
            Self::PkceConfidential => row(Medium, WARN, "PKCE not required", "An injected code can be redeemed in another session.", "Require PKCE with S256.", "RFC 9700 §2.1.1"),
            Self::GrantImplicit => row(High, WARN, "Implicit grant", "Tokens travel in URLs, where histories and logs keep them.", "Use the authorization code grant with PKCE.", "RFC 9700 §2.1.2"),
            Self::GrantPassword => row(Medium, WARN, "Password grant", "The client sees people's passwords.", "Use the authorization code grant with PKCE.", "RFC 9700 §2.4"),
            Self::GrantResponseMismatch => row(Medium, REFUSE, "Response types do not fit the grants", "Requests that look allowed fail, or are allowed by one server and not by another.", "Response types with token or id_token go with the grant implicit; code goes with authorization_code, and that with code.", "RFC 7591 §2.1"),
            Self::GrantRefreshAlone => row(Low, WARN, "Refresh token alone", "No other grant of this client ever gives a refresh token.", "Add authorization code or device code, or take refresh token out.", "RFC 7591 §2.1"),
            Self::GrantCcPublic => row(High, REFUSE, "Client credentials without credentials", "Anyone who knows the client ID gets tokens.", "Let the client authenticate, or take the grant out.", "RFC 6749 §4.4"),
            Self::GrantCcMixed => row(Info, WARN, "Acts for people and for itself", "A resource server can mistake the client's own token for a person's.", "Register the service as a client of its own.", "RFC 9700 §4.15"),
            Self::GrantExchangePublic => row(Medium, WARN, "Token exchange without credentials", "Whoever has stolen a token could trade it for others, so nothing is exchanged for a client that does not authenticate.", "Let the client authenticate, or take the grant out.", "RFC 8693 §2.1"),
            Self::GrantJwtBearerKeyless => row(Low, WARN, "JWT bearer grant without keys", "No assertion can be checked, so the grant is never given.", "Paste the client's public keys, or take the grant out.", "RFC 7523 §3"),
            Self::CcUserScopes => row(Low, WARN, "User scope without a user", "openid and offline_access mean nothing where no person takes part.", "Take the scope out.", "OIDC Core §11"),
            Self::AuthNativeSecret => row(High, WARN, "Secret in an installed application", "Whoever unpacks the application reads the secret.", "Let it authenticate by none, with PKCE.", "RFC 8252 §8.5"),
            Self::AuthSharedSecret => row(Info, WARN, "Shared secret", "A secret can leak from both sides; a private key from one only.", "Where the client can hold a key, prefer private_key_jwt.", "RFC 9700 §2.5"),
            Self::AuthPost => row(Low, WARN, "Secret in the request body", "Bodies are logged more often than Authorization headers.", "Use client_secret_basic.", "RFC 6749 §2.3.1"),
            Self::JwksMissing => row(High, REFUSE, "No key to check the client by", "The client can never authenticate.", "Paste its public keys, or give the address they are published at.", "RFC 7591 §2"),
            Self::JwksBoth => row(Medium, REFUSE, "Keys by value and by address", "Two servers may check the client by different keys.", "Keep either jwks or jwks_uri.", "RFC 7591 §2"),
            Self::JwksSyntax => row(Medium, REFUSE, "Not a JWK set", "The keys cannot be read.", "Paste an object with a member keys that is a list of keys.", "RFC 7517 §5"),
            Self::JwksUriHttp => row(High, WARN, "Keys over plain http", "Anyone on the path can put keys of their own in.", "Publish the keys over https.", "RFC 7591 §2, §5"),
            Self::JwksPrivate => row(Critical, REFUSE, "Private key pasted", "Whoever reads it can be this client.", "Paste the public half only, and make a new key pair: this one has been shown.", "RFC 7517 §9"),
            Self::JwksWeak => row(High, WARN, "Weak or ambiguous keys", "A short RSA key can be broken; a repeated key ID picks the wrong key.", "Use RSA of at least 2048 bits or P-256, each with a key ID of its own.", "RFC 7518 §3.3"),
            Self::TlsSubject => row(High, REFUSE, "Not exactly one certificate subject", "Without it, any certificate of the authority is this client.", "Set exactly one of the five tls_client_auth members.", "RFC 8705 §2.1.2"),
            Self::AlgNone => row(Critical, REFUSE, "Unsigned tokens", "Anyone can write a token.", "Use RS256, ES256 or EdDSA.", "RFC 8725 §3.1; OIDC Registration §2"),
            Self::AlgHsIdToken => row(High, WARN, "ID tokens under a shared secret", "The secret is kept as a hash, so nothing can be signed with it.", "Use RS256, ES256 or EdDSA.", "OIDC Core §10.1"),
            Self::TtlLong => row(Medium, WARN, "Long-lived access tokens", "A stolen token is good for that long.", "Keep access tokens between 5 and 15 minutes; none is issued for longer than 60.", "RFC 6750 §5.3"),
            Self::ScopeSyntax => row(Medium, REFUSE, "Not a scope", "It can never be asked for.", "A scope is printable ASCII without spaces, quotes and backslashes.", "RFC 6749 §3.3"),
            Self::AudienceSyntax => row(Medium, REFUSE, "Not a resource identifier", "It can never be asked for.", "Use an absolute URI without a fragment, or a plain name without spaces.", "RFC 8707 §2"),
            Self::AudNone => row(Medium, WARN, "No audience", "Any resource server of the issuer may accept its tokens.", "Name the resource servers it calls.", "RFC 9700 §2.3; RFC 9068 §3"),
            Self::AudWide => row(Low, WARN, "Many audiences", "One leaked client reaches all of them.", "Name only the resource servers it calls.", "RFC 9700 §2.3"),
            Self::CorsStar => row(Medium, WARN, "Any web origin", "Any page can call the endpoints from a visitor's browser.", "Name the origins.", "RFC 6454 §6.2"),
            Self::CorsInvalid => row(Info, WARN, "Not a bare origin", "A browser never sends it in this form, so it never matches.", "Scheme, host and port only, without a path or a final slash.", "RFC 6454 §6.2"),
            Self::PairwiseNoSector => row(Medium, REFUSE, "Pairwise subjects over several hosts", "It is undefined which host the subjects belong to.", "Give a sector identifier URI.", "OIDC Core §8.1"),
            Self::OwnerMissing => row(Medium, WARN, "No owner", "When the secret leaks, nobody is told.", "Add a contact.", "RFC 7591 §2"),
            Self::MetaUri => row(Low, WARN, "Page or endpoint over http, or page on another domain", "The consent page would show somebody else's logo or terms, and what is sent to an endpoint can be read and changed on its way.", "Use https, on the client's own domain.", "RFC 7591 §5"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_what_it_is_what_it_does_and_what_ends_it() {
        for rule in Rule::ALL {
            assert!(!rule.title().ends_with('.'), "{rule}");
            for sentence in [rule.harm(), rule.advice()] {
                assert!(
                    sentence.ends_with('.') && sentence.len() > 8,
                    "{rule}: {sentence}"
                );
            }
            assert!(rule.basis().contains('§'), "{rule}");
        }
    }
}
