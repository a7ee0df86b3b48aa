//! What came of one client of an import.

use serde_json::{Value, json};

use super::Difference;
use super::met::Met;
use crate::client::closed_set;
use crate::interchange::{Changed, ForeignClient, LeftOut, Piece, Unreadable, rfc7591};

closed_set! {
/// What came of a client.
Came {
    /// It is registered now.
    New = "new",
    /// It was there, and is another now.
    Changed = "changed",
    /// It was there as it is.
    Same = "same",
    /// It is kept, but gets no token until it is put right.
    Held = "held",
    /// It is not taken over.
    Refused = "refused",
    /// It is nothing that is registered here.
    LeftOut = "left out",
}
}

/// One client.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which of the source's places it is, from 0: by it the client is read anew.
    pub number: u64,
    /// Where it stands.
    pub place: String,
    /// Its identifier, as far as that can be seen.
    pub client_id: Option<String>,
    /// Its name.
    pub name: String,
    /// The part of the other system that it belongs to.
    pub realm: Option<String>,
    /// What came of it.
    pub came: Came,
    /// What of its secret was kept.
    pub kept: Vec<String>,
    /// Members that are others now, or would be.
    pub differences: Vec<Difference>,
    /// Whether it has another secret now, or would have.
    pub has_new_secret: bool,
    /// Members that were taken over as something else than the file says.
    pub resolved: Vec<Changed>,
    /// Members that were not taken over.
    pub left_out: Vec<LeftOut>,
    /// Whether it needs a new secret before it can be used.
    pub rotate: bool,
    /// Why it is held or refused.
    pub why: Vec<String>,
    /// What a new client is, by the standard's names, as one JSON object; only where that was wanted.
    pub draft: Option<Box<str>>,
}

impl Entry {
    /// A client that was read.
    pub fn of_client(client: &ForeignClient) -> Self {
        let mut resolved = client.changed.clone();
        let client_id = client.client_id.as_str();
        if client_id.trim().len() < client_id.len() {
            let how = "which is kept with the spaces at its ends: nobody sees them, and without them it is another one";
            resolved.push(Changed::new("client_id", how));
        }
        Self {
            number: 0,
            place: client.place.clone(),
            client_id: client.request.is_none().then(|| client.client_id.to_string()),
            name: client.draft.name.clone(),
            realm: client.realm.clone(),
            came: Came::New,
            kept: Vec::new(),
            differences: Vec::new(),
            has_new_secret: false,
            resolved,
            left_out: client.left_out.clone(),
            rotate: false,
            why: Vec::new(),
            draft: None,
        }
    }

    /// A place of a file that has no client that can be read.
    pub fn unreadable(unreadable: Unreadable) -> Self {
        Self {
            number: 0,
            place: unreadable.place,
            client_id: unreadable.client,
            name: unreadable.called.unwrap_or_default(),
            realm: None,
            came: if unreadable.is_left_out {
                Came::LeftOut
            } else {
                Came::Refused
            },
            kept: Vec::new(),
            differences: Vec::new(),
            has_new_secret: false,
            resolved: Vec::new(),
            left_out: Vec::new(),
            rotate: false,
            why: vec![unreadable.what],
            draft: None,
        }
    }

    /// The place of a file as it stands there, whatever came of it: with its draft, and why it would be held.
    pub fn as_written(piece: Piece) -> Self {
        let client = match piece {
            Ok(client) => client,
            Err(unreadable) => return Self::unreadable(unreadable),
        };
        let mut entry = Self::of_client(&client);
        entry.keep_draft(&client);
        entry.why = Met::of(0, client).refusals;
        entry
    }

    /// A client whose identifier came before.
    pub fn twice(client: &ForeignClient, first: &str) -> Self {
        let mut entry = Self::of_client(client);
        entry.refuse(format!(
            "Its client_id came before, in {first}, and that one counts"
        ));
        entry
    }

    /// A client that has no identifier yet.
    pub fn request(client: &ForeignClient) -> Self {
        let mut entry = Self::of_client(client);
        entry.refuse(ForeignClient::IS_REQUEST.to_owned());
        entry
    }

    /// A client whose identifier is filled in later: registered as it stands, no application would ever use it.
    pub fn of_template(client: &ForeignClient) -> Self {
        let mut entry = Self::of_client(client);
        let why = "Its client_id is the name of a variable; fill it in before it is imported";
        entry.refuse(why.to_owned());
        entry
    }

    /// The members that are others now, by the standard's names, the secret among them.
    pub fn changed(&self) -> Vec<&str> {
        let members = self
            .differences
            .iter()
            .map(|difference| difference.member.as_str());
        members
            .chain(self.has_new_secret.then_some("client_secret"))
            .collect()
    }

    /// Keeps what the client is.
    pub(super) fn keep_draft(&mut self, client: &ForeignClient) {
        let members = rfc7591::write(&client.draft);
        self.draft = Some(Value::Object(members).to_string().into());
    }

    /// It is not taken over.
    pub(super) fn refuse(&mut self, why: String) {
        self.came = Came::Refused;
        self.rotate = false;
        self.kept.clear();
        self.why.push(why);
    }

    /// A member was not taken over.
    pub(super) fn leave_out(&mut self, member: &str, why: &'static str) {
        self.left_out.push(LeftOut::new(member, why));
    }

    /// The entry of a report, as JSON.
    pub fn to_json(&self) -> Value {
        let resolved: Vec<Value> = self
            .resolved
            .iter()
            .map(|changed| json!({"member": changed.member, "how": changed.how}))
            .collect();
        let left_out: Vec<Value> = self
            .left_out
            .iter()
            .map(|left| json!({"member": left.member, "why": left.why}))
            .collect();
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|one| json!({"member": one.member, "before": one.before, "after": one.after}))
            .collect();
        json!({
            "result": self.came.as_str(),
            "client_id": self.client_id,
            "client_name": self.name,
            "realm": self.realm,
            "place": self.place,
            "kept": self.kept,
            "changed": self.changed(),
            "differences": differences,
            "resolved": resolved,
            "left_out": left_out,
            "rotate": self.rotate,
            "why": self.why,
        })
    }

    /// The client in words, and below it, indented, a line each, what is to be known.
    pub fn lines(&self) -> Vec<String> {
        let client = match (&self.client_id, self.name.is_empty()) {
            (Some(client_id), false) => format!("{} ({client_id})", self.name),
            (Some(client_id), true) => client_id.clone(),
            (None, false) => self.name.clone(),
            (None, true) if self.came == Came::LeftOut => "no client".to_owned(),
            (None, true) => "a client without a name".to_owned(),
        };
        let mut lines = vec![client];
        lines.extend(self.why.iter().map(|why| why.replace('\n', "; ")));
        // Of what was refused the reason names them.
        let changed = self.changed();
        if self.came == Came::Changed && !changed.is_empty() {
            lines.push(format!("changed: {}", changed.join(", ")));
        }
        lines.extend(self.kept.iter().map(|kept| format!("kept: {kept}")));
        let resolved = self.resolved.iter();
        lines.extend(
            resolved.map(|changed| format!("taken over otherwise: {}, {}", changed.member, changed.how)),
        );
        let left_out = self.left_out.iter();
        lines.extend(left_out.map(|left| format!("left out: {}, because {}", left.member, left.why)));
        if self.rotate {
            let client_id = quoted(self.client_id.as_deref().unwrap_or("ID"));
            lines.push(format!(
                "rotate: it has no secret. Make one with chancery client rotate-secret {client_id}"
            ));
        }
        lines
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%+=,".contains(c);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
