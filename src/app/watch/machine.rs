//! When a save is graded: a pure machine of what happened, told with its instant, and what to do.
//!
//! Saves are let settle (40 ms of quiet, 200 ms at most). One run at a time; the newest save wins, so
//! a run of code that is no longer there is wound down, and killed where it takes its time. All
//! instants are handed in and come from a clock that only goes forward: one that is set changes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::{Duration, Instant},
};

pub use super::happening::{Deed, End, Happening, Mode, Said, Sight};
use crate::workspace::Saved;

/// This long nothing may stir before a save is graded: editors write in several steps.
pub const QUIET: Duration = Duration::from_millis(40);
/// Something that never rests is graded after this long all the same.
pub const PATIENCE: Duration = Duration::from_millis(200);
/// How often the folder is looked at where no event tells of a save; and where it is waited for.
pub const POLL: Duration = Duration::from_millis(250);
/// How often it is looked at although events come: they can be lost.
pub const HEARTBEAT: Duration = Duration::from_secs(2);
/// A stale run that has not ended this long after it was told to is killed.
pub const GRACE: Duration = Duration::from_secs(2);
/// What a program writes while it ends may be seen this long after its run.
const AFTERMATH: Duration = Duration::from_millis(100);
/// A file that changes during so many runs in a row is written by the program.
const OWN: u32 = 4;

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    None,
    Going,
    /// It was told to end at this instant.
    Ending(Instant),
    /// It was told so twice.
    Killed,
}

/// What is wanted of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Watch,
    /// Nobody asks any more: where only a word grades, that is the end.
    Hush,
    End,
}

/// The machine.
#[derive(Debug)]
pub struct Machine {
    mode: Mode,
    run: Run,
    /// Since when, and when last, something stirred that was not looked at.
    stirred: Option<(Instant, Instant)>,
    /// A look has found what no event told.
    silent: bool,
    looked_at: Instant,
    ended_at: Option<Instant>,
    /// When what was refused for being busy is tried again.
    again_at: Option<Instant>,
    /// What was saved since the last run began.
    saved: BTreeSet<PathBuf>,
    /// Another run is wanted once this one is over.
    wanted: bool,
    gone: bool,
    /// What is said after the look, where a run ended while something stirred.
    later: Option<Said>,
    wish: Wish,
    /// Files that changed during the run that goes on.
    during: BTreeSet<PathBuf>,
    /// In how many runs in a row before.
    streaks: BTreeMap<PathBuf, u32>,
}

impl Machine {
    pub fn new(mode: Mode, now: Instant) -> Self {
        Self {
            mode,
            run: Run::None,
            stirred: None,
            silent: false,
            looked_at: now,
            ended_at: None,
            again_at: None,
            saved: BTreeSet::new(),
            wanted: false,
            gone: false,
            later: None,
            wish: Wish::Watch,
            during: BTreeSet::new(),
            streaks: BTreeMap::new(),
        }
    }

    /// How saves are noticed now.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// When [`Self::wake`] is to be called, should nothing happen before.
    pub fn due(&self) -> Option<Instant> {
        let settled = self.settled_at();
        let look = self.pause().map(|pause| self.looked_at + pause);
        let kill = match self.run {
            Run::Ending(since) => Some(since + GRACE),
            Run::None | Run::Going | Run::Killed => None,
        };
        let times = [settled, look, kill, self.again_at];
        times.into_iter().flatten().min()
    }

    /// The time that was waited for has come.
    pub fn wake(&mut self, now: Instant) -> Vec<Deed> {
        let mut deeds = Vec::new();
        if let Run::Ending(since) = self.run
            && now >= since + GRACE
        {
            self.run = Run::Killed;
            deeds.push(Deed::Stop);
        }
        if self.again_at.is_some_and(|at| now >= at) {
            self.again_at = None;
            self.go(&mut deeds);
        }
        let settled = self.settled_at().is_some_and(|at| now >= at);
        let pause = self.pause();
        if settled || pause.is_some_and(|pause| now >= self.looked_at + pause) {
            deeds.push(Deed::Look);
        }
        deeds
    }

    /// Takes in what happened at this instant.
    pub fn on(&mut self, now: Instant, happening: Happening) -> Vec<Deed> {
        let mut deeds = Vec::new();
        match happening {
            Happening::Stir => {
                self.silent = false;
                self.stir(now);
            }
            Happening::Deaf => self.go_deaf(&mut deeds),
            Happening::Looked(Sight::There(saved)) => self.looked(now, saved, &mut deeds),
            Happening::Looked(Sight::Gone) => self.vanished(now, &mut deeds),
            Happening::Ended(end) => self.ended(now, end, &mut deeds),
            Happening::Asked => {
                if self.run == Run::None && !self.gone {
                    self.go(&mut deeds);
                }
            }
            Happening::Interrupted => self.interrupted(now, &mut deeds),
            Happening::Hushed => {
                if self.wish == Wish::Watch {
                    self.wish = Wish::Hush;
                }
                if self.is_done() && self.run == Run::None {
                    deeds.push(Deed::End { cut: false });
                }
            }
        }
        deeds
    }

    /// No other run is to follow.
    fn is_done(&self) -> bool {
        match self.wish {
            Wish::Watch => false,
            Wish::Hush => self.mode == Mode::Manual,
            Wish::End => true,
        }
    }

    fn stir(&mut self, now: Instant) {
        let since = self.stirred.map_or(now, |(since, _)| since);
        self.stirred = Some((since, now));
    }

