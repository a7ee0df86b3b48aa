//! TLS and mutual TLS (RFC 8705) over real sockets, by a client with real certificates.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of a test may fail loudly"
)]

#[path = "mutual_tls/certificates.rs"]
mod certificates;
#[path = "mutual_tls/rig.rs"]
mod rig;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certificates::{Authority, Identity, authority, self_signed};
use chancery::client::{AuthMethod, ClientDraft};
use rig::Rig;
use serde_json::json;

fn by_authority(change: impl FnOnce(&mut ClientDraft)) -> impl FnOnce(&mut ClientDraft) {
    |draft| {
        draft.token_endpoint_auth_method = AuthMethod::TlsClientAuth;
        change(draft);
    }
}

fn self_signed_client(key: serde_json::Value) -> impl FnOnce(&mut ClientDraft) {
    move |draft| {
        draft.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
        draft.jwks = Some(json!({ "keys": [key] }));
    }
}

fn with_certificate(identity: &Identity) -> serde_json::Value {
    let mut jwk = identity.jwk();
    jwk["x5c"] = json!([STANDARD.encode(&identity.certificate)]);
    jwk
}

#[test]
fn both_ports_are_trusted_by_the_authority_of_the_registry_and_by_nobody_else() {
    let rig = Rig::new(None);
    for port in [rig.address(), rig.mutual()] {
        let (status, keys) = rig.get(port, "/jwks");
        assert_eq!(status, 200);
        assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
        assert!(
            rig.connect(port, None, Some(&authority("Somebody else")))
                .is_err()
        );
    }
    let (_, document) = rig.get(rig.address(), "/.well-known/openid-configuration");
    assert_eq!(document["issuer"], format!("https://{}", rig.address()));
    let aliases = &document["mtls_endpoint_aliases"];
    for name in ["token", "introspection", "revocation", "userinfo"] {
        let alias = aliases[format!("{name}_endpoint")].as_str().unwrap();
        assert!(
            alias.starts_with(&format!("https://{}/", rig.mutual())),
            "{alias}"
        );
    }
    let methods = document["token_endpoint_auth_methods_supported"].to_string();
    assert!(methods.contains("self_signed_tls_client_auth"), "{methods}");
    assert!(
        !methods.contains("\"tls_client_auth\""),
        "there is no authority for clients: {methods}"
    );
}

#[test]
fn the_authority_is_the_same_after_a_new_start_and_says_for_whom_it_vouches() {
    let rig = Rig::new(None);
    let first = rig.trust().clone();
    let again = rig.restarted();
    assert_eq!(first.pem, again.trust().pem);
    assert_eq!(first.fingerprint, again.trust().fingerprint);
    assert_eq!(first.host, "this machine's loopback addresses");
    assert!(rig::is_sound(&again), "the history has the authority");
}

#[test]
fn a_certificate_of_a_trusted_authority_counts_for_its_registered_subject() {
    let authority = authority("Organisation");
    let rig = Rig::new(Some(&authority));
    let subject = authority.client();
    for (name, change) in [
        ("subject", by("subject_dn", "CN=payroll,O=Example\\, Org,C=DE")),
        ("dns", by("san_dns", "Payroll.example.com")),
        ("uri", by("san_uri", "spiffe://example.com/payroll")),
        ("ip", by("san_ip", "10.1.2.3")),
        ("mail", by("san_email", "payroll@example.com")),
    ] {
        let client_id = rig.client(by_authority(change));
        let (status, answer) = rig.token(&client_id, Some(&subject));
        assert_eq!(status, 200, "{name}: {answer}");
    }
    for (name, change) in [
        ("order", by("subject_dn", "C=DE,O=Example\\, Org,CN=payroll")),
        ("part", by("subject_dn", "CN=payroll")),
        ("case", by("subject_dn", "CN=Payroll,O=Example\\, Org,C=DE")),
        ("dns", by("san_dns", "example.com")),
        ("uri", by("san_uri", "spiffe://example.com/payroll/")),
        ("ip", by("san_ip", "10.1.2.4")),
        ("mail", by("san_email", "Payroll@example.com")),
    ] {
        let client_id = rig.client(by_authority(change));
        let (status, answer) = rig.token(&client_id, Some(&subject));
        assert_eq!(
            (status, answer["error"].as_str()),
            (401, Some("invalid_client")),
            "{name}"
        );
        assert!(
            rig.last_reason().contains("subject"),
            "{name}: {}",
            rig.last_reason()
        );
    }
}

