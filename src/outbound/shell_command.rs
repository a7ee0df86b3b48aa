//! The same token request as a command for a shell.

use std::path::Path;

use super::token_request::{Metadata, TokenRequest, encoded};
use crate::client::{AuthMethod, Secret};

/// Where a copied command takes the secret from.
#[derive(Clone, Copy, Debug)]
pub enum SecretInCurl<'a> {
    /// From whoever runs it, without showing it.
    Asked,
    /// From the command itself, which is then a secret too: for test credentials.
    Given(&'a Secret),
}

impl TokenRequest {
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

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::client::ClientId;

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
}
