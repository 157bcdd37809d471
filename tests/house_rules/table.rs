//! The table of rooms, as `ARCHITECTURE.md` has it.

/// One row of the table.
pub(crate) struct Room {
    /// Where the room's files are.
    pub(crate) folder: &'static str,
    /// What of ours it may use, beside itself. The longest match with `must_not` decides.
    pub(crate) may: &'static [&'static str],
    /// What of ours only its tests may use.
    pub(crate) in_tests: &'static [&'static str],
    /// What it must not use, and why.
    pub(crate) must_not: &'static [(&'static str, &'static str)],
}

const GIT: (&str, &str) = ("git2", "only the workspace knows git");
const RUNTIME: (&str, &str) = ("tokio", "nothing here waits; a run's events are handed in");
const SERVICE: (&str, &str) = (
    "mastery_kit::service",
    "services are started by app and grading",
);
const PROBE: (&str, &str) = (
    "mastery_kit::probe",
    "the command never speaks to a program",
);
const CLI: (&str, &str) = ("crate::cli", "a front end stands above this room");
const TUI: (&str, &str) = ("crate::tui", "a front end stands above this room");

/// What a terminal is made of, for the rooms that must not know one.
pub(crate) const TERMINAL: &[(&str, &str)] = &[
    ("clap", "only cli reads what was typed"),
    ("ratatui", "only tui draws a screen"),
    ("crossterm", "only tui reads keys"),
    ("indicatif", "only report shows that something goes on"),
    ("anstream", "only cli and report write to a terminal"),
    ("std::io::stdout", "only cli and report write to a terminal"),
    ("std::io::stderr", "only cli and report write to a terminal"),
    (
        "std::io::IsTerminal",
        "only cli asks whether a person is watching",
    ),
];

/// Rooms that must not know the terminal.
pub(crate) const WITHOUT_TERMINAL: &[&str] = &[
    "graders/kit/src/",
    "src/curriculum/",
    "src/workspace/",
    "src/grading/",
    "src/app/",
    "src/proof/",
];

/// What no part of the kit may use.
const KIT: &[(&str, &str)] = &[
    GIT,
    ("toml", "the kit never reads settings"),
    ("std::env::args", "the kit never reads the command line"),
    ("std::env::args_os", "the kit never reads the command line"),
    ("mastery", "the kit stands below the command"),
];

/// `src/`'s rooms, the kit, and the two files that stand outside of every room.
pub(crate) const ROOMS: &[Room] = &[
    Room {
        // What a supervisor tells its owner goes through its standard output.
        folder: "graders/kit/src/process/supervisor/",
        may: &[],
        in_tests: &[],
        must_not: KIT,
    },
    Room {
        folder: "graders/kit/src/",
        may: &[],
        in_tests: &[],
        must_not: KIT,
    },
    Room {
        folder: "src/curriculum/",
        may: &[
            "mastery_kit::id",
            "mastery_kit::spec",
            "mastery_kit::bench::Grader",
            "mastery_kit::bench::Check",
            "mastery_kit::bench::CheckKind",
            "mastery_kit::bench::Contract",
        ],
        in_tests: &["mastery_graders"],
        must_not: &[GIT],
    },
    Room {
        folder: "src/workspace/",
        may: &["crate::curriculum", "crate::grading::event", "mastery_kit"],
        in_tests: &[],
        must_not: &[SERVICE, CLI, TUI],
    },
    Room {
        folder: "src/grading/",
        may: &["crate::curriculum", "mastery_kit", "mastery_graders"],
        in_tests: &[],
        must_not: &[GIT, CLI, TUI],
    },
    Room {
        folder: "src/report/",
        may: &[
            "crate::grading::event",
            "crate::grading::progress",
            "mastery_kit::verdict",
        ],
        in_tests: &[],
        must_not: &[RUNTIME, GIT, CLI, TUI],
    },
    Room {
        folder: "src/app/",
        may: &[
            "crate::grading",
            "crate::workspace",
            "crate::curriculum",
            "crate::report",
            "mastery_kit",
            "mastery_graders",
        ],
        in_tests: &[],
        must_not: &[CLI, TUI],
    },
    Room {
        folder: "src/proof/",
        // A proof reads what a learner is told, so it may also use the reports; a variant's
        // submission and patch are read by the room that knows them.
        may: &[
            "crate::app",
            "crate::grading",
            "crate::curriculum",
            "crate::report",
            "crate::workspace",
            "mastery_kit",
            "mastery_graders",
        ],
        in_tests: &[],
        must_not: &[CLI, TUI],
    },
    Room {
        folder: "src/tui/",
        may: &[
            "crate::grading",
            "crate::workspace",
            "crate::curriculum",
            "crate::report",
            "mastery_kit",
        ],
        in_tests: &[],
        must_not: &[
            (
                "crate::app",
                "work is asked for as a Cmd; only runtime.rs does it",
            ),
            CLI,
            GIT,
            SERVICE,
            PROBE,
            ("clap", "only cli reads what was typed"),
        ],
    },
    Room {
        folder: "src/cli/",
        may: &[
            "crate::app",
            "crate::proof",
            "crate::report",
            "crate::tui",
            "crate::grading",
            "crate::workspace",
            "crate::curriculum",
            "mastery_kit",
            "mastery_graders",
        ],
        in_tests: &[],
        must_not: &[GIT, SERVICE, PROBE],
    },
    Room {
        folder: "src/main.rs",
        may: &["mastery_kit::process"],
        in_tests: &[],
        must_not: &[GIT, RUNTIME],
    },
    Room {
        folder: "src/lib.rs",
        may: &[],
        in_tests: &[],
        must_not: &[GIT, RUNTIME],
    },
];
