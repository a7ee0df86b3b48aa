//! Two addresses held against each other, part by part: where they differ, and why two that look the same are not.

use super::{RedirectUri, is_scheme, split_loopback};
use crate::client::validate::has_unsafe_characters;
use crate::client::{ApplicationType, make_visible};

/// A part of an address, in the order in which people compare them (RFC 3986 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Up to the host.
    Scheme,
    /// What stands before `@`.
    UserInfo,
    /// The name or the number of the machine.
    Host,
    /// Its port.
    Port,
    /// From the first slash on.
    Path,
    /// From `?` on.
    Query,
    /// From `#` on.
    Fragment,
}

impl Part {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::UserInfo => "user name",
            Self::Host => "host",
            Self::Port => "port",
            Self::Path => "path",
            Self::Query => "query",
            Self::Fragment => "fragment",
        }
    }

    /// What a difference in it costs at most: another host is farther away than another path.
    const fn weight(self) -> usize {
        match self {
            Self::Scheme => 300,
            Self::UserInfo => 400,
            Self::Host => 1_000,
            Self::Port => 250,
            Self::Path => 600,
            Self::Query => 250,
            Self::Fragment => 150,
        }
    }

    /// The part without the signs that set it apart from the others.
    fn bare(self, text: &str) -> &str {
        match self {
            Self::Scheme => text.trim_end_matches('/').trim_end_matches(':'),
            Self::UserInfo => text.trim_end_matches('@'),
            Self::Port => text.trim_start_matches(':'),
            Self::Query => text.trim_start_matches('?'),
            Self::Fragment => text.trim_start_matches('#'),
            Self::Host | Self::Path => text,
        }
    }
}

/// One part of both addresses, with the signs that set it apart: put together, the pieces are the addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which.
    pub part: Part,
    /// As registered.
    pub registered: String,
    /// As requested.
    pub requested: String,
    /// Whether that is why they do not match. A port that may be any is not.
    pub differs: bool,
}

/// A part that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub part: Part,
    /// As registered; empty where it is absent.
    pub registered: String,
    /// As requested.
    pub requested: String,
    /// Why it differs, where there is more to say than that it does.
    pub causes: Vec<Cause>,
}

/// What may be behind a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Upper and lower case.
    Case,
    /// Percent-encoding.
    Encoding,
    /// A slash at the end.
    LastSlash,
    /// The usual port of the scheme, written out or not.
    UsualPort,
    /// One of this machine's three names for another.
    Loopback,
    /// `www.`
    Www,
    /// A name in letters and the same name as `xn--`.
    Internationalised,
    /// White space or characters that nobody sees, spelled out.
    Hidden(String),
    /// `http` in place of `https`.
    Unencrypted,
    /// A loopback port, which would be free if the client were native or the host a number.
    FixedPort,
    /// The same parameters in another order.
    Order,
    /// Parameters that are registered and were not requested.
    Missing(Vec<String>),
    /// Parameters that were requested and are not registered.
    Added(Vec<String>),
    /// Parameters with another value.
    Value(Vec<String>),
}

impl Cause {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        let named = |names: &[String]| names.join(", ");
        match self {
            Self::Case => "Only upper and lower case differ, and every character counts".to_owned(),
            Self::Encoding => "The same once percent-decoded, but compared as written".to_owned(),
            Self::LastSlash => "Only the slash at the end differs".to_owned(),
            Self::UsualPort => "It is the usual port of the scheme, written out on one side only".to_owned(),
            Self::Loopback => {
                "localhost, 127.0.0.1 and [::1] are this machine, but three different addresses".to_owned()
            }
            Self::Www => "One begins with www., the other does not".to_owned(),
            Self::Internationalised => "The same name, once in its letters and once as xn--".to_owned(),
            Self::Hidden(shown) => {
                format!("White space or an invisible character is in it: {shown}")
            }
            Self::Unencrypted => {
                "Behind a proxy that ends TLS, an application often takes its own address to be http"
                    .to_owned()
            }
            Self::FixedPort => {
                "Any port goes for a native client and for 127.0.0.1 or [::1] only (RFC 8252 §7.3)".to_owned()
            }
            Self::Order => "The same parameters in another order".to_owned(),
            Self::Missing(names) => format!("Registered and not requested: {}", named(names)),
            Self::Added(names) => format!("Requested and not registered: {}", named(names)),
            Self::Value(names) => format!("Another value: {}", named(names)),
        }
    }
}

