//! Where things happen: the terminal's events and what our jobs found become messages, and what
//! [`update`] asks for is carried out.

mod editing;
mod following;
mod jobs;
mod keyboard;
mod read;
mod terminal;
mod watching;
mod work;

use std::{
    io,
    mem::ManuallyDrop,
    path::PathBuf,
    time::{Duration, Instant},
};

use crossterm::event::Event;
use mastery_kit::process::Supervisor;
use ratatui::{Terminal, backend::Backend};
use tokio::{
    runtime::Builder,
    sync::mpsc::{self, Receiver},
    time::{MissedTickBehavior, interval},
};

use self::{
    terminal::{Guard, Outside},
    work::{Crew, Inside},
};
use super::{
    model::Model,
    msg::{Cmd, Msg},
    update::update,
    view::view,
};
use crate::{
    app::{clock, start, supply::BackendChoice},
    curriculum::Curriculum,
    grading::dispatcher::Signals,
    report::words::Style,
    workspace::Workspace,
};

/// Messages that may wait for us; who has more to say waits, so that nothing grows.
const WAITING: usize = 1024;
/// Messages that are taken in before the next picture is drawn.
const AT_ONCE: usize = 512;
/// How often something that moves is drawn.
const TURN: Duration = Duration::from_millis(100);

/// What the tutor is opened with.
pub struct Opening {
    pub workspace: Workspace,
    pub curriculum: Curriculum,
    /// What starts and owns programs: this very executable.
    pub supervisor: Supervisor,
    /// This program, as something that can be started again: what keeps services up.
    pub exe: PathBuf,
    /// Where services run.
    pub backend: BackendChoice,
    /// What the terminal can show.
    pub style: Style,
}

/// Who ended the tutor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Whoever sat before it, by a key.
    ByKey,
    /// A signal asked it to end.
    BySignal,
}

/// Opens the tutor and returns when it is left; the terminal is then as it was before.
///
/// An error is the terminal's: it could not be taken, or it went away.
pub fn open(opening: Opening) -> io::Result<Left> {
    let (rows, lab) = (24, start::last_started(&opening.workspace));
    let course = read::at_first(&opening.workspace, &opening.curriculum);
    let mut model = Model::new(course, opening.style, rows, lab.as_deref());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (sender, mut inbox) = mpsc::channel(WAITING);
    let mut crew = Crew::new(Inside::from(opening), sender);
    let mut guard = Guard::take()?;
    let result = runtime.block_on(async {
        // Dropped it would tell on standard error that a terminal which went away shows no cursor,
        // and panic as nobody hears it; the guard shows the cursor.
        let mut terminal = ManuallyDrop::new(Guard::terminal()?);
        let mut outside = Outside::of(&mut guard)?;
        drive(
            &mut terminal,
            &mut model,
            &mut crew,
            &mut inbox,
            &mut outside,
        )
        .await
    });
    drop(guard);
    crew.wind_down(&mut model, &mut inbox);
    // Jobs that only read are left where they are.
    runtime.shutdown_background();
    result
}

/// The main loop: it draws, waits for something to happen, and takes it in.
async fn drive<B: Backend>(
    terminal: &mut Terminal<B>,
    model: &mut Model,
    crew: &mut Crew,
    inbox: &mut Receiver<Msg>,
    outside: &mut Outside<'_>,
) -> io::Result<Left> {
    let begun = Instant::now();
    let mut signals = Signals::new()?;
    let mut turning = interval(TURN);
    turning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tell_time(model, begun);
    draw(terminal, model)?;
    let mut due = vec![Cmd::ReadCourse, Cmd::ReadServices];
    let mut left = Left::ByKey;
    loop {
        for cmd in std::mem::take(&mut due) {
            if cmd == Cmd::Quit {
                return Ok(left);
            }
            carry_out(cmd, terminal, model, crew, outside)?;
        }
        if !outside.is_away() {
            draw(terminal, model)?;
        }
        let first = tokio::select! {
            biased;
            () = signals.next() => (!outside.is_away()).then_some(Msg::Ended),
            event = outside.next() => from_terminal(event?),
            Some(msg) = inbox.recv() => Some(msg),
            _ = turning.tick(), if model.moves() => None,
        };
        if matches!(first, Some(Msg::Ended)) {
            left = Left::BySignal;
        }
        tell_time(model, begun);
        let mut next = first;
        for _ in 0..AT_ONCE {
            let Some(msg) = next.take() else {
                break;
            };
            if matches!(msg, Msg::Edited(_)) {
                outside.back(terminal)?;
            }
            due.extend(update(model, msg));
            next = inbox.try_recv().ok();
        }
    }
}

