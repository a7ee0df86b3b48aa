//! Signing in with the authorization code and on devices, from the browser's first request to refreshed and revoked tokens, by client
//! libraries that were not written here.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of a test may fail loudly"
)]

#[path = "sign_in/browser.rs"]
mod browser;
#[path = "sign_in/errors.rs"]
mod errors;
#[path = "sign_in/flows.rs"]
mod flows;
#[path = "sign_in/hint.rs"]
mod hint;
#[path = "sign_in/proofs.rs"]
mod proofs;
#[path = "sign_in/pushed_and_devices.rs"]
mod pushed_and_devices;
#[path = "sign_in/registration.rs"]
mod registration;
#[path = "sign_in/rig.rs"]
mod rig;
