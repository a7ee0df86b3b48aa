//! What reviewers decide, what the audit is told, and how it learns what changed.

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::audit::{Acceptance, AuditFinding, Parameter, Settings};
use crate::client::{Severity, Status, Weight};

fn finding(here: &Here, client_id: &str, rule: &str) -> AuditFinding {
    let client = here.client(&id(client_id)).unwrap().unwrap();
    let findings = client.draft.findings().into_iter().map(AuditFinding::from);
    findings
        .into_iter()
        .find(|finding| finding.rule.id() == rule)
        .unwrap()
}

fn accepted(here: &Here, client_id: &str, rule: &str, until: i64) -> Acceptance {
    let finding = finding(here, client_id, rule);
    let draft = here.client(&id(client_id)).unwrap().unwrap().draft;
    Acceptance::of(
        &finding,
        &draft,
        "Behind a gateway",
        "Ada Admin",
        at(0),
        at(until),
    )
    .unwrap()
}

/// A client without an owner.
fn with_ownerless() -> Here {
    let here = new_registry();
    let draft = ClientDraft {
        contacts: Vec::new(),
        ..draft(ClientKind::Web, "Billing")
    };
    here.import_client(&id("billing"), &draft, Status::Active, &[], "test", &act(0))
        .unwrap();
    here
}

fn last_row(here: &Here) -> HistoryRow {
    let query = HistoryQuery {
        limit: 1,
        ..HistoryQuery::default()
    };
    here.history(&query).unwrap().remove(0)
}

#[test]
fn an_accepted_risk_is_kept_until_it_is_taken_back_and_each_stands_in_the_history() {
    let here = with_ownerless();
    let risk = accepted(&here, "billing", "owner-missing", 99);
    here.accept_risk(&id("billing"), &risk, &act(1)).unwrap();
    assert_eq!(
        here.acceptances(&id("billing")).unwrap(),
        std::slice::from_ref(&risk)
    );
    let row = last_row(&here);
    assert_eq!(
        (row.action.as_str(), row.by.as_str()),
        ("accept-risk", "Ada Admin")
    );
    assert!(row.note.contains("owner-missing (contacts)") && row.note.contains("Behind a gateway"));
    let longer = accepted(&here, "billing", "owner-missing", 500);
    here.accept_risk(&id("billing"), &longer, &act(2)).unwrap();
    assert_eq!(
        here.acceptances(&id("billing")).unwrap(),
        std::slice::from_ref(&longer),
        "in its place"
    );
    here.end_risk(&id("billing"), &longer, &act(3)).unwrap();
    assert_eq!(here.acceptances(&id("billing")).unwrap(), []);
    assert_eq!(last_row(&here).action, "end-risk");
    assert!(matches!(
        here.end_risk(&id("billing"), &longer, &act(4)),
        Err(RegistryError::NotFound { .. })
    ));
    assert_eq!(here.verify_chain().unwrap().broken_at, None);
}

#[test]
fn only_what_was_looked_at_is_approved() {
    let here = with_ownerless();
    let mut draft = here.client(&id("billing")).unwrap().unwrap().draft;
    here.approve_client(&id("billing"), 1, &act(1)).unwrap();
    let approval = here.approval(&id("billing")).unwrap().unwrap();
    assert_eq!(
        (approval.by.as_str(), approval.at, approval.version),
        ("Ada Admin", at(1), 1)
    );
    draft.scopes.push("admin".to_owned());
    here.update_client(&id("billing"), 1, draft.clone(), None, &act(2))
        .unwrap();
    assert_eq!(
        here.approval(&id("billing")).unwrap().unwrap().changed(&draft, 2),
        ["scopes"]
    );
    assert!(matches!(
        here.approve_client(&id("billing"), 1, &act(3)),
        Err(RegistryError::Conflict { .. })
    ));
    here.approve_client(&id("billing"), 2, &act(4)).unwrap();
    here.withdraw_approval(&id("billing"), &act(5)).unwrap();
    assert_eq!(here.approval(&id("billing")).unwrap(), None);
    assert_eq!(last_row(&here).action, "withdraw-approval");
    here.delete_client(&id("billing"), 2, &act(6)).unwrap();
    assert!(matches!(
        here.approve_client(&id("billing"), 2, &act(7)),
        Err(RegistryError::NotFound { .. })
    ));
    assert!(here.check().unwrap().is_sound());
}