fn tell_time(model: &mut Model, begun: Instant) {
    let (at, now) = (begun.elapsed(), clock::now());
    update(model, Msg::Tick { at, now });
}

/// Draws the model, as large as the terminal is now.
fn draw<B: Backend>(terminal: &mut Terminal<B>, model: &mut Model) -> io::Result<()> {
    let trouble = |error: B::Error| io::Error::other(error.to_string());
    let size = terminal.size().map_err(trouble)?;
    if (model.style.width, model.rows) != (size.width, size.height) {
        let (columns, rows) = (size.width, size.height);
        update(model, Msg::Resize { columns, rows });
    }
    terminal.draw(|frame| view(model, frame)).map_err(trouble)?;
    Ok(())
}

/// What the terminal tells, as far as we listen.
fn from_terminal(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Mouse(mouse) => Some(Msg::Mouse(mouse)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize { columns, rows }),
        Event::FocusGained | Event::FocusLost => None,
    }
}

fn carry_out<B: Backend>(
    cmd: Cmd,
    terminal: &mut Terminal<B>,
    model: &mut Model,
    crew: &mut Crew,
    outside: &mut Outside<'_>,
) -> io::Result<()> {
    let Cmd::Edit { lab, file } = cmd else {
        if let Cmd::Copy(text) = &cmd {
            return outside.copy(text);
        }
        crew.begin(cmd);
        return Ok(());
    };
    match crew.editor(&lab, file.as_deref()) {
        Ok((editor, folder)) => {
            if editor.in_terminal {
                outside.give_away(terminal)?;
            }
            crew.edit(editor, folder);
        }
        Err(trouble) => model.trouble(trouble),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::workspace::Settings;

    /// A workspace that is no repository: nothing of a record can be read there.
    fn opening(folder: &std::path::Path) -> Opening {
        Opening {
            workspace: Workspace {
                root: folder.to_owned(),
                settings: Settings {
                    curriculum: "backend-mastery".to_owned(),
                    language: "python".to_owned(),
                    mirror: None,
                    backend: None,
                },
            },
            curriculum: Curriculum::embedded().unwrap(),
            supervisor: Supervisor::new("/nowhere".into()),
            exe: "/nowhere".into(),
            backend: BackendChoice::default(),
            style: Style::plain(80),
        }
    }

    #[test]
    fn the_loop_draws_what_keys_ask_for_and_ends_when_it_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let opening = opening(folder.path());
        let course = read::at_first(&opening.workspace, &opening.curriculum);
        let mut model = Model::new(course, opening.style, 24, None);
        let (sender, mut inbox) = mpsc::channel(WAITING);
        let mut crew = Crew::new(Inside::from(opening), sender);
        let (keys, script) = mpsc::channel(8);
        let mut outside = Outside::Script(script);
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        for code in [KeyCode::Char('?'), KeyCode::Char('q')] {
            let key = KeyEvent::new(code, KeyModifiers::NONE);
            keys.try_send(Event::Key(key)).unwrap();
        }
        let left = runtime
            .block_on(drive(
                &mut terminal,
                &mut model,
                &mut crew,
                &mut inbox,
                &mut outside,
            ))
            .unwrap();
        assert_eq!(left, Left::ByKey);
        assert!(terminal.backend().to_string().contains("Everywhere"));
    }
}
