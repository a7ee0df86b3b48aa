//! Redirect URIs: what a sound one is, and the one matcher (RFC 9700 §2.1, RFC 8252 §7.3).

mod compare;
mod pasted;
mod trial;

use std::fmt;

use url::{Host, Url};

pub use compare::{Cause, Comparison, Difference, Part, Piece, nearest};
pub use pasted::{Pasted, Shape, Unread, read};
pub use trial::{Remedy, Trial, Verdict, put_to_the_test};

use super::validate::has_unsafe_characters;
use super::{ApplicationType, Rule, holds_placeholder};

/// The longest redirect URI that is kept, in characters.
pub const MAX_LENGTH: usize = 2_048;

/// Schemes that run or read something instead of receiving a code (RFC 8252 §7.1, by analogy).
const BAD_SCHEMES: [&str; 15] = [
    "about",
    "blob",
    "chrome",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "mailto",
    "vbscript",
    "view-source",
    "ws",
];

/// What follows `urn:` in the addresses that mean that the code is shown on a page, or in its title, for the person to copy. No
/// program receives it, and none can claim it. RFC 8252 §7 has ways in their place.
const OUT_OF_BAND: [&str; 2] = ["ietf:wg:oauth:2.0:oob", "ietf:wg:oauth:2.0:oob:auto"];

/// A callback address that breaks no rule marked *refuse*; compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Reads a redirect URI.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        match problems(text).into_iter().find(|rule| rule.refuses()) {
            Some(rule) => Err(rule),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The address as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a requested address is this one: equal in every character, except that a native client may choose
    /// the port of a loopback IP literal at the time of the request (RFC 8252 §7.3).
    pub fn matches(&self, requested: &str, application_type: ApplicationType) -> bool {
        if self.0 == requested {
            return true;
        }
        if application_type != ApplicationType::Native {
            return false;
        }
        matches!(
            (split_loopback(&self.0), split_loopback(requested)),
            (Some(registered), Some(asked)) if registered == asked
        )
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A loopback address without its port: host literal and everything from the path on. `None` for all else.
fn split_loopback(uri: &str) -> Option<(&str, &str)> {
    let after_scheme = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"]
        .into_iter()
        .find(|host| after_scheme.starts_with(host))?;
    let after_host = after_scheme.strip_prefix(host)?;
    let rest = match after_host.strip_prefix(':') {
        Some(after_colon) => {
            let end = after_colon
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after_colon.len());
            let (port, rest) = after_colon.split_at(end);
            // Nobody listens on port 0, and nobody who does writes zeros before it.
            let is_port = !port.starts_with('0') && port.parse::<u16>().is_ok();
            is_port.then_some(rest)?
        }
        None => after_host,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// Why a requested address is none of the registered ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The registered address that comes nearest; none when none is registered.
    pub nearest: Option<String>,
    /// The part that differs from it, in words.
    pub part: &'static str,
    /// That part as registered.
    pub registered: String,
    /// That part as requested.
    pub requested: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nearest {
            None => f.write_str("No redirect URI is registered for this client"),
            Some(nearest) => write!(
                f,
                "The {} differs from the registered {nearest}: registered {:?}, requested {:?}",
                self.part, self.registered, self.requested
            ),
        }
    }
}

/// The one question of `/authorize`: which registered address is this?
///
/// # Errors
/// [`Mismatch`]: the nearest registered address and the part that differs.
pub fn find_match<'a>(
    registered: &'a [RedirectUri],
    requested: &str,
    application_type: ApplicationType,
) -> Result<&'a RedirectUri, Mismatch> {
    registered
        .iter()
        .find(|uri| uri.matches(requested, application_type))
        .ok_or_else(|| explain(registered, requested, application_type))
}

fn explain(registered: &[RedirectUri], requested: &str, application_type: ApplicationType) -> Mismatch {
    let nearest = nearest(registered, requested, application_type);
    let first = nearest
        .as_ref()
        .and_then(|nearest| nearest.differences().into_iter().next());
    match first {
        Some(first) => Mismatch {
            nearest: nearest.map(|nearest| nearest.registered),
            part: first.part.name(),
            registered: first.registered,
            requested: first.requested,
        },
        None => Mismatch {
            nearest: None,
            part: "address",
            registered: String::new(),
            requested: requested.to_owned(),
        },
    }
}

