//! A lab: its brief, its checks, its contract, its week.

use ratatui::layout::Rect;

use super::{
    Placed, Spot, Text, cells, draw, edges, first_in_view, fitted, selectable, shown, title, within,
};
use crate::{
    report::{
        overview::standing,
        words::{Glyph, Line, Style, Tone, counted, hanging},
    },
    tui::{
        markdown,
        model::{CheckTold, Lab, LabTab, LabTexts, Model, Prompt},
    },
};

/// From this width on the checks and what is told of one stand side by side.
const WIDE: u16 = 100;
/// Columns of the list of checks beside it.
const LIST: u16 = 46;

pub(super) fn head(model: &Model) -> (Line, Line) {
    let Some(lab) = &model.lab else {
        return (Line::new(), Line::new());
    };
    let unit = model.course.unit(&lab.id);
    let what = unit.map_or("", |unit| unit.title.as_str());
    let right = unit.map_or(String::new(), standing);
    (title(model, &lab.id, what), Line::plain(right))
}

/// The parts of this screen's body.
struct Rooms {
    tabs: Rect,
    /// The list of checks, or the row of files.
    list: Rect,
    rule: Option<Rect>,
    text: Rect,
}

impl Rooms {
    fn of(lab: &Lab, area: Rect) -> Self {
        let tabs = Rect::new(area.x, area.y, area.width, area.height.min(1));
        let rest = Rect::new(
            area.x,
            tabs.bottom(),
            area.width,
            area.height.saturating_sub(1),
        );
        let count = lab.texts.as_ref().map_or(0, |texts| texts.checks.len());
        match lab.tab {
            LabTab::Checks if area.width >= WIDE => {
                let list = Rect::new(rest.x, rest.y, LIST, rest.height);
                let left = rest.width - LIST - 2;
                Self {
                    tabs,
                    list,
                    rule: Some(Rect::new(list.right(), rest.y, 1, rest.height)),
                    text: Rect::new(list.right() + 2, rest.y, left, rest.height),
                }
            }
            LabTab::Checks => {
                let rows = cells(count).min(rest.height / 2);
                let list = Rect::new(rest.x, rest.y, rest.width, rows);
                let rule = Rect::new(rest.x, list.bottom(), rest.width, 1.min(rest.height - rows));
                let text = Rect::new(
                    rest.x,
                    rule.bottom(),
                    rest.width,
                    rest.height - rows - rule.height,
                );
                Self {
                    tabs,
                    list,
                    rule: Some(rule),
                    text,
                }
            }
            LabTab::Brief | LabTab::Contract | LabTab::Week => Self {
                tabs,
                list: Rect::default(),
                rule: None,
                text: Rect::new(
                    rest.x + 1,
                    rest.y,
                    rest.width.saturating_sub(2),
                    rest.height,
                ),
            },
        }
    }
}

pub(super) fn parts(model: &Model, area: Rect) -> Vec<Placed> {
    let Some(lab) = &model.lab else {
        return Vec::new();
    };
    let Some(texts) = &lab.texts else {
        return vec![plain(area, vec![Line::new().then(Tone::Dim, " Reading.")])];
    };
    if let Some(prompt) = &model.prompt {
        return vec![links(lab, prompt, area, model.style)];
    }
    let rooms = Rooms::of(lab, area);
    let mut parts = vec![plain(rooms.tabs, vec![tabs(model, lab, texts)])];
    if lab.tab == LabTab::Checks {
        parts.push(list(model, lab, texts, rooms.list));
    }
    if let Some(rule) = rooms.rule {
        let lines = if rule.width == 1 {
            draw::upright(rule.height, model.style)
        } else {
            vec![draw::rule(rule.width, model.style)]
        };
        parts.push(plain(rule, lines));
    }
    parts.extend(shown(text(model, area), lab.top));
    parts
}

/// The links of the text, one of them to be chosen.
fn links(lab: &Lab, prompt: &Prompt, area: Rect, style: Style) -> Placed {
    let meant = lab.links_meant(&prompt.text);
    let rows = usize::from(area.height);
    let first = first_in_view(prompt.selected, meant.len(), rows);
    let columns = usize::from(area.width).saturating_sub(1);
    let seen = meant.iter().enumerate().skip(first).take(rows);
    let lines = seen.map(|(place, link)| {
        let line = Line::new()
            .then(Tone::Dim, format!("{:>4} ", format!("[{}]", link.number)))
            .then(Tone::Plain, style.show(&link.to));
        let line = selectable(place == prompt.selected, line, style);
        draw::cut_line(&line, columns, style)
    });
    let mut lines: Vec<Line> = lines.collect();
    if lines.is_empty() {
        lines.push(Line::new().then(Tone::Dim, "  No link has this number or these words."));
    }
    plain(area, lines)
}

fn plain(area: Rect, lines: Vec<Line>) -> Placed {
    Placed {
        area,
        lines,
        spots: Vec::new(),
    }
}

