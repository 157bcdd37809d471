//! The tutor in a pseudo-terminal: opened, graded in, stopped, resized, left. Whatever happens the
//! terminal is as it was.

use std::{fs, os::unix::fs::PermissionsExt as _};

use rustix::termios::{LocalModes, tcgetattr};

use crate::{
    cast::{Learner, until},
    seat::{ENTER, INTERRUPT, Seat},
    stopping::silent,
};

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
    seat.sees_all(&["expected", "attempt 1 kept", "a attempts"]);
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
pub(crate) fn in_a_run() -> (Learner, Seat) {
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
    assert!(seat.screen().alternate_screen(), "{shown}");
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
        let modes = tcgetattr(&seat.pty.slave).unwrap().local_modes;
        !modes.contains(LocalModes::ICANON) && seat.screen().alternate_screen()
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