/// An address as the URL standard reads it; nothing where it is none, or longer than any that is kept.
pub(super) fn parsed(uri: &str) -> Option<Url> {
    (uri.len() <= MAX_LENGTH).then(|| Url::parse(uri).ok()).flatten()
}

/// Every rule that one address breaks by itself, the gravest reason first. The client's type is not asked.
pub fn problems(uri: &str) -> Vec<Rule> {
    match plainly_sound(uri) {
        Some(_) => Vec::new(),
        None => problems_as(uri, parsed(uri).as_ref()),
    }
}

/// The host of an address of https in which every character means itself, so that it breaks no rule, which can be told without
/// reading it as the URL standard does. Most are such; none of any other.
pub(super) fn plainly_sound(uri: &str) -> Option<&str> {
    let host = plain_host(uri)?;
    let path = uri.get("https://".len() + host.len()..)?;
    let means_itself =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~');
    let is_plain = path.bytes().all(means_itself) && !path.contains("/.") && !path.contains("__");
    (is_plain && uri.len() <= MAX_LENGTH).then_some(host)
}

/// The same for an address that has been [`parsed`] already.
pub(super) fn problems_as(uri: &str, url: Option<&Url>) -> Vec<Rule> {
    let mut problems = problems_of_text(uri, url);
    if holds_placeholder(uri) {
        // What else is odd about it comes of that.
        problems.retain(|rule| match rule {
            Rule::TextUnsafe => has_unsafe_characters(uri),
            Rule::RedirNotAbsolute | Rule::RedirFragment | Rule::RedirAmbiguous => false,
            _ => true,
        });
        problems.push(Rule::RedirTemplate);
        sort(&mut problems);
    }
    problems
}

fn problems_of_text(uri: &str, url: Option<&Url>) -> Vec<Rule> {
    if uri.len() > MAX_LENGTH {
        return vec![Rule::TextTooLong];
    }
    if has_unsafe_characters(uri) || uri.contains(|c: char| c.is_whitespace() || c == '\\') {
        return vec![Rule::TextUnsafe];
    }
    if uri.starts_with('*') {
        return vec![Rule::RedirAny];
    }
    let Some((scheme, rest)) = uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return vec![Rule::RedirNotAbsolute];
    };
    if is_port(rest) {
        return vec![Rule::RedirNotAbsolute];
    }
    let scheme = scheme.to_ascii_lowercase();
    let is_web = matches!(scheme.as_str(), "http" | "https");
    if !is_web && BAD_SCHEMES.contains(&scheme.as_str()) {
        return vec![Rule::RedirBadScheme];
    }
    if matches!(
        rest,
        "" | "/" | "//" | "*" | "/*" | "//*" | "///*" | "//*/*" | "//*/"
    ) {
        return vec![Rule::RedirAny];
    }
    let mut problems = match scheme.as_str() {
        "http" | "https" => web_problems(uri, url, &scheme, rest),
        "urn" if OUT_OF_BAND.contains(&rest) => vec![Rule::RedirOutOfBand],
        _ => custom_problems(rest),
    };
    if uri.contains('#') {
        problems.push(Rule::RedirFragment);
    }
    if is_path_pattern(rest) && !problems.contains(&Rule::RedirHostWildcard) {
        problems.push(Rule::RedirPathWildcard);
    }
    sort(&mut problems);
    problems
}

