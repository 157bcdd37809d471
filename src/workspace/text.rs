//! A mistake in one of the learner's TOML files, shown where it stands.

use std::{fmt, ops::Range};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A mistake in a text: file, line, column, the line itself and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    file: String,
    text: String,
    span: Range<usize>,
    title: String,
    label: String,
    help: Option<String>,
}

impl TextError {
    pub(super) fn new(
        file: &str,
        text: &str,
        span: Range<usize>,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            file: file.to_owned(),
            span: one_line(text, span),
            text: text.to_owned(),
            title: title.into(),
            label: label.into(),
            help: None,
        }))
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The file, as it was named to the learner.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// What is wrong, in one line.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// Line and column, from 1, in characters.
    pub fn position(&self) -> (usize, usize) {
        let before = &self.0.text[..self.0.span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    /// The snippet for a terminal of this width, without a final newline.
    pub fn render(&self, colour: bool, width: usize) -> String {
        let snippet = Snippet::source(self.0.text.as_str())
            .path(self.0.file.as_str())
            .annotation(
                AnnotationKind::Primary
                    .span(self.0.span.clone())
                    .label(self.0.label.as_str()),
            );
        let mut report = vec![
            Level::ERROR
                .primary_title(self.0.title.as_str())
                .element(snippet),
        ];
        if let Some(help) = &self.0.help {
            report.push(annotate_snippets::Group::with_title(
                Level::HELP.secondary_title(help.as_str()),
            ));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.term_width(width).render(&report)
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false, 100))
    }
}

impl std::error::Error for TextError {}

/// The first line of the span, moved onto characters that are there.
fn one_line(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    let length = text[start..end].find('\n').unwrap_or(end - start);
    start..start + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_where_it_stands() {
        let text = "schema = 1\nläb = \"x\"\n";
        let error = TextError::new("a b/submission.toml", text, 11..15, "unknown key `läb`", "")
            .help("Did you mean `lab`?");
        assert_eq!(error.position(), (2, 1));
        let shown = error.to_string();
        assert!(shown.contains("a b/submission.toml:2:1"), "{shown}");
        assert!(shown.contains("läb = \"x\""), "{shown}");
        assert!(shown.contains("Did you mean `lab`?"), "{shown}");
    }

    #[test]
    fn a_span_outside_the_text_is_moved_into_it() {
        let error = TextError::new("f", "é", 1..99, "t", "l");
        assert_eq!(error.position(), (1, 1));
        assert!(error.to_string().contains("f:1:1"));
    }
}
