//! The model, drawn. Everything is lines of the report's words, put into places; what a click on a
//! place means is known here too.

mod bar;
mod draw;
mod help;
mod lab;
mod log;
mod map;
mod past;
mod progress;
mod run;

use ratatui::{Frame, layout::Rect};

use super::{
    keys::Deed,
    model::{Aim, Model, Notice, Question, Screen},
};
use crate::report::words::{Line, Style, Tone, cut, hanging, width};

/// Rows below which rules are left out.
const ROOMY: u16 = 16;
/// Less cannot show anything.
const LEAST: (u16, u16) = (20, 5);
/// Rows that a notice takes at most.
const NOTICE: usize = 6;
/// Rows for what is selected in a list, with the rule above.
const DETAIL: u16 = 6;

/// Lines in their place, and what a click on them means.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    pub(crate) area: Rect,
    pub(crate) lines: Vec<Line>,
    pub(crate) spots: Vec<(Rect, Spot)>,
}

/// What a click means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A button of the bar.
    Deed(Deed),
    /// A row of what can be selected: a unit, a check, an attempt.
    Row(usize),
}

/// A text that can be longer than its place.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) area: Rect,
    pub(crate) lines: Vec<Line>,
}

/// Draws the model.
pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = Line::plain("The terminal is too small.");
        draw::put(frame.buffer_mut(), area, &[text], model.style);
        return;
    }
    for placed in parts(model) {
        draw::put(frame.buffer_mut(), placed.area, &placed.lines, model.style);
    }
    if let Some(at) = cursor(model) {
        frame.set_cursor_position(at);
    }
}

/// What a click there means.
pub(crate) fn spot(model: &Model, column: u16, row: u16) -> Option<Spot> {
    let at = ratatui::layout::Position::new(column, row);
    let spots = parts(model).into_iter().flat_map(|placed| placed.spots);
    spots
        .into_iter()
        .find(|(area, _)| area.contains(at))
        .map(|(_, spot)| spot)
}

/// How many lines the text has that scrolls here, and how many rows there are for it.
pub(crate) fn text_size(model: &Model) -> (usize, usize) {
    let frame = Frames::of(model);
    let text = match model.screen {
        Screen::Map | Screen::History => Text::default(),
        Screen::Lab => lab::text(model, frame.body),
        Screen::Run => run::text(model, frame.body),
        Screen::Comparison => past::comparison(model, frame.body),
        Screen::Progress => progress::text(model, frame.body),
        Screen::Help => help::text(model, frame.body),
    };
    (text.lines.len(), usize::from(text.area.height))
}

/// The fixed parts of a screen.
struct Frames {
    head: Rect,
    upper_rule: Option<Rect>,
    body: Rect,
    notice: Rect,
    lower_rule: Option<Rect>,
    bar: Rect,
}

impl Frames {
    fn of(model: &Model) -> Self {
        let (columns, rows) = (model.style.width, model.rows);
        let row = |y: u16| Rect::new(0, y, columns, 1);
        let rule = u16::from(rows >= ROOMY);
        let notice = cells(notice(model).len()).min(rows.saturating_sub(2 + 2 * rule));
        let bottom = rows.saturating_sub(1);
        let body_end = bottom.saturating_sub(rule + notice);
        let begin = 1 + rule;
        Self {
            head: row(0),
            upper_rule: (rule > 0).then(|| row(1)),
            body: Rect::new(0, begin, columns, body_end.saturating_sub(begin)),
            notice: Rect::new(0, body_end, columns, notice),
            lower_rule: (rule > 0).then(|| row(bottom - 1)),
            bar: row(bottom),
        }
    }
}

/// Everything that is drawn.
fn parts(model: &Model) -> Vec<Placed> {
    let frames = Frames::of(model);
    let mut parts = vec![Placed {
        area: frames.head,
        lines: head(model),
        spots: Vec::new(),
    }];
    for area in [frames.upper_rule, frames.lower_rule].into_iter().flatten() {
        parts.push(Placed {
            area,
            lines: vec![draw::rule(area.width, model.style)],
            spots: Vec::new(),
        });
    }
    parts.extend(match model.screen {
        Screen::Map => map::parts(model, frames.body),
        Screen::Lab => lab::parts(model, frames.body),
        Screen::Run => run::parts(model, frames.body),
        Screen::History => past::history(model, frames.body),
        Screen::Comparison => shown(past::comparison(model, frames.body), model.top),
        Screen::Progress => shown(progress::text(model, frames.body), model.top),
        Screen::Help => shown(help::text(model, frames.body), model.top),
    });
    parts.push(Placed {
        area: frames.notice,
        lines: notice(model),
        spots: Vec::new(),
    });
    parts.push(bar::bar(model, frames.bar));
    parts
}

/// A list, and where there are rows enough below it what is to be known of what is selected.
fn with_detail(
    area: Rect,
    enough: u16,
    style: Style,
    list: impl FnOnce(Rect) -> Placed,
    told: impl FnOnce(Rect) -> Vec<Line>,
) -> Vec<Placed> {
    if area.height < enough {
        return vec![list(area)];
    }
    let above = Rect::new(area.x, area.y, area.width, area.height - DETAIL);
    let rule = Rect::new(area.x, above.bottom(), area.width, 1);
    let below = Rect::new(area.x, rule.bottom(), area.width, DETAIL - 1);
    let mut lines = told(below);
    lines.truncate(usize::from(below.height));
    let placed = |area, lines| Placed {
        area,
        lines,
        spots: Vec::new(),
    };
    vec![
        list(above),
        placed(rule, vec![draw::rule(area.width, style)]),
        placed(below, lines),
    ]
}

