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
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How soon the thread sees that it is to rest, and that the terminal has another size. What is typed
/// is told at once all the same.
const STEP: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};
/// For how long the thread is waited for: a terminal that goes away while crossterm reads it keeps the
/// thread there for good.
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

    /// Returns when nothing of the terminal is read any more, or when it went away.
    pub(super) fn rest(&self) {
        let mut state = self.shared.state();
        if *state == State::Listens {
            *state = State::Asked;
            drop(state);
            self.shared.changed.notify_all();
            let waited =
                self.shared
                    .changed
                    .wait_timeout_while(self.shared.state(), PATIENCE, |state| {
                        *state == State::Asked
                    });
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Listens again.
    pub(super) fn wake(&self) {
        let mut state = self.shared.state();
        if *state == State::Rests {
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
        let event = match is_there().and_then(|()| event::poll(Duration::ZERO)) {
            Ok(true) => event::read(),
            Ok(false) => continue,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_gone = event.is_err();
        if tell.send(event).is_err() || is_gone {
            return;
        }
    }
}

/// Waits for something to be typed, for a step at most; an error when the terminal has gone away, which
/// crossterm would go on reading for ever.
fn is_there() -> io::Result<()> {
    let stdin = io::stdin();
    let mut looked = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut looked, Some(&STEP))?;
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if looked[0].revents().intersects(gone) {
        return Err(io::Error::other("the terminal went away"));
    }
    Ok(())
}
