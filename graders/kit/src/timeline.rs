//! What happened on the wire, in order: the evidence of a check that injects faults.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::verdict::{Evidence, Moment, millis};

/// Whose moments tell what was done to the program.
pub const BENCH: &str = Moment::BENCH;

/// How many moments are kept from the beginning and from the end; those between are counted.
const HEAD: usize = 24;
const TAIL: usize = 96;
/// Of those between, the bench's own and those with a mark are kept up to here: what a story is about.
const DEEDS: usize = 48;

/// A record of moments that interposers, programs and the bench write together. Cheap to clone, bounded
/// in memory: of a long story the beginning and the end are kept.
#[derive(Clone, Debug)]
pub struct Timeline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    begun: Instant,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    head: Vec<Entry>,
    /// Between head and tail, each with the number of moments left out before it.
    deeds: Vec<(u64, Entry)>,
    tail: std::collections::VecDeque<Entry>,
    /// Since the last deed.
    left_out: u64,
}

/// A moment, and how often it came again at once.
#[derive(Clone, Debug)]
struct Entry {
    moment: Moment,
    times: u64,
}

impl Timeline {
    /// A timeline whose clock begins now.
    pub fn begin() -> Self {
        Self(Arc::new(Inner {
            begun: Instant::now(),
            told: Mutex::default(),
        }))
    }

    /// Notes that `actor` (a program, `bench`, a service) did something. The same again at once is
    /// counted, not repeated.
    pub fn note(&self, actor: &str, text: impl Into<String>) {
        self.write(actor, text.into(), None);
    }

    /// Notes what a reader must not miss (`applied twice`).
    pub fn mark(&self, actor: &str, text: impl Into<String>, mark: &str) {
        self.write(actor, text.into(), Some(mark.to_owned()));
    }

    /// What was noted, in order.
    pub fn moments(&self) -> Vec<Moment> {
        let told = self.told();
        let mut moments: Vec<Moment> = told.head.iter().map(Entry::shown).collect();
        for (left_out, deed) in &told.deeds {
            moments.extend(gap(*left_out, deed.moment.at_ms));
            moments.push(deed.shown());
        }
        moments.extend(
            told.tail
                .front()
                .and_then(|next| gap(told.left_out, next.moment.at_ms)),
        );
        moments.extend(told.tail.iter().map(Entry::shown));
        moments
    }

    /// The whole as a piece of evidence; `None` when nothing was noted.
    pub fn evidence(&self) -> Option<Evidence> {
        let moments = self.moments();
        (!moments.is_empty()).then_some(Evidence::Timeline { moments })
    }

    /// What was done to the programs, and of the rest what `concerns` a judgement; the others are counted.
    /// `None` when nothing was noted.
    pub fn evidence_of(&self, concerns: impl Fn(&Moment) -> bool) -> Option<Evidence> {
        let mut kept = Vec::new();
        let mut left_out = 0;
        let mut last = 0;
        for moment in self.moments() {
            last = moment.at_ms;
            if moment.is_deed() || concerns(&moment) {
                kept.extend(gap(std::mem::take(&mut left_out), last));
                kept.push(moment);
            } else {
                left_out += moment.left_out.max(1);
            }
        }
        kept.extend(gap(left_out, last));
        (!kept.is_empty()).then_some(Evidence::Timeline { moments: kept })
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, actor: &str, text: String, mark: Option<String>) {
        let moment = Moment {
            at_ms: millis(self.0.begun.elapsed()),
            actor: actor.to_owned(),
            text,
            mark,
            left_out: 0,
        };
        let mut told = self.told();
        let last = if told.tail.is_empty() {
            told.head.last_mut()
        } else {
            told.tail.back_mut()
        };
        if let Some(last) = last
            && last.says_the_same(&moment)
        {
            last.times += 1;
            return;
        }
        let entry = Entry { moment, times: 1 };
        if told.head.len() < HEAD {
            told.head.push(entry);
            return;
        }
        told.tail.push_back(entry);
        if told.tail.len() > TAIL
            && let Some(oldest) = told.tail.pop_front()
        {
            if oldest.is_deed() && told.deeds.len() < DEEDS {
                let left_out = std::mem::take(&mut told.left_out);
                told.deeds.push((left_out, oldest));
            } else {
                told.left_out += 1;
            }
        }
    }
}

/// How many moments are left out before the one at this time.
fn gap(left_out: u64, at_ms: u64) -> Option<Moment> {
    (left_out > 0).then(|| Moment {
        at_ms,
        actor: BENCH.to_owned(),
        text: format!("… {left_out} more"),
        mark: None,
        left_out,
    })
}

impl Entry {
    fn is_deed(&self) -> bool {
        self.moment.is_deed()
    }

    fn says_the_same(&self, other: &Moment) -> bool {
        let own = &self.moment;
        (&own.actor, &own.text, &own.mark) == (&other.actor, &other.text, &other.mark)
    }

    fn shown(&self) -> Moment {
        let mut moment = self.moment.clone();
        if self.times > 1 {
            moment.text = format!("{} ×{}", moment.text, self.times);
        }
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(timeline: &Timeline) -> Vec<String> {
        let moments = timeline.moments().into_iter();
        moments.map(|moment| moment.text).collect()
    }

    #[test]
    fn the_same_moment_again_is_counted() {
        let timeline = Timeline::begin();
        for _ in 0..3 {
            timeline.note("positions", "fetched");
        }
        timeline.mark("positions", "fetched", "late");
        assert_eq!(texts(&timeline), ["fetched ×3", "fetched"]);
    }

    #[test]
    fn what_concerns_a_judgement_is_told_and_the_rest_counted() {
        let timeline = Timeline::begin();
        for text in ["a", "b", "a", "c"] {
            timeline.note("ledger", text);
        }
        timeline.note("bench", "SIGKILL to ledger");
        let Some(Evidence::Timeline { moments }) = timeline.evidence_of(|one| one.text == "b")
        else {
            panic!("nothing was told");
        };
        let texts: Vec<&str> = moments.iter().map(|one| one.text.as_str()).collect();
        let (one, two) = ("… 1 more", "… 2 more");
        assert_eq!(texts, [one, "b", two, "SIGKILL to ledger"]);
        assert!(Timeline::begin().evidence_of(|_| true).is_none());
    }

    #[test]
    fn of_a_long_story_beginning_and_end_are_kept() {
        let timeline = Timeline::begin();
        for place in 0..1000 {
            timeline.note("gateway", format!("{place}"));
        }
        let texts = texts(&timeline);
        assert_eq!(texts.len(), HEAD + 1 + TAIL);
        assert_eq!(texts[0], "0");
        assert_eq!(texts[HEAD], format!("… {} more", 1000 - HEAD - TAIL));
        assert_eq!(texts[HEAD + TAIL], "999");
    }

    #[test]
    fn what_the_bench_did_is_kept_in_its_place() {
        let timeline = Timeline::begin();
        for place in 0..400 {
            timeline.note("gateway", format!("{place}"));
            if place == 99 {
                timeline.mark("bench", "SIGSTOP to positions", "taken for dead");
            }
        }
        let texts = texts(&timeline);
        assert_eq!(texts[HEAD], format!("… {} more", 100 - HEAD));
        assert_eq!(texts[HEAD + 1], "SIGSTOP to positions");
        assert_eq!(texts[HEAD + 2], format!("… {} more", 300 - TAIL));
        assert_eq!(texts.len(), HEAD + 3 + TAIL);
    }

    #[test]
    fn an_empty_story_is_no_evidence() {
        assert_eq!(Timeline::begin().evidence(), None);
    }
}