/// The part of a text that is seen from `top` on.
fn shown(text: Text, top: usize) -> Vec<Placed> {
    let rows = usize::from(text.area.height);
    let top = top.min(text.lines.len().saturating_sub(rows));
    vec![Placed {
        area: text.area,
        lines: text.lines.into_iter().skip(top).take(rows).collect(),
        spots: Vec::new(),
    }]
}

/// The first line: what the screen is about, and the one number worth knowing.
fn head(model: &Model) -> Vec<Line> {
    let (left, right) = match model.screen {
        Screen::Map => map::head(model),
        Screen::Lab => lab::head(model),
        Screen::Run => run::head(model),
        Screen::History | Screen::Comparison => past::head(model),
        Screen::Progress => (title(model, "mastery", "progress"), Line::new()),
        Screen::Help => (title(model, "mastery", "keys"), Line::new()),
    };
    vec![edges(left, right, model.style)]
}

/// `name · what`, the name bold.
fn title(model: &Model, name: &str, what: &str) -> Line {
    let style = model.style;
    Line::plain(" ").then(Tone::Bold, style.show(name)).then(
        Tone::Plain,
        format!(" {} {}", style.dot(), style.show(what)),
    )
}

/// Two things at the ends of one line; the left one gives way.
fn edges(left: Line, right: Line, style: Style) -> Line {
    let columns = usize::from(style.width);
    let room = columns.saturating_sub(right.width() + 3);
    let left = if left.width() > room {
        draw::cut_line(&left, room, style)
    } else {
        left
    };
    let at = columns.saturating_sub(right.width() + 1);
    if right.width() == 0 {
        left
    } else {
        left.to_column(at).join(right)
    }
}

/// What is asked, typed or told, above the bar.
fn notice(model: &Model) -> Vec<Line> {
    let style = model.style;
    if let Some(question) = &model.question {
        return asked(model, question);
    }
    if let Some(prompt) = &model.prompt {
        let sign = if model.screen == Screen::Lab {
            "o "
        } else {
            "/ "
        };
        let typed = Line::plain(" ")
            .then(Tone::Accent, sign)
            .then(Tone::Plain, style.show(&prompt.text));
        return vec![typed];
    }
    let mut lines = match &model.notice {
        None => Vec::new(),
        Some(Notice::Told(told)) => told
            .iter()
            .flat_map(|text| hanging(Line::new(), 1, text, Tone::Good, style))
            .collect(),
        Some(Notice::Trouble(trouble)) => {
            let mut lines = hanging(Line::new(), 1, &trouble.text, Tone::Bad, style);
            for hint in &trouble.hints {
                lines.extend(hanging(Line::new(), 3, hint, Tone::Plain, style));
            }
            lines
        }
    };
    lines.truncate(NOTICE);
    lines
}

fn asked(model: &Model, question: &Question) -> Vec<Line> {
    let is_served = model.run.as_ref().is_some_and(|run| run.aim == Aim::Serve);
    let text = match question {
        Question::Restore { lab, attempt } => format!(
            "Bring back {lab} as it was in attempt {attempt}? What is in its folder now is kept as an attempt first."
        ),
        Question::LeaveRun if model.watch.is_some() => {
            "The watch is grading. Wind that down, which is not kept, and leave?".to_owned()
        }
        Question::LeaveRun if is_served => "Programs are up. End them and leave?".to_owned(),
        Question::LeaveRun => {
            "A run is going on. Wind it down, keep its attempt, and leave?".to_owned()
        }
    };
    hanging(Line::new(), 1, &text, Tone::Odd, model.style)
}

/// Where what is typed goes on.
fn cursor(model: &Model) -> Option<(u16, u16)> {
    let prompt = model.prompt.as_ref().filter(|_| model.question.is_none())?;
    let typed = cells(width(&model.style.show(&prompt.text)));
    let row = Frames::of(model).notice.y;
    Some((
        typed
            .saturating_add(3)
            .min(model.style.width.saturating_sub(1)),
        row,
    ))
}

/// A count as cells of the terminal.
fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// The style for a part of the screen.
fn within(style: Style, area: Rect) -> Style {
    Style {
        width: area.width,
        ..style
    }
}

/// A line with the sign of what is selected in front, or its room.
fn selectable(is_selected: bool, line: Line, style: Style) -> Line {
    let sign = match (is_selected, style.ascii) {
        (false, _) => " ",
        (true, false) => "▌",
        (true, true) => ">",
    };
    Line::new().then(Tone::Accent, sign).join(line)
}

/// The first of so many rows that keeps `selected` in view of `rows`.
fn first_in_view(selected: usize, count: usize, rows: usize) -> usize {
    let last = count.saturating_sub(rows);
    selected.saturating_sub(rows / 2).min(last)
}

/// A text cut to a part's width.
fn fitted(text: &str, columns: usize, style: Style) -> String {
    cut(&style.show(text), columns, style)
}
