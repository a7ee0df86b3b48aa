//! A real request to a real token endpoint, for the Tokens screen and for `chancery token`.

use std::path::Path;

use serde_json::Value;
use url::Url;

use super::assertion::ASSERTION_TYPE;
use super::{DecodedToken, Exchange, Method, OutboundError, Request, decode, exchange};
use crate::client::{AuthMethod, ClientId, Secret};

/// A request for a token by the client credentials grant.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The client.
    pub client_id: ClientId,
    /// How it authenticates: `client_secret_basic`, `client_secret_post`, `private_key_jwt`, or `none`, which the endpoint
    /// will refuse.
    pub method: AuthMethod,
    /// Its secret; for `private_key_jwt` its assertion, never the key that signed it.
    pub secret: Option<Secret>,
    /// Space-delimited; all that is registered when absent.
    pub scope: Option<String>,
    /// The resource server; the client's first when absent.
    pub audience: Option<String>,
}

/// What an issuer's metadata says of the endpoints used here (RFC 8414 §2).
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Where tokens are asked for.
    pub token_endpoint: Url,
    /// Where the keys are.
    pub jwks_uri: Url,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// The request to the token endpoint and its answer.
    pub exchange: Exchange,
    /// The answer's members, if it is JSON.
    pub response: Option<Value>,
    /// The access token decoded, if there is one and it is a JWT.
    pub token: Option<DecodedToken>,
}

impl TokenAnswer {
    /// The access token.
    pub fn access_token(&self) -> Option<&str> {
        self.member("access_token")
    }

    /// The error code, where the endpoint refused.
    pub fn error(&self) -> Option<&str> {
        self.member("error")
    }

    /// The endpoint's sentence for the developer.
    pub fn error_description(&self) -> Option<&str> {
        self.member("error_description")
    }

    fn member(&self, name: &str) -> Option<&str> {
        self.response.as_ref()?.get(name)?.as_str()
    }
}

/// Where a copied command takes the secret from.
#[derive(Clone, Copy, Debug)]
pub enum SecretInCurl<'a> {
    /// From whoever runs it, without showing it.
    Asked,
    /// From the command itself, which is then a secret too: for test credentials.
    Given(&'a Secret),
}

/// Reads an issuer's metadata and checks that it is that issuer's (RFC 8414 §3.3).
///
/// # Errors
/// [`OutboundError`].
pub fn discover(issuer: &str) -> Result<Metadata, OutboundError> {
    let not_a_url = || OutboundError::NotAUrl(issuer.to_owned());
    let mut url = Url::parse(issuer).map_err(|_| not_a_url())?;
    if !url.has_host() {
        return Err(not_a_url());
    }
    let path = format!(
        "/.well-known/oauth-authorization-server{}",
        url.path().trim_end_matches('/')
    );
    url.set_path(&path);
    let document = json_of(&url)?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let unexpected = |why: String| OutboundError::Unexpected(url.to_string(), why);
    match text("issuer") {
        Some(named) if named.trim_end_matches('/') == issuer.trim_end_matches('/') => {}
        Some(named) => return Err(unexpected(format!("for another issuer, {named}"))),
        None => return Err(unexpected("without an issuer".to_owned())),
    }
    let endpoint = |name: &str| {
        let found = text(name).and_then(|address| Url::parse(address).ok());
        found.ok_or_else(|| unexpected(format!("without a {name}")))
    };
    Ok(Metadata {
        token_endpoint: endpoint("token_endpoint")?,
        jwks_uri: endpoint("jwks_uri")?,
    })
}

impl TokenRequest {
    /// Asks for the token, and checks the one that comes against the issuer's keys.
    ///
    /// # Errors
    /// [`OutboundError`]; a refusal by the endpoint is none.
    pub fn send(&self, metadata: &Metadata) -> Result<TokenAnswer, OutboundError> {
        let exchange = exchange(&self.request(metadata))?;
        let response: Option<Value> = serde_json::from_slice(&exchange.received_body).ok();
        let access_token = response
            .as_ref()
            .and_then(|body| body.get("access_token"))
            .and_then(Value::as_str);
        let token = match access_token {
            None => None,
            Some(token) => decode(token, &json_of(&metadata.jwks_uri)?),
        };
        Ok(TokenAnswer {
            exchange,
            response,
            token,
        })
    }

