//! How a view may look: colour, glyphs, width. Meaning is never colour alone.

use anstyle::{AnsiColor, Effects};
use mastery_kit::verdict::Verdict;

use super::visible::{visible, visible_ascii};

/// What the place that is written to can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub colour: bool,
    pub ascii: bool,
    pub width: u16,
    /// Links a terminal can open (OSC 8).
    pub hyperlinks: bool,
}

/// What a part of a line says by its colour, in the terminal's own palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Odd,
    Accent,
}

/// The signs of the course, each also as a word in ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Passed,
    Failed,
    Unsettled,
    Skipped,
    Running,
    Waiting,
    Challenge,
    Capstone,
}

impl Style {
    /// No colour, no links.
    pub fn plain(width: u16) -> Self {
        Self {
            colour: false,
            ascii: false,
            width,
            hyperlinks: false,
        }
    }

    /// As [`Style::plain`], in ASCII only.
    pub fn ascii_only(width: u16) -> Self {
        Self {
            ascii: true,
            ..Self::plain(width)
        }
    }

    /// Foreign text made harmless and put on one line, in ASCII where that is asked for.
    pub fn show(self, text: &str) -> String {
        if self.ascii {
            visible_ascii(text)
        } else {
            visible(text)
        }
    }

    /// A line of a program's output: as [`Style::show`], but tabs are blanks.
    pub fn show_output(self, text: &str) -> String {
        self.show(&text.replace('\t', "    "))
    }

    /// Columns for evidence: all there are.
    pub fn columns(self) -> usize {
        usize::from(self.width).max(20)
    }

    /// Columns for sentences and aligned lines: beyond a hundred the eye loses its line.
    pub fn measure(self) -> usize {
        self.columns().min(100)
    }

    /// The sign for what was left out.
    pub fn dots(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    /// Between things of one line.
    pub fn dot(self) -> &'static str {
        if self.ascii { "-" } else { "·" }
    }

    /// In front of a program's own lines.
    pub fn bar(self) -> &'static str {
        if self.ascii { "|" } else { "┆" }
    }

    /// Points back at what was said.
    pub fn arrow(self) -> &'static str {
        if self.ascii { "<-" } else { "←" }
    }

    /// A rule over the whole measure.
    pub fn rule(self) -> String {
        let one = if self.ascii { "-" } else { "─" };
        one.repeat(self.measure().min(72))
    }
}

impl Tone {
    pub(super) fn ansi(self) -> anstyle::Style {
        let plain = anstyle::Style::new();
        match self {
            Self::Plain => plain,
            Self::Bold => plain.effects(Effects::BOLD),
            Self::Dim => plain.effects(Effects::DIMMED),
            Self::Good => plain.fg_color(Some(AnsiColor::Green.into())),
            Self::Bad => plain.fg_color(Some(AnsiColor::Red.into())),
            Self::Odd => plain.fg_color(Some(AnsiColor::Yellow.into())),
            Self::Accent => plain.fg_color(Some(AnsiColor::Cyan.into())),
        }
    }
}

impl Glyph {
    /// The sign of a verdict.
    pub fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Failed(_) => Self::Failed,
            Verdict::Unsettled(_) => Self::Unsettled,
            Verdict::Skipped { .. } => Self::Skipped,
        }
    }

    /// The sign; in ASCII a word.
    pub fn text(self, ascii: bool) -> &'static str {
        let (sign, word) = match self {
            Self::Passed => ("✓", "PASS"),
            Self::Failed => ("✗", "FAIL"),
            Self::Unsettled => ("◌", "UNSETTLED"),
            Self::Skipped => ("–", "SKIP"),
            Self::Running => ("▸", "RUN "),
            Self::Waiting => ("·", "-   "),
            Self::Challenge => ("★", "*"),
            Self::Capstone => ("◆", "#"),
        };
        if ascii { word } else { sign }
    }

    /// The colour that goes with it.
    pub fn tone(self) -> Tone {
        match self {
            Self::Passed => Tone::Good,
            Self::Failed => Tone::Bad,
            Self::Unsettled => Tone::Odd,
            Self::Skipped | Self::Waiting => Tone::Dim,
            Self::Running | Self::Challenge | Self::Capstone => Tone::Accent,
        }
    }

    /// The letter of a verdict in an attempt's trailers.
    pub fn letter(self) -> char {
        match self {
            Self::Passed => 'p',
            Self::Failed => 'f',
            Self::Unsettled => 'u',
            Self::Skipped => 's',
            Self::Running | Self::Waiting | Self::Challenge | Self::Capstone => '-',
        }
    }

    /// The sign of a verdict's letter.
    pub fn from_letter(letter: char) -> Option<Self> {
        [Self::Passed, Self::Failed, Self::Unsettled, Self::Skipped]
            .into_iter()
            .find(|glyph| glyph.letter() == letter)
    }
}