/// The gravest reason first.
fn sort(problems: &mut [Rule]) {
    problems.sort_by_key(|rule| std::cmp::Reverse((rule.refuses(), rule.severity())));
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Whether a port follows a host whose scheme was forgotten: `localhost:4200/callback`.
fn is_port(rest: &str) -> bool {
    let (port, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    !port.is_empty() && (after.is_empty() || after.starts_with(['/', '*', '?', '#']))
}

/// `*` or an unmistakable regular expression in the path; in a query both are taken literally.
fn is_path_pattern(rest: &str) -> bool {
    let after_authority = rest
        .strip_prefix("//")
        .map_or(rest, |rest| rest.split_once('/').map_or("", |(_, path)| path));
    let path = after_authority.split(['?', '#']).next().unwrap_or_default();
    // Most addresses have none of the characters that a pattern is made of.
    if !path.contains(['*', '(', '+', '[', '\\', '$']) {
        return false;
    }
    path.contains('*')
        || ["(?", ".+", "[^", "\\d", "\\w"]
            .iter()
            .any(|pattern| path.contains(pattern))
        || path.ends_with('$')
}

fn web_problems(uri: &str, url: Option<&Url>, scheme: &str, rest: &str) -> Vec<Rule> {
    let Some(after) = rest.strip_prefix("//") else {
        return vec![Rule::RedirNotAbsolute];
    };
    let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.starts_with(':') {
        return vec![Rule::RedirNotAbsolute];
    }
    let mut problems = Vec::new();
    if authority.contains('@') {
        problems.push(Rule::RedirUserinfo);
    }
    if authority.contains('*') {
        problems.push(Rule::RedirHostWildcard);
        return problems;
    }
    let Some(url) = url else {
        problems.push(Rule::RedirNotAbsolute);
        // Whatever host is filled in.
        if scheme == "http" && holds_placeholder(authority) {
            problems.push(Rule::RedirHttp);
        }
        return problems;
    };
    if scheme == "http" && !is_loopback(url) {
        problems.push(Rule::RedirHttp);
    }
    if url.host_str() == Some("localhost") {
        problems.push(Rule::RedirLocalhostName);
    }
    // What the URL standard would rewrite can be written two ways; an empty path is written as it was registered.
    let rewritten = url.as_str() != uri && url.as_str().strip_suffix('/') != Some(uri);
    if rewritten || has_look_alike(url) || has_escaped_dot(uri) {
        problems.push(Rule::RedirAmbiguous);
    }
    problems
}

/// Whether a dot is written by its number, in either case.
fn has_escaped_dot(uri: &str) -> bool {
    uri.contains("%2e") || uri.contains("%2E")
}

fn custom_problems(rest: &str) -> Vec<Rule> {
    let authority = rest
        .strip_prefix("//")
        .and_then(|after| after.split('/').next())
        .unwrap_or_default();
    match authority {
        wild if wild.contains('*') => vec![Rule::RedirHostWildcard],
        user if user.contains('@') => vec![Rule::RedirUserinfo],
        _ => vec![Rule::RedirCustomScheme],
    }
}

/// Whether a private-use scheme is in reverse-domain form (RFC 8252 §7.1): it holds a period.
pub fn has_reverse_domain_scheme(uri: &str) -> bool {
    uri.split_once(':')
        .is_some_and(|(scheme, _)| scheme.contains('.'))
}

/// Whether the host is this machine: `127.0.0.0/8`, `[::1]` or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether an address leads to this machine, as [`is_loopback`] says it.
pub fn leads_to_loopback(uri: &str) -> bool {
    plain_host(uri).is_none() && Url::parse(uri).is_ok_and(|url| is_loopback(&url))
}

/// The host of an address of https that is spelt so plainly that the URL standard reads it as it stands: a name of another
/// machine, without a port or a user. Most are, and need not be read to know; none of any other.
pub(super) fn plain_host(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("https://")?;
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let end = rest.bytes().position(|byte| !is_plain(byte));
    let (host, after) = rest.split_at(end.unwrap_or(rest.len()));
    let is_whole = after.is_empty() || after.starts_with(['/', '?', '#']);
    // A last label that begins with a digit may be a number, and the whole an IPv4 address.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = last.starts_with(|c: char| c.is_ascii_lowercase()) && last != "localhost";
    let is_read_as_it_stands = !host.starts_with('.') && !host.contains("..") && !host.contains("xn--");
    (is_whole && is_name && is_read_as_it_stands).then_some(host)
}

/// Whether an internationalised label mixes alphabets, or is written wholly in letters that pass for Latin ones.
fn has_look_alike(url: &Url) -> bool {
    const PASS_FOR_LATIN: &str = "асԁеһіјӏорԛѕԝхуѵαονρτυ";
    let Some(Host::Domain(host)) = url.host() else {
        return false;
    };
    // Every other label is ASCII, and stays it.
    if !host.contains("xn--") {
        return false;
    }
    let (host, _) = idna::domain_to_unicode(host);
    host.split('.').filter(|label| !label.is_ascii()).any(|label| {
        let mixed = label.chars().any(|c| c.is_ascii_alphabetic())
            && label.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}'));
        mixed
            || label
                .chars()
                .filter(|c| c.is_alphabetic())
                .all(|c| PASS_FOR_LATIN.contains(c))
    })
}

#[cfg(test)]
mod tests;
