//! All chance of a check: one seed, one sub-stream per check, so that adding a check does not
//! reshuffle the others.

use std::{fmt, str::FromStr};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// The seed of a run: sixteen lower-case hexadecimal digits, always shown whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hexadecimal = text.len() == 16
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        u64::from_str_radix(text, 16)
            .ok()
            .filter(|_| hexadecimal)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no seed: sixteen digits, 0-9 and a-f"))
    }
}

/// A stream of chance that belongs to one check.
#[derive(Clone, Debug)]
pub struct Random {
    source: ChaCha8Rng,
}

impl Random {
    /// The stream of the check `name` under this seed.
    pub fn new(seed: Seed, name: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.0.to_be_bytes());
        hasher.update(name.as_bytes());
        Self {
            source: ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()),
        }
    }

    /// A number below `bound`, without bias.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing is below 0");
        let zone = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.source.next_u64();
            if drawn < zone {
                return drawn % bound;
            }
        }
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in one of `n` draws.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = self.below(of.len() as u64);
        &of[usize::try_from(place).expect("an index fits")]
    }

    /// Puts these into a seeded order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.below(end as u64 + 1);
            items.swap(end, usize::try_from(other).expect("an index fits"));
        }
    }

    /// An account of the course's form: `ACC-` and six digits.
    pub fn account(&mut self) -> String {
        format!("ACC-{:06}", self.below(1_000_000))
    }

    /// A symbol of two to six capital letters.
    pub fn symbol(&mut self) -> String {
        let length = self.between(2, 6);
        (0..length)
            .map(|_| char::from(*self.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
            .collect()
    }

    /// A word of `length` lower-case letters and digits, for names that must be nobody else's.
    pub fn word(&mut self, length: usize) -> String {
        const OF: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(*self.pick(OF))).collect()
    }

    /// A positive decimal with up to `whole` digits before the point and `fraction` behind it,
    /// sometimes with trailing zeros, in the form of the contract: no sign, exponent or leading zero.
    pub fn decimal(&mut self, whole: u32, fraction: u32) -> String {
        let size = u32::try_from(self.between(1, u64::from(whole))).unwrap_or(whole);
        let before = self.between(0, 10_u64.pow(size) - 1);
        let digits = usize::try_from(self.below(u64::from(fraction) + 1)).unwrap_or(0);
        if digits == 0 {
            return before.max(1).to_string();
        }
        let mut behind: String = (0..digits)
            .map(|_| char::from(*self.pick(b"0123456789")))
            .collect();
        if before == 0 && behind.bytes().all(|b| b == b'0') {
            behind.replace_range(digits - 1.., "1");
        }
        format!("{before}.{behind}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_read_as_it_is_shown() {
        let seed = Seed(0x7f3a_91c2_04be_5d10);
        assert_eq!(seed.to_string(), "7f3a91c204be5d10");
        assert_eq!("7f3a91c204be5d10".parse(), Ok(seed));
        for bad in [
            "7f3a",
            "7F3A91C204BE5D10",
            "+f3a91c204be5d10",
            "7f3a91c204be5d1g",
        ] {
            assert!(bad.parse::<Seed>().is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn streams_differ_by_check_and_repeat_by_seed() {
        let draw = |seed, name| {
            let mut random = Random::new(Seed(seed), name);
            (0..8).map(|_| random.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
    }

    #[test]
    fn decimals_keep_the_form_of_the_contract() {
        let mut random = Random::new(Seed(3), "decimals");
        for _ in 0..2000 {
            let text = random.decimal(10, 8);
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
            assert!(whole == "0" || !whole.starts_with('0'), "{text}");
            assert!(
                (1..=10).contains(&whole.len()) && (1..=8).contains(&fraction.len()),
                "{text}"
            );
            assert!(
                text.bytes().any(|b| (b'1'..=b'9').contains(&b)),
                "{text} is not above 0"
            );
        }
    }
}
