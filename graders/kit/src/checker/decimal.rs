//! Exact decimals of the contract: numeric equality, what v1 shows of them, where texts differ.

use std::{cmp::Ordering, fmt};

/// Digits behind the point that the contract allows.
const FRACTION: usize = 8;
const ONE: i128 = 100_000_000;

/// A decimal in the contract's form, kept as text and as hundred-millionths.
#[derive(Clone, Debug)]
pub struct Decimal {
    text: String,
    units: i128,
}

impl Decimal {
    /// Reads `^(0|[1-9][0-9]*)(\.[0-9]{1,8})?$`; anything else is no decimal of the contract.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_led_by_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || is_led_by_zero || fraction.len() > FRACTION {
            return None;
        }
        if !digits(whole) || !digits(fraction) {
            return None;
        }
        let units: i128 = format!("{whole}{fraction:0<FRACTION$}").parse().ok()?;
        Some(Self {
            text: text.to_owned(),
            units,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The sum, exact.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self::of_units(self.units + other.units)
    }

    /// The number as v1 shows it: the double that is nearest.
    pub fn nearest_double(&self) -> f64 {
        // Rust rounds correctly here; the form was checked.
        self.text.parse().unwrap_or(f64::NAN)
    }

    /// The quantity as v1 shows it: whole, half to even, at least 1.
    pub fn whole_at_least_one(&self) -> i128 {
        let (whole, rest) = (self.units / ONE, self.units % ONE);
        let up = match rest.cmp(&(ONE / 2)) {
            Ordering::Less => 0,
            Ordering::Equal => whole % 2,
            Ordering::Greater => 1,
        };
        (whole + up).max(1)
    }

    fn of_units(units: i128) -> Self {
        let text = format!("{}.{:08}", units / ONE, units % ONE);
        let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
        Self { text, units }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.units == other.units
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The first place, counted in characters from 1, at which two texts differ; one that ends early
/// differs where the other goes on. `None`: they are the same.
pub fn differs_at(one: &str, other: &str) -> Option<usize> {
    let mut ours = one.chars();
    let mut theirs = other.chars();
    for place in 1.. {
        match (ours.next(), theirs.next()) {
            (None, None) => return None,
            (a, b) if a != b => return Some(place),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn equality_is_numeric() {
        assert_eq!(of("1.50"), of("1.5"));
        assert_eq!(of("7"), of("7.00000000"));
        assert_ne!(of("1234567890.12345678"), of("1234567890.12345679"));
        assert_ne!(of("0.3"), of("0.30000001"));
    }

    #[test]
    fn other_forms_are_no_decimals() {
        for bad in [
            "",
            ".5",
            "5.",
            "01",
            "00.1",
            "-1",
            "+1",
            "1e3",
            "15E-1",
            " 1",
            "1,5",
            "0x1",
            "NaN",
            "1.5000000000000002",
            "1.123456789",
            "1.2.3",
            "١",
        ] {
            assert!(Decimal::parse(bad).is_none(), "{bad:?} was taken");
        }
        assert!(Decimal::parse("123456789012345678.00000000").is_some());
    }

    #[test]
    fn v1_shows_whole_quantities_rounded_half_to_even_and_never_none() {
        for (text, shown) in [
            ("2.5", 2),
            ("3.5", 4),
            ("0.2", 1),
            ("0.5", 1),
            ("1.5", 2),
            ("2.50000001", 3),
            ("2.49999999", 2),
            ("0.00000001", 1),
            ("12", 12),
            ("9999999999.5", 10_000_000_000),
        ] {
            assert_eq!(of(text).whole_at_least_one(), shown, "{text}");
        }
    }

    #[test]
    fn v1_shows_the_nearest_double() {
        assert_eq!(of("0.3").nearest_double().to_string(), "0.3");
        let shown = of("1234567890.12345678").nearest_double();
        assert_eq!(shown.to_string(), "1234567890.1234567");
        assert_eq!(of("0.1").plus(&of("0.2")).as_str(), "0.3");
        assert_eq!(of("0.5").plus(&of("1.50")).as_str(), "2");
    }

    #[test]
    fn texts_differ_where_the_first_characters_do() {
        assert_eq!(differs_at("0.3", "0.30000000000000004"), Some(4));
        assert_eq!(differs_at("12.5", "13.5"), Some(2));
        assert_eq!(differs_at("1.5", "1.5"), None);
    }
}
