//! What a client needs to know, as a `.env` file: for `set -a; . ./.env` in a POSIX shell, and for the libraries that read
//! such files.

use crate::client::AuthMethod;

/// A client and the server it uses, without the secret.
#[derive(Clone, Copy, Debug)]
pub struct EnvFile<'a> {
    /// What people call the client.
    pub name: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// How it authenticates.
    pub method: AuthMethod,
    /// The issuer and the endpoints, by the names of their variables.
    pub server: &'a [(&'static str, &'a str)],
    /// Space-delimited; what the registration has when absent.
    pub scope: Option<&'a str>,
    /// The resource server.
    pub audience: Option<&'a str>,
    /// Where the browser goes back to.
    pub redirect_uri: Option<&'a str>,
}

impl EnvFile<'_> {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("# {}\n", crate::client::make_visible(self.name));
        for (name, value) in self.server {
            push(&mut text, name, value);
        }
        push(&mut text, "CLIENT_ID", self.client_id);
        text.push_str(credential(self.method));
        for (name, value) in [
            ("SCOPE", self.scope),
            ("AUDIENCE", self.audience),
            ("REDIRECT_URI", self.redirect_uri),
        ] {
            if let Some(value) = value {
                push(&mut text, name, value);
            }
        }
        text
    }
}

/// Where the credential comes from. A line that sets nothing would take away what is set elsewhere.
fn credential(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
            "# The secret is shown once, when it is made; a lost one is replaced by Rotate secret…\n# CLIENT_SECRET=\n"
        }
        AuthMethod::PrivateKeyJwt => "# The client signs with its own key\n# PRIVATE_KEY_FILE=\n",
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {
            "# The client shows its own certificate\n# CERTIFICATE_FILE=\n# PRIVATE_KEY_FILE=\n"
        }
        AuthMethod::None => "",
    }
}

fn push(text: &mut String, name: &str, value: &str) {
    text.push_str(&format!("{name}={}\n", quoted(value)));
}

/// A value that a shell and the libraries read alike: bare where it can be, else in single quotes, in which nothing means
/// anything. With a single quote in it, double quotes serve where nothing in it means something there; else only a shell
/// reads it right.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'@' | b'%')
    };
    if value.bytes().all(plain) {
        value.to_owned()
    } else if !value.contains('\'') {
        format!("'{value}'")
    } else if !value.contains(['"', '\\', '$', '`', '!']) {
        format!("\"{value}\"")
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file<'a>(name: &'a str, scope: &'a str) -> EnvFile<'a> {
        EnvFile {
            name,
            client_id: "portal",
            method: AuthMethod::ClientSecretBasic,
            server: &[("ISSUER", "http://127.0.0.1:9400")],
            scope: Some(scope),
            audience: Some("https://api.example.com/a?b=c#d"),
            redirect_uri: None,
        }
    }

    #[test]
    fn a_file_says_everything_but_the_secret() {
        let text = file("Portal\nEVIL=1", "openid read").text();
        assert_eq!(
            text,
            "# Portal<U+000A>EVIL=1\n\
             ISSUER=http://127.0.0.1:9400\n\
             CLIENT_ID=portal\n\
             # The secret is shown once, when it is made; a lost one is replaced by Rotate secret…\n\
             # CLIENT_SECRET=\n\
             SCOPE='openid read'\n\
             AUDIENCE='https://api.example.com/a?b=c#d'\n"
        );
    }

    /// As a library reads a value: quotes are taken off, and nothing in them means anything that is written here.
    fn as_a_library(line: &str) -> &str {
        let inner = |quote: char| line.strip_prefix(quote)?.strip_suffix(quote);
        inner('\'').or_else(|| inner('"')).unwrap_or(line)
    }

    #[cfg(unix)]
    fn as_a_shell(text: &str) -> String {
        let script = format!("set -a; {text}printf %s \"$SCOPE\"");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_each_value_as_it_is() {
        for value in [
            "",
            "plain",
            "two words",
            "$(touch evil)",
            "`id`",
            "a\"b",
            "it's",
            "it's \"$HOME\"",
            "a#b",
            "a\\b",
            "!x'",
            "~",
            "*",
            "a;b",
            "é",
        ] {
            assert_eq!(as_a_shell(&file("x", value).text()), value, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn a_library_reads_each_value_as_it_is_unless_it_holds_quotes_and_more(value in "[ -~]{0,20}") {
            let hard = value.contains('\'') && value.contains(['"', '\\', '$', '`', '!']);
            if !hard {
                let written = quoted(&value);
                prop_assert_eq!(as_a_library(&written), value);
            }
        }
    }
}
