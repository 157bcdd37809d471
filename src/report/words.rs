//! The words, glyphs and small forms that every view of a run shares.

mod layout;
mod style;
mod visible;

pub use layout::{Line, beside, cut, hanging, pad, width, wrap};
pub(super) use layout::{cells_wrapped, flowing, fold_middle};
use serde::Serialize;
pub use style::{Glyph, Style, Tone};
pub use visible::visible;

use crate::grading::event::Tally;

/// A count with its noun: `1 check`, `2 checks`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A count of things whose plural has an added s.
pub fn counted(n: u64, noun: &str) -> String {
    plural(n, noun, &format!("{noun}s"))
}

/// How large something is: `999 B`, `15.3 kB`, `131.1 MB`.
pub fn size(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = (bytes * 10 + unit / 2) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        _ => format!("{} MB", tenths(1_000_000)),
    }
}

/// How long something took: `84 ms`, `1.9 s`, `2 min 3 s`, `1 h 5 min`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..59_950 => tenths(ms),
        _ => {
            let seconds = (ms + 500) / 1_000;
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            match (minutes / 60, minutes % 60) {
                (0, minutes) => two(minutes, "min", seconds, "s"),
                (hours, minutes) => two(hours, "h", minutes, "min"),
            }
        }
    }
}

fn two(great: u64, unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{great} {unit}")
    } else {
        format!("{great} {unit} {small} {small_unit}")
    }
}

/// Seconds with one digit of their fraction, left out where it is zero: `0.1 s`, `2 s`.
fn tenths(ms: u64) -> String {
    let tenths = (ms + 50) / 100;
    match tenths % 10 {
        0 => format!("{} s", tenths / 10),
        fraction => format!("{}.{fraction} s", tenths / 10),
    }
}

/// A phase of a run, always in seconds so that phases can be compared: `0 s`, `0.1 s`.
pub fn phase(ms: u64) -> String {
    if ms < 59_950 {
        tenths(ms)
    } else {
        duration(ms)
    }
}

/// How long ago something was: `now`, `5 min ago`, `2 h ago`, `yesterday`, `3 days ago`.
pub fn ago(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        ..MINUTE => "now".to_owned(),
        MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        HOUR..DAY => format!("{} h ago", seconds / HOUR),
        DAY.. if seconds < 2 * DAY => "yesterday".to_owned(),
        _ => format!("{} days ago", seconds / DAY),
    }
}

/// An instant in seconds since 1970, as ISO 8601 has it: `2026-11-25 13:41Z`.
pub fn utc(seconds: i64) -> String {
    let rest = seconds.rem_euclid(86_400);
    let (hour, minute) = (rest / 3_600, rest % 3_600 / 60);
    format!("{} {hour:02}:{minute:02}Z", date(seconds))
}

/// The day of an instant in seconds since 1970: `2026-11-25`.
pub fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Days are counted from a March the first, so that the leap day is the last of a year.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// A document for programs: JSON, indented, with its end of line.
pub fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).expect("words and numbers are always JSON") + "\n"
}

/// How a run ended in numbers: `11 passed, 5 failed, 2 skipped`. Zeros are left out, but for passed.
pub fn tally(tally: &Tally) -> String {
    let parts: Vec<String> = tally_parts(tally)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    parts.join(", ")
}

/// The parts of [`tally`], each with the glyph it stands for.
pub(super) fn tally_parts(tally: &Tally) -> Vec<(Glyph, String)> {
    [
        (Glyph::Passed, tally.passed, "passed"),
        (Glyph::Failed, tally.failed, "failed"),
        (Glyph::Unsettled, tally.unsettled, "unsettled"),
        (Glyph::Skipped, tally.skipped, "skipped"),
    ]
    .into_iter()
    .filter(|(glyph, count, _)| *count > 0 || *glyph == Glyph::Passed)
    .map(|(glyph, count, word)| (glyph, format!("{count} {word}")))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_782), (2026, 11, 25));
    }

    #[test]
    fn sizes_are_told_as_people_read_them() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(15_333), "15.3 kB");
        assert_eq!(size(131_072_000), "131.1 MB");
    }

    #[test]
    fn times_are_short_and_carry_their_unit() {
        let shown = [0, 84, 999, 1_000, 1_940, 59_949, 59_950, 123_400, 3_900_000].map(duration);
        assert_eq!(
            shown,
            [
                "0 ms",
                "84 ms",
                "999 ms",
                "1 s",
                "1.9 s",
                "59.9 s",
                "1 min",
                "2 min 3 s",
                "1 h 5 min"
            ]
        );
        assert_eq!(
            [0, 40, 91, 1700].map(phase),
            ["0 s", "0 s", "0.1 s", "1.7 s"]
        );
    }

    #[test]
    fn what_was_is_told_from_now() {
        let shown = [-5, 3, 61, 7_200, 90_000, 300_000].map(ago);
        assert_eq!(
            shown,
            [
                "now",
                "now",
                "1 min ago",
                "2 h ago",
                "yesterday",
                "3 days ago"
            ]
        );
    }

    #[test]
    fn an_instant_is_a_date_of_the_calendar() {
        let shown = [0, 951_827_696, 1_709_164_800, 1_795_613_999].map(utc);
        assert_eq!(
            shown,
            [
                "1970-01-01 00:00Z",
                "2000-02-29 12:34Z",
                "2024-02-29 00:00Z",
                "2026-11-25 13:39Z"
            ]
        );
    }

    #[test]
    fn counts_carry_their_noun_and_zeros_are_left_out() {
        assert_eq!(counted(1, "check"), "1 check");
        assert_eq!(counted(0, "check"), "0 checks");
        assert_eq!(plural(2, "try", "tries"), "2 tries");
        let mut sum = Tally::default();
        assert_eq!(tally(&sum), "0 passed");
        sum.failed = 2;
        sum.skipped = 1;
        assert_eq!(tally(&sum), "0 passed, 2 failed, 1 skipped");
    }
}
