//! A run for CI: `JUnit` XML, one suite for the lab, written once at the end.

use std::{io, time::Duration};

use mastery_kit::verdict::{Verdict, millis};

use super::{
    Reporter, failure, program,
    words::{Line, Style},
};
use crate::grading::{
    event::{BuildResult, GradeEvent, RunStarted},
    progress::{Obstacle, Progress, Step},
};

/// Writes a `JUnit` report when the run is over: Failed is a failure, Unsettled an error, Skipped
/// skipped. What kept every check from running is a case of its own, so that no suite is green that
/// never ran.
pub struct Junit<W> {
    out: W,
    progress: Progress,
}

/// Width of the text within a failure; CI shows it in a box.
const WIDTH: u16 = 100;

impl<W: io::Write + Send> Junit<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            progress: Progress::default(),
        }
    }
}

impl<W: io::Write + Send> Reporter for Junit<W> {
    fn on_event(&mut self, at: Duration, event: &GradeEvent) -> io::Result<()> {
        self.progress.apply(event);
        if matches!(event, GradeEvent::RunFinished { .. })
            && let Some(run) = &self.progress.run
        {
            let document = document(run, &self.progress, millis(at));
            self.out.write_all(document.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }
}

/// One `<testcase>`.
struct Case<'c> {
    class: &'c str,
    name: String,
    took_ms: u64,
    end: End,
}

enum End {
    Passed,
    Failed { message: String, text: String },
    Error { message: String, text: String },
    Skipped(String),
}

fn document(run: &RunStarted, progress: &Progress, took_ms: u64) -> String {
    let mut cases: Vec<Case<'_>> = progress
        .stopped_before
        .iter()
        .map(|it| obstacle(run, it))
        .collect();
    for state in &progress.checks {
        let (took_ms, end) = match &state.step {
            Step::Waiting | Step::Running => (0, End::Skipped("not run".to_owned())),
            Step::Settled { verdict, took_ms } => {
                let text = || {
                    text(&failure::full(
                        run,
                        &state.check,
                        verdict,
                        Style::plain(WIDTH),
                    ))
                };
                let end = match verdict {
                    Verdict::Passed => End::Passed,
                    Verdict::Failed(mismatch) => End::Failed {
                        message: mismatch.summary.clone(),
                        text: text(),
                    },
                    Verdict::Unsettled(error) => End::Error {
                        message: error.why.clone(),
                        text: text(),
                    },
                    Verdict::Skipped { after } if after.contains(' ') => {
                        End::Skipped(after.clone())
                    }
                    Verdict::Skipped { after } => End::Skipped(format!("needs {after}")),
                };
                (*took_ms, end)
            }
        };
        cases.push(Case {
            class: &run.lab,
            name: state.check.id.clone(),
            took_ms,
            end,
        });
    }
    written(run, &cases, took_ms)
}

fn obstacle<'c>(run: &'c RunStarted, obstacle: &Obstacle) -> Case<'c> {
    let style = Style::plain(WIDTH);
    let (name, end) = match obstacle {
        Obstacle::Build { program, result } => (format!("{program} builds"), commands(result)),
        Obstacle::Setup { result } => ("setup".to_owned(), commands(result)),
        Obstacle::Service { service, error } => {
            let end = End::Error {
                message: error.why.clone(),
                text: text(&failure::unsettled(error, 0, None, style)),
            };
            (format!("{service} is there"), end)
        }
        Obstacle::Program { program, verdict } => {
            let text = text(&program::not_ready(program, None, verdict, 0, style));
            let end = match verdict {
                Verdict::Failed(mismatch) => End::Failed {
                    message: mismatch.summary.clone(),
                    text,
                },
                Verdict::Unsettled(error) => End::Error {
                    message: error.why.clone(),
                    text,
                },
                Verdict::Passed | Verdict::Skipped { .. } => End::Passed,
            };
            (format!("{program} becomes ready"), end)
        }
    };
    Case {
        class: &run.lab,
        name,
        took_ms: 0,
        end,
    }
}

/// How commands ended that are run once.
fn commands(result: &BuildResult) -> End {
    // Behind its first line, which is about the command.
    let lines = program::built(&[], result, 0, Style::plain(WIDTH));
    let text = text(lines.get(1..).unwrap_or_default());
    match result {
        BuildResult::Unsettled { why, .. } => End::Error {
            message: why.clone(),
            text,
        },
        BuildResult::Failed { why, .. } => End::Failed {
            message: why.clone(),
            text,
        },
        BuildResult::Cached | BuildResult::Built => End::Passed,
    }
}

