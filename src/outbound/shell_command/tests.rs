use super::*;
use crate::client::ClientId;
use crate::outbound::{Endpoints, TokenGrant};

#[test]
fn a_word_of_the_copied_command_is_one_word_to_a_shell() {
    for (text, word) in [
        ("plain-1.2_3", "plain-1.2_3"),
        ("", "''"),
        ("two words", "'two words'"),
        ("$(rm -rf ~)", "'$(rm -rf ~)'"),
        ("it's", r"'it'\''s'"),
        ("a;b&c|d", "'a;b&c|d'"),
        ("ä", "'ä'"),
    ] {
        assert_eq!(quoted(text), word);
    }
}

fn metadata() -> Metadata {
    let url = |path: &str| Url::parse(&format!("http://127.0.0.1:9400/{path}")).unwrap();
    Metadata {
        issuer: "http://127.0.0.1:9400".to_owned(),
        token_endpoint: url("token"),
        jwks_uri: url("jwks"),
        endpoints: Endpoints::default(),
        names_issuer: false,
    }
}

fn request(grant: TokenGrant, scope: Option<&str>) -> TokenRequest {
    TokenRequest {
        grant,
        scope: scope.map(str::to_owned),
        audience: None,
    }
}

fn curl(method: AuthMethod, known: Option<&str>, secret: SecretInCurl<'_>) -> String {
    let client = AsClient {
        client_id: ClientId::parse("my app:1").unwrap(),
        method,
        secret: known.map(|text| Secret::new(text.to_owned())),
    };
    let command = ShellCommand {
        client: &client,
        request: &request(TokenGrant::ClientCredentials, None),
        metadata: &metadata(),
        beforehand: Beforehand::Nothing,
    };
    command.curl(secret).expose().to_owned()
}

#[test]
fn a_copied_command_encodes_for_the_header_what_is_not_unreserved() {
    use AuthMethod::{ClientSecretBasic as Basic, ClientSecretPost as Post};
    let odd = Secret::new("p%s+s: ö".to_owned());
    let (asked, given) = (SecretInCurl::Asked, SecretInCurl::Given(&odd));
    let plain = "read -rs CLIENT_SECRET 2>/dev/null || ";
    let encodes = "IFS= read -rs CLIENT_SECRET 2>/dev/null || ";
    for (method, known, secret, begins) in [
        (Basic, Some("plain-1_2"), asked, plain),
        (Post, Some("plain-1_2"), asked, plain),
        (Basic, Some("a+b"), asked, encodes),
        (Basic, None, asked, encodes),
        (
            Post,
            Some("a+b"),
            asked,
            "IFS= read -rs CLIENT_SECRET 2>/dev/null || ",
        ),
        (Basic, None, given, "CLIENT_SECRET='p%25s%2Bs%3A+%C3%B6'\ncurl"),
        (Post, None, given, "CLIENT_SECRET='p%s+s: ö'\ncurl"),
        (AuthMethod::None, None, asked, "curl"),
    ] {
        let command = curl(method, known, secret);
        assert!(command.starts_with(begins), "{command}");
        assert_eq!(
            command.contains("\"$CLIENT_SECRET\""),
            method != AuthMethod::None,
            "{command}"
        );
    }
    let basic = curl(Basic, None, SecretInCurl::Asked);
    assert!(basic.contains("-u 'my+app%3A1:'\"$CLIENT_SECRET\""), "{basic}");
}

