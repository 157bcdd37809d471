//! A run for editors: a line for each thing that did not hold, `FILE:LINE:COLUMN: error: WORDS`,
//! the form in which compilers speak (`$gcc` in VS Code, `errorformat` in Vim).
//!
//! Where the learner's own code is named, in a trace or by a compiler, the line leads there; else to
//! the rule in the contract that the check stands on.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use mastery_kit::verdict::{Evidence, Verdict};
use regex_lite::Regex;

use super::Reporter;
use crate::grading::{
    event::{BuildResult, GradeEvent, RunStarted},
    progress::Progress,
};

/// Writes lines for an editor.
pub struct Problems<W> {
    out: W,
    /// The lab's folder.
    folder: PathBuf,
    /// The same as an editor is to read it.
    shown: String,
    progress: Progress,
}

/// A place in a file of the lab's folder; lines and columns from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

/// What is named where nothing more is known.
const SUBMISSION: &str = "submission.toml";

/// `app.py:12:5`, and what Python writes.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"File "(?P<py>[^"]+)", line (?P<pyl>[0-9]+)|(?P<file>[A-Za-z0-9_./@-]+\.[a-z]{1,4}):(?P<line>[0-9]+)(?::(?P<column>[0-9]+))?"#,
    )
    .expect("a pattern of ours is well formed")
});

impl<W: io::Write + Send> Problems<W> {
    /// Writes to `out` about the lab in `folder`, which editors know as `shown`.
    pub fn new(out: W, folder: PathBuf, shown: impl Into<String>) -> Self {
        Self {
            out,
            folder,
            shown: shown.into(),
            progress: Progress::default(),
        }
    }

    fn tell(&mut self, place: &Place, severity: &str, words: &str, about: &str) -> io::Result<()> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let below = if self.shown.is_empty() { "" } else { "/" };
        writeln!(
            self.out,
            "{}{below}{}:{}:{}: {severity}: {} [{about}]",
            self.shown,
            place.file,
            place.line,
            place.column,
            words.join(" "),
        )?;
        self.out.flush()
    }

    fn built(&mut self, result: &BuildResult, about: &str) -> io::Result<()> {
        match result {
            BuildResult::Cached | BuildResult::Built => Ok(()),
            BuildResult::Failed { why, last_lines } => {
                let place = self.in_code(last_lines).unwrap_or_else(Place::submission);
                let said = last_lines.iter().rev().find(|line| !line.trim().is_empty());
                let words = said.map_or_else(|| why.clone(), |said| format!("{why}: {said}"));
                self.tell(&place, "error", &words, about)
            }
            BuildResult::Unsettled { why, .. } => {
                self.tell(&Place::submission(), "warning", why, about)
            }
        }
    }

    fn judged(&mut self, verdict: &Verdict, about: &str) -> io::Result<()> {
        match verdict {
            Verdict::Passed | Verdict::Skipped { .. } => Ok(()),
            Verdict::Failed(mismatch) => {
                let place = self
                    .in_code(&traces(&mismatch.evidence))
                    .or_else(|| self.rule(about))
                    .unwrap_or_else(Place::submission);
                self.tell(&place, "error", &mismatch.summary, about)
            }
            Verdict::Unsettled(error) => {
                let place = self.rule(about).unwrap_or_else(Place::submission);
                self.tell(&place, "warning", &error.why, about)
            }
        }
    }

    /// Where the rule of a check is written.
    fn rule(&self, check: &str) -> Option<Place> {
        let run: &RunStarted = self.progress.run.as_ref()?;
        let planned = run.checks.iter().find(|planned| planned.id == check)?;
        let source = &planned.rule.as_ref()?.source;
        let (file, anchor) = source.split_once('#').unwrap_or((source, ""));
        let text = fs::read_to_string(self.folder.join(file)).ok()?;
        let at = text.lines().position(|line| is_heading(line, anchor));
        Some(Place {
            file: file.to_owned(),
            line: at.map_or(1, |at| u32::try_from(at + 1).unwrap_or(1)),
            column: 1,
        })
    }

    /// The last place in the learner's code that these lines name: of a trace the innermost.
    fn in_code(&self, lines: &[String]) -> Option<Place> {
        let named = |line: &String| {
            let found = NAMED.captures(line)?;
            let file = found.name("py").or_else(|| found.name("file"))?.as_str();
            let file = self.own(file)?;
            let number = |name| found.name(name).and_then(|text| text.as_str().parse().ok());
            Some(Place {
                file,
                line: number("pyl").or_else(|| number("line"))?,
                column: number("column").unwrap_or(1),
            })
        };
        lines.iter().rev().find_map(named)
    }

    /// The file by its path below the lab's folder, if it is one of the learner's.
    fn own(&self, file: &str) -> Option<String> {
        let below = Path::new(file)
            .strip_prefix(&self.folder)
            .unwrap_or(Path::new(file));
        let below = below.strip_prefix("./").unwrap_or(below);
        let is_own = below.is_relative() && self.folder.join(below).is_file();
        is_own.then(|| below.display().to_string())
    }
}

