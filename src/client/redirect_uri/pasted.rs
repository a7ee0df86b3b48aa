//! The redirect URI in whatever a person pastes: an address, the request that was refused, the address where the browser
//! ended, or a line of a log.

use super::compare::percent_decoded;
use super::is_scheme;

/// More than this many bytes of a pasted text are not read.
const MOST_READ: usize = 65_536;

/// What the server adds to a redirect URI (RFC 6749 §4.1.2, RFC 9207 §2, OpenID Connect Session Management §2), and what
/// others add of their own.
const ADDED: [&str; 19] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "response",
    "session_state",
    "scope",
    "authuser",
    "prompt",
    "hd",
    "id_token",
    "access_token",
    "token_type",
    "expires_in",
    "client_info",
    "error_subcode",
    "error_reason",
];

/// Of these at least one is in every answer; without one, `state` or `scope` is the client's own.
const ANSWERS: [&str; 5] = ["code", "error", "response", "id_token", "access_token"];

/// What was pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The redirect URI itself.
    Address,
    /// A request that names it.
    Request,
    /// Where the browser ended, with what the server added.
    Callback,
    /// Text in which it stands.
    Text,
}

/// The redirect URI in a pasted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// As the client had sent it, were it not for a second encoding.
    pub address: String,
    /// Where it stood.
    pub shape: Shape,
    /// What the server had added and was left out, by name.
    pub left_out: Vec<&'static str>,
    /// Whether the client had encoded it once more than it may.
    pub encoded_twice: bool,
}

/// Why there is no redirect URI in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// There is no text.
    Nothing,
    /// It holds no address.
    NoAddress,
    /// It is a request without `redirect_uri`.
    NoRedirectUri,
}

impl Unread {
    /// What is to be said of it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Nothing => {
                "It can be the redirect URI, the request that was refused, where the browser ended, or a line of a log"
            }
            Self::NoAddress => {
                "There is no address in it. Paste the one from the error page or from the browser"
            }
            Self::NoRedirectUri => {
                "This request names no redirect_uri, which works only where exactly one is registered"
            }
        }
    }
}

/// Finds the redirect URI in a pasted text. Of the answer of a server nothing is kept: no code and no token.
///
/// # Errors
/// [`Unread`], where there is none.
pub fn read(text: &str) -> Result<Pasted, Unread> {
    let text = text
        .get(..text.floor_char_boundary(MOST_READ))
        .unwrap_or_default();
    let text = text.trim().trim_matches(QUOTES);
    if text.is_empty() {
        return Err(Unread::Nothing);
    }
    if let Some(found) = in_request(text) {
        return Ok(found);
    }
    let is_address = !text.contains(char::is_whitespace);
    let address = if is_address { Some(text) } else { in_text(text) };
    let address = address.ok_or(Unread::NoAddress)?;
    if is_request(address) {
        return Err(Unread::NoRedirectUri);
    }
    let (address, left_out) = without_answer(address);
    let shape = match (left_out.is_empty(), is_address) {
        (false, _) => Shape::Callback,
        (true, true) => Shape::Address,
        (true, false) => Shape::Text,
    };
    Ok(Pasted {
        address,
        shape,
        left_out,
        encoded_twice: false,
    })
}

/// What people and programs put around an address.
const QUOTES: [char; 6] = ['"', '\'', '`', '<', '>', '\\'];

/// The value of `redirect_uri`, in a request or in one that is itself a parameter of another address.
fn in_request(text: &str) -> Option<Pasted> {
    // As JSON may write it.
    let mut layer = text.replace("\\/", "/").replace("\\u0026", "&");
    for _ in 0..3 {
        if let Some((value, is_form)) = value(&layer) {
            let mut address = if is_form {
                form_decoded(value)
            } else {
                value.to_owned()
            };
            let encoded_twice = is_encoded(&address);
            while is_encoded(&address) {
                address = percent_decoded(&address);
            }
            let (address, left_out) = without_answer(&address);
            return Some(Pasted {
                address,
                shape: Shape::Request,
                left_out,
                encoded_twice,
            });
        }
        layer = percent_decoded(&layer);
    }
    None
}

