use jiff::SignedDuration;

use super::*;
use crate::audit::{AuditFinding, Dated, FactRule, SeverityFilter};
use crate::client::{Finding, Rule, Standing};

fn at(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(day * 24)
}

fn finding(rule: Rule, field: &'static str, since: i64) -> Dated {
    Dated {
        finding: AuditFinding::from(Finding::new(rule, field)),
        since: at(since),
    }
}

fn client(id: &str, name: &str, findings: Vec<Dated>) -> Arc<Judged> {
    Arc::new(Judged {
        client_id: ClientId::parse(id).unwrap(),
        name: name.to_owned(),
        standing: Standing::Active,
        version: 1,
        contacts: vec![format!("{id}@example.com")],
        last_used_at: None,
        approved: None,
        findings,
    })
}

/// `b` is the worst, `A` has most, and of `c` there is a remark only.
fn review() -> Arc<Review> {
    let clients = [
        client(
            "a",
            "alpha",
            vec![
                finding(Rule::OwnerMissing, "contacts", 3),
                finding(Rule::RedirLocalhostName, "redirect_uris", 1),
            ],
        ),
        client("b", "Beta", vec![finding(Rule::RedirAny, "redirect_uris", 2)]),
        client(
            "c",
            "gamma",
            vec![finding(Rule::AuthSharedSecret, "token_endpoint_auth_method", 4)],
        ),
    ];
    Arc::new(Review::of(clients.iter()))
}

fn query() -> FindingsQuery {
    FindingsQuery {
        review: review(),
        filter: FindingFilter {
            severity: SeverityFilter::All,
            ..FindingFilter::default()
        },
        grouping: Grouping::Finding,
        sort: FindingSort::Severity,
        descending: true,
        open: Vec::new(),
        looked_at: None,
        now: at(9),
    }
}

fn names(query: &FindingsQuery) -> Vec<(String, &'static str)> {
    let view = query.view();
    let found = view.rows.iter().map(|row| query.found(*row).unwrap());
    found
        .map(|found| (found.client.name.clone(), found.finding().rule.id()))
        .collect()
}

fn clients(query: &FindingsQuery) -> Vec<String> {
    names(query).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn the_worst_come_first_unless_another_order_is_wanted() {
    let worst = query();
    assert_eq!(clients(&worst).first().unwrap(), "Beta");
    let mut least = query();
    least.descending = false;
    assert_eq!(clients(&least).last().unwrap(), "Beta");
    let by = |sort| FindingsQuery {
        sort,
        descending: false,
        ..query()
    };
    assert_eq!(
        clients(&by(FindingSort::Client)),
        ["alpha", "alpha", "Beta", "gamma"]
    );
    assert_eq!(
        clients(&by(FindingSort::Since)),
        ["alpha", "Beta", "alpha", "gamma"]
    );
    let fields = by(FindingSort::Field);
    assert_eq!(names(&fields).first().unwrap().1, "owner-missing");
    let titles = by(FindingSort::Finding);
    let mut sorted: Vec<&str> = names(&titles)
        .iter()
        .map(|(_, id)| AuditRule::parse(id).unwrap().title())
        .collect();
    let as_listed = sorted.clone();
    sorted.sort_unstable();
    assert_eq!(as_listed, sorted);
}

#[test]
fn a_mere_remark_is_left_out_unless_it_is_asked_for() {
    let mut weighty = query();
    weighty.filter = FindingFilter::default();
    let remark = AuditRule::Draft(Rule::AuthSharedSecret);
    assert_eq!(remark.severity(), Severity::Info, "the test needs a remark");
    assert!(!clients(&weighty).contains(&"gamma".to_owned()));
    assert!(clients(&query()).contains(&"gamma".to_owned()));
}

#[test]
fn a_group_stands_together_with_its_counts_and_the_worst_group_comes_first() {
    let by_client = FindingsQuery {
        grouping: Grouping::Client,
        open: vec![GroupKey::Client(ClientId::parse("a").unwrap())],
        ..query()
    };
    let view = by_client.view();
    let told: Vec<(usize, usize, String)> = view
        .groups
        .iter()
        .map(|group| (group.first, group.len, group.told()))
        .collect();
    assert_eq!(
        told,
        [
            (0, 1, "1 critical".to_owned()),
            (1, 2, "1 medium, 1 low".to_owned()),
            (3, 1, "1 info".to_owned())
        ]
    );
    assert_eq!(clients(&by_client), ["Beta", "alpha", "alpha", "gamma"]);
    assert_eq!(view.open, BTreeSet::from([1]));
    let by_rule = FindingsQuery {
        grouping: Grouping::Rule,
        ..query()
    };
    assert_eq!(by_rule.view().groups.len(), 4);
}

#[test]
fn the_finding_that_is_looked_at_is_found_again_and_known_where_it_is_no_longer_wanted() {
    let mut wanted = query();
    let key = FindingKey {
        client_id: ClientId::parse("c").unwrap(),
        rule: AuditRule::Draft(Rule::AuthSharedSecret),
        field: "token_endpoint_auth_method",
        value: None,
    };
    wanted.looked_at = Some(key.clone());
    let view = wanted.view();
    assert_eq!((view.found_at, view.row_at), (Some(3), Some(3)));
    wanted.filter = FindingFilter::default();
    let view = wanted.view();
    assert_eq!((view.found_at, view.row_at), (Some(3), None));
    wanted.looked_at = Some(FindingKey {
        rule: AuditRule::Facts(FactRule::ClientUnused),
        ..key
    });
    assert_eq!(wanted.view().found_at, None);
}

#[test]
fn owners_are_found_by_a_part_of_their_address() {
    assert_eq!(owners(&review(), "B@", 20), ["b@example.com"]);
    assert_eq!(owners(&review(), "", 2).len(), 2);
}
