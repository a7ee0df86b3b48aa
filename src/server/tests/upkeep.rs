//! What a server keeps: keys, last use, test credentials, its log.

use axum::body::Body;

use super::{Rig, basic, by_post, post};
use crate::client::{ClientId, ClientKind, Secret, Standing, Status};
use crate::registry::{Act, Count, HistoryQuery, ListQuery, Registry};
use crate::server::{Listen, Options, Server, ServerError, TestCredentialError};

#[test]
fn two_servers_that_start_at_once_on_a_new_registry_end_with_one_pair_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry");
    let now = jiff::Timestamp::now();
    let registry = Registry::open(&path, now).unwrap();
    let start = || {
        let mut options = Options::new(registry.another().unwrap(), "tester");
        options.listen = Listen::AnyPort;
        move || Server::start(options).unwrap()
    };
    let starts: Vec<_> = (0..4).map(|_| std::thread::spawn(start())).collect();
    let servers: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    assert_eq!(registry.signing_keys().unwrap().len(), 2);
    let jwks: Vec<_> = servers
        .iter()
        .map(|server| server.app.keys(now).unwrap().jwks().clone())
        .collect();
    assert!(jwks.iter().all(|set| *set == jwks[0]));
}

#[test]
fn last_use_of_client_secret_and_scope_is_written_soon_and_at_the_latest_when_the_server_stops() {
    let rig = Rig::new();
    let (id, secret) = rig.client("service", |_| ());
    assert_eq!(
        rig.token_by_basic(&id, &secret, "&scope=read:payroll").status,
        200
    );
    let Rig {
        registry,
        server,
        seconds,
        _folder,
    } = rig;
    server.stop();
    let client = registry.client(&id).unwrap().unwrap();
    let now = super::time(&seconds);
    assert_eq!(client.last_used_at, Some(now));
    assert_eq!(client.secrets[0].last_used_at, Some(now));
    let used = registry.scope_use(&id).unwrap();
    assert_eq!(used.len(), 1);
    assert_eq!(used[0].scope, "read:payroll");
    assert_eq!(used[0].latest_exp.as_second(), now.as_second() + 600);
}

#[test]
fn a_test_credential_is_good_for_an_hour_over_loopback_and_leaves_no_trace_but_history() {
    let rig = Rig::new();
    for (name, change) in [("basic", None), ("post", Some(by_post as fn(&mut _)))] {
        let (id, _) = rig.client(name, |draft| change.into_iter().for_each(|change| change(draft)));
        let secret = rig.server.test_credential(&id, "tester").unwrap().unwrap();
        let request = || match change {
            None => rig.token_request(Some(&basic(&id, &secret)), "grant_type=client_credentials"),
            Some(_) => rig.token_request(None, &post(&id, &secret)),
        };
        assert_eq!(rig.send(request()).status, 200, "{name}");
        assert_eq!(
            rig.send_from(request(), "192.0.2.7:5000").status,
            401,
            "{name}: not over loopback"
        );
        rig.pass(3600);
        assert_eq!(rig.send(request()).status, 401, "{name}: after an hour");
        let query = HistoryQuery {
            client: Some(id.clone()),
            text: String::new(),
            before_seq: None,
            limit: 10,
            ..HistoryQuery::default()
        };
        let history = rig.registry.history(&query).unwrap();
        assert!(
            history
                .iter()
                .any(|row| row.action == "issue-test-credential" && row.by == "tester")
        );
        assert!(!format!("{history:?}").contains(secret.expose()));
        assert_eq!(rig.registry.client(&id).unwrap().unwrap().last_used_at, None);
    }
}

#[test]
fn a_test_credential_is_not_made_for_whoever_may_not_authenticate() {
    let rig = Rig::new();
    let (id, _) = rig.client("service", |_| ());
    let secret = rig.server.test_credential(&id, "tester").unwrap().unwrap();
    let version = rig.registry.client(&id).unwrap().unwrap().version;
    rig.registry
        .set_status(&id, version, Status::Disabled, &rig.act())
        .unwrap();
    assert_eq!(
        rig.token_by_basic(&id, &secret, "").status,
        401,
        "and ends for whoever is disabled"
    );
    assert!(matches!(
        rig.server.test_credential(&id, "tester"),
        Err(TestCredentialError::Disabled)
    ));
    let nobody = ClientId::parse("nobody").unwrap();
    assert!(matches!(
        rig.server.test_credential(&nobody, "tester"),
        Err(TestCredentialError::UnknownClient(_))
    ));
    let (public, _) = rig.client("public", |draft| {
        *draft = ClientKind::SinglePage.preset();
        draft.name = "public".to_owned();
        draft.redirect_uris = vec!["https://spa.example.com/callback".to_owned()];
    });
    assert!(rig.server.test_credential(&public, "tester").unwrap().is_none());
}

