//! Instants as RFC 3339 writes them, compared as instants: `…:00.1Z` is before `…:00.12Z`.

/// Nanoseconds since 1970 of an instant in the course's form: UTC with `Z`, up to nine fraction
/// digits. `None`: it is no such instant.
pub fn nanos(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    let form = b"dddd-dd-ddTdd:dd:dd";
    let fits = bytes.len() > form.len()
        && form.iter().zip(bytes).all(|(wanted, found)| match wanted {
            b'd' => found.is_ascii_digit(),
            other => other == found,
        });
    let fraction = match text.get(form.len()..)?.strip_suffix('Z')? {
        "" => "",
        more => more.strip_prefix('.').filter(|digits| !digits.is_empty())?,
    };
    if !fits || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // A leap second is written as 60 (RFC 3339 §5.7).
    let is_real = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let nanos: i128 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    is_real.then_some(i128::from(seconds) * 1_000_000_000 + nanos)
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar; years begin in March, so that the leap day ends one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_counted_from_1970() {
        assert_eq!(nanos("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(nanos("1970-01-01T00:00:00.000001Z"), Some(1000));
        assert_eq!(
            nanos("2026-01-05T09:30:00.123Z"),
            Some(1_767_605_400_123_000_000)
        );
        assert_eq!(
            nanos("2024-02-29T00:00:00Z"),
            Some(1_709_164_800_000_000_000)
        );
        assert!(nanos("2026-01-05T09:30:00.1Z") < nanos("2026-01-05T09:30:00.12Z"));
    }

    #[test]
    fn what_is_no_instant_of_the_course_is_none() {
        for bad in [
            "",
            "2026-01-05",
            "2026-01-05T09:30:00",
            "2026-01-05T09:30:00+00:00",
            "2026-01-05 09:30:00Z",
            "2026-01-05T09:30:00.Z",
            "2026-02-29T09:30:00Z",
            "2026-13-05T09:30:00Z",
            "2026-01-05T24:30:00Z",
            "2026-01-05T09:30:00.1234567890Z",
            "2026-01-05T09:30:00é",
        ] {
            assert_eq!(nanos(bad), None, "{bad:?} was taken");
        }
    }
}
