//! The proof of a bad manner: the program is told what it does, and the bench comes to no harm by it.

use std::time::Duration;

use mastery_kit::verdict::millis;

use super::{
    error::ProofError,
    event::{ProofKind, Proved},
    judge::{self, Wrong},
    lab::{ALONE, Lab},
    run::{Ran, Which},
    seeds::FIXED,
    stage::Stage,
    variant::{Ends, Manner},
    watch,
};

/// How long a run with a bad manner may take as a whole. The slowest, which leaves ten checks without an
/// answer, takes 50 s on two cores that are its own.
pub const MANNER_TIME: Duration = Duration::from_mins(2);

/// The same where each check starts its programs anew, in a world of its own.
const MANNER_TIME_WITH_SERVICES: Duration = Duration::from_mins(8);

/// How much this process and a supervisor may hold together while a bad manner runs, debug builds
/// and the test's own harness included. (The figure of the release build is measured in `benches/`.)
pub const MANNER_MEMORY: u64 = 64 * 1024 * 1024;

/// The same with proxies in between, and topics and views that are read whole.
const MANNER_MEMORY_WITH_SERVICES: u64 = 128 * 1024 * 1024;

impl Lab<'_> {
    /// How a bad manner ends, and what is told of it.
    pub(super) fn manner(
        &self,
        stage: &mut Stage<'_>,
        manner: &Manner,
    ) -> Result<Vec<Proved>, ProofError> {
        let mut proved = Proved::without_runs(ProofKind::BadManner, stage.name());
        let mut told = Proved::without_runs(ProofKind::IsTold, stage.name());
        (proved.runs, told.runs) = (1, 1);
        let key = stage.key(Which::Whole, FIXED, &format!("manner {manner:?}"));
        let text = if let Some(text) = self.kept.get(&key) {
            (proved.kept, told.kept) = (1, 1);
            text
        } else {
            let alone = ALONE.write();
            stage.supplied()?;
            let shared = watch::below();
            let memory = watch::Memory::begin();
            let ran = stage.run_with(Which::Whole, FIXED, manner.foreign_listener)?;
            let peak = memory.peak();
            let left = watch::left_running(stage.root(), &ran.marks, &shared);
            drop(alone);
            proved.took_ms = millis(ran.took);
            proved.note = Some(format!("{} MiB", peak / 1024 / 1024));
            let mut wrong = judge::manner(&ran.progress, &ran.report, &manner.ends, &manner.told);
            wrong.extend(beyond(&ran, self.may_take(), peak, &left));
            if !wrong.is_empty() {
                proved.faults.push(stage.fault(FIXED, &wrong, Some(&ran)));
                return Ok(vec![proved]);
            }
            self.kept.put(&key, &ran.redacted);
            ran.redacted
        };
        self.compare(stage, &text, self.sure_of(manner), &mut told)?;
        Ok(vec![proved, told])
    }

    /// The check that such a program fails in every run. Which others it takes with it is time's where
    /// real services end at their own moment.
    fn sure_of<'m>(&self, manner: &'m Manner) -> Option<&'m str> {
        match &manner.ends {
            Ends::Failed(check) if !self.unit.services.is_empty() => Some(check),
            Ends::Failed(_) | Ends::Skipped | Ends::Unsettled | Ends::Passed => None,
        }
    }

    /// How long a run with a bad manner may take, and how much the bench may hold.
    fn may_take(&self) -> (Duration, u64) {
        if self.unit.services.is_empty() {
            (MANNER_TIME, MANNER_MEMORY)
        } else {
            (MANNER_TIME_WITH_SERVICES, MANNER_MEMORY_WITH_SERVICES)
        }
    }
}

/// What a bad manner took beyond what it may.
fn beyond(ran: &Ran, may: (Duration, u64), peak: u64, left: &[String]) -> Wrong {
    let mut wrong = Wrong::new();
    let (time, memory) = may;
    if ran.took > time {
        let (took, may) = (ran.took.as_secs(), time.as_secs());
        wrong.push(format!("The run took {took} s, {may} s is the limit."));
    }
    if peak > memory {
        let (held, may) = (peak / 1024 / 1024, memory / 1024 / 1024);
        wrong.push(format!(
            "The bench held {held} MiB, {may} MiB is the limit."
        ));
    }
    if !left.is_empty() {
        wrong.push(format!("Left running: {}.", left.join(", ")));
    }
    wrong
}
