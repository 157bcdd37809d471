//! A run: its checks as they settle, and one pane beside them, or in their place where it is narrow.

use mastery_kit::verdict::{Verdict, millis};
use ratatui::layout::Rect;

use super::{
    Placed, Spot, Text, cells, draw, edges, first_in_view, fitted, log, selectable, shown, title,
    within,
};
use crate::{
    grading::progress::{CheckState, Step},
    report::{
        failure, plain,
        words::{Glyph, Line, Style, Tone, counted, duration, hanging, tally, utc},
    },
    tui::model::{Model, Pane, Run},
};

/// From this width on the checks stand beside the pane.
const WIDE: u16 = 100;
/// Columns of the list of checks beside it.
const LIST: u16 = 46;
/// How long a picture of the turning sign stands.
const TURN_MS: u128 = 250;

pub(super) fn head(model: &Model) -> (Line, Line) {
    let Some(run) = &model.run else {
        return (Line::new(), Line::new());
    };
    let dot = model.style.dot();
    let mut what = Vec::new();
    if let Some(attempt) = run.attempt {
        what.push(format!("attempt {attempt} from its tape"));
    }
    if let Some(began) = &run.progress.run {
        what.push(began.language.clone());
        what.push(format!("seed {}", began.seed));
        what.extend(began.backend.clone());
        if run.attempt.is_some() {
            what.push(utc(began.began_at));
        }
    } else if run.is_live() {
        what.push("planning".to_owned());
    }
    let left = title(model, &run.lab, &what.join(&format!(" {dot} ")));
    let settled = run.progress.settled().count();
    let of = run.progress.checks.len();
    let seconds = run.at.as_secs();
    let time = format!("{}:{:02}", seconds / 60, seconds % 60);
    let sign = if is_moving(run) {
        turning(model)
    } else {
        String::new()
    };
    let right = Line::new()
        .then(Tone::Accent, sign)
        .then(Tone::Plain, format!(" {settled} of {of}  {time}"));
    (left, right)
}

fn is_moving(run: &Run) -> bool {
    run.is_live() || run.replay.is_some()
}

/// The sign that something goes on.
fn turning(model: &Model) -> String {
    let turn = model.clock.as_millis() / TURN_MS;
    let signs: &[&str] = if model.style.ascii {
        &["|", "/", "-", "\\"]
    } else {
        &["▸", "▹"]
    };
    let place = usize::try_from(turn % signs.len() as u128).unwrap_or(0);
    signs[place].to_owned()
}

/// The parts of this screen's body.
struct Rooms {
    tabs: Rect,
    /// Nothing where the pane has the place.
    list: Rect,
    /// What goes on, and how it ended.
    sum: Rect,
    rule: Option<Rect>,
    pane: Rect,
}

impl Rooms {
    fn of(run: &Run, area: Rect) -> Self {
        let tabs = Rect::new(area.x, area.y, area.width, area.height.min(1));
        let height = area.height.saturating_sub(1);
        let y = tabs.bottom();
        let sum = 2.min(height);
        if area.width >= WIDE {
            let list = Rect::new(area.x, y, LIST, height - sum);
            return Self {
                tabs,
                list,
                sum: Rect::new(area.x, list.bottom(), LIST, sum),
                rule: Some(Rect::new(list.right(), y, 1, height)),
                pane: Rect::new(list.right() + 2, y, area.width - LIST - 3, height),
            };
        }
        let whole = Rect::new(area.x, y, area.width, height);
        let inside = Rect::new(area.x + 1, y, area.width.saturating_sub(2), height);
        let on_list = run.pane == Pane::Checks;
        Self {
            tabs,
            list: if on_list {
                Rect::new(area.x, y, area.width, height - sum)
            } else {
                Rect::default()
            },
            sum: if on_list {
                Rect::new(area.x, whole.bottom() - sum, area.width, sum)
            } else {
                Rect::default()
            },
            rule: None,
            pane: if on_list { Rect::default() } else { inside },
        }
    }
}

/// What the pane shows: the checks have a place of their own where it is wide.
fn pane_of(run: &Run) -> &Pane {
    if run.pane == Pane::Checks {
        &run.beside
    } else {
        &run.pane
    }
}