impl Place {
    fn submission() -> Self {
        Self {
            file: SUBMISSION.to_owned(),
            line: 1,
            column: 1,
        }
    }
}

/// Whether a line is the heading that an anchor leads to, as hosts of Markdown make anchors.
fn is_heading(line: &str, anchor: &str) -> bool {
    let Some(title) = line.strip_prefix('#') else {
        return false;
    };
    let title = title.trim_start_matches('#').trim().to_lowercase();
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
    !anchor.is_empty() && slug == anchor
}

/// What programs printed, of all that a failure shows.
fn traces(evidence: &[Evidence]) -> Vec<String> {
    let mut lines = Vec::new();
    for one in evidence {
        match one {
            Evidence::Log { text, .. } => lines.extend(text.lines().map(str::to_owned)),
            Evidence::Death(death) => lines.extend(death.last_lines.iter().cloned()),
            Evidence::Exchange(_)
            | Evidence::Timeline { .. }
            | Evidence::Text { .. }
            | Evidence::Unknown => {}
        }
    }
    lines
}

impl<W: io::Write + Send> Reporter for Problems<W> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an editor is told what did not hold, and nothing else"
    )]
    fn on_event(&mut self, _: Duration, event: &GradeEvent) -> io::Result<()> {
        self.progress.apply(event);
        match event {
            GradeEvent::BuildFinished {
                program, result, ..
            } => self.built(result, program),
            GradeEvent::SetupFinished { result, .. } => self.built(result, "setup"),
            GradeEvent::ProgramNotReady {
                program, verdict, ..
            } => self.judged(verdict, program),
            GradeEvent::CheckFinished { check, verdict, .. } => self.judged(verdict, check),
            GradeEvent::ServiceLost { service, why, .. } => {
                self.tell(&Place::submission(), "warning", why, service)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::event::Stamped,
        report::{sample, tape::replay},
    };

    fn told(tape: &[Stamped]) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("contract")).unwrap();
        let contract = "# Orders\n\n## Money, always\n\n## Money\n";
        fs::write(folder.path().join("contract/orders.v2.md"), contract).unwrap();
        fs::write(folder.path().join("app.py"), "\n").unwrap();
        let mut out = Vec::new();
        let mut problems = Problems::new(&mut out, folder.path().to_owned(), "labs/rest-api");
        replay(tape, &mut problems).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_failure_leads_to_the_rule_it_stands_on() {
        insta::assert_snapshot!("rule", told(&sample::tape()));
    }

    #[test]
    fn a_trace_leads_to_the_learners_own_line() {
        insta::assert_snapshot!("trace", told(&sample::died_before_ready()));
    }

    #[test]
    fn every_line_is_one_that_compilers_write() {
        let gcc =
            Regex::new(r"^(.*?):(\d+):(\d*):?\s+(?:fatal\s+)?(warning|error):\s+(.*)$").unwrap();
        for line in told(&sample::tape()).lines() {
            assert!(gcc.is_match(line), "{line}");
        }
    }
}
