//! The same token request as a command for a POSIX shell.

use std::path::Path;

use url::Url;

use super::as_client::encoded;
use super::token_request::target_parameter;
use super::{AsClient, Metadata, TokenGrant, TokenRequest};
use crate::client::{AuthMethod, Secret};

/// A token request that somebody wants to make again.
#[derive(Clone, Copy, Debug)]
pub struct ShellCommand<'a> {
    /// Who asks.
    pub client: &'a AsClient,
    /// For what.
    pub request: &'a TokenRequest,
    /// Whom.
    pub metadata: &'a Metadata,
    /// What comes before it.
    pub beforehand: Beforehand<'a>,
}

/// What a `chancery token` command is told besides the client and the grant.
#[derive(Clone, Copy, Debug)]
pub struct ChanceryToken<'a> {
    /// The registry that the client is in.
    pub registry: &'a Path,
    /// The server that is to be asked; none: one of the command's own.
    pub running: Option<&'a str>,
    /// The test user who signs in.
    pub sign_in_as: Option<&'a str>,
    /// Where the browser goes back to.
    pub redirect_uri: Option<&'a str>,
    /// Space-delimited.
    pub scope: Option<&'a str>,
    /// The resource server.
    pub audience: Option<&'a str>,
}

/// What must happen before tokens can be asked for.
#[derive(Clone, Copy, Debug)]
pub enum Beforehand<'a> {
    /// Nothing: the request holds what it takes.
    Nothing,
    /// A browser goes there, and brings a code back.
    Authorize(&'a Url),
    /// A device begins there, for this scope and this audience, and somebody allows it.
    Device {
        /// Where.
        endpoint: &'a Url,
        /// Space-delimited.
        scope: Option<&'a str>,
        /// The resource server.
        audience: Option<&'a str>,
    },
}

/// Where a copied command takes the secret from.
#[derive(Clone, Copy, Debug)]
pub enum SecretInCurl<'a> {
    /// From whoever runs it, without showing it.
    Asked,
    /// From the command itself, which is then a secret too: for test credentials.
    Given(&'a Secret),
}

impl ShellCommand<'_> {
    /// The request as a command with curl. Its first line sets `CLIENT_SECRET`, where the client has one; what else is
    /// worth something stands in variables too. Lines that read something end with `&&`, so that a shell that takes a
    /// pasted text line by line does not take the next line for an answer.
    ///
    /// `curl -u` sends what it is given, while `client_secret_basic` wants identifier and secret form-urlencoded
    /// (RFC 6749 §2.3.1): both are encoded before. A secret of unreserved characters, as every generated one is, stays
    /// as it is.
    pub fn curl(&self, secret: SecretInCurl<'_>) -> Secret {
        let mut lines = self.client_secret(secret);
        match self.beforehand {
            Beforehand::Nothing => {}
            Beforehand::Authorize(url) => lines.push_str(&ask_for_code(url)),
            Beforehand::Device {
                endpoint,
                scope,
                audience,
            } => {
                let scope = scope.map(|scope| ("scope", scope, false));
                let audience = audience.map(|audience| (target_parameter(audience), audience, false));
                let begin = self.posted(endpoint, scope.into_iter().chain(audience));
                lines.push_str(&begin_device(&begin));
            }
        }
        let parameters = self.request.parameters();
        let is_asked = |name: &str| match self.beforehand {
            Beforehand::Nothing => false,
            Beforehand::Authorize(_) => name == "code",
            Beforehand::Device { .. } => name == "device_code",
        };
        for parameter in &parameters {
            if parameter.is_secret && !is_asked(parameter.name) {
                lines.push_str(&format!(
                    "{}={}\n",
                    variable(parameter.name),
                    quoted(parameter.value)
                ));
            }
        }
        let parameters = parameters
            .iter()
            .map(|parameter| (parameter.name, parameter.value, parameter.is_secret));
        lines.push_str(&self.posted(&self.metadata.token_endpoint, parameters));
        lines.push('\n');
        Secret::new(lines)
    }

    /// The line that sets the client's secret.
    fn client_secret(&self, secret: SecretInCurl<'_>) -> String {
        match (self.client.method, secret) {
            (AuthMethod::None, _) => String::new(),
            (_, SecretInCurl::Asked) => self.ask_for_secret(),
            (AuthMethod::ClientSecretBasic, SecretInCurl::Given(secret)) => {
                format!("CLIENT_SECRET={}\n", quoted(&encoded(secret.expose())))
            }
            (_, SecretInCurl::Given(secret)) => format!("CLIENT_SECRET={}\n", quoted(secret.expose())),
        }
    }

    /// A POST as the client makes it. A secret parameter stands there as the variable that holds it.
    fn posted<'p>(
        &self,
        url: &Url,
        parameters: impl Iterator<Item = (&'static str, &'p str, bool)>,
    ) -> String {
        let mut command = format!("curl -sS {}", quoted(url.as_str()));
        let client_id = self.client.client_id.as_str();
        match self.client.method {
            AuthMethod::None => push_parameter(&mut command, "client_id", client_id),
            AuthMethod::ClientSecretBasic => {
                command.push_str(" \\\n  -u ");
                command.push_str(&quoted(&format!("{}:", encoded(client_id))));
                command.push_str("\"$CLIENT_SECRET\"");
            }
            _ => {
                push_parameter(&mut command, "client_id", client_id);
                push_variable(&mut command, "client_secret");
            }
        }
        for (name, value, is_secret) in parameters {
            if is_secret {
                push_variable(&mut command, name);
            } else {
                push_parameter(&mut command, name, value);
            }
        }
        command
    }

    /// The same request as a `chancery token` command, for what a shell cannot do: sign, prove, or push. It signs with a test
    /// credential of its own, or for a running server with a key that it reads from a file. Tokens lie in files too.
    pub fn chancery_token(&self, how: &ChanceryToken<'_>) -> Secret {
        let (registry, id) = (how.registry.to_string_lossy(), self.client.client_id.as_str());
        // An identifier that begins with a dash would be taken for an option, but not after a double one.
        let (early, late): (&[&str], &[&str]) = if id.starts_with('-') {
            (&[], &["--", id])
        } else {
            (&[id], &[])
        };
        let (token_file, actor_file) = match &self.request.grant {
            TokenGrant::RefreshToken(_) => (Some("refresh-token"), None),
            TokenGrant::TokenExchange { actor_token, .. } => {
                (Some("subject-token"), actor_token.as_ref().map(|_| "actor-token"))
            }
            _ => (None, None),
        };
        let options = [
            ("--registry", Some(&*registry)),
            ("--grant", self.grant_word()),
            ("--sign-in-as", how.sign_in_as),
            ("--redirect-uri", how.redirect_uri),
            ("--token-file", token_file),
            ("--actor-token-file", actor_file),
            ("--scope", how.scope),
            ("--audience", how.audience),
            ("--issuer", how.running),
        ];
        let options = options
            .into_iter()
            .filter_map(|(name, value)| Some([name, value?]))
            .flatten();
        let words = ["chancery", "token"].into_iter().chain(early.iter().copied());
        let words = words.chain(options).chain(late.iter().copied());
        let mut command = words.map(quoted).collect::<Vec<_>>().join(" ");
        let signs = self.client.method == AuthMethod::PrivateKeyJwt
            || matches!(self.request.grant, TokenGrant::JwtBearer(_));
        if how.running.is_some() && signs {
            command.push_str(" < private-key.pem");
        }
        command.push('\n');
        Secret::new(command)
    }

    /// What `chancery token --grant` takes; nothing for the grant that it takes to be meant.
    fn grant_word(&self) -> Option<&'static str> {
        use crate::client::GrantType as Grant;
        match self.request.grant.grant_type() {
            Grant::ClientCredentials => None,
            grant => Some(grant.short_name()),
        }
    }

    fn ask_for_secret(&self) -> String {
        let is_plain = |secret: &Secret| encoded(secret.expose()) == secret.expose();
        match (&self.client.secret, self.client.method) {
            (Some(secret), _) if is_plain(secret) => read_secret(""),
            (_, AuthMethod::ClientSecretBasic) => format!("{}{ENCODE} &&\n", read_secret("IFS= ")),
            _ => read_secret("IFS= "),
        }
    }
}

