//! Times as people say them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use crate::reporting::history::words::time_of as moment;

/// How long ago something was: `just now`, `20 s ago`, `3 min ago`, `yesterday`, `11 months ago`, `never`.
pub fn ago(then: Option<Timestamp>, now: Timestamp) -> String {
    let Some(then) = then else {
        return "never".to_owned();
    };
    let seconds = now.as_second().saturating_sub(then.as_second());
    match seconds {
        ..10 => "just now".to_owned(),
        10..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..5_184_000 => format!("{} days ago", seconds / 86_400),
        5_184_000..63_072_000 => format!("{} months ago", seconds / 2_592_000),
        _ => format!("{} years ago", seconds / 31_536_000),
    }
}

/// How long something has been so: `20 s`, `3 min`, `11 months`.
pub fn length(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(since.as_second()).max(0);
    let (count, unit) = match seconds {
        ..60 => return format!("{seconds} s"),
        60..3_600 => return format!("{} min", seconds / 60),
        3_600..86_400 => return format!("{} h", seconds / 3_600),
        86_400..5_184_000 => (seconds / 86_400, "day"),
        5_184_000..63_072_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// How long something still is: `in 2 days`, `in 5 h`, `in 40 s`.
pub fn until(then: Timestamp, now: Timestamp) -> String {
    let seconds = then.as_second().saturating_sub(now.as_second()).max(0);
    match seconds {
        0..60 => format!("in {seconds} s"),
        60..3_600 => format!("in {} min", seconds / 60),
        3_600..86_400 => format!("in {} h", seconds / 3_600),
        86_400..129_600 => "in 1 day".to_owned(),
        // Seven days that have just begun are still seven days.
        _ => format!("in {} days", (seconds + 43_200) / 86_400),
    }
}

/// A day: `3 Nov 2026`.
pub fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%-d %b %Y").to_string()
}

/// A moment to the minute: `3 Nov 2026, 18:02`.
pub fn minute(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system())
        .strftime("%-d %b %Y, %H:%M")
        .to_string()
}

/// When something was, in a sentence: `at 18:02` of today, `on 3 Nov 2026, 18:02` of any other day.
pub fn at(then: Timestamp, now: Timestamp) -> String {
    let [then_here, now_here] = [then, now].map(|at| at.to_zoned(TimeZone::system()));
    if then_here.date() == now_here.date() {
        then_here.strftime("at %H:%M").to_string()
    } else {
        format!("on {}", minute(then))
    }
}

/// A time of day: `18:02:11`.
pub fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// Minutes and seconds that are left: `9:41`.
pub fn countdown(seconds: i64) -> String {
    let seconds = seconds.max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        let before = |seconds: i64| Some(Timestamp::from_second(1_000_000_000 - seconds).unwrap());
        for (seconds, words) in [
            (0, "just now"),
            (20, "20 s ago"),
            (180, "3 min ago"),
            (7_200, "2 h ago"),
            (90_000, "yesterday"),
            (40 * 86_400, "40 days ago"),
            (340 * 86_400, "11 months ago"),
            (800 * 86_400, "2 years ago"),
        ] {
            assert_eq!(ago(before(seconds), now), words);
        }
        assert_eq!(ago(None, now), "never");
        for (seconds, words) in [
            (0, "0 s"),
            (180, "3 min"),
            (90_000, "1 day"),
            (40 * 86_400, "40 days"),
            (340 * 86_400, "11 months"),
        ] {
            assert_eq!(length(before(seconds).unwrap(), now), words);
        }
        assert_eq!(
            until(Timestamp::from_second(1_000_000_000 + 2 * 86_400).unwrap(), now),
            "in 2 days"
        );
        assert_eq!(countdown(581), "9:41");
    }
}
