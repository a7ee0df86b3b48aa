//! One client of the page for people.

use std::fmt::Write;

use super::{Kept, text};
use crate::audit::AuditFinding;
use crate::audit::report::{day, reason};
use crate::client::Severity;

/// A client and its findings. In a long report what a rule is for stands with the rule alone.
pub(super) fn article(index: usize, kept: &Kept, is_long: bool) -> String {
    let mut page = format!(
        "<article id=\"c{index}\">\n<h3>{}</h3>\n<p class=\"quiet\"><code>{}</code></p>\n",
        text(&kept.name),
        text(kept.client_id.as_str())
    );
    for finding in &kept.findings {
        finding_in(&mut page, finding, is_long);
    }
    page.push_str("</article>\n");
    page
}

fn finding_in(page: &mut String, finding: &AuditFinding, is_long: bool) {
    let (severity, label, rule) = (finding.severity, finding.severity.label(), finding.rule);
    let class = if finding.is_open() {
        "finding"
    } else {
        "finding settled"
    };
    let known = if finding.known {
        " <em>known before</em>"
    } else {
        ""
    };
    let accepted = if finding.accepted.is_some() {
        " <em>accepted</em>"
    } else {
        ""
    };
    let value = finding.value.as_deref().map(|value| format!(": {}", text(value)));
    // Writing to a string does not fail.
    let _ = write!(
        page,
        "<div class=\"{class}\">\n<p><span class=\"severity {severity}\">{label}</span> <strong>{title}</strong> \
         <a href=\"#{rule}\"><code>{rule}</code></a>{known}{accepted}</p>\n\
         <p class=\"value\"><code>{field}{value}</code></p>\n",
        title = text(&finding.title()),
        field = finding.field,
        value = value.unwrap_or_default(),
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
    if !is_long {
        let _ = write!(
            page,
            "<p>{} {} <span class=\"quiet\">{}</span></p>\n",
            text(rule.harm()),
            text(rule.advice()),
            text(rule.basis()),
        );
    }
    page.push_str("</div>\n");
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
