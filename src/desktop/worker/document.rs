//! Client ID metadata documents: fetched by `work`, looked at in a dialog, and only then kept.

use super::{Opening, ReplyBody, Trouble};
use crate::client::{ClientDraft, Status};
use crate::interchange::{ForeignClient, client_id_document};
use crate::outbound::{Fetcher, OutboundError};
use crate::registry::{Act, Client, Registry, RegistryError};

/// Gets what lies at a URL. Tests of the window bring one of their own.
pub type Fetch = fn(&str) -> Result<Vec<u8>, OutboundError>;

/// The one that goes out: over TLS, to public addresses only.
pub(super) fn fetch(url: &str) -> Result<Vec<u8>, OutboundError> {
    Fetcher::new(false).fetch_blocking(url)
}

/// A document that was fetched and read.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it says; for a client that is known, with what is said of it here.
    pub draft: ClientDraft,
    /// The client as it was read.
    pub foreign: Box<ForeignClient>,
    /// The client of this identifier, where there is one already.
    pub known: Option<Box<Client>>,
}

/// Fetches a document, and looks whether its client is known.
pub(super) fn look(url: &str, fetch: Fetch, opening: &Opening) -> Result<Document, Trouble> {
    let unfit = |error: client_id_document::DocumentError| Trouble {
        what: error.what,
        advice: error.advice.to_owned(),
    };
    let client_id = client_id_document::judge_url(url).map_err(unfit)?;
    let bytes = fetch(url).map_err(|error| Trouble {
        what: error.to_string(),
        advice: error.advice_for_document().to_owned(),
    })?;
    let foreign = client_id_document::read(&client_id, &bytes).map_err(unfit)?;
    let known = opening.registry()?.client(&client_id)?.map(Box::new);
    let draft = match &known {
        Some(known) => client_id_document::refreshed(foreign.draft.clone(), &known.draft),
        None => foreign.draft.clone(),
    };
    Ok(Document {
        draft,
        foreign: Box::new(foreign),
        known,
    })
}

/// Keeps the client of a document, whether it keeps the rules or is held.
pub(super) fn add(registry: &Registry, client: &ForeignClient, act: &Act) -> Result<Client, RegistryError> {
    let origin = client_id_document::ORIGIN;
    registry.import_client(&client.client_id, &client.draft, Status::Active, &[], origin, act)
}

impl ReplyBody {
    /// What came of fetching from a URL.
    pub(super) fn document(url: String, came: Result<Document, Trouble>) -> Self {
        Self::Document(url, Box::new(came))
    }
}
