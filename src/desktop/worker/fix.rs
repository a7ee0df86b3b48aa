//! The mechanical change of a registration that ends a finding.

use super::{Deed, ReplyBody};
use crate::audit::AuditRule;
use crate::client::{ClientDraft, Secret};
use crate::registry::{Act, Client, NewSecret, Registry, RegistryError};

/// A change that is to end a finding.
#[derive(Clone, Debug)]
pub struct Fixing {
    /// The client as it was looked at.
    pub seen: Client,
    /// What it does.
    pub fix: crate::client::Fix,
    /// The rule whose finding it ends.
    pub rule: AuditRule,
}

impl Fixing {
    /// The registration after it.
    pub fn draft(&self) -> ClientDraft {
        let mut draft = self.seen.draft.clone();
        self.fix.apply(&mut draft);
        draft
    }
}

/// Makes the change, as saving a form does.
pub(super) fn carry_out(
    registry: &Registry,
    fixing: Box<Fixing>,
    first_secret: Option<(NewSecret, Secret)>,
    act: &Act,
) -> Result<ReplyBody, RegistryError> {
    let (new, secret) = first_secret.unzip();
    let seen = &fixing.seen;
    match registry.fix_client(
        &seen.client_id,
        seen.version,
        (fixing.rule, fixing.draft()),
        new,
        act,
    ) {
        Ok(client) => Ok(ReplyBody::Kept {
            deed: Deed::Fixed,
            client: Box::new(client),
            secret,
        }),
        Err(RegistryError::Conflict { theirs }) => Ok(ReplyBody::FixOvertaken { fixing, theirs }),
        Err(error) => Err(error),
    }
}
