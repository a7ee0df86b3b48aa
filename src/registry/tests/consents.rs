//! Consent, used assertions, and what a backup has of all that people allowed.

use super::grants::{
    CODE, FIRST, code, grant, lives, rows, scopes, spend, with_a_code, with_a_refresh_token,
};
use super::*;
use crate::client::Secret;

#[test]
fn consent_is_by_user_client_and_resources_and_grows() {
    let here = with_a_code();
    let (api, other) = ("https://api.example.com", "https://other.example.com");
    let give = |names: &[&str], resources: &[&str], now| {
        here.give_consent("ada", &id("one"), &scopes(names), &scopes(resources), at(now))
            .unwrap();
    };
    let found = |user: &str, client: &str, resources: &[&str]| {
        here.consented_scopes(user, &id(client), &scopes(resources))
            .unwrap()
    };
    give(&["read"], &[api, other], 10);
    give(&["write", "read"], &[other, api, api], 20);
    give(&["openid"], &[], 30);
    assert_eq!(
        found("ada", "one", &[api, other]),
        Some(scopes(&["read", "write"]))
    );
    assert_eq!(found("ada", "one", &[]), Some(scopes(&["openid"])));
    for (user, client, resources) in [
        ("ben", "one", vec![]),
        ("ada", "two", vec![]),
        ("ada", "one", vec![api]),
    ] {
        assert_eq!(
            found(user, client, &resources),
            None,
            "{user} {client} {resources:?}"
        );
    }
    let all = here.consents().unwrap();
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .any(|consent| consent.given_at == at(20) && consent.client_name == "One")
    );
    assert!(matches!(
        here.consented_scopes("ada", &id("nobody"), &[]),
        Err(RegistryError::NotFound { .. })
    ));
}

#[test]
fn a_consent_that_is_withdrawn_leaves_a_row_in_the_history() {
    let here = with_a_refresh_token();
    here.give_consent("ada", &id("one"), &scopes(&["read"]), &[], at(10))
        .unwrap();
    here.withdraw_consent("ada", &id("one"), &act(40)).unwrap();
    let rows = here
        .history(&HistoryQuery {
            limit: 1,
            ..Default::default()
        })
        .unwrap();
    assert_eq!(rows[0].action, action::WITHDRAW_CONSENT);
    assert_eq!((rows[0].client_id.clone(), rows[0].at), (Some(id("one")), at(40)));
    assert!(rows[0].note.contains("ada"));
    assert!(here.check().unwrap().is_sound());
}

#[test]
fn an_assertion_counts_once_for_its_client() {
    let here = with_a_code();
    for (client, jti, first) in [
        ("one", "a", true),
        ("one", "a", false),
        ("two", "a", true),
        ("one", "b", true),
        ("one", "A", true),
        ("two", "a", false),
    ] {
        assert_eq!(
            here.use_assertion(&id(client), jti, at(100)).unwrap(),
            first,
            "{client} {jti}"
        );
    }
    assert!(matches!(
        here.use_assertion(&id("nobody"), "a", at(100)),
        Err(RegistryError::NotFound { .. })
    ));
    here.delete_client(&id("one"), 1, &act(40)).unwrap();
    assert_eq!(rows(&here, "used_assertion"), 1);
}

#[test]
fn many_in_one_commit_are_each_whole_and_none_stays_where_the_work_fails() {
    let here = with_a_code();
    let failed: Result<(), RegistryError> = here.in_one_commit(|registry| {
        registry.end_grant("g")?;
        registry.use_assertion(&id("one"), "a", at(100))?;
        registry.withdraw_consent("ada", &id("nobody"), &act(40))
    });
    assert!(matches!(failed, Err(RegistryError::NotFound { .. })));
    assert!(here.grant("g").unwrap().is_some());
    assert_eq!(rows(&here, "used_assertion"), 0);
    let version = here.data_version().unwrap();
    let done: Result<_, RegistryError> = here.in_one_commit(|registry| {
        let double = registry.begin_grant(&grant("new", "one", "ada"), &CODE, &code());
        assert!(double.is_err(), "a hash that is taken");
        registry.begin_grant(&grant("newer", "one", "ada"), &[3; 32], &code())?;
        Ok(spend(&here, "one", 20))
    });
    assert!(matches!(done.unwrap(), Spending::Done(..)));
    assert!(
        here.grant("new").unwrap().is_none(),
        "the part that failed is undone"
    );
    assert!(here.grant("newer").unwrap().is_some());
    assert!(lives(&here, FIRST));
    assert_ne!(here.data_version().unwrap(), version);
    assert!(here.check().unwrap().is_sound());
}

#[test]
fn a_backup_has_it_all_and_no_secret_in_clear() {
    let here = with_a_refresh_token();
    here.give_consent("ada", &id("one"), &scopes(&["read"]), &[], at(10))
        .unwrap();
    here.use_assertion(&id("one"), "jti", at(100)).unwrap();
    let (clear, stored) = NewSecret::generate("made").unwrap();
    here.rotate_secret(&id("two"), stored, at(50), &act(12)).unwrap();
    let password = "correct horse battery staple";
    let name = UserName::parse("cleo").unwrap();
    let cleo = User::new(
        name,
        &Secret::new(password.to_owned()),
        Default::default(),
        at(12),
    )
    .unwrap();
    here.put_user(&cleo, &act(12)).unwrap();
    let path = here.folder.path().join("backup.chancery");
    here.backup_to(&path).unwrap();
    spend(&here, "one", 60);
    assert!(
        here.grant("g").unwrap().is_none(),
        "what comes later is not in it"
    );

    let backup = Registry::open_read_only(&path).unwrap();
    assert!(backup.check().unwrap().is_sound());
    assert_eq!(backup.grant("g").unwrap(), Some(grant("g", "one", "ada")));
    assert!(backup.refresh_token(&FIRST).unwrap().is_some());
    assert_eq!(backup.consents().unwrap(), here.consents().unwrap());
    assert_eq!(backup.users().unwrap(), here.users().unwrap());
    for table in [
        "grant",
        "authorization_code",
        "refresh_token",
        "consent",
        "used_assertion",
    ] {
        assert_eq!(rows(&backup, table), 1, "{table}");
    }
    let content = std::fs::read(&path).unwrap();
    for text in [clear.expose(), password] {
        let tail = text.get(8..).unwrap().as_bytes();
        assert!(!content.windows(tail.len()).any(|part| part == tail));
    }
}