#[test]
fn the_settings_of_the_rules_are_kept_and_what_is_derived_follows_them() {
    let here = with_ownerless();
    let worst = || {
        here.list_clients(&ListQuery {
            limit: 5,
            ..ListQuery::default()
        })
        .unwrap()[0]
            .worst
    };
    assert_eq!(worst(), Some(Severity::Medium));
    let mut settings = Settings::default();
    let owner = finding(&here, "billing", "owner-missing").rule;
    settings
        .set_weight(owner, Some(Weight::As(Severity::High)))
        .unwrap();
    settings.set_parameter(Parameter::UnusedDays, 30).unwrap();
    here.set_audit_settings(&settings, &act(1)).unwrap();
    assert_eq!(here.audit_settings().unwrap(), (settings.clone(), vec![]));
    assert_eq!(worst(), Some(Severity::High), "the list is judged again");
    let row = last_row(&here);
    assert_eq!(row.action, "change-audit-settings");
    assert_eq!(row.after.unwrap()["parameters"]["unused_days"], 30);
    here.set_audit_settings(&settings, &act(2)).unwrap();
    assert_eq!(last_row(&here).seq, row.seq, "nothing changed, nothing is noted");
    here.add("second", ClientKind::Web, "Second");
    assert!(here.check().unwrap().is_sound());
}

