//! The machine as tables: at which millisecond what happens, and what is to be done then.

use self::At::{Busy, Deaf, Delete, Enter, Hush, Interrupt, Over, Return, Save, SaveTracked, Stir};
use super::*;

#[path = "machine_tests_odd.rs"]
mod odd;

/// What happens in a table. Looks find what was `saved` since the one before.
#[derive(Clone, Copy)]
enum At {
    Stir,
    Save(&'static str),
    /// The same of a file that git knows.
    SaveTracked(&'static str),
    Delete,
    Return,
    Over,
    Busy,
    Enter,
    Interrupt,
    Deaf,
    Hush,
}

/// Plays a table, waking the machine whenever it asks for it, until `until` milliseconds; what it
/// did, with the time of each deed.
fn played(mode: Mode, happenings: Vec<(u64, At)>, until: u64) -> Vec<String> {
    let zero = Instant::now();
    let mut machine = Machine::new(mode, zero);
    let mut folder = Folder::default();
    let mut next = happenings.into_iter().peekable();
    let mut now = 0;
    loop {
        let happens = next.peek().map_or(u64::MAX, |(at, _)| *at);
        let due = machine.due().map_or(u64::MAX, |due| {
            u64::try_from((due - zero).as_millis()).unwrap().max(now)
        });
        if happens.min(due) > until {
            return folder.told;
        }
        now = happens.min(due);
        let instant = zero + Duration::from_millis(now);
        let deeds = if happens <= due {
            let (_, what) = next.next().unwrap();
            folder.happens(&mut machine, instant, what)
        } else {
            machine.wake(instant)
        };
        folder.now = now;
        folder.does(&mut machine, instant, deeds);
    }
}

#[derive(Default)]
struct Folder {
    saved: Vec<Saved>,
    gone: bool,
    /// In milliseconds.
    now: u64,
    /// What was done, and when.
    told: Vec<String>,
}

impl Folder {
    fn happens(&mut self, machine: &mut Machine, now: Instant, what: At) -> Vec<Deed> {
        let save = |path: &str, tracked| Saved {
            path: path.into(),
            tracked,
        };
        let happening = match what {
            Save(path) => {
                self.saved.push(save(path, false));
                return Vec::new();
            }
            SaveTracked(path) => {
                self.saved.push(save(path, true));
                return Vec::new();
            }
            Delete => {
                self.gone = true;
                Happening::Stir
            }
            Return => {
                self.gone = false;
                return Vec::new();
            }
            Stir => Happening::Stir,
            Over => Happening::Ended(End::Over),
            Busy => Happening::Ended(End::Busy),
            Enter => Happening::Asked,
            Interrupt => Happening::Interrupted,
            Deaf => Happening::Deaf,
            Hush => Happening::Hushed,
        };
        machine.on(now, happening)
    }

    fn does(&mut self, machine: &mut Machine, now: Instant, deeds: Vec<Deed>) {
        for deed in deeds {
            let text = match deed {
                Deed::Look => {
                    let sight = if self.gone {
                        Sight::Gone
                    } else {
                        Sight::There(std::mem::take(&mut self.saved))
                    };
                    let deeds = machine.on(now, Happening::Looked(sight));
                    self.does(machine, now, deeds);
                    continue;
                }
                Deed::Start(saved) => format!("start{}", names(&saved)),
                Deed::Stop => "stop".to_owned(),
                Deed::Tell(Said::Newer(saved)) => format!("newer{}", names(&saved)),
                Deed::Tell(Said::Own(path)) => format!("own {}", path.display()),
                Deed::Tell(said) => format!("{said:?}").to_lowercase(),
                Deed::End { cut } => format!("end cut={cut}"),
            };
            self.told.push(format!("{} {text}", self.now));
        }
    }
}

fn names(saved: &[PathBuf]) -> String {
    let names = saved.iter().map(|path| path.display().to_string());
    [String::new()]
        .into_iter()
        .chain(names)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_save_is_graded_after_forty_milliseconds_of_quiet() {
    let told = played(
        Mode::Events,
        vec![(100, Save("a")), (100, Stir), (130, Stir), (150, Stir)],
        1900,
    );
    assert_eq!(told, ["190 start a"]);
}

#[test]
fn a_run_that_ends_while_nothing_that_counts_stirs_is_followed_by_the_word_all_the_same() {
    let told = played(
        Mode::Events,
        vec![(0, Enter), (95, Stir), (100, Over), (3000, Stir)],
        4000,
    );
    assert_eq!(told, ["0 start", "135 waiting"]);
}

#[test]
fn what_never_rests_is_graded_after_two_hundred() {
    let stirs = (0..40).map(|n| (100 + n * 10, Stir));
    let mut table = vec![(100, Save("a"))];
    table.extend(stirs);
    assert_eq!(played(Mode::Events, table, 400), ["300 start a"]);
}

#[test]
fn a_stir_that_saved_nothing_starts_nothing() {
    assert!(played(Mode::Events, vec![(100, Stir), (300, Stir)], 1900).is_empty());
}

#[test]
fn two_quick_saves_are_one_run() {
    let told = played(
        Mode::Events,
        vec![
            (100, Save("a")),
            (100, Stir),
            (120, Save("b")),
            (120, Stir),
            (900, Over),
        ],
        1900,
    );
    assert_eq!(told, ["160 start a b", "900 waiting"]);
}

#[test]
fn a_save_during_a_run_winds_it_down_and_the_newest_is_graded() {
    let told = played(
        Mode::Events,
        vec![
            (0, Enter),
            (100, SaveTracked("a")),
            (100, Stir),
            // The run takes a while to end, and there is one more save.
            (200, SaveTracked("b")),
            (200, Stir),
            (300, Over),
            (900, Over),
        ],
        1900,
    );
    assert_eq!(
        told,
        [
            "0 start",
            "140 newer a",
            "140 stop",
            "300 start a b",
            "900 waiting"
        ]
    );
}

#[test]
fn a_stale_run_that_does_not_end_is_killed_once() {
    let told = played(
        Mode::Events,
        vec![
            (0, Enter),
            (100, SaveTracked("a")),
            (100, Stir),
            (5000, Over),
        ],
        6000,
    );
    assert_eq!(
        told,
        [
            "0 start",
            "140 newer a",
            "140 stop",
            "2140 stop",
            "5000 start a"
        ]
    );
}

#[test]
fn what_a_program_writes_in_each_run_is_told_once_and_counts_only_between_runs() {
    let mut table = vec![(0, Enter)];
    for run in 0..6 {
        table.push((1000 * run + 10, Save("orders.db")));
        table.push((1000 * run + 10, Stir));
        table.push((1000 * run + 500, Over));
    }
    // Long after the last run: somebody else wrote it.
    table.extend([(5900, Save("orders.db")), (5900, Stir)]);
    let told = played(Mode::Events, table, 5950);
    assert_eq!(
        told,
        [
            "0 start",
            "50 newer orders.db",
            "50 stop",
            "500 start orders.db",
            "1050 newer orders.db",
            "1050 stop",
            "1500 start orders.db",
            "2050 newer orders.db",
            "2050 stop",
            "2500 start orders.db",
            "3050 own orders.db",
            "3500 waiting",
            "4050 start orders.db",
            "4500 waiting",
            "5050 start orders.db",
            "5500 waiting",
            "5940 start orders.db",
        ]
    );
}

#[test]
fn a_file_that_git_knows_is_never_taken_for_the_programs() {
    let mut table = vec![(0, Enter)];
    for run in 0..8 {
        table.push((1000 * run + 10, SaveTracked("app.py")));
        table.push((1000 * run + 10, Stir));
        table.push((1000 * run + 500, Over));
    }
    let told = played(Mode::Events, table, 8000);
    let starts = told.iter().filter(|deed| deed.contains("start")).count();
    assert_eq!(starts, 9, "{told:#?}");
}
