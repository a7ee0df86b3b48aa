//! What another system does with a client, that no field of a registration holds: an import and an audit of its file keep it
//! beside the other system's members.

use serde_json::Value;

use super::ClientDraft;
use super::closed_set::closed_set;

closed_set! {
    /// Something that another system does with a client. Here tokens rotate and end, PKCE is S256, and what is offline is
    /// asked for: of a client that was registered here there is nothing to say.
    Practice {
        /// Its code challenge may be `plain` (RFC 7636 §7.2).
        PlainPkce = "plain-pkce",
        /// Its refresh tokens stay the same when they are used.
        StaticRefresh = "static-refresh",
        /// Its refresh tokens have no end.
        EndlessRefresh = "endless-refresh",
        /// It gets `offline_access` without asking for it.
        OfflineByDefault = "offline-default",
        /// Its tokens carry every role that the person has.
        AllRoles = "all-roles",
        /// A claim of its tokens says what the person wrote into their own profile; which one.
        EditableClaim = "editable-claim",
    }
}

impl ClientDraft {
    /// The member that practices are kept in: a list of words, each with what it is about behind a colon where that matters.
    pub const PRACTICES: &str = "x_practices";

    /// What another system does with the client, and what of it is concerned.
    pub fn practices(&self) -> impl Iterator<Item = (Practice, Option<&str>)> {
        let said = self.other_members.get(Self::PRACTICES);
        let words = said.and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).filter_map(|word| {
            let (name, about) = match word.split_once(": ") {
                Some((name, about)) => (name, Some(about)),
                None => (word, None),
            };
            Some((Practice::parse(name)?, about))
        })
    }

    /// Notes down what another system does with the client. Twice is once.
    pub fn note_practice(&mut self, practice: Practice, about: Option<&str>) {
        let word = word(practice, about);
        let said = self.other_members.entry(Self::PRACTICES);
        match said.or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(said) if said.iter().any(|known| known.as_str() == Some(&word)) => {}
            Value::Array(said) => said.push(word.into()),
            // The other system has a member of this name, which says something else.
            said => *said = Value::Array(vec![word.into()]),
        }
    }

    /// Takes a note of what another system does with the client away again.
    pub fn forget_practice(&mut self, practice: Practice, about: Option<&str>) {
        let word = word(practice, about);
        let Some(Value::Array(said)) = self.other_members.get_mut(Self::PRACTICES) else {
            return;
        };
        said.retain(|known| known.as_str() != Some(&word));
        if said.is_empty() {
            self.other_members.shift_remove(Self::PRACTICES);
        }
    }
}

fn word(practice: Practice, about: Option<&str>) -> String {
    match about {
        Some(about) => format!("{}: {about}", practice.as_str()),
        None => practice.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_noted_down_is_read_again_and_what_is_not_known_is_nothing() {
        let mut draft = ClientDraft::default();
        assert_eq!(draft.practices().count(), 0);
        draft.note_practice(Practice::PlainPkce, None);
        draft.note_practice(Practice::EditableClaim, Some("department: title"));
        draft.note_practice(Practice::PlainPkce, None);
        let said: Vec<_> = draft.practices().collect();
        let expected = [
            (Practice::PlainPkce, None),
            (Practice::EditableClaim, Some("department: title")),
        ];
        assert_eq!(said, expected);
        draft.forget_practice(Practice::PlainPkce, None);
        assert_eq!(draft.practices().count(), 1);
        draft.forget_practice(Practice::EditableClaim, Some("department: title"));
        assert!(draft.other_members.is_empty(), "nothing is left of it");
        for odd in [json!("plain-pkce"), json!([1, null, "juggling"]), json!({})] {
            draft.other_members.insert(ClientDraft::PRACTICES.to_owned(), odd);
            assert_eq!(draft.practices().count(), 0);
        }
    }
}
