//! Markdown as lines: headings, lists, tables, code, and links as footnotes.

mod code;
mod flow;
mod table;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

pub(crate) use self::flow::hard;
use self::{
    code::Language,
    flow::{Pieces, flowing},
    table::Table,
};
use crate::report::words::{Line, Style, Tone};

/// Columns beyond which the eye loses its line.
const MEASURE: usize = 100;

/// Any width would do where only links are looked for.
const MEASURE_OF_LINKS: u16 = 80;

/// A text laid out for this width.
pub(crate) fn lines(text: &str, style: Style) -> Vec<Line> {
    Page::of(text, style).end()
}

/// Where a text leads to: its footnotes by their numbers, behind them what it shows itself.
pub(crate) fn links(text: &str) -> Vec<String> {
    let Page { links, shown, .. } = Page::of(text, Style::plain(MEASURE_OF_LINKS));
    let new = shown.into_iter().filter(|to| !links.contains(to));
    let new: Vec<String> = new.collect();
    links.into_iter().chain(new).collect()
}

/// The page as far as it is laid out.
struct Page {
    style: Style,
    lines: Vec<Line>,
    /// What stands in front of each line: quotes and lists, from the outside in.
    frames: Vec<Frame>,
    /// Inline text that is not laid out yet.
    pieces: Pieces,
    tones: Vec<Tone>,
    links: Vec<String>,
    /// Links whose text shows them already.
    shown: Vec<String>,
    /// The link that is open, and where its text began.
    open_link: Option<(String, usize)>,
    heading: Option<HeadingLevel>,
    /// The block of code that is open, and its language.
    code: Option<(&'static Language, String)>,
    table: Option<Table>,
}

/// A list, an item of it, or a quote.
#[derive(Clone, Debug)]
enum Frame {
    List { next: Option<u64> },
    Item { label: String, is_told: bool },
    Quote,
}

impl Page {
    fn of(text: &str, style: Style) -> Self {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        let mut page = Self::new(style);
        for event in Parser::new_ext(text, options) {
            page.take(event);
        }
        page
    }

