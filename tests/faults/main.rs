//! `mastery grade` killed with SIGKILL at random moments: after one more start nothing of it is left,
//! and no attempt is lost. And services that die or are shared while it grades.
//!
//! Without arguments, as `cargo test` runs it, a handful on native services with a program that does
//! nothing. `cargo test --test faults -- --seed S --kills 200 --backend native` is the whole of it.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but knows only `#[test]` functions"
)]
#![expect(
    clippy::print_stdout,
    reason = "a kill that left something is told with what repeats it, and why all was skipped"
)]

mod asked;
mod attempts;
mod ground;
mod kill;
mod left;
mod services;

use std::{process::ExitCode, time::Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use self::{
    asked::{Asked, Backend},
    ground::Ground,
    kill::{Aim, Killed},
    left::Before,
};

fn main() -> ExitCode {
    let (asked, rest) = match Asked::read(std::env::args()) {
        Ok(read) => read,
        Err(why) => {
            println!("{why}\n{}", asked::USAGE);
            return ExitCode::from(2);
        }
    };
    let missing = ground::missing(asked.backend);
    if let Some(why) = &missing {
        println!("skipped: {why}");
    }
    let is_native = asked.backend == Backend::Native;
    let mut trials = vec![Trial::test(
        "after_a_kill_nothing_is_left_and_no_attempt_is_lost",
        move || all(&asked),
    )];
    if is_native {
        trials.extend(services::trials());
    }
    let ignore = |trial: Trial| trial.with_ignored_flag(missing.is_some());
    let mut arguments = Arguments::from_iter(rest);
    arguments.test_threads.get_or_insert(1); // one machine's memory
    libtest_mimic::run(&arguments, trials.into_iter().map(ignore).collect()).exit_code()
}

fn all(asked: &Asked) -> Result<(), Failed> {
    let begun = Instant::now();
    let ground = Ground::new(asked)?;
    let (mut wrong, mut tally) = (0, Tally::default());
    for number in asked.first..asked.first + asked.kills {
        let aim = Aim::of(asked.seed, number);
        let found = one(&ground, &aim, &mut tally);
        if !found.is_empty() {
            wrong += 1;
            println!("kill {number} ({aim}):");
            for line in found {
                println!("  {line}");
            }
            println!("  repeat: {}", asked.repeat(number));
        }
    }
    println!(
        "seed {} on {}: {} kills, {} in time, {} runs had told something and were kept, {} s",
        asked.seed,
        asked.backend,
        asked.kills,
        tally.killed,
        tally.kept,
        begun.elapsed().as_secs()
    );
    match wrong {
        0 => Ok(()),
        wrong => Err(format!(
            "{wrong} of {} kills left something or lost one",
            asked.kills
        )
        .into()),
    }
}

#[derive(Default)]
struct Tally {
    /// Killed before they had ended by themselves.
    killed: u32,
    kept: u32,
}

/// One kill, one more start, and what is wrong after it.
fn one(ground: &Ground, aim: &Aim, tally: &mut Tally) -> Vec<String> {
    let before = Before::look(ground);
    let killed: Killed = kill::kill(ground, aim);
    tally.killed += u32::from(killed.in_time);
    let had_told = killed.had_told;
    let mut wrong = ground.start_once_more(aim);
    let (kept, lost) = before.attempts.compare(ground, aim, had_told);
    tally.kept += u32::from(kept);
    wrong.extend(lost);
    wrong.extend(before.left(ground, &killed));
    wrong
}
