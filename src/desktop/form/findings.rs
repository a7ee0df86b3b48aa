//! The findings beside a form: the same that the audit would raise.

use eframe::egui::{Label, Ui};

use super::fields::description;

use crate::audit::{AuditFinding, AuditRule};
use crate::client::{AuthMethod, ClientDraft, Fix, GrantType, Rule, Severity, lifetime, make_visible};
use crate::desktop::style::{self, Tone, palette};

/// How a finding's badge reads and looks while a form is being filled.
fn badge(finding: &AuditFinding) -> (&'static str, Tone) {
    match finding.rule {
        AuditRule::Draft(Rule::NameMissing | Rule::RedirNone | Rule::JwksMissing) => {
            ("Still needed", Tone::Neutral)
        }
        _ if finding.rule.refuses() => ("Refused", Tone::Danger),
        _ => (finding.severity.label(), severity_tone(finding.severity)),
    }
}

/// The tone of a severity.
pub fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical | Severity::High => Tone::Danger,
        Severity::Medium => Tone::Warning,
        Severity::Low | Severity::Info => Tone::Neutral,
    }
}

/// A card for each finding, with a button for what ends it where it can be changed; then what is good. Returns the fix that was asked for.
pub fn findings_ui(
    ui: &mut Ui,
    draft: &ClientDraft,
    findings: &[AuditFinding],
    fixable: bool,
) -> Option<Fix> {
    let mut wanted = None;
    for finding in findings {
        let (word, tone) = badge(finding);
        let fix = style::card(ui, tone, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            style::badge(ui, word, tone);
            ui.label(style::strong(ui, finding.rule.title()));
            if let Some(value) = &finding.value {
                let value = style::mono(ui, make_visible(value)).color(palette(ui).faint);
                ui.add(Label::new(value).truncate());
            }
            ui.label(style::second(
                ui,
                format!("{} {}", finding.rule.harm(), finding.rule.basis()),
            ));
            let fix = finding.fix.as_ref().filter(|_| fixable)?;
            ui.add_space(2.0);
            let button = style::button(ui, &fix.label());
            description(&button, finding.value.as_deref().unwrap_or(finding.rule.title()));
            button.clicked().then(|| fix.clone())
        });
        wanted = wanted.or(fix);
    }
    let good = good_points(draft, findings);
    if !good.is_empty() {
        style::card(ui, Tone::Good, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            style::badge(ui, "Good", Tone::Good);
            ui.label(style::second(ui, good.join(" · ")));
        });
    }
    wanted
}

/// What is right about a draft, in words that a reviewer looks for.
fn good_points(draft: &ClientDraft, findings: &[AuditFinding]) -> Vec<String> {
    let mut good = Vec::new();
    if draft.has_grant(GrantType::AuthorizationCode) && draft.require_pkce {
        good.push("PKCE S256 required".to_owned());
    }
    if draft.has_grant(GrantType::RefreshToken) {
        good.push("refresh tokens rotate".to_owned());
    }
    let long = AuditRule::Draft(Rule::TtlLong);
    if !findings.iter().any(|finding| finding.rule == long) {
        let seconds = lifetime::access_token_lifetime(draft.access_token_lifetime);
        good.push(format!(
            "access tokens live {}",
            lifetime::describe(seconds.into())
        ));
    }
    if !draft.audience.is_empty() {
        good.push("audience set".to_owned());
    }
    if matches!(
        draft.token_endpoint_auth_method,
        AuthMethod::PrivateKeyJwt | AuthMethod::TlsClientAuth
    ) {
        good.push("no shared secret".to_owned());
    }
    good
}
