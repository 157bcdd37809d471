//! What is wrong with a curriculum, shown where it stands: file, line, column and a suggestion.

use std::{fmt, io, ops::Range};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::suggest;

/// Something wrong in a curriculum. Its display is a snippet of several lines, without colour.
pub struct CurriculumError(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    file: String,
    title: String,
    source: Option<Source>,
    help: Option<String>,
    cause: Option<io::Error>,
}

/// Where in a file it stands.
struct Source {
    text: String,
    span: Range<usize>,
    label: String,
    /// Another place that has to do with it.
    other: Option<(Range<usize>, String)>,
}

/// What sort of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Unreadable,
    TooLarge,
    /// A symbolic link, or no file at all.
    NotAFile,
    BadName,
    NotUtf8,
    NotToml,
    /// Written for a later release.
    NewerFormat,
    UnknownKey,
    MissingKey,
    /// Of another type, or none of the values there are.
    WrongValue,
    BadId,
    Duplicate,
    /// An id that has no folder, or a folder without its file.
    MissingFile,
    UnknownCheck,
    /// Set aside for later releases.
    Reserved,
}

/// The width of the display, where nobody knows better.
const WIDTH: usize = 100;

impl CurriculumError {
    pub(super) fn new(kind: ErrorKind, file: impl AsRef<str>, title: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            file: visible(file.as_ref()),
            title: title.into(),
            source: None,
            help: None,
            cause: None,
        }))
    }

    /// What the author may do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(super) fn because(mut self, cause: io::Error) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// Where it stands in the file's text.
    pub(super) fn at(mut self, text: &str, span: Range<usize>, label: impl Into<String>) -> Self {
        self.0.source = Some(Source {
            text: text.to_owned(),
            span: within(text, span),
            label: label.into(),
            other: None,
        });
        self
    }

    /// Another place in the same text; after [`Self::at`].
    pub(super) fn and_at(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        if let Some(source) = &mut self.0.source {
            source.other = Some((within(&source.text, span), label.into()));
        }
        self
    }

    /// What the TOML library says, in the author's words.
    pub(super) fn toml(file: String, text: &str, error: &toml::de::Error, parsed: bool) -> Self {
        let said = read_message(error.message(), parsed);
        let mut this = Self::new(said.kind, file, said.title);
        // A missing key has the span of its whole table: its head is enough.
        let span = error.span().unwrap_or(0..0);
        let span = if said.kind == ErrorKind::MissingKey {
            head(text, span)
        } else {
            span
        };
        this = this.at(text, span, said.label);
        this.0.help = said.help;
        this
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file or folder it is about.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// Line and column, from 1, in characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        let source = self.0.source.as_ref()?;
        let before = &source.text[..source.span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        Some((line, before[line_start..].chars().count() + 1))
    }

    /// The snippet as a terminal of this width shows it, without a final newline.
    pub fn render(&self, colour: bool, width: usize) -> String {
        let inner = &*self.0;
        let title = Group::with_title(Level::ERROR.primary_title(inner.title.as_str()));
        let group = match &inner.source {
            Some(source) => title.element(snippet(&inner.file, source)),
            None => title.element(Origin::path(inner.file.as_str())),
        };
        let mut report: Vec<Group<'_>> = vec![group];
        if let Some(help) = &inner.help {
            report.push(Group::with_title(
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

fn snippet<'a>(
    file: &'a str,
    source: &'a Source,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut snippet = Snippet::source(source.text.as_str()).path(file).annotation(
        AnnotationKind::Primary
            .span(source.span.clone())
            .label(source.label.as_str()),
    );
    if let Some((span, label)) = &source.other {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(span.clone())
                .label(label.as_str()),
        );
    }
    snippet
}

/// A name with its control characters shown, so that no terminal obeys them.
pub(super) fn visible(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The span moved onto characters that are there.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The first line of the span.
fn head(text: &str, span: Range<usize>) -> Range<usize> {
    let span = within(text, span);
    let line = text[span.clone()].find('\n').unwrap_or(span.len());
    span.start..span.start + line
}

struct Said {
    kind: ErrorKind,
    title: String,
    label: String,
    help: Option<String>,
}

/// serde tells what is wrong in one sentence with the names in backquotes: unknown field `x`,
/// expected `y` or `z`. The snapshots of the tests hold it to that.
fn read_message(message: &str, parsed: bool) -> Said {
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let subject = quoted(what).next().unwrap_or_default();
    let choices: Vec<&str> = quoted(expected).collect();
    let meant = suggest(subject, choices.iter().copied());
    let all = |kind| {
        (!choices.is_empty()).then(|| format!("known {kind} are `{}`", choices.join("`, `")))
    };
    let said = |kind, title: String, label: String, help| Said {
        kind,
        title,
        label,
        help,
    };
    let label = meant.map_or_else(
        || "not known here".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    if !parsed {
        let title = "this is not TOML".to_owned();
        said(ErrorKind::NotToml, title, message.to_owned(), None)
    } else if what.starts_with("unknown field ") {
        let title = format!("unknown key `{subject}`");
        said(ErrorKind::UnknownKey, title, label, all("keys"))
    } else if what.starts_with("unknown variant ") {
        let title = format!("unknown value `{subject}`");
        said(ErrorKind::WrongValue, title, label, all("values"))
    } else if what.starts_with("missing field ") {
        let title = format!("the key `{subject}` is missing");
        let label = format!("there is no `{subject}` here");
        said(ErrorKind::MissingKey, title, label, None)
    } else if message.contains(" is no id: ") {
        let title = format!("bad id `{subject}`");
        let rule = message
            .split_once(" is no id: ")
            .map_or("", |(_, rule)| rule);
        said(ErrorKind::BadId, title, format!("an id is {rule}"), None)
    } else if let Some(found) = what.strip_prefix("invalid type: ") {
        let title = "wrong type".to_owned();
        let label = format!("expected {}, found {found}", plainly(expected));
        said(ErrorKind::WrongValue, title, label, None)
    } else if let Some(found) = what.strip_prefix("invalid value: ") {
        let title = "wrong value".to_owned();
        let label = format!("expected {}, found {found}", plainly(expected));
        said(ErrorKind::WrongValue, title, label, None)
    } else {
        let title = "wrong value".to_owned();
        said(ErrorKind::WrongValue, title, message.to_owned(), None)
    }
}

/// A type of Rust's in an author's words.
fn plainly(expected: &str) -> &str {
    match expected {
        "u32" => "a whole number that is not negative",
        "a sequence" => "a list",
        "a map" => "a table",
        other => other,
    }
}

/// The words between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

impl fmt::Display for CurriculumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false, WIDTH))
    }
}

/// As displayed: a test that unwraps it shows the snippet.
impl fmt::Debug for CurriculumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for CurriculumError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| cause as _)
    }
}
