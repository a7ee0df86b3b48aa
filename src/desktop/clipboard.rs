//! The clipboard for secrets: our own handle, hints that keep histories from recording it, cleared when its time
//! is up **only if it still holds what was put there**, and on exit.
//!
//! egui's own copy sets none of those hints, so secrets and tokens never go through it.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use eframe::egui::Context;
use subtle::ConstantTimeEq;

use super::worker::Trouble;
use crate::client::Secret;

/// Orders that may wait before the thread; a person cannot fill it.
const QUEUE: usize = 16;

/// Where secrets are copied to. Stands between the window and the system, so that tests have one of their own.
pub trait Clipboard {
    /// Has a secret put there, in place of what was. Whether it came there, [`Clipboard::outcomes`] tells.
    fn put(&mut self, secret: Secret);
    /// What has come of the secrets that were to be put, the oldest first. Each is told once.
    fn outcomes(&mut self) -> Vec<Result<(), Trouble>>;
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
    lane: Option<Lane>,
    thread: Option<JoinHandle<()>>,
    /// Puts that did not even reach the thread.
    not_ordered: usize,
}

/// The way to the thread and back.
struct Lane {
    orders: SyncSender<Order>,
    outcomes: Receiver<Result<(), Trouble>>,
}

impl SystemClipboard {
    /// Starts the thread, which wakes the window when it has something to tell. The handle is opened at the first
    /// secret, not before.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start(ctx: Context) -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel(QUEUE);
        let (tell, outcomes) = sync_channel(QUEUE);
        let open = || arboard::Clipboard::new().map(|clipboard| Box::new(clipboard) as Box<dyn Handle>);
        let thread = thread::Builder::new()
            .name("clipboard".to_owned())
            .spawn(move || serve(&inbox, open, |outcome| told(&tell, &ctx, outcome)))?;
        Ok(Self {
            lane: Some(Lane { orders, outcomes }),
            thread: Some(thread),
            not_ordered: 0,
        })
    }

    /// Returns whether the thread will see to it. It ends only with us; a full queue means a clipboard that hangs.
    fn order(&self, order: Order) -> bool {
        let lane = self.lane.as_ref();
        lane.is_some_and(|lane| match lane.orders.try_send(order) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        })
    }
}

/// Tells the window what came of a put. One that is closing no longer listens.
fn told(tell: &SyncSender<Result<(), Trouble>>, ctx: &Context, outcome: Result<(), Trouble>) {
    if tell.send(outcome).is_ok() {
        ctx.request_repaint();
    }
}

/// That nothing was copied, and what to do.
fn not_copied(why: &str) -> Trouble {
    Trouble {
        what: format!("Nothing was copied: {}", why.trim_end_matches('.')),
        advice: "Try again. If the clipboard stays out of reach, show the value and type it over.".to_owned(),
    }
}

impl Clipboard for SystemClipboard {
    fn put(&mut self, secret: Secret) {
        if !self.order(Order::Put(secret)) {
            self.not_ordered += 1;
        }
    }

    fn outcomes(&mut self) -> Vec<Result<(), Trouble>> {
        let told = self.lane.iter().flat_map(|lane| lane.outcomes.try_iter());
        let mut outcomes: Vec<_> = told.collect();
        for _ in 0..std::mem::take(&mut self.not_ordered) {
            outcomes.push(Err(not_copied("the clipboard does not answer")));
        }
        outcomes
    }

    fn clear_if_still_ours(&mut self) {
        self.order(Order::ClearIfStillOurs);
    }

    fn close(&mut self) {
        self.order(Order::ClearIfStillOurs);
        // Without a way back the thread does not wait to be heard.
        self.lane = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked holds nothing any more.
            let (Ok(()) | Err(_)) = thread.join();
        }
    }
}

/// What the thread needs of the system's clipboard, so that a test can have one that fails.
trait Handle {
    fn set(&mut self, text: &str) -> Result<(), arboard::Error>;
    fn text(&mut self) -> Result<String, arboard::Error>;
    fn clear(&mut self) -> Result<(), arboard::Error>;
}

