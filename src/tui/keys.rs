//! Every key, declared once: what is pressed, where, what it does and what is said of it. Dispatch,
//! the bar at the bottom and the Help screen are made of this one table.

mod table;
mod when;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(crate) use self::{table::KEYS, when::check_to_hint};
use super::model::{Model, Pane, Screen};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Back,
    NextPane,
    PreviousPane,
    NextOf,
    PreviousOf,
    Start,
    Edit,
    Grade,
    Serve,
    Watch,
    ToRun,
    Stop,
    Hint,
    Attempts,
    Progress,
    Search,
    Follow,
    Wrap,
    Copy,
    OpenLink,
    Mark,
    WithFolder,
    Replay,
    AtOnce,
    Restore,
    Yes,
    No,
    Choose,
    Cancel,
    Help,
    Quit,
}

/// Where a key counts: a screen, or something in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Map,
    Lab,
    Run,
    /// The run's screen, where a program's log has the keys.
    Log,
    History,
    /// Screens that are read only: Comparison, Progress, Help.
    Text,
    Prompt,
    Question,
}

/// What is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Press {
    pub(crate) code: KeyCode,
    pub(crate) ctrl: bool,
}

const fn press(code: KeyCode) -> Press {
    Press { code, ctrl: false }
}

const fn letter(letter: char) -> Press {
    press(KeyCode::Char(letter))
}

const fn ctrl(letter: char) -> Press {
    Press {
        code: KeyCode::Char(letter),
        ctrl: true,
    }
}

/// A row of the table.
pub(crate) struct Key {
    pub(crate) on: &'static [Place],
    pub(crate) presses: &'static [(Press, Deed)],
    /// How it is called, and the same in ASCII.
    pub(crate) shown: (&'static str, &'static str),
    /// For the bar; empty: only Help tells it.
    pub(crate) word: &'static str,
    pub(crate) told: &'static str,
    /// A key that would do nothing is not shown, and does nothing.
    pub(crate) when: fn(&Model) -> bool,
}

impl Model {
    /// What has the keys now.
    pub(crate) fn place(&self) -> Place {
        if self.question.is_some() {
            return Place::Question;
        }
        if self.prompt.is_some() {
            return Place::Prompt;
        }
        self.place_behind()
    }

    /// The same, but for what stands in front of the screen.
    pub(crate) fn place_behind(&self) -> Place {
        match self.screen {
            Screen::Map => Place::Map,
            Screen::Lab => Place::Lab,
            Screen::Run => match self.run.as_ref().map(|run| &run.pane) {
                Some(Pane::Log(_)) => Place::Log,
                Some(Pane::Checks | Pane::Check | Pane::Hint | Pane::Report) | None => Place::Run,
            },
            Screen::History => Place::History,
            Screen::Comparison | Screen::Progress | Screen::Help => Place::Text,
        }
    }
}

/// What a key asks for here, if anything.
pub(crate) fn deed(model: &Model, event: KeyEvent) -> Option<Deed> {
    let place = model.place();
    let pressed = Press {
        code: event.code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    };
    let rows = KEYS.iter().filter(|key| key.on.contains(&place));
    rows.filter(|key| (key.when)(model))
        .find_map(|key| {
            let mut pairs = key.presses.iter();
            pairs.find(|(press, _)| *press == pressed)
        })
        .map(|(_, deed)| *deed)
}

/// The rows that count here, in order.
pub(crate) fn here(model: &Model) -> impl Iterator<Item = &'static Key> {
    let place = model.place();
    KEYS.iter()
        .filter(move |key| key.on.contains(&place) && (key.when)(model))
}
