//! What goes on in the tutor until it is stopped: a watch, and programs that are up without checks.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::{
    cast::{Learner, until},
    seat::{INTERRUPT, Seat},
    stopping::silent,
};

const DIES: &str = "raise SystemExit(3)\n";

fn saves(learner: &Learner, text: &str) {
    fs::write(learner.lab().join("app.py"), text).unwrap();
}

#[test]
fn a_watch_in_the_tutor_grades_each_save_until_it_is_stopped() {
    // What it is told with writes into its own folder, which starts no run: git ignores it.
    let learner = silent();
    let asked = learner.lab().join("asked");
    fs::write(learner.lab().join(".gitignore"), "asked\nfailed\n").unwrap();
    let never_answers = fs::read_to_string(learner.lab().join("app.py")).unwrap();
    saves(&learner, DIES);
    let mut seat = Seat::take(&learner, &[]);
    seat.sees("rest-api");
    seat.press("w");
    seat.sees("watching · 0 saves · waits for the next");
    saves(&learner, &never_answers);
    until("the program was asked", || {
        seat.look();
        asked.exists()
    });
    seat.sees("watching · 1 save · grading app.py");
    // A save during the run: it ends, and the newest is graded.
    saves(&learner, DIES);
    seat.sees("watching · 2 saves · waits for the next");
    seat.press("w");
    let shown = seat.sees("The watch is over.");
    assert!(!shown.contains("watching"), "{shown}");
    assert!(seat.screen().alternate_screen());
    seat.press("q");
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
    let said = learner.says("ws", &["history", "rest-api"]).good();
    assert!(!said.out.contains("interrupted"), "{said:#?}");
}

#[test]
fn a_watch_is_asked_for_a_run_and_ended_in_the_middle_of_it() {
    let learner = Learner::begun();
    fs::write(learner.lab().join(".gitignore"), "asked\nfailed\n").unwrap();
    saves(&learner, DIES);
    let mut seat = Seat::take(&learner, &[]);
    seat.sees("rest-api");
    seat.press("w");
    seat.sees("waits for the next");
    seat.press("g");
    // That run told nothing new.
    seat.sees("not kept again");
    let other = silent();
    let never_answers = fs::read_to_string(other.lab().join("app.py")).unwrap();
    saves(&learner, &never_answers);
    until("the program was asked", || {
        seat.look();
        learner.lab().join("asked").exists()
    });
    seat.press(INTERRUPT);
    seat.sees("The watch is over.");
    seat.sees("cut off, and not kept");
    // Left while one goes on that waits for a save: that is ended on the way out.
    saves(&learner, DIES);
    seat.press("w");
    seat.sees("waits for the next");
    seat.press("q");
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
}

#[test]
fn programs_are_up_in_the_tutor_until_they_are_stopped() {
    let learner = Learner::solved();
    let mut seat = Seat::take(&learner, &[]);
    seat.sees("rest-api");
    seat.press("r");
    let shown = seat.sees("curl -si ");
    let (_, address) = shown.split_once("curl -si ").unwrap();
    let (address, path) = address.lines().next().unwrap().split_once('/').unwrap();
    let mut program = TcpStream::connect(address).unwrap();
    write!(
        program,
        "GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    program.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    seat.press(INTERRUPT);
    let shown = seat.sees("ended; nothing was checked");
    assert!(seat.screen().alternate_screen(), "{shown}");
    let left = learner.left_running();
    assert!(left.iter().all(|line| !line.contains("__run")), "{left:#?}");
    seat.press("q");
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
    let attempts = learner.root.join("ws/.git/refs/mastery/attempts");
    assert!(!attempts.exists());
}
