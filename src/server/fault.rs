//! Faults at `/token`: they are armed in a running server, and spoil the next answer to one client.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::answer::{Remark, private, refusal};
use super::app::App;
use super::client_authentication::answered;
use super::error::ArmError;
use super::refusal::Refusal;
use super::running::RunningServer;
use crate::client::{ClientId, GrantType, Standing};
use crate::protocol::OAuthError;
use crate::protocol::fault::{ArmedFault, Fault, Forgery, RETRY_AFTER, UsedUpBy};
use crate::registry::Client;

/// The status of what is never sent: the connection is closed in its place. No standard has it; other servers write it
/// into their logs for the same.
const NO_ANSWER: u16 = 444;

impl RunningServer {
    /// Arms a fault for a client: it spoils the client's next answer, once, and ends by itself after ten minutes. What was
    /// armed before is armed no more. Waits for the registry, and for a key to be made: not for the thread that draws.
    ///
    /// # Errors
    /// [`ArmError`]; then what was armed before stays.
    pub fn arm(&self, client_id: &ClientId, fault: Fault) -> Result<ArmedFault, ArmError> {
        let client = self.app.client(client_id)?;
        let client = client.ok_or_else(|| ArmError::UnknownClient(client_id.clone()))?;
        match client.standing() {
            Standing::Active => {}
            Standing::Disabled => return Err(ArmError::Disabled),
            Standing::Held => return Err(ArmError::Held),
        }
        if fault.used_up_by() == UsedUpBy::Poll && !client.draft.has_grant(GrantType::DeviceCode) {
            return Err(ArmError::NeverUsed);
        }
        let forgery = Forgery::prepare(fault)?;
        Ok(self.app.faults.arm(client_id, forgery, self.app.now()))
    }

    /// Takes back what is armed.
    pub fn disarm(&self) {
        self.app.faults.disarm();
    }

    /// The fault that is armed.
    pub fn armed(&self) -> Option<ArmedFault> {
        self.app.faults.armed(self.app.now())
    }

    /// The fault that was used up last.
    pub fn used_fault(&self) -> Option<ArmedFault> {
        self.app.faults.used()
    }
}

/// Answers a token request of a client that has authenticated, or spoils the answer. `honest` is how it would be
/// answered; it is begun only where the fault lets it.
pub async fn spoiled(
    app: &App,
    client: &Arc<Client>,
    honest: impl Future<Output = Result<Response<Body>, Refusal>>,
) -> Result<Response<Body>, Refusal> {
    let taken = app.faults.take(&client.client_id, UsedUpBy::Request, app.now());
    let Some(fault) = taken.map(|forgery| forgery.fault()) else {
        return honest.await;
    };
    let mut answer = match fault {
        Fault::ServerError => refusal(&OAuthError::ServerError, Remark::to(client)),
        Fault::Unavailable => {
            let unavailable = OAuthError::TemporarilyUnavailable {
                retry_after: RETRY_AFTER,
                throttled: false,
            };
            refusal(&unavailable, Remark::to(client))
        }
        Fault::DroppedConnection => no_answer(client),
        _ => {
            tokio::time::sleep(app.limits.slow_answer).await;
            answered(honest.await)
        }
    };
    tell(&mut answer, fault);
    Ok(answer)
}

/// Has the request log say that a fault was at work. Of a request that was refused besides, it says that too.
pub fn tell(answer: &mut Response<Body>, fault: Fault) {
    let remark: &mut Remark = answer.extensions_mut().get_or_insert_default();
    let refused = remark.reason.take().filter(|_| fault == Fault::SlowAnswer);
    remark.reason = Some(match refused {
        Some(reason) => format!("{}; {reason}", fault.remark()),
        None => fault.remark(),
    });
}

fn no_answer(client: &Arc<Client>) -> Response<Body> {
    let mut answer = private(StatusCode::NO_CONTENT, "");
    *answer.status_mut() = StatusCode::from_u16(NO_ANSWER).unwrap_or_default();
    answer.extensions_mut().insert(Remark::to(client));
    answer
}

/// The connection is closed, and nothing is said.
#[derive(Debug)]
pub struct HungUp;

impl HungUp {
    /// What goes out: an answer, unless it is none.
    ///
    /// # Errors
    /// [`HungUp`].
    pub fn unless_sent(answer: Response<Body>) -> Result<Response<Body>, Self> {
        match answer.status().as_u16() {
            NO_ANSWER => Err(Self),
            _ => Ok(answer),
        }
    }
}

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault has closed the connection")
    }
}

impl Error for HungUp {}
