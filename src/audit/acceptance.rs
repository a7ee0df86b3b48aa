//! A risk that somebody has accepted: why, until when, and for exactly which value.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AuditFinding;
use crate::client::{ClientDraft, has_unsafe_characters};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 1_000;

/// An accepted risk of one client. It covers the finding that it was accepted for, until its end and as long as the value
/// concerned is the same; the finding is then shown as accepted, and not hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The rule, by its identifier. A rule of another version of this program covers nothing, and is kept.
    pub rule: String,
    /// The field concerned.
    pub field: String,
    /// The value concerned, where the field holds several.
    #[serde(default)]
    pub value: Option<String>,
    /// What the finding was about, in one digest: the other one that it named, and the whole field where it named no value.
    pub held: String,
    /// Why the risk is taken.
    pub reason: String,
    /// Who takes it; claimed, not proved.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Why a risk cannot be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Nobody could say later why.
    #[error("A reason is missing. Say why the risk is taken, for whoever asks later")]
    NoReason,
    /// Longer than anybody reads.
    #[error("The reason is too long. Shorten it to {MAX_REASON} characters")]
    LongReason,
    /// It would read otherwise than it is written.
    #[error("The reason has hidden characters. Type it anew")]
    UnsafeReason,
    /// It would cover nothing.
    #[error("The end date is past. Choose a day to come")]
    Past,
}

impl Acceptance {
    /// Whether a risk can be accepted for this reason until then.
    ///
    /// # Errors
    /// [`NotAccepted`] says what is missing.
    pub fn check(reason: &str, at: Timestamp, until: Timestamp) -> Result<(), NotAccepted> {
        let reason = reason.trim();
        let lines = reason.replace('\n', " ");
        match reason.chars().count() {
            0 => Err(NotAccepted::NoReason),
            long if long > MAX_REASON => Err(NotAccepted::LongReason),
            _ if has_unsafe_characters(&lines) => Err(NotAccepted::UnsafeReason),
            _ if until <= at => Err(NotAccepted::Past),
            _ => Ok(()),
        }
    }

    /// Accepts a finding on a registration.
    ///
    /// # Errors
    /// [`NotAccepted`] says what is missing.
    pub fn of(
        finding: &AuditFinding,
        draft: &ClientDraft,
        reason: &str,
        by: &str,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Self, NotAccepted> {
        Self::check(reason, at, until)?;
        Ok(Self {
            rule: finding.rule.id().to_owned(),
            field: finding.field.to_owned(),
            value: finding.value.clone(),
            held: held(finding, draft),
            reason: reason.trim().to_owned(),
            by: by.to_owned(),
            at,
            until,
        })
    }

    /// Whether it is about a finding, whatever has become of the value and of its end.
    pub fn is_about(&self, finding: &AuditFinding) -> bool {
        self.rule == finding.rule.id() && self.field == finding.field && self.value == finding.value
    }

    /// Whether it covers a finding on a registration at a time.
    pub fn covers(&self, finding: &AuditFinding, draft: &ClientDraft, now: Timestamp) -> bool {
        now < self.until && self.is_about(finding) && self.held == held(finding, draft)
    }
}

/// What a finding is about beside its value.
fn held(finding: &AuditFinding, draft: &ClientDraft) -> String {
    let whole = match &finding.value {
        Some(_) => Value::Null,
        None => serde_json::to_value(draft)
            .ok()
            .and_then(|draft| draft.get(finding.field).cloned())
            .unwrap_or_default(),
    };
    let parts = serde_json::json!([finding.other, whole]);
    let digest = digest(&SHA256, parts.to_string().as_bytes());
    digest
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::client::ClientKind;

    fn at(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(day * 24)
    }

    fn found(draft: &ClientDraft, rule: &str) -> AuditFinding {
        let findings = draft.findings().into_iter().map(AuditFinding::from);
        findings
            .into_iter()
            .find(|finding| finding.rule.id() == rule)
            .unwrap()
    }

    fn draft(uris: &[&str]) -> ClientDraft {
        ClientDraft {
            name: "Billing".to_owned(),
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..ClientKind::Web.preset()
        }
    }

    #[test]
    fn it_covers_its_finding_until_its_end_and_while_the_value_is_the_same() {
        let two = draft(&["http://localhost/a", "https://app.example.com/b"]);
        let finding = found(&two, "redir-localhost-name");
        let accepted = Acceptance::of(&finding, &two, " Only here \n", "Ada Admin", at(1), at(30)).unwrap();
        assert_eq!(accepted.reason, "Only here");
        assert!(accepted.covers(&finding, &two, at(29)));
        assert!(!accepted.covers(&finding, &two, at(30)), "its end is past");
        // Another address of the same client is no change of this one.
        let one = draft(&["http://localhost/a"]);
        assert!(accepted.covers(&found(&one, "redir-localhost-name"), &one, at(2)));
        let other = draft(&["http://localhost/c"]);
        assert!(!accepted.covers(&found(&other, "redir-localhost-name"), &other, at(2)));
    }

    #[test]
    fn where_a_whole_field_is_concerned_any_change_of_it_brings_the_finding_back() {
        let many = |count: usize| ClientDraft {
            audience: (0..count).map(|n| format!("https://{n}.example.com")).collect(),
            ..draft(&["https://app.example.com/b"])
        };
        let finding = found(&many(7), "aud-wide");
        assert_eq!(finding.value, None);
        let accepted = Acceptance::of(&finding, &many(7), "A gateway", "Ada Admin", at(1), at(30)).unwrap();
        assert!(accepted.covers(&found(&many(7), "aud-wide"), &many(7), at(2)));
        assert!(!accepted.covers(&found(&many(8), "aud-wide"), &many(8), at(2)));
    }

    #[test]
    fn without_a_reason_or_an_end_to_come_nothing_is_accepted() {
        let draft = draft(&["http://localhost/a"]);
        let finding = found(&draft, "redir-localhost-name");
        let accept =
            |reason: &str, until| Acceptance::of(&finding, &draft, reason, "Ada Admin", at(1), until).err();
        assert_eq!(accept("  ", at(2)), Some(NotAccepted::NoReason));
        assert_eq!(accept("x", at(1)), Some(NotAccepted::Past));
        assert_eq!(accept("a\u{202e}b", at(2)), Some(NotAccepted::UnsafeReason));
        assert_eq!(
            accept(&"x".repeat(MAX_REASON + 1), at(2)),
            Some(NotAccepted::LongReason)
        );
        assert_eq!(accept("two\nlines", at(2)), None);
    }
}
