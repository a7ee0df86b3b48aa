//! What stands where a secret or a token was, in an exchange that is shown.

use std::borrow::Cow;

use serde_json::Value;

/// What stands where a secret was.
pub(super) const MASK: &str = "••••••••";

/// Of a token so much is shown, in characters: enough to know it again, too little to use it.
const SHOWN: usize = 27;

/// Parameters of requests and answers that are worth something to whoever reads them.
const PARAMETERS: [&str; 18] = [
    "access_token",
    "actor_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "csrf",
    "device_code",
    "id_token",
    "id_token_hint",
    "interaction",
    "password",
    "refresh_token",
    "registration_access_token",
    "request_uri",
    "subject_token",
    "token",
];

/// A form-urlencoded text, or the query of an address, with the values of such parameters masked.
pub(super) fn form(text: &str) -> String {
    form_with(text, |_| MASK.to_owned())
}

/// The same with something of the caller's in the place of each value.
pub(super) fn form_with(text: &str, instead: impl Fn(&str) -> String) -> String {
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if PARAMETERS.contains(&name) => Cow::Owned(format!("{name}={}", instead(name))),
        _ => Cow::Borrowed(pair),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// An address or the target of a request, with its query masked in the same way.
pub(super) fn address(text: &str) -> String {
    match text.split_once('?') {
        Some((before, query)) => format!("{before}?{}", form(query)),
        None => text.to_owned(),
    }
}

/// The first line and headers of a request or an answer, with credentials, cookies and codes masked.
pub(super) fn head(text: &str) -> String {
    let mut lines = text.split("\r\n");
    let first = lines.next().map(request_line).unwrap_or_default();
    let lines = std::iter::once(first).chain(lines.map(header));
    lines.collect::<Vec<_>>().join("\r\n")
}

/// `GET /authorize?… HTTP/1.1`; the first line of an answer has no address in it.
fn request_line(line: &str) -> String {
    let words = line.split(' ').map(address);
    words.collect::<Vec<_>>().join(" ")
}

fn header(line: &str) -> String {
    let Some((name, value)) = line.split_once(':') else {
        return line.to_owned();
    };
    // RFC 9112 §5: white space around a value is no part of it, and there need be none.
    let value = value.trim();
    let masked = match name.to_ascii_lowercase().as_str() {
        "authorization" => {
            let scheme = value.split_whitespace().next().unwrap_or_default();
            format!("{scheme} {MASK}")
        }
        "cookie" => {
            let cookies = value.split("; ").map(cookie);
            cookies.collect::<Vec<_>>().join("; ")
        }
        "set-cookie" => match value.split_once(';') {
            Some((first, attributes)) => format!("{};{attributes}", cookie(first)),
            None => cookie(value),
        },
        "location" => address(value),
        "dpop" => MASK.to_owned(),
        _ => return line.to_owned(),
    };
    format!("{name}: {masked}")
}

fn cookie(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default();
    format!("{name}={MASK}")
}

/// JSON with the tokens in it cut, however deep they stand.
pub(super) fn json(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let masked = members.iter().map(|(name, value)| {
                let is_secret = PARAMETERS.contains(&name.as_str());
                let value = match value.as_str().filter(|_| is_secret) {
                    Some(text) => cut(text).into(),
                    None => json(value),
                };
                (name.clone(), value)
            });
            Value::Object(masked.collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(json).collect()),
        other => other.clone(),
    }
}

fn cut(token: &str) -> String {
    // What is hardly longer than what would be shown of it is not shown at all.
    if token.chars().count() < 2 * SHOWN {
        return MASK.to_owned();
    }
    format!("{}…", token.chars().take(SHOWN).collect::<String>())
}

/// A page with what its forms carry unseen masked: the values of hidden fields.
pub(super) fn page(html: &str) -> String {
    const HIDDEN: &str = "type=\"hidden\"";
    const VALUE: &str = "value=\"";
    let mut masked = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(HIDDEN) {
        let (before, from) = rest.split_at(at);
        masked.push_str(before);
        let end = from.find('>').unwrap_or(from.len());
        let (tag, after) = from.split_at(end);
        match tag.split_once(VALUE) {
            Some((head, value)) => {
                let tail = value.split_once('"').map_or("", |(_, tail)| tail);
                masked.push_str(&format!("{head}{VALUE}{MASK}\"{tail}"));
            }
            None => masked.push_str(tag),
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_authenticates_or_is_a_token_is_masked_and_the_rest_stays_as_it_was() {
        for (clear, masked) in [
            ("POST /token HTTP/1.1", "POST /token HTTP/1.1"),
            (
                "GET /authorize?client_id=a&interaction=s3cret HTTP/1.1",
                "GET /authorize?client_id=a&interaction=•••••••• HTTP/1.1",
            ),
            ("HTTP/1.1 200 OK", "HTTP/1.1 200 OK"),
            (
                "x\r\nAuthorization: Basic czNjcmV0",
                "x\r\nAuthorization: Basic ••••••••",
            ),
            (
                "x\r\nCookie: session=s3cret; other=s3cret",
                "x\r\nCookie: session=••••••••; other=••••••••",
            ),
            (
                "x\r\nset-cookie: session=s3cret; HttpOnly; SameSite=Lax",
                "x\r\nset-cookie: session=••••••••; HttpOnly; SameSite=Lax",
            ),
            (
                "x\r\nlocation: https://app.example.com/cb?code=s3cret&state=a&iss=b",
                "x\r\nlocation: https://app.example.com/cb?code=••••••••&state=a&iss=b",
            ),
            ("x\r\nAccept: application/json", "x\r\nAccept: application/json"),
            (
                "x\r\nSet-Cookie:session=s3cret",
                "x\r\nSet-Cookie: session=••••••••",
            ),
            (
                "GET /authorize?client_id=a&request_uri=urn%3As3cret HTTP/1.1",
                "GET /authorize?client_id=a&request_uri=•••••••• HTTP/1.1",
            ),
        ] {
            assert_eq!(head(clear), masked);
        }
        assert_eq!(
            form("grant_type=refresh_token&refresh_token=s3cret&scope=read"),
            "grant_type=refresh_token&refresh_token=••••••••&scope=read"
        );
    }

    #[test]
    fn of_a_token_in_json_only_the_beginning_is_shown_and_of_a_short_one_nothing() {
        let long = "a".repeat(60);
        let masked = json(
            &json!({ "access_token": long, "refresh_token": "short", "scope": "read", "expires_in": 600 }),
        );
        assert_eq!(masked["access_token"], format!("{}…", "a".repeat(27)));
        assert_eq!(masked["refresh_token"], MASK);
        let deep = json(&json!({ "data": [{ "access_token": "s3cret" }], "codes": ["read"] }));
        assert_eq!(
            deep,
            json!({ "data": [{ "access_token": MASK }], "codes": ["read"] })
        );
        assert_eq!(
            (&masked["scope"], &masked["expires_in"]),
            (&"read".into(), &600.into())
        );
    }

    #[test]
    fn hidden_fields_of_a_page_are_masked() {
        let html =
            r#"<p>a</p><input type="hidden" name="csrf" value="s3cret"><input name="username" value="ada">"#;
        assert_eq!(
            page(html),
            r#"<p>a</p><input type="hidden" name="csrf" value="••••••••"><input name="username" value="ada">"#
        );
        for odd in [
            "",
            "<input type=\"hidden\"",
            "<input type=\"hidden\" value=\"a",
            "<input type=\"hidden\">",
        ] {
            let masked = page(odd);
            assert!(!masked.contains("=\"a"), "{masked}");
        }
    }
}
