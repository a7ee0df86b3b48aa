//! A scope value (RFC 6749 §3.3).

use std::fmt;

/// One scope: printable ASCII without space, quote and backslash, at most 256 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

impl Scope {
    /// The longest scope that is kept, in characters. The standard sets no limit; a tool that shows it must.
    pub const MAX_LENGTH: usize = 256;

    /// Reads one scope value: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        (!text.is_empty() && text.len() <= Self::MAX_LENGTH && text.bytes().all(allowed))
            .then(|| Self(text.to_owned()))
    }

    /// Reads a `scope` parameter: `scope-token *( SP scope-token )`, one space between two. `None` when it is anything else. What
    /// people type is split at whatever space there is before it comes to this.
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        let mut scopes: Vec<Self> = Vec::new();
        for part in text.split(' ') {
            let scope = Self::parse(part)?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        Some(scopes)
    }

    /// The value as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_printable_ascii_without_space_quote_or_backslash() {
        for good in [
            "openid",
            "read:payroll",
            "https://api.example.com/.default",
            "!",
            "a~b",
        ] {
            assert!(Scope::parse(good).is_some(), "{good:?}");
        }
        for bad in [
            "",
            " ",
            "a b",
            "say\"hi\"",
            "back\\slash",
            "naïve",
            "nul\0",
            "tab\t",
            &"a".repeat(257),
        ] {
            assert!(Scope::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_list_keeps_its_order_and_drops_repetitions() {
        let scopes = Scope::parse_list("openid profile openid").unwrap();
        assert_eq!(
            scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
            ["openid", "profile"]
        );
    }

    #[test]
    fn exactly_one_space_stands_between_two_scopes() {
        for bad in [
            "",
            " ",
            "read  write",
            " read",
            "read ",
            "read\twrite",
            "ok \u{7f}",
        ] {
            assert!(Scope::parse_list(bad).is_none(), "{bad:?}");
        }
    }
}
