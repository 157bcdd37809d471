//! The same where events do not come, the folder goes away, or somebody stops it.

use super::{
    Busy, Deaf, Delete, Enter, Hush, Interrupt, Mode, Over, Return, Save, SaveTracked, Stir, played,
};

#[test]
fn without_events_the_folder_is_looked_at_and_let_settle_too() {
    let told = played(
        Mode::Poll,
        vec![
            (300, Save("a")),
            (510, Save("b")),
            (900, Over),
            (1300, Save("c")),
        ],
        1800,
    );
    // Looked at by 250: found at 500, quiet at 540; then by 250 from there.
    assert_eq!(told, ["540 start a b", "900 waiting", "1580 start c"]);
}

#[test]
fn events_that_do_not_come_are_noticed_and_looked_for_instead() {
    let told = played(
        Mode::Events,
        vec![(100, Save("a")), (2100, Over), (2200, Save("b"))],
        2600,
    );
    assert_eq!(
        told,
        ["2040 deaf", "2040 start a", "2100 waiting", "2330 start b"]
    );
    // One that came late is one that came.
    let told = played(Mode::Events, vec![(1999, Save("a")), (2010, Stir)], 2600);
    assert_eq!(told, ["2050 start a"]);
    let told = played(
        Mode::Events,
        vec![(100, Deaf), (120, Deaf), (200, Save("a"))],
        320,
    );
    assert_eq!(told, ["100 deaf", "290 start a"]);
}

#[test]
fn by_hand_only_a_word_grades_and_the_end_of_words_ends() {
    let told = played(
        Mode::Manual,
        vec![
            (100, Save("a")),
            (500, Enter),
            (600, Enter),
            (700, Over),
            (800, Hush),
        ],
        9000,
    );
    assert_eq!(told, ["500 start", "700 waiting", "800 end cut=false"]);
    let told = played(
        Mode::Manual,
        vec![(0, Enter), (10, Hush), (700, Over)],
        9000,
    );
    assert_eq!(told, ["0 start", "700 end cut=false"]);
    // Where saves are looked for, nobody has to be there who asks.
    let told = played(
        Mode::Events,
        vec![(10, Hush), (100, Save("a")), (100, Stir)],
        1000,
    );
    assert_eq!(told, ["140 start a"]);
}

#[test]
fn a_folder_that_is_deleted_is_waited_for() {
    let told = played(
        Mode::Events,
        vec![
            (0, Enter),
            (100, Delete),
            (200, Over),
            (300, Enter),
            (900, Return),
            (1500, Over),
        ],
        1900,
    );
    assert_eq!(
        told,
        [
            "0 start",
            "140 gone",
            "140 stop",
            "1140 back",
            "1140 start",
            "1500 waiting"
        ]
    );
}

#[test]
fn an_interrupt_ends_at_once_or_with_the_run() {
    assert_eq!(
        played(Mode::Events, vec![(100, Interrupt)], 200),
        ["100 end cut=false"]
    );
    let told = played(
        Mode::Events,
        vec![
            (0, Enter),
            (100, SaveTracked("a")),
            (110, Interrupt),
            (120, Stir),
            (300, Over),
        ],
        400,
    );
    assert_eq!(
        told,
        ["0 start", "110 stopping", "110 stop", "300 end cut=true"]
    );
    let told = played(
        Mode::Events,
        vec![
            (0, Enter),
            (110, Interrupt),
            (120, Interrupt),
            (130, Interrupt),
            (300, Over),
        ],
        9000,
    );
    assert_eq!(
        told[..3],
        ["0 start", "110 stopping", "110 stop"].map(str::to_owned)
    );
    assert_eq!(
        told[3..],
        ["120 stop", "300 end cut=true"].map(str::to_owned)
    );
}

#[test]
fn a_workspace_that_somebody_else_uses_is_tried_again() {
    let told = played(
        Mode::Events,
        vec![
            (0, Enter),
            (10, Busy),
            (270, Busy),
            (280, Save("a")),
            (280, Stir),
            (700, Over),
        ],
        1900,
    );
    assert_eq!(told, ["0 start", "260 start", "320 start a", "700 waiting"]);
}
