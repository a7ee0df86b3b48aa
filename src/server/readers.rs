//! The registry's connections that requests read with: they never write, so that no slow write holds an answer up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::client::ClientId;
use crate::protocol::keys::SigningKeys;
use crate::protocol::signing_key::KeysError;
use crate::registry::{Client, Registry, RegistryError};

/// Clients kept by each connection between two changes of the file.
const MOST_KEPT: usize = 1_024;

/// A few connections; a request takes one that is free.
#[derive(Debug)]
pub struct Readers {
    connections: Vec<Mutex<Reader>>,
    keys: Mutex<Arc<SigningKeys>>,
}

#[derive(Debug)]
struct Reader {
    registry: Registry,
    data_version: i64,
    kept: HashMap<ClientId, Arc<Client>>,
    /// The state of the file in which the shared keys were last seen to be its keys. `None`: not yet.
    keys_seen_at: Option<i64>,
}

/// What one look at the file shows.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The client of the identifier, if there is one.
    pub client: Option<Arc<Client>>,
    /// The signing keys, where they are known to be those of the same state of the file: to ask the file whether it
    /// changed costs more than all else that a request reads.
    pub keys: Option<Arc<SigningKeys>>,
}

impl Readers {
    /// Opens `count` connections beside one, whose keys were opened already.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn open(registry: &Registry, count: usize, keys: SigningKeys) -> Result<Self, RegistryError> {
        let reader = |_| -> Result<_, RegistryError> {
            let registry = registry.another()?;
            let data_version = registry.data_version()?;
            Ok(Mutex::new(Reader {
                registry,
                data_version,
                kept: HashMap::new(),
                keys_seen_at: None,
            }))
        };
        Ok(Self {
            connections: (0..count.max(1)).map(reader).collect::<Result<_, _>>()?,
            keys: Mutex::new(Arc::new(keys)),
        })
    }

    /// The client as the file has it now, and the signing keys with it. Any change by anyone counts from the next call
    /// on.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn client(&self, client_id: &ClientId, now: Timestamp) -> Result<Seen, RegistryError> {
        self.free().map_or(Ok(Seen::default()), |mut reader| {
            reader.client(client_id, &self.keys, now)
        })
    }

    /// Reads what else the file has now.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Registry) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        // There is at least one connection; without any there would be nothing to ask.
        let reader = self
            .free()
            .ok_or(RegistryError::Gone(std::path::PathBuf::new()))?;
        work(&reader.registry)
    }

    /// Whether some active client lists an origin of web pages.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn lists_origin(&self, origin: &str) -> Result<bool, RegistryError> {
        self.free()
            .map_or(Ok(false), |reader| reader.registry.lists_origin(origin))
    }

    /// The signing keys as the file has them now, opened again only where they have changed or one has ended.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn keys(&self, now: Timestamp) -> Result<Arc<SigningKeys>, KeysError> {
        match self.free() {
            Some(mut reader) => reader.keys(&self.keys, now),
            None => Ok(Arc::clone(&lock(&self.keys))),
        }
    }

    /// A free connection, or the first when all are at work.
    fn free(&self) -> Option<MutexGuard<'_, Reader>> {
        let free = self.connections.iter().find_map(|reader| reader.try_lock().ok());
        free.or_else(|| self.connections.first().map(lock))
    }
}

impl Reader {
    fn client(
        &mut self,
        client_id: &ClientId,
        shared: &Mutex<Arc<SigningKeys>>,
        now: Timestamp,
    ) -> Result<Seen, RegistryError> {
        let data_version = self.registry.data_version()?;
        let keys = (self.keys_seen_at == Some(data_version)).then(|| Arc::clone(&lock(shared)));
        if data_version != self.data_version {
            self.kept.clear();
            self.data_version = data_version;
        }
        Ok(Seen {
            client: self.kept_or_read(client_id)?,
            keys: keys.filter(|keys| keys.hold_at(now)),
        })
    }

    fn kept_or_read(&mut self, client_id: &ClientId) -> Result<Option<Arc<Client>>, RegistryError> {
        if let Some(client) = self.kept.get(client_id) {
            return Ok(Some(Arc::clone(client)));
        }
        // Identifiers that nobody has are not kept: whoever makes them up would fill the memory.
        let Some(client) = self.registry.client(client_id)?.map(Arc::new) else {
            return Ok(None);
        };
        if self.kept.len() >= MOST_KEPT {
            self.kept.clear();
        }
        self.kept.insert(client_id.clone(), Arc::clone(&client));
        Ok(Some(client))
    }

    fn keys(
        &mut self,
        shared: &Mutex<Arc<SigningKeys>>,
        now: Timestamp,
    ) -> Result<Arc<SigningKeys>, KeysError> {
        let data_version = Some(self.registry.data_version()?);
        // Held while they are read: of two connections, the one that read an older state must not come second.
        let mut shared = lock(shared);
        if self.keys_seen_at == data_version && shared.hold_at(now) {
            return Ok(Arc::clone(&shared));
        }
        let records = self.registry.signing_keys()?;
        if !(shared.are_of(&records) && shared.hold_at(now)) {
            *shared = Arc::new(SigningKeys::of(records, self.registry.vault(), now)?);
        }
        self.keys_seen_at = data_version;
        Ok(Arc::clone(&shared))
    }
}

/// What these mutexes guard is right after every statement, so that a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