#[test]
fn the_log_tells_each_request_and_is_bounded() {
    let rig = Rig::new();
    let (id, secret) = rig.client("service", |_| ());
    rig.token_by_basic(&id, &secret, "");
    rig.send(
        rig.request()
            .uri("/nowhere?client_secret=oops")
            .body(Body::empty())
            .unwrap(),
    );
    rig.token_by_basic(
        &ClientId::parse(secret.expose()).unwrap(),
        &Secret::new(id.to_string()),
        "",
    );
    let log = rig.server.requests();
    let told: Vec<_> = log
        .iter()
        .map(|entry| (entry.number, entry.path.as_str(), entry.status))
        .collect();
    assert_eq!(
        told,
        [(1, "/token", 200), (2, "(no endpoint)", 404), (3, "/token", 401)]
    );
    assert_eq!(log[0].client_id.as_ref(), Some(&id));
    let text = format!("{log:?}{}", log[2]);
    assert!(
        !text.contains(secret.expose()) && !text.contains("oops"),
        "even where id and secret were swapped"
    );
    for _ in 0..600 {
        rig.send(rig.request().uri("/jwks").body(Body::empty()).unwrap());
    }
    assert_eq!(rig.server.requests().len(), 500);
    assert_eq!(rig.server.requests_after(601).len(), 2);
}

#[test]
fn clients_that_older_rules_judged_are_judged_again_beside_the_work_and_never_let_in_meanwhile() {
    let (held, secret) = (ClientId::parse("held").unwrap(), super::new_secret());
    let rig = Rig::with(|options| {
        let act = Act::new("tester", (options.clock)());
        let mut draft = ClientKind::Service.preset();
        draft.name = "held".to_owned();
        draft.scopes = vec!["bad scope".to_owned()];
        let secrets = [super::stored(&secret)];
        options
            .registry
            .import_client(&held, &draft, Status::Active, &secrets, "test", &act)
            .unwrap();
        options.registry.as_judged_by_older_rules();
    });
    assert_eq!(rig.token_by_basic(&held, &secret, "").status, 401);
    let query = ListQuery {
        status: Some(Standing::Held),
        ..ListQuery::default()
    };
    for _ in 0..200 {
        if rig.registry.count_clients(&query).unwrap() == Count::Exact(1) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the server did not judge it again");
}

#[test]
fn it_listens_on_loopback_only_and_on_another_port_only_where_none_was_demanded() {
    let rig = Rig::new();
    let taken = rig.server.address();
    let start = |listen| {
        let mut options = Options::new(rig.registry.another().unwrap(), "tester");
        options.listen = listen;
        Server::start(options)
    };
    assert!(matches!(
        start(Listen::Only(taken)),
        Err(ServerError::PortTaken(_))
    ));
    assert_ne!(start(Listen::Preferably(taken)).unwrap().address(), taken);
    let anywhere = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(
        start(Listen::Only(anywhere)),
        Err(ServerError::NotLoopback(_))
    ));
    assert_eq!(
        start(Listen::Only("[::1]:0".parse().unwrap()))
            .unwrap()
            .address()
            .ip()
            .to_string(),
        "::1"
    );
}

#[test]
fn a_registry_that_was_taken_away_is_the_servers_trouble_and_its_owner_is_told() {
    let rig = Rig::new();
    let (id, secret) = rig.client("service", |_| ());
    assert_eq!(rig.token_by_basic(&id, &secret, "").status, 200);
    let path = rig.registry.path().to_owned();
    std::fs::rename(&path, path.with_extension("away")).unwrap();
    let answer = rig.token_by_basic(&id, &secret, "");
    assert_eq!(
        (answer.status.as_u16(), answer.error().as_str()),
        (500, "server_error")
    );
    assert!(
        !String::from_utf8_lossy(&answer.body).contains("registry"),
        "{:?}",
        answer.json()
    );
    let log = rig.server.requests();
    assert!(
        log[1]
            .reason
            .as_ref()
            .unwrap()
            .contains("moved, deleted or replaced"),
        "{log:?}"
    );
    std::fs::rename(path.with_extension("away"), &path).unwrap();
    assert_eq!(
        rig.token_by_basic(&id, &secret, "").status,
        200,
        "put back, it serves again"
    );
}
