//! The bar at the bottom: the keys that do something here.

use ratatui::layout::Rect;

use super::{Placed, Spot, cells};
use crate::{
    report::words::{Line, Tone, width},
    tui::{
        keys::{self, Deed, Key},
        model::Model,
    },
};

/// The keys that count here, as many as there is room for; the last ones always.
pub(super) fn bar(model: &Model, area: Rect) -> Placed {
    let ascii = model.style.ascii;
    let room = usize::from(area.width).saturating_sub(1);
    let size = |key: &Key| width(called(key, ascii)) + 1 + width(key.word) + 2;
    let all: Vec<&Key> = keys::here(model)
        .filter(|key| !key.word.is_empty())
        .collect();
    let rank = |key: &Key| match key.presses.first() {
        Some((_, Deed::Back | Deed::Help | Deed::Quit)) => 0,
        // Everybody tries these anyway.
        Some((_, Deed::Up | Deed::Left | Deed::NextPane)) => 3,
        // About the lab rather than what is looked at.
        Some((_, Deed::Watch | Deed::Serve | Deed::Edit | Deed::Attempts | Deed::Progress)) => 2,
        Some(_) | None => 1,
    };
    let mut left = room;
    let mut shown = vec![false; all.len()];
    for wanted in 0..=3 {
        for (is_shown, key) in shown.iter_mut().zip(&all) {
            if rank(key) == wanted && size(key) <= left + 2 {
                left = left.saturating_sub(size(key));
                *is_shown = true;
            }
        }
    }
    let mut line = Line::plain(" ");
    let mut spots = Vec::new();
    for (_, key) in shown.into_iter().zip(all).filter(|(is_shown, _)| *is_shown) {
        let begin = line.width();
        line = line
            .then(Tone::Accent, called(key, ascii))
            .then(Tone::Dim, format!(" {}  ", key.word));
        let columns = cells(line.width() - begin).saturating_sub(2);
        let spot = Rect::new(area.x + cells(begin), area.y, columns, 1);
        if let Some((_, deed)) = key.presses.first() {
            spots.push((spot, Spot::Deed(*deed)));
        }
    }
    Placed {
        area,
        lines: vec![line],
        spots,
    }
}

/// How a key is called.
pub(super) fn called(key: &Key, ascii: bool) -> &'static str {
    if ascii { key.shown.1 } else { key.shown.0 }
}
