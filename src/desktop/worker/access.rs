//! Resource servers: what one is asked for, and how one is kept.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use super::{ReplyBody, Trouble};
use crate::client::policy::RuleMethod;
use crate::client::{ClientId, Secret};
use crate::outbound::{Exchange, Method, OutboundError, ProofKey, Request, exchange_at};
use crate::protocol::access::Decision;
use crate::protocol::metadata::RESOURCE;
use crate::registry::{Act, Registry, RegistryError, ResourceServer};
use crate::server::RunningServer;

/// A request to a resource server of this window's server.
#[derive(Debug)]
pub struct AccessRequest {
    /// With this access token.
    pub token: Secret,
    /// Whether it is bound to the key of this window (RFC 9449 §6.1): then the request comes with a proof.
    pub is_bound: bool,
    /// Which resource server.
    pub slug: String,
    /// By this method.
    pub method: RuleMethod,
    /// The path below the resource server, and perhaps a query; sent as it is.
    pub path: String,
}

/// The answer, and all that the server decided of this very request.
#[derive(Debug)]
pub struct AccessResult {
    /// Request and answer.
    pub exchange: Exchange,
    /// The decision. None where nobody decided, such as for a resource server that was removed meanwhile.
    pub decision: Option<Arc<Decision>>,
    /// The client of the token, where there is one.
    pub client_id: Option<ClientId>,
    /// The resource server that was asked.
    pub slug: String,
}

/// Asks, and finds what the server noted.
pub(super) fn check(
    server: Option<&RunningServer>,
    proof_key: Option<&ProofKey>,
    request: &AccessRequest,
) -> Result<AccessResult, Trouble> {
    let server = server.ok_or_else(|| Trouble {
        what: "The server is not running, so no resource server answers".to_owned(),
        advice: "Start it on the Server screen.".to_owned(),
    })?;
    let issuer = server.issuer();
    let below = format!("{RESOURCE}/{}", request.slug);
    let target = format!("{}{below}{}", issuer.path(), request.path);
    let url = issuer.endpoint(&format!("{below}{}", request.path));
    let url = Url::parse(&url).map_err(|_| OutboundError::NotAUrl(url))?;
    let method = method_of(request.method);
    let sent = match proof_key.filter(|_| request.is_bound) {
        None => Request::with_token(method, url, "Bearer", &request.token),
        Some(key) => {
            let mut sent = Request::with_token(method, url, "DPoP", &request.token);
            key.prove_with_token(&mut sent, &request.token, Timestamp::now())?;
            sent
        }
    };
    let exchange = exchange_at(&sent, &target)?;
    let logged = exchange.from.and_then(|from| {
        let requests = server.requests();
        requests.into_iter().rev().find(|request| request.peer == from)
    });
    let (decision, client_id) = logged.map_or((None, None), |logged| (logged.decision, logged.client_id));
    Ok(AccessResult {
        exchange,
        decision,
        client_id,
        slug: request.slug.clone(),
    })
}

fn method_of(method: RuleMethod) -> Method {
    match method {
        RuleMethod::Get => Method::Get,
        RuleMethod::Post => Method::Post,
        RuleMethod::Put => Method::Put,
        RuleMethod::Patch => Method::Patch,
        RuleMethod::Delete => Method::Delete,
    }
}

/// Keeps a resource server, unless somebody else has changed it since it was looked at.
pub(super) fn put(
    registry: &Registry,
    server: &ResourceServer,
    before: Option<&ResourceServer>,
    act: &Act,
) -> ReplyBody {
    let kept = registry.in_one_commit(|registry| {
        let all = registry.resource_servers()?;
        let now = all.iter().find(|other| other.identifier == server.identifier);
        if now != before {
            return Ok(false);
        }
        registry.put_resource_server(server, act).map(|()| true)
    });
    ReplyBody::ResourceServerKept(match (kept, before) {
        (Ok(true), None) => Ok(format!("{} can be asked now", server.slug)),
        (Ok(true), Some(_)) => Ok(format!("{} was saved", server.slug)),
        (Ok(false), None) => Err(already_there(server)),
        (Ok(false), Some(_)) => Err(Trouble {
            what: format!("{} was changed by somebody else meanwhile", server.identifier),
            advice: "Nothing was saved. Close this and open it again to see it as it is now.".to_owned(),
        }),
        (Err(error), _) => Err(Trouble::from(error)),
    })
}

fn already_there(server: &ResourceServer) -> Trouble {
    let error = RegistryError::AlreadyExists {
        what: "resource server",
        name: server.identifier.clone(),
    };
    error.into()
}
