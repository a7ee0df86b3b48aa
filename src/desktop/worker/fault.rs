//! Faults of this window's server: they are armed for one client, taken back, and looked after.

use std::collections::HashMap;

use super::{Opening, ReplyBody, Trouble};
use crate::client::ClientId;
use crate::protocol::fault::{ArmedFault, Fault};
use crate::server::{ArmError, RunningServer};

/// Something to do about faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultWork {
    /// Arm one for a client.
    Arm {
        /// Whose next answer it spoils.
        client_id: ClientId,
        /// What goes wrong.
        fault: Fault,
    },
    /// Take back what is armed.
    Disarm,
    /// Look what has become of it.
    Look,
}

/// What is armed, and what was used up last. Nothing, where no server runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultState {
    /// What waits for its client.
    pub armed: Option<FaultOf>,
    /// What has met its client.
    pub used: Option<FaultOf>,
}

/// A fault, and what people call its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultOf {
    /// The client's name when it was armed.
    pub client: String,
    /// The fault.
    pub armed: ArmedFault,
}

/// What `work` keeps of faults: the names of the clients that had one. They are looked up once, not at every look.
#[derive(Default)]
pub(super) struct FaultDesk {
    names: HashMap<ClientId, String>,
}

impl FaultDesk {
    pub(super) fn carry_out(
        &mut self,
        wanted: FaultWork,
        server: Option<&RunningServer>,
        opening: &Opening,
    ) -> ReplyBody {
        match self.done(wanted, server, opening) {
            Ok(state) => ReplyBody::Fault(Box::new(state)),
            Err(trouble) => ReplyBody::Failed(trouble),
        }
    }

    fn done(
        &mut self,
        wanted: FaultWork,
        server: Option<&RunningServer>,
        opening: &Opening,
    ) -> Result<FaultState, Trouble> {
        let Some(server) = server else {
            return match wanted {
                FaultWork::Arm { .. } => Err(Trouble {
                    what: "The server is not running, so there is no answer that a fault could spoil"
                        .to_owned(),
                    advice: "Start it on the Server screen.".to_owned(),
                }),
                FaultWork::Disarm | FaultWork::Look => Ok(FaultState::default()),
            };
        };
        match wanted {
            FaultWork::Arm { client_id, fault } => {
                server.arm(&client_id, fault)?;
                let client = opening.registry()?.client(&client_id)?;
                self.names
                    .extend(client.map(|client| (client_id, client.draft.name)));
            }
            FaultWork::Disarm => server.disarm(),
            FaultWork::Look => {}
        }
        Ok(FaultState {
            armed: server.armed().map(|armed| self.named(armed)),
            used: server.used_fault().map(|used| self.named(used)),
        })
    }

    fn named(&self, armed: ArmedFault) -> FaultOf {
        let name = self.names.get(&armed.client_id);
        FaultOf {
            client: name.map_or_else(|| armed.client_id.to_string(), String::clone),
            armed,
        }
    }
}

impl From<ArmError> for Trouble {
    fn from(error: ArmError) -> Self {
        Self {
            what: error.to_string(),
            advice: error.advice(),
        }
    }
}
