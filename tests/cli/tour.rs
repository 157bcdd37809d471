//! The tour that the README shows: the real binary driven from an empty folder to a lab that passes.
//! It is taken in every test run, so what the pictures show can still be reached; `docs/tour/record`
//! keeps it.

mod cast;
mod picture;

use std::{fs, path::Path, time::Duration};

use crate::{
    cast::{Learner, until},
    seat::{ENTER, Opened, Seat},
};

/// Where the tour is kept, from the repository's root.
const PICTURE: &str = "docs/tour/tour.svg";
const CAST: &str = "docs/tour/tour.cast";
/// Set by the script that keeps the tour.
const RECORD: &str = "MASTERY_TOUR";
/// Wide enough for two panes, and still read where a page makes it smaller.
const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

/// What stands on the screen at one moment of the tour.
struct Stop {
    name: &'static str,
    /// How long it is shown: as long as it takes to read, not as long as it took.
    held: Duration,
    screen: vt100::Screen,
}

/// Somebody who shows mastery to somebody else.
struct Guide {
    seat: Seat,
    /// A folder of one machine, which no picture names.
    home: String,
    stops: Vec<Stop>,
}

impl Guide {
    fn stop(&mut self, name: &'static str, held_ms: u64) {
        let shown = self.seat.screen().contents_formatted();
        let (rows, columns) = self.seat.screen().size();
        let mut anywhere = vt100::Parser::new(rows, columns, 0);
        anywhere.process(shown.replace(&self.home, "~").as_bytes());
        let screen = anywhere.screen().clone();
        let held = Duration::from_millis(held_ms);
        self.stops.push(Stop { name, held, screen });
    }

    /// Waits until all of this is shown, and stops there.
    fn sees(&mut self, name: &'static str, held_ms: u64, parts: &[&str]) {
        self.seat.sees_all(parts);
        self.stop(name, held_ms);
    }

    /// Types a line at the shell's prompt.
    fn types(&mut self, name: &'static str, line: &str) {
        self.seat.press(line);
        self.sees(name, 1_000, &[&format!("$ {line}")]);
        self.seat.press(ENTER);
    }

    /// Waits for the shell's prompt below what a command printed.
    fn prompted(&mut self, name: &'static str, held_ms: u64, part: &str) {
        until(&format!("the shell asks again after {part:?}"), || {
            let shown = self.seat.look();
            shown.contains(part) && shown.trim_end().ends_with("\n$")
        });
        self.stop(name, held_ms);
    }

    /// How many checks of the run are settled, as the head of its screen says.
    fn settled(&mut self) -> usize {
        let shown = self.seat.look();
        let head = shown.lines().next().unwrap_or_default();
        let before = head.split_once(" of ").map(|(before, _)| before);
        let number = before.and_then(|before| before.rsplit(' ').next()?.parse().ok());
        number.unwrap_or(0)
    }

    /// Stops in the middle of a run.
    fn runs(&mut self, name: &'static str, settled: usize) {
        until(name, || (settled..46).contains(&self.settled()));
        self.stop(name, 1_200);
    }
}

/// Goes through the tour.
fn taken(learner: &Learner) -> Vec<Stop> {
    let bin = Path::new(env!("CARGO_BIN_EXE_mastery")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", bin.display());
    let opened = Opened {
        folder: ".",
        words: &["sh", "-i"],
        environment: &[
            ("PATH", &path),
            ("PS1", "$ "),
            ("ENV", ""),
            ("NO_COLOR", ""),
        ],
        columns: COLUMNS,
        rows: ROWS,
    };
    let seat = Seat::open(learner, &opened);
    let mut guide = Guide {
        seat,
        home: learner.root.display().to_string(),
        stops: Vec::new(),
    };
    until("the shell asks", || guide.seat.look().trim() == "$");
    guide.types("an empty folder", "mastery init orders && cd orders");
    guide.prompted("a workspace", 2_000, "orders");
    guide.types("a lab", "mastery start rest-api");
    guide.prompted("its brief, contract and starter", 3_000, "rest-api");
    guide.types("the tutor", "mastery");
    guide.sees("the map", 3_500, &["0 of", "rest-api", "q quit"]);
    guide.seat.press(ENTER);
    guide.sees("the brief", 4_000, &["[brief]"]);
    guide.seat.press("g");
    guide.runs("a run, live", 4);
    guide.runs("checks fail", 24);
    guide.sees("the run is over", 3_500, &["attempt 1 kept"]);
    guide.seat.press(ENTER);
    guide.sees(
        "a failure in full",
        6_000,
        &["[in full]", "expected", "reproduce"],
    );
    guide.seat.press("h");
    guide.sees("a hint", 4_500, &["hint 1 of"]);
    // Whoever takes the tour mends the program in an editor beside it.
    learner.solve(&learner.root.join("orders"));
    guide.seat.press("g");
    guide.runs("the program was mended", 8);
    guide.sees("all of it passes", 3_500, &["attempt 2 kept"]);
    guide.seat.press("a");
    guide.sees("the diary", 3_500, &["· attempts", "now passes"]);
    guide.seat.press(ENTER);
    guide.sees(
        "two attempts side by side",
        4_000,
        &["attempt 1 → attempt 2"],
    );
    guide.seat.press("\u{1b}");
    guide.sees("back in the diary", 0, &["· attempts", "now passes"]);
    guide.stops.pop();
    back_on_the_map(&mut guide);
    guide.seat.press("v");
    guide.sees("progress", 4_000, &["· progress", "passed at r"]);
    guide.seat.press("q");
    guide.prompted("left", 1_500, "mastery start rest-api");
    guide.seat.press("exit");
    guide.seat.press(ENTER);
    guide.seat.ends_well();
    guide.stops
}

fn back_on_the_map(guide: &mut Guide) {
    let mut turns = 0;
    while !guide.seat.look().contains("mastery · Backend Mastery") {
        turns += 1;
        assert!(turns < 8, "{}", guide.seat.look());
        let before = guide.seat.look();
        guide.seat.press("\u{1b}");
        until("a screen back", || guide.seat.look() != before);
    }
    guide.sees("the map again", 2_500, &["of", "passed at r"]);
}

#[test]
fn the_tour_can_be_taken_and_is_the_one_that_is_kept() {
    let learner = Learner::new();
    let stops = taken(&learner);
    assert_eq!(learner.left_running(), Vec::<String>::new());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os(RECORD).is_some() {
        let home = learner.root.display().to_string();
        let [svg, cast] = [picture::svg(&stops), cast::cast(&stops)];
        for (path, text) in [(PICTURE, svg), (CAST, cast)] {
            assert!(
                !text.contains(&home),
                "{path} names a folder of this machine"
            );
            fs::write(root.join(path), text).unwrap();
        }
    }
    let kept = fs::read_to_string(root.join(CAST)).unwrap();
    let names: Vec<&str> = stops.iter().map(|stop| stop.name).collect();
    assert_eq!(
        cast::markers(&kept),
        names,
        "`docs/tour/record` keeps it anew"
    );
}
