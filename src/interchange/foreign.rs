//! What every format is read into: one client of another system, not yet judged and not yet kept.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::client::password::{self, hide_passwords};
use crate::client::{ClientDraft, ClientId, Secret, SecretHash, Status, is_placeholder};

/// What a file had in one place: a client, or why there is none.
pub type Piece = Result<ForeignClient, Unreadable>;

/// A client as a file of another system has it. What that system does with it that no field holds stands among the draft's
/// [practices](ClientDraft::practices).
#[derive(Clone, Debug)]
pub struct ForeignClient {
    /// Where it stands, such as `line 3`.
    pub place: String,
    /// The part of the other system that it belongs to, where that has parts: two may have a client of one identifier.
    pub realm: Option<String>,
    /// The version of the other system, where the file tells it.
    pub system_version: Option<String>,
    /// The other system's identifier, which is kept. Of a request, what an audit calls it by.
    pub client_id: ClientId,
    /// Of a request to be registered (RFC 7591 §3.1), which has no identifier yet: which one of the file it is, from 1. It can be
    /// judged, and is no client of anybody's.
    pub request: Option<usize>,
    /// What the file says of it.
    pub draft: ClientDraft,
    /// Whether it is switched on there; none where the format does not say.
    pub status: Option<Status>,
    /// Its secret, as far as the file has it.
    pub secret: ForeignSecret,
    /// Since when there is that secret, where the file tells it.
    pub secret_made_at: Option<Timestamp>,
    /// What was taken over as something else than the file says, as the other system reads it.
    pub changed: Vec<Changed>,
    /// What was not taken over.
    pub left_out: Vec<LeftOut>,
    /// The members, by the standard's names, in whose addresses a password stood.
    pub passwords: Vec<String>,
}

impl ForeignClient {
    /// A client of which nothing is known but its identifier.
    pub fn new(place: String, client_id: ClientId) -> Self {
        Self {
            place,
            realm: None,
            system_version: None,
            client_id,
            request: None,
            draft: ClientDraft::default(),
            status: None,
            secret: ForeignSecret::Absent,
            secret_made_at: None,
            changed: Vec::new(),
            left_out: Vec::new(),
            passwords: Vec::new(),
        }
    }

    /// Why a request is not taken over, nor compared. Here a client gets its identifier when it is registered (RFC 7591 §3.2.1),
    /// by a random number. One that is made from its name would not be: two applications of one name would be one client, another
    /// name would make another client, and nobody could be handed the secret.
    pub const IS_REQUEST: &str = "It has no client_id, so it is registered nowhere yet. Register it with chancery client create, or \
         write the client_id that its applications use into the file";

    /// The same client, in another place of what is read.
    pub fn moved_to(self, place: String) -> Self {
        let stand_in = self.request.and_then(|number| stand_in(number, &place));
        Self {
            client_id: stand_in.unwrap_or(self.client_id),
            place,
            ..self
        }
    }

    /// It has no identifier, and is the client of this number in its file. Where it has no name either, it is called by that.
    pub fn without_id(self, number: usize) -> Self {
        let mut client = Self {
            request: Some(number),
            ..self
        };
        if client.draft.name.is_empty() || client.draft.name == client.client_id.as_str() {
            client.draft.name = format!("client {number}");
            client.changed.retain(|changed| changed.member != "client_name");
        }
        let place = std::mem::take(&mut client.place);
        client.moved_to(place)
    }

    /// The client without the passwords that stand in its addresses: they are kept without, and named.
    pub fn without_passwords(mut self) -> Self {
        let texts = self.changed.iter_mut().map(|changed| &mut changed.how);
        for text in texts.chain(self.left_out.iter_mut().map(|left| &mut left.why)) {
            if let Some(kept) = password::without_passwords(text) {
                *text = Cow::Owned(kept);
            }
        }
        let taken = self.draft.take_passwords();
        self.left_out.extend(taken.iter().map(|member| {
            const WHY: &str = "a registration keeps no secret in clear; the address is kept without it. Change that password";
            LeftOut::new(format!("a password in {member}"), WHY)
        }));
        self.passwords.extend(taken);
        self
    }
}

