//! Real services on this machine. This binary is also their supervisor, and an owner that is killed.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but knows only `#[test]` functions"
)]

mod cache;
mod dying;
mod running;
mod stage;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(mastery_kit::process::RUN) => mastery_kit::process::supervisor::main(),
        Some("__owner") => dying::owner(),
        _ => {
            let mut trials: Vec<Trial> = Vec::new();
            trials.extend(cache::trials());
            trials.extend(dying::trials());
            trials.extend(running::trials());
            libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
        }
    }
}
