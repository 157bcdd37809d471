//! Which seeds, and which part of the unusual variants: chosen so that the same choice can be made
//! again.

use std::{collections::BTreeSet, str::FromStr};

use mastery_kit::random::Seed;

/// The seed of everything that is compared with a kept text: snapshots and the kill matrix.
pub const FIXED: Seed = Seed(0x6d61_7374_6572_7900);

/// On how many seeds an unusual variant is proved at most (decision 37).
pub(super) const UNUSUAL_SEEDS: usize = 5;

/// From here on a mutant may be missed on one seed in twenty.
pub(super) const SEEDS_WITH_A_MISS: usize = 20;

/// The `n` seeds that follow from a base.
pub(super) fn from(base: Seed, n: u32) -> Vec<Seed> {
    (0..n)
        .map(|at| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&base.0.to_be_bytes());
            hasher.update(&at.to_be_bytes());
            Seed(first_of(&hasher.finalize()))
        })
        .collect()
}

/// A base that is the same for the same sources.
pub(super) fn base_of(sources: &str) -> Seed {
    Seed(first_of(&blake3::hash(sources.as_bytes())))
}

fn first_of(hash: &blake3::Hash) -> u64 {
    let (first, _) = hash
        .as_bytes()
        .split_first_chunk()
        .expect("a hash has 32 bytes");
    u64::from_be_bytes(*first)
}

/// A part of the unusual variants, chosen by a commit: other ones next time, the same ones again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub part: Part,
    pub by: String,
}

/// `1/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    of: u32,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix("1/")
            .and_then(|number| number.parse().ok())
            .filter(|of| *of > 0)
            .map(|of| Self { of })
            .ok_or_else(|| format!("`{text}` is no part such as 1/3"))
    }
}

impl Sample {
    /// Those of `names` that are chosen: a part of them, rounded up.
    pub(super) fn of<'n>(&self, names: &[&'n str]) -> BTreeSet<&'n str> {
        let mut by_hash: Vec<&str> = names.to_vec();
        by_hash.sort_by_key(|name| {
            *blake3::hash(format!("{}\n{name}", self.by).as_bytes()).as_bytes()
        });
        let many = names.len().div_ceil(self.part.of as usize);
        by_hash.into_iter().take(many).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_follow_from_their_base_and_more_seeds_begin_with_the_fewer() {
        let (few, many) = (from(Seed(7), 3), from(Seed(7), 20));
        assert_eq!(few, many[..3]);
        assert_ne!(from(Seed(8), 3), few);
        let different: BTreeSet<u64> = many.iter().map(|seed| seed.0).collect();
        assert_eq!(different.len(), 20);
    }

    #[test]
    fn a_sample_is_a_part_rounded_up_and_moves_with_the_commit() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let sample = |by: &str| Sample {
            part: "1/3".parse().unwrap(),
            by: by.to_owned(),
        };
        assert_eq!(sample("x").of(&names).len(), 4);
        assert_eq!(sample("x").of(&names), sample("x").of(&names));
        let seen: BTreeSet<&str> = ["1", "2", "3", "4", "5", "6", "7", "8"]
            .iter()
            .flat_map(|by| sample(by).of(&names))
            .collect();
        assert_eq!(seen.len(), names.len(), "eight commits see them all");
        for bad in ["1", "2/3", "1/0", "1/x", ""] {
            assert!(bad.parse::<Part>().is_err(), "{bad:?}");
        }
    }
}