pub(super) fn parts(model: &Model, area: Rect) -> Vec<Placed> {
    let Some(run) = &model.run else {
        return Vec::new();
    };
    let rooms = Rooms::of(run, area);
    let style = model.style;
    let mut parts = vec![plain_part(rooms.tabs, vec![tabs(model, run, style)])];
    if rooms.list.height > 0 {
        parts.push(list(model, run, rooms.list));
    }
    let mut sum = sum(model, run, within(style, rooms.sum));
    sum.truncate(usize::from(rooms.sum.height));
    parts.push(plain_part(rooms.sum, sum));
    if let Some(rule) = rooms.rule {
        parts.push(plain_part(rule, draw::upright(rule.height, style)));
    }
    if rooms.pane.height > 0 {
        if let Pane::Log(program) = pane_of(run) {
            parts.push(log::pane(run, program, rooms.pane, style));
        } else {
            parts.extend(shown(text(model, area), run.top));
        }
    }
    parts
}

fn plain_part(area: Rect, lines: Vec<Line>) -> Placed {
    Placed {
        area,
        lines,
        spots: Vec::new(),
    }
}

/// The panes, the present one between brackets.
fn tabs(model: &Model, run: &Run, style: Style) -> Line {
    let mut line = Line::new();
    for pane in run.panes() {
        let word = match &pane {
            Pane::Checks => "checks".to_owned(),
            Pane::Check => "in full".to_owned(),
            Pane::Hint => "hint".to_owned(),
            Pane::Report => "report".to_owned(),
            Pane::Log(program) => style.show(program),
        };
        line = if pane == run.pane {
            line.then(Tone::Bold, format!("[{word}]"))
        } else {
            line.then(Tone::Dim, format!(" {word} "))
        };
    }
    let right = match pane_of(run) {
        Pane::Log(_) if run.pane != Pane::Checks || model.style.width >= WIDE => {
            Line::new().then(Tone::Dim, log::standing(run))
        }
        Pane::Log(_) | Pane::Checks | Pane::Check | Pane::Hint | Pane::Report => Line::new(),
    };
    edges(line, right, style)
}

/// The checks as far as they are.
fn list(model: &Model, run: &Run, area: Rect) -> Placed {
    let style = within(model.style, area);
    let rows = usize::from(area.height);
    let first = first_in_view(run.selected, run.progress.checks.len(), rows);
    let mut placed = Placed {
        area,
        ..Placed::default()
    };
    let seen = run
        .progress
        .checks
        .iter()
        .enumerate()
        .skip(first)
        .take(rows);
    for (place, state) in seen {
        let y = area.y + cells(placed.lines.len());
        let row = Rect::new(area.x, y, area.width, 1);
        placed.spots.push((row, Spot::Row(place)));
        let line = check_line(model, run, state, style);
        placed
            .lines
            .push(selectable(place == run.selected, line, style));
    }
    placed
}

fn check_line(model: &Model, run: &Run, state: &CheckState, style: Style) -> Line {
    let (sign, right) = match &state.step {
        Step::Waiting => (sign(Glyph::Waiting, style), String::new()),
        Step::Running => {
            let since = run.at.saturating_sub(run.check_began);
            let sign = if style.ascii {
                sign(Glyph::Running, style)
            } else {
                Line::new().then(Tone::Accent, turning(model))
            };
            (sign, duration(millis(since)))
        }
        Step::Settled { verdict, took_ms } => {
            let right = match verdict {
                Verdict::Skipped { after } if after.contains(' ') => String::new(),
                Verdict::Skipped { after } => format!("needs {after}"),
                Verdict::Passed | Verdict::Failed(_) | Verdict::Unsettled(_) => duration(*took_ms),
            };
            (sign(Glyph::of(verdict), style), right)
        }
    };
    let columns = usize::from(style.width).saturating_sub(2);
    let room = columns.saturating_sub(sign.width() + 1);
    let badge = if state.check.badge { " (badge)" } else { "" };
    let name = fitted(&format!("{}{badge}", state.check.id), room, style);
    let left = sign.then(Tone::Plain, format!(" {name}"));
    let room = columns.saturating_sub(left.width() + 2);
    let right = Line::new().then(Tone::Dim, fitted(&right, room, style));
    let at = columns.saturating_sub(right.width());
    if right.width() == 0 {
        left
    } else {
        left.to_column(at).join(right)
    }
}

fn sign(glyph: Glyph, style: Style) -> Line {
    Line::new().then(glyph.tone(), glyph.text(style.ascii))
}