/// What stands behind the name `redirect_uri`, and whether it stands there as in a form.
fn value(text: &str) -> Option<(&str, bool)> {
    const NAMES: [&str; 3] = ["redirect_uri", "redirect_url", "redirecturi"];
    // Lower case in ASCII keeps every byte in its place.
    let lower = text.to_ascii_lowercase();
    let ends = NAMES.into_iter().flat_map(|name| {
        let places = lower
            .match_indices(name)
            .map(move |(at, _)| (at, at + name.len()));
        places.collect::<Vec<_>>()
    });
    let is_whole = |(at, _): &(usize, usize)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    };
    ends.filter(is_whole).find_map(|(_, end)| {
        let after = text.get(end..)?;
        let sign = |c: char| c.is_whitespace() || QUOTES.contains(&c) || matches!(c, '=' | ':' | '(');
        let rest = after.trim_start_matches(sign);
        let signs = after.get(..after.len() - rest.len())?;
        let end = rest.find(|c: char| c == '&' || c.is_whitespace() || QUOTES.contains(&c));
        let value = rest
            .get(..end.unwrap_or(rest.len()))?
            .trim_end_matches([',', ';', ')']);
        let is_form = signs.contains('=');
        // What is not a parameter may end a sentence.
        let value = if is_form {
            value
        } else {
            value.trim_end_matches('.')
        };
        let is_parameter = signs == "=" && !value.is_empty();
        let is_address = !signs.is_empty() && (has_scheme(value) || is_encoded(value));
        (is_parameter || is_address).then_some((value, is_form))
    })
}

/// `https%3A…`, or the same encoded again.
fn is_encoded(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once('%') else {
        return false;
    };
    let rest = rest.trim_start_matches("25");
    is_scheme(scheme) && rest.get(..2).is_some_and(|byte| byte.eq_ignore_ascii_case("3a"))
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// As a server reads a parameter: `+` is a space (RFC 6749 appendix B).
fn form_decoded(value: &str) -> String {
    percent_decoded(&value.replace('+', " "))
}

/// The first address of a text of several words.
fn in_text(text: &str) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || QUOTES.contains(&c) || matches!(c, '(' | ')');
    let words = || {
        text.split(ends)
            .map(|word| word.trim_end_matches(['.', ',', ';']))
    };
    let with_authority = words().find_map(|word| {
        let sign = word.find("://")?;
        let begin = word
            .get(..sign)?
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
        word.get(begin.map_or(0, |begin| begin + 1)..)
            .filter(|address| has_scheme(address))
    });
    // `com.example.app:/callback`, and not the time of a log's line.
    let is_private = |word: &&str| {
        let scheme = word.split_once(":/").map_or("", |(scheme, _)| scheme);
        is_scheme(scheme) && scheme.contains('.')
    };
    with_authority.or_else(|| words().find(is_private))
}

/// Whether an address is that of a request for authorization (RFC 6749 §4.1.1, RFC 9126 §4).
fn is_request(address: &str) -> bool {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let has = |name: &str| query.split(['&', '#']).any(|pair| name_of(pair) == name);
    has("client_id") && (has("response_type") || has("request_uri") || has("scope"))
}

fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

/// An address without what the server added to it, and what that was.
fn without_answer(address: &str) -> (String, Vec<&'static str>) {
    let (rest, fragment) = match address.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (address, None),
    };
    let mut left_out = Vec::new();
    let mut kept = match rest.split_once('?') {
        Some((path, query)) => joined(path, '?', &without_added(query, &mut left_out), query),
        None => rest.to_owned(),
    };
    if let Some(fragment) = fragment {
        // A page that keeps its own paths there has the answer behind another question mark.
        let (path, pairs) = match fragment.split_once('?') {
            Some((path, pairs)) => (Some(path), pairs),
            None => (None, fragment),
        };
        let pairs_kept = without_added(pairs, &mut left_out);
        let fragment_kept = match path {
            Some(path) => joined(path, '?', &pairs_kept, pairs),
            None => pairs_kept,
        };
        // `#_=_` is left behind by one provider.
        let fragment_kept = if fragment == "_=_" {
            String::new()
        } else {
            fragment_kept
        };
        kept = joined(&kept, '#', &fragment_kept, fragment);
    }
    left_out.dedup();
    (kept, left_out)
}

/// What is left behind a sign; without anything left, the sign goes too, unless it stood there alone.
fn joined(before: &str, sign: char, kept: &str, was: &str) -> String {
    if kept.is_empty() && !was.is_empty() {
        before.to_owned()
    } else {
        format!("{before}{sign}{kept}")
    }
}

/// The parameters of a query that are no server's, as they were written.
fn without_added(query: &str, left_out: &mut Vec<&'static str>) -> String {
    let added = |pair: &str| ADDED.into_iter().find(|name| *name == name_of(pair));
    let is_answer = query.split('&').any(|pair| ANSWERS.contains(&name_of(pair)));
    if !is_answer {
        return query.to_owned();
    }
    left_out.extend(query.split('&').filter_map(added));
    let kept: Vec<&str> = query.split('&').filter(|pair| added(pair).is_none()).collect();
    kept.join("&")
}