    fn settled_at(&self) -> Option<Instant> {
        let (since, last) = self.stirred?;
        Some((last + QUIET).min(since + PATIENCE))
    }

    fn pause(&self) -> Option<Duration> {
        match self.mode {
            _ if self.gone => Some(POLL),
            Mode::Events => Some(HEARTBEAT),
            Mode::Poll => Some(POLL),
            Mode::Manual => None,
        }
    }

    fn go_deaf(&mut self, deeds: &mut Vec<Deed>) {
        if self.mode == Mode::Events {
            self.mode = Mode::Poll;
            deeds.push(Deed::Tell(Said::Deaf));
        }
    }

    fn looked(&mut self, now: Instant, saved: Vec<Saved>, deeds: &mut Vec<Deed>) {
        self.looked_at = now;
        if std::mem::take(&mut self.gone) {
            deeds.push(Deed::Tell(Said::Back));
            self.wanted = true;
        }
        let settled = self.settled_at().is_some_and(|at| now >= at);
        let came = self.take(now, saved, deeds);
        if !settled && came {
            // Found by looking: it is let settle like what was told.
            self.silent |= self.stirred.is_none();
            self.stir(now);
        }
        if settled {
            self.stirred = None;
            if std::mem::take(&mut self.silent) {
                self.go_deaf(deeds);
            }
        }
        if self.stirred.is_some() {
            return;
        }
        if self.wanted || !self.saved.is_empty() {
            self.want(now, deeds);
        } else if self.run == Run::None {
            deeds.extend(self.later.take().map(Deed::Tell));
        }
    }

    /// Notes what was saved, without what the program writes itself; whether anything is left.
    fn take(&mut self, now: Instant, saved: Vec<Saved>, deeds: &mut Vec<Deed>) -> bool {
        let since = self.stirred.map_or(now, |(since, _)| since);
        let after = |at: Instant| since < at + AFTERMATH;
        let by_program = self.run != Run::None || self.ended_at.is_some_and(after);
        let mut came = false;
        for Saved { path, tracked } in saved {
            if by_program && !tracked {
                let streak = self.streaks.get(&path).copied().unwrap_or(0) + 1;
                let first = self.during.insert(path.clone());
                if streak >= OWN {
                    if first && streak == OWN {
                        deeds.push(Deed::Tell(Said::Own(path)));
                    }
                    continue;
                }
            }
            came = true;
            self.saved.insert(path);
        }
        came
    }

    /// The code that should be graded is not the one that is.
    fn want(&mut self, now: Instant, deeds: &mut Vec<Deed>) {
        match self.run {
            _ if self.wish == Wish::End || self.gone => {}
            Run::None => self.go(deeds),
            Run::Going => {
                self.wanted = true;
                self.run = Run::Ending(now);
                let paths = self.saved.iter().cloned().collect();
                deeds.push(Deed::Tell(Said::Newer(paths)));
                deeds.push(Deed::Stop);
            }
            Run::Ending(_) | Run::Killed => self.wanted = true,
        }
    }

    fn go(&mut self, deeds: &mut Vec<Deed>) {
        self.run = Run::Going;
        self.wanted = false;
        self.again_at = None;
        self.later = None;
        let paths = std::mem::take(&mut self.saved).into_iter().collect();
        deeds.push(Deed::Start(paths));
    }

    fn vanished(&mut self, now: Instant, deeds: &mut Vec<Deed>) {
        self.looked_at = now;
        self.stirred = None;
        self.saved.clear();
        self.wanted = false;
        self.again_at = None;
        if std::mem::replace(&mut self.gone, true) {
            return;
        }
        deeds.push(Deed::Tell(Said::Gone));
        if self.run == Run::Going {
            self.run = Run::Ending(now);
            deeds.push(Deed::Stop);
        }
    }

    fn interrupted(&mut self, now: Instant, deeds: &mut Vec<Deed>) {
        self.wish = Wish::End;
        match self.run {
            Run::None => deeds.push(Deed::End { cut: false }),
            Run::Going => {
                self.run = Run::Ending(now);
                deeds.push(Deed::Tell(Said::Stopping));
                deeds.push(Deed::Stop);
            }
            Run::Ending(_) => {
                self.run = Run::Killed;
                deeds.push(Deed::Stop);
            }
            Run::Killed => {}
        }
    }

    fn ended(&mut self, now: Instant, end: End, deeds: &mut Vec<Deed>) {
        self.run = Run::None;
        self.ended_at = Some(now);
        if self.is_done() {
            let cut = self.wish == Wish::End;
            deeds.push(Deed::End { cut });
            return;
        }
        if end == End::Busy {
            self.again_at = (!self.gone).then_some(now + POLL);
            return;
        }
        let during = std::mem::take(&mut self.during).into_iter();
        let before = std::mem::take(&mut self.streaks);
        let longer = |path: PathBuf| {
            let streak = before.get(&path).copied().unwrap_or(0) + 1;
            (path, streak)
        };
        self.streaks = during.map(longer).collect();
        // One that is known for it stays so.
        let known = before.into_iter().filter(|(_, streak)| *streak >= OWN);
        self.streaks.extend(known);
        if self.gone {
            return;
        }
        if self.wanted {
            self.go(deeds);
        } else if self.stirred.is_none() {
            deeds.push(Deed::Tell(Said::Waiting));
        } else {
            self.later = Some(Said::Waiting);
        }
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
