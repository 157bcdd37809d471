//! What a message changes, and what is to be done about it. Nothing here reads, writes or waits.

mod links;
mod map;
mod mouse;
mod moving;
mod past;
mod run;
mod watch;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{
    keys::{self, Deed},
    model::{Model, Question, Screen},
    msg::{Cmd, Msg},
};

/// Takes a message in.
pub(crate) fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    match msg {
        Msg::Key(key) => pressed(model, key),
        Msg::Mouse(mouse) => mouse::moused(model, mouse),
        Msg::Paste(text) => {
            typed(model, &text);
            Vec::new()
        }
        Msg::Resize { columns, rows } => {
            model.style.width = columns;
            model.rows = rows;
            moving::keep_in_view(model);
            Vec::new()
        }
        Msg::Tick { at, now } => {
            (model.clock, model.now) = (at, now);
            run::tick(model);
            Vec::new()
        }
        Msg::Ended => ended(model),
        Msg::Course(course) => map::read(model, course),
        Msg::Lab { lab, texts } => map::lab_read(model, &lab, texts),
        Msg::Services(services) => {
            model.services = Some(services);
            Vec::new()
        }
        Msg::Started { lab, told } => map::started(model, lab, told),
        Msg::Grade { at, event } => run::event(model, at, *event),
        Msg::Said {
            service,
            stream,
            text,
        } => {
            if let Some(run) = model.run.as_mut().filter(|run| run.is_live()) {
                run.said(&service, stream, &text);
            }
            Vec::new()
        }
        Msg::Graded(kept) => run::graded(model, kept),
        Msg::Watch(told) => watch::told(model, told),
        Msg::Hint(hint) => run::hinted(model, hint),
        Msg::History(history) => past::read(model, history),
        Msg::Comparison(comparison) => past::compared(model, comparison),
        Msg::Tape { lab, attempt, tape } => past::tape(model, lab, attempt, tape),
        Msg::Restored { lab, told } => past::restored(model, lab, told),
        Msg::Opened(Err(address)) => links::not_opened(model, address),
        Msg::Opened(Ok(())) | Msg::Edited(Ok(())) => Vec::new(),
        Msg::Edited(Err(trouble)) | Msg::Failed(trouble) => {
            model.trouble(trouble);
            Vec::new()
        }
    }
}

fn pressed(model: &mut Model, key: KeyEvent) -> Vec<Cmd> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    model.notice = None;
    if let Some(deed) = keys::deed(model, key) {
        return act(model, deed);
    }
    if let Some(prompt) = &mut model.prompt {
        let held = key.modifiers - KeyModifiers::SHIFT;
        if key.code == KeyCode::Backspace {
            prompt.text.pop();
            prompt.selected = 0;
        } else if let KeyCode::Char(letter) = key.code
            && held.is_empty()
        {
            typed(model, &letter.to_string());
        }
    }
    Vec::new()
}

/// How much is taken of what is typed or pasted into a line.
const LINE: usize = 200;

/// Text for the line that is being typed; nowhere else text is taken.
fn typed(model: &mut Model, text: &str) {
    if let Some(prompt) = &mut model.prompt {
        let letters = text.chars().filter(|letter| !letter.is_control());
        let room = LINE.saturating_sub(prompt.text.chars().count());
        prompt.text.extend(letters.take(room));
        prompt.selected = 0;
    }
}

/// Carries a deed out.
pub(crate) fn act(model: &mut Model, deed: Deed) -> Vec<Cmd> {
    if model.question.is_some() {
        return answered(model, deed);
    }
    if model.prompt.is_some() {
        if deed == Deed::Cancel {
            model.prompt = None;
            return Vec::new();
        }
        if model.screen == Screen::Lab {
            return links::prompted(model, deed);
        }
        map::prompted(model, deed);
        return Vec::new();
    }
    match deed {
        Deed::Up
        | Deed::Down
        | Deed::Left
        | Deed::Right
        | Deed::PageUp
        | Deed::PageDown
        | Deed::First
        | Deed::Last
        | Deed::NextPane
        | Deed::PreviousPane
        | Deed::NextOf
        | Deed::PreviousOf => {
            moving::go(model, deed);
            Vec::new()
        }
        Deed::Open => open(model),
        Deed::Back => {
            model.back();
            map::services(model)
        }
        Deed::Help => {
            model.go(Screen::Help);
            Vec::new()
        }
        Deed::Progress => {
            model.go(Screen::Progress);
            Vec::new()
        }
        Deed::Search => {
            model.prompt = Some(super::model::Prompt::default());
            Vec::new()
        }
        Deed::Start => of_lab(model, Cmd::Start),
        Deed::Edit => {
            let file = map::file_to_edit(model);
            of_lab(model, |lab| Cmd::Edit { lab, file })
        }
        Deed::Attempts => past::open(model),
        Deed::Grade => run::grade(model),
        Deed::Serve => run::serve(model),
        Deed::Watch => watch::turn(model),
        Deed::ToRun => {
            model.go(Screen::Run);
            Vec::new()
        }
        Deed::Stop => run::stop(model),
        Deed::Hint => run::hint(model),
        Deed::Copy => run::copy(model),
        Deed::OpenLink => links::open(model),
        Deed::Follow | Deed::Wrap | Deed::AtOnce => {
            run::look(model, deed);
            Vec::new()
        }
        Deed::Mark | Deed::WithFolder | Deed::Replay | Deed::Restore => past::act(model, deed),
        Deed::Quit => quit(model),
        Deed::Yes | Deed::No | Deed::Choose | Deed::Cancel => Vec::new(),
    }
}

fn open(model: &mut Model) -> Vec<Cmd> {
    match model.screen {
        Screen::Map => map::open(model),
        Screen::Run => {
            run::open_check(model);
            Vec::new()
        }
        Screen::History => past::compare(model),
        Screen::Lab | Screen::Comparison | Screen::Progress | Screen::Help => Vec::new(),
    }
}

/// A command about the lab of this screen.
fn of_lab(model: &Model, cmd: impl FnOnce(String) -> Cmd) -> Vec<Cmd> {
    let lab = model.lab_here().map(str::to_owned);
    lab.map(cmd).into_iter().collect()
}

/// What asks to be confirmed is done now, or never.
fn answered(model: &mut Model, deed: Deed) -> Vec<Cmd> {
    let Some(question) = model.question.take() else {
        return Vec::new();
    };
    if deed != Deed::Yes {
        return Vec::new();
    }
    match question {
        Question::Restore { lab, attempt } => vec![Cmd::Restore { lab, attempt }],
        Question::LeaveRun => {
            // It may have ended while we asked.
            if !model.is_grading() {
                return vec![Cmd::Quit];
            }
            model.is_leaving = true;
            run::stop(model)
        }
    }
}

fn quit(model: &mut Model) -> Vec<Cmd> {
    if model.is_grading() {
        model.question = Some(Question::LeaveRun);
        return Vec::new();
    }
    vec![Cmd::Quit]
}

/// A signal: the run winds down, and we leave when it is over.
fn ended(model: &mut Model) -> Vec<Cmd> {
    // A watch that waits for a save is ended on the way out.
    if !model.is_grading() {
        return vec![Cmd::Quit];
    }
    model.is_leaving = true;
    model.tell("A signal asks the tutor to end: the run winds down.");
    run::stop(model)
}
