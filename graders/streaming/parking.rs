//! Poison, parked byte for byte, with where it came from.

use std::collections::{BTreeMap, BTreeSet};

use mastery_kit::{
    probe::kafka::{Produced, Stored},
    verdict::{Evidence, Failure, Mismatch, Outcome},
    wait::Look,
};

use super::{
    ground::{BACK_AT_WORK, Ground, Place},
    records::{readable, shown},
};

/// Poison of a check: where it stands, what it is, and what is wrong with it.
pub(crate) type Poisoned = (Place, Produced, &'static str);

impl Ground {
    /// Each of these is parked once, byte for byte, with the contract's headers, and nothing else is.
    pub(crate) async fn expect_parked(&self, odd: &[Poisoned]) -> Outcome {
        let (desk, wanted) = (self, odd.len());
        let mut parked = desk
            .wait(BACK_AT_WORK, "each poisoned record is parked", || async {
                let parked = desk.parked().await?;
                let places: Vec<Place> = parked.iter().filter_map(place_of).collect();
                let missing = odd.iter().find(|(at, ..)| !places.contains(at));
                // Whose headers say no place is not waited for, nor who parks one of them many times.
                let different: BTreeSet<_> = parked.iter().map(content).collect();
                Ok(match missing {
                    Some((at, _, what)) if different.len() < wanted => Look::NotYet(format!(
                        "{} of {wanted} poisoned records are parked, and not the one at partition {} offset {} ({what})",
                        different.len(),
                        at.0,
                        at.1
                    )),
                    _ => Look::Ready(parked),
                })
            })
            .await
            .map_err(|failure| which_is_missing(desk, odd, failure))?;
        // The same seed tells of the same record, whichever partition was read first.
        parked.sort_by(|one, other| {
            (place_of(one), content(one)).cmp(&(place_of(other), content(other)))
        });
        for one in &parked {
            is_one_of(desk, odd, one)?;
        }
        let mut places = BTreeMap::<Place, &Stored>::new();
        for one in &parked {
            if let Some(place) = place_of(one)
                && let Some(first) = places.insert(place, one)
            {
                let summary = format!(
                    "The record at partition {} offset {} was parked twice, and nothing had crashed.",
                    place.0, place.1
                );
                let wrong = Mismatch::new(summary, "one parked record", "two parked records");
                let wrong = wrong
                    .with(Evidence::Text { text: shown(first) })
                    .with(Evidence::Text { text: shown(one) });
                return Err(wrong.reproduce(desk.world.kcat_all(&desk.parked)).into());
            }
        }
        for (place, odd, what) in odd {
            let Some(found) = places.get(place) else {
                return Err(not_parked(desk, *place, odd, what).into());
            };
            if found.key != odd.key || found.value != odd.value {
                let summary = "A parked record is not byte for byte what came.";
                let text = |bytes: Option<&[u8]>| readable(bytes.unwrap_or_default());
                let both = |key: Option<&[u8]>, value: Option<&[u8]>| {
                    format!("key {} value {}", text(key), text(value))
                };
                let expected = both(odd.key.as_deref(), odd.value.as_deref());
                let actual = both(found.key.as_deref(), found.value.as_deref());
                let wrong = Mismatch::new(summary, expected, actual);
                let wrong = wrong.with(Evidence::Text { text: shown(found) });
                return Err(wrong.reproduce(desk.world.kcat_all(&desk.parked)).into());
            }
        }
        Ok(())
    }
}

/// A parked record says where it came from, why, and after how many attempts; and it was poison.
fn is_one_of(desk: &Ground, odd: &[Poisoned], one: &Stored) -> Outcome {
    let wrong = |summary: String, expected: &str, actual: String| -> Failure {
        let wrong = Mismatch::new(summary, expected, actual);
        let wrong = wrong.with(Evidence::Text { text: shown(one) });
        wrong.reproduce(desk.world.kcat_all(&desk.parked)).into()
    };
    let header = |name: &str| {
        let found = one.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    for name in [
        "error",
        "original-topic",
        "original-partition",
        "original-offset",
        "attempts",
    ] {
        let value = header(name).unwrap_or_default();
        let is_number = value.parse::<u64>();
        let is_right = match name {
            "error" => !value.is_empty(),
            "original-topic" => value == desk.topic,
            "attempts" => is_number
                .as_ref()
                .is_ok_and(|number| (1..=5).contains(number)),
            _ => is_number.is_ok(),
        };
        if !is_right {
            let expected = match name {
                "error" => "why, in your words",
                "original-topic" => desk.topic.as_str(),
                "attempts" => "a whole number from 1 to 5",
                _ => "a whole number in decimal digits",
            };
            let actual = if header(name).is_none() {
                "no such header".to_owned()
            } else {
                value
            };
            let summary = format!("A parked record's header `{name}` is not the contract's.");
            return Err(wrong(summary, expected, actual));
        }
    }
    let is_poison = place_of(one).is_some_and(|place| odd.iter().any(|(at, ..)| *at == place));
    if is_poison {
        return Ok(());
    }
    let summary = "A record was parked that is no poison.".to_owned();
    Err(wrong(summary, "it is applied", "it is parked".to_owned()))
}

fn content(parked: &Stored) -> (Option<&[u8]>, Option<&[u8]>) {
    (parked.key.as_deref(), parked.value.as_deref())
}

fn place_of(parked: &Stored) -> Option<Place> {
    let number = |name: &str| {
        let (_, value) = parked.headers.iter().find(|(other, _)| other == name)?;
        std::str::from_utf8(value).ok()?.parse::<i64>().ok()
    };
    let partition = i32::try_from(number("original-partition")?).ok()?;
    Some((partition, number("original-offset")?))
}

/// Adds what stands between the good events, and where.
pub(crate) fn told(odd: &[Poisoned], what: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Wrong(mismatch) => {
            let odd = odd.iter().map(|((partition, offset), _, kind)| {
                format!("  partition {partition} offset {offset}: {kind}")
            });
            let odd: Vec<String> = odd.collect();
            let text = format!("{what} in the topic:\n{}", odd.join("\n"));
            mismatch.with(Evidence::Text { text }).into()
        }
        bench @ Failure::Bench(_) => bench,
    }
}

fn which_is_missing(desk: &Ground, odd: &[Poisoned], failure: Failure) -> Failure {
    match told(odd, "Poison", failure) {
        Failure::Wrong(mismatch) => mismatch.reproduce(desk.world.kcat_all(&desk.parked)).into(),
        bench @ Failure::Bench(_) => bench,
    }
}

fn not_parked(desk: &Ground, place: Place, odd: &Produced, what: &str) -> Mismatch {
    let (partition, offset) = place;
    let summary = format!(
        "The poisoned record at partition {partition} offset {offset} ({what}) is not parked."
    );
    let value = readable(odd.value.as_deref().unwrap_or_default());
    Mismatch::new(summary, "a record in the topic of parked records", "none")
        .with(Evidence::Text {
            text: format!("partition {partition} offset {offset}\n  value   {value}"),
        })
        .reproduce(desk.world.kcat(&desk.topic, place))
        .reproduce(desk.world.kcat_all(&desk.parked))
}
