//! What a reviewer decides about a client: to take a risk or to take it no more, to sign the client off or to take that back.

use super::ReplyBody;
use crate::audit::Acceptance;
use crate::client::ClientId;
use crate::registry::{Act, Registry, RegistryError};

/// A decision. Who takes it, and when, is said where it is carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Take a risk.
    Accept {
        /// Of which client.
        client_id: ClientId,
        /// Which, why, and until when.
        acceptance: Acceptance,
    },
    /// Take a risk no more.
    End {
        /// Of which client.
        client_id: ClientId,
        /// Which.
        acceptance: Acceptance,
    },
    /// Sign a client off.
    Approve {
        /// Which.
        client_id: ClientId,
        /// The version that was looked at.
        version: u64,
    },
    /// Take a sign-off back.
    Withdraw {
        /// Of which client.
        client_id: ClientId,
    },
}

impl Decision {
    /// The decision with the name and the time of whoever takes it.
    #[must_use]
    pub fn by(mut self, act: &Act) -> Self {
        if let Self::Accept { acceptance, .. } = &mut self {
            acceptance.by.clone_from(&act.by);
            acceptance.at = act.at;
        }
        self
    }

    /// The client concerned.
    pub fn client_id(&self) -> &ClientId {
        match self {
            Self::Accept { client_id, .. }
            | Self::End { client_id, .. }
            | Self::Approve { client_id, .. }
            | Self::Withdraw { client_id } => client_id,
        }
    }

    /// What it is, while it waits to be carried out.
    pub fn waiting(&self) -> String {
        let client_id = self.client_id();
        match self {
            Self::Accept { acceptance, .. } => format!(
                "Accepting {} of {client_id} until {}",
                acceptance.rule,
                acceptance.until.strftime("%Y-%m-%d")
            ),
            Self::End { acceptance, .. } => format!("Accepting {} of {client_id} no more", acceptance.rule),
            Self::Approve { .. } => format!("Approving {client_id}"),
            Self::Withdraw { .. } => format!("Withdrawing the approval of {client_id}"),
        }
    }

    /// What is said once it is carried out.
    pub fn told(&self) -> String {
        match self {
            Self::Accept { acceptance, .. } => {
                format!(
                    "The risk is accepted until {}",
                    acceptance.until.strftime("%Y-%m-%d")
                )
            }
            Self::End { .. } => "The risk is accepted no more".to_owned(),
            Self::Approve { .. } => "The client is approved".to_owned(),
            Self::Withdraw { .. } => "The approval is withdrawn".to_owned(),
        }
    }
}

/// Keeps a decision in the registry.
pub(super) fn carry_out(
    registry: &Registry,
    decision: Decision,
    act: &Act,
) -> Result<ReplyBody, RegistryError> {
    let decision = decision.by(act);
    let kept = match &decision {
        Decision::Accept {
            client_id,
            acceptance,
        } => registry.accept_risk(client_id, acceptance, act),
        Decision::End {
            client_id,
            acceptance,
        } => registry.end_risk(client_id, acceptance, act),
        Decision::Approve { client_id, version } => registry.approve_client(client_id, *version, act),
        Decision::Withdraw { client_id } => registry.withdraw_approval(client_id, act),
    };
    match kept {
        Ok(()) => Ok(ReplyBody::Done(decision.told())),
        Err(RegistryError::Conflict { theirs }) => Ok(ReplyBody::ApprovalOvertaken(theirs)),
        Err(error) => Err(error),
    }
}
