//! The re-executed side: one process that starts one program, watches it and outlives all of it.
//!
//! Synchronous on purpose: `waitpid(-1)` must be the only one that reaps here, and there is no
//! runtime whose children it could steal. It leads a session of its own (^C in the terminal is the
//! owner's affair), adopts every descendant that loses its parent, and ends everything when its
//! standard input ends: that pipe is the life-line, which even SIGKILL of the owner cuts.
//!
//! Other systems than Linux have no subreaper and no `/proc`: there only the program's own process
//! group is ended, who left it is not found, and memory is not watched.

mod output;
mod start;
mod tree;
mod wire;

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::{fd::AsFd as _, unix::process::ExitStatusExt as _},
    process::{ExitCode, ExitStatus},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{WaitOptions, wait},
};

use self::{output::Outputs, wire::Wire};
use super::{
    frame::{Exited, Gone, Order, Report, Started},
    launch::Farewell,
};
use crate::verdict::Exit;

/// Enough for any thread here; the default would be reserved, not used, but nobody needs it.
const STACK: usize = 128 * 1024;
/// How often the memory of the tree is looked at, at most and at least.
const MEMORY_STEPS: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(500)];
/// Faster than this many bytes a millisecond no tree of processes touches new memory: what is far
/// from its limit is looked at less often, for a look reads a file for each thread.
const MEMORY_RATE: u64 = 8 << 20;
/// How often those that still fork are looked for while all are being ended.
const KILL_STEP: Duration = Duration::from_millis(2);
/// After this even SIGKILL has failed; what is left is named and given up.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// What a program that must not be killed has to leave by itself when its owner vanished.
const ALONE_GRACE: Duration = Duration::from_secs(2);
/// How long the report of an exit waits for the output that came before it.
const FLUSH_LIMIT: Duration = Duration::from_millis(50);

/// Supervises one program as its owner orders on standard input. To be called first thing in
/// `main`, before any other thread or child exists.
pub fn main() -> ExitCode {
    match supervise() {
        Ok(()) => ExitCode::SUCCESS,
        // The owner sees that the pipe ended without a word, and says so.
        Err(_) => ExitCode::FAILURE,
    }
}

enum Event {
    Order(Order),
    /// The life-line is cut: the owner has gone.
    Alone,
    Reaped {
        pid: u32,
        exit: Exit,
        at: Instant,
    },
    NothingLeft,
    Flushed,
}

fn supervise() -> io::Result<()> {
    let mut orders = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let wire = Wire::open()?;
    let Some(Order::Start(spec)) = Order::read(&mut orders)? else {
        return Ok(());
    };
    let (events, inbox) = channel();
    let mut child = match start::prepare(&spec).and_then(|()| start::spawn(&spec)) {
        Ok(child) => child,
        Err(refused) => {
            wire.send(&Report::Refused(refused));
            return Ok(());
        }
    };
    let begun = Instant::now();
    let main = child.id();
    wire.send(&Report::Started(Started { pid: main }));
    let outputs = Outputs::start(&mut child, &spec, wire.clone(), events.clone())?;
    drop(child);
    let reaped = events.clone();
    thread::Builder::new()
        .name("reaper".into())
        .stack_size(STACK)
        .spawn(move || reap(&reaped))?;
    thread::Builder::new()
        .name("orders".into())
        .stack_size(STACK)
        .spawn(move || listen(&mut orders, &events))?;
    Supervision {
        wire,
        inbox,
        outputs: Some(outputs),
        main,
        begun,
        memory_mib: spec.memory_mib,
        farewell: spec.farewell,
        next_look: begun + MEMORY_STEPS[0],
        asked: false,
        over_memory: None,
        main_ended: false,
        unsaid_exit: None,
        flush_by: None,
        ending_since: None,
        kill_at: None,
        killing_since: None,
        forced: false,
        survivors: BTreeMap::new(),
    }
    .run();
    Ok(())
}

/// Reaps everything: our child and all that were adopted.
fn reap(events: &Sender<Event>) {
    loop {
        let event = match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => Event::Reaped {
                pid: pid.as_raw_nonzero().get().unsigned_abs(),
                exit: tree::exit_of(ExitStatus::from_raw(status.as_raw())),
                at: Instant::now(),
            },
            Ok(None) | Err(Errno::INTR) => continue,
            Err(_) => Event::NothingLeft,
        };
        let last = matches!(event, Event::NothingLeft);
        if events.send(event).is_err() || last {
            return;
        }
    }
}

/// Passes the owner's orders on, until there is no owner.
fn listen(orders: &mut File, events: &Sender<Event>) {
    loop {
        let event = match Order::read(orders) {
            Ok(Some(order)) => Event::Order(order),
            Ok(None) | Err(_) => Event::Alone,
        };
        let last = matches!(event, Event::Alone);
        if events.send(event).is_err() || last {
            return;
        }
    }
}

/// How long memory with so many bytes of room needs no look.
fn until_limit(room: u64) -> Duration {
    let [least, most] = MEMORY_STEPS;
    Duration::from_millis(room / MEMORY_RATE).clamp(least, most)
}

