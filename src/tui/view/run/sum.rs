//! What goes on in a run in two lines, and what a watch waits for in one.

use mastery_kit::verdict::millis;

use super::{super::draw, is_moving};
use crate::{
    report::words::{Line, Style, Tone, counted, duration, tally},
    tui::model::{Aim, Kept, Model, Run, Standing, Unkept, Watch},
};

/// What goes on now; when it is over, what it came to.
pub(super) fn lines(model: &Model, run: &Run, style: Style) -> Vec<Line> {
    let mut lines = Vec::new();
    let checked = run.aim == Aim::Grade;
    if let Some(finished) = run.progress.finished.as_ref().filter(|_| checked) {
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
    let kept = run.over.as_ref().and_then(|over| over.as_ref().ok());
    lines.extend(kept.map(|kept| became(kept, style)));
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

/// What became of the attempt.
fn became(kept: &Kept, style: Style) -> Line {
    let Some(attempt) = kept.attempt else {
        return match kept.unkept {
            None => Line::new().then(Tone::Odd, " no attempt was kept"),
            Some(Unkept::Same) => {
                Line::new().then(Tone::Dim, " not kept again: as the last attempt")
            }
            Some(Unkept::CutOff) => Line::new().then(Tone::Odd, " cut off, and not kept"),
            Some(Unkept::Served) => Line::new().then(Tone::Dim, " ended; nothing was checked"),
        };
    };
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

/// How a watch stands.
pub(super) fn watched(watch: &Watch, style: Style) -> Line {
    let dot = style.dot();
    let saves = counted(watch.saves.into(), "save");
    let line = Line::plain(" ")
        .then(Tone::Accent, "watching")
        .then(Tone::Plain, format!(" {dot} {saves} {dot} "));
    let (tone, text) = match &watch.standing {
        Standing::Warming(text) => (Tone::Odd, text.clone()),
        Standing::Grading(files) if files.is_empty() => (Tone::Dim, "a run goes on".to_owned()),
        Standing::Grading(files) => (Tone::Plain, format!("grading {}", listed(files))),
        Standing::Renewing(files) => (
            Tone::Odd,
            format!(
                "{} saved: this run ends, the newest is graded",
                listed(files)
            ),
        ),
        Standing::Waiting => (Tone::Dim, "waits for the next; g grades now".to_owned()),
        Standing::Busy => (
            Tone::Odd,
            "waits for another command in this workspace".to_owned(),
        ),
        Standing::Gone => (Tone::Odd, "waits for the folder, which is gone".to_owned()),
        Standing::Stopping => (Tone::Odd, "stopping; ^C again kills".to_owned()),
    };
    let line = line.then(tone, style.show(&text));
    draw::cut_line(&line, usize::from(style.width).saturating_sub(1), style)
}

/// The first of some names, and how many more there are.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}
