//! Every client, one page after another, for whoever judges them all.

use rusqlite::{Transaction, TransactionBehavior};

use super::error::Fault;
use super::{Client, Registry, RegistryError, client};

/// A place among all clients; the default is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place(i64);

impl Place {
    /// Behind a row.
    pub(super) fn at_row(row: i64) -> Self {
        Self(row)
    }

    /// The row that it is behind.
    pub(super) fn row(self) -> i64 {
        self.0
    }
}

impl Registry {
    /// The next clients in the order in which they were registered, whole, and the place behind them. None are left where
    /// there are fewer than `limit`.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn clients_from(&self, place: Place, limit: u32) -> Result<(Vec<Client>, Place), RegistryError> {
        let clients = self.read_together(|db| client::page(db, place.0, limit))?;
        let next = clients.last().map_or(place, |client| Place(client.row));
        Ok((clients, next))
    }

    /// Reads again and again from one and the same state of the file, whatever others write meanwhile. `work` reads only:
    /// what it tries to write is refused, unless this is a part of a commit.
    ///
    /// # Errors
    /// What `work` returns, or the trouble of reading.
    pub fn in_one_state<T, E: From<RegistryError>>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.in_one_commit.get() || self.in_one_state.get() {
            return work(self);
        }
        let told = |fault: Fault| E::from(fault.about(&self.path));
        let begun = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred);
        let transaction = begun.map_err(|error| told(error.into()))?;
        self.in_one_state.set(true);
        let done = work(self);
        self.in_one_state.set(false);
        transaction.finish().map_err(|error| told(error.into()))?;
        done
    }
}
