//! The registry's connections that requests read with: they never write, so that no slow write holds an answer up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::ClientId;
use crate::registry::{Client, Registry, RegistryError};

/// Clients kept by each connection between two changes of the file.
const MOST_KEPT: usize = 1_024;

/// A few connections; a request takes one that is free.
#[derive(Debug)]
pub struct Readers(Vec<Mutex<Reader>>);

#[derive(Debug)]
struct Reader {
    registry: Registry,
    data_version: i64,
    kept: HashMap<ClientId, Arc<Client>>,
}

impl Readers {
    /// Opens `count` connections beside one.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn open(registry: &Registry, count: usize) -> Result<Self, RegistryError> {
        let reader = |_| {
            let registry = registry.another()?;
            let data_version = registry.data_version()?;
            Ok(Mutex::new(Reader {
                registry,
                data_version,
                kept: HashMap::new(),
            }))
        };
        (0..count.max(1)).map(reader).collect::<Result<_, _>>().map(Self)
    }

    /// The client as the file has it now. Any change by anyone counts from the next call on.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn client(&self, client_id: &ClientId) -> Result<Option<Arc<Client>>, RegistryError> {
        self.free()
            .map_or(Ok(None), |mut reader| reader.client(client_id))
    }

    /// A free connection, or the first when all are at work.
    fn free(&self) -> Option<MutexGuard<'_, Reader>> {
        let free = self.0.iter().find_map(|reader| reader.try_lock().ok());
        free.or_else(|| {
            self.0
                .first()
                .map(|reader| reader.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }
}

impl Reader {
    fn client(&mut self, client_id: &ClientId) -> Result<Option<Arc<Client>>, RegistryError> {
        let data_version = self.registry.data_version()?;
        if data_version != self.data_version {
            self.kept.clear();
            self.data_version = data_version;
        }
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
}
