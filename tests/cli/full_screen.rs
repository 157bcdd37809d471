//! The tutor in a pseudo-terminal: opened, graded in, stopped, resized, left. Whatever happens the
//! terminal is as it was.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    num::NonZeroU16,
    os::unix::fs::PermissionsExt as _,
    process::{Child, Command},
    sync::mpsc::{self, Receiver},
    thread,
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};
use vt100::MouseProtocolMode;

use crate::{
    cast::{Learner, until},
    stopping::silent,
};

/// Somebody before a terminal with the tutor on it.
pub(crate) struct Seat {
    hand: File,
    slave: File,
    modes: String,
    shows: Receiver<Vec<u8>>,
    pub(crate) screen: vt100::Parser,
    tutor: Child,
}

const ENTER: &str = "\r";
pub(crate) const INTERRUPT: &str = "\u{3}";

impl Seat {
    pub(crate) fn take(learner: &Learner, environment: &[(&str, &str)]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        // A tutor that holds it would never hear that a failed test has gone away.
        fcntl_setfd(&master, FdFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let name = name.to_str().unwrap().to_owned();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let hand = File::from(master);
        let (sender, shows) = mpsc::channel();
        let mut eye = hand.try_clone().unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = eye.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut seat = Self {
            modes: modes(&slave),
            tutor: tutor(learner, &slave, environment),
            hand,
            slave,
            shows,
            screen: vt100::Parser::new(cells(24), cells(80), 0),
        };
        seat.resize(80, 24);
        seat
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.hand, size).unwrap();
        self.screen.set_size(cells(rows), cells(columns));
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.hand.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn look(&mut self) -> String {
        while let Ok(bytes) = self.shows.try_recv() {
            self.screen.process(&bytes);
        }
        self.screen.screen().contents()
    }

    /// Looks until the screen shows something.
    pub(crate) fn sees(&mut self, text: &str) -> String {
        let mut last = String::new();
        until(&format!("{text:?} is shown"), || {
            last = self.look();
            last.contains(text)
        });
        last
    }

    /// The tutor has ended by itself, and nothing of it is left on the terminal.
    pub(crate) fn ends_well(mut self) {
        let mut code = None;
        until("the tutor has ended", || {
            self.look();
            code = self.tutor.try_wait().unwrap().map(|status| status.code());
            code.is_some()
        });
        assert_eq!(code, Some(Some(0)));
        assert_eq!(modes(&self.slave), self.modes);
        // What it wrote last may still be on its way to us.
        until("the screen is given back", || {
            self.look();
            let screen = self.screen.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        let screen = self.screen.screen();
        assert!(!screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

/// The modes of a terminal, to be compared.
fn modes(slave: &File) -> String {
    format!("{:?}", tcgetattr(slave).unwrap())
}

/// Starts the tutor with a terminal of its own, as a login does.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary under test is started as a terminal does"
)]
fn tutor(learner: &Learner, slave: &File, environment: &[(&str, &str)]) -> Child {
    let told = learner.command("ws", &[]);
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(told.get_program());
    command.env_clear().current_dir(learner.root.join("ws"));
    for (name, value) in told.get_envs() {
        if let Some(value) = value.filter(|_| name != "COLUMNS") {
            command.env(name, value);
        }
    }
    command.env("TERM", "xterm-256color");
    command.envs(environment.iter().copied());
    let end = || slave.try_clone().unwrap();
    let started = command.stdin(end()).stdout(end()).stderr(end()).spawn();
    started.unwrap()
}

#[test]
fn a_lab_is_graded_read_and_looked_back_on() {
    let learner = Learner::begun();
    let mut seat = Seat::take(&learner, &[]);
    seat.sees("0 of");
    seat.sees("rest-api");
    seat.press(ENTER);
    seat.sees("[brief]");
    seat.press("g");
    seat.sees("attempt 1 kept");
    seat.press(ENTER);
    seat.sees("expected");
    // Wide enough for all: the checks stand beside the failure, and the record was read.
    seat.resize(140, 40);
    until("all are shown", || {
        let shown = seat.look();
        let all = ["expected", "attempt 1 kept", "a attempts"];
        all.iter().all(|one| shown.contains(one))
    });
    seat.resize(80, 24);
    seat.press("h");
    seat.sees("hint 1 of");
    seat.press("a");
    seat.sees("· attempts");
    seat.press("q");
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
}

/// A run that goes on until it is stopped: its program was asked and does not answer.
fn in_a_run() -> (Learner, Seat) {
    let learner = silent();
    let mut seat = Seat::take(&learner, &[]);
    seat.sees("rest-api");
    seat.press("g");
    until("the program was asked", || {
        seat.look();
        learner.lab().join("asked").exists()
    });
    (learner, seat)
}

#[test]
fn a_run_is_stopped_without_leaving_the_tutor() {
    let (learner, mut seat) = in_a_run();
    seat.press(INTERRUPT);
    let shown = seat.sees("attempt 1 kept");
    assert!(seat.screen.screen().alternate_screen(), "{shown}");
    // Nothing runs any more: now it leads out.
    seat.press(INTERRUPT);
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
}

#[test]
fn leaving_while_a_run_goes_on_keeps_its_attempt_and_leaves_nothing_running() {
    let (learner, mut seat) = in_a_run();
    seat.press("q");
    seat.sees("A run is going on.");
    seat.press("y");
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
    let said = learner.says("ws", &["history", "rest-api"]).good();
    assert!(said.out.contains("interrupted"), "{said:#?}");
}

#[test]
fn an_editor_gets_the_terminal_and_gives_it_back() {
    let learner = Learner::begun();
    let editor = learner.root.join("vi");
    let script = "#!/bin/sh\nstty -a > \"$HOME/modes\"\nprintf '%s' \"$1\" > \"$HOME/edited\"\n";
    fs::write(&editor, script).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let setting = format!("'{}'", editor.display());
    let mut seat = Seat::take(&learner, &[("EDITOR", &setting)]);
    seat.sees("rest-api");
    seat.press("e");
    let edited = learner.root.join("edited");
    until("the editor was started", || {
        seat.look();
        fs::read_to_string(&edited).is_ok_and(|path| path.ends_with("app.py"))
    });
    let modes = fs::read_to_string(learner.root.join("modes")).unwrap();
    assert!(
        modes.contains(" icanon") && modes.contains(" echo "),
        "{modes}"
    );
    // What was on the way to the screen may be from before it was given away: the modes are not.
    until("the tutor is back", || {
        seat.look();
        let modes = tcgetattr(&seat.slave).unwrap().local_modes;
        !modes.contains(LocalModes::ICANON) && seat.screen.screen().alternate_screen()
    });
    seat.press("?");
    seat.sees("Everywhere");
    seat.press("q");
    seat.ends_well();
}

#[test]
fn a_link_of_the_brief_is_opened_by_the_named_browser() {
    let learner = Learner::begun();
    let browser = learner.root.join("browser");
    fs::write(
        &browser,
        "#!/bin/sh\nprintf '%s' \"$1\" > \"$HOME/opened\"\n",
    )
    .unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let setting = format!("'{}'", browser.display());
    let mut seat = Seat::take(&learner, &[("BROWSER", &setting)]);
    seat.sees("rest-api");
    seat.press(ENTER);
    seat.sees("[brief]");
    seat.press("o");
    seat.sees("https://");
    seat.press("https");
    seat.press(ENTER);
    let opened = learner.root.join("opened");
    until("the browser was asked", || {
        seat.look();
        fs::read_to_string(&opened).is_ok_and(|address| address.starts_with("https://"))
    });
    seat.press("q");
    seat.ends_well();
}

#[test]
fn where_no_screen_can_be_filled_there_is_a_list_of_commands() {
    let learner = Learner::begun();
    learner
        .says("ws", &[])
        .ends(2)
        .tells(&["needs a terminal", "grade", "mastery progress"]);
    learner
        .says(".", &[])
        .ends(2)
        .tells(&["mastery init", "grade"]);
    let mut dumb = learner.command("ws", &[]);
    let said = crate::cast::said(dumb.env("TERM", "dumb").output().unwrap());
    said.ends(2).tells(&["needs a terminal"]);
}
