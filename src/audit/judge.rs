//! All rules over one client.

use jiff::Timestamp;
use url::Url;

use super::facts::longer_than;
use super::secrets::secret_findings;
use super::{AuditFinding, FactRule, Facts, Neighbours, Policy};
use crate::client::redirect_uri::is_loopback;
use crate::client::{Fix, Status};

/// How the origin of a client begins that registered itself (RFC 7591).
const DYNAMIC: &str = "dcr:";

/// What the rules say of a client, the worst first: what the form says of its registration, and what only the facts show.
pub fn judge(
    facts: &Facts<'_>,
    neighbours: &Neighbours,
    policy: &Policy,
    now: Timestamp,
) -> Vec<AuditFinding> {
    let mut findings: Vec<AuditFinding> = facts.draft.findings().into_iter().map(Into::into).collect();
    secret_findings(facts, policy, now, &mut findings);
    use_findings(facts, policy, now, &mut findings);
    scope_findings(facts, policy, now, &mut findings);
    neighbour_findings(facts, neighbours, &mut findings);
    host_findings(facts, policy, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Whether and when it was used.
fn use_findings(facts: &Facts<'_>, policy: &Policy, now: Timestamp, findings: &mut Vec<AuditFinding>) {
    let lives = facts.tokens_until.is_some_and(|until| now < until);
    if facts.status == Status::Disabled {
        if lives {
            findings.push(AuditFinding::new(FactRule::DisabledLiveTokens, "status"));
        }
        return;
    }
    let since = facts.last_used_at.unwrap_or(facts.created_at);
    if lives || !longer_than(policy.unused_days, since, now) {
        return;
    }
    let rule = match facts.origin {
        Some(origin) if origin.starts_with(DYNAMIC) => FactRule::DcrOrphan,
        _ => FactRule::ClientUnused,
    };
    let value = facts
        .last_used_at
        .map_or("never".to_owned(), |used| used.strftime("%Y-%m-%d").to_string());
    findings.push(AuditFinding::new(rule, "last_used_at").about(value));
}

/// Scopes that are watched, and those that nobody asks for. Of a client that is unused as a whole, or younger than the
/// time that counts, nothing is said of single scopes.
fn scope_findings(facts: &Facts<'_>, policy: &Policy, now: Timestamp, findings: &mut Vec<AuditFinding>) {
    let draft = facts.draft;
    let watched = policy
        .watched_scopes
        .iter()
        .filter(|(scope, _)| draft.scopes.contains(scope));
    let mut is_bound = draft.dpop_bound_access_tokens || draft.tls_client_certificate_bound_access_tokens;
    for (scope, may_have_it) in watched {
        if !may_have_it.iter().any(|id| id == facts.client_id.as_str()) {
            let fix = Fix::RemoveScope(scope.clone());
            findings.push(
                AuditFinding::new(FactRule::ScopeSensitive, "scopes")
                    .about(scope)
                    .ended_by(fix),
            );
        }
        if !is_bound {
            findings.push(AuditFinding::new(FactRule::PopMissing, "scopes").about(scope));
            // Once is enough for a client.
            is_bound = true;
        }
    }
    let is_used = facts
        .last_used_at
        .is_some_and(|used| !longer_than(policy.unused_days, used, now));
    if !is_used || !longer_than(policy.unused_days, facts.created_at, now) {
        return;
    }
    for scope in &draft.scopes {
        let used = facts
            .scopes_used
            .iter()
            .any(|used| used.scope == *scope && !longer_than(policy.unused_days, used.last_used_at, now));
        if !used {
            let fix = Fix::RemoveScope(scope.clone());
            findings.push(
                AuditFinding::new(FactRule::ScopeUnused, "scopes")
                    .about(scope)
                    .ended_by(fix),
            );
        }
    }
}

/// What it shares with others.
fn neighbour_findings(facts: &Facts<'_>, neighbours: &Neighbours, findings: &mut Vec<AuditFinding>) {
    for (uri, other) in neighbours.shared(facts.client_id, facts.draft) {
        let finding = AuditFinding::new(FactRule::RedirShared, "redirect_uris").about(uri);
        findings.push(finding.beside(format!("client {other}")));
    }
    let id = facts.client_id.as_str();
    for (field, text) in [("name", facts.draft.name.as_str()), ("client_id", id)] {
        if let Some(other) = neighbours.alike(facts.client_id, text) {
            let finding = AuditFinding::new(FactRule::ClientLookalike, field).about(text);
            findings.push(finding.beside(format!("client {other}")));
        }
    }
    if let Some(user) = neighbours.user(id) {
        let finding = AuditFinding::new(FactRule::ClientLookalike, "client_id").about(id);
        findings.push(finding.beside(format!("user {user}")));
    }
}

/// Redirects that lead out of the organisation.
fn host_findings(facts: &Facts<'_>, policy: &Policy, findings: &mut Vec<AuditFinding>) {
    if policy.allowed_hosts.is_empty() {
        return;
    }
    let is_allowed = |host: &str| {
        policy.allowed_hosts.iter().any(|allowed| {
            host.strip_suffix(allowed.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    for uri in &facts.draft.redirect_uris {
        let Some(url) = Url::parse(uri).ok().filter(|url| !is_loopback(url)) else {
            continue;
        };
        if url.host_str().is_some_and(|host| !is_allowed(host)) {
            let fix = Fix::RemoveRedirectUri(uri.clone());
            findings.push(
                AuditFinding::new(FactRule::RedirForeignHost, "redirect_uris")
                    .about(uri)
                    .ended_by(fix),
            );
        }
    }
}
