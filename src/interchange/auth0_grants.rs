//! What clients of Auth0 are granted: scopes of APIs. The deploy CLI keeps it beside the clients, in `clientGrants` of a tenant or
//! in files of a folder of their own (`grants/NAME.json`), and calls clients by their names in it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Input;
use super::auth0::is_client;
use super::auth0_placeholders::with_placeholders;
use super::json_clients::each_client;
use super::json_walk::Taken;
use super::rfc7591::MAX_BYTES;
use super::stuck::Stuck;

/// The scopes by client and API.
#[derive(Clone, Debug, Default)]
pub(super) struct Grants(HashMap<String, Map<String, Value>>);

impl Grants {
    /// Adds those of a file: one grant, or those of a whole tenant.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read from its beginning again.
    pub fn gather(&mut self, input: &mut dyn Input) -> Result<(), Stuck> {
        // What cannot be read is told by whoever reads its clients.
        let _read = each_client(&mut *input, &["clientGrants"], MAX_BYTES, &mut |taken| {
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

    /// Adds one.
    pub fn add(&mut self, grant: &Map<String, Value>) {
        let text = |name: &str| grant.get(name)?.as_str().map(str::to_owned);
        let Some((client, audience)) = text("client_id").zip(text("audience")) else {
            return;
        };
        let scopes = grant.get("scope").and_then(Value::as_array);
        let scopes = scopes.into_iter().flatten().filter(|scope| scope.is_string());
        let of_client = self.0.entry(client).or_default();
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
    pub fn of(&self, members: &Map<String, Value>) -> Map<String, Value> {
        let mut granted = Map::new();
        for name in ["client_id", "name"] {
            let called = members.get(name).and_then(Value::as_str);
            if let Some(of_client) = called.and_then(|called| self.0.get(called)) {
                granted.extend(of_client.clone());
            }
        }
        granted
    }
}
