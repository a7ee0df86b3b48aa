use proptest::prelude::*;
use serde_json::json;

use super::*;

fn path(text: &str) -> PlainPath {
    PlainPath::parse(text).unwrap()
}

fn rule(text: &str) -> PolicyRule {
    let (method, pattern) = text.split_once(' ').unwrap();
    PolicyRule {
        method: RuleMethod::parse(method),
        path: PathPattern::parse(pattern).unwrap(),
        scopes: Vec::new(),
        claims: Vec::new(),
    }
}

fn policy(rules: &[&str]) -> AccessPolicy {
    AccessPolicy::new(rules.iter().map(|text| rule(text)).collect()).unwrap()
}

#[test]
fn a_pattern_fits_what_it_is_written_for_and_nothing_beside_it() {
    for (pattern, fits, does_not) in [
        ("/", &["/"] as &[&str], &["/a"] as &[&str]),
        (
            "/payroll",
            &["/payroll", "/p%61yroll"],
            &["/", "/payroll/", "/payrolls", "/payroll/a"],
        ),
        ("/payroll/", &["/payroll/"], &["/payroll", "/payroll/a"]),
        (
            "/payroll/*",
            &["/payroll/a", "/payroll/%C3%A9"],
            &["/payroll", "/payroll/", "/payroll/a/b", "/payroll/a/"],
        ),
        (
            "/payroll/**",
            &["/payroll", "/payroll/", "/payroll/a", "/payroll/a/b/"],
            &["/", "/payrolls", "/pay"],
        ),
        (
            "/*/reports/**",
            &["/a/reports", "/a/reports/b"],
            &["/reports", "/a/b/reports", "/a"],
        ),
        ("/**", &["/", "/a", "/a/b"], &[]),
        ("/a%20b", &["/a%20b"], &["/a", "/ab"]),
    ] {
        let pattern = PathPattern::parse(pattern).unwrap();
        for text in fits {
            assert_eq!(pattern.fit(&path(text)), Some(Fit::Exactly), "{pattern} {text}");
        }
        for text in does_not {
            assert_eq!(pattern.fit(&path(text)), None, "{pattern} {text}");
        }
    }
}

#[test]
fn a_text_that_is_no_pattern_is_told_why() {
    for (text, error) in [
        ("", PatternError::NotAbsolute),
        ("payroll", PatternError::NotAbsolute),
        ("*", PatternError::NotAbsolute),
        ("/pay*", PatternError::Star),
        ("/**/reports", PatternError::Star),
        ("/***", PatternError::Star),
        ("//", PatternError::Unclear),
        ("/a//b", PatternError::Unclear),
        ("/a/../b", PatternError::Unclear),
        ("/users/{id}", PatternError::Unclear),
        ("/users/:id?x=1", PatternError::Unclear),
        ("/a b", PatternError::Unclear),
        ("/a%2Fb", PatternError::Unclear),
    ] {
        assert_eq!(PathPattern::parse(text), Err(error), "{text}");
    }
    let long = format!("/{}", "a".repeat(PathPattern::MAX_LENGTH));
    assert_eq!(PathPattern::parse(&long), Err(PatternError::TooLong));
}

