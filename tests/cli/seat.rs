//! Somebody before a pseudo-terminal: what they press, what they see, and what is left of it.

use std::process::Child;

use rustix::{
    process::{Pid, Signal, kill_process},
    termios::tcgetattr,
};
use vt100::MouseProtocolMode;

use crate::{
    cast::{Learner, until, until_good},
    pty::Pty,
};

pub(crate) const ENTER: &str = "\r";
pub(crate) const INTERRUPT: &str = "\u{3}";

/// Somebody before a terminal with a program on it.
pub(crate) struct Seat {
    pub(crate) pty: Pty,
    /// The terminal's modes as they were found.
    modes: String,
    program: Child,
}

/// Where a program is started, and what it is told besides.
pub(crate) struct Opened<'a> {
    pub(crate) folder: &'a str,
    /// None: `mastery` alone, which is the tutor.
    pub(crate) words: &'a [&'a str],
    pub(crate) environment: &'a [(&'a str, &'a str)],
    pub(crate) columns: u16,
    pub(crate) rows: u16,
}

impl Default for Opened<'_> {
    /// The tutor, in a terminal of the size that everybody has.
    fn default() -> Self {
        Self {
            folder: "ws",
            words: &[],
            environment: &[],
            columns: 80,
            rows: 24,
        }
    }
}

impl Seat {
    /// The tutor in a workspace.
    pub(crate) fn take(learner: &Learner, environment: &[(&str, &str)]) -> Self {
        Self::open(
            learner,
            &Opened {
                environment,
                ..Opened::default()
            },
        )
    }

    pub(crate) fn open(learner: &Learner, opened: &Opened<'_>) -> Self {
        let pty = Pty::open(opened.columns, opened.rows).unwrap();
        Self {
            modes: modes(&pty),
            program: program(learner, &pty, opened),
            pty,
        }
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.pty.resize(columns, rows).unwrap();
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.pty.press(keys).unwrap();
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.pty.screen.screen()
    }

    /// The window is closed: the kernel hangs up, and whoever reads or writes finds nobody.
    pub(crate) fn close(self) {
        let Self {
            pty, mut program, ..
        } = self;
        // Its last end goes with the thread that reads, at the next thing that is shown.
        drop(pty);
        until("the program has ended", || {
            program.try_wait().unwrap().is_some()
        });
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.program.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    pub(crate) fn look(&mut self) -> String {
        self.pty.look()
    }

    /// Looks until the screen shows something.
    pub(crate) fn sees(&mut self, text: &str) -> String {
        self.sees_all(&[text])
    }

    /// Looks until it shows all of this at once.
    pub(crate) fn sees_all(&mut self, parts: &[&str]) -> String {
        let mut last = String::new();
        until_good(&format!("{parts:?} is shown"), || {
            last = self.look();
            if parts.iter().all(|part| last.contains(part)) {
                Ok(())
            } else {
                Err(last.clone())
            }
        });
        last
    }

    /// The program has ended by itself, and nothing of it is left on the terminal.
    pub(crate) fn ends_well(self) {
        self.ends(0);
    }

    /// The same with another exit code; what then stands on the terminal.
    pub(crate) fn ends(mut self, with: i32) -> String {
        let mut code = None;
        until("the program has ended", || {
            self.look();
            code = self.program.try_wait().unwrap().map(|status| status.code());
            code.is_some()
        });
        assert_eq!(code, Some(Some(with)), "{}", self.look());
        assert_eq!(modes(&self.pty), self.modes);
        let mut shown = String::new();
        // It was written before the end, and may be read after it.
        until("the screen is given back", || {
            shown = self.look();
            !self.screen().alternate_screen() && !self.screen().hide_cursor()
        });
        let screen = self.screen();
        assert!(!screen.bracketed_paste(), "{shown}");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
        shown
    }
}

/// The modes of a terminal, to be compared.
fn modes(pty: &Pty) -> String {
    format!("{:?}", tcgetattr(&pty.slave).unwrap())
}

/// Starts a program with a terminal of its own, as a login does.
fn program(learner: &Learner, pty: &Pty, opened: &Opened<'_>) -> Child {
    let told = learner.command(opened.folder, &[]);
    let mut command = match opened.words.split_first() {
        None => pty.command(told.get_program()).unwrap(),
        Some((program, words)) => {
            let mut command = pty.command(program).unwrap();
            command.args(words);
            command
        }
    };
    command
        .env_clear()
        .current_dir(learner.root.join(opened.folder));
    for (name, value) in told.get_envs() {
        if let Some(value) = value.filter(|_| name != "COLUMNS") {
            command.env(name, value);
        }
    }
    command.env("TERM", "xterm-256color");
    for (name, value) in opened.environment {
        if value.is_empty() {
            command.env_remove(name);
        } else {
            command.env(name, value);
        }
    }
    command.spawn().unwrap()
}
