//! The words, glyphs and small forms that every view of a run shares.

mod layout;
mod style;
mod visible;

pub use layout::{Line, beside, cut, pad, width, wrap};
pub(super) use layout::{cells_wrapped, flowing, fold_middle, hanging};
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