fn serve(
    inbox: &Receiver<Order>,
    open: impl Fn() -> Result<Box<dyn Handle>, arboard::Error>,
    tell: impl Fn(Result<(), Trouble>),
) {
    let mut handle: Option<Box<dyn Handle>> = None;
    let mut ours: Option<Secret> = None;
    while let Ok(order) = inbox.recv() {
        match order {
            Order::Put(secret) => {
                let put = match &mut handle {
                    Some(clipboard) => clipboard.set(secret.expose()),
                    None => open().and_then(|clipboard| handle.insert(clipboard).set(secret.expose())),
                };
                match put {
                    Ok(()) => ours = Some(secret),
                    // The next one begins with a new handle: that of a display that went away never recovers.
                    Err(_) if ours.is_none() => handle = None,
                    Err(_) => {}
                }
                tell(put.map_err(|error| not_copied(&error.to_string())));
            }
            Order::ClearIfStillOurs => {
                let (Some(put), Some(clipboard)) = (ours.take(), &mut handle) else {
                    continue;
                };
                let held = clipboard.text().map(Secret::new);
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

impl Handle for arboard::Clipboard {
    fn set(&mut self, text: &str) -> Result<(), arboard::Error> {
        let set = Self::set(self);
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

    fn text(&mut self) -> Result<String, arboard::Error> {
        self.get_text()
    }

    fn clear(&mut self) -> Result<(), arboard::Error> {
        Self::clear(self)
    }
}

/// A clipboard for tests, which can be looked into and written by "somebody else".
#[derive(Clone, Default)]
pub struct TestClipboard(Arc<Mutex<TestState>>);

#[derive(Default)]
struct TestState {
    held: Option<String>,
    ours: Option<String>,
    refuses: bool,
    outcomes: Vec<Result<(), Trouble>>,
}

impl TestClipboard {
    /// What it holds.
    pub fn text(&self) -> Option<String> {
        self.lock().held.clone()
    }

    /// Puts something else there, as another program would.
    pub fn overwrite(&self, text: &str) {
        self.lock().held = Some(text.to_owned());
    }

    /// Whether it takes nothing from now on, as one that cannot be opened.
    pub fn refuse(&self, refuses: bool) {
        self.lock().refuses = refuses;
    }

    fn lock(&self) -> MutexGuard<'_, TestState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clipboard for TestClipboard {
    fn put(&mut self, secret: Secret) {
        let text = secret.expose().to_owned();
        let mut state = self.lock();
        if state.refuses {
            state.outcomes.push(Err(not_copied("there is no clipboard")));
            return;
        }
        (state.held, state.ours) = (Some(text.clone()), Some(text));
        state.outcomes.push(Ok(()));
    }

    fn outcomes(&mut self) -> Vec<Result<(), Trouble>> {
        std::mem::take(&mut self.lock().outcomes)
    }

    fn clear_if_still_ours(&mut self) {
        let mut state = self.lock();
        if state.held.is_some() && state.held == state.ours {
            state.held = None;
        }
        state.ours = None;
    }

    fn close(&mut self) {
        self.clear_if_still_ours();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::rc::Rc;

    use super::*;

    /// Holds a text, and fails where it is told to.
    #[derive(Clone, Default)]
    struct Fake {
        held: Rc<RefCell<Option<String>>>,
        fails: Rc<RefCell<VecDeque<bool>>>,
    }

    impl Fake {
        fn failing(fails: &[bool]) -> Self {
            let fake = Self::default();
            fake.fails.borrow_mut().extend(fails);
            fake
        }
    }

    impl Handle for Fake {
        fn set(&mut self, text: &str) -> Result<(), arboard::Error> {
            if self.fails.borrow_mut().pop_front() == Some(true) {
                return Err(arboard::Error::ClipboardOccupied);
            }
            *self.held.borrow_mut() = Some(text.to_owned());
            Ok(())
        }

        fn text(&mut self) -> Result<String, arboard::Error> {
            self.held
                .borrow()
                .clone()
                .ok_or(arboard::Error::ContentNotAvailable)
        }

        fn clear(&mut self) -> Result<(), arboard::Error> {
            *self.held.borrow_mut() = None;
            Ok(())
        }
    }

    /// Gives the orders to a thread's work, and returns what it told.
    fn told(orders: Vec<Order>, fake: &Fake, can_open: bool) -> Vec<Result<(), Trouble>> {
        let (to, inbox) = sync_channel(QUEUE);
        for order in orders {
            to.send(order).unwrap();
        }
        drop(to);
        let outcomes = RefCell::new(Vec::new());
        let open = || match can_open {
            true => Ok(Box::new(fake.clone()) as Box<dyn Handle>),
            false => Err(arboard::Error::ClipboardNotSupported),
        };
        serve(&inbox, open, |outcome| outcomes.borrow_mut().push(outcome));
        outcomes.into_inner()
    }

    fn put(text: &str) -> Order {
        Order::Put(Secret::new(text.to_owned()))
    }

    #[test]
    fn a_clipboard_that_cannot_be_opened_is_told_of_at_each_put() {
        let outcomes = told(
            vec![put("a"), Order::ClearIfStillOurs, put("b")],
            &Fake::default(),
            false,
        );
        assert_eq!(outcomes.len(), 2);
        for outcome in outcomes {
            let trouble = outcome.unwrap_err();
            assert!(
                trouble.what.starts_with("Nothing was copied: "),
                "{}",
                trouble.what
            );
            assert!(trouble.advice.contains("Try again"));
        }
    }

    #[test]
    fn after_a_put_that_failed_the_next_one_is_tried_anew() {
        let fake = Fake::failing(&[true, false]);
        let outcomes = told(vec![put("a"), put("b")], &fake, true);
        assert!(matches!(outcomes.as_slice(), [Err(_), Ok(())]));
        assert_eq!(fake.held.borrow().as_deref(), Some("b"));
    }

    #[test]
    fn a_failed_put_does_not_keep_the_one_before_it_from_being_cleared() {
        let fake = Fake::failing(&[false, true]);
        let outcomes = told(vec![put("a"), put("b"), Order::ClearIfStillOurs], &fake, true);
        assert!(matches!(outcomes.as_slice(), [Ok(()), Err(_)]));
        assert_eq!(*fake.held.borrow(), None);
    }
}
