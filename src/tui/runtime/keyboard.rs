//! What the terminal tells, read on a thread that can be made to rest while an editor has it.
//!
//! crossterm's `EventStream` is not used: dropping it leaves a wake-up behind, and the next one then
//! either fails or misses the key that came with it.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crossterm::event::{self, Event};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How soon the thread sees that it is to rest. What is typed is told at once all the same.
const STEP: Duration = Duration::from_millis(50);
/// How long it is waited for: where the terminal went away, it may never come to see it.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Listens,
    /// It is to rest, and may still be listening.
    Asked,
    Rests,
    Over,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        *self.state() = state;
        self.changed.notify_all();
    }

    fn wait_while(&self, unwanted: State) -> State {
        let waited = self
            .changed
            .wait_while(self.state(), |state| *state == unwanted);
        *waited.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keyboard, the mouse and the size of the terminal.
#[derive(Debug)]
pub(super) struct Keyboard {
    shared: Arc<Shared>,
    /// Unbounded: a person fills it, and whoever rests must not wait for room.
    told: UnboundedReceiver<io::Result<Event>>,
}

impl Keyboard {
    /// Begins to listen.
    pub(super) fn listen() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Listens),
            changed: Condvar::new(),
        });
        #[expect(
            clippy::disallowed_methods,
            reason = "a person fills it, and the loop that empties it never rests for long"
        )]
        let (tell, told) = unbounded_channel();
        let of_thread = Arc::clone(&shared);
        let gone = tell.clone();
        // It ends with the process: nothing can take it out of its wait.
        drop(
            thread::Builder::new()
                .name("terminal".into())
                .spawn(move || look_out(&gone))?,
        );
        thread::Builder::new()
            .name("keyboard".into())
            .spawn(move || {
                hear(&of_thread, &tell);
                of_thread.set(State::Over);
            })?;
        Ok(Self { shared, told })
    }

    /// The next thing that is told; an error when the terminal is gone.
    pub(super) async fn next(&mut self) -> io::Result<Event> {
        let gone = || Err(io::Error::other("the terminal tells nothing any more"));
        self.told.recv().await.unwrap_or_else(gone)
    }

    /// Returns when nothing of the terminal is read any more.
    pub(super) fn rest(&self) {
        let mut state = self.shared.state();
        if *state == State::Listens {
            *state = State::Asked;
            self.shared.changed.notify_all();
            let asked = |state: &mut State| *state == State::Asked;
            let waited = self
                .shared
                .changed
                .wait_timeout_while(state, PATIENCE, asked);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Listens again.
    pub(super) fn wake(&self) {
        let mut state = self.shared.state();
        if *state != State::Over {
            *state = State::Listens;
            self.shared.changed.notify_all();
        }
    }
}

impl Drop for Keyboard {
    /// What is typed from here on is for the shell.
    fn drop(&mut self) {
        self.rest();
        self.shared.set(State::Over);
    }
}

fn hear(shared: &Shared, tell: &UnboundedSender<io::Result<Event>>) {
    loop {
        if *shared.state() == State::Asked {
            shared.set(State::Rests);
        }
        if shared.wait_while(State::Rests) == State::Over {
            return;
        }
        let event = match event::poll(STEP) {
            Ok(true) => event::read(),
            Ok(false) => continue,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        if matches!(event, Ok(Event::Resize(..))) {
            nudge();
        }
        let is_gone = event.is_err();
        if tell.send(event).is_err() || is_gone {
            return;
        }
    }
}

/// Lets crossterm be woken for keys that came together with a new size: it returns with the size, and
/// would not be told of them again before the next key. Modes that are set wake it, the same ones too.
fn nudge() {
    let stdin = io::stdin();
    let mut ends = [PollFd::new(&stdin, PollFlags::IN)];
    let is_due = poll(&mut ends, Some(&Timespec::default())).is_ok_and(|count| count > 0);
    if is_due && let Ok(modes) = tcgetattr(&stdin) {
        let set = tcsetattr(&stdin, OptionalActions::Now, &modes);
        if set.is_err() {
            // The next key wakes it.
        }
    }
}

/// Tells when the terminal goes away. crossterm does not: it reads the end over and over.
fn look_out(tell: &UnboundedSender<io::Result<Event>>) {
    let stdin = io::stdin();
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    loop {
        // Asked for nothing, it tells these alone.
        let mut ends = [PollFd::new(&stdin, PollFlags::empty())];
        match poll(&mut ends, None) {
            Ok(_) if !ends[0].revents().intersects(gone) => {}
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => break,
        }
    }
    if tell
        .send(Err(io::Error::other("the terminal went away")))
        .is_err()
    {
        // The tutor was left meanwhile.
    }
}
