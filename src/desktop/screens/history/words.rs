//! What the registry's actions are called on the screen.

use crate::client::make_visible;
use crate::desktop::time;
use crate::registry::{HistoryRow, action};

/// Of a test user, the registry keeps one action for three things that a person does.
const CHANGED_USER: &str = "Changed test user";
const ADDED_USER: &str = "Added test user";
const SET_PASSWORD: &str = "Set password of test user";

/// What the registry's actions are called on the screen, and what joins them to what they were done to.
const WORDS: [(&str, &str, &str); 27] = [
    (action::CREATE_CLIENT, "Registered", ""),
    (action::IMPORT_CLIENT, "Imported", ""),
    (action::UPDATE_CLIENT, "Saved", ""),
    (action::ENABLE_CLIENT, "Enabled", ""),
    (action::DISABLE_CLIENT, "Disabled", ""),
    (action::DELETE_CLIENT, "Deleted", ""),
    (action::ROTATE_SECRET, "Rotated secret", "of "),
    (action::REVOKE_SECRETS, "Revoked all secrets", "of "),
    (action::CREATE_SIGNING_KEY, "Made signing key", ""),
    (action::RETIRE_SIGNING_KEY, "Retired signing key", ""),
    (action::REMOVE_SIGNING_KEY, "Removed signing key", ""),
    (
        action::CREATE_CERTIFICATE_AUTHORITY,
        "Made certificate authority",
        "for ",
    ),
    (action::PUT_RESOURCE_SERVER, "Saved resource server", ""),
    (action::REMOVE_RESOURCE_SERVER, "Removed resource server", ""),
    (action::WITHDRAW_CONSENT, "Withdrew consent", "for "),
    (action::PUT_USER, CHANGED_USER, ""),
    (action::PUT_USER, ADDED_USER, ""),
    (action::PUT_USER, SET_PASSWORD, ""),
    (action::REMOVE_USER, "Removed test user", ""),
    (action::CREATE_INITIAL_TOKEN, "Made initial access token", ""),
    (action::REVOKE_INITIAL_TOKEN, "Revoked initial access token", ""),
    (action::ISSUE_TEST_CREDENTIAL, "Made test credential", "for "),
    (action::ACCEPT_RISK, "Accepted risk", "of "),
    (action::END_RISK, "Ended accepted risk", "of "),
    (action::APPROVE_CLIENT, "Approved", ""),
    (action::WITHDRAW_APPROVAL, "Withdrew approval", "of "),
    (action::CHANGE_AUDIT_SETTINGS, "Changed audit settings", ""),
];

/// The word that the registry keeps for what a person reads; any other text as it is.
pub fn stored_word(text: &str) -> &str {
    let found = WORDS
        .iter()
        .find(|(_, word, _)| word.eq_ignore_ascii_case(text.trim()));
    found.map_or(text, |(stored, ..)| *stored)
}

/// What was done, and what joins it to what it was done to.
pub fn words(row: &HistoryRow) -> (&str, &str) {
    if row.action == action::PUT_USER {
        return match &row.before {
            None => (ADDED_USER, ""),
            // Nothing of a password is in the record.
            Some(_) if row.before == row.after => (SET_PASSWORD, ""),
            Some(_) => (CHANGED_USER, ""),
        };
    }
    let found = WORDS.iter().find(|(stored, ..)| *stored == row.action);
    found.map_or((row.action.as_str(), ""), |(_, word, joint)| (*word, *joint))
}

/// Whether it was done to a client.
pub fn is_of_client(row: &HistoryRow) -> bool {
    row.client_id.is_some() || row.client_name.is_some()
}

/// What it was done to: a client by its name then, anything else by what the note calls it.
pub fn object(row: &HistoryRow) -> &str {
    let client = row
        .client_name
        .as_deref()
        .or(row.client_id.as_ref().map(|client_id| client_id.as_str()));
    client.unwrap_or(&row.note)
}

/// What was done to what: `Saved Billing portal`.
pub fn sentence(row: &HistoryRow) -> String {
    let (word, joint) = words(row);
    shown(format!("{word} {joint}{}", object(row)).trim_end())
}

/// Somebody's text as it is shown: what would turn it around or hide in it is spelled out, and what was no text has a sign
/// that fonts have.
pub fn shown(text: &str) -> String {
    make_visible(text).replace(char::REPLACEMENT_CHARACTER, "?")
}

/// When, as people write it.
pub fn moment(row: &HistoryRow) -> String {
    if row.unreadable.contains(&"at") {
        return "at no time".to_owned();
    }
    time::moment(row.at)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::client::ClientId;

    fn row(action: &str) -> HistoryRow {
        HistoryRow {
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            by: "ada".to_owned(),
            action: action.to_owned(),
            client_id: ClientId::parse("billing"),
            client_name: Some("Billing portal".to_owned()),
            before: None,
            after: None,
            note: String::new(),
            unreadable: Vec::new(),
        }
    }

    #[test]
    fn a_deed_is_told_in_words_and_found_by_them() {
        assert_eq!(sentence(&row(action::UPDATE_CLIENT)), "Saved Billing portal");
        assert_eq!(
            sentence(&row(action::ROTATE_SECRET)),
            "Rotated secret of Billing portal"
        );
        assert_eq!(stored_word(" rotated SECRET "), action::ROTATE_SECRET);
        assert_eq!(stored_word("ada"), "ada");
    }

    #[test]
    fn what_was_done_to_a_test_user_is_told_by_what_changed() {
        let user = |before: Option<u8>, after: Option<u8>| HistoryRow {
            client_id: None,
            client_name: None,
            note: "ada".to_owned(),
            before: before.map(Into::into),
            after: after.map(Into::into),
            ..row(action::PUT_USER)
        };
        assert_eq!(sentence(&user(None, Some(1))), "Added test user ada");
        assert_eq!(sentence(&user(Some(1), Some(2))), "Changed test user ada");
        assert_eq!(sentence(&user(Some(1), Some(1))), "Set password of test user ada");
        assert!(!is_of_client(&user(None, None)) && is_of_client(&row(action::PUT_USER)));
        assert_eq!(stored_word("set password of test user"), action::PUT_USER);
    }
}
