//! All rules over one client.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use super::facts::longer_than;
use super::secrets::secret_findings;
use super::{Acceptance, AuditFinding, FactRule, Facts, Neighbours, Settings, keycloak};
use crate::client::redirect_uri::{is_loopback, leads_to_loopback};
use crate::client::{
    ClientDraft, ClientId, ClientType, Finding, Fix, GrantType, Practice, Rule, Status, Weight,
};

/// How the origin of a client begins that registered itself (RFC 7591).
const DYNAMIC: &str = "dcr:";

/// What the rules say of a client, the worst first: what the form says of its registration, and what only the facts show.
pub fn judge(
    facts: &Facts<'_>,
    neighbours: &Neighbours,
    settings: &Settings,
    now: Timestamp,
) -> Vec<AuditFinding> {
    let of_draft = facts.draft.findings_by(&settings.rules);
    let mut findings: Vec<AuditFinding> = of_draft.into_iter().map(Into::into).collect();
    let of_origin = keycloak::reread(facts, settings, &mut findings);
    let beside = findings.len();
    findings.extend(of_origin);
    secret_findings(facts, settings, now, &mut findings);
    use_findings(facts, settings, now, &mut findings);
    watched_findings(facts.draft, Some(facts.client_id), settings, &mut findings);
    scope_findings(facts, settings, now, &mut findings);
    neighbour_findings(facts.client_id, facts.draft, neighbours, &mut findings);
    host_findings(facts.draft, settings, &mut findings);
    practice_findings(facts.draft, &mut findings);
    endpoint_findings(facts.draft, &mut findings);
    review_findings(facts, &mut findings);
    weigh(settings, beside, &mut findings);
    accept(facts, now, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Of what [`judge`] says, only what a client shares with others: name and redirect URIs stand in the draft. With what is said of
/// it by [`Neighbours`] of nobody it is the whole.
pub fn judge_beside_others(
    client_id: &ClientId,
    draft: &ClientDraft,
    neighbours: &Neighbours,
    settings: &Settings,
) -> Vec<AuditFinding> {
    let mut findings = Vec::new();
    neighbour_findings(client_id, draft, neighbours, &mut findings);
    weigh(settings, 0, &mut findings);
    findings
}

/// What a form says of a registration in the making: the rules of drafts, and those others that need only the draft or the
/// settings beside it. A client that is not registered yet has no identifier.
pub fn judge_draft(
    draft: &ClientDraft,
    client_id: Option<&ClientId>,
    settings: &Settings,
) -> Vec<AuditFinding> {
    let of_draft = draft.findings_by(&settings.rules);
    let mut findings: Vec<AuditFinding> = of_draft.into_iter().map(Into::into).collect();
    let beside = findings.len();
    watched_findings(draft, client_id, settings, &mut findings);
    host_findings(draft, settings, &mut findings);
    practice_findings(draft, &mut findings);
    endpoint_findings(draft, &mut findings);
    weigh(settings, beside, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Whether and when it was used.
fn use_findings(facts: &Facts<'_>, settings: &Settings, now: Timestamp, findings: &mut Vec<AuditFinding>) {
    let lives = facts.tokens_until.is_some_and(|until| now < until);
    if facts.status == Status::Disabled {
        if lives {
            findings.push(AuditFinding::new(FactRule::DisabledLiveTokens, "status"));
        }
        return;
    }
    let since = facts.last_used_at.unwrap_or(facts.created_at);
    if lives || !longer_than(settings.unused_days, since, now) {
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

/// Scopes that are watched.
fn watched_findings(
    draft: &ClientDraft,
    client_id: Option<&ClientId>,
    settings: &Settings,
    findings: &mut Vec<AuditFinding>,
) {
    let watched = settings
        .watched_scopes
        .iter()
        .filter(|watched| draft.scopes.contains(&watched.scope));
    let mut is_bound = draft.dpop_bound_access_tokens || draft.tls_client_certificate_bound_access_tokens;
    for watched in watched {
        let may_have_it = client_id.is_some_and(|own| watched.clients.iter().any(|id| id == own.as_str()));
        if !may_have_it {
            let fix = Fix::RemoveScope(watched.scope.clone());
            findings.push(
                AuditFinding::new(FactRule::ScopeSensitive, "scopes")
                    .about(&watched.scope)
                    .weighing(watched.severity)
                    .ended_by(fix),
            );
        }
        if !is_bound {
            findings.push(AuditFinding::new(FactRule::PopMissing, "scopes").about(&watched.scope));
            // Once is enough for a client.
            is_bound = true;
        }
    }
}

/// Scopes that nobody asks for. Of a client that is unused as a whole, or younger than the time that counts, nothing is said
/// of single scopes.
fn scope_findings(facts: &Facts<'_>, settings: &Settings, now: Timestamp, findings: &mut Vec<AuditFinding>) {
    let is_used = facts
        .last_used_at
        .is_some_and(|used| !longer_than(settings.unused_days, used, now));
    if !is_used || !longer_than(settings.unused_days, facts.created_at, now) {
        return;
    }
    for scope in &facts.draft.scopes {
        let used = facts
            .scopes_used
            .iter()
            .any(|used| used.scope == *scope && !longer_than(settings.unused_days, used.last_used_at, now));
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
fn neighbour_findings(
    client_id: &ClientId,
    draft: &ClientDraft,
    neighbours: &Neighbours,
    findings: &mut Vec<AuditFinding>,
) {
    // Of several addresses that it shares with the same other one, the first stands for all.
    let mut shared: Vec<(&str, &ClientId, usize)> = Vec::new();
    for (uri, other) in neighbours.shared(client_id, draft) {
        match shared.iter_mut().find(|(_, known, _)| *known == other) {
            Some((_, _, more)) => *more += 1,
            None => shared.push((uri, other, 0)),
        }
    }
    for (uri, other, more) in shared {
        let finding = AuditFinding::new(FactRule::RedirShared, "redirect_uris").about(uri);
        findings.push(finding.beside(match more {
            0 => format!("client {other}"),
            more => format!("client {other}, which has {more} more of its addresses"),
        }));
    }
    let id = client_id.as_str();
    let texts = [("name", draft.name.as_str()), ("client_id", id)];
    for ((field, text), other) in texts.into_iter().zip(neighbours.alike(client_id)) {
        if let Some(other) = other {
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
fn host_findings(draft: &ClientDraft, settings: &Settings, findings: &mut Vec<AuditFinding>) {
    if settings.allowed_hosts.is_empty() {
        return;
    }
    let is_allowed = |host: &str| {
        settings.allowed_hosts.iter().any(|allowed| {
            host.strip_suffix(allowed.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    for uri in &draft.redirect_uris {
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

/// What another system does with a client of its own.
fn practice_findings(draft: &ClientDraft, findings: &mut Vec<AuditFinding>) {
    let refreshes = draft.has_grant(GrantType::RefreshToken);
    let is_public = draft.client_type() == ClientType::Public;
    for (practice, about) in draft.practices() {
        let (is_so, rule, field) = match practice {
            Practice::PlainPkce => (true, FactRule::PkcePlain, "require_pkce"),
            Practice::StaticRefresh => (
                refreshes && is_public,
                FactRule::RefreshStaticPublic,
                "grant_types",
            ),
            Practice::EndlessRefresh => (
                refreshes,
                FactRule::RefreshEndless,
                "refresh_token_absolute_lifetime",
            ),
            Practice::OfflineByDefault => (true, FactRule::OfflineDefault, "scopes"),
            Practice::AllRoles => (true, FactRule::ScopeFull, "scopes"),
            Practice::EditableClaim => (true, FactRule::ClaimEditable, "other_members"),
        };
        if is_so {
            let forgotten = Fix::ForgetPractice(practice, about.map(str::to_owned));
            let finding = AuditFinding::new(rule, field).ended_by(forgotten);
            findings.push(match about {
                Some(about) => finding.about(about),
                None => finding,
            });
        }
    }
}

/// Addresses that another system calls for the client, over plain http.
fn endpoint_findings(draft: &ClientDraft, findings: &mut Vec<AuditFinding>) {
    let is_endpoint = |name: &str| name.ends_with("_logout_uri") || name.ends_with("_admin_url");
    for (_, value) in draft.other_members.iter().filter(|(name, _)| is_endpoint(name)) {
        let Some(uri) = value.as_str().filter(|uri| uri.starts_with("http:")) else {
            continue;
        };
        if !leads_to_loopback(uri) {
            findings.push(Finding::new(Rule::MetaUri, "other_members").about(uri).into());
        }
    }
}

/// What changed after the client was signed off, a finding for each field.
fn review_findings(facts: &Facts<'_>, findings: &mut Vec<AuditFinding>) {
    let Some(approval) = facts.approval else { return };
    let changed = approval.changed(facts.draft, facts.version);
    let changed = changed.into_iter();
    findings.extend(changed.map(|field| AuditFinding::new(FactRule::ChangedSinceReview, field)));
}

/// What the organisation decided about the rules beside those of drafts, which know it already. A watched scope is as bad as
/// was said of the very scope.
fn weigh(settings: &Settings, beside: usize, findings: &mut Vec<AuditFinding>) {
    if settings.weights.is_empty() {
        return;
    }
    let mut index = 0;
    findings.retain_mut(|finding| {
        index += 1;
        let weight = settings.weight(finding.rule).filter(|_| index > beside);
        if let Some(Weight::As(severity)) = weight {
            finding.severity = severity;
        }
        weight != Some(Weight::Off)
    });
}

/// Marks what somebody has accepted.
fn accept(facts: &Facts<'_>, now: Timestamp, findings: &mut [AuditFinding]) {
    if facts.acceptances.is_empty() {
        return;
    }
    for finding in findings {
        let covers = |accepted: &&Acceptance| accepted.covers(finding, facts.draft, now);
        let covering = facts.acceptances.iter().find(covers);
        finding.accepted = covering.map(|accepted| Arc::new(accepted.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::WatchedScope;
    use crate::client::{ClientKind, Severity};

    #[test]
    fn a_form_hears_of_what_another_system_does_and_forgets_it_at_a_press() {
        let mut draft = ClientDraft {
            name: "Viewer".to_owned(),
            redirect_uris: vec!["https://viewer.example.org/callback".to_owned()],
            ..ClientKind::Web.preset()
        };
        draft.note_practice(Practice::PlainPkce, None);
        draft.note_practice(Practice::EditableClaim, Some("department"));
        let endpoint = "http://viewer.example.org/logout";
        draft
            .other_members
            .insert("x_old_logout_uri".to_owned(), endpoint.into());
        let said = |draft: &ClientDraft| -> Vec<AuditFinding> {
            let findings = judge_draft(draft, None, &Settings::default()).into_iter();
            let ids = ["pkce-plain", "claim-editable", "meta-uri"];
            findings
                .filter(|finding| ids.contains(&finding.rule.id()))
                .collect()
        };
        let findings = said(&draft);
        assert_eq!(findings.len(), 3, "{findings:?}");
        for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
            fix.apply(&mut draft);
        }
        let left: Vec<&str> = said(&draft).iter().map(|finding| finding.rule.id()).collect();
        assert_eq!(left, ["meta-uri"], "an address is for a person to change");
    }

    #[test]
    fn several_addresses_that_two_clients_share_are_one_finding_that_counts_them() {
        let draft = |name: &str, uris: &[&str]| ClientDraft {
            name: name.to_owned(),
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..ClientKind::Web.preset()
        };
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|path| format!("https://viewer.example.org/{path}"));
        let viewer = draft("Viewer", &[&a, &b, &c, &d]);
        let mut neighbours = Neighbours::default();
        for (id, draft) in [
            ("viewer", &viewer),
            ("portal", &draft("Portal", &[&c, &a, &b])),
            ("ledger", &draft("Ledger", &[&d])),
        ] {
            neighbours.set(&ClientId::parse(id).unwrap(), draft);
        }
        let viewer_id = ClientId::parse("viewer").unwrap();
        let found = judge_beside_others(&viewer_id, &viewer, &neighbours, &Settings::default());
        let told: Vec<_> = found
            .iter()
            .map(|finding| {
                (
                    finding.value.as_deref().unwrap(),
                    finding.other.as_deref().unwrap(),
                )
            })
            .collect();
        let expected = [
            (a.as_str(), "client portal, which has 2 more of its addresses"),
            (d.as_str(), "client ledger"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_form_hears_of_foreign_hosts_and_watched_scopes() {
        let draft = ClientDraft {
            name: "Viewer".to_owned(),
            redirect_uris: vec!["https://viewer.example.org/callback".to_owned()],
            scopes: vec!["admin".to_owned()],
            ..ClientKind::Web.preset()
        };
        let watched = WatchedScope {
            scope: "admin".to_owned(),
            clients: vec!["viewer".to_owned()],
            severity: Severity::High,
            note: String::new(),
        };
        let mut settings = Settings {
            allowed_hosts: vec!["example.com".to_owned()],
            watched_scopes: vec![watched],
            ..Settings::default()
        };
        let said = |client_id: Option<&str>, settings: &Settings| -> Vec<(&'static str, Severity)> {
            let client_id = client_id.and_then(ClientId::parse);
            let findings = judge_draft(&draft, client_id.as_ref(), settings).into_iter();
            let beside = findings.filter(|finding| matches!(finding.rule, super::super::AuditRule::Facts(_)));
            beside
                .map(|finding| (finding.rule.id(), finding.severity))
                .collect()
        };
        let foreign = ("redir-foreign-host", Severity::Medium);
        let bearer = ("pop-missing", Severity::Info);
        let sensitive = ("scope-sensitive", Severity::High);
        assert_eq!(said(None, &settings), [sensitive, foreign, bearer]);
        assert_eq!(
            said(Some("viewer"), &settings),
            [foreign, bearer],
            "it may have it"
        );
        let rule = super::super::AuditRule::Facts(FactRule::RedirForeignHost);
        settings.set_weight(rule, Some(Weight::Off)).unwrap();
        assert_eq!(said(Some("viewer"), &settings), [bearer]);
        assert_eq!(said(None, &Settings::default()), []);
    }
}
