//! What a person does, as a window hears of it.

use eframe::egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase, vec2,
};

/// A key that is pressed.
pub fn key(key: Key, modifiers: Modifiers) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers,
    }
}

/// A finger on a touchpad that moves up by so many points; the pointer must stand over what is scrolled first.
pub fn scroll(is_first: bool, over: Pos2, points: f32) -> Vec<Event> {
    let wheel = |phase, points| Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase,
        source: MouseWheelSource::Trackpad,
        modifiers: Modifiers::NONE,
    };
    let moved = wheel(TouchPhase::Move, -points);
    if is_first {
        vec![Event::PointerMoved(over), wheel(TouchPhase::Start, 0.0), moved]
    } else {
        vec![moved]
    }
}

/// The pointer's button, pressed or let go.
pub fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    }
}
