//! Acts on clients as they were seen: one that is no longer the version that was seen is left as it is. Of an act on
//! many clients, each is a transaction of its own, with its own row in the history.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Trouble;
use crate::client::{ClientId, Standing, Status};
use crate::registry::{Act, Client, ClientRow, Registry, RegistryError};

/// A client as it was seen when it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// Its version: an act names it.
    pub version: u64,
    /// What it may do.
    pub standing: Standing,
}

impl From<&ClientRow> for Seen {
    fn from(row: &ClientRow) -> Self {
        Self {
            client_id: row.client_id.clone(),
            name: row.name.clone(),
            version: row.version,
            standing: row.standing,
        }
    }
}

impl From<&Client> for Seen {
    fn from(client: &Client) -> Self {
        Self {
            client_id: client.client_id.clone(),
            name: client.draft.name.clone(),
            version: client.version,
            standing: client.standing(),
        }
    }
}

/// The wish that an act on many clients goes no further. It reaches the thread that is at it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What can be done to clients as they stand: to one, or to many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAct {
    /// Switch on.
    Enable,
    /// Switch off.
    Disable,
    /// Delete.
    Delete,
}

impl ClientAct {
    /// While it is going on: `Disabling`.
    pub fn doing(self) -> &'static str {
        match self {
            Self::Enable => "Enabling",
            Self::Disable => "Disabling",
            Self::Delete => "Deleting",
        }
    }

    /// Once it is done: `disabled`.
    pub fn done(self) -> &'static str {
        match self {
            Self::Enable => "enabled",
            Self::Disable => "disabled",
            Self::Delete => "deleted",
        }
    }

    /// Does it to one client.
    pub(super) fn carry_out(
        self,
        registry: &Registry,
        client_id: &ClientId,
        version: u64,
        by: &Act,
    ) -> Result<Client, RegistryError> {
        match self {
            Self::Enable => registry.set_status(client_id, version, Status::Active, by),
            Self::Disable => registry.set_status(client_id, version, Status::Disabled, by),
            Self::Delete => registry.delete_client(client_id, version, by),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EachResult {
    /// What was asked for.
    pub act: ClientAct,
    /// Those it was done to, as they are now; as they were, where they were deleted.
    pub done: Vec<Seen>,
    /// How many were so already.
    pub already: usize,
    /// Those that somebody else changed, as they are now. They were left so.
    pub changed: Vec<Seen>,
    /// Those that somebody else deleted.
    pub gone: Vec<Seen>,
    /// What stopped it, and how many were not come to.
    pub stopped: Option<(Trouble, usize)>,
    /// How many were not come to because somebody wanted it to stop.
    pub left: usize,
}

/// How often it is told how far it is.
const TELL: Duration = Duration::from_millis(100);

/// How many names are told before the others are only counted.
const NAMES: usize = 3;

impl EachResult {
    fn new(act: ClientAct) -> Self {
        Self {
            act,
            done: Vec::new(),
            already: 0,
            changed: Vec::new(),
            gone: Vec::new(),
            stopped: None,
            left: 0,
        }
    }

    /// Whether it was done to all.
    pub fn is_whole(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty() && self.stopped.is_none() && self.left == 0
    }

    /// In words: `12 disabled, 1 changed elsewhere: Billing portal`.
    pub fn told(&self) -> String {
        let act = self.act.done();
        let mut parts = Vec::new();
        let left_over = self.already + self.changed.len() + self.gone.len();
        if !self.done.is_empty() || left_over == 0 {
            parts.push(format!("{} {act}", self.done.len()));
        }
        if self.already > 0 {
            let were = if self.already == 1 { "was" } else { "were" };
            parts.push(format!("{} {were} {act} already", self.already));
        }
        for (clients, what) in [(&self.changed, "changed"), (&self.gone, "deleted")] {
            if !clients.is_empty() {
                parts.push(format!("{} {what} elsewhere: {}", clients.len(), names(clients)));
            }
        }
        if self.left > 0 {
            parts.push(format!("{} left as they were", self.left));
        }
        let mut told = parts.join(", ");
        if let Some((trouble, left)) = &self.stopped {
            told = format!("{told}, {left} not: {}. {}", trouble.what, trouble.advice);
        }
        told
    }
}

fn names(clients: &[Seen]) -> String {
    let named: Vec<&str> = clients
        .iter()
        .take(NAMES)
        .map(|client| client.name.as_str())
        .collect();
    match clients.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Does it to one after the other. What one of them stands against stops none of the others; a trouble with the file
/// would meet every one of them and ends it, and so does the wish to stop. `tell` learns now and then how many were come
/// to.
pub(super) fn carry_out(
    registry: &Registry,
    act: ClientAct,
    clients: Vec<Seen>,
    by: &Act,
    stop: &Stop,
    tell: &mut dyn FnMut(usize),
) -> EachResult {
    let mut result = EachResult::new(act);
    let all = clients.len();
    let mut told = Instant::now();
    for (number, seen) in clients.into_iter().enumerate() {
        if stop.is_asked() {
            result.left = all - number;
            break;
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            tell(number);
        }
        match act.carry_out(registry, &seen.client_id, seen.version, by) {
            Ok(now) if act != ClientAct::Delete && now.version == seen.version => result.already += 1,
            Ok(now) => result.done.push(Seen::from(&now)),
            Err(RegistryError::Conflict { theirs }) => result.changed.push(theirs.as_ref().into()),
            Err(RegistryError::NotFound { .. }) => result.gone.push(seen),
            Err(error) => {
                result.stopped = Some((error.into(), all - number));
                break;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::client::ClientKind;

    fn seen(name: &str) -> Seen {
        Seen {
            client_id: ClientId::parse(name).unwrap(),
            name: name.to_owned(),
            version: 1,
            standing: Standing::Active,
        }
    }

    #[test]
    fn what_came_of_it_is_told_in_one_line() {
        let many = |count: usize| (0..count).map(|number| seen(&format!("c{number}"))).collect();
        let mut result = EachResult::new(ClientAct::Disable);
        result.done = many(12);
        assert_eq!(result.told(), "12 disabled");
        assert!(result.is_whole());
        result.already = 1;
        result.changed = vec![seen("Billing")];
        assert_eq!(
            result.told(),
            "12 disabled, 1 was disabled already, 1 changed elsewhere: Billing"
        );
        result.gone = many(5);
        result.done.clear();
        assert_eq!(
            result.told(),
            "1 was disabled already, 1 changed elsewhere: Billing, 5 deleted elsewhere: c0, c1, c2 and 2 more"
        );
        let trouble = Trouble {
            what: "The disk is full".to_owned(),
            advice: "Make room".to_owned(),
        };
        let stopped = EachResult {
            stopped: Some((trouble, 3)),
            ..EachResult::new(ClientAct::Delete)
        };
        assert_eq!(stopped.told(), "0 deleted, 3 not: The disk is full. Make room");
        let cancelled = EachResult {
            done: many(12),
            left: 288,
            ..EachResult::new(ClientAct::Enable)
        };
        assert_eq!(cancelled.told(), "12 enabled, 288 left as they were");
        assert!(!cancelled.is_whole());
    }

    #[test]
    fn whoever_wants_it_to_stop_is_heard_before_the_next_client() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        let registry = Registry::open(&path, Timestamp::UNIX_EPOCH).unwrap();
        let by = Act::new("Ada Admin", Timestamp::UNIX_EPOCH);
        let draft = ClientKind::Service.preset();
        let clients: Vec<Seen> = (0..3)
            .map(|number| {
                let client_id = ClientId::parse(&format!("c{number}")).unwrap();
                let client = registry.import_client(&client_id, &draft, Status::Active, &[], "test", &by);
                Seen::from(&client.unwrap())
            })
            .collect();
        let stop = Stop::default();
        let act = |clients: &[Seen]| {
            let clients = clients.to_vec();
            carry_out(&registry, ClientAct::Disable, clients, &by, &stop, &mut |_| ())
        };
        let whole = act(&clients[..1]);
        assert_eq!((whole.done.len(), whole.left), (1, 0));
        stop.ask();
        let cut = act(&clients[1..]);
        assert_eq!((cut.done.len(), cut.left), (0, 2));
        let status = |name: &str| {
            let client_id = ClientId::parse(name).unwrap();
            registry.client(&client_id).unwrap().unwrap().status
        };
        assert_eq!((status("c0"), status("c1")), (Status::Disabled, Status::Active));
    }
}
