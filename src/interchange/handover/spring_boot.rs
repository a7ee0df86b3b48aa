//! Spring Boot: `application.yml`, and the beans that it cannot say.

use super::text::{commented, fill, quoted, quoted_for_spring};
use super::{Facts, Flow, HandedFile, Handover};
use crate::client::AuthMethod;

/// The path at which Spring itself waits for the browser; the last part is the registration's name.
const CALLBACK: &str = "/login/oauth2/code/chancery";

/// Writes the configuration.
pub(super) fn write(facts: &Facts<'_>) -> Handover {
    let beans = match facts.flow {
        Flow::SignIn => security(facts),
        Flow::Service => service(facts),
        Flow::Device | Flow::Other => return facts.unfit("Spring Security"),
    };
    let mut handover = Handover {
        remarks: callback_remark(facts).into_iter().collect(),
        files: vec![properties(facts), beans],
    };
    handover.files.extend(resource_server(facts));
    handover
}

fn properties(facts: &Facts<'_>) -> HandedFile {
    let signs_in = facts.flow == Flow::SignIn;
    let grant = if signs_in {
        "authorization_code"
    } else {
        "client_credentials"
    };
    let secret = if facts.method.uses_secret() {
        "client-secret: \"${CHANCERY_CLIENT_SECRET}\""
    } else {
        ""
    };
    let redirect = facts.redirect.as_ref().filter(|_| signs_in);
    let redirect = redirect.map(|redirect| format!("redirect-uri: {}", quoted_for_spring(&redirect.uri)));
    let scopes: String = facts
        .draft
        .scopes
        .iter()
        .map(|scope| format!("\n  - {}", quoted_for_spring(scope)))
        .collect();
    let scopes = if scopes.is_empty() {
        scopes
    } else {
        format!("scope:{scopes}")
    };
    let text = fill(
        include_str!("templates/application.yml"),
        &[
            (
                "about",
                &commented("#", &facts.about("how it uses the authorization server")),
            ),
            ("name", &quoted_for_spring(&facts.draft.name)),
            ("client_id", &quoted_for_spring(facts.client_id)),
            ("client_secret", secret),
            ("method", facts.method.as_str()),
            ("grant", grant),
            ("redirect_uri", &redirect.unwrap_or_default()),
            ("scope", &scopes),
            ("provider", &provider(facts)),
        ],
    );
    HandedFile {
        name: "application.yml",
        text,
    }
}

/// With OpenID Connect everything is discovered; otherwise Spring would look for an ID token in vain.
fn provider(facts: &Facts<'_>) -> String {
    let endpoints = facts.endpoints;
    match facts.flow {
        Flow::SignIn if facts.is_openid() => {
            format!(
                "issuer-uri: {}\nuser-name-attribute: sub",
                quoted_for_spring(&endpoints.issuer)
            )
        }
        Flow::SignIn => format!(
            "authorization-uri: {}\ntoken-uri: {}\njwk-set-uri: {}",
            quoted_for_spring(&endpoints.authorization),
            quoted_for_spring(&endpoints.token),
            quoted_for_spring(&endpoints.jwks)
        ),
        _ => format!("token-uri: {}", quoted_for_spring(&endpoints.token)),
    }
}

fn security(facts: &Facts<'_>) -> HandedFile {
    let path = facts
        .redirect
        .as_ref()
        .map_or(CALLBACK, |redirect| redirect.path.as_str());
    let (imports, bean) = key(facts, "AuthorizationCode");
    let text = fill(
        include_str!("templates/SecurityConfiguration.java"),
        &[
            ("about", &commented("//", &facts.about("how people sign in"))),
            ("callback_path", &quoted(path)),
            ("key_imports", &imports),
            ("key_bean", &bean),
        ],
    );
    HandedFile {
        name: "SecurityConfiguration.java",
        text,
    }
}

fn service(facts: &Facts<'_>) -> HandedFile {
    let (imports, bean) = key(facts, "ClientCredentials");
    let text = fill(
        include_str!("templates/ServiceConfiguration.java"),
        &[
            ("about", &commented("//", &facts.about("how it calls an API"))),
            ("key_imports", &imports),
            ("key_bean", &bean),
        ],
    );
    HandedFile {
        name: "ServiceConfiguration.java",
        text,
    }
}

/// For `private_key_jwt` the bean that signs. Spring Security takes the key as a JWK.
fn key(facts: &Facts<'_>, grant: &str) -> (String, String) {
    if facts.method != AuthMethod::PrivateKeyJwt {
        return (String::new(), String::new());
    }
    let endpoint = "org.springframework.security.oauth2.client.endpoint";
    let imports = format!(
        "import com.nimbusds.jose.jwk.JWK;\n\
         import java.nio.file.Files;\n\
         import java.nio.file.Path;\n\
         import {endpoint}.NimbusJwtClientAuthenticationParametersConverter;\n\
         import {endpoint}.OAuth2AccessTokenResponseClient;\n\
         import {endpoint}.OAuth2{grant}GrantRequest;\n\
         import {endpoint}.RestClient{grant}TokenResponseClient;"
    );
    let bean = format!(
        "\n/** Signs with the private key, a JWK. */\n\
         @Bean\n\
         OAuth2AccessTokenResponseClient<OAuth2{grant}GrantRequest> tokenResponses() throws Exception {{\n    \
             var key = JWK.parse(Files.readString(Path.of(System.getenv(\"CHANCERY_PRIVATE_KEY_FILE\"))));\n    \
             var client = new RestClient{grant}TokenResponseClient();\n    \
             client.addParametersConverter(new NimbusJwtClientAuthenticationParametersConverter<>(registration -> key));\n    \
             return client;\n\
         }}"
    );
    (imports, bean)
}

fn resource_server(facts: &Facts<'_>) -> Option<HandedFile> {
    let audience = facts.draft.audience.first()?;
    let text = fill(
        include_str!("templates/ResourceServerConfiguration.java"),
        &[
            ("jwks", &quoted(&facts.endpoints.jwks)),
            ("issuer", &quoted(&facts.endpoints.issuer)),
            ("audience", &quoted(audience)),
            ("client_id", &quoted(facts.client_id)),
        ],
    );
    Some(HandedFile {
        name: "ResourceServerConfiguration.java",
        text,
    })
}

/// Spring waits at a path of its own unless it is told another one, which the beans do.
fn callback_remark(facts: &Facts<'_>) -> Option<String> {
    let redirect = facts.redirect.as_ref().filter(|_| facts.flow == Flow::SignIn)?;
    match &redirect.origin {
        _ if redirect.path == CALLBACK => None,
        Some(origin) => Some(format!(
            "Spring waits at {CALLBACK} by itself: redirectionEndpoint names the registered path, or register {origin}{CALLBACK}"
        )),
        None => Some(format!(
            "Spring cannot wait at {}: register an https address that ends in {CALLBACK}",
            redirect.uri
        )),
    }
}