    fn new(style: Style) -> Self {
        Self {
            style,
            lines: Vec::new(),
            frames: Vec::new(),
            pieces: Pieces::default(),
            tones: Vec::new(),
            links: Vec::new(),
            shown: Vec::new(),
            open_link: None,
            heading: None,
            code: None,
            table: None,
        }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.stop(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.say(&text),
            },
            Event::Code(text) => self.say_code(&text),
            Event::SoftBreak => self.say(" "),
            Event::HardBreak => self.pieces.break_line(),
            Event::Rule => {
                let one = if self.style.ascii { "-" } else { "─" };
                let rule = one.repeat(self.columns().min(MEASURE) / 2);
                self.lines.push(Line::new().then(Tone::Dim, rule));
                self.lines.push(Line::new());
            }
            Event::TaskListMarker(done) => self.say(if done { "[x] " } else { "[ ] " }),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.say(&text),
            // Markup of web pages says nothing here.
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what has no look of its own is read as its text"
    )]
    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.heading = Some(level);
                self.tones.push(Tone::Bold);
            }
            Tag::BlockQuote(_) => self.frames.push(Frame::Quote),
            Tag::List(first) => {
                self.flush();
                self.frames.push(Frame::List { next: first });
            }
            Tag::Item => {
                let label = self.label();
                self.frames.push(Frame::Item {
                    label,
                    is_told: false,
                });
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match &kind {
                    CodeBlockKind::Fenced(name) => Language::called(name),
                    CodeBlockKind::Indented => Language::called(""),
                };
                self.code = Some((language, String::new()));
            }
            Tag::Table(_) => self.table = Some(Table::default()),
            Tag::Emphasis | Tag::Strong => self.tones.push(Tone::Bold),
            Tag::Link { dest_url, .. } => self.open(&dest_url),
            _ => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what has no look of its own is read as its text"
    )]
    fn stop(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => self.stop_heading(),
            TagEnd::Paragraph => {
                self.flush();
                self.gap();
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) => {
                self.flush();
                self.frames.pop();
                self.gap();
            }
            TagEnd::Item => {
                self.flush();
                self.frames.pop();
            }
            TagEnd::CodeBlock => self.stop_code(),
            TagEnd::Table => self.stop_table(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.pieces);
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            TagEnd::Emphasis | TagEnd::Strong => {
                self.tones.pop();
            }
            TagEnd::Link => self.close(),
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        let tone = self.tones.last().copied().unwrap_or(Tone::Plain);
        self.pieces.push(tone, &self.style.show(text));
    }

    /// Code stands in colour; without colour between the marks it was written with.
    fn say_code(&mut self, text: &CowStr<'_>) {
        let text = self.style.show(text);
        if self.style.colour {
            self.pieces.push(Tone::Accent, &text);
        } else {
            self.pieces.push(Tone::Plain, &format!("`{text}`"));
        }
    }

    fn open(&mut self, to: &str) {
        self.open_link = Some((to.to_owned(), self.pieces.len()));
    }

    /// A link that its text does not show already gets a footnote; a place of this page needs none.
    fn close(&mut self) {
        let Some((to, begin)) = self.open_link.take() else {
            return;
        };
        let is_shown = self.pieces.text_from(begin).contains(&to);
        if to.starts_with('#') {
            return;
        }
        if is_shown {
            if !self.shown.contains(&to) {
                self.shown.push(to);
            }
            return;
        }
        let place = self.links.iter().position(|known| *known == to);
        let place = place.unwrap_or_else(|| {
            self.links.push(to);
            self.links.len() - 1
        });
        self.pieces.push(Tone::Dim, &format!("[{}]", place + 1));
    }

    /// The sign of a list's next item.
    fn label(&mut self) -> String {
        let ascii = self.style.ascii;
        match self.frames.last_mut() {
            Some(Frame::List { next: Some(next) }) => {
                *next += 1;
                format!("{}. ", *next - 1)
            }
            Some(Frame::List { next: None } | Frame::Item { .. } | Frame::Quote) | None => {
                if ascii { "- " } else { "• " }.to_owned()
            }
        }
    }

    /// What stands in front of a first line and of those below it.
    fn prefixes(&mut self) -> (Line, Line) {
        let bar = format!("{} ", self.style.bar());
        let (mut first, mut rest) = (Line::new(), Line::new());
        for frame in &mut self.frames {
            match frame {
                Frame::List { .. } => {}
                Frame::Quote => {
                    first = first.then(Tone::Dim, &bar);
                    rest = rest.then(Tone::Dim, &bar);
                }
                Frame::Item { label, is_told } => {
                    let blanks = " ".repeat(crate::report::words::width(label));
                    let told = std::mem::replace(is_told, true);
                    let label = if told { &blanks } else { &*label };
                    first = first.then(Tone::Accent, label);
                    rest = rest.then(Tone::Plain, blanks.clone());
                }
            }
        }
        (first, rest)
    }

    fn columns(&self) -> usize {
        self.style.columns()
    }

    /// Lays out the inline text that came together.
    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        if pieces.is_empty() {
            return;
        }
        let (first, rest) = self.prefixes();
        let columns = self.columns().min(MEASURE);
        self.lines.extend(flowing(&pieces, &first, &rest, columns));
    }

    /// One blank line, but never two, and none within a tight list.
    fn gap(&mut self) {
        let in_list = self
            .frames
            .iter()
            .any(|frame| matches!(frame, Frame::List { .. }));
        let is_blank = self.lines.last().is_none_or(|line| line.width() == 0);
        if !is_blank && !in_list {
            self.lines.push(Line::new());
        }
    }

    fn stop_heading(&mut self) {
        let level = self.heading.take();
        self.tones.pop();
        let before = self.lines.len();
        self.flush();
        let widest = self.lines[before..].iter().map(Line::width).max();
        let (great, small) = if self.style.ascii {
            ("=", "-")
        } else {
            ("━", "─")
        };
        let under = match level {
            Some(HeadingLevel::H1) => great,
            Some(HeadingLevel::H2) => small,
            _ => return self.gap(),
        };
        let rule = under.repeat(widest.unwrap_or(0));
        self.lines.push(Line::new().then(Tone::Dim, rule));
        self.lines.push(Line::new());
    }

    fn stop_code(&mut self) {
        let Some((language, code)) = self.code.take() else {
            return;
        };
        let (first, rest) = self.prefixes();
        let mut prefix = first;
        let bar = format!("{} ", self.style.bar());
        for line in code.lines() {
            let room = self.columns().saturating_sub(prefix.width() + 2 + 2);
            for row in language.rows(&self.style.show_output(line), room) {
                let front = std::mem::replace(&mut prefix, rest.clone());
                let front = front.then(Tone::Dim, format!("  {bar}"));
                self.lines.push(front.join(row));
            }
        }
        self.lines.push(Line::new());
    }

    fn stop_table(&mut self) {
        let Some(table) = self.table.take() else {
            return;
        };
        let (first, rest) = self.prefixes();
        let columns = self.columns().saturating_sub(first.width());
        let mut prefix = first;
        for line in table.lines(columns, self.style) {
            let front = std::mem::replace(&mut prefix, rest.clone());
            self.lines.push(front.join(line));
        }
        self.lines.push(Line::new());
    }

    /// The page with its footnotes.
    fn end(mut self) -> Vec<Line> {
        self.flush();
        while self.lines.last().is_some_and(|line| line.width() == 0) {
            self.lines.pop();
        }
        if !self.links.is_empty() {
            self.lines.push(Line::new());
        }
        for (number, to) in (1..).zip(&self.links) {
            let mut label = Line::new().then(Tone::Dim, format!("[{number}] "));
            let room = self.style.columns().saturating_sub(label.width());
            for row in hard(&self.style.show(to), room) {
                let front = std::mem::replace(&mut label, Line::plain("    "));
                self.lines.push(front.then(Tone::Dim, row));
            }
        }
        self.lines
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