#[test]
fn a_path_that_could_be_taken_for_another_one_is_none() {
    let long = format!("/{}", "a".repeat(MAX_PATH));
    for (text, error) in [
        ("", UnclearPath::NotAbsolute),
        ("*", UnclearPath::NotAbsolute),
        ("a", UnclearPath::NotAbsolute),
        (&long, UnclearPath::TooLong),
        ("//", UnclearPath::EmptySegment),
        ("//a", UnclearPath::EmptySegment),
        ("/a//b", UnclearPath::EmptySegment),
        ("/.", UnclearPath::DotSegment),
        ("/a/../b", UnclearPath::DotSegment),
        ("/a/%2e%2E/b", UnclearPath::DotSegment),
        ("/a/.%2e", UnclearPath::DotSegment),
        ("/a.", UnclearPath::DotSegment),
        ("/a%20", UnclearPath::DotSegment),
        ("/%20a", UnclearPath::DotSegment),
        ("/a%2Fb", UnclearPath::Delimiter),
        ("/a%5cb", UnclearPath::Delimiter),
        ("/a%3Fb", UnclearPath::Delimiter),
        ("/a%23b", UnclearPath::Delimiter),
        ("/a%252e", UnclearPath::Delimiter),
        ("/a;x=1/b", UnclearPath::Delimiter),
        ("/..;/a", UnclearPath::Delimiter),
        ("/a%3Bx", UnclearPath::Delimiter),
        ("/%", UnclearPath::Encoding),
        ("/%4", UnclearPath::Encoding),
        ("/%zz", UnclearPath::Encoding),
        ("/%+1", UnclearPath::Encoding),
        ("/%c0%ae", UnclearPath::Encoding),
        ("/%ff", UnclearPath::Encoding),
        ("/a%00", UnclearPath::Character),
        ("/a%0d%0a", UnclearPath::Character),
        ("/a%E2%80%AEb", UnclearPath::Character),
        ("/a\\b", UnclearPath::Character),
        ("/a b", UnclearPath::Character),
        ("/\u{e9}", UnclearPath::Character),
        ("/a?b", UnclearPath::Character),
        ("/e%CC%81", UnclearPath::NotNormal),
        ("/%EF%BC%8F", UnclearPath::NotNormal),
        ("/%EF%BC%A1dmin", UnclearPath::NotNormal),
    ] {
        assert_eq!(PlainPath::parse(text), Err(error), "{text}");
        assert!(
            !error.to_string().contains(['"', '\\']),
            "it stands in a quoted string (RFC 6750 §3)"
        );
    }
    for good in ["/", "/a/", "/a.b", "/%41", "/a%20b", "/~a!$&'()*+,=:@", "/%C3%A9"] {
        assert!(PlainPath::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn the_most_specific_path_decides_and_then_the_method() {
    let policy = policy(&[
        "* /**",
        "* /payroll/**",
        "GET /payroll/**",
        "GET /payroll/*",
        "GET /payroll/me",
        "DELETE /payroll/me",
        "* /*/me",
    ]);
    for (method, asked, decides) in [
        ("GET", "/", "Any method /**"),
        ("GET", "/payroll", "GET /payroll/**"),
        ("HEAD", "/payroll", "GET /payroll/**"),
        ("POST", "/payroll", "Any method /payroll/**"),
        ("GET", "/payroll/ada", "GET /payroll/*"),
        ("GET", "/payroll/me", "GET /payroll/me"),
        ("DELETE", "/payroll/me", "DELETE /payroll/me"),
        ("PUT", "/payroll/me", "Any method /payroll/**"),
        ("PUT", "/ledger/me", "Any method /*/me"),
        // Methods are told apart by case (RFC 9110 §9.1).
        ("get", "/payroll", "Any method /payroll/**"),
    ] {
        let Ruling::By(rule) = policy.ruling(method, &path(asked)) else {
            panic!("{method} {asked}")
        };
        assert_eq!(rule.to_string(), decides, "{method} {asked}");
    }
}

#[test]
fn what_no_rule_fits_is_denied_and_a_path_in_other_case_does_not_fall_to_a_wider_rule() {
    assert_eq!(policy(&[]).ruling("GET", &path("/")), Ruling::None);
    let policy = policy(&["GET /admin/**", "GET /**"]);
    assert_eq!(policy.ruling("POST", &path("/admin")), Ruling::None);
    for asked in ["/Admin", "/ADMIN/x", "/%41dmin/x"] {
        let ruling = policy.ruling("GET", &path(asked));
        assert!(
            matches!(ruling, Ruling::ButForCase(rule) if rule.path.as_str() == "/admin/**"),
            "{asked}"
        );
    }
    assert!(matches!(policy.ruling("GET", &path("/other")), Ruling::By(_)));
}

#[test]
fn a_claim_is_met_by_its_value_or_by_one_of_a_list() {
    let claims =
        json!({ "sub": "ada", "groups": ["a", "b"], "level": 3, "staff": true, "act": { "sub": "x" } });
    let claims = claims.as_object().unwrap();
    let is_met = |text: &str| RequiredClaim::parse(text).unwrap().is_met_by(claims);
    for met in ["sub=ada", "groups=b", "level=3", "staff=true"] {
        assert!(is_met(met), "{met}");
    }
    for unmet in [
        "sub=Ada",
        "groups=c",
        "level=03",
        "staff=false",
        "act=x",
        "none=null",
        "sub=ad",
    ] {
        assert!(!is_met(unmet), "{unmet}");
    }
    assert_eq!(RequiredClaim::parse("a=b=c").unwrap().value, "b=c");
    for bad in [
        "",
        "sub",
        "=a",
        "sub=",
        "sub=a b",
        "su b=a",
        "sub=a\u{200b}",
        &format!("a={}", "b".repeat(300)),
    ] {
        assert_eq!(RequiredClaim::parse(bad), None, "{bad}");
    }
}

#[test]
fn rules_are_bounded_and_no_two_are_for_the_same_requests() {
    let many = |count: usize| (0..count).map(|number| rule(&format!("GET /{number}"))).collect();
    assert!(AccessPolicy::new(many(AccessPolicy::MOST_RULES)).is_ok());
    assert_eq!(
        AccessPolicy::new(many(AccessPolicy::MOST_RULES + 1)),
        Err(PolicyProblem::TooManyRules)
    );
    let twice = AccessPolicy::new(vec![rule("GET /a"), rule("* /a"), rule("GET /%61")]);
    assert_eq!(twice, Err(PolicyProblem::Twice("GET /%61".to_owned())));
    let mut wide = rule("GET /a");
    wide.scopes = vec!["a".to_owned(); PolicyRule::MOST_SCOPES + 1];
    assert_eq!(
        AccessPolicy::new(vec![wide.clone()]),
        Err(PolicyProblem::TooManyScopes)
    );
    let long = (0..30).map(|number| PolicyRule {
        scopes: (0..10)
            .map(|scope| format!("{scope}{}", "a".repeat(250)))
            .collect(),
        ..rule(&format!("GET /{number}"))
    });
    assert_eq!(AccessPolicy::new(long.collect()), Err(PolicyProblem::TooLong));
    wide.scopes = vec!["a\"".to_owned()];
    assert_eq!(
        AccessPolicy::new(vec![wide]),
        Err(PolicyProblem::Scope("a\"".to_owned()))
    );
}

#[test]
fn a_policy_is_read_as_it_was_written_and_nothing_else_is_one() {
    let written = json!([{ "method": "GET", "path": "/a/*", "scopes": ["read"], "claims": ["sub=ada"] },
                         { "method": null, "path": "/b", "scopes": [], "claims": [] }]);
    let policy: AccessPolicy = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&policy).unwrap(), written);
    for bad in [
        json!([{ "method": "get", "path": "/a", "scopes": [], "claims": [] }]),
        json!([{ "method": "GET", "path": "a", "scopes": [], "claims": [] }]),
        json!([{ "method": "GET", "path": "/a", "scopes": [], "claims": ["sub"] }]),
        json!([{ "method": "GET", "path": "/a", "scopes": [], "claims": [], "unless": [] }]),
        json!({}),
    ] {
        assert!(
            serde_json::from_value::<AccessPolicy>(bad.clone()).is_err(),
            "{bad}"
        );
    }
}

/// The meaning of a pattern, said once more and in another way.
fn fits_by_words(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        (["**"], _) | ([], []) => true,
        (["*", pattern @ ..], [one, path @ ..]) => !one.is_empty() && fits_by_words(pattern, path),
        ([literal, pattern @ ..], [one, path @ ..]) => literal == one && fits_by_words(pattern, path),
        _ => false,
    }
}

