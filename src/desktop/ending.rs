//! The wish of the system that the program ends: a signal. The window closes then as if somebody had closed it, so that
//! the clipboard is cleared, the settings are written and the server stops.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui::Context;

/// Whether the program is to end.
#[derive(Clone, Debug, Default)]
pub struct EndRequest(Arc<AtomicBool>);

impl EndRequest {
    /// The program is to end.
    pub fn make(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    pub fn is_made(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Is made when the system sends a signal that asks a program to end: hang-up, interrupt or terminate.
    ///
    /// # Errors
    /// When the system gives no thread to wait for them.
    pub fn on_signals(ctx: &Context) -> io::Result<Self> {
        let request = Self::default();
        #[cfg(unix)]
        {
            let (made, ctx) = (request.clone(), ctx.clone());
            std::thread::Builder::new()
                .name("signals".to_owned())
                .spawn(move || {
                    let told = || {
                        // Whoever insists does not want to wait.
                        if made.is_made() {
                            std::process::exit(1);
                        }
                        made.make();
                        ctx.request_repaint();
                    };
                    // Where they cannot be waited for, a signal ends the program as it would any other.
                    let (Ok(()) | Err(_)) = wait_for_signals(told);
                })?;
        }
        #[cfg(not(unix))]
        let _ = ctx;
        Ok(request)
    }
}

/// Tells of each signal that comes.
#[cfg(unix)]
fn wait_for_signals(told: impl Fn()) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        loop {
            tokio::select! {
                _ = hang_up.recv() => {}
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            told();
        }
    })
}
