//! A table: columns side by side where there is room, else each row as a list of what it says.

use super::flow::{Pieces, flowing};
use crate::report::words::{Line, Style, Tone};

/// Blanks between columns.
const GAP: usize = 2;
/// A column narrower than this cannot be read.
const NARROWEST: usize = 10;

/// Rows of cells; the first row is the head.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<Pieces>>,
    row: Vec<Pieces>,
}

impl Table {
    pub(super) fn cell(&mut self, cell: Pieces) {
        self.row.push(cell);
    }

    pub(super) fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    pub(super) fn lines(&self, columns: usize, style: Style) -> Vec<Line> {
        let natural = self.natural();
        let gaps = GAP * natural.len().saturating_sub(1);
        match shares(&natural, columns.saturating_sub(gaps)) {
            Some(widths) => self.side_by_side(&widths, style),
            None => self.below_each_other(columns, style),
        }
    }

    /// The width that each column would like to have.
    fn natural(&self) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        (0..count)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(Pieces::width).max().unwrap_or(0)
            })
            .collect()
    }

    fn has_head(&self) -> bool {
        let head = self.rows.first();
        head.is_some_and(|head| head.iter().any(|cell| !cell.is_empty()))
    }

    fn side_by_side(&self, widths: &[usize], style: Style) -> Vec<Line> {
        let one = if style.ascii { "-" } else { "─" };
        let rule = || {
            let rules: Vec<String> = widths.iter().map(|columns| one.repeat(*columns)).collect();
            Line::new().then(Tone::Dim, rules.join(&" ".repeat(GAP)))
        };
        let mut lines = Vec::new();
        let skipped = usize::from(!self.has_head());
        for (place, row) in self.rows.iter().enumerate().skip(skipped) {
            lines.extend(row_lines(row, widths));
            if place == 0 {
                lines.push(rule());
            }
        }
        lines
    }

    fn below_each_other(&self, columns: usize, style: Style) -> Vec<Line> {
        let bullet = if style.ascii { "- " } else { "• " };
        let head = self.rows.first();
        let mut lines = Vec::new();
        for row in self.rows.iter().skip(1) {
            for (place, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let name = head.and_then(|head| head.get(place));
                let name = name.map_or(String::new(), |name| name.text_from(0));
                let front = if place == 0 { bullet } else { "  " };
                let mut front = Line::new().then(Tone::Accent, front);
                if place > 0 && !name.is_empty() {
                    front = front.then(Tone::Dim, format!("{name}: "));
                }
                // A name that leaves no room is not worth its place.
                if front.width() + NARROWEST > columns {
                    front = Line::plain("  ");
                }
                lines.extend(flowing(cell, &front, &Line::plain("  "), columns));
            }
        }
        lines
    }
}

fn row_lines(row: &[Pieces], widths: &[usize]) -> Vec<Line> {
    let cells: Vec<Vec<Line>> = row
        .iter()
        .zip(widths)
        .map(|(cell, columns)| flowing(cell, &Line::new(), &Line::new(), *columns))
        .collect();
    let rows = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..rows)
        .map(|at| {
            let mut line = Line::new();
            let mut begin = 0;
            for (cell, columns) in cells.iter().zip(widths) {
                if let Some(part) = cell.get(at).filter(|part| part.width() > 0) {
                    if line.width() < begin {
                        line = line.to_column(begin);
                    }
                    line = line.join(part.clone());
                }
                begin += columns + GAP;
            }
            line
        })
        .collect()
}

/// What each column gets: what it likes where there is room, else the wide ones share what the narrow
/// ones leave. None: there is not enough for every column.
fn shares(natural: &[usize], columns: usize) -> Option<Vec<usize>> {
    let mut widths: Vec<Option<usize>> = vec![None; natural.len()];
    let mut left = columns;
    loop {
        let open = widths.iter().filter(|width| width.is_none()).count();
        if open == 0 {
            break;
        }
        let fair = left / open;
        let mut settled = false;
        for (width, natural) in widths.iter_mut().zip(natural) {
            if width.is_none() && *natural <= fair {
                *width = Some(*natural);
                left -= natural;
                settled = true;
            }
        }
        if !settled {
            if fair < NARROWEST {
                return None;
            }
            for width in widths.iter_mut().filter(|width| width.is_none()) {
                *width = Some(fair);
            }
        }
    }
    Some(widths.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_columns_share_what_narrow_ones_leave() {
        assert_eq!(shares(&[5, 60, 10], 80), Some(vec![5, 60, 10]));
        assert_eq!(shares(&[5, 90, 70], 81), Some(vec![5, 38, 38]));
        assert_eq!(shares(&[50, 50, 50], 25), None);
        assert_eq!(shares(&[], 10), Some(vec![]));
    }
}
