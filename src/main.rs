//! The program people run.

use std::process::ExitCode;

fn main() -> ExitCode {
    mastery::cli::main()
}