    fn request(&self, metadata: &Metadata) -> Request {
        let secret_text = |text: &str| Secret::new(text.to_owned());
        let mut headers = vec![("Accept", secret_text("application/json"))];
        headers.push(("Content-Type", secret_text("application/x-www-form-urlencoded")));
        let mut body = String::with_capacity(4096);
        for (name, value) in self.parameters() {
            append(&mut body, name, value);
        }
        match (&self.secret, self.method) {
            (Some(secret), AuthMethod::ClientSecretBasic) => {
                headers.push(("Authorization", self.basic(secret)))
            }
            (Some(assertion), AuthMethod::PrivateKeyJwt) => {
                append(&mut body, "client_assertion_type", ASSERTION_TYPE);
                append(&mut body, "client_assertion", assertion.expose());
            }
            (secret, _) => {
                append(&mut body, "client_id", self.client_id.as_str());
                if let Some(secret) = secret {
                    append(&mut body, "client_secret", secret.expose());
                }
            }
        }
        Request {
            method: Method::Post,
            url: metadata.token_endpoint.clone(),
            headers,
            body: Secret::new(body),
        }
    }

    /// Everything but the authentication.
    fn parameters(&self) -> Vec<(&'static str, &str)> {
        let mut parameters = vec![("grant_type", "client_credentials")];
        parameters.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        // RFC 8707 §2 wants an absolute URI without a fragment; identifiers that are none go as `audience`.
        parameters.extend(self.audience.as_deref().map(|audience| {
            let is_uri = Url::parse(audience).is_ok_and(|url| url.fragment().is_none());
            (if is_uri { "resource" } else { "audience" }, audience)
        }));
        parameters
    }

    /// `Basic base64(urlencode(client_id) ":" urlencode(client_secret))` (RFC 6749 §2.3.1).
    fn basic(&self, secret: &Secret) -> Secret {
        use base64::Engine;
        let mut credentials = zeroize::Zeroizing::new(encoded(self.client_id.as_str()));
        credentials.push(':');
        credentials.push_str(&zeroize::Zeroizing::new(encoded(secret.expose())));
        let mut header = "Basic ".to_owned();
        base64::engine::general_purpose::STANDARD.encode_string(credentials.as_bytes(), &mut header);
        Secret::new(header)
    }

    /// The same request as a shell command. Its first line sets `CLIENT_SECRET`, where the client has one.
    ///
    /// `curl -u` sends what it is given, while `client_secret_basic` wants identifier and secret form-urlencoded
    /// (RFC 6749 §2.3.1): both are encoded before. A secret of unreserved characters, as every generated one is, stays
    /// as it is.
    pub fn as_curl(&self, metadata: &Metadata, secret: SecretInCurl<'_>) -> Secret {
        let mut lines = match (self.method, secret) {
            (AuthMethod::None, _) => String::new(),
            (_, SecretInCurl::Asked) => self.ask_for_secret(),
            (AuthMethod::ClientSecretBasic, SecretInCurl::Given(secret)) => {
                format!("CLIENT_SECRET={}\n", quoted(&encoded(secret.expose())))
            }
            (_, SecretInCurl::Given(secret)) => format!("CLIENT_SECRET={}\n", quoted(secret.expose())),
        };
        lines.push_str("curl -sS ");
        lines.push_str(&quoted(metadata.token_endpoint.as_str()));
        match self.method {
            AuthMethod::None => push_parameter(&mut lines, "client_id", self.client_id.as_str()),
            AuthMethod::ClientSecretBasic => {
                lines.push_str(" \\\n  -u ");
                lines.push_str(&quoted(&format!("{}:", encoded(self.client_id.as_str()))));
                lines.push_str("\"$CLIENT_SECRET\"");
            }
            _ => {
                push_parameter(&mut lines, "client_id", self.client_id.as_str());
                lines.push_str(" \\\n  --data-urlencode client_secret=\"$CLIENT_SECRET\"");
            }
        }
        for (name, value) in self.parameters() {
            push_parameter(&mut lines, name, value);
        }
        lines.push('\n');
        Secret::new(lines)
    }