/// Sets one of the five members.
fn by(member: &'static str, value: &'static str) -> impl FnOnce(&mut ClientDraft) + Copy {
    move |draft| {
        let value = Some(value.to_owned());
        match member {
            "subject_dn" => draft.tls_client_auth_subject_dn = value,
            "san_dns" => draft.tls_client_auth_san_dns = value,
            "san_uri" => draft.tls_client_auth_san_uri = value,
            "san_ip" => draft.tls_client_auth_san_ip = value,
            "san_email" => draft.tls_client_auth_san_email = value,
            _ => panic!("{member}"),
        }
    }
}

#[test]
fn a_certificate_that_nobody_trusted_vouches_for_or_whose_time_is_over_is_refused() {
    let (trusted, other) = (authority("Organisation"), authority("Organisation"));
    let rig = Rig::new(Some(&trusted));
    let client_id = rig.client(by_authority(by("san_dns", "payroll.example.com")));
    let refused = |identity: Option<&Identity>, reason: &str| {
        let before = rig.hashes();
        let (status, answer) = rig.token(&client_id, identity);
        assert_eq!(
            (status, answer["error"].as_str()),
            (401, Some("invalid_client")),
            "{reason}"
        );
        assert!(
            rig.last_reason().contains(reason),
            "{reason}: {}",
            rig.last_reason()
        );
        assert_eq!(rig.hashes() - before, 1, "every refusal costs the same: {reason}");
    };
    refused(Some(&other.client()), "vouches");
    refused(Some(&self_signed()), "vouches");
    refused(Some(&trusted.expired()), "expired");
    refused(Some(&trusted.of_a_server()), "vouches");
    refused(Some(&trusted.with_an_odd_address()), "subject");
    refused(None, "showed no certificate");
    // A certificate shown at the usual port is not asked for there.
    let (status, _) = rig.token_at(rig.address(), &client_id, Some(&trusted.client()));
    assert_eq!(status, 401);
    rig.disable(&client_id);
    refused(Some(&trusted.client()), "disabled");

    let without = Rig::new(None);
    let client_id = without.client(by_authority(by("san_dns", "payroll.example.com")));
    assert_eq!(without.token(&client_id, Some(&trusted.client())).0, 401);
    assert!(without.last_reason().contains("--client-ca"));
}

#[test]
fn a_registered_certificate_or_key_counts_though_nobody_vouches_for_it() {
    let rig = Rig::new(None);
    let (own, other) = (self_signed(), self_signed());
    let by_certificate = rig.client(self_signed_client(with_certificate(&own)));
    let by_key = rig.client(self_signed_client(own.jwk()));
    let renewed = own.renewed();
    for (client_id, identity, status) in [
        (&by_certificate, &own, 200),
        (&by_key, &own, 200),
        // The key is the same, the certificate is not the registered one.
        (&by_certificate, &renewed, 401),
        (&by_key, &renewed, 200),
        (&by_certificate, &other, 401),
        (&by_key, &other, 401),
    ] {
        assert_eq!(
            rig.token(client_id, Some(identity)).0,
            status,
            "{}",
            rig.last_reason()
        );
    }
}