/// A registered address and a requested one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The registered one.
    pub registered: String,
    /// Both, part by part.
    pub pieces: Vec<Piece>,
}

impl Comparison {
    fn new(registered: &RedirectUri, requested: &str, application_type: ApplicationType) -> Self {
        let registered = registered.as_str();
        // Where the port may be any, it is never what is wrong (RFC 8252 §7.3).
        let any_port = application_type == ApplicationType::Native
            && split_loopback(registered)
                .zip(split_loopback(requested))
                .is_some_and(|((one, _), (other, _))| one == other);
        let piece = |((part, registered), (_, requested)): ((Part, &str), (Part, &str))| Piece {
            part,
            registered: registered.to_owned(),
            requested: requested.to_owned(),
            differs: registered != requested && !(part == Part::Port && any_port),
        };
        let pairs = split(registered).into_iter().zip(split(requested));
        Self {
            registered: registered.to_owned(),
            pieces: pairs.map(piece).collect(),
        }
    }

    /// The parts that differ, in order.
    pub fn differences(&self) -> Vec<Difference> {
        let differing = self.pieces.iter().filter(|piece| piece.differs);
        differing.map(|piece| self.difference(piece)).collect()
    }

    fn difference(&self, piece: &Piece) -> Difference {
        let bare = |text| piece.part.bare(text);
        let (mut registered, mut requested) = (bare(&piece.registered), bare(&piece.requested));
        // A mere `?` at the end, or `https:/` for `https://`: the signs are what differs.
        if registered == requested {
            (registered, requested) = (&piece.registered, &piece.requested);
        }
        Difference {
            part: piece.part,
            causes: self.causes(piece.part, registered, requested),
            registered: registered.to_owned(),
            requested: requested.to_owned(),
        }
    }

    fn causes(&self, part: Part, registered: &str, requested: &str) -> Vec<Cause> {
        let mut causes = spelling(registered, requested);
        match part {
            Part::Scheme if registered == "https" && requested == "http" => causes.push(Cause::Unencrypted),
            Part::Host => causes.extend(host_causes(registered, requested)),
            Part::Port => causes.extend(self.port_cause(registered, requested)),
            Part::Path if registered.trim_end_matches('/') == requested.trim_end_matches('/') => {
                causes.push(Cause::LastSlash);
            }
            Part::Query => causes.extend(query_causes(registered, requested)),
            _ => {}
        }
        causes
    }

    fn port_cause(&self, registered: &str, requested: &str) -> Option<Cause> {
        let requested_of = |part| {
            let piece = self.pieces.iter().find(|piece| piece.part == part);
            piece.map_or("", |piece| piece.requested.as_str())
        };
        let usual = match requested_of(Part::Scheme) {
            "https://" => "443",
            "http://" => "80",
            _ => "none",
        };
        let is_usual = |one: &str, other: &str| one.is_empty() && other == usual;
        if is_usual(registered, requested) || is_usual(requested, registered) {
            return Some(Cause::UsualPort);
        }
        LOOPBACK
            .contains(&requested_of(Part::Host))
            .then_some(Cause::FixedPort)
    }

    /// How far apart they are: 0 where nothing differs.
    fn distance(&self) -> usize {
        let differing = self.pieces.iter().filter(|piece| piece.differs);
        differing
            .map(|piece| {
                let (one, other) = (piece.registered.as_str(), piece.requested.as_str());
                let weight = piece.part.weight();
                let longest = one.len().max(other.len()).max(1);
                let share = if spelling(one, other).is_empty() {
                    longest - alike(one, other)
                } else {
                    0
                };
                weight / 4 + weight * 3 / 4 * share / longest
            })
            .sum()
    }
}

/// The registered address that comes nearest to a requested one, held against it.
pub fn nearest(
    registered: &[RedirectUri],
    requested: &str,
    application_type: ApplicationType,
) -> Option<Comparison> {
    let compared = registered
        .iter()
        .map(|uri| Comparison::new(uri, requested, application_type));
    compared.min_by_key(Comparison::distance)
}