    /// The same request as a `chancery token` command, for what a shell cannot do: sign. It signs with a test credential
    /// of its own, or for a running server with a key that it reads from a file.
    pub fn as_chancery_token(&self, registry: &Path, running: Option<&str>) -> Secret {
        let (registry, id) = (registry.to_string_lossy(), self.client_id.as_str());
        // An identifier that begins with a dash would be taken for an option, but not after a double one.
        let (early, late): (&[&str], &[&str]) = if id.starts_with('-') {
            (&[], &["--", id])
        } else {
            (&[id], &[])
        };
        let options = [
            ("--registry", Some(&*registry)),
            ("--scope", self.scope.as_deref()),
            ("--audience", self.audience.as_deref()),
            ("--issuer", running),
        ];
        let options = options
            .into_iter()
            .filter_map(|(name, value)| Some([name, value?]))
            .flatten();
        let words = ["chancery", "token"].into_iter().chain(early.iter().copied());
        let words = words.chain(options).chain(late.iter().copied());
        let mut command = words.map(quoted).collect::<Vec<_>>().join(" ");
        if running.is_some() {
            command.push_str(" < private-key.pem");
        }
        command.push('\n');
        Secret::new(command)
    }

    /// The lines that read the secret. `&&` keeps a shell that reads a pasted text line by line from taking the next line
    /// for the secret.
    fn ask_for_secret(&self) -> String {
        let is_plain = |secret: &Secret| encoded(secret.expose()) == secret.expose();
        match (&self.secret, self.method) {
            (Some(secret), _) if is_plain(secret) => "read -rs CLIENT_SECRET &&\n".to_owned(),
            (_, AuthMethod::ClientSecretBasic) => format!("IFS= read -rs CLIENT_SECRET &&\n{ENCODE} &&\n"),
            _ => "IFS= read -rs CLIENT_SECRET &&\n".to_owned(),
        }
    }
}

/// Percent-encodes every byte of `CLIENT_SECRET`, which form-urlencoding allows, with what every Unix has.
const ENCODE: &str =
    r#"CLIENT_SECRET=$(printf %s "$CLIENT_SECRET" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')"#;

fn push_parameter(lines: &mut String, name: &str, value: &str) {
    lines.push_str(" \\\n  --data-urlencode ");
    lines.push_str(&quoted(&format!("{name}={value}")));
}

/// A word of a POSIX shell, quoted where it must be.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b'%')
    };
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn append(body: &mut String, name: &str, value: &str) {
    if !body.is_empty() {
        body.push('&');
    }
    body.push_str(name);
    body.push('=');
    body.push_str(&encoded(value));
}

