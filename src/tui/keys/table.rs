//! The table itself.

use crossterm::event::KeyCode;

use super::{
    Deed, Key,
    Place::{History, Lab, Log, Map, Prompt, Question, Run, Text},
    Press, when,
};
use crate::tui::model::{Model, Screen};

const fn press(code: KeyCode) -> Press {
    Press { code, ctrl: false }
}

const fn letter(letter: char) -> Press {
    press(KeyCode::Char(letter))
}

const fn ctrl(letter: char) -> Press {
    Press {
        code: KeyCode::Char(letter),
        ctrl: true,
    }
}

fn always(_: &Model) -> bool {
    true
}

/// The table. Of two rows that could both be meant the first counts.
pub(crate) const KEYS: &[Key] = &[
    Key {
        on: &[Map, Lab, Run, History, Text, Log],
        presses: &[
            (press(KeyCode::Up), Deed::Up),
            (press(KeyCode::Down), Deed::Down),
            (letter('k'), Deed::Up),
            (letter('j'), Deed::Down),
        ],
        shown: ("↑↓", "up/down"),
        word: "move",
        told: "one line, lab, check or attempt up or down (also k and j)",
        when: always,
    },
    Key {
        on: &[Map],
        presses: &[
            (press(KeyCode::Left), Deed::Left),
            (press(KeyCode::Right), Deed::Right),
        ],
        shown: ("←→", "left/right"),
        word: "week",
        told: "the week before, the week after",
        when: always,
    },
    Key {
        on: &[Lab, Run, Log],
        presses: &[
            (press(KeyCode::Tab), Deed::NextPane),
            (press(KeyCode::BackTab), Deed::PreviousPane),
            (press(KeyCode::Right), Deed::NextPane),
            (press(KeyCode::Left), Deed::PreviousPane),
        ],
        shown: ("tab", "tab"),
        word: "pane",
        told: "the next pane, with Shift the one before (also → and ←)",
        when: always,
    },
    Key {
        on: &[Map],
        presses: &[(press(KeyCode::Enter), Deed::Open)],
        shown: ("⏎", "enter"),
        word: "open",
        told: "open the lab: its brief, checks and contract",
        when: when::has_unit,
    },
    Key {
        on: &[Run],
        presses: &[(press(KeyCode::Enter), Deed::Open)],
        shown: ("⏎", "enter"),
        word: "in full",
        told: "the selected check in full",
        when: when::can_open_check,
    },
    Key {
        on: &[History],
        presses: &[(press(KeyCode::Enter), Deed::Open)],
        shown: ("⏎", "enter"),
        word: "compare",
        told: "code and verdicts beside the marked attempt, or beside the one before",
        when: when::has_pair,
    },
    Key {
        on: &[Run, Log],
        presses: &[(ctrl('c'), Deed::Stop)],
        shown: ("^C", "^C"),
        word: "stop",
        told: "end the run: once winds down, twice kills",
        when: Model::is_grading,
    },
    Key {
        on: &[Run],
        presses: &[(letter('n'), Deed::NextOf), (letter('p'), Deed::PreviousOf)],
        shown: ("n/p", "n/p"),
        word: "failure",
        told: "the next failure, the one before",
        when: when::has_failure,
    },
    Key {
        on: &[Lab],
        presses: &[(letter('n'), Deed::NextOf), (letter('p'), Deed::PreviousOf)],
        shown: ("n/p", "n/p"),
        word: "file",
        told: "the next file of the contract, the one before",
        when: when::has_files,
    },
    Key {
        on: &[Log],
        presses: &[(letter('n'), Deed::NextOf), (letter('p'), Deed::PreviousOf)],
        shown: ("n/p", "n/p"),
        word: "match",
        told: "the next match further up, further down",
        when: when::has_search,
    },
    Key {
        on: &[Lab],
        presses: &[(letter('s'), Deed::Start)],
        shown: ("s", "s"),
        word: "start",
        told: "lay the lab out in your workspace; nothing of yours is overwritten",
        when: when::can_start,
    },
    Key {
        on: &[Map, Lab, Run, Log],
        presses: &[(letter('g'), Deed::Grade)],
        shown: ("g", "g"),
        word: "grade",
        told: "build your program, start it and check it",
        when: when::can_grade,
    },
    Key {
        on: &[Map, Lab, Run, Log],
        presses: &[(letter('e'), Deed::Edit)],
        shown: ("e", "e"),
        word: "edit",
        told: "your editor, as $VISUAL or $EDITOR says",
        when: when::can_edit,
    },
    Key {
        on: &[Lab, Run],
        presses: &[(letter('h'), Deed::Hint)],
        shown: ("h", "h"),
        word: "hint",
        told: "the next hint on the selected check; it costs nothing",
        when: when::can_hint,
    },
    Key {
        on: &[Run],
        presses: &[(letter('y'), Deed::Copy)],
        shown: ("y", "y"),
        word: "copy",
        told: "copy the line that shows the failure again",
        when: when::has_failure_here,
    },
    Key {
        on: &[Log],
        presses: &[(letter('f'), Deed::Follow)],
        shown: ("f", "f"),
        word: "follow",
        told: "back to the newest line",
        when: when::is_scrolled,
    },
    Key {
        on: &[Log],
        presses: &[(letter('w'), Deed::Wrap)],
        shown: ("w", "w"),
        word: "wrap",
        told: "wrap long lines, or cut them",
        when: always,
    },
    Key {
        on: &[Run, Log],
        presses: &[(letter('o'), Deed::AtOnce)],
        shown: ("o", "o"),
        word: "at once",
        told: "play the rest of the tape at once",
        when: when::is_replaying,
    },
    Key {
        on: &[History],
        presses: &[(letter('m'), Deed::Mark)],
        shown: ("m", "m"),
        word: "mark",
        told: "mark the attempt that others are compared with, or take the mark away",
        when: when::has_attempt,
    },
    Key {
        on: &[History],
        presses: &[(letter('d'), Deed::WithFolder)],
        shown: ("d", "d"),
        word: "folder",
        told: "compare the attempt with your folder as it is",
        when: when::has_attempt_and_folder,
    },
    Key {
        on: &[History],
        presses: &[(letter('t'), Deed::Replay)],
        shown: ("t", "t"),
        word: "tape",
        told: "play the run again from its tape; nothing is started",
        when: when::has_tape,
    },
    Key {
        on: &[History],
        presses: &[(letter('r'), Deed::Restore)],
        shown: ("r", "r"),
        word: "restore",
        told: "bring the attempt's code back; your folder is kept first",
        when: when::can_restore,
    },
    Key {
        on: &[Map, Lab, Run],
        presses: &[(letter('a'), Deed::Attempts)],
        shown: ("a", "a"),
        word: "attempts",
        told: "the lab's attempts",
        when: when::has_attempts,
    },
    Key {
        on: &[Map],
        presses: &[(letter('v'), Deed::Progress)],
        shown: ("v", "v"),
        word: "progress",
        told: "every check of every lab, and what it took",
        when: always,
    },
    Key {
        on: &[Map],
        presses: &[(letter('/'), Deed::Search)],
        shown: ("/", "/"),
        word: "search",
        told: "search labs, checks and the hints you took",
        when: always,
    },
    Key {
        on: &[Log],
        presses: &[(letter('/'), Deed::Search)],
        shown: ("/", "/"),
        word: "search",
        told: "search what the program printed",
        when: always,
    },
    Key {
        on: &[Prompt],
        presses: &[
            (press(KeyCode::Enter), Deed::Choose),
            (press(KeyCode::Up), Deed::Up),
            (press(KeyCode::Down), Deed::Down),
        ],
        shown: ("⏎", "enter"),
        word: "choose",
        told: "take what is selected",
        when: always,
    },
    Key {
        on: &[Prompt],
        presses: &[
            (press(KeyCode::Esc), Deed::Cancel),
            (ctrl('c'), Deed::Cancel),
        ],
        shown: ("esc", "esc"),
        word: "cancel",
        told: "leave the search",
        when: always,
    },
    Key {
        on: &[Question],
        presses: &[(letter('y'), Deed::Yes)],
        shown: ("y", "y"),
        word: "yes",
        told: "do what is asked",
        when: always,
    },
    Key {
        on: &[Question],
        presses: &[
            (letter('n'), Deed::No),
            (press(KeyCode::Esc), Deed::No),
            (ctrl('c'), Deed::No),
        ],
        shown: ("n", "n"),
        word: "no",
        told: "leave everything as it is",
        when: always,
    },
    Key {
        on: &[Lab, Run, History, Text, Log],
        presses: &[
            (press(KeyCode::PageUp), Deed::PageUp),
            (press(KeyCode::PageDown), Deed::PageDown),
            (ctrl('b'), Deed::PageUp),
            (ctrl('f'), Deed::PageDown),
            (letter('b'), Deed::PageUp),
            (letter(' '), Deed::PageDown),
        ],
        shown: ("space/b", "space/b"),
        word: "",
        told: "a page down, a page up (also PgDn and PgUp)",
        when: always,
    },
    Key {
        on: &[Map, Lab, Run, History, Text, Log],
        presses: &[
            (press(KeyCode::Home), Deed::First),
            (press(KeyCode::End), Deed::Last),
            (letter('<'), Deed::First),
            (letter('>'), Deed::Last),
        ],
        shown: ("</>", "</>"),
        word: "",
        told: "the beginning, the end (also Home and End)",
        when: always,
    },
    Key {
        on: &[Lab, Run, History, Text, Log],
        presses: &[(press(KeyCode::Esc), Deed::Back)],
        shown: ("esc", "esc"),
        word: "back",
        told: "back to where you came from",
        when: |model| !model.behind.is_empty(),
    },
    Key {
        on: &[Map, Lab, Run, History, Text, Log],
        presses: &[
            (letter('?'), Deed::Help),
            (press(KeyCode::F(1)), Deed::Help),
        ],
        shown: ("?", "?"),
        word: "help",
        told: "every key",
        when: |model| model.screen != Screen::Help,
    },
    Key {
        on: &[Map, Lab, Run, History, Text, Log],
        presses: &[(letter('q'), Deed::Quit), (ctrl('c'), Deed::Quit)],
        shown: ("q", "q"),
        word: "quit",
        told: "leave the tutor (also ^C where nothing runs)",
        when: always,
    },
];
