//! What nobody means to do to a tutor: signals, a terminal of any size, a paste, a folder that is
//! gone. It ends in order or goes on, and the terminal is as it was.

use std::fs;

use rustix::process::Signal;

use crate::{
    cast::{Learner, until},
    full_screen::in_a_run,
    seat::{ENTER, INTERRUPT, Opened, Seat},
};

const ASKED: [Signal; 2] = [Signal::TERM, Signal::HUP];

#[test]
fn a_signal_ends_a_tutor_at_rest() {
    let learner = Learner::begun();
    for signal in ASKED {
        let mut seat = Seat::take(&learner, &[]);
        seat.sees("q quit");
        seat.signal(signal);
        seat.ends(130);
        assert_eq!(learner.left_running(), Vec::<String>::new());
    }
}

#[test]
fn a_signal_during_a_run_winds_it_down_and_keeps_the_attempt() {
    for signal in ASKED {
        let (learner, seat) = in_a_run();
        seat.signal(signal);
        seat.ends(130);
        assert_eq!(learner.left_running(), Vec::<String>::new());
        let said = learner.says("ws", &["history", "rest-api"]).good();
        assert!(said.out.contains("interrupted"), "{said:#?}");
    }
}

#[test]
fn a_terminal_that_is_closed_during_a_run_leaves_nothing_running() {
    let (learner, seat) = in_a_run();
    seat.close();
    until("nothing is left running", || {
        learner.left_running().is_empty()
    });
    let said = learner.says("ws", &["history", "rest-api"]).good();
    assert!(said.out.contains("interrupted"), "{said:#?}");
}

#[test]
fn a_small_terminal_shows_every_screen() {
    let learner = Learner::begun();
    let small = Opened {
        columns: 40,
        rows: 10,
        ..Opened::default()
    };
    let mut seat = Seat::open(&learner, &small);
    seat.sees("rest-api");
    seat.press(ENTER);
    seat.sees("[brief]");
    seat.press("g");
    seat.sees("attempt 1 kept");
    seat.press(ENTER);
    seat.sees("[in full]");
    seat.press("a");
    seat.sees("· attempts");
    seat.press("?");
    seat.sees("Everywhere");
    seat.press("q");
    seat.ends_well();
}

#[test]
fn a_run_goes_on_while_the_terminal_changes_its_size() {
    let (learner, mut seat) = in_a_run();
    for (columns, rows) in [(140, 40), (40, 10), (10, 3), (1, 1), (300, 80), (80, 24)] {
        seat.resize(columns, rows);
        if columns >= 80 {
            seat.sees("[checks]");
        }
    }
    seat.press(INTERRUPT);
    seat.sees("attempt 1 kept");
    seat.press("q");
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
}

#[test]
fn a_paste_presses_no_keys_and_fills_a_line_that_is_typed() {
    let learner = Learner::begun();
    let mut seat = Seat::take(&learner, &[]);
    seat.sees("q quit");
    seat.press("\u{1b}[200~q\rg\u{3}?\u{1b}[201~");
    seat.press("/");
    seat.press("\u{1b}[200~rest-\r\n\u{7}api\u{1b}[201~");
    seat.sees("/ rest-api");
    seat.press("\u{1b}");
    // What follows an escape at once is another key.
    seat.sees("q quit");
    seat.press("v");
    seat.sees("mastery · progress");
    seat.press("q");
    seat.ends_well();
    assert!(!learner.root.join("ws/.git/refs/mastery/attempts").exists());
}

#[test]
fn a_lab_whose_folder_is_gone_is_told_and_the_tutor_goes_on() {
    let learner = Learner::begun();
    let mut seat = Seat::take(&learner, &[]);
    seat.sees("q quit");
    fs::remove_dir_all(learner.lab()).unwrap();
    seat.press("g");
    seat.sees("mastery start rest-api");
    seat.press("\u{1b}");
    seat.sees("Backend Mastery");
    seat.press("q");
    seat.ends_well();
}

#[test]
fn a_lab_whose_folder_goes_during_a_run_leaves_nothing_running() {
    let (learner, mut seat) = in_a_run();
    fs::remove_dir_all(learner.lab()).unwrap();
    seat.press(INTERRUPT);
    until("the run is over", || !seat.look().contains("^C stop"));
    seat.press("q");
    seat.ends_well();
    assert_eq!(learner.left_running(), Vec::<String>::new());
}
