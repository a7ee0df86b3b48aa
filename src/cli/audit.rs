//! `chancery audit`.

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Failure, GlobalArgs, Outcome, output};
use crate::audit::report::{Format, Heading, Report, Subject, Tally};
use crate::audit::{AuditFinding, Facts, Neighbours, Policy, ScopeFacts, SecretFacts, judge};
use crate::client::Severity;
use crate::registry::{Client, Place, Registry, RegistryError, SecretRecord};

/// Clients that are read at once.
const PAGE: u32 = 500;

/// Judge every client by every rule, and report what is found
///
/// The rules are those of the form, and those that need to know more: last use, the secrets' ages, the other clients, today's
/// date. Nothing is changed. The report is of one moment, whatever others write meanwhile; the history's length and head
/// stand in it, to be noted elsewhere.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct AuditArgs {
    /// In which form
    #[arg(long, value_enum, default_value_t)]
    format: FormatArg,
    /// Fail where a finding is at least so bad: for scripts
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<SeverityArg>,
}

/// In which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For a terminal
    #[default]
    Text,
    /// For programs
    Json,
    /// For a spreadsheet
    Csv,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For people: one page that needs no other file and prints well
    Html,
}

impl FormatArg {
    const fn format(self) -> Format {
        match self {
            Self::Text => Format::Text,
            Self::Json => Format::Json,
            Self::Csv => Format::Csv,
            Self::Sarif => Format::Sarif,
            Self::Html => Format::Html,
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SeverityArg {
    /// Good to know
    Info,
    /// A small weakness
    Low,
    /// Wants a look
    Medium,
    /// Dangerous
    High,
    /// Open to attack today
    Critical,
}

impl SeverityArg {
    const fn severity(self) -> Severity {
        match self {
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

const HELP: &str = "\
Examples:
  chancery audit
  chancery audit --format html > audit.html
  chancery audit --format sarif > audit.sarif
  chancery audit --format json | jq '.findings[] | select(.severity == \"high\")'
  chancery audit --fail-on high > /dev/null || echo 'look at the registry'

Exit status: 0 done, 1 a finding at or above --fail-on, or failed, 2 wrong usage.";

impl AuditArgs {
    /// Prints the report. A finding at or above `--fail-on` is a failure.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        let registry = global.open()?;
        let found = registry.in_one_state(|registry| self.report(registry, Timestamp::now()))?;
        let Some(limit) = self.fail_on.map(SeverityArg::severity) else {
            return Ok(());
        };
        match found.at_or_above(limit) {
            0 => Ok(()),
            1 => Err(failure("1 finding is", limit)),
            many => Err(failure(&format!("{many} findings are"), limit)),
        }
    }

    fn report(&self, registry: &Registry, now: Timestamp) -> Result<Tally, Failure> {
        let format = self.format.format();
        let chain = registry.verify_chain()?;
        let auditor = Auditor::over(registry, now)?;
        let mut summary = Tally::default();
        if format.needs_summary_first() {
            auditor.each(|_, findings| {
                summary.add(findings);
                Ok(())
            })?;
        }
        let heading = Heading {
            registry: name_of(registry),
            at: now,
            history_rows: chain.rows,
            history_head: chain.head,
            history_broken_at: chain.broken_at,
        };
        let mut report = Report::new(format, heading, summary);
        let mut page = report.begin();
        auditor.each(|subject, findings| {
            page.push_str(&report.client(subject, findings));
            if page.len() >= 1 << 16 {
                output::bytes(std::mem::take(&mut page).as_bytes())?;
            }
            Ok(())
        })?;
        page.push_str(&report.end());
        output::bytes(page.as_bytes())?;
        Ok(report.told().clone())
    }
}

fn failure(count: &str, limit: Severity) -> Failure {
    Failure::new(
        format!("{count} at or above {limit}"),
        "Each finding says what ends it. Change the clients concerned, then run the audit again",
    )
}

/// The file's name, without the folders that it lies in: a report is handed out.
fn name_of(registry: &Registry) -> String {
    let path = registry.path();
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What is needed to judge any client of a registry.
struct Auditor<'a> {
    registry: &'a Registry,
    neighbours: Neighbours,
    policy: Policy,
    now: Timestamp,
}

impl<'a> Auditor<'a> {
    /// Gets to know all clients.
    fn over(registry: &'a Registry, now: Timestamp) -> Result<Self, Failure> {
        let mut neighbours = Neighbours::default();
        each_client(registry, |client| {
            neighbours.add(&client.client_id, &client.draft);
            Ok(())
        })?;
        for user in registry.users()? {
            neighbours.add_user(user.name.as_str());
        }
        Ok(Self {
            registry,
            neighbours,
            policy: Policy::default(),
            now,
        })
    }

    /// Judges one client after another.
    fn each(&self, mut visit: impl FnMut(Subject<'_>, &[AuditFinding]) -> Outcome) -> Outcome {
        each_client(self.registry, |client| {
            let facts = facts(self.registry, client)?;
            let findings = judge(&facts, &self.neighbours, &self.policy, self.now);
            let subject = Subject {
                client_id: &client.client_id,
                name: &client.draft.name,
            };
            visit(subject, &findings)
        })
    }
}

fn each_client(registry: &Registry, mut visit: impl FnMut(&Client) -> Outcome) -> Outcome {
    let mut place = Place::default();
    loop {
        let (clients, next) = registry.clients_from(place, PAGE)?;
        for client in &clients {
            visit(client)?;
        }
        if clients.len() < PAGE as usize {
            return Ok(());
        }
        place = next;
    }
}

/// What the registry knows of a client.
fn facts<'a>(registry: &Registry, client: &'a Client) -> Result<Facts<'a>, RegistryError> {
    let used = registry.scope_use(&client.client_id)?;
    // A token that was issued before all were ended counts no more.
    let ended = client.tokens_valid_after;
    let counts = used
        .iter()
        .filter(|used| ended.is_none_or(|ended| ended < used.last_used_at));
    Ok(Facts {
        client_id: &client.client_id,
        draft: &client.draft,
        status: client.status,
        origin: client.origin.as_deref(),
        created_at: client.created_at,
        last_used_at: client.last_used_at,
        tokens_until: counts.map(|used| used.latest_exp).max(),
        secrets: client.secrets.iter().map(secret_facts).collect(),
        scopes_used: used
            .into_iter()
            .map(|used| ScopeFacts {
                scope: used.scope,
                last_used_at: used.last_used_at,
            })
            .collect(),
    })
}

fn secret_facts(secret: &SecretRecord) -> SecretFacts {
    SecretFacts {
        label: secret.label.clone(),
        created_at: secret.created_at,
        expires_at: secret.expires_at,
        revoked_at: secret.revoked_at,
        last_used_at: secret.last_used_at,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::client::{ClientDraft, ClientId, ClientKind, Status};
    use crate::registry::{Act, Issue, NewSecret};

    #[test]
    fn the_rules_are_told_what_the_registry_knows() {
        let folder = tempfile::tempdir().unwrap();
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let act = |hours| Act::new("Ada Admin", at(hours));
        let registry = Registry::open(&folder.path().join("r.chancery"), at(0)).unwrap();
        let client_id = ClientId::parse("payroll").unwrap();
        let draft = ClientDraft {
            name: "Payroll".to_owned(),
            scopes: vec!["read".to_owned(), "write".to_owned()],
            ..ClientKind::Service.preset()
        };
        registry
            .import_client(&client_id, &draft, Status::Active, &[], "test", &act(0))
            .unwrap();
        for (label, made) in [("old", 1), ("new", 2)] {
            let secret = NewSecret::generate(label).unwrap().1;
            registry
                .rotate_secret(&client_id, secret, at(9), &act(made))
                .unwrap();
        }
        let told = || {
            let client = registry.client(&client_id).unwrap().unwrap();
            let facts = facts(&registry, &client).unwrap();
            let ends: Vec<_> = facts.secrets.iter().map(|secret| secret.expires_at).collect();
            let scopes: Vec<String> = facts.scopes_used.into_iter().map(|used| used.scope).collect();
            (facts.last_used_at, facts.tokens_until, ends, scopes)
        };
        let ends = vec![Some(at(9)), None];
        assert_eq!(told(), (None, None, ends.clone(), vec![]));
        let issue = Issue {
            client_id: client_id.clone(),
            secret_id: None,
            scopes: vec!["read".to_owned()],
            at: at(3),
            exp: at(4),
        };
        registry.record_issues(&[issue]).unwrap();
        let read = vec!["read".to_owned()];
        assert_eq!(told(), (Some(at(3)), Some(at(4)), ends, read));
        // Switched off, its tokens end: none of them counts any more.
        registry
            .set_status(&client_id, 1, Status::Disabled, &act(3))
            .unwrap();
        assert_eq!(told().1, None);
    }
}
