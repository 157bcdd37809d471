//! Supervision, tried on real processes. This binary is also its own supervisor, and plays some of
//! the programs.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but knows only `#[test]` functions"
)]

mod ending;
mod forgiving;
mod limits;
mod output;
mod readiness;
mod roles;
mod stage;
mod starting;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let role = std::env::args().nth(1);
    match role.as_deref() {
        Some(mastery_kit::process::RUN) => mastery_kit::process::supervisor::main(),
        Some("__owner") => roles::owner(),
        Some("__grpc") => roles::grpc(),
        _ => {
            let mut trials: Vec<Trial> = Vec::new();
            trials.extend(ending::trials());
            trials.extend(forgiving::trials());
            trials.extend(limits::trials());
            trials.extend(output::trials());
            trials.extend(readiness::trials());
            trials.extend(starting::trials());
            libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
        }
    }
}
