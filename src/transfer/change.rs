//! Clients of another system that are registered here already: what an import changes of them, and what it refuses to change.

use super::imported_secret::ImportedSecret;
use super::importing::Importer;
use super::met::Prepared;
use super::{Came, Entry, differences};
use crate::client::ClientDraft;
use crate::interchange::client_id_document;
use crate::registry::{Act, Client, Registry, RegistryError, new_refusals};

/// How a client that is there already becomes what a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The file says everything.
    Replaced,
    /// It says what a client says of itself; the rest stays.
    Refreshed,
}

impl Importer<'_> {
    /// Makes a client what a file says, or says what would change.
    pub(super) fn change(
        &self,
        registry: Option<&Registry>,
        client: &Prepared,
        before: &Client,
        change: Change,
        entry: &mut Entry,
    ) -> Result<(), RegistryError> {
        let draft = match change {
            Change::Replaced => client.foreign.draft.clone(),
            Change::Refreshed => client_id_document::refreshed(client.foreign.draft.clone(), &before.draft),
        };
        entry.differences = differences(&before.draft, &draft);
        entry.has_new_secret = matches!(client.secret, ImportedSecret::New(_));
        let changed = entry.changed();
        if changed.is_empty() {
            entry.came = Came::Same;
            return Ok(());
        }
        if !self.update {
            let what = changed.join(", ");
            entry.refuse(format!(
                "It is registered here with other values ({what}). Import it with --update to change it"
            ));
            return Ok(());
        }
        new_refusals(&before.draft, &draft)?;
        let now_uses_secret = draft.token_endpoint_auth_method.uses_secret()
            && !before.draft.token_endpoint_auth_method.uses_secret()
            && before.live_secrets(self.act.at).next().is_none();
        // A dry run says so too.
        if now_uses_secret && !matches!(client.secret, ImportedSecret::New(_)) {
            return Err(RegistryError::SecretNeeded);
        }
        if let Some(registry) = registry {
            let act = self.act_on(registry)?;
            registry.in_one_commit(|registry| -> Result<(), RegistryError> {
                self.write_change(registry, client, before, draft, &act)
            })?;
        }
        entry.came = Came::Changed;
        Ok(())
    }

    /// Two changes of one client, which are made together or not at all.
    fn write_change(
        &self,
        registry: &Registry,
        client: &Prepared,
        before: &Client,
        draft: ClientDraft,
        act: &Act,
    ) -> Result<(), RegistryError> {
        let id = &before.client_id;
        let ImportedSecret::New(Some(secret)) = &client.secret else {
            return registry
                .update_client(id, before.version, draft, None, act)
                .map(drop);
        };
        let gets_first_secret = !before.draft.token_endpoint_auth_method.uses_secret()
            && before.live_secrets(self.act.at).next().is_none();
        if gets_first_secret {
            let first = Some(secret.clone());
            registry.update_client(id, before.version, draft, first, act)?;
        } else {
            registry.update_client(id, before.version, draft, None, act)?;
            registry.rotate_secret(id, secret.clone(), self.act.at, act)?;
        }
        Ok(())
    }
}