/// Reads a secret without showing it. POSIX knows no `read -s`: a shell that has none is helped by `stty`, where it is at
/// a terminal.
fn read_secret(ifs: &str) -> String {
    let (silent, loud) = ("stty -echo 2>/dev/null", "stty echo 2>/dev/null");
    format!(
        "{ifs}read -rs CLIENT_SECRET 2>/dev/null || {{ {silent}; {ifs}read -r CLIENT_SECRET; {loud}; :; }} &&\n"
    )
}

/// Percent-encodes every byte of `CLIENT_SECRET`, which form-urlencoding allows, with what every Unix has.
const ENCODE: &str =
    r#"CLIENT_SECRET=$(printf %s "$CLIENT_SECRET" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')"#;

/// Shows where to sign in, and takes the address that the browser comes to, or the code in it. A code here is made of
/// unreserved characters, so it stands in the address as it is.
fn ask_for_code(url: &Url) -> String {
    format!(
        "printf '%s\\n' 'Sign in there, then paste the address that the browser comes to:' {} >&2 &&\n\
         read -r CODE && CODE=${{CODE##*[?&]code=}} && CODE=${{CODE%%&*}} &&\n",
        quoted(url.as_str())
    )
}

/// Begins as a device does, shows what a person must do, and waits until they say that it is done.
fn begin_device(begin: &str) -> String {
    format!(
        "DEVICE=$({begin}) && printf '%s\\n' \"$DEVICE\" 'Allow it there, then press Enter' >&2 && read -r DEVICE_CODE &&\n\
         DEVICE_CODE=$(printf %s \"$DEVICE\" | sed 's/.*\"device_code\":\"\\([^\"]*\\)\".*/\\1/') &&\n"
    )
}

/// What the variable of a parameter is called.
fn variable(name: &str) -> String {
    name.to_ascii_uppercase()
}

fn push_parameter(lines: &mut String, name: &str, value: &str) {
    lines.push_str(" \\\n  --data-urlencode ");
    lines.push_str(&quoted(&format!("{name}={value}")));
}

fn push_variable(lines: &mut String, name: &str) {
    lines.push_str(&format!(" \\\n  --data-urlencode {name}=\"${}\"", variable(name)));
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

#[cfg(test)]
mod tests;