/// The tabs, the present one between brackets.
fn tabs(model: &Model, lab: &Lab, texts: &LabTexts) -> Line {
    let style = model.style;
    let mut line = Line::new();
    for tab in lab.tabs() {
        line = if tab == lab.tab {
            line.then(Tone::Bold, format!("[{}]", tab.word()))
        } else {
            line.then(Tone::Dim, format!(" {} ", tab.word()))
        };
    }
    if lab.tab == LabTab::Contract
        && let Some((path, _)) = texts.contract.get(lab.file)
    {
        let told = format!(
            "   {}  {} of {}",
            style.show(path),
            lab.file + 1,
            texts.contract.len()
        );
        line = line.then(Tone::Plain, told);
    }
    let services = model.services_of(&lab.id).unwrap_or_default();
    let right = Line::new().then(Tone::Dim, services);
    edges(line, right, style)
}

/// The text that scrolls.
pub(super) fn text(model: &Model, area: Rect) -> Text {
    let Some(lab) = &model.lab else {
        return Text::default();
    };
    let area = Rooms::of(lab, area).text;
    let style = within(model.style, area);
    let lines = match (&lab.texts, lab.tab) {
        (None, _) => Vec::new(),
        (Some(texts), LabTab::Brief) => page(texts.brief.as_deref(), style),
        (Some(texts), LabTab::Week) => page(texts.week.as_deref(), style),
        (Some(texts), LabTab::Contract) => file(texts.contract.get(lab.file), style),
        (Some(texts), LabTab::Checks) => texts
            .checks
            .get(lab.check)
            .map(|check| told(model, lab, check, style))
            .unwrap_or_default(),
    };
    Text { area, lines }
}

fn page(text: Option<&str>, style: Style) -> Vec<Line> {
    text.map(|text| markdown::lines(text, style))
        .unwrap_or_default()
}

/// A file of the contract: Markdown laid out, everything else as it is.
fn file(file: Option<&(String, String)>, style: Style) -> Vec<Line> {
    let Some((path, text)) = file else {
        return Vec::new();
    };
    if path.rsplit('.').next() == Some("md") {
        return markdown::lines(text, style);
    }
    let rows = text.lines();
    rows.flat_map(|row| markdown::hard(&style.show_output(row), style.columns()))
        .map(Line::plain)
        .collect()
}

/// The checks, ticked as they ended last.
fn list(model: &Model, lab: &Lab, texts: &LabTexts, area: Rect) -> Placed {
    let style = within(model.style, area);
    let rows = usize::from(area.height);
    let first = first_in_view(lab.check, texts.checks.len(), rows);
    let mut placed = Placed {
        area,
        ..Placed::default()
    };
    let seen = texts.checks.iter().enumerate().skip(first).take(rows);
    for (place, check) in seen {
        let y = area.y + cells(placed.lines.len());
        let row = Rect::new(area.x, y, area.width, 1);
        placed.spots.push((row, Spot::Row(place)));
        let glyph = verdict_of(model, lab, &check.id);
        let line = Line::new()
            .then(glyph.tone(), glyph.text(style.ascii))
            .then(Tone::Plain, " ");
        let room = usize::from(area.width).saturating_sub(line.width() + 7);
        let name = line.then(Tone::Plain, fitted(&check.id, room, style));
        let name = if check.taken.is_empty() {
            name
        } else {
            name.then(Tone::Dim, format!(" {}/{}", check.taken.len(), check.hints))
        };
        placed
            .lines
            .push(selectable(place == lab.check, name, style));
    }
    placed
}

/// How a check ended last.
fn verdict_of(model: &Model, lab: &Lab, check: &str) -> Glyph {
    let unit = model.course.unit(&lab.id);
    let row = unit.and_then(|unit| unit.checks.iter().find(|row| row.id == check));
    row.and_then(|row| Glyph::from_letter(row.last?))
        .unwrap_or(Glyph::Waiting)
}

/// What is told of one check: its fact, the rule it stands on, the hints that were taken.
fn told(model: &Model, lab: &Lab, check: &CheckTold, style: Style) -> Vec<Line> {
    let glyph = verdict_of(model, lab, &check.id);
    let sign = Line::plain(" ").then(glyph.tone(), glyph.text(style.ascii));
    let column = sign.width() + 1;
    let mut lines = hanging(sign, column, &check.title, Tone::Bold, style);
    lines.push(Line::new());
    lines.extend(hanging(
        Line::new(),
        1,
        &check.rule.text,
        Tone::Plain,
        style,
    ));
    lines.extend(hanging(
        Line::new(),
        1,
        &check.rule.source,
        Tone::Dim,
        style,
    ));
    for (number, hint) in (1..).zip(&check.taken) {
        lines.push(Line::new());
        let label = format!("hint {number} of {}", check.hints);
        let label = Line::plain(" ").then(Tone::Accent, label);
        lines.extend(hanging(label, 15, hint, Tone::Plain, style));
    }
    let left = usize::try_from(check.hints)
        .unwrap_or(usize::MAX)
        .saturating_sub(check.taken.len());
    if left > 0 {
        lines.push(Line::new());
        let noun = if check.taken.is_empty() {
            "hint"
        } else {
            "more hint"
        };
        let text = format!("{}; taking one costs nothing.", counted(left as u64, noun));
        lines.extend(hanging(Line::new(), 1, &text, Tone::Dim, style));
    }
    lines
}
