//! ASP.NET Core: `Program.cs` and `appsettings.json`.

use serde_json::{Value, json};

use super::text::{commented, fill, json as json_text, quoted};
use super::{Facts, Flow, HandedFile, Handover};
use crate::client::AuthMethod;

/// Writes the configuration.
pub(super) fn write(facts: &Facts<'_>) -> Handover {
    let program = match facts.flow {
        Flow::SignIn => sign_in(facts),
        Flow::Service => service(facts),
        Flow::Device | Flow::Other => return facts.unfit("ASP.NET Core"),
    };
    let mut handover = Handover {
        remarks: callback_remark(facts).into_iter().collect(),
        files: vec![
            HandedFile {
                name: "Program.cs",
                text: program,
            },
            HandedFile {
                name: "appsettings.json",
                text: json_text(&settings(facts)),
            },
        ],
    };
    if let Some(audience) = facts.draft.audience.first() {
        let text = fill(
            include_str!("templates/Api.cs"),
            &[
                ("issuer", &quoted(&facts.endpoints.issuer)),
                ("https", https(facts)),
                ("audience", &quoted(audience)),
            ],
        );
        handover.files.push(HandedFile { name: "Api.cs", text });
    }
    handover
}

fn settings(facts: &Facts<'_>) -> Value {
    let draft = facts.draft;
    if facts.flow == Flow::Service {
        return json!({ "Chancery": {
            "TokenEndpoint": facts.endpoints.token,
            "ClientId": facts.client_id,
            "Scopes": draft.scopes,
        }});
    }
    let path = facts.redirect.as_ref().map(|redirect| redirect.path.as_str());
    json!({ "Chancery": {
        "Authority": facts.endpoints.issuer,
        "ClientId": facts.client_id,
        "CallbackPath": path.unwrap_or("/signin-oidc"),
        "Scopes": draft.scopes,
    }})
}

/// Plain http is for loopback.
fn https(facts: &Facts<'_>) -> &'static str {
    if facts.is_http() {
        "options.RequireHttpsMetadata = false; // on loopback only"
    } else {
        ""
    }
}

fn sign_in(facts: &Facts<'_>) -> String {
    let secret = match facts.method {
        AuthMethod::ClientSecretPost => {
            "options.ClientSecret = builder.Configuration[\"CHANCERY_CLIENT_SECRET\"];"
        }
        _ => "",
    };
    let prompt = if facts.asks_for_consent() {
        "options.Prompt = \"consent\"; // offline_access is given no other way"
    } else {
        ""
    };
    let signed = facts.method == AuthMethod::PrivateKeyJwt;
    let usings = match facts.method {
        AuthMethod::ClientSecretBasic => "using System.Net.Http.Headers;\nusing System.Text;",
        AuthMethod::PrivateKeyJwt => {
            "using Microsoft.IdentityModel.JsonWebTokens;\nusing Microsoft.IdentityModel.Tokens;"
        }
        _ => "",
    };
    fill(
        include_str!("templates/Program.cs"),
        &[
            ("about", &commented("//", &facts.about("how people sign in"))),
            ("usings", usings),
            ("https", https(facts)),
            ("client_secret", secret),
            ("signed_out", &signed_out(facts)),
            ("prompt", prompt),
            ("events", if signed { EVENTS } else { "" }),
            (
                "basic",
                if facts.method == AuthMethod::ClientSecretBasic {
                    BASIC
                } else {
                    ""
                },
            ),
            (
                "assertion",
                &assertion(facts, "builder.Configuration", "settings[\"Authority\"]"),
            ),
        ],
    )
}

/// ASP.NET Core waits at a path of its own after logout too.
fn signed_out(facts: &Facts<'_>) -> String {
    let uri = facts.draft.post_logout_redirect_uris.first();
    let path = uri.and_then(|uri| url::Url::parse(uri).ok());
    path.map(|url| format!("options.SignedOutCallbackPath = {};", quoted(url.path())))
        .unwrap_or_default()
}

/// The handler sends a secret in the body only.
const BASIC: &str = r#"
// The handler itself knows a secret in the body only; this client is registered for the header (client_secret_basic).
builder.Services.PostConfigure<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme, options =>
{
    var secret = builder.Configuration["CHANCERY_CLIENT_SECRET"] ?? "";
    var credentials = $"{Uri.EscapeDataString(options.ClientId!)}:{Uri.EscapeDataString(secret)}";
    options.Backchannel.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
        "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
});"#;

