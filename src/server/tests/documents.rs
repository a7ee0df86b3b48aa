//! The public documents, and what every endpoint does alike: hosts, methods, paths.

use axum::body::Body;
use axum::http::Request;

use super::{Answer, Rig};
use crate::protocol::Issuer;

fn get(rig: &Rig, path: &str) -> Answer {
    rig.send(rig.request().uri(path).body(Body::empty()).unwrap())
}

#[test]
fn discovery_leads_to_the_endpoints_of_the_issuer() {
    let rig = Rig::new();
    let issuer = rig.server.issuer().as_str().to_owned();
    assert_eq!(issuer, format!("http://{}", rig.server.address()));
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let answer = get(&rig, path);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert_eq!(answer.json()["issuer"], issuer);
        assert_eq!(answer.json()["token_endpoint"], format!("{issuer}/token"));
        assert_eq!(answer.json()["jwks_uri"], format!("{issuer}/jwks"));
    }
}

#[test]
fn both_keys_are_published_without_their_private_parts() {
    let rig = Rig::new();
    let answer = get(&rig, "/jwks");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    let algorithms: Vec<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    assert_eq!(algorithms.len(), 2);
    assert!(
        algorithms.contains(&"ES256") && algorithms.contains(&"RS256"),
        "{algorithms:?}"
    );
    for key in &keys {
        assert_eq!(key["use"], "sig");
        assert_eq!(
            key["kid"].as_str().unwrap().len(),
            43,
            "a SHA-256 thumbprint (RFC 7638)"
        );
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[test]
fn a_host_that_is_not_the_issuers_is_turned_away() {
    let rig = Rig::new();
    let port = rig.server.address().port();
    let own = rig.server.address().to_string();
    let send = |hosts: &[&str], uri: &str| {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header("host", *host);
        }
        rig.send(request.body(Body::empty()).unwrap()).status.as_u16()
    };
    let evil = format!("evil.example:{port}");
    let localhost = format!("localhost:{port}");
    for (hosts, status) in [
        (vec![own.as_str()], 200),
        (vec![localhost.as_str()], 421),
        (vec![evil.as_str()], 421),
        (vec!["127.0.0.1"], 421),
        (vec!["127.0.0.1:1"], 421),
        (vec![], 400),
        (vec![own.as_str(), own.as_str()], 400),
        (vec![own.as_str(), evil.as_str()], 400),
        (vec!["not a host"], 400),
        (vec![""], 400),
    ] {
        assert_eq!(send(&hosts, "/jwks"), status, "{hosts:?}");
    }
    // A target in absolute form (RFC 9112 §3.2.2) must name the issuer too.
    assert_eq!(send(&[&own], &format!("http://{own}/jwks")), 200);
    assert_eq!(send(&[&own], &format!("http://{evil}/jwks")), 421);
    assert_eq!(send(&[&evil], &format!("http://{own}/jwks")), 421);
}

#[test]
fn wrong_methods_and_paths_are_told_so() {
    let rig = Rig::new();
    for (method, path, status, allow) in [
        ("GET", "/token", 405, "POST"),
        ("PUT", "/token", 405, "POST"),
        ("HEAD", "/token", 405, "POST"),
        ("POST", "/jwks", 405, "GET,HEAD,OPTIONS"),
        (
            "DELETE",
            "/.well-known/openid-configuration",
            405,
            "GET,HEAD,OPTIONS",
        ),
        ("GET", "/", 404, ""),
        ("POST", "/token/", 404, ""),
        ("GET", "/.well-known/oauth-authorization-server/tenant", 404, ""),
        ("HEAD", "/jwks", 200, ""),
        ("OPTIONS", "/jwks", 204, ""),
    ] {
        let answer = rig.send(
            rig.request()
                .method(method)
                .uri(path)
                .body(Body::empty())
                .unwrap(),
        );
        assert_eq!(answer.status, status, "{method} {path}");
        let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
    }
}

#[test]
fn an_issuer_behind_a_proxy_has_its_own_name_and_path() {
    let rig =
        Rig::with(|options| options.issuer = Some(Issuer::parse("https://auth.example.com/tenant").unwrap()));
    for (path, status) in [
        ("/.well-known/oauth-authorization-server/tenant", 200),
        ("/tenant/.well-known/openid-configuration", 200),
        ("/tenant/jwks", 200),
        ("/jwks", 404),
    ] {
        let request = Request::builder()
            .uri(path)
            .header("host", "auth.example.com")
            .body(Body::empty())
            .unwrap();
        assert_eq!(rig.send(request).status, status, "{path}");
    }
    let own = get(&rig, "/tenant/jwks");
    assert_eq!(own.status, 421, "its address on this machine is not its name");
}
