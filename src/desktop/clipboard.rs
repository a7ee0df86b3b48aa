//! The clipboard for secrets: our own handle, hints that keep histories from recording it, cleared when its time
//! is up **only if it still holds what was put there**, and on exit.
//!
//! egui's own copy sets none of those hints, so secrets and tokens never go through it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use subtle::ConstantTimeEq;

use crate::client::Secret;

/// Where secrets are copied to. Stands between the window and the system, so that tests have one of their own.
pub trait Clipboard {
    /// Puts a secret there, in place of what was.
    fn put(&mut self, secret: Secret);
    /// Empties it if it still holds the last secret that was put.
    fn clear_if_still_ours(&mut self);
    /// Does what is left to do and lets go.
    fn close(&mut self);
}

enum Order {
    Put(Secret),
    ClearIfStillOurs,
}

/// The system's clipboard, behind a thread of its own: on X11 and Wayland it must live as long as its content.
pub struct SystemClipboard {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl SystemClipboard {
    /// Starts the thread. The handle is opened at the first secret, not before.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start() -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel(16);
        let thread = thread::Builder::new()
            .name("clipboard".to_owned())
            .spawn(move || serve(&inbox))?;
        Ok(Self {
            orders: Some(orders),
            thread: Some(thread),
        })
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread ends only with us; a full queue means a clipboard that hangs, which no further order mends.
            let (Ok(()) | Err(_)) = orders.try_send(order);
        }
    }
}

impl Clipboard for SystemClipboard {
    fn put(&mut self, secret: Secret) {
        self.order(Order::Put(secret));
    }

    fn clear_if_still_ours(&mut self) {
        self.order(Order::ClearIfStillOurs);
    }

    fn close(&mut self) {
        self.order(Order::ClearIfStillOurs);
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked holds nothing any more.
            let (Ok(()) | Err(_)) = thread.join();
        }
    }
}

fn serve(inbox: &Receiver<Order>) {
    let mut handle: Option<arboard::Clipboard> = None;
    let mut ours: Option<Secret> = None;
    while let Ok(order) = inbox.recv() {
        if handle.is_none() {
            handle = arboard::Clipboard::new().ok();
        }
        let Some(clipboard) = &mut handle else { continue };
        match order {
            Order::Put(secret) => {
                if set(clipboard, secret.expose()).is_ok() {
                    ours = Some(secret);
                }
            }
            Order::ClearIfStillOurs => {
                let Some(put) = ours.take() else { continue };
                let held = clipboard.get_text().map(Secret::new);
                let still_ours = held
                    .is_ok_and(|held| bool::from(held.expose().as_bytes().ct_eq(put.expose().as_bytes())));
                if still_ours {
                    // Nothing can be done about a clipboard that cannot be cleared; the content dies with us.
                    let (Ok(()) | Err(_)) = clipboard.clear();
                }
            }
        }
    }
}

fn set(clipboard: &mut arboard::Clipboard, text: &str) -> Result<(), arboard::Error> {
    let set = clipboard.set();
    #[cfg(target_os = "linux")]
    let set = arboard::SetExtLinux::exclude_from_history(set);
    #[cfg(target_os = "macos")]
    let set = arboard::SetExtApple::exclude_from_history(set);
    #[cfg(windows)]
    let set = {
        use arboard::SetExtWindows;
        set.exclude_from_cloud()
            .exclude_from_history()
            .exclude_from_monitoring()
    };
    set.text(text)
}

/// A clipboard for tests, which can be looked into and written by "somebody else".
#[derive(Clone, Default)]
pub struct TestClipboard(Arc<Mutex<(Option<String>, Option<String>)>>);

impl TestClipboard {
    /// What it holds.
    pub fn text(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Puts something else there, as another program would.
    pub fn overwrite(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(text.to_owned());
    }
}

impl Clipboard for TestClipboard {
    fn put(&mut self, secret: Secret) {
        let text = secret.expose().to_owned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Some(text.clone()), Some(text));
    }

    fn clear_if_still_ours(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0.is_some() && state.0 == state.1 {
            state.0 = None;
        }
        state.1 = None;
    }

    fn close(&mut self) {
        self.clear_if_still_ours();
    }
}