#[test]
fn bound_tokens_are_worth_nothing_without_their_certificate() {
    let rig = Rig::new(None);
    let (own, other) = (self_signed(), self_signed());
    let client_id = rig.person_client(AuthMethod::None);
    let code = rig.code(&client_id);
    let redeem = |code: &str, identity| {
        rig.post(
            "/token",
            &format!("grant_type=authorization_code&client_id={client_id}&code={code}"),
            identity,
        )
    };
    let (status, refused) = redeem(&code, None);
    assert_eq!(
        (status, refused["error"].as_str()),
        (400, Some("invalid_request"))
    );
    assert!(
        refused["error_description"]
            .to_string()
            .contains("mtls_endpoint_aliases"),
        "{refused}"
    );
    let (status, tokens) = redeem(&code, Some(&own));
    assert_eq!(status, 200, "the code was not spent by that: {tokens}");
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(rig::claims(access_token)["cnf"]["x5t#S256"], own.thumbprint());
    assert_eq!(
        tokens["token_type"], "Bearer",
        "RFC 8705 §3: it is still sent as one"
    );

    rig.resource_server("api", rig::claims(access_token)["aud"].as_str().unwrap());
    for (port, identity, status) in [
        (rig.mutual(), Some(&own), 200),
        (rig.mutual(), Some(&other), 401),
        (rig.mutual(), None, 401),
        (rig.address(), Some(&own), 401),
    ] {
        for path in ["/userinfo", "/resource/api/reports"] {
            let (got, answer) = rig.get_with_token(port, path, access_token, identity);
            assert_eq!(got, status, "{path}: {answer}");
        }
    }
    let refresh = |token: &serde_json::Value, identity| {
        let token = token["refresh_token"].as_str().unwrap();
        rig.post(
            "/token",
            &format!("grant_type=refresh_token&client_id={client_id}&refresh_token={token}"),
            identity,
        )
    };
    let (status, refused) = refresh(&tokens, Some(&other));
    assert_eq!(
        (status, refused["error"].as_str()),
        (400, Some("invalid_grant")),
        "RFC 8705 §4"
    );
    let (status, next) = refresh(&tokens, Some(&own));
    assert_eq!(status, 200, "a thief has spent nothing: {next}");
    assert_eq!(
        rig::claims(next["access_token"].as_str().unwrap())["cnf"]["x5t#S256"],
        own.thumbprint()
    );
}

#[test]
fn introspection_tells_to_which_certificate_a_token_is_bound() {
    let rig = Rig::new(None);
    let own = self_signed();
    let client_id = rig.client(|draft| {
        self_signed_client(own.jwk())(draft);
        draft.tls_client_certificate_bound_access_tokens = true;
    });
    let (_, tokens) = rig.token(&client_id, Some(&own));
    let body = format!(
        "client_id={client_id}&token={}",
        tokens["access_token"].as_str().unwrap()
    );
    let (status, told) = rig.post("/introspect", &body, Some(&own));
    assert_eq!(status, 200);
    assert_eq!(told["active"], true);
    assert_eq!(told["cnf"], json!({ "x5t#S256": own.thumbprint() }));
    let unbound = rig.client(self_signed_client(own.jwk()));
    let (_, tokens) = rig.token(&unbound, Some(&own));
    let claims = rig::claims(tokens["access_token"].as_str().unwrap());
    assert!(claims.get("cnf").is_none(), "nobody asked for it: {claims}");
}

#[test]
fn a_certificate_says_nothing_for_clients_of_other_methods() {
    let rig = Rig::new(None);
    let client_id = rig.client(|draft| draft.token_endpoint_auth_method = AuthMethod::ClientSecretBasic);
    let (status, answer) = rig.token(&client_id, Some(&self_signed()));
    assert_eq!((status, answer["error"].as_str()), (401, Some("invalid_client")));
}

#[test]
fn what_is_no_handshake_is_let_go_and_the_rest_goes_on() {
    let rig = Rig::new(None);
    for text in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}", ""] {
        rig.say_in_clear(text);
    }
    assert_eq!(rig.get(rig.address(), "/jwks").0, 200);
}

#[test]
fn authorities_are_read_from_pem_and_anything_else_is_told() {
    let Authority { pem, .. } = authority("Organisation");
    let read =
        |text: &str| chancery::protocol::client_certificate::ClientAuthorities::from_pem(text.as_bytes());
    assert!(read(&pem).is_ok());
    assert!(read(&format!("a remark\n{pem}\n{pem}")).is_ok());
    for (text, why) in [
        ("", "no certificate"),
        ("not PEM", "no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "cannot be used",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
            "cannot be used",
        ),
    ] {
        let told = read(text).unwrap_err().to_string();
        assert!(told.contains(why), "{text}: {told}");
    }
}
