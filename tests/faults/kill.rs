//! One kill: of `mastery` alone, at a moment that the seed chose.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use mastery_kit::random::{Random, Seed};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    ground::{Ground, KAFKA, REST},
    left,
};

/// The first seconds of a run, in which everything is started.
const WITHIN: Duration = Duration::from_secs(15);
/// An attempt is written in a few milliseconds.
const KEEPING: Duration = Duration::from_millis(30);
/// How often the moment is looked for.
const STEP: Duration = Duration::from_micros(500);
/// A run of the short lab has long ended by then.
const LIMIT: Duration = Duration::from_mins(2);

/// When to kill.
pub(crate) enum Aim {
    /// So long after the start of the lab with services.
    Moment(Duration),
    /// The same where nothing is made of the services' programs yet.
    Cold(Duration),
    /// So long after the last word of the short lab's tape: while the attempt is kept.
    Keeping(Duration),
}

impl Aim {
    /// Of one kill of a seed.
    pub(crate) fn of(seed: Seed, number: u32) -> Self {
        let mut random = Random::new(seed, &format!("kill {number}"));
        let mut within = |limit: Duration| {
            let most = u64::try_from(limit.as_micros()).unwrap();
            Duration::from_micros(random.below(most))
        };
        let (moment, keeping) = (within(WITHIN), within(KEEPING));
        // A moment within seconds would hit those few milliseconds once in a thousand kills.
        if random.one_in(5) {
            Self::Keeping(keeping)
        } else if random.one_in(8) {
            Self::Cold(moment)
        } else {
            Self::Moment(moment)
        }
    }

    pub(crate) fn lab(&self) -> &'static str {
        match self {
            Self::Moment(_) | Self::Cold(_) => KAFKA,
            Self::Keeping(_) => REST,
        }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moment(after) => write!(f, "{KAFKA}, after {:.3} s", after.as_secs_f64()),
            Self::Cold(after) => write!(f, "{KAFKA}, cold, after {:.3} s", after.as_secs_f64()),
            Self::Keeping(after) => {
                write!(f, "{REST}, {} µs after its last event", after.as_micros())
            }
        }
    }
}

/// What a killed run leaves to be looked at.
pub(crate) struct Killed {
    /// It had not ended by itself.
    pub(crate) in_time: bool,
    /// Its tape holds a verdict: there must be an attempt.
    pub(crate) had_told: bool,
    /// Processes of the run at the moment before.
    pub(crate) processes: BTreeSet<u32>,
}

pub(crate) fn kill(ground: &Ground, aim: &Aim) -> Killed {
    if let Aim::Cold(_) = aim {
        ground.forget_made();
    }
    let before = runs(ground);
    let begun = Instant::now();
    let mut command = ground.grading(aim.lab());
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_new = |run: &PathBuf| !before.contains(run);
    let new_runs = || runs(ground).into_iter().filter(is_new);
    let mut last_word = None;
    let arrived = |last_word: &mut Option<Instant>| match aim {
        Aim::Moment(after) | Aim::Cold(after) => begun.elapsed() >= *after,
        Aim::Keeping(after) => {
            if last_word.is_none() && new_runs().any(|run| is_told(&run)) {
                *last_word = Some(Instant::now());
            }
            last_word.is_some_and(|at| at.elapsed() >= *after)
        }
    };
    while !has_ended(&mut child) && !arrived(&mut last_word) && begun.elapsed() < LIMIT {
        thread::park_timeout(STEP);
    }
    // Frozen, so that looking at it does not move the moment.
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let in_time = !has_ended(&mut child);
    if in_time {
        kill_process(pid, Signal::STOP).unwrap();
    }
    let processes = left::processes(ground.mark()).into_keys().collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let had_told = new_runs().any(|run| is_worth_keeping(&run));
    Killed {
        in_time,
        had_told,
        processes,
    }
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}

fn runs(ground: &Ground) -> Vec<PathBuf> {
    let runs = ground.workspace().join(".mastery/runs");
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The whole lines of its tape.
fn tape(run: &Path) -> String {
    let mut tape = fs::read_to_string(run.join("events.jsonl")).unwrap_or_default();
    tape.truncate(tape.rfind('\n').map_or(0, |end| end + 1));
    tape
}

fn is_told(run: &Path) -> bool {
    tape(run).contains(r#""event":"run-finished""#)
}

fn is_worth_keeping(run: &Path) -> bool {
    let tape = tape(run);
    [r#""event":"check-finished""#, r#""event":"run-finished""#]
        .iter()
        .any(|event| tape.contains(event))
}
