//! What clients of Auth0 are granted: scopes of APIs, and how long tokens for these live. The deploy CLI keeps it beside the
//! clients, in `clientGrants` and `resourceServers` of a tenant or in files of folders of their own (`grants/NAME.json`,
//! `resource-servers/NAME.json`), and calls clients by their names in it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Input;
use super::auth0::is_client;
use super::auth0_placeholders::with_placeholders;
use super::json_clients::each_client;
use super::json_walk::Taken;
use super::rfc7591::MAX_BYTES;
use super::stuck::Stuck;

/// The lists of a tenant that say something of it.
pub(super) const IN_TENANT: [&str; 2] = ["clientGrants", "resourceServers"];

/// What is known of all clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Grants {
    /// The scopes by client and API.
    scopes: HashMap<String, Map<String, Value>>,
    /// How long access tokens live, in seconds, by API.
    lifetimes: HashMap<String, u32>,
}

/// What one client is granted.
#[derive(Default)]
pub(super) struct Granted {
    /// The scopes by API.
    pub scopes: Map<String, Value>,
    /// The API whose tokens live longest, and for how many seconds.
    pub longest: Option<(String, u32)>,
}

impl Grants {
    /// Adds those of a file: one grant, or those of a whole tenant.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read from its beginning again.
    pub fn gather(&mut self, input: &mut dyn Input) -> Result<(), Stuck> {
        // What cannot be read is told by whoever reads its clients.
        let _read = each_client(&mut *input, &IN_TENANT, MAX_BYTES, &mut |taken| {
            if let Ok(Taken::Text(text)) = taken.map(with_placeholders)
                && let Ok(Value::Object(members)) = text.read()
                && !is_client(&members)
            {
                self.add(&members);
            }
            true
        });
        let rewound = input.rewind();
        rewound.map_err(|error| Stuck::new(1, format!("The file cannot be read: {error}")))
    }

    /// Adds a grant, or an API.
    pub fn add(&mut self, grant: &Map<String, Value>) {
        let text = |name: &str| grant.get(name)?.as_str().map(str::to_owned);
        let seconds = grant.get("token_lifetime").and_then(Value::as_u64);
        let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
        self.lifetimes.extend(text("identifier").zip(seconds));
        let Some((client, audience)) = text("client_id").zip(text("audience")) else {
            return;
        };
        let scopes = grant.get("scope").and_then(Value::as_array);
        let scopes = scopes.into_iter().flatten().filter(|scope| scope.is_string());
        let of_client = self.scopes.entry(client).or_default();
        // There may be one for an application by itself and one for people.
        let known = of_client
            .entry(audience)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(known) = known.as_array_mut() {
            for scope in scopes {
                if !known.contains(scope) {
                    known.push(scope.clone());
                }
            }
        }
    }

    /// What a client is granted, by its identifier or its name.
    pub fn of(&self, members: &Map<String, Value>) -> Granted {
        let mut scopes = Map::new();
        for name in ["client_id", "name"] {
            let called = members.get(name).and_then(Value::as_str);
            if let Some(of_client) = called.and_then(|called| self.scopes.get(called)) {
                scopes.extend(of_client.clone());
            }
        }
        let of_apis = scopes
            .keys()
            .filter_map(|api| Some((api.clone(), *self.lifetimes.get(api)?)));
        let longest = of_apis.max_by_key(|(_, seconds)| *seconds);
        Granted { scopes, longest }
    }
}
