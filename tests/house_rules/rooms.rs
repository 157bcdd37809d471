//! Who may use whom: the table of rooms in `ARCHITECTURE.md`, kept by reading every path.

use crate::{
    paths::{is_below, named},
    table::{ROOMS, Room, TERMINAL, WITHOUT_TERMINAL},
    tree::{File, Finding},
};

/// The one place of tui that does what was asked for: `runtime.rs`, and the folder beside it.
const TUI_RUNTIME: &[&str] = &["src/tui/runtime.rs", "src/tui/runtime/"];

/// Paths that the table of rooms does not allow, and files that stand in no room.
pub(crate) fn broken_walls(files: &[File]) -> Vec<Finding> {
    let ours = files.iter().filter(|file| {
        file.has_extension("rs")
            && (file.path.starts_with("src/") || file.path.starts_with("graders/kit/src/"))
    });
    ours.flat_map(|file| {
        ROOMS
            .iter()
            .find(|room| file.path.starts_with(room.folder))
            .map_or_else(
                || vec![file.finding(1, "this room has no row in the table of rooms")],
                |room| looks_out_of(room, file),
            )
    })
    .collect()
}

fn looks_out_of(room: &Room, file: &File) -> Vec<Finding> {
    let tests = file.source().test_lines();
    let own = own_path(room.folder);
    let mut findings = Vec::new();
    for seen in named(file) {
        let in_tests = tests
            .iter()
            .any(|&(from, to)| (from..=to).contains(&seen.line));
        if let Some(why) = refused(room, file, &own, &seen.path, in_tests) {
            let room = room.folder.trim_end_matches('/');
            findings.push(file.finding(
                seen.line,
                format!("{room} must not use `{}`: {why}", seen.path),
            ));
        }
    }
    findings.dedup();
    findings
}

/// `src/report/` is `crate::report`; the kit and the files at the top own all of their crate.
fn own_path(folder: &str) -> String {
    match folder
        .strip_prefix("src/")
        .and_then(|room| room.strip_suffix('/'))
    {
        Some(room) => format!("crate::{room}"),
        None => "crate".to_owned(),
    }
}

fn refused(
    room: &Room,
    file: &File,
    own: &str,
    path: &str,
    in_tests: bool,
) -> Option<&'static str> {
    let extra: &[&str] = if in_tests { room.in_tests } else { &[] };
    let is_runtime = TUI_RUNTIME.iter().any(|place| file.path.starts_with(place));
    let runtime: &[&str] = if is_runtime { &["crate::app"] } else { &[] };
    let allowed = [own]
        .into_iter()
        .chain([room.may, extra, runtime].into_iter().flatten().copied())
        .filter(|allowed| is_below(path, allowed))
        .map(str::len)
        .max();
    let terminal = WITHOUT_TERMINAL.contains(&room.folder).then_some(TERMINAL);
    let forbidden = room
        .must_not
        .iter()
        .chain(terminal.into_iter().flatten())
        .filter(|(forbidden, _)| is_below(path, forbidden) || hides(path, forbidden))
        .max_by_key(|(forbidden, _)| forbidden.len());
    if let Some((forbidden, why)) = forbidden
        && allowed.is_none_or(|length| length < forbidden.len())
    {
        return Some(why);
    }
    let ours = ["crate", "mastery_kit", "mastery_graders"]
        .iter()
        .any(|root| is_below(path, root));
    (ours && allowed.is_none() && !is_of_the_crate_itself(path))
        .then_some("the table of rooms does not list it")
}

/// `use mastery_kit::*` brings `mastery_kit::probe` in without naming it.
fn hides(path: &str, forbidden: &str) -> bool {
    path.strip_suffix("::*")
        .is_some_and(|above| above != forbidden && is_below(forbidden, above))
}

/// The crate's root alone (`super` from a room's top) opens no other room.
fn is_of_the_crate_itself(path: &str) -> bool {
    path == "crate"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::is_found;

    fn walls(path: &str, text: &str) -> Vec<Finding> {
        broken_walls(&[File::planted(path, text)])
    }

    #[test]
    fn a_forbidden_package_is_seen_with_its_line_and_reason() {
        let found = walls("src/report/plain.rs", "\nuse tokio::time;\n");
        assert_eq!(
            found[0].to_string(),
            "src/report/plain.rs:2: src/report must not use `tokio::time`: \
             nothing here waits; a run's events are handed in"
        );
        is_found(
            &walls("src/cli/error.rs", "fn f() { git2::init() }"),
            "git2",
        );
        is_found(
            &walls("src/app/start.rs", "use std::io::{self, stdout};"),
            "stdout",
        );
        is_found(
            &walls("src/grading/plan.rs", "#[derive(clap::Args)] struct A;"),
            "clap",
        );
    }

    #[test]
    fn another_room_is_seen_however_it_is_named() {
        let texts = [
            "use crate::{grading::{event, plan::Plan}, curriculum};",
            "use crate::grading;\nfn f() -> grading::plan::Plan {}",
            "use super::super::curriculum::Unit;",
            "use mastery_kit::{\n    verdict::Verdict,\n    process::Program,\n};",
            "use crate::*;",
        ];
        for text in texts {
            assert!(!walls("src/report/plain.rs", text).is_empty(), "{text}");
        }
        is_found(
            &walls("src/cli/mod.rs", "use mastery_kit::probe::http;"),
            "probe",
        );
        is_found(
            &walls("src/cli/mod.rs", "use mastery_kit::*;"),
            "mastery_kit::*",
        );
        is_found(
            &walls("src/tui/model.rs", "use crate::app::grade;"),
            "runtime.rs",
        );
        is_found(&walls("src/attic/mod.rs", ""), "no row");
        is_found(
            &walls("graders/kit/src/a.rs", "use mastery::cli;"),
            "mastery::cli",
        );
    }

    #[test]
    fn what_the_table_lists_is_allowed() {
        let allowed = [
            (
                "src/report/plain.rs",
                "use crate::grading::event::GradeEvent; use super::words;",
            ),
            ("src/tui/runtime.rs", "use crate::app::grade;"),
            (
                "graders/kit/src/process/supervisor/out.rs",
                "use std::io::stdout;",
            ),
            ("src/app/run.rs", "use mastery_kit::service::Backend;"),
            ("src/workspace/attempts.rs", "use git2::Repository;"),
            (
                "src/curriculum/rules.rs",
                "#[cfg(test)]\nmod tests { use mastery_graders::GRADERS; }",
            ),
        ];
        for (path, text) in allowed {
            assert_eq!(walls(path, text), [], "{path}: {text}");
        }
        let outside = "use mastery_graders::GRADERS;";
        assert!(!walls("src/curriculum/rules.rs", outside).is_empty());
    }
}
