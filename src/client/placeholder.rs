//! What tools put where a value belongs that is filled in later, such as `${HOST}`: nothing that a registration can hold.

/// How the name of a variable is marked out: by what stands before it and behind it.
const MARKS: [(&str, &str); 9] = [
    ("${", "}"),
    ("$(", ")"),
    ("{{", "}}"),
    ("{", "}"),
    ("<", ">"),
    ("__", "__"),
    ("##", "##"),
    ("@@", "@@"),
    ("%", "%"),
];

/// Whether some part of a text is to be filled in, as in `https://app.${DOMAIN}/callback` or `https://__HOST__/callback`.
pub fn holds_placeholder(text: &str) -> bool {
    // Most texts have none of the characters that begin one.
    text.bytes()
        .any(|byte| matches!(byte, b'{' | b'<' | b'$' | b'_' | b'#' | b'@' | b'%'))
        && (text.contains("<%")
            || MARKS.iter().any(|marks| has_name_between(text, *marks))
            || has_variable(text))
}

/// Whether it has the name of a variable as shells write it, `$HOST`. In the place of a host it may have small letters too: no
/// host has a dollar sign (RFC 1123 §2.1).
fn has_variable(text: &str) -> bool {
    let host = text.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let in_host = host
        .match_indices('$')
        .any(|(at, _)| host.get(at + 1..).is_some_and(|rest| rest.starts_with(is_letter)));
    in_host
        || text.match_indices('$').any(|(at, _)| {
            let rest = text.get(at + 1..).unwrap_or_default();
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            is_variable(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default())
        })
}

/// Whether it is a name of two capital letters or more, as variables have them.
fn is_variable(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// How the names of variables and of secrets that are kept elsewhere are marked out where they are all there is.
const MARKS_OF_ALL: [(&str, &str); 5] = [
    ("#{", "}"),
    ("((", "))"),
    ("ENC[", "]"),
    ("[your", "]"),
    ("op://", ""),
];

/// Whether a text is a placeholder and nothing else, as `__CLIENT_SECRET__` where a secret belongs.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    if text
        .strip_prefix('@')
        .and_then(|rest| rest.strip_suffix('@'))
        .is_some_and(is_variable)
        || text.starts_with('$') && is_variable(text.trim_start_matches('$'))
    {
        return true;
    }
    MARKS.iter().chain(&MARKS_OF_ALL).any(|(open, close)| {
        text.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(|name| matches!(*open, "ENC[" | "[your" | "op://") || is_name(name, open))
    })
}

fn has_name_between(text: &str, (open, close): (&str, &str)) -> bool {
    text.match_indices(open).any(|(at, _)| {
        let rest = text.get(at + open.len()..).unwrap_or_default();
        rest.split_once(close)
            .is_some_and(|(name, _)| is_name(name, open))
    })
}

/// Whether this is what stands in such marks. Where the marks could stand in an address for themselves, only a name in capital
/// letters is one, as everybody writes it there; an octet that is percent-encoded (RFC 3986 §2.1) is none, nor how often
/// something may stand in a regular expression.
fn is_name(name: &str, open: &str) -> bool {
    if !matches!(open, "__" | "##" | "@@" | "%") {
        let name = name.trim_start_matches([' ', '.', '$']);
        return name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    }
    let is_octet = |name: &str| name.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && !(open == "%" && is_octet(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_later_is_told_from_what_an_address_may_hold() {
        for text in [
            "https://app.${DOMAIN}/callback",
            "$(env:APP_URL)/callback",
            "https://{{ .Values.host }}/callback",
            "https://{tenant}.example.com/callback",
            "https://<your-domain>/callback",
            "https://__HOST__/callback",
            "https://##ENV##.example.com/callback",
            "@@APP_URL@@",
            "https://%HOST%/callback",
            "https://<%= host %>/callback",
            "https://app.$HOST/callback",
            "https://$d/callback",
            "https://app.#{HOST}/callback",
            "$PUBLIC_URL",
        ] {
            assert!(holds_placeholder(text), "{text}");
        }
        for text in [
            "https://app.example.com/call__back__to",
            "https://app.example.com/%C3%A4%C3%B6",
            "https://app.example.com/%EF%BC%8F/%AB%CD",
            "https://app.example.com/#/callback",
            "https://user@app.example.com/@@/",
            "https://app.example.com/$/callback",
            "https://app.example.com/$value?a=$A",
            "http://127.0.0.1/",
            "https://app.example.com/[a-z]{3}",
            "com.example.app:/callback",
        ] {
            assert!(!holds_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_secret_is_a_placeholder_only_as_a_whole() {
        for text in [
            "__OIDC_SECRET__",
            "${SECRET}",
            "<secret>",
            "%SECRET%",
            "##S##",
            " @@S@@ ",
            "$CLIENT_SECRET",
            "$$CLIENT_SECRET",
            "((client-secret))",
            "@CLIENT_SECRET@",
            "#{ClientSecret}",
            "[your-client-secret]",
            "ENC[AES256_GCM,data:abc,type:str]",
            "op://vault/item/secret",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "__a__", "x${S}", "%AB%", "s3cret", "____", "<>", "$s3cret", "$5", "@a@", "[x]",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