/// What is told of a place of a file, without the passwords that stand in addresses. No format lets one through.
pub fn without_passwords(piece: Piece) -> Piece {
    match piece {
        Ok(client) => Ok(client.without_passwords()),
        Err(none) => Err(Unreadable {
            client: none.client.map(|client| hide_passwords(&client).into_owned()),
            what: hide_passwords(&none.what).into_owned(),
            ..none
        }),
    }
}

/// What an audit calls a client by that has no identifier.
pub(super) fn stand_in(number: usize, place: &str) -> Option<ClientId> {
    let text = format!("no client_id: client {number}, {}", place.escape_default());
    ClientId::parse(text.get(..ClientId::MAX_LENGTH).unwrap_or(&text))
}

/// Where something stands, for people, both counted from 1: where a line is long, its number alone does not help.
pub fn place(line: usize, column: usize) -> String {
    const LONG: usize = 200;
    if column > LONG {
        format!("line {line}, column {column}")
    } else {
        format!("line {line}")
    }
}

/// A member that was taken over as something else than the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its name in the file.
    pub member: String,
    /// What became of it and why, as the rest of a sentence.
    pub how: Cow<'static, str>,
}

impl Changed {
    /// One.
    pub fn new(member: impl Into<String>, how: impl Into<Cow<'static, str>>) -> Self {
        Self {
            member: member.into(),
            how: how.into(),
        }
    }
}

/// The secret of a client in a file.
#[derive(Clone, Debug)]
pub enum ForeignSecret {
    /// The file has none.
    Absent,
    /// In clear, until when it counts.
    Plain(Secret, Option<Timestamp>),
    /// As an Argon2id PHC string, until when it counts.
    Hashed(SecretHash, Option<Timestamp>),
    /// Not in a form that can be kept; why.
    Unusable(&'static str),
}

impl ForeignSecret {
    /// Reads what a file has where a secret belongs. Only what can be verified later is kept.
    pub fn read(text: String) -> Self {
        let kind = Kind::of(&text);
        // Wiped on every way out.
        let secret = Secret::new(text);
        match kind {
            Kind::Empty => Self::Absent,
            Kind::Hash(hash) => Self::Hashed(hash, None),
            Kind::Unusable(why) => Self::Unusable(why),
            Kind::Plain => Self::Plain(secret, None),
        }
    }

    /// The same, until it ends.
    pub fn until(self, expires_at: Option<Timestamp>) -> Self {
        match self {
            Self::Plain(secret, _) => Self::Plain(secret, expires_at),
            Self::Hashed(hash, _) => Self::Hashed(hash, expires_at),
            other => other,
        }
    }
}

enum Kind {
    Empty,
    Plain,
    Hash(SecretHash),
    Unusable(&'static str),
}

impl Kind {
    fn of(text: &str) -> Self {
        const PLACEHOLDERS: [&str; 6] = [
            "redacted",
            "<redacted>",
            "[redacted]",
            "<hidden>",
            "[hidden]",
            "null",
        ];
        let lower = text.to_ascii_lowercase();
        if text.is_empty() {
            return Self::Empty;
        }
        if let Some(hash) = SecretHash::parse(text) {
            return Self::Hash(hash);
        }
        if text.chars().all(|c| matches!(c, '*' | '•' | '●')) || PLACEHOLDERS.contains(&lower.as_str()) {
            return Self::Unusable("the file has a mask in its place");
        }
        if is_template(text) || is_placeholder(text) {
            return Self::Unusable("the file has the name of a variable in its place");
        }
        if is_digest(text) {
            return Self::Unusable("the file has a digest of it that is no Argon2id hash that can be kept");
        }
        Self::Plain
    }
}

/// Whether a text is filled in by some tool later, as `${VAR}`, `$(env:VAR)`, `{{ var }}` or `{% if var %}`.
pub fn is_template(text: &str) -> bool {
    ["${", "$(", "{{", "{%", "<%"]
        .iter()
        .any(|open| text.contains(open))
}

/// Whether it has the shape of a digest: `$2b$…`, `{SSHA}…`, `pbkdf2_sha256$…`.
fn is_digest(text: &str) -> bool {
    let is_name = |name: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !name.is_empty() && name.len() <= 32 && name.chars().all(known)
    };
    let between = |open, close| {
        let rest: Option<&str> = text.strip_prefix(open);
        rest.and_then(|rest| rest.split_once(close))
            .is_some_and(|(name, _)| is_name(name))
    };
    let crypt = between('$', '$');
    let ldap = between('{', '}');
    let django = ["pbkdf2_", "scrypt$", "argon2$", "bcrypt"]
        .iter()
        .any(|start| text.starts_with(start) && text.contains('$'));
    crypt || ldap || django
}

/// A member that was not taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub member: String,
    /// Why, as the rest of a sentence.
    pub why: Cow<'static, str>,
}