fn some_pattern() -> impl Strategy<Value = String> {
    let segment = prop_oneof![Just("*"), Just("a"), Just("b"), Just("admin")];
    let end = prop_oneof![Just(""), Just("/**"), Just("/")];
    (proptest::collection::vec(segment, 1..4), end)
        .prop_map(|(segments, end)| format!("/{}{end}", segments.join("/")))
}

fn some_path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![Just("a"), Just("b"), Just("admin"), Just("Admin")];
    let end = prop_oneof![Just(""), Just("/")];
    (proptest::collection::vec(segment, 1..5), end)
        .prop_map(|(segments, end)| format!("/{}{end}", segments.join("/")))
}

proptest! {
    #[test]
    fn a_pattern_fits_what_its_words_say(pattern in some_pattern(), asked in some_path()) {
        let words: Vec<&str> = pattern.split('/').skip(1).collect();
        let segments: Vec<&str> = asked.split('/').skip(1).collect();
        let fit = PathPattern::parse(&pattern).unwrap().fit(&path(&asked));
        prop_assert_eq!(fit == Some(Fit::Exactly), fits_by_words(&words, &segments));
    }

    #[test]
    fn the_order_of_rules_means_nothing_and_what_decides_fits(
        patterns in proptest::collection::btree_set(some_pattern(), 1..8),
        asked in some_path(),
        by_method in any::<[bool; 8]>(),
    ) {
        let rules: Vec<PolicyRule> = patterns.iter().zip(by_method)
            .map(|(pattern, named)| rule(&format!("{} {pattern}", if named { "GET" } else { "*" })))
            .collect();
        let backwards: Vec<PolicyRule> = rules.iter().rev().cloned().collect();
        let (one, other) = (AccessPolicy::new(rules).unwrap(), AccessPolicy::new(backwards).unwrap());
        let ruling = one.ruling("GET", &path(&asked));
        prop_assert_eq!(ruling, other.ruling("GET", &path(&asked)));
        match ruling {
            Ruling::By(rule) => prop_assert_eq!(rule.path.fit(&path(&asked)), Some(Fit::Exactly)),
            Ruling::ButForCase(rule) => prop_assert_eq!(rule.path.fit(&path(&asked)), Some(Fit::OtherCase)),
            Ruling::None => prop_assert!(one.rules().iter().all(|rule| rule.path.fit(&path(&asked)).is_none())),
        }
    }
}
