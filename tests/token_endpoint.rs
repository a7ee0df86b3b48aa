//! `/token` over a real socket, used by a client library that was not written here and by the program's own client.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may fail loudly")]

use chancery::client::{AuthMethod, ClientId, ClientKind, Secret, Status};
use chancery::jwt::{Form, Keys, SignatureCheck, decode};
use chancery::outbound::{
    AsClient, Beforehand, Metadata, OutboundError, SecretInCurl, ShellCommand, TokenAnswer, TokenGrant,
    TokenRequest, discover,
};
use chancery::registry::{Act, NewClient, NewSecret, Registry};
use chancery::server::{Listen, Options, RunningServer, Server};
use jiff::Timestamp;
use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::reqwest::blocking::Client;
use oauth2::{AuthType, ClientSecret, RequestTokenError, Scope, TokenResponse, TokenUrl};
use serde_json::Value;
use zeroize::Zeroizing;

struct Rig {
    registry: Registry,
    server: RunningServer,
    _folder: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::open(&folder.path().join("registry"), Timestamp::now()).unwrap();
        let mut options = Options::new(registry.another().unwrap(), "tester");
        options.listen = Listen::AnyPort;
        let server = Server::start(options).unwrap();
        Self {
            registry,
            server,
            _folder: folder,
        }
    }

    fn client(&self, method: AuthMethod) -> (ClientId, Secret) {
        let mut draft = ClientKind::Service.preset();
        draft.name = "payroll export".to_owned();
        draft.token_endpoint_auth_method = method;
        draft.scopes = vec!["read:payroll".to_owned(), "write:payroll".to_owned()];
        draft.audience = vec!["https://payroll.example.com".to_owned()];
        let secret = Secret::generate(&Zeroizing::new(random()));
        let client_id = ClientId::generate(random());
        let new = NewClient {
            client_id: client_id.clone(),
            registration: draft.validate().unwrap(),
            secret: Some(NewSecret {
                is_weak: false,
                selector: secret.selector(),
                hash: secret.hash(random()).unwrap(),
                label: String::new(),
                expires_at: None,
            }),
            origin: None,
        };
        self.registry
            .create_client(new, &Act::new("tester", Timestamp::now()))
            .unwrap();
        (client_id, secret)
    }

    fn metadata(&self) -> Metadata {
        discover(self.server.issuer().as_str()).unwrap()
    }
}

