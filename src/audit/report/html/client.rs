//! One client of the page for people.

use std::fmt::Write;

use super::{Kept, text};
use crate::audit::AuditFinding;
use crate::audit::report::{day, reason};
use crate::client::Severity;

/// A client and its findings. In a long report each is a line: what its rule is for stands with the rule, and why it was
/// accepted among the accepted risks.
pub(super) fn article(index: usize, kept: &Kept, is_long: bool) -> String {
    let realm = kept.realm.as_deref();
    let realm = realm.map(|realm| format!(" <span class=\"quiet\">realm {}</span>", text(realm)));
    let realm = realm.unwrap_or_default();
    let mut page = format!(
        "<article id=\"c{index}\">\n<h3>{} <code>{}</code>{realm}</h3>\n",
        text(&kept.name),
        text(kept.client_id.as_str())
    );
    for finding in &kept.findings {
        if is_long {
            line_of(&mut page, finding);
        } else {
            block_of(&mut page, finding);
        }
    }
    page.push_str("</article>\n");
    page
}

/// The fewer elements there are, the sooner a browser shows a hundred thousand clients.
fn line_of(page: &mut String, finding: &AuditFinding) {
    let Said { class, marks, value } = said(finding);
    // Writing to a string does not fail.
    let _ = writeln!(
        page,
        "<div class=\"{class}\"><span class=\"severity {severity}\">{label}</span> <a href=\"#{rule}\">{title}</a>{marks} \
         <code>{field}{value}</code></div>",
        severity = finding.severity,
        label = finding.severity.label(),
        rule = finding.rule,
        title = text(&finding.title()),
        field = finding.field,
    );
}

fn block_of(page: &mut String, finding: &AuditFinding) {
    let Said { class, marks, value } = said(finding);
    let rule = finding.rule;
    let _ = writeln!(
        page,
        "<div class=\"{class}\">\n<p><span class=\"severity {severity}\">{label}</span> <strong>{title}</strong> \
         <a href=\"#{rule}\"><code>{rule}</code></a>{marks}</p>\n<p><code>{field}{value}</code></p>",
        severity = finding.severity,
        label = finding.severity.label(),
        title = text(&finding.title()),
        field = finding.field,
    );
    if let Some(accepted) = &finding.accepted {
        let _ = writeln!(
            page,
            "<p>Accepted by {} on {}, until {}: {}</p>",
            text(&accepted.by),
            day(accepted.at),
            day(accepted.until),
            text(&reason(accepted))
        );
    }
    let _ = writeln!(
        page,
        "<p>{} {} <span class=\"quiet\">{}</span></p>\n</div>",
        text(rule.harm()),
        text(rule.advice()),
        text(rule.basis()),
    );
}

/// What is said of a finding in either form.
struct Said {
    class: &'static str,
    marks: &'static str,
    value: String,
}

fn said(finding: &AuditFinding) -> Said {
    let is_open = finding.is_open();
    let value = finding.value.as_deref().map(|value| format!(": {}", text(value)));
    Said {
        class: if is_open { "finding" } else { "finding settled" },
        marks: match (finding.accepted.is_some(), finding.known) {
            (true, true) => " <em>known before</em> <em>accepted</em>",
            (true, false) => " <em>accepted</em>",
            (false, true) => " <em>known before</em>",
            (false, false) => "",
        },
        value: value.unwrap_or_default(),
    }
}

/// `1 critical, 2 low`, of what is open.
pub(super) fn counts(kept: &Kept) -> String {
    let of = |severity: Severity| {
        let open = kept.findings.iter().filter(|finding| finding.is_open());
        open.filter(|finding| finding.severity == severity).count()
    };
    let counts = Severity::ALL
        .iter()
        .rev()
        .map(|severity| (of(*severity), severity));
    let told: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| format!("{count} {severity}"))
        .collect();
    if told.is_empty() {
        "nothing open".to_owned()
    } else {
        told.join(", ")
    }
}
