//! What was asked and what came of it: the steps as they happen, and the newest tokens.

use eframe::egui::Context;

use crate::client::Secret;
use crate::desktop::worker::{Refused, TokenReasons, TokenResult, TokenRun, Trouble, Waiting, Work, Workers};
use crate::outbound::{Step, TokenAnswer};

use super::shown::ShownStep;

/// Seconds between two looks whether somebody has come.
const PAUSE: f64 = 1.0;

/// The state of what was asked.
#[derive(Default)]
pub struct RunLog {
    /// The command whose replies count.
    asked: Option<u64>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// Which of the steps is looked at.
    pub open: Option<usize>,
    /// That step as it is shown, so that no frame writes it down anew.
    pub shown: Option<ShownStep>,
    /// For whom the desk waits, and when it looks next.
    pub waiting: Option<Waiting>,
    look_at: f64,
    /// The newest answer with a token in it.
    pub answer: Option<TokenAnswer>,
    /// Why each claim stands in these tokens.
    pub reasons: TokenReasons,
    /// The command that does the same again.
    pub command: Option<Secret>,
    /// Why the last thing was refused, if it was.
    pub refused: Option<Refused>,
    /// Why there is no answer.
    pub trouble: Option<Trouble>,
    /// Whether secrets and tokens are shown.
    pub show_secrets: bool,
}

impl RunLog {
    /// Whether something is on its way.
    pub fn is_busy(&self) -> bool {
        self.asked.is_some() || self.waiting.is_some()
    }

    /// Whether the server is asked now, and nobody is waited for.
    pub fn is_asking(&self) -> bool {
        self.asked.is_some() && self.waiting.is_none()
    }

    /// Whether nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.trouble.is_none() && self.refused.is_none()
    }

    /// Asks for a token anew: what came before is no longer looked at.
    pub fn start(&mut self, run: TokenRun, workers: &mut Workers) {
        *self = Self::default();
        self.go_on(run, workers);
    }

    /// Does something with the token that is there.
    pub fn go_on(&mut self, run: TokenRun, workers: &mut Workers) {
        (self.refused, self.trouble) = (None, None);
        self.asked = Some(workers.send(Work::Token(Box::new(run))));
    }

    /// Waits for nobody any more.
    pub fn stop_waiting(&mut self, workers: &mut Workers) {
        self.waiting = None;
        self.asked = Some(workers.send(Work::StopWaiting));
    }

    /// Takes a step in. A question that is asked again and again stands there once.
    pub fn take_step(&mut self, number: u64, step: Step) {
        if self.asked != Some(number) {
            return;
        }
        let is_again = self.waiting.is_some()
            && self
                .steps
                .last()
                .is_some_and(|last| last.name == step.name && step.exchange.is_some());
        let mut opens = step.exchange.is_some();
        if is_again {
            self.steps.pop();
            // Whoever reads another step goes on reading it.
            opens = self.open == Some(self.steps.len());
        }
        if opens {
            self.open = Some(self.steps.len());
        }
        self.shown.take_if(|shown| shown.index >= self.steps.len());
        self.steps.push(step);
    }

    /// Takes in that somebody must do something.
    pub fn take_waiting(&mut self, number: u64, waiting: Option<Waiting>) {
        if self.asked == Some(number) {
            self.asked = None;
            self.waiting = waiting;
        }
    }

    /// Takes the end in. Returns whether it was asked for.
    pub fn take_result(&mut self, number: u64, result: Result<TokenResult, Trouble>) -> bool {
        if self.asked != Some(number) {
            return false;
        }
        (self.asked, self.waiting) = (None, None);
        match result {
            Err(trouble) => self.trouble = Some(trouble),
            Ok(result) => {
                self.refused = result.refused;
                self.command = result.command.or(self.command.take());
                let with_token = result.answer.filter(|answer| answer.access_token().is_some());
                if with_token.is_some() {
                    (self.answer, self.reasons) = (with_token, result.reasons);
                }
            }
        }
        true
    }

    /// Looks from time to time whether somebody has come.
    pub fn keep_time(&mut self, ctx: &Context, workers: &mut Workers) {
        if self.waiting.is_none() {
            return;
        }
        let now = ctx.input(|input| input.time);
        if self.asked.is_none() && now >= self.look_at {
            self.look_at = now + PAUSE;
            self.asked = Some(workers.send(Work::GoOn));
        }
        ctx.request_repaint_after(std::time::Duration::from_secs_f64(PAUSE));
    }
}
