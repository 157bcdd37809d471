//! The terminal: taken as a whole, and always given back.

use std::{
    io::{self, Stdout, stdout},
    panic::{self, PanicHookInfo},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor::Show,
    event::{
        DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
    },
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{
    Terminal,
    backend::{Backend, CrosstermBackend},
};

use super::keyboard::Keyboard;

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Holds the terminal: raw, another screen, mouse and pasting told apart. Given back when it is
/// dropped, and by a panic of the thread that draws.
pub(super) struct Guard {
    is_taken: Arc<AtomicBool>,
    before: Arc<Hook>,
}

impl Guard {
    /// Takes the terminal.
    pub(super) fn take() -> io::Result<Self> {
        let is_taken = Arc::new(AtomicBool::new(false));
        let before: Arc<Hook> = Arc::from(panic::take_hook());
        let guard = Self {
            is_taken: Arc::clone(&is_taken),
            before: Arc::clone(&before),
        };
        let drawing = thread::current().id();
        panic::set_hook(Box::new(move |panicked| {
            // Another thread's panic is caught and told on the screen: printing it would tear that.
            if thread::current().id() == drawing {
                give_back(&is_taken);
                before(panicked);
            }
        }));
        take(&guard.is_taken)?;
        Ok(guard)
    }

    pub(super) fn terminal() -> io::Result<Terminal<CrosstermBackend<Stdout>>> {
        Terminal::new(CrosstermBackend::new(stdout()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back(&self.is_taken);
        if !thread::panicking() {
            let before = Arc::clone(&self.before);
            panic::set_hook(Box::new(move |panicked| before(panicked)));
        }
    }
}

fn take(is_taken: &AtomicBool) -> io::Result<()> {
    enable_raw_mode()?;
    is_taken.store(true, Ordering::SeqCst);
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste
    )
}

/// Everything is tried, whatever fails before: a terminal left raw is worse than any error.
fn give_back(is_taken: &AtomicBool) {
    if !is_taken.swap(false, Ordering::SeqCst) {
        return;
    }
    let screen = execute!(
        stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let mode = disable_raw_mode();
    if screen.is_err() || mode.is_err() {
        // The terminal is gone: nobody is left to be told.
    }
}

/// What is outside of the model: where keys come from, and where the terminal can be given away.
pub(super) enum Outside<'g> {
    Real {
        guard: &'g Guard,
        keyboard: Keyboard,
        /// An editor has the terminal.
        is_away: bool,
    },
    /// A script in place of a person.
    #[cfg(test)]
    Script(tokio::sync::mpsc::Receiver<Event>),
}

impl<'g> Outside<'g> {
    pub(super) fn of(guard: &'g mut Guard) -> io::Result<Self> {
        Ok(Self::Real {
            guard,
            keyboard: Keyboard::listen()?,
            is_away: false,
        })
    }

    /// An editor has the terminal.
    pub(super) fn is_away(&self) -> bool {
        match self {
            Self::Real { is_away, .. } => *is_away,
            #[cfg(test)]
            Self::Script(_) => false,
        }
    }

    /// The next thing the terminal tells. An error: it is gone.
    pub(super) async fn next(&mut self) -> io::Result<Event> {
        match self {
            Self::Real { keyboard, .. } => keyboard.next().await,
            #[cfg(test)]
            Self::Script(events) => match events.recv().await {
                Some(event) => Ok(event),
                None => std::future::pending().await,
            },
        }
    }

    /// Gives the terminal to an editor.
    pub(super) fn give_away<B: Backend>(&mut self, terminal: &mut Terminal<B>) -> io::Result<()> {
        match self {
            Self::Real {
                guard,
                keyboard,
                is_away,
            } => {
                keyboard.rest();
                *is_away = true;
                give_back(&guard.is_taken);
            }
            #[cfg(test)]
            Self::Script(_) => {}
        }
        let shown = terminal.show_cursor();
        shown.map_err(|error| io::Error::other(error.to_string()))
    }

    /// Takes it back when the editor has ended.
    pub(super) fn back<B: Backend>(&mut self, terminal: &mut Terminal<B>) -> io::Result<()> {
        match self {
            Self::Real {
                guard,
                keyboard,
                is_away,
            } => {
                if std::mem::take(is_away) {
                    take(&guard.is_taken)?;
                    keyboard.wake();
                }
            }
            #[cfg(test)]
            Self::Script(_) => {}
        }
        // Drawn over with nothing, so that the next picture is drawn whole. To clear it would ask the
        // terminal for the place of its cursor, and the answer would come among the keys.
        let emptied = terminal.draw(|_| ());
        let done = emptied.map(|_| ());
        done.map_err(|error| io::Error::other(error.to_string()))
    }

    /// Into the clipboard of whoever sits before the terminal (OSC 52), also through SSH.
    pub(super) fn copy(&self, text: &str) -> io::Result<()> {
        match self {
            Self::Real { .. } => execute!(stdout(), CopyToClipboard::to_clipboard_from(text)),
            #[cfg(test)]
            Self::Script(_) => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/cli/pty.rs"]
mod pty;

#[cfg(test)]
mod tests {
    use std::{io::Read as _, time::Duration};

    use rustix::termios::tcgetattr;

    use super::{pty::Pty, *};

    /// Set where this test runs as the program that panics.
    const PANICS: &str = "MASTERY_TEST_PANICS";

    #[test]
    fn a_panic_is_told_on_a_terminal_that_is_as_it_was() {
        if std::env::var_os(PANICS).is_some() {
            let _guard = Guard::take().unwrap();
            let mut key = [0];
            io::stdin().read_exact(&mut key).unwrap();
            panic!("planted");
        }
        let mut pty = Pty::open(80, 24).unwrap();
        let modes = |pty: &Pty| format!("{:?}", tcgetattr(&pty.slave).unwrap());
        let found = modes(&pty);
        let mut command = pty.command(std::env::current_exe().unwrap()).unwrap();
        let name = "tui::runtime::terminal::tests::a_panic_is_told_on_a_terminal_that_is_as_it_was";
        command.args(["--exact", name, "--nocapture"]);
        command.env(PANICS, "1").env("RUST_BACKTRACE", "0");
        let mut child = command.spawn().unwrap();
        sees(&mut pty, vt100::Screen::bracketed_paste);
        assert!(pty.screen.screen().alternate_screen());
        assert_ne!(modes(&pty), found);
        pty.press("x").unwrap();
        let shown = sees(&mut pty, |screen| screen.contents().contains("FAILED"));
        assert!(!child.wait().unwrap().success());
        assert!(shown.contains("planted"), "{shown}");
        assert_eq!(modes(&pty), found);
        let screen = pty.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }

    fn sees(pty: &mut Pty, holds: impl Fn(&vt100::Screen) -> bool) -> String {
        loop {
            let shown = pty.look();
            if holds(pty.screen.screen()) {
                return shown;
            }
            let next = pty.shows.recv_timeout(Duration::from_secs(30));
            let bytes = next.unwrap_or_else(|_| panic!("no more than this is shown:\n{shown}"));
            pty.screen.process(&bytes);
        }
    }
}
