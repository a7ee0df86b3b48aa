//! The rules over a client's secrets.

use jiff::Timestamp;

use super::facts::longer_than;
use super::{AuditFinding, FactRule, Facts, SecretFacts, Settings};
use crate::client::{ClientType, Status};

const FIELD: &str = "secrets";

pub(super) fn secret_findings(
    facts: &Facts<'_>,
    settings: &Settings,
    now: Timestamp,
    findings: &mut Vec<AuditFinding>,
) {
    let live: Vec<&SecretFacts> = facts
        .secrets
        .iter()
        .filter(|secret| secret.is_live(now))
        .collect();
    if facts.draft.client_type() == ClientType::Public {
        if let Some(secret) = live.first() {
            findings.push(AuditFinding::new(FactRule::AuthPublicSecret, FIELD).about(told(facts, secret)));
        }
        return;
    }
    // Nobody waits for a client that is switched off.
    if !facts.draft.token_endpoint_auth_method.uses_secret() || facts.status == Status::Disabled {
        return;
    }
    match live.split_last() {
        None => {
            let ended = facts
                .secrets
                .iter()
                .rev()
                .find(|secret| secret.revoked_at.is_none());
            match ended {
                Some(secret) => {
                    findings
                        .push(AuditFinding::new(FactRule::SecretExpired, FIELD).about(told(facts, secret)));
                }
                None if facts.is_registered => findings.push(AuditFinding::new(FactRule::SecretNone, FIELD)),
                None => {}
            }
        }
        Some((newest, older)) => {
            let ends: Option<Vec<Timestamp>> = live.iter().map(|secret| secret.expires_at).collect();
            let last_end = ends.and_then(|ends| ends.into_iter().max());
            if last_end.is_some_and(|end| !longer_than(settings.secret_soon_days, now, end)) {
                findings.push(AuditFinding::new(FactRule::SecretSoon, FIELD).about(told(facts, newest)));
            }
            for secret in &live {
                if secret.is_weak {
                    findings.push(AuditFinding::new(FactRule::SecretWeak, FIELD).about(told(facts, secret)));
                }
                let is_old = longer_than(settings.old_secret_days, secret.created_at, now);
                if secret.expires_at.is_none() && is_old {
                    findings.push(AuditFinding::new(FactRule::SecretOld, FIELD).about(told(facts, secret)));
                }
            }
            for secret in older {
                if secret.expires_at.is_none() {
                    findings.push(
                        AuditFinding::new(FactRule::SecretOverlapOpen, FIELD).about(told(facts, secret)),
                    );
                }
                if secret.last_used_at.is_some_and(|used| used > newest.created_at) {
                    findings
                        .push(AuditFinding::new(FactRule::SecretOldInUse, FIELD).about(told(facts, secret)));
                }
            }
        }
    }
}

/// Which secret it is: its label and its day, never anything of the secret itself. Of one in a file that does not tell its day
/// only the label is told: the day of the audit would make another finding of it each day.
fn told(facts: &Facts<'_>, secret: &SecretFacts) -> String {
    let is_dated = facts.is_registered || secret.created_at != facts.created_at;
    let made = is_dated.then(|| format!("made {}", secret.created_at.strftime("%Y-%m-%d")));
    let ends = secret
        .expires_at
        .map(|end| format!("ends {}", end.strftime("%Y-%m-%d")));
    let label = (!secret.label.is_empty()).then(|| secret.label.clone());
    let parts: Vec<String> = [label, made, ends].into_iter().flatten().collect();
    parts.join(", ")
}
