//! What the registry's actions are called where people read them: on the screen and on a terminal.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::client::make_visible;
use crate::registry::{ChainBreak, ChainReport, HistoryRow, action, is_restored_note};

/// Of a test user, the registry keeps one action for three things that a person does.
const CHANGED_USER: &str = "Changed test user";
const ADDED_USER: &str = "Added test user";
const SET_PASSWORD: &str = "Set password of test user";

/// What the registry's actions are called on the screen, and what joins them to what they were done to.
const WORDS: [(&str, &str, &str); 28] = [
    (action::CREATE_CLIENT, "Registered", ""),
    (action::IMPORT_CLIENT, "Imported", ""),
    (action::UPDATE_CLIENT, "Saved", ""),
    (action::FIX_CLIENT, "Fixed", ""),
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
    if row.action == action::UPDATE_CLIENT && is_restored_note(&row.note) {
        return ("Restored", "");
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
    time_of(row.at)
}

/// A moment, where this machine is: `3 Nov 2026, 18:02:11`.
pub fn time_of(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system())
        .strftime("%-d %b %Y, %H:%M:%S")
        .to_string()
}

/// A number with its thousands set apart: `100,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What is wrong with the chain, in words; none where the history is whole.
pub fn chain_trouble(report: &ChainReport) -> Option<String> {
    let seq = report.broken_at?;
    let seq = u64::try_from(seq).map_or_else(|_| seq.to_string(), grouped);
    Some(match report.how {
        Some(ChainBreak::Missing) => format!("Change {seq} is missing"),
        Some(ChainBreak::Added) => format!("Change {seq} was not written by this program"),
        Some(ChainBreak::End) => format!("The history does not end after change {seq} as it was sealed"),
        Some(ChainBreak::Altered) | None => format!("Change {seq} is not as it was written"),
    })
}

/// What that means for what the history says.
pub const fn chain_meaning(how: Option<ChainBreak>) -> &'static str {
    match how {
        Some(ChainBreak::Missing) => {
            "Somebody took it out of the file without this program. The changes before it are as they were written; those \
             after it can no longer be vouched for."
        }
        Some(ChainBreak::Added) => {
            "Somebody put it into the file without this program. The changes before it are as they were written."
        }
        Some(ChainBreak::End) => {
            "The changes that are there fit each other, but the seal over their end does not: later ones may have been cut off."
        }
        Some(ChainBreak::Altered) | None => {
            "Somebody changed it in the file without this program: what it says may be false. The changes before it are as \
             they were written; those after it can no longer be vouched for."
        }
    }
}

/// What to do about a chain that is broken.
pub const CHAIN_ADVICE: &str = "Keep a copy of the folder as it is. Compare with the latest copy that chancery backup has made, and look \
                                at the clients that this change and later ones are of.";

#[cfg(test)]
mod tests {
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