fn json(http: &Client, url: &str) -> Value {
    serde_json::from_slice(&http.get(url).send().unwrap().bytes().unwrap()).unwrap()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// A client, and what it asks for.
struct Asking {
    client: AsClient,
    request: TokenRequest,
}

impl Asking {
    fn send(&self, metadata: &Metadata) -> Result<TokenAnswer, OutboundError> {
        TokenAnswer::of(&self.request.request(&self.client, metadata), metadata)
    }

    fn curl(&self, metadata: &Metadata, secret: SecretInCurl<'_>) -> Secret {
        let command = ShellCommand {
            client: &self.client,
            request: &self.request,
            metadata,
            beforehand: Beforehand::Nothing,
        };
        command.curl(secret)
    }
}

fn request(client_id: &ClientId, method: AuthMethod, secret: &Secret) -> Asking {
    Asking {
        client: AsClient {
            client_id: client_id.clone(),
            method,
            secret: Some(secret.clone()),
        },
        request: TokenRequest {
            grant: TokenGrant::ClientCredentials,
            scope: None,
            audience: None,
        },
    }
}

const BOTH: [(AuthMethod, AuthType); 2] = [
    (AuthMethod::ClientSecretBasic, AuthType::BasicAuth),
    (AuthMethod::ClientSecretPost, AuthType::RequestBody),
];

#[test]
fn an_unmodified_library_gets_a_token_that_the_published_key_verifies() {
    let rig = Rig::new();
    let issuer = rig.server.issuer().as_str();
    let http = Client::new();
    let get = |url: &str| json(&http, url);
    let document = get(&format!("{issuer}/.well-known/openid-configuration"));
    let token_url = document["token_endpoint"].as_str().unwrap().to_owned();
    for (method, auth_type) in BOTH {
        let (client_id, secret) = rig.client(method);
        let client = BasicClient::new(oauth2::ClientId::new(client_id.to_string()))
            .set_client_secret(ClientSecret::new(secret.expose().to_owned()))
            .set_token_uri(TokenUrl::new(token_url.clone()).unwrap())
            .set_auth_type(auth_type);
        let asked = client
            .exchange_client_credentials()
            .add_scope(Scope::new("read:payroll".to_owned()));
        let answer = asked
            .add_extra_param("resource", "https://payroll.example.com")
            .request(&http)
            .unwrap();
        assert_eq!(answer.scopes().unwrap()[0].as_str(), "read:payroll");
        assert_eq!(answer.expires_in().unwrap().as_secs(), 600);

        // As a resource server would: with the key of that kid, and every claim that RFC 9068 §4 names.
        let token = answer.access_token().secret();
        let header = jsonwebtoken::decode_header(token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        let jwks: jsonwebtoken::jwk::JwkSet =
            serde_json::from_value(get(document["jwks_uri"].as_str().unwrap())).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        validation.set_audience(&["https://payroll.example.com"]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
            .unwrap()
            .claims;
        assert_eq!(claims["client_id"], client_id.as_str());

        let wrong = client.set_client_secret(ClientSecret::new("wrong".to_owned()));
        match wrong.exchange_client_credentials().request(&http) {
            Err(RequestTokenError::ServerResponse(refusal)) => {
                assert_eq!(*refusal.error(), BasicErrorResponseType::InvalidClient);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_exchange_is_kept_as_sent_and_received_and_shows_no_secret_unasked() {
    let rig = Rig::new();
    let metadata = rig.metadata();
    for (method, _) in BOTH {
        let (client_id, secret) = rig.client(method);
        let mut request = request(&client_id, method, &secret);
        request.request.scope = Some("read:payroll write:payroll".to_owned());
        request.request.audience = Some("https://payroll.example.com".to_owned());
        let answer = request.send(&metadata).unwrap();
        let exchange = &answer.exchange;
        assert_eq!(exchange.status, 200);
        assert!(
            exchange.received_head.starts_with("HTTP/1.1 200 OK\r\n"),
            "{}",
            exchange.received_head
        );
        assert_eq!(
            serde_json::from_slice::<Value>(&exchange.received_body).ok(),
            answer.response
        );

        let masked = format!(
            "{}\n{}\n{answer:?}",
            exchange.masked_head(),
            exchange.masked_body()
        );
        let clear = format!(
            "{}\n{}",
            exchange.head_in_clear().expose(),
            exchange.body_in_clear().expose()
        );
        assert!(clear.starts_with("POST /token HTTP/1.1\r\n"), "{clear}");
        assert!(
            clear.contains("resource=https%3A%2F%2Fpayroll.example.com"),
            "{clear}"
        );
        let in_header = {
            use base64::Engine;
            let pair = format!("{client_id}:{}", secret.expose());
            base64::engine::general_purpose::STANDARD.encode(pair)
        };
        assert!(clear.contains(secret.expose()) || clear.contains(&in_header));
        assert!(
            !masked.contains(secret.expose()) && !masked.contains(&in_header),
            "{masked}"
        );
        assert!(masked.contains("••••••••") && masked.contains("scope=read%3Apayroll+write%3Apayroll"));

        let token = answer.token.unwrap();
        assert!(
            matches!(token.signature, SignatureCheck::Good { .. }),
            "{:?}",
            token.signature
        );
        assert_eq!(token.claims["client_id"], client_id.as_str());
    }
}

#[test]
fn a_refusal_is_an_answer_too() {
    let rig = Rig::new();
    let (client_id, _) = rig.client(AuthMethod::ClientSecretBasic);
    let wrong = Secret::new("wrong".to_owned());
    let answer = request(&client_id, AuthMethod::ClientSecretBasic, &wrong)
        .send(&rig.metadata())
        .unwrap();
    assert_eq!(answer.exchange.status, 401);
    assert_eq!(answer.error(), Some("invalid_client"));
    assert!(answer.error_description().is_some());
    assert!(answer.token.is_none() && answer.access_token().is_none());
}

#[test]
fn a_token_with_another_signature_is_told_apart() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client(AuthMethod::ClientSecretBasic);
    let answer = request(&client_id, AuthMethod::ClientSecretBasic, &secret)
        .send(&rig.metadata())
        .unwrap();
    let token = answer.access_token().unwrap();
    let jwks = json(&Client::new(), &format!("{}/jwks", rig.server.issuer().as_str()));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let other = signature.replace(
        &signature[..2],
        if signature.starts_with("AA") { "BB" } else { "AA" },
    );
    for (what, token, jwks) in [
        ("another signature", format!("{message}.{other}"), jwks.clone()),
        ("no keys", token.to_owned(), serde_json::json!({ "keys": [] })),
    ] {
        let decoded = decode(&token, Some(&Keys::published(&jwks)));
        assert!(matches!(decoded.signature, SignatureCheck::Bad(_)), "{what}");
    }
    assert_eq!(decode("no token", None).form, Form::NoToken);
}

#[test]
fn the_copied_command_asks_for_the_secret_or_carries_the_test_credential() {
    let rig = Rig::new();
    let metadata = rig.metadata();
    let (client_id, secret) = rig.client(AuthMethod::ClientSecretBasic);
    let mut request = request(&client_id, AuthMethod::ClientSecretBasic, &secret);
    request.request.scope = Some("read:payroll write:payroll".to_owned());
    let asking = request.curl(&metadata, SecretInCurl::Asked);
    assert!(asking.expose().starts_with("read -rs CLIENT_SECRET"));
    assert!(!asking.expose().contains(secret.expose()));
    let given = request.curl(&metadata, SecretInCurl::Given(&secret));
    assert_eq!(
        given.expose().lines().next().unwrap(),
        format!("CLIENT_SECRET={}", secret.expose())
    );
    assert_eq!(given.expose().matches(secret.expose()).count(), 1);
    for line in [
        format!("curl -sS {}/token \\", rig.server.issuer().as_str()),
        format!("  -u {client_id}:\"$CLIENT_SECRET\" \\"),
        "  --data-urlencode 'scope=read:payroll write:payroll'".to_owned(),
    ] {
        assert!(
            given.expose().lines().any(|found| found == line),
            "{line} in {}",
            given.expose()
        );
    }
}

#[cfg(unix)]
#[test]
fn the_copied_command_authenticates_with_an_imported_secret_of_any_characters() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let rig = Rig::new();
    let metadata = rig.metadata();
    let text = " p%s+s:wö\\rd&\"'$(x)` ";
    let secret = Secret::new(text.to_owned());
    let imported = NewSecret {
        is_weak: false,
        selector: None,
        hash: secret.hash(random()).unwrap(),
        label: String::new(),
        expires_at: None,
    };
    let client_id = ClientId::parse("payroll:export %1").unwrap();
    let mut draft = ClientKind::Service.preset();
    draft.name = "imported".to_owned();
    let act = Act::new("tester", Timestamp::now());
    rig.registry
        .import_client(&client_id, &draft, Status::Active, &[imported], "test", &act)
        .unwrap();
    let request = request(&client_id, AuthMethod::ClientSecretBasic, &secret);
    let asked = request.curl(&metadata, SecretInCurl::Asked);
    let given = request.curl(&metadata, SecretInCurl::Given(&secret));
    // `sh` is a POSIX shell without `read -s` on some systems.
    for (shell, command, typed) in [
        ("bash", &asked, text),
        ("bash", &given, ""),
        ("sh", &asked, text),
        ("sh", &given, ""),
    ] {
        // In curl's place stands what tells the words that curl would get, each between NULs.
        let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{}", command.expose());
        let mut shell = Command::new(shell)
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut keyboard = shell.stdin.take().unwrap();
        // A command that asks for nothing may have ended before anything is typed.
        let typing = keyboard.write_all(format!("{typed}\n").as_bytes());
        assert!(typing.is_ok() || typed.is_empty(), "{typing:?}");
        drop(keyboard);
        let told = String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap();
        let mut words = told.split('\0').skip_while(|word| *word != "-u");
        let (id, secret) = words.nth(1).unwrap().split_once(':').unwrap();
        // As `curl -u` does: no encoding but base64.
        let answer = Client::new()
            .post(metadata.token_endpoint.clone())
            .basic_auth(id, Some(secret))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{}", command.expose());
    }
}

#[test]
fn it_speaks_to_loopback_only_and_says_what_to_do() {
    let rig = Rig::new();
    for (issuer, told) in [
        ("nonsense", "is not a URL"),
        ("https://127.0.0.1:1", "plain HTTP"),
        ("http://192.0.2.1:9400", "not on this machine"),
        ("http://127.0.0.1:1", "Nobody answers"),
    ] {
        let error = discover(issuer).unwrap_err();
        assert!(error.to_string().contains(told), "{issuer}: {error}");
        assert!(!error.advice().is_empty());
    }
    let with_path = format!("{}/tenant", rig.server.issuer().as_str());
    assert!(matches!(discover(&with_path), Err(OutboundError::Unexpected(..))));
}

#[test]
fn a_client_switched_off_in_another_window_is_refused_from_the_next_request_on() {
    let rig = Rig::new();
    let metadata = rig.metadata();
    let (client_id, secret) = rig.client(AuthMethod::ClientSecretBasic);
    let request = request(&client_id, AuthMethod::ClientSecretBasic, &secret);
    assert_eq!(request.send(&metadata).unwrap().exchange.status, 200);
    let elsewhere = Registry::open(rig.registry.path(), Timestamp::now()).unwrap();
    let client = elsewhere.client(&client_id).unwrap().unwrap();
    let act = Act::new("somebody else", Timestamp::now());
    elsewhere
        .set_status(&client_id, client.version, Status::Disabled, &act)
        .unwrap();
    assert_eq!(request.send(&metadata).unwrap().exchange.status, 401);
}
