//! Fast typing in the order it was typed.
//!
//! A slow frame brings several keys at once. A text field takes all letters of a frame together, so that what is typed
//! after Enter or Tab would end up in the field before it. Such a key therefore gets a frame of its own.

use std::collections::VecDeque;

use eframe::egui::{Context, Event, Key, Plugin, RawInput};

/// The events that wait for the next frame.
#[derive(Default)]
pub struct KeyOrder {
    waiting: VecDeque<Event>,
}

impl Plugin for KeyOrder {
    fn debug_name(&self) -> &'static str {
        "key order"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        if self.set_in_order(&mut input.events) {
            ctx.request_repaint();
        }
    }
}

impl KeyOrder {
    /// Leaves of the events those that one frame may have, in their order. Returns whether some have to wait.
    fn set_in_order(&mut self, events: &mut Vec<Event>) -> bool {
        self.waiting.extend(events.drain(..));
        while let Some(event) = self.waiting.pop_front() {
            let alone = ends_typing(&event);
            if alone && events.iter().any(is_typing) {
                self.waiting.push_front(event);
                break;
            }
            events.push(event);
            if alone {
                break;
            }
        }
        !self.waiting.is_empty()
    }
}

/// A press that moves on from what was typed.
fn ends_typing(event: &Event) -> bool {
    matches!(
        event,
        Event::Key {
            key: Key::Enter | Key::Tab | Key::Escape,
            pressed: true,
            ..
        }
    )
}

fn is_typing(event: &Event) -> bool {
    matches!(
        event,
        Event::Text(_) | Event::Paste(_) | Event::Ime(_) | Event::Key { pressed: true, .. }
    )
}

#[cfg(test)]
mod tests {
    use eframe::egui::Modifiers;

    use super::*;

    fn press(key: Key) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        }
    }

    fn text(text: &str) -> Event {
        Event::Text(text.to_owned())
    }

    #[test]
    fn enter_gets_a_frame_of_its_own_and_nothing_is_lost() {
        let mut order = KeyOrder::default();
        let mut frames = Vec::new();
        let mut events = vec![
            text("a"),
            press(Key::Enter),
            text("b"),
            press(Key::Tab),
            press(Key::Tab),
            text("c"),
        ];
        while order.set_in_order(&mut events) {
            frames.push(std::mem::take(&mut events));
        }
        frames.push(events);
        let enter = press(Key::Enter);
        let tab = || vec![press(Key::Tab)];
        assert_eq!(
            frames,
            [
                vec![text("a")],
                vec![enter],
                vec![text("b")],
                tab(),
                tab(),
                vec![text("c")]
            ]
        );
    }

    #[test]
    fn an_ordinary_frame_passes_as_it_is() {
        let mut events = vec![text("a"), text("b"), Event::PointerGone];
        assert!(!KeyOrder::default().set_in_order(&mut events));
        assert_eq!(events.len(), 3);
    }
}