/// Fetches a JSON document.
fn json_of(url: &Url) -> Result<Value, OutboundError> {
    let answer = exchange(&Request::get(url.clone()))?;
    if answer.status != 200 {
        return Err(OutboundError::Unexpected(
            url.to_string(),
            format!("with status {}", answer.status),
        ));
    }
    serde_json::from_slice(&answer.received_body)
        .map_err(|_| OutboundError::Unexpected(url.to_string(), "with something that is not JSON".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_copied_command_is_one_word_to_a_shell() {
        for (text, word) in [
            ("plain-1.2_3", "plain-1.2_3"),
            ("", "''"),
            ("two words", "'two words'"),
            ("$(rm -rf ~)", "'$(rm -rf ~)'"),
            ("it's", r"'it'\''s'"),
            ("a;b&c|d", "'a;b&c|d'"),
            ("ä", "'ä'"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }

    fn curl(method: AuthMethod, known: Option<&str>, secret: SecretInCurl<'_>) -> String {
        let url = |path: &str| Url::parse(&format!("http://127.0.0.1:9400/{path}")).unwrap();
        let metadata = Metadata {
            token_endpoint: url("token"),
            jwks_uri: url("jwks"),
        };
        let request = TokenRequest {
            client_id: ClientId::parse("my app:1").unwrap(),
            method,
            secret: known.map(|text| Secret::new(text.to_owned())),
            scope: None,
            audience: None,
        };
        request.as_curl(&metadata, secret).expose().to_owned()
    }

    #[test]
    fn a_copied_command_encodes_for_the_header_what_is_not_unreserved() {
        use AuthMethod::{ClientSecretBasic as Basic, ClientSecretPost as Post};
        let odd = Secret::new("p%s+s: ö".to_owned());
        for (method, known, secret, begins) in [
            (
                Basic,
                Some("plain-1_2"),
                SecretInCurl::Asked,
                "read -rs CLIENT_SECRET &&\ncurl",
            ),
            (
                Post,
                Some("plain-1_2"),
                SecretInCurl::Asked,
                "read -rs CLIENT_SECRET &&\ncurl",
            ),
            (
                Basic,
                Some("a+b"),
                SecretInCurl::Asked,
                "IFS= read -rs CLIENT_SECRET &&\nCLIENT_SECRET=$(",
            ),
            (
                Basic,
                None,
                SecretInCurl::Asked,
                "IFS= read -rs CLIENT_SECRET &&\nCLIENT_SECRET=$(",
            ),
            (
                Post,
                Some("a+b"),
                SecretInCurl::Asked,
                "IFS= read -rs CLIENT_SECRET &&\ncurl",
            ),
            (
                Basic,
                None,
                SecretInCurl::Given(&odd),
                "CLIENT_SECRET='p%25s%2Bs%3A+%C3%B6'\ncurl",
            ),
            (
                Post,
                None,
                SecretInCurl::Given(&odd),
                "CLIENT_SECRET='p%s+s: ö'\ncurl",
            ),
            (AuthMethod::None, None, SecretInCurl::Asked, "curl"),
        ] {
            let command = curl(method, known, secret);
            assert!(command.starts_with(begins), "{command}");
            assert_eq!(
                command.contains("\"$CLIENT_SECRET\""),
                method != AuthMethod::None,
                "{command}"
            );
        }
        let basic = curl(Basic, None, SecretInCurl::Asked);
        assert!(basic.contains("-u 'my+app%3A1:'\"$CLIENT_SECRET\""), "{basic}");
    }

    #[test]
    fn a_copied_chancery_command_is_words_to_a_shell_and_its_client_no_option() {
        let request = |client_id: &str| TokenRequest {
            client_id: ClientId::parse(client_id).unwrap(),
            method: AuthMethod::PrivateKeyJwt,
            secret: None,
            scope: Some("read write".to_owned()),
            audience: None,
        };
        let command = request("my app").as_chancery_token(Path::new("/a b/r"), None);
        assert_eq!(
            command.expose(),
            "chancery token 'my app' --registry '/a b/r' --scope 'read write'\n"
        );
        let command = request("-x").as_chancery_token(Path::new("r"), Some("http://127.0.0.1:9400"));
        assert_eq!(
            command.expose(),
            "chancery token --registry r --scope 'read write' --issuer http://127.0.0.1:9400 -- -x < private-key.pem\n"
        );
    }

    #[test]
    fn an_audience_that_is_no_uri_goes_by_its_own_name() {
        let request = |audience: &str| TokenRequest {
            client_id: ClientId::parse("a").unwrap(),
            method: AuthMethod::ClientSecretPost,
            secret: None,
            scope: None,
            audience: Some(audience.to_owned()),
        };
        for (audience, name) in [
            ("https://api.example.com", "resource"),
            ("urn:example:api", "resource"),
            ("ledger", "audience"),
            ("https://api.example.com#part", "audience"),
        ] {
            assert_eq!(request(audience).parameters()[1], (name, audience));
        }
    }
}
