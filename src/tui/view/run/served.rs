//! What is up, where nothing is checked: addresses, and lines to type.

use ratatui::layout::Rect;

use super::super::{Placed, Spot, cells, draw, first_in_view, selectable, within};
use crate::{
    report::words::{Line, Style, Tone, width},
    tui::model::Run,
};

/// Columns below which a name stands above its address.
const NARROW: usize = 60;

/// Each address and line with its name; the selected one can be copied.
pub(super) fn list(run: &Run, area: Rect, style: Style) -> Placed {
    let style = within(style, area);
    let mut placed = Placed {
        area,
        ..Placed::default()
    };
    let Some(addresses) = run.addresses() else {
        let text = if run.is_live() {
            " Addresses stand here once all is up."
        } else {
            " Nothing is up."
        };
        placed.lines.push(Line::new().then(Tone::Dim, text));
        return placed;
    };
    let names = addresses.keys().map(|name| width(&style.show(name)));
    let column = names.max().unwrap_or(0) + 2;
    let mut rows = Vec::new();
    let mut here = 0;
    for (place, (name, address)) in addresses.iter().enumerate() {
        let is_selected = place == run.selected;
        if is_selected {
            here = rows.len();
        }
        let tone = if run.is_live() {
            Tone::Accent
        } else {
            Tone::Dim
        };
        let label = Line::new().then(Tone::Dim, style.show(name));
        let address = style.show(address);
        let columns = style.columns().saturating_sub(2);
        let is_narrow = columns < NARROW;
        let line = if is_narrow {
            rows.push((place, selectable(is_selected, label, style)));
            Line::plain("  ").then(tone, address)
        } else {
            label.to_column(column).then(tone, address)
        };
        for (at, row) in draw::broken(line, columns).into_iter().enumerate() {
            let is_marked = is_selected && at == 0 && !is_narrow;
            rows.push((place, selectable(is_marked, row, style)));
        }
    }
    let height = usize::from(area.height);
    let first = first_in_view(here, rows.len(), height);
    for (place, line) in rows.into_iter().skip(first).take(height) {
        let y = area.y + cells(placed.lines.len());
        let row = Rect::new(area.x, y, area.width, 1);
        placed.spots.push((row, Spot::Row(place)));
        placed.lines.push(line);
    }
    placed
}