impl LeftOut {
    /// One.
    pub fn new(member: impl Into<String>, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            member: member.into(),
            why: why.into(),
        }
    }
}

/// Why there is no client in a place of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Unreadable {
    /// Where, such as `line 3`.
    pub place: String,
    /// Which client, as far as that can be seen.
    pub client: Option<String>,
    /// What it is called where it is no client, such as `realm staff`.
    pub called: Option<String>,
    /// What is wrong.
    pub what: String,
    /// Whether it is no client that is registered here, rather than one that cannot be read.
    pub is_left_out: bool,
}

impl Unreadable {
    /// A client that cannot be read.
    pub fn new(place: impl Into<String>, client: Option<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            client,
            called: None,
            what: what.into(),
            is_left_out: false,
        }
    }

    /// What is no client of OAuth that asks for tokens: it is named, and nobody misses it.
    pub fn left_out(place: impl Into<String>, client: Option<String>, what: impl Into<String>) -> Self {
        Self {
            is_left_out: true,
            ..Self::new(place, client, what)
        }
    }

    /// The same, about something that is no client.
    pub fn about(self, called: impl Into<String>) -> Self {
        Self {
            called: Some(called.into()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_verified_later_is_a_secret() {
        let kind = |text: &str| match ForeignSecret::read(text.to_owned()) {
            ForeignSecret::Absent => "absent",
            ForeignSecret::Plain(..) => "plain",
            ForeignSecret::Hashed(..) => "hashed",
            ForeignSecret::Unusable(_) => "unusable",
        };
        for (text, expected) in [
            ("", "absent"),
            ("s3cret", "plain"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "plain"),
            ("a$b$c", "plain"),
            ("{", "plain"),
            (
                "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$KnVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s",
                "hashed",
            ),
            (
                "$argon2i$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$KnVcvmVJvtZZIqMTF7kLTzrsRz7yjA8nvKZcKCVEL6s",
                "unusable",
            ),
            ("$2b$12$abcdefghijklmnopqrstuv", "unusable"),
            ("$pbkdf2-sha512$310000$salt$hash", "unusable"),
            ("{SSHA}abc", "unusable"),
            ("pbkdf2_sha256$1000$salt$hash", "unusable"),
            ("**********", "unusable"),
            ("${CLIENT_SECRET}", "unusable"),
            ("$(env:CLIENT_SECRET)", "unusable"),
            ("{{ secret }}", "unusable"),
            ("__CLIENT_SECRET__", "unusable"),
            ("##CLIENT_SECRET##", "unusable"),
            ("<client-secret>", "unusable"),
            ("<clientSecret>", "unusable"),
            ("<client secret>", "unusable"),
            ("<a>b<c", "plain"),
            ("<1x/9>", "plain"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