#[test]
fn what_is_worth_something_stands_in_a_variable_and_what_must_be_fetched_is_asked_for() {
    let client = AsClient {
        client_id: ClientId::parse("app").unwrap(),
        method: AuthMethod::None,
        secret: None,
    };
    let metadata = metadata();
    let secret = |text: &str| Secret::new(text.to_owned());
    let told = |request: &TokenRequest, beforehand| {
        let command = ShellCommand {
            client: &client,
            request,
            metadata: &metadata,
            beforehand,
        };
        command.curl(SecretInCurl::Asked).expose().to_owned()
    };
    let refresh = request(TokenGrant::RefreshToken(secret("r3fresh")), None);
    let command = told(&refresh, Beforehand::Nothing);
    assert!(command.starts_with("REFRESH_TOKEN=r3fresh\ncurl"), "{command}");
    assert!(command.contains("refresh_token=\"$REFRESH_TOKEN\""), "{command}");
    assert_eq!(command.matches("r3fresh").count(), 1, "{command}");

    let code = TokenGrant::AuthorizationCode {
        code: secret("spent"),
        redirect_uri: "https://app.example.com/cb".to_owned(),
        code_verifier: secret("v3rifier"),
    };
    let url = Url::parse("http://127.0.0.1:9400/authorize?a=1&b=2").unwrap();
    let command = told(&request(code, None), Beforehand::Authorize(&url));
    assert!(
        command.contains("'http://127.0.0.1:9400/authorize?a=1&b=2' >&2 &&\nread -r CODE"),
        "{command}"
    );
    assert!(
        command.contains("CODE_VERIFIER=v3rifier") && !command.contains("spent"),
        "{command}"
    );
}

#[test]
fn a_copied_chancery_command_is_words_to_a_shell_and_its_client_no_option() {
    let client = |client_id: &str| AsClient {
        client_id: ClientId::parse(client_id).unwrap(),
        method: AuthMethod::PrivateKeyJwt,
        secret: None,
    };
    let how = ChanceryToken {
        registry: Path::new("r"),
        running: None,
        sign_in_as: None,
        redirect_uri: None,
        scope: Some("read write"),
        audience: None,
    };
    let told = |client: &AsClient, grant, how: ChanceryToken<'_>| {
        let command = ShellCommand {
            client,
            // What a person allowed is not asked for again with the code.
            request: &request(grant, None),
            metadata: &metadata(),
            beforehand: Beforehand::Nothing,
        };
        command.chancery_token(&how).expose().to_owned()
    };
    let elsewhere = ChanceryToken {
        registry: Path::new("/a b/r"),
        ..how
    };
    assert_eq!(
        told(&client("my app"), TokenGrant::ClientCredentials, elsewhere),
        "chancery token 'my app' --registry '/a b/r' --scope 'read write'\n"
    );
    let running = ChanceryToken {
        running: Some("http://127.0.0.1:9400"),
        ..how
    };
    assert_eq!(
        told(&client("-x"), TokenGrant::ClientCredentials, running),
        "chancery token --registry r --scope 'read write' --issuer http://127.0.0.1:9400 -- -x < private-key.pem\n"
    );
    let secret = || Secret::new("s3cret".to_owned());
    let ada = ChanceryToken {
        sign_in_as: Some("ada"),
        redirect_uri: Some("https://app.example.com/cb"),
        ..how
    };
    let code = TokenGrant::AuthorizationCode {
        code: secret(),
        redirect_uri: "https://app.example.com/cb".to_owned(),
        code_verifier: secret(),
    };
    assert_eq!(
        told(&client("shop"), code, ada),
        "chancery token shop --registry r --grant authorization_code --sign-in-as ada \
         --redirect-uri https://app.example.com/cb --scope 'read write'\n"
    );
    assert_eq!(
        told(&client("shop"), TokenGrant::RefreshToken(secret()), how),
        "chancery token shop --registry r --grant refresh_token --token-file refresh-token --scope 'read write'\n"
    );
    let exchange = TokenGrant::TokenExchange {
        subject_token: secret(),
        actor_token: Some(secret()),
    };
    let command = told(&client("shop"), exchange, running);
    assert!(
        command.contains("--token-file subject-token --actor-token-file actor-token")
            && command.contains("--issuer http://127.0.0.1:9400 < private-key.pem"),
        "{command}"
    );
}
