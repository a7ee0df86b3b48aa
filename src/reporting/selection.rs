//! Which findings stand in a report.

use std::collections::HashSet;
use std::sync::Arc;

use crate::audit::{AuditFinding, AuditRule, Fingerprint};
use crate::client::{ClientId, Severity};

/// Which findings stand in a report. What is empty selects everything.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Of these rules.
    pub rules: Vec<AuditRule>,
    /// Of these clients.
    pub clients: Vec<ClientId>,
    /// As bad as one of these.
    pub severities: Vec<Severity>,
    /// Only what is open: not what somebody accepted.
    pub only_open: bool,
    /// Only these, and what else is asked for holds too.
    pub only: Option<Arc<HashSet<Fingerprint>>>,
}

impl Selection {
    /// Whether a finding stands in it.
    pub fn has(&self, client_id: &ClientId, finding: &AuditFinding) -> bool {
        (self.rules.is_empty() || self.rules.contains(&finding.rule))
            && self.has_client(client_id)
            && (self.severities.is_empty() || self.severities.contains(&finding.severity))
            && !(self.only_open && finding.accepted.is_some())
            && self
                .only
                .as_ref()
                .is_none_or(|only| only.contains(&Fingerprint::of(client_id, finding)))
    }

    /// Whether a client stands in it, with findings or without.
    pub fn has_client(&self, client_id: &ClientId) -> bool {
        self.clients.is_empty() || self.clients.contains(client_id)
    }

    /// What is left out, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let list = |words: Vec<&str>| words.join(", ");
        let mut told = Vec::new();
        if !self.rules.is_empty() {
            let rules = list(self.rules.iter().map(|rule| rule.id()).collect());
            told.push(format!("Only findings of these rules are told: {rules}."));
        }
        if !self.clients.is_empty() {
            let clients = list(self.clients.iter().map(ClientId::as_str).collect());
            told.push(format!("Only these clients are told of: {clients}."));
        }
        if !self.severities.is_empty() {
            let severities = list(self.severities.iter().map(|severity| severity.as_str()).collect());
            told.push(format!(
                "Only findings of these severities are told: {severities}."
            ));
        }
        if self.only_open {
            told.push("Accepted risks are left out.".to_owned());
        }
        if self.only.is_some() {
            told.push("Only what the filters of the Review screen found is told.".to_owned());
        }
        told
    }
}
