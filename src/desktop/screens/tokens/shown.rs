//! A step as it is shown: written down once, however many frames show it.

use super::long_text::LongText;
use crate::client::Secret;
use crate::outbound::Exchange;

/// The texts of one exchange. In clear they hold what is secret, and are wiped.
pub struct ShownStep {
    /// Which of the steps it is.
    pub index: usize,
    /// Whether secrets and tokens stand in it.
    pub with_secrets: bool,
    /// The request's first line and headers.
    pub sent_head: Secret,
    /// Its body, a parameter on each line.
    pub sent_body: LongText,
    /// The answer's first line and headers.
    pub received_head: Secret,
    /// Its body for people.
    pub received_body: LongText,
}

impl ShownStep {
    /// Writes an exchange down.
    pub fn new(index: usize, exchange: &Exchange, with_secrets: bool) -> Self {
        let (sent_head, sent_body, received_head) = if with_secrets {
            (
                exchange.head_in_clear().clone(),
                exchange.body_in_clear().clone(),
                exchange.received_head.clone(),
            )
        } else {
            (
                Secret::new(exchange.masked_head()),
                Secret::new(exchange.masked_body()),
                exchange.masked_received_head(),
            )
        };
        Self {
            index,
            with_secrets,
            sent_head,
            sent_body: LongText::of_form(&sent_body),
            received_head: Secret::new(received_head.trim_end().to_owned()),
            received_body: LongText::new(Secret::new(exchange.body_for_people(with_secrets))),
        }
    }
}
