//! The figures of `docs/figures.md`: `cargo bench --bench figures`, with `-- --write` to keep them.
//!
//! Benchmarks are no tests. A missed aim is marked and the exit code stays 0; 1 means that a figure
//! could not be measured at all. This executable is also what it measures with: the supervisor of the
//! programs it runs, and those programs themselves.

mod commands;
mod diary;
mod figure;
mod graded;
mod lab;
mod machine;
mod page;
mod process;
mod program;
#[path = "../../tests/cli/pty.rs"]
mod pty;
mod runs;
mod services;
mod tutor;
mod watching;

use std::{
    error::Error,
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use figure::Figure;

/// What a measurement gives, or why there is none.
type Measured<T> = Result<T, Box<dyn Error>>;

/// A group of figures that are measured together, and how it is called on the command line.
type Group = (&'static str, fn(&Path) -> Measured<Vec<Figure>>);

const GROUPS: &[Group] = &[
    ("version", commands::version),
    ("progress", commands::progress),
    ("history", diary::history),
    ("checks", runs::checks),
    ("ready", runs::ready_and_teardown),
    ("death", runs::death),
    ("grade", graded::death),
    ("watch", watching::save_to_verdict),
    ("tutor", tutor::tutor),
    ("memory", graded::memory),
    ("services", services::starts),
    ("warm", services::warm),
    ("interposers", services::interposers),
    ("kills", lab::kills),
    ("lab", lab::whole),
    ("containers", lab::containers),
];

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words
        .first()
        .is_some_and(|word| word == mastery_kit::process::RUN)
    {
        return mastery_kit::process::supervisor::main();
    }
    if words.first().is_some_and(|word| word == program::WORD) {
        return program::main(&words[1..]);
    }
    match figures(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _told = writeln!(io::stderr(), "figures: {error}");
            ExitCode::FAILURE
        }
    }
}

fn figures(words: &[OsString]) -> Measured<()> {
    let mut out = io::stdout();
    if !words.iter().any(|word| word == "--bench") {
        // `cargo test --all-targets` runs every target; nothing is to be learnt from a debug build.
        writeln!(
            out,
            "Figures are measured by `cargo bench --bench figures`."
        )?;
        return Ok(());
    }
    let mut write = false;
    let mut groups = GROUPS.to_vec();
    for word in words.iter().filter(|word| *word != "--bench") {
        match word.to_str() {
            Some("--write") => write = true,
            Some(name) if GROUPS.iter().any(|(group, _)| *group == name) => {
                groups.retain(|(group, _)| *group == name);
            }
            _ => return Err(usage(word).into()),
        }
    }
    if write && groups.len() < GROUPS.len() {
        return Err("`--write` keeps all figures; name no group with it".into());
    }
    let machine = machine::describe()?;
    writeln!(out, "{machine}\n\n{}", page::head())?;
    let folder = tempfile::Builder::new()
        .prefix("mastery-figures-")
        .tempdir()?;
    let folder = folder.path().canonicalize()?;
    let mut all = Vec::new();
    for (name, measure) in groups {
        let figures = measure(&folder).map_err(|error| format!("{name}: {error}"))?;
        for figure in &figures {
            writeln!(out, "{}", page::row(figure))?;
        }
        all.extend(figures);
    }
    let missed = all.iter().filter(|figure| !figure.is_met()).count();
    writeln!(out, "\n{missed} of {} miss their aim", all.len())?;
    if write {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page::PATH);
        fs::write(&path, page::markdown(&all, &machine)?)?;
        writeln!(out, "kept in {}", page::PATH)?;
    }
    Ok(())
}

fn usage(word: &OsString) -> String {
    let groups: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
    format!(
        "`{}` is neither --write nor one of {}",
        word.display(),
        groups.join(", ")
    )
}