/// What goes on now; when it is over, what it came to.
fn sum(model: &Model, run: &Run, style: Style) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(finished) = &run.progress.finished {
        let text = format!("{} in {}", tally(&finished.tally), duration(millis(run.at)));
        lines.push(Line::plain(" ").then(Tone::Bold, text));
    } else if run.over.is_none() && run.stops > 0 {
        let text = match run.stops {
            1 => " stopping; ^C again kills",
            _ => " killing",
        };
        lines.push(Line::new().then(Tone::Odd, text));
    } else if let Some(doing) = run.doing().filter(|_| run.over.is_none()) {
        let text = format!(" {doing}");
        lines.push(Line::new().then(Tone::Odd, style.show(&text)));
    }
    lines.extend(run.over.as_ref().and_then(|over| over.as_ref().ok()).map(
        |kept| match kept.attempt {
            Some(attempt) => {
                let mut text = format!(" attempt {attempt} kept");
                if let Some(was) = &kept.was {
                    text = format!("{text} (was: {})", tally(was));
                }
                let line = Line::new().then(Tone::Dim, text);
                if kept.passes {
                    line.then(Tone::Good, format!(" {} passed", style.dot()))
                } else {
                    line
                }
            }
            None => Line::new().then(Tone::Odd, " no attempt was kept"),
        },
    ));
    if lines.is_empty() && is_moving(run) {
        let failed = run.failures().count();
        if failed > 0 {
            let text = format!(" {} so far", counted(failed as u64, "failure"));
            lines.push(Line::new().then(Tone::Bad, text));
        }
    }
    let columns = usize::from(style.width);
    let cut = |line: Line| draw::cut_line(&line, columns.saturating_sub(1), model.style);
    lines.into_iter().map(cut).collect()
}

/// The text that scrolls; a log has its own way.
pub(super) fn text(model: &Model, area: Rect) -> Text {
    let Some(run) = &model.run else {
        return Text::default();
    };
    let area = Rooms::of(run, area).pane;
    let style = within(model.style, area);
    let lines = match pane_of(run) {
        Pane::Checks | Pane::Log(_) => Vec::new(),
        Pane::Check => check_told(run, style),
        Pane::Hint => run
            .hint
            .as_ref()
            .map(|hint| hint.lines(style))
            .unwrap_or_default(),
        Pane::Report => {
            let mut lines = plain::lines_of(&run.events, style);
            if let Some(Err(trouble)) = &run.over {
                lines.extend(hanging(Line::new(), 0, &trouble.text, Tone::Bad, style));
                for hint in &trouble.hints {
                    lines.extend(hanging(Line::new(), 2, hint, Tone::Plain, style));
                }
            }
            lines
        }
    };
    let columns = style.columns();
    let lines = lines.into_iter();
    Text {
        area,
        lines: lines.flat_map(|line| draw::broken(line, columns)).collect(),
    }
}

/// The check that is selected: a failure in its five parts, everything else in a few words.
fn check_told(run: &Run, style: Style) -> Vec<Line> {
    let (Some(began), Some(state)) = (&run.progress.run, run.state_here()) else {
        return vec![Line::new().then(Tone::Dim, "Nothing is planned yet.")];
    };
    if let Some((check, verdict)) = run.failure_here() {
        return failure::full(began, check, verdict, style);
    }
    let (glyph, text) = match &state.step {
        Step::Waiting => (Glyph::Waiting, "It waits for its turn.".to_owned()),
        Step::Running => (
            Glyph::Running,
            format!("It runs, for {} at most.", duration(state.check.limit_ms)),
        ),
        Step::Settled { verdict, took_ms } => {
            let text = match verdict {
                Verdict::Skipped { after } if after.contains(' ') => {
                    format!("Skipped: {after}.")
                }
                Verdict::Skipped { after } => format!("Skipped: it needs {after}."),
                Verdict::Passed | Verdict::Failed(_) | Verdict::Unsettled(_) => {
                    format!("Passed in {}.", duration(*took_ms))
                }
            };
            (Glyph::of(verdict), text)
        }
    };
    let label = sign(glyph, style);
    let column = label.width() + 1;
    let name = format!("{} {} {}", state.check.id, style.dot(), state.check.title);
    let mut lines = hanging(label, column, &name, Tone::Bold, style);
    lines.push(Line::new());
    lines.extend(hanging(Line::new(), 2, &text, Tone::Plain, style));
    if let Some(rule) = &state.check.rule {
        lines.extend(hanging(Line::new(), 2, &rule.text, Tone::Plain, style));
        lines.extend(hanging(Line::new(), 2, &rule.source, Tone::Dim, style));
    }
    lines
}
