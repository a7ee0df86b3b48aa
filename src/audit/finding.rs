//! What the audit has to say about one client.

use std::sync::Arc;

use super::{Acceptance, AuditRule};
use crate::client::password::without_passwords;
use crate::client::{Finding, Fix, Severity};

/// One thing that is wrong with one field of a client, or with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditFinding {
    /// The rule that was broken.
    pub rule: AuditRule,
    /// How bad it is here.
    pub severity: Severity,
    /// The field concerned: a member of [`crate::client::ClientDraft`], or `client_id`, `secrets`, `status`,
    /// `last_used_at`.
    pub field: &'static str,
    /// The value concerned, where the field holds several.
    pub value: Option<String>,
    /// Who else it is about: `client ID` or `user NAME`, and how much more there is between the two. Of several, the first;
    /// another one makes no other finding.
    pub other: Option<String>,
    /// The change that ends it, where it is mechanical.
    pub fix: Option<Fix>,
    /// The acceptance that covers it, if somebody has accepted the risk.
    pub accepted: Option<Arc<Acceptance>>,
    /// Whether it was known before: it stands in the baseline.
    pub known: bool,
}

impl AuditFinding {
    /// A finding of the rule's own severity on a whole field.
    pub(super) fn new(rule: super::FactRule, field: &'static str) -> Self {
        let rule = AuditRule::Facts(rule);
        Self {
            rule,
            severity: rule.severity(),
            field,
            value: None,
            other: None,
            fix: None,
            accepted: None,
            known: false,
        }
    }

    /// Says how bad it is for this client.
    #[must_use]
    pub(super) fn weighing(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Names the value concerned.
    #[must_use]
    pub(super) fn about(mut self, value: impl Into<String>) -> Self {
        self.value = Some(told(value.into()));
        self
    }

    /// Names whom else it is about.
    #[must_use]
    pub(super) fn beside(mut self, other: String) -> Self {
        self.other = Some(other);
        self
    }

    /// Offers the change that ends it.
    #[must_use]
    pub(super) fn ended_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Whether it counts: nobody has accepted it, and it was not known before.
    pub fn is_open(&self) -> bool {
        self.accepted.is_none() && !self.known
    }

    /// What it is and what could come of it.
    pub fn message(&self) -> String {
        self.rule.message(self.other.as_deref())
    }

    /// What it is, and who else it is about.
    pub fn title(&self) -> String {
        self.rule.title_beside(self.other.as_deref())
    }
}

impl From<Finding> for AuditFinding {
    fn from(finding: Finding) -> Self {
        Self {
            rule: AuditRule::Draft(finding.rule),
            severity: finding.severity,
            field: finding.field,
            value: finding.value.map(told),
            other: None,
            fix: finding.fix,
            accepted: None,
            known: false,
        }
    }
}

/// A value as it stands in reports: without the passwords of addresses.
fn told(value: String) -> String {
    without_passwords(&value).unwrap_or(value)
}