const EVENTS: &str = r#"options.Events.OnAuthorizationCodeReceived = context =>
{
    Sign(context.TokenEndpointRequest!);
    return Task.CompletedTask;
};
options.Events.OnPushAuthorization = context =>
{
    Sign(context.ProtocolMessage);
    context.HandleClientAuthentication();
    return Task.CompletedTask;
};"#;

fn service(facts: &Facts<'_>) -> String {
    let resource = facts.resource();
    let resource = resource.map(|(name, value)| format!("[\"{name}\"] = {},", quoted(value)));
    let scope = if facts.scope.is_empty() {
        ""
    } else {
        "[\"scope\"] = string.Join(' ', settings.GetSection(\"Scopes\").Get<string[]>() ?? []),"
    };
    let in_body = match facts.method {
        AuthMethod::ClientSecretPost => {
            "[\"client_id\"] = settings[\"ClientId\"],\n[\"client_secret\"] = configuration[\"CHANCERY_CLIENT_SECRET\"],"
        }
        AuthMethod::PrivateKeyJwt => {
            "[\"client_assertion_type\"] = AssertionType,\n[\"client_assertion\"] = Assertion(),"
        }
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => {
            "[\"client_id\"] = settings[\"ClientId\"],"
        }
        _ => "",
    };
    let basic = if facts.method == AuthMethod::ClientSecretBasic {
        "var secret = configuration[\"CHANCERY_CLIENT_SECRET\"] ?? \"\";\n\
         var credentials = $\"{Uri.EscapeDataString(settings[\"ClientId\"]!)}:{Uri.EscapeDataString(secret)}\";\n\
         request.Headers.Authorization = new AuthenticationHeaderValue(\n    \
             \"Basic\", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));"
    } else {
        ""
    };
    let usings = match facts.method {
        AuthMethod::ClientSecretBasic => "using System.Text;",
        AuthMethod::PrivateKeyJwt => {
            "using Microsoft.IdentityModel.JsonWebTokens;\nusing Microsoft.IdentityModel.Tokens;"
        }
        _ => "",
    };
    let audience = quoted(&facts.endpoints.issuer);
    fill(
        include_str!("templates/Service.cs"),
        &[
            ("about", &commented("//", &facts.about("how it gets its tokens"))),
            ("usings", usings),
            ("resource", &resource.unwrap_or_default()),
            ("scope", scope),
            ("in_body", in_body),
            ("basic", basic),
            ("assertion", &assertion(facts, "configuration", &audience)),
        ],
    )
}

/// The local functions that sign an assertion (RFC 7523 §3), where the client authenticates so.
fn assertion(facts: &Facts<'_>, configuration: &str, audience: &str) -> String {
    if facts.method != AuthMethod::PrivateKeyJwt {
        return String::new();
    }
    let sign = if facts.flow == Flow::SignIn {
        SIGN
    } else {
        ASSERTION_TYPE
    };
    fill(
        ASSERTION,
        &[
            ("sign", sign),
            ("configuration", configuration),
            ("audience", audience),
            ("algorithm", &quoted(facts.assertion_algorithm())),
        ],
    )
    .trim_end()
    .to_owned()
}

const SIGN: &str = r#"void Sign(OpenIdConnectMessage message)
{
    message.ClientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    message.ClientAssertion = Assertion();
}
"#;

const ASSERTION_TYPE: &str = r#"partial class Program
{
    const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
}
"#;

const ASSERTION: &str = r#"
string Assertion()
{
    var key = new JsonWebKey(File.ReadAllText(@{configuration}["CHANCERY_PRIVATE_KEY_FILE"]!));
    return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = settings["ClientId"],
        Audience = @{audience},
        Claims = new Dictionary<string, object>
        {
            ["sub"] = settings["ClientId"]!,
            ["jti"] = Guid.NewGuid().ToString(),
        },
        Expires = DateTime.UtcNow.AddMinutes(1),
        SigningCredentials = new SigningCredentials(key, @{algorithm}),
    });
}

@{sign}
"#;

/// The handler waits at whatever path it is told, but only at a path of a web application.
fn callback_remark(facts: &Facts<'_>) -> Option<String> {
    let redirect = facts.redirect.as_ref().filter(|_| facts.flow == Flow::SignIn)?;
    match &redirect.origin {
        None => Some(format!(
            "ASP.NET Core cannot wait at {}: register an https address, such as one that ends in /signin-oidc",
            redirect.uri
        )),
        Some(_) if redirect.uri.contains('?') => Some(
            "ASP.NET Core sends its callback without a query: register the address without one".to_owned(),
        ),
        Some(origin) if redirect.path == "/" => Some(format!(
            "ASP.NET Core needs a path of its own to wait at: register {origin}/signin-oidc"
        )),
        Some(_) => None,
    }
}
