//! Services in real containers. Needs an engine that holds the images, official ones or those that
//! `MASTERY_IMAGE_KAFKA`, `…_POSTGRES` and `…_REDIS` name; elsewhere every trial is ignored.
//! `.ci/docker/with FOLDER cargo test -p mastery-kit --test docker` brings both.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but knows only `#[test]` functions"
)]
#![expect(
    clippy::print_stdout,
    reason = "a test says its figures, why it was skipped, and what its other process waits for"
)]

mod endings;
mod stage;
mod starting;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(mastery_kit::process::RUN) => mastery_kit::process::supervisor::main(),
        Some("__owner") => stage::owner(),
        _ => {
            let missing = stage::missing();
            if let Err(reason) = &missing {
                println!("skipped: {reason}");
            }
            let mut arguments = Arguments::from_args();
            arguments.test_threads.get_or_insert(1); // figures, and one machine's memory
            let trials: Vec<Trial> = starting::trials()
                .into_iter()
                .chain(endings::trials())
                .collect();
            let ignore = |trial: Trial| trial.with_ignored_flag(missing.is_err());
            libtest_mimic::run(&arguments, trials.into_iter().map(ignore).collect()).exit_code()
        }
    }
}
