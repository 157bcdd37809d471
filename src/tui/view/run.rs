//! A run: its checks as they settle, and a pane beside them, or in their place where it is narrow.
//! What only serves has its addresses in the checks' place.

mod list;
mod served;
mod sum;

use mastery_kit::verdict::Verdict;
use ratatui::layout::Rect;

use super::{Placed, Text, draw, edges, log, shown, title, within};
use crate::{
    grading::progress::Step,
    report::{
        failure, plain,
        words::{Glyph, Line, Style, Tone, duration, hanging, utc},
    },
    tui::model::{Aim, Model, Pane, Run},
};

/// From this width on the checks stand beside the pane.
const WIDE: u16 = 100;
/// From this size on what programs print has a third place.
const THREE: (u16, u16) = (120, 24);
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
        if run.aim == Aim::Grade {
            what.push(format!("seed {}", began.seed));
        }
        what.extend(began.backend.clone());
        if run.attempt.is_some() {
            what.push(utc(began.began_at));
        }
    } else if run.is_live() {
        what.push("planning".to_owned());
    }
    let left = title(model, &run.lab, &what.join(&format!(" {dot} ")));
    let count = match run.aim {
        Aim::Grade => {
            let settled = run.progress.settled().count();
            format!(" {settled} of {}", run.progress.checks.len())
        }
        Aim::Serve => String::new(),
    };
    let seconds = run.at.as_secs();
    let time = format!("{}:{:02}", seconds / 60, seconds % 60);
    let sign = if is_moving(run) {
        turning(model)
    } else {
        String::new()
    };
    let right = Line::new()
        .then(Tone::Accent, sign)
        .then(Tone::Plain, format!("{count}  {time}"));
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
    /// What programs print, below the pane: its rule and its place.
    below: Option<(Rect, Rect)>,
}

impl Rooms {
    fn of(run: &Run, area: Rect) -> Self {
        let tabs = Rect::new(area.x, area.y, area.width, area.height.min(1));
        let height = area.height.saturating_sub(1);
        let y = tabs.bottom();
        let sum = 2.min(height);
        if area.width >= WIDE {
            let list = Rect::new(area.x, y, LIST, height - sum);
            let pane = Rect::new(list.right() + 2, y, area.width - LIST - 3, height);
            let (pane, below) = if has_log_below(run, area) {
                let log = (height / 3).max(1);
                let pane = Rect {
                    height: height - log - 1,
                    ..pane
                };
                let rule = Rect::new(pane.x, pane.bottom(), pane.width, 1);
                let log = Rect::new(pane.x, rule.bottom(), pane.width, log);
                (pane, Some((rule, log)))
            } else {
                (pane, None)
            };
            return Self {
                tabs,
                list,
                sum: Rect::new(area.x, list.bottom(), LIST, sum),
                rule: Some(Rect::new(list.right(), y, 1, height)),
                pane,
                below,
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
            below: None,
        }
    }
}

/// A log has a place of its own below the pane, unless the pane shows one.
fn has_log_below(run: &Run, area: Rect) -> bool {
    let is_roomy = area.width >= THREE.0 && area.height >= THREE.1;
    is_roomy && !run.logs.is_empty() && !matches!(pane_of(run), Pane::Log(_))
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
    let (area, foot) = above_the_watch(model, area);
    let rooms = Rooms::of(run, area);
    let style = model.style;
    let mut parts = vec![plain_part(rooms.tabs, vec![tabs(model, run, style)])];
    if rooms.list.height > 0 {
        parts.push(match run.aim {
            Aim::Grade => list::list(model, run, rooms.list),
            Aim::Serve => served::list(run, rooms.list, style),
        });
    }
    let mut sum = sum::lines(model, run, within(style, rooms.sum));
    sum.truncate(usize::from(rooms.sum.height));
    parts.push(plain_part(rooms.sum, sum));
    if let Some(watch) = &model.watch
        && foot.height > 0
    {
        parts.push(plain_part(foot, vec![sum::watched(watch, style)]));
    }
    if let Some(rule) = rooms.rule {
        parts.push(plain_part(rule, draw::upright(rule.height, style)));
    }
    if let (Some((rule, area)), Some(program)) = (rooms.below, run.log_below()) {
        parts.push(plain_part(
            rule,
            vec![log::heading(program, rule.width, style)],
        ));
        parts.push(log::newest(run, program, area, style));
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

/// The body without the line that tells of a watch, and that line.
fn above_the_watch(model: &Model, area: Rect) -> (Rect, Rect) {
    let rows = u16::from(model.watch.is_some() && area.height > 3);
    let above = Rect::new(area.x, area.y, area.width, area.height - rows);
    (above, Rect::new(area.x, above.bottom(), area.width, rows))
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
            Pane::Checks => match run.aim {
                Aim::Grade => "checks".to_owned(),
                Aim::Serve => "up".to_owned(),
            },
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

/// The text that scrolls; a log has its own way.
pub(super) fn text(model: &Model, area: Rect) -> Text {
    let Some(run) = &model.run else {
        return Text::default();
    };
    let (area, _) = above_the_watch(model, area);
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
    let label = list::sign(glyph, style);
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