#[test]
fn settings_of_another_program_are_told_and_the_table_counts() {
    let here = with_ownerless();
    for (text, said) in [
        (r#"{"version": 2}"#, "version 2"),
        ("{", "cannot be read"),
        (
            r#"{"version": 1, "parameters": {"unused_days": 0}}"#,
            "unused_days is 0",
        ),
    ] {
        here.write(|db| open::set_meta(db, crate::registry::review::SETTINGS, text))
            .unwrap();
        let (settings, told) = here.audit_settings().unwrap();
        assert_eq!(settings, Settings::default());
        assert!(told[0].contains(said), "{told:?}");
        here.set_status(
            &id("billing"),
            here.client(&id("billing")).unwrap().unwrap().version,
            Status::Active,
            &act(3),
        )
        .unwrap();
    }
}

#[test]
fn the_rules_are_told_what_the_registry_knows() {
    let here = new_registry();
    here.add("payroll", ClientKind::Service, "Payroll");
    let payroll = id("payroll");
    here.rotate_secret(&payroll, secret("new"), at(9), &act(2))
        .unwrap();
    let told = || {
        let record = here.audit_record(&payroll).unwrap().unwrap();
        let (page, _) = here.audit_records(Place::default(), 10).unwrap();
        assert_eq!(
            page,
            std::slice::from_ref(&record),
            "one by one and page by page are the same"
        );
        let ends: Vec<_> = record.secrets.iter().map(|secret| secret.expires_at).collect();
        let scopes: Vec<String> = record.scopes_used.iter().map(|used| used.scope.clone()).collect();
        (record.last_used_at, record.tokens_until, ends, scopes)
    };
    let ends = vec![Some(at(9)), None];
    assert_eq!(told(), (None, None, ends.clone(), vec![]));
    let issue = Issue {
        client_id: payroll.clone(),
        secret_id: None,
        scopes: vec!["read".to_owned()],
        at: at(3),
        exp: at(4),
    };
    here.record_issues(&[issue]).unwrap();
    assert_eq!(told(), (Some(at(3)), Some(at(4)), ends, vec!["read".to_owned()]));
    // Switched off, its tokens end: none of them counts any more.
    here.set_status(&payroll, 1, Status::Disabled, &act(3)).unwrap();
    assert_eq!(told().1, None);
}

#[test]
fn what_happened_behind_a_mark_is_told_client_by_client() {
    let here = with_ownerless();
    here.add("payroll", ClientKind::Service, "Payroll");
    let mark = here.audit_mark().unwrap();
    let changes = |mark| here.changes_since(mark).unwrap();
    assert_eq!(changes(mark), Changes::Clients(vec![]));
    here.set_status(&id("payroll"), 1, Status::Disabled, &act(3))
        .unwrap();
    here.approve_client(&id("billing"), 1, &act(4)).unwrap();
    assert_eq!(
        changes(mark),
        Changes::Clients(vec![id("billing"), id("payroll")])
    );
    let mark = here.audit_mark().unwrap();
    let issue = Issue {
        client_id: id("billing"),
        secret_id: None,
        scopes: vec![],
        at: at(5),
        exp: at(6),
    };
    here.record_issues(&[issue]).unwrap();
    assert_eq!(
        changes(mark),
        Changes::Clients(vec![id("billing")]),
        "it was used"
    );
    let mark = here.audit_mark().unwrap();
    here.delete_client(&id("payroll"), 2, &act(7)).unwrap();
    assert_eq!(changes(mark), Changes::Clients(vec![id("payroll")]), "it is gone");
    let mut settings = Settings::default();
    settings.set_parameter(Parameter::ManyAudiences, 1).unwrap();
    here.set_audit_settings(&settings, &act(8)).unwrap();
    assert_eq!(changes(mark), Changes::Everything);
}

#[test]
fn what_is_behind_a_mark_is_found_without_going_through_the_clients() {
    let here = with_ownerless();
    let plan: Vec<String> = here
        .connection
        .prepare(&format!("EXPLAIN QUERY PLAN {}", audit_record::CHANGED))
        .unwrap()
        .query_map([1, 2, 3, 4, 5, 6], |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let searched = plan.iter().filter(|step| step.starts_with("SEARCH")).count();
    assert_eq!(searched, 2, "{plan:?}");
    assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{plan:?}");
}

#[test]
fn of_each_day_the_last_count_is_kept() {
    let here = new_registry();
    let day = |number: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * number);
    let count = |number, open| FindingCount {
        day: day(number),
        open,
        accepted: 2,
    };
    here.record_finding_count(&count(100, [9, 8, 7, 6, 5])).unwrap();
    here.record_finding_count(&count(101, [1, 1, 1, 1, 1])).unwrap();
    here.record_finding_count(&count(101, [5, 4, 3, 2, 1])).unwrap();
    let counts = here.finding_counts(day(101)).unwrap();
    assert_eq!(counts, [count(101, [5, 4, 3, 2, 1])]);
    assert_eq!(
        (counts[0].of(Severity::Info), counts[0].of(Severity::Critical)),
        (5, 1)
    );
    assert_eq!(here.finding_counts(day(0)).unwrap().len(), 2);
    assert_eq!(
        here.history(&HistoryQuery {
            limit: 9,
            ..HistoryQuery::default()
        })
        .unwrap(),
        []
    );
}

#[test]
fn a_filter_is_kept_by_its_name() {
    let here = new_registry();
    here.save_review_filter("High and up", &json!({"severity": "high"}), at(1))
        .unwrap();
    here.save_review_filter("High and up", &json!({"severity": "critical"}), at(2))
        .unwrap();
    let kept = vec![("High and up".to_owned(), r#"{"severity":"critical"}"#.to_owned())];
    assert_eq!(here.review_filters().unwrap(), kept);
    for name in ["", " x", "a\nb", &"n".repeat(61)] {
        assert!(
            matches!(
                here.save_review_filter(name, &json!({}), at(3)),
                Err(RegistryError::Unfit(_))
            ),
            "{name}"
        );
    }
    here.delete_review_filter("High and up").unwrap();
    assert!(matches!(
        here.delete_review_filter("High and up"),
        Err(RegistryError::NotFound { .. })
    ));
}