/// One program under supervision, from its start until nothing of it is left.
struct Supervision {
    wire: Wire,
    inbox: Receiver<Event>,
    outputs: Option<Outputs>,
    main: u32,
    begun: Instant,
    memory_mib: u64,
    farewell: Farewell,
    next_look: Instant,
    /// The owner has asked for the end: what follows is no death.
    asked: bool,
    over_memory: Option<Exit>,
    main_ended: bool,
    unsaid_exit: Option<Exited>,
    flush_by: Option<Instant>,
    ending_since: Option<Instant>,
    kill_at: Option<Instant>,
    killing_since: Option<Instant>,
    forced: bool,
    /// Who outlived the program or its grace, and was ended.
    survivors: BTreeMap<u32, String>,
}

impl Supervision {
    fn run(mut self) {
        loop {
            match self.inbox.recv_timeout(self.until_next()) {
                Ok(Event::NothingLeft) => return self.finish(Vec::new()),
                Ok(event) => self.on_event(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            if self.flush_by.is_some_and(|by| now >= by) {
                self.say_exit();
            }
            if self.kill_at.is_some_and(|at| now >= at) {
                self.kill_at = None;
                self.forced |= !self.main_ended;
                self.kill(true);
            }
            if let Some(since) = self.killing_since {
                let left = tree::kill_all(self.main);
                if now.duration_since(since) > KILL_LIMIT && !left.is_empty() {
                    let left = left.iter().map(super::procfs::Stat::describe).collect();
                    return self.finish(left);
                }
            } else if now >= self.next_look {
                self.look_at_memory(now);
            }
        }
    }

    fn until_next(&self) -> Duration {
        let now = Instant::now();
        let step = if self.killing_since.is_some() {
            now + KILL_STEP
        } else {
            self.next_look
        };
        [Some(step), self.kill_at, self.flush_by]
            .into_iter()
            .flatten()
            .min()
            .map_or(KILL_STEP, |next| next.saturating_duration_since(now))
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Order(Order::Term { grace }) => self.ask(grace),
            Event::Order(Order::Kill) => {
                self.asked = true;
                self.forced |= !self.main_ended;
                self.kill(false);
            }
            Event::Order(Order::Stop) => tree::stop_all(self.main),
            Event::Order(Order::Cont) => tree::continue_all(self.main),
            // A second start is nonsense; whoever sends it is no owner of ours.
            Event::Order(Order::Start(_)) => self.kill(false),
            Event::Alone => match self.farewell {
                Farewell::Terminate => self.kill(false),
                Farewell::Interrupt => self.ask(ALONE_GRACE),
            },
            Event::Reaped { pid, exit, at } if pid == self.main => self.on_exit(exit, at),
            Event::Reaped { .. } => self.end_those_who_left_the_group(),
            Event::Flushed => self.say_exit(),
            Event::NothingLeft => {}
        }
    }

    /// Asks the program to leave, and notes when it will be made to.
    fn ask(&mut self, grace: Duration) {
        if self.main_ended || self.killing_since.is_some() {
            return;
        }
        self.asked = true;
        let now = Instant::now();
        self.ending_since.get_or_insert(now);
        self.kill_at = Some(now + grace.min(Duration::from_hours(24)));
        tree::ask_group(self.main, self.farewell);
    }

    fn on_exit(&mut self, exit: Exit, at: Instant) {
        self.main_ended = true;
        let by_memory = self.over_memory.take();
        self.unsaid_exit = Some(Exited {
            asked: self.asked && by_memory.is_none(),
            exit: by_memory.unwrap_or(exit),
            after_ms: crate::verdict::millis(at.duration_since(self.begun)),
        });
        self.ending_since.get_or_insert(at);
        self.flush_by = Some(Instant::now() + FLUSH_LIMIT);
        if let Some(outputs) = &self.outputs {
            outputs.flush();
        }
        if self.asked {
            self.end_those_who_left_the_group();
        } else {
            self.kill(true);
        }
    }

    /// After a polite exit, the rest of the group has the grace that is left; who is outside the
    /// group never heard of it and is waited for in vain.
    fn end_those_who_left_the_group(&mut self) {
        let waits = self.main_ended && self.killing_since.is_none();
        if waits && !tree::alive().iter().any(|one| one.group == self.main) {
            self.kill(true);
        }
    }

    /// Begins to end everything; `by_name`: who is there now has outlived its time.
    fn kill(&mut self, by_name: bool) {
        let now = Instant::now();
        self.ending_since.get_or_insert(now);
        self.killing_since.get_or_insert(now);
        if by_name {
            for one in tree::alive() {
                if one.pid != self.main {
                    self.survivors.insert(one.pid, one.describe());
                }
            }
        }
        tree::kill_all(self.main);
    }

    fn look_at_memory(&mut self, now: Instant) {
        let limit = self.memory_mib.saturating_mul(1024 * 1024);
        let used = tree::memory(limit);
        self.next_look = now + until_limit(limit.saturating_sub(used));
        if used > limit {
            self.over_memory = Some(Exit::Memory {
                used_mib: used / (1024 * 1024),
                limit_mib: self.memory_mib,
            });
            self.forced = true;
            self.kill(false);
        }
    }

    fn say_exit(&mut self) {
        self.flush_by = None;
        if let Some(exited) = self.unsaid_exit.take() {
            self.wire.send(&Report::Exited(exited));
        }
    }

    fn finish(mut self, left: Vec<String>) {
        if let Some(outputs) = self.outputs.take() {
            outputs.drain();
        }
        self.say_exit();
        let took = self.ending_since.map_or(Duration::ZERO, |at| at.elapsed());
        self.wire.send(&Report::Gone(Gone {
            forced: self.forced,
            survivors: self.survivors.into_values().collect(),
            left,
            took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        }));
    }
}
