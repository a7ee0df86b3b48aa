//! The list of clients: what is asked for, and the rows that answer.

use jiff::Timestamp;

use super::facets::Facets;
use super::{Registry, RegistryError, page};
use crate::client::{ClientId, ClientKind, ClientType, GrantType, Severity, Standing};

/// By what the list is sorted. Kinds, grants and standings come in groups, sorted by name inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// By name, without regard to case and accents.
    #[default]
    Name,
    /// By `client_id`.
    ClientId,
    /// By kind.
    Kind,
    /// By the combination of grants.
    Grants,
    /// By last use; those never used come first.
    LastUsed,
    /// By standing: active, disabled, held.
    Status,
}

/// Which clients are wanted, and in which order. The default is the first of all of them by name; set `limit`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Those that contain this text; under three characters, those whose name or `client_id` begins with it.
    ///
    /// Where more than [`Count::LIMIT`] clients match, they come in the order in which they were registered.
    pub text: String,
    /// Those of one standing.
    pub status: Option<Standing>,
    /// Those of one type.
    pub client_type: Option<ClientType>,
    /// Those that may use one grant.
    pub grant: Option<GrantType>,
    /// Those that registered themselves only.
    pub dynamic: bool,
    /// In which order.
    pub sort: SortKey,
    /// The other way round.
    pub descending: bool,
    /// Those after this row of the same order.
    pub after: Option<Cursor>,
    /// How many rows to leave out first: for a jump of the scroll bar.
    pub skip: u32,
    /// At most so many.
    pub limit: u32,
}

impl ListQuery {
    /// The filters as a mask.
    pub(super) fn mask(&self) -> Facets {
        let standing = self.status.map_or(Facets::none(), Facets::standing);
        let client_type = self.client_type.map_or(Facets::none(), Facets::client_type);
        let grant = self.grant.map_or(Facets::none(), Facets::grant);
        let dynamic = if self.dynamic {
            Facets::dynamic()
        } else {
            Facets::none()
        };
        standing.and(client_type).and(grant).and(dynamic)
    }
}

/// A place in an order of the list. It stays good when the row it came from is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) key: Key,
    pub(super) facets: Facets,
    pub(super) row: i64,
}

/// What a row is sorted by inside its group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Text(String),
    Time(i64),
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// Its public identifier.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// The version that is shown: a change must name it.
    pub version: u64,
    /// Its kind.
    pub kind: ClientKind,
    /// Its grants, in the order of their definition.
    pub grant_types: Vec<GrantType>,
    /// From which other system it came, or how it registered itself: see [`super::Origin`].
    pub origin: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it got a token last.
    pub last_used_at: Option<Timestamp>,
    /// What it may do today.
    pub standing: Standing,
    /// The worst finding on its registration.
    pub worst: Option<Severity>,
    pub(super) name_key: String,
    pub(super) facets: Facets,
    pub(super) row: i64,
}

impl ClientRow {
    /// Its place in an order: the next page begins after it.
    pub fn cursor(&self, sort: SortKey) -> Cursor {
        let key = match sort {
            SortKey::ClientId => Key::Text(self.client_id.to_string()),
            SortKey::LastUsed => Key::Time(self.last_used_at.map_or(0, super::stored)),
            SortKey::Name | SortKey::Kind | SortKey::Grants | SortKey::Status => {
                Key::Text(self.name_key.clone())
            }
        };
        Cursor {
            key,
            facets: self.facets,
            row: self.row,
        }
    }
}

/// How many clients there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exact(u64),
    /// More than can be counted while somebody waits.
    MoreThan(u64),
}

impl Count {
    /// Matches of a text are counted, and sorted, up to this number.
    pub const LIMIT: u64 = 1000;
}

impl Registry {
    /// A page of the list. `after` and `skip` of the query choose which.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn list_clients(&self, query: &ListQuery) -> Result<Vec<ClientRow>, RegistryError> {
        self.read_together(|db| page::page(db, query))
    }

    /// How many clients the query finds in all, whatever its page. Exact unless a text was asked for.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn count_clients(&self, query: &ListQuery) -> Result<Count, RegistryError> {
        self.read_together(|db| page::count(db, query))
    }
}
