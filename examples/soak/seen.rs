//! What all of the load has seen. Its size does not depend on how long the load goes on.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What is counted, by name.
pub const DONE: [&str; 11] = [
    "tokens",
    "tokens looked at",
    "sign-ins",
    "refreshes",
    "pushed requests",
    "devices",
    "registrations",
    "bound tokens",
    "bound sign-ins",
    "exchanges",
    "hostile connections",
];

/// What was seen by all.
pub struct Seen {
    until: Instant,
    answers: Mutex<BTreeMap<u16, u64>>,
    /// What should not have been: told, with how often.
    wrong: Mutex<BTreeMap<String, u64>>,
    done: [AtomicU64; DONE.len()],
    /// How long each answer took to a client that does what it should.
    took: Histogram,
}

impl Seen {
    pub fn for_as_long_as(length: Duration) -> Self {
        Self {
            until: Instant::now() + length,
            answers: Mutex::default(),
            wrong: Mutex::default(),
            done: std::array::from_fn(|_| AtomicU64::new(0)),
            took: Histogram::new(),
        }
    }

    pub fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    pub fn answer(&self, status: u16, took: Duration) {
        *self.answers.lock().unwrap().entry(status).or_default() += 1;
        self.took.add(took);
        if status >= 500 {
            self.wrong(&format!("an answer with status {status}"));
        }
    }

    pub fn wrong(&self, what: &str) {
        *self.wrong.lock().unwrap().entry(what.to_owned()).or_default() += 1;
    }

    pub fn expect(&self, holds: bool, otherwise: &str) {
        if !holds {
            self.wrong(otherwise);
        }
    }

    /// Counts one of [`DONE`].
    pub fn did(&self, what: &str) {
        let place = DONE.iter().position(|name| *name == what).unwrap();
        self.done[place].fetch_add(1, Ordering::Relaxed);
    }

    pub fn told(self) -> Value {
        let counts = self.done.map(AtomicU64::into_inner);
        let done: BTreeMap<_, _> = DONE.into_iter().zip(counts).collect();
        json!({
            "answers": self.answers.into_inner().unwrap(),
            "wrong": self.wrong.into_inner().unwrap(),
            "done": done,
            "median_ms": self.took.within(0.5),
            "p99_ms": self.took.within(0.99),
        })
    }
}

/// Times, each within two in a hundred: a count for every step of that size, from a hundredth of a millisecond on.
struct Histogram(Vec<AtomicU64>);

impl Histogram {
    const LEAST_MS: f64 = 0.01;
    const STEP: f64 = 1.02;
    const STEPS: usize = 1_024;

    fn new() -> Self {
        Self((0..Self::STEPS).map(|_| AtomicU64::new(0)).collect())
    }

    fn add(&self, time: Duration) {
        let times_least = (time.as_secs_f64() * 1e3 / Self::LEAST_MS).max(1.0);
        let step = (times_least.ln() / Self::STEP.ln()) as usize;
        self.0[step.min(Self::STEPS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    /// The milliseconds within which this share of them lies.
    fn within(&self, share: f64) -> f64 {
        let counts: Vec<u64> = self.0.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let wanted = (counts.iter().sum::<u64>() as f64 * share) as u64;
        let mut so_far = 0;
        let step = counts.iter().position(|count| {
            so_far += count;
            so_far > wanted
        });
        step.map_or(0.0, |step| Self::LEAST_MS * Self::STEP.powi(step as i32 + 1))
    }
}