fn text(lines: &[Line]) -> String {
    let lines: Vec<String> = lines.iter().map(Line::text).collect();
    lines.join("\n")
}

fn written(run: &RunStarted, cases: &[Case<'_>], took_ms: u64) -> String {
    let count = |wanted: fn(&End) -> bool| cases.iter().filter(|case| wanted(&case.end)).count();
    let numbers = format!(
        r#"tests="{}" failures="{}" errors="{}" skipped="{}" time="{}""#,
        cases.len(),
        count(|end| matches!(end, End::Failed { .. })),
        count(|end| matches!(end, End::Error { .. })),
        count(|end| matches!(end, End::Skipped(_))),
        seconds(took_ms),
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let lab = escaped(&run.lab);
    let mut put = |line: &str| {
        xml.push_str(line);
        xml.push('\n');
    };
    put(&format!(r#"<testsuites name="mastery" {numbers}>"#));
    put(&format!(r#"  <testsuite name="{lab}" {numbers}>"#));
    put("    <properties>");
    for (name, value) in properties(run) {
        let value = escaped(&value);
        put(&format!(
            r#"      <property name="{name}" value="{value}"/>"#
        ));
    }
    put("    </properties>");
    for case in cases {
        put(&element(case));
    }
    put("  </testsuite>");
    put("</testsuites>");
    xml
}

fn properties(run: &RunStarted) -> [(&'static str, String); 7] {
    let backend = run.backend.clone();
    [
        ("seed", run.seed.clone()),
        ("revision", run.revision.to_string()),
        ("contract", run.contract.clone()),
        ("backend", backend.unwrap_or_else(|| "none".to_owned())),
        ("language", run.language.clone()),
        ("mastery", run.mastery.clone()),
        ("kind", run.kind.as_str().to_owned()),
    ]
}

fn element(case: &Case<'_>) -> String {
    let (class, name) = (escaped(case.class), escaped(&case.name));
    let head = format!(
        r#"    <testcase classname="{class}" name="{name}" time="{}""#,
        seconds(case.took_ms)
    );
    let (element, kind, message, text) = match &case.end {
        End::Passed => return format!("{head}/>"),
        End::Skipped(why) => {
            let why = escaped(why);
            return format!("{head}><skipped message=\"{why}\"/></testcase>");
        }
        End::Failed { message, text } => ("failure", "failed", message, text),
        End::Error { message, text } => ("error", "unsettled", message, text),
    };
    let (message, text) = (escaped(message), escaped(text));
    format!(
        "{head}>\n      <{element} type=\"{kind}\" message=\"{message}\">{text}</{element}>\n    </testcase>"
    )
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Text as XML 1.0 takes it: what it forbids altogether is replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => safe.push(letter),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grading::event::Stamped, report::sample};

    fn told(tape: &[Stamped]) -> String {
        let mut out = Vec::new();
        let mut junit = Junit::new(&mut out);
        crate::report::tape::replay(tape, &mut junit).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Whether every element is closed in its order, and nothing stands raw that must not.
    fn assert_well_formed(xml: &str) {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = xml
            .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
            .unwrap();
        while let Some(start) = rest.find('<') {
            assert!(!rest[..start].contains('>'), "a bare >: {}", &rest[..start]);
            let end = start + rest[start..].find('>').unwrap();
            let tag = &rest[start + 1..end];
            assert!(!tag.contains('<'), "{tag}");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag.trim_matches('/').split_whitespace().next().unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(name);
            }
            rest = &rest[end + 1..];
        }
        assert!(open.is_empty(), "{open:?}");
        for entity in xml.split('&').skip(1) {
            let name = entity.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot"].contains(&name), "&{name}");
        }
        let raw = |letter: char| letter.is_control() && letter != '\n';
        assert!(!xml.contains(raw));
    }

    #[test]
    fn a_run_is_a_suite() {
        let xml = told(&sample::tape());
        assert_well_formed(&xml);
        insta::assert_snapshot!("suite", xml);
    }

    #[test]
    fn a_program_that_never_was_ready_is_a_failure_of_its_own() {
        let xml = told(&sample::died_before_ready());
        assert_well_formed(&xml);
        assert!(
            xml.contains(r#"tests="6" failures="1" errors="0" skipped="5""#),
            "{xml}"
        );
        assert!(xml.contains(r#"name="api becomes ready""#), "{xml}");
    }

    #[test]
    fn what_xml_forbids_is_replaced() {
        assert_eq!(
            escaped("a\0<b>\"&\u{ffff}\u{9b}\n"),
            "a\u{fffd}&lt;b&gt;&quot;&amp;\u{fffd}\u{fffd}\n"
        );
    }
}
