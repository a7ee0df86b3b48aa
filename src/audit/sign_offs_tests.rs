use super::*;
use crate::client::{ClientDraft, ClientKind};

const REGISTRY: &str = "the registry of tests";

fn at(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(day * 24)
}

fn id(text: &str) -> ClientId {
    ClientId::parse(text).unwrap()
}

fn approval(by: &str, day: i64) -> Approval {
    let draft = ClientDraft {
        name: "Billing".to_owned(),
        ..ClientKind::Web.preset()
    };
    Approval::of(&draft, 3, by, at(day))
}

fn acceptance(rule: &str, reason: &str, day: i64) -> Acceptance {
    Acceptance {
        rule: rule.to_owned(),
        field: "redirect_uris".to_owned(),
        value: Some("http://app.example.com/cb".to_owned()),
        held: "00ff".to_owned(),
        reason: reason.to_owned(),
        by: "Rita Reviewer".to_owned(),
        at: at(day),
        until: at(day + 90),
    }
}

fn full() -> SignOffs {
    let mut sign_offs = SignOffs::of(REGISTRY);
    sign_offs.approve(&id("billing"), approval("Rita Reviewer", 5));
    sign_offs.accept(&id("billing"), acceptance("redir-http", "Only here", 5));
    sign_offs.accept(&id("viewer"), acceptance("redir-http", "Two\nlines", 6));
    sign_offs
}

fn read(text: &str) -> Result<(SignOffs, Vec<String>), NoSignOffs> {
    SignOffs::read(text, REGISTRY, at(10))
}

#[test]
fn what_is_written_is_read_again() {
    let written = full().to_json();
    assert_eq!(written["version"], 1);
    assert_eq!(
        written["clients"]["billing"]["acceptances"][0]["reason"],
        "Only here"
    );
    let text = format!("\u{feff}{written}");
    assert_eq!(read(&text), Ok((full(), Vec::new())));
    let mut emptied = full();
    assert!(emptied.end(&id("viewer"), &acceptance("redir-http", "", 7)));
    assert!(
        emptied.to_json()["clients"].get("viewer").is_none(),
        "nothing is said of it"
    );
}

#[test]
fn what_is_no_such_file_is_a_sentence_with_advice() {
    let of = |version: Value, registry: &str| {
        json!({"version": version, "registry": registry, "clients": {}}).to_string()
    };
    for (text, says) in [
        ("", "cannot be used"),
        ("{\"version\": 1, \"version\": 1}", "cannot be used"),
        ("[]", "no JSON object"),
        ("{}", "names no version"),
        (&of(json!(2), REGISTRY), "another version of this program: 2"),
        (&of(json!("1"), REGISTRY), "another version"),
        (&of(json!(1), "elsewhere"), "of another registry"),
        (
            &json!({"version": 1, "registry": REGISTRY}).to_string(),
            "it has no clients",
        ),
        (
            &json!({"version": 1, "registry": REGISTRY, "clients": []}).to_string(),
            "it has no clients",
        ),
    ] {
        let none = read(text).unwrap_err();
        assert!(none.to_string().contains(says), "{text}: {none}");
        assert!(none.advice().contains("is left as it is"));
    }
}

#[test]
fn a_single_entry_that_makes_no_sense_is_told_counts_for_nothing_and_is_kept() {
    let mut file = full().to_json();
    let good = file["clients"]["billing"]["acceptances"][0].clone();
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed
    };
    let bad = [
        (
            json!(7),
            "cannot be read: it has the number 7 where an object should be",
        ),
        (
            with("surprise", json!(1)),
            "cannot be read: surprise is no member of it",
        ),
        (
            with("rule", json!(7)),
            "cannot be read: it has the number 7 where a text should be",
        ),
        (
            with("until", json!("soon")),
            "cannot be read: until is no time such as 2026-11-03T18:00:00Z",
        ),
        (with("reason", json!("  ")), "has no reason"),
        (with("reason", json!("a\u{202e}b")), "hidden characters"),
        (with("by", json!("")), "names nobody"),
        (with("by", json!("Rita\nReviewer")), "names nobody"),
        (with("until", json!(at(1))), "ends before it begins"),
        (with("at", json!(at(12))), "is dated in the future"),
    ];
    let acceptances = file["clients"]["billing"]["acceptances"].as_array_mut().unwrap();
    acceptances.extend(bad.iter().map(|(value, _)| value.clone()));
    file["clients"]["viewer"]["approval"] = json!("yes");
    file["clients"]["\u{202e}"] = json!({});
    file["clients"]["odd"] = json!(3);
    let (mut sign_offs, troubles) = read(&file.to_string()).unwrap();
    assert_eq!(troubles.len(), bad.len() + 3, "{troubles:#?}");
    for (_, says) in bad {
        assert!(troubles.iter().any(|trouble| trouble.contains(says)), "{says}");
    }
    assert!(troubles.iter().all(|trouble| !has_unsafe_characters(trouble)));
    let (mut approved, mut accepted) = (None, Vec::new());
    sign_offs.add_to(&id("billing"), &mut approved, &mut accepted);
    assert_eq!((approved.is_some(), accepted.len()), (true, 1));
    // It stands in the file as before when something else is decided.
    sign_offs.accept(&id("other"), acceptance("redir-http", "New", 7));
    let written = sign_offs.to_json();
    assert_eq!(
        written["clients"]["billing"]["acceptances"],
        file["clients"]["billing"]["acceptances"]
    );
    assert_eq!(written["clients"]["viewer"], file["clients"]["viewer"]);
    assert_eq!(written["clients"]["odd"], file["clients"]["odd"]);
}

#[test]
fn of_two_decisions_about_the_same_the_newer_one_counts() {
    let sign_offs = full();
    let added = |approved: Option<Approval>, accepted: Vec<Acceptance>| {
        let (mut approved, mut accepted) = (approved, accepted);
        sign_offs.add_to(&id("billing"), &mut approved, &mut accepted);
        let reasons: Vec<String> = accepted.into_iter().map(|accepted| accepted.reason).collect();
        (approved.map(|approved| approved.by), reasons)
    };
    let rita = Some("Rita Reviewer".to_owned());
    let ada = Some("Ada Admin".to_owned());
    assert_eq!(added(None, vec![]), (rita.clone(), vec!["Only here".to_owned()]));
    let older = acceptance("redir-http", "Before", 4);
    let newer = acceptance("redir-http", "After", 6);
    let other = acceptance("redir-shared", "Another", 4);
    assert_eq!(
        added(Some(approval("Ada Admin", 4)), vec![older, other]),
        (rita, vec!["Only here".to_owned(), "Another".to_owned()])
    );
    assert_eq!(
        added(Some(approval("Ada Admin", 6)), vec![newer]),
        (ada, vec!["After".to_owned()])
    );
}

#[test]
fn a_risk_is_accepted_once_and_what_was_not_decided_here_cannot_be_taken_back_here() {
    let mut sign_offs = full();
    let before = sign_offs.clone();
    sign_offs.accept(&id("billing"), acceptance("redir-http", "Once more", 7));
    let (mut approved, mut accepted) = (None, Vec::new());
    sign_offs.add_to(&id("billing"), &mut approved, &mut accepted);
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0].reason, "Once more");
    assert_eq!(before.differing(&sign_offs), [id("billing")]);
    assert!(sign_offs.withdraw(&id("billing")) && !sign_offs.withdraw(&id("billing")));
    assert!(!sign_offs.withdraw(&id("viewer")) && !sign_offs.withdraw(&id("nobody")));
    assert!(!sign_offs.end(&id("billing"), &acceptance("redir-shared", "", 1)));
}