/// This machine's names, as people write them.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Cuts an address into its parts; together they are the whole of it.
fn split(uri: &str) -> [(Part, &str); 7] {
    let named = uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
    let after_colon = named.map_or(0, |(scheme, _)| scheme.len() + 1);
    let has_authority = named.map_or(uri, |(_, rest)| rest).starts_with("//");
    let (scheme, rest) = uri.split_at(after_colon + if has_authority { 2 } else { 0 });
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(if has_authority { end } else { 0 });
    let (user_info, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let colon = host
        .rfind(':')
        .filter(|colon| host.rfind(']').is_none_or(|bracket| bracket < *colon));
    let (host, port) = host.split_at(colon.unwrap_or(host.len()));
    let (rest, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    [
        (Part::Scheme, scheme),
        (Part::UserInfo, user_info),
        (Part::Host, host),
        (Part::Port, port),
        (Part::Path, path),
        (Part::Query, query),
        (Part::Fragment, fragment),
    ]
}

/// How many bytes two texts share at both ends.
fn alike(one: &str, other: &str) -> usize {
    let shortest = one.len().min(other.len());
    let same = |(a, b): &(u8, u8)| a == b;
    let begin = one.bytes().zip(other.bytes()).take_while(same).count();
    let end = one
        .bytes()
        .rev()
        .zip(other.bytes().rev())
        .take_while(same)
        .count();
    (begin + end).min(shortest)
}

/// Why two texts that are written otherwise mean the same.
fn spelling(registered: &str, requested: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let is_hidden = |text: &str| has_unsafe_characters(text) || text.contains(char::is_whitespace);
    if is_hidden(requested) {
        let shown = make_visible(requested).replace(char::is_whitespace, "<white space>");
        causes.push(Cause::Hidden(shown));
    }
    if registered.eq_ignore_ascii_case(requested) {
        causes.push(Cause::Case);
    } else if percent_decoded(registered) == percent_decoded(requested) {
        causes.push(Cause::Encoding);
    }
    causes
}

fn host_causes(registered: &str, requested: &str) -> Option<Cause> {
    let without_www = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_ascii_lowercase();
    let unicode = |host: &str| idna::domain_to_unicode(host).0;
    if LOOPBACK.contains(&registered) && LOOPBACK.contains(&requested) {
        Some(Cause::Loopback)
    } else if registered.eq_ignore_ascii_case(requested) {
        None
    } else if without_www(registered) == without_www(requested) {
        Some(Cause::Www)
    } else {
        (unicode(registered) == unicode(requested)).then_some(Cause::Internationalised)
    }
}

fn query_causes(registered: &str, requested: &str) -> Vec<Cause> {
    let pairs = |query: &str| -> Vec<(String, String)> {
        let pairs = query.trim_start_matches('?').split('&');
        let pairs = pairs.filter(|pair| !pair.is_empty());
        let halves = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        halves
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let (mut registered, mut requested) = (pairs(registered), pairs(requested));
    let without = |these: &[(String, String)], others: &[(String, String)]| -> Vec<String> {
        let lacks = |(name, _): &&(String, String)| !others.iter().any(|(other, _)| other == name);
        these
            .iter()
            .filter(lacks)
            .map(|(name, _)| make_visible(name))
            .collect()
    };
    let missing = without(&registered, &requested);
    let added = without(&requested, &registered);
    let other_value = |pair: &&(String, String)| {
        registered.iter().any(|(name, _)| *name == pair.0) && !registered.contains(pair)
    };
    let values = requested.iter().filter(other_value);
    let values: Vec<String> = values.map(|(name, _)| make_visible(name)).collect();
    registered.sort_unstable();
    requested.sort_unstable();
    let mut causes = Vec::new();
    if registered == requested && registered.len() > 1 {
        causes.push(Cause::Order);
    }
    for (names, cause) in [
        (missing, Cause::Missing as fn(Vec<String>) -> Cause),
        (added, Cause::Added),
        (values, Cause::Value),
    ] {
        if !names.is_empty() {
            causes.push(cause(names));
        }
    }
    causes
}

/// A text with its percent-encoded bytes decoded once (RFC 3986 §2.1); what is no such byte stays.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let encoded = match (first, after) {
            (b'%', [high, low, ..]) => digit(high).zip(digit(low)),
            _ => None,
        };
        let decoded = encoded.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(decoded.unwrap_or(*first));
        rest = after
            .get(if decoded.is_some() { 2 } else { 0 }..)
            .unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
