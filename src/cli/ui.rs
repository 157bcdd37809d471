//! The two streams, colour, width, and whether a person is watching. The only place of `cli` that
//! prints.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
};

use crate::report::words::{Line, Style};

/// What is known of whoever reads us.
#[derive(Clone, Debug)]
pub(crate) struct Ui {
    /// How text on standard output is written.
    pub(crate) out: Style,
    /// How text on standard error is written.
    pub(crate) err: Style,
    /// Standard output is a terminal that can redraw a line.
    pub(crate) watched: bool,
}

impl Ui {
    /// Looks at the two streams and at `NO_COLOR`, `CLICOLOR_FORCE`, `TERM`, `COLUMNS`, `MASTERY_ASCII`.
    pub(crate) fn from_environment() -> Self {
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let set =
            |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let forced = set("CLICOLOR_FORCE");
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || dumb;
        let ascii = dumb || set("MASTERY_ASCII");
        let style = |terminal: bool| Style {
            colour: !refused && (terminal || forced),
            ascii,
            width: width(terminal),
            hyperlinks: false,
        };
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            out: style(out),
            err: style(err),
            watched: out && !dumb,
        }
    }

    /// Writes to standard output. A reader that went away is no error of anybody's.
    pub(crate) fn say(&self, text: &str) {
        let mut out = anstream::AutoStream::new(io::stdout(), choice(self.out.colour));
        if out
            .write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .is_err()
        {
            // `mastery progress | head` closes the pipe when it has seen enough.
        }
    }

    /// Writes to standard error.
    pub(crate) fn warn(&self, text: &str) {
        let mut err = anstream::AutoStream::new(io::stderr(), choice(self.err.colour));
        if err
            .write_all(text.as_bytes())
            .and_then(|()| err.flush())
            .is_err()
        {
            // Nobody is left to be told.
        }
    }
}

/// Text that grows by lines.
pub(crate) trait Lines {
    /// Adds a line and ends it.
    fn line(&mut self, line: impl AsRef<str>);
}

impl Lines for String {
    fn line(&mut self, line: impl AsRef<str>) {
        self.push_str(line.as_ref());
        self.push('\n');
    }
}

/// Laid-out lines as text.
pub(crate) fn rendered(lines: &[Line], style: Style) -> String {
    let mut text = String::new();
    for line in lines {
        text.line(line.render(style));
    }
    text
}

fn choice(colour: bool) -> anstream::ColorChoice {
    if colour {
        anstream::ColorChoice::AlwaysAnsi
    } else {
        anstream::ColorChoice::Never
    }
}

/// The width of the terminal; 80 in a pipe, so that what is kept reads the same everywhere.
fn width(terminal: bool) -> u16 {
    let told = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let asked = || {
        rustix::termios::tcgetwinsize(io::stdout())
            .ok()
            .map(|size| size.ws_col)
    };
    told.or_else(|| if terminal { asked() } else { None })
        .filter(|columns: &u16| *columns > 0)
        .unwrap_or(80)
        .clamp(20, 500)
}
