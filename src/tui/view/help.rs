//! Every key and what it does, from the one table of keys.

use ratatui::layout::Rect;

use super::{Text, bar::called, within};
use crate::{
    report::words::{Line, Tone, hanging, width},
    tui::{
        keys::{KEYS, Key, Place},
        model::Model,
    },
};

/// The places, as a learner calls them.
const PLACES: [(Place, &str); 7] = [
    (Place::Map, "On the map"),
    (Place::Lab, "In a lab"),
    (Place::Run, "In a run"),
    (Place::Log, "In what a program printed"),
    (Place::History, "In a lab's attempts"),
    (Place::Prompt, "While you type a search"),
    (Place::Question, "When you are asked"),
];

/// So many places have the key that it is told once.
const EVERYWHERE: usize = 5;

/// What is to be known that no key tells.
const BESIDE: &str = "The mouse works as well: the wheel scrolls, a click selects, a second one opens, \
    and the keys at the bottom are buttons.";

/// The whole list.
pub(super) fn text(model: &Model, area: Rect) -> Text {
    let style = within(model.style, area);
    let ascii = style.ascii;
    let names = KEYS.iter().map(|key| width(called(key, ascii)));
    let column = 3 + names.max().unwrap_or(0) + 2;
    let mut lines = Vec::new();
    let mut group = |title: &str, keys: Vec<&Key>| {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        lines.push(Line::plain(" ").then(Tone::Bold, title));
        for key in keys {
            let label = Line::plain("   ").then(Tone::Accent, called(key, ascii));
            lines.extend(hanging(label, column, key.told, Tone::Plain, style));
        }
    };
    let is_common = |key: &&Key| key.on.len() >= EVERYWHERE;
    group("Everywhere", KEYS.iter().filter(is_common).collect());
    for (place, title) in PLACES {
        let here = KEYS
            .iter()
            .filter(|key| !is_common(key) && key.on.contains(&place));
        group(title, here.collect());
    }
    lines.push(Line::new());
    lines.extend(hanging(Line::new(), 1, BESIDE, Tone::Dim, style));
    Text { area, lines }
}
