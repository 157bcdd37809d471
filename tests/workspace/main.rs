//! The workspace room, held to its promises in real repositories.
//!
//! libgit2 reads the settings of whoever runs the tests. So the tests run in a second process whose
//! home is a throw-away folder: there git knows nobody, except in folders called `named`.

#![expect(
    clippy::unwrap_used,
    reason = "without the usual harness clippy does not see that all of this is tests"
)]

mod attempts;
mod cast;
mod diary;
mod init;
mod record;
mod restoring;
mod runs;
mod scaffold;
mod snapshots;

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use libtest_mimic::Arguments;

/// Set in the second process: its home.
const HOME: &str = "WORKSPACE_TESTS_HOME";
/// Set in a third one: the part it plays.
const ROLE: &str = "WORKSPACE_TESTS_ROLE";

/// Named tests out of a module's functions.
macro_rules! trials {
    ($room:literal: $($name:ident)*) => {
        vec![$(libtest_mimic::Trial::test(concat!($room, "::", stringify!($name)), || {
            $name();
            Ok(())
        }),)*]
    };
}
pub(crate) use trials;

fn main() -> ExitCode {
    if std::env::var_os(ROLE).is_some() {
        runs::play();
        return ExitCode::SUCCESS;
    }
    if std::env::var_os(HOME).is_some() {
        let trials = [
            init::trials(),
            scaffold::trials(),
            snapshots::trials(),
            attempts::trials(),
            record::trials(),
            diary::trials(),
            restoring::trials(),
            runs::trials(),
        ];
        let trials = trials.into_iter().flatten().collect();
        return libtest_mimic::run(&Arguments::from_args(), trials).exit_code();
    }
    let home = tempfile::tempdir().expect("a temporary folder");
    furnish(home.path());
    let status = again(home.path())
        .args(std::env::args_os().skip(1))
        .status()
        .expect("the tests start themselves again");
    ExitCode::from(u8::try_from(status.code().unwrap_or(101)).unwrap_or(101))
}

/// This program again, with a home of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "it is this test itself that is started, and waited for"
)]
fn again(home: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test knows its file"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .env("HOME", home)
        .env(HOME, home)
        .env_remove("XDG_CONFIG_HOME");
    command
}

/// Git's settings in that home. The empty name also hides what the machine may be set to.
fn furnish(home: &Path) {
    let config =
        "[user]\n\tname =\n\temail =\n[includeIf \"gitdir:**/named/**\"]\n\tpath = known\n";
    fs::write(home.join(".gitconfig"), config).expect("a home can be written");
    let known = "[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n";
    fs::write(home.join("known"), known).expect("a home can be written");
}
