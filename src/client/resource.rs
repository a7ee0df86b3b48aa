//! The names of a resource server: its identifier, which stands in `aud`, and its slug, which stands in URLs.

use url::{Host, Url};

use super::has_unsafe_characters;

/// The longest identifier that is kept, in bytes.
pub const MAX_IDENTIFIER: usize = 1_024;
/// The longest slug, in characters: that of a host's label (RFC 1035 §2.3.4).
pub const MAX_SLUG: usize = 63;
/// The most scopes that a resource server knows.
pub const MOST_SCOPES: usize = 200;

/// Why a text cannot be an identifier. It need be no URI, but what is one has no fragment (RFC 8707 §2).
pub fn identifier_problem(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("An identifier is what stands in the aud of tokens, such as https://api.example.com");
    }
    if text.len() > MAX_IDENTIFIER {
        return Some("An identifier may have 1024 characters at most");
    }
    if text.contains(char::is_whitespace) || has_unsafe_characters(text) {
        return Some("An identifier has no spaces and no control characters");
    }
    let has_fragment = Url::parse(text).is_ok_and(|url| url.fragment().is_some());
    has_fragment.then_some("An identifier that is a URI has no fragment: leave out the # and what follows")
}

/// Why a text cannot be a slug: one segment of a path, that nobody can write in another way.
pub fn slug_problem(text: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends_in_dash = text.starts_with('-') || text.ends_with('-');
    if text.is_empty() || text.len() > MAX_SLUG || !text.bytes().all(allowed) || ends_in_dash {
        return Some("A slug is 1 to 63 lower-case letters, digits and dashes, and no dash at its ends");
    }
    None
}

/// A slug for an identifier that is none of those taken: `payroll` for `https://payroll.example.com`.
pub fn propose_slug(identifier: &str, taken: &[String]) -> String {
    let slug = slug_of(&telling_part(identifier));
    let slug = if slug.is_empty() { "api".to_owned() } else { slug };
    let is_free = |slug: &String| !taken.contains(slug);
    if is_free(&slug) {
        return slug;
    }
    let numbered = (2..=taken.len() + 2).map(|number| {
        let stem: String = slug.chars().take(MAX_SLUG - 8).collect();
        format!("{}-{number}", stem.trim_end_matches('-'))
    });
    numbered.into_iter().find(is_free).unwrap_or(slug)
}

/// What sets an identifier apart: the last segment of its path, or else the first label of its host that is not `api` or
/// `www`, or the last part of a name.
fn telling_part(identifier: &str) -> String {
    let Ok(url) = Url::parse(identifier) else {
        return last_part(identifier).to_owned();
    };
    let path = url.path().trim_matches('/');
    match url.host() {
        Some(Host::Domain(host)) if path.is_empty() => {
            let mut labels = host.split('.');
            let telling = labels.find(|label| !matches!(*label, "api" | "www"));
            telling.unwrap_or(host).to_owned()
        }
        Some(host) if path.is_empty() => host.to_string(),
        _ => last_part(path).to_owned(),
    }
}

fn last_part(text: &str) -> &str {
    text.rsplit([':', '/'])
        .find(|part| !part.is_empty())
        .unwrap_or(text)
}

fn slug_of(text: &str) -> String {
    let dashed: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(MAX_SLUG)
        .collect();
    dashed.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_proposed_from_what_sets_an_identifier_apart() {
        for (identifier, slug) in [
            ("https://payroll.example.com", "payroll"),
            ("https://api.example.com", "example"),
            ("https://example.com/Payroll_v2/", "payroll-v2"),
            ("urn:example:ledger", "ledger"),
            ("ledger", "ledger"),
            ("http://127.0.0.1:8080", "127-0-0-1"),
            ("", "api"),
            ("---", "api"),
        ] {
            let proposed = propose_slug(identifier, &[]);
            assert_eq!(proposed, slug, "{identifier}");
            assert_eq!(slug_problem(&proposed), None);
        }
        let taken = ["ledger".to_owned(), "ledger-2".to_owned()];
        assert_eq!(propose_slug("ledger", &taken), "ledger-3");
    }

    #[test]
    fn a_slug_and_an_identifier_are_told_what_they_are_not() {
        for bad in [
            "",
            "Payroll",
            "a b",
            "a/b",
            "a.b",
            "-a",
            "a-",
            "%61",
            &"a".repeat(64),
        ] {
            assert!(slug_problem(bad).is_some(), "{bad}");
        }
        for bad in ["", "a b", "https://a.example#x", "a\u{202e}", &"a".repeat(1_025)] {
            assert!(identifier_problem(bad).is_some(), "{bad}");
        }
        for good in ["https://api.example.com", "urn:example:api", "ledger", "C#"] {
            assert_eq!(identifier_problem(good), None, "{good}");
        }
    }
}
