//! What programs print, line by line: pieces are put together until their line has an end.

use std::collections::BTreeMap;

use mastery_kit::verdict::Stream;

use super::{
    program::output_line,
    words::{Line, Style, Tone, counted},
};

/// A line is not waited for beyond this.
const LONGEST: usize = 64 * 1024;

/// The programs' output on its way to a report.
pub(super) struct Output {
    style: Style,
    /// By program and whether it is standard error: what has no end of line yet.
    open: BTreeMap<(String, bool), String>,
}

impl Output {
    pub(super) fn new(style: Style) -> Self {
        Self {
            style,
            open: BTreeMap::new(),
        }
    }

    /// Takes a piece in and gives the lines that are whole with it.
    pub(super) fn take(
        &mut self,
        program: &str,
        stream: Stream,
        text: &str,
        dropped: u64,
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        let prefix = format!("  {} ", self.style.show(program));
        if dropped > 0 {
            lines.extend(self.close(program));
            let left_out = counted(dropped, "byte");
            let text = format!("{prefix} {} {left_out} left out", self.style.dots());
            lines.push(Line::new().then(Tone::Dim, text));
        }
        let key = (program.to_owned(), stream == Stream::Stderr);
        let open = self.open.entry(key).or_default();
        open.push_str(text);
        let end = match open.rfind('\n') {
            Some(end) => end + 1,
            None if open.len() > LONGEST => open.len(),
            None => 0,
        };
        for line in open.drain(..end).collect::<String>().lines() {
            lines.extend(output_line(&prefix, line, self.style));
        }
        lines
    }

    /// What is left of a program's lines.
    pub(super) fn close(&mut self, program: &str) -> Vec<Line> {
        let prefix = format!("  {} ", self.style.show(program));
        let mut lines = Vec::new();
        for stderr in [false, true] {
            let left = self
                .open
                .remove(&(program.to_owned(), stderr))
                .unwrap_or_default();
            if !left.is_empty() {
                lines.extend(output_line(&prefix, &left, self.style));
            }
        }
        lines
    }

    /// What is left of every program's lines.
    pub(super) fn close_all(&mut self) -> Vec<Line> {
        let programs: Vec<String> = self.open.keys().map(|(name, _)| name.clone()).collect();
        programs.iter().flat_map(|name| self.close(name)).collect()
    }
}
