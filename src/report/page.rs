//! `mastery progress --html`: one page that needs nothing else. No script, no font, no picture from
//! elsewhere; charts are drawings in the page itself, and what they show stands in words beside them.

mod curve;
mod html;
mod map;

use std::collections::BTreeMap;

use self::html::Html;
use super::{
    overview::{UnitKind, UnitRow, UnitStatus, WeekRow, passed_checks},
    words::{counted, date, duration, utc},
};

/// The second line of every page: what says that a file may be replaced.
pub const MARK: &str = "<!-- made by `mastery progress --html`, and written anew by it -->";

const STYLE: &str = include_str!("page/style.css");

/// Everything the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub title: String,
    /// Whose progress it is: the workspace's folder.
    pub workspace: String,
    /// When it was made, in seconds since 1970.
    pub made_at: i64,
    pub version: String,
    pub weeks: Vec<WeekRow>,
    pub next: Option<String>,
    /// What the attempts on a unit come to, by its id.
    pub journeys: BTreeMap<String, Journey>,
    /// Checks passed over all units, attempt by attempt.
    pub curve: Vec<Point>,
}

/// The attempts on one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journey {
    pub runs: u32,
    /// Runs in which the bench could not decide something.
    pub unsettled: u32,
    /// Verdicts over all runs.
    pub verdicts_passed: u64,
    pub verdicts_failed: u64,
    /// Checks passed after each attempt, thinned out where there are many.
    pub curve: Vec<Point>,
}

/// How many checks stood as passed after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Seconds since 1970.
    pub at: i64,
    pub passed: u32,
}

impl Journey {
    /// Of the verdicts that were decided, how many passed, in percent.
    pub fn pass_rate(&self) -> Option<u64> {
        let decided = self.verdicts_passed + self.verdicts_failed;
        (self.verdicts_passed * 100 + decided / 2).checked_div(decided)
    }
}

impl Page {
    /// The whole page.
    pub fn html(&self) -> String {
        let mut html = Html::new();
        self.head(&mut html);
        html.raw("<main>\n");
        self.sums(&mut html);
        map::map(&self.weeks, &mut html);
        self.over_time(&mut html);
        self.units(&mut html);
        self.checks(&mut html);
        html.raw("</main>\n<footer>");
        html.text(&format!("mastery {} · {}", self.version, utc(self.made_at)));
        html.raw("</footer>\n</body>\n</html>\n");
        html.into_text()
    }

    fn head(&self, html: &mut Html) {
        html.raw("<!doctype html>\n");
        html.raw(MARK);
        html.raw("\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        // Whatever stands in a text, nothing is fetched and nothing runs.
        html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
        html.text(&format!("{} · progress", self.title));
        html.raw("</title>\n<style>\n");
        html.raw(STYLE);
        html.raw("</style>\n</head>\n<body>\n");
        html.raw(map::SHAPES);
        html.raw("<header>\n");
        html.element("h1", "", &self.title);
        let day = date(self.made_at);
        let line = format!("Progress in {} on {day}", self.workspace);
        html.element("p", "dim", &line);
        html.raw("</header>\n");
    }

    /// The figures at the top.
    fn sums(&self, html: &mut Html) {
        let open = || {
            let units = self.weeks.iter().flat_map(|week| &week.units);
            units.filter(|unit| unit.status != UnitStatus::Planned)
        };
        let checks: usize = open().map(|unit| unit.checks.len()).sum();
        let passed: usize = open().map(passed_checks).sum();
        let is_passed = |unit: &&UnitRow| matches!(unit.status, UnitStatus::Passed { .. });
        let units_passed = open().filter(is_passed).count();
        let all = self.journeys.values();
        let sum = all.fold(Journey::default(), |mut sum, one| {
            sum.runs += one.runs;
            sum.unsettled += one.unsettled;
            sum.verdicts_passed += one.verdicts_passed;
            sum.verdicts_failed += one.verdicts_failed;
            sum
        });
        html.raw("<section aria-label=\"In short\">\n<dl class=\"sums\">\n");
        for (term, figure) in [
            ("checks passed", format!("{passed} of {checks}")),
            (
                "labs and challenges passed",
                format!("{units_passed} of {}", open().count()),
            ),
            ("attempts", sum.runs.to_string()),
            ("pass rate", percent(sum.pass_rate())),
            ("unsettled runs", sum.unsettled.to_string()),
        ] {
            html.raw("<div>");
            html.element("dt", "", term);
            html.element("dd", "", &figure);
            html.raw("</div>\n");
        }
        html.raw("</dl>\n");
        if let Some(next) = &self.next {
            html.raw("<p>Next: ");
            html.element("code", "", next);
            html.raw("</p>\n");
        }
        html.raw("</section>\n");
    }

    fn over_time(&self, html: &mut Html) {
        html.raw("<section>\n<h2>Checks passed over time</h2>\n");
        let (Some(first), Some(last)) = (self.curve.first(), self.curve.last()) else {
            html.element("p", "", "Nothing was graded yet.");
            html.raw("</section>\n");
            return;
        };
        let (from, to) = (date(first.at), date(last.at));
        let when = if from == to {
            format!("On {from}")
        } else {
            format!("From {from} to {to}")
        };
        let most = self.curve.iter().map(|point| point.passed).max();
        let said = format!(
            "{when}: {} passed at the end, {} at most.",
            counted(last.passed.into(), "check"),
            most.unwrap_or(0)
        );
        curve::large(&self.curve, &said, html);
        html.element("p", "dim", &said);
        html.raw("</section>\n");
    }

    fn units(&self, html: &mut Html) {
        let tried = |unit: &&UnitRow| self.journeys.contains_key(&unit.id);
        let units: Vec<&UnitRow> = self
            .weeks
            .iter()
            .flat_map(|week| &week.units)
            .filter(tried)
            .collect();
        if units.is_empty() {
            return;
        }
        html.raw("<section>\n<h2>Attempts</h2>\n<div class=\"wide\"><table>\n");
        html.raw("<caption>Pass rate: of the verdicts that were decided, how many passed. A run is unsettled when something that is not your fault stood in the way of a verdict. A lab that is passed counts with all its checks, whatever ended otherwise since.</caption>\n<thead><tr>");
        for (class, name) in [
            ("", "lab or challenge"),
            ("number", "checks passed"),
            ("number", "attempts"),
            ("", "until the pass"),
            ("number", "pass rate"),
            ("number", "unsettled runs"),
            ("", "checks passed, attempt by attempt"),
        ] {
            html.raw("<th scope=\"col\"");
            html.class(class);
            html.text(name);
            html.raw("</th>");
        }
        html.raw("</tr></thead>\n<tbody>\n");
        for unit in units {
            self.unit(unit, html);
        }
        html.raw("</tbody>\n</table></div>\n</section>\n");
    }

    fn unit(&self, unit: &UnitRow, html: &mut Html) {
        let Some(journey) = self.journeys.get(&unit.id) else {
            return;
        };
        html.raw("<tr><th scope=\"row\">");
        html.text(&name(unit));
        html.raw("</th>");
        let of = unit.checks.len();
        for (class, cell) in [
            ("number", format!("{} of {of}", passed_checks(unit))),
            ("number", journey.runs.to_string()),
            ("", until_pass(unit)),
            ("number", percent(journey.pass_rate())),
            ("number", journey.unsettled.to_string()),
        ] {
            html.element("td", class, &cell);
        }
        html.raw("<td>");
        curve::small(&journey.curve, of, &unit.id, html);
        html.raw("</td></tr>\n");
    }

    /// Everything the map shows, in words.
    fn checks(&self, html: &mut Html) {
        let open = |unit: &&UnitRow| unit.checks.iter().any(|check| check.last.is_some());
        let units: Vec<&UnitRow> = self
            .weeks
            .iter()
            .flat_map(|week| &week.units)
            .filter(open)
            .collect();
        for unit in units {
            html.raw("<section>\n");
            html.element("h2", "", &name(unit));
            html.element("p", "dim", &unit.title);
            html.raw("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">check</th><th scope=\"col\">last verdict</th><th scope=\"col\">what it says</th></tr></thead>\n<tbody>\n");
            for check in &unit.checks {
                html.raw("<tr><th scope=\"row\"><code>");
                html.text(&check.id);
                html.raw("</code></th><td class=\"verdict\">");
                map::shape(check.last, html);
                html.text(map::word(check.last));
                html.raw("</td>");
                html.element("td", "", &check.title);
                html.raw("</tr>\n");
            }
            html.raw("</tbody>\n</table></div>\n</section>\n");
        }
    }
}

fn name(unit: &UnitRow) -> String {
    match unit.kind {
        UnitKind::Lab => unit.id.clone(),
        UnitKind::Challenge => format!("{} (challenge)", unit.id),
        UnitKind::Capstone => format!("{} (capstone)", unit.id),
    }
}

fn until_pass(unit: &UnitRow) -> String {
    match unit.status {
        UnitStatus::Passed {
            after_attempts,
            took_s,
            revision,
        } => format!(
            "{} in {}, at r{revision}",
            counted(after_attempts.into(), "attempt"),
            duration(took_s.saturating_mul(1000))
        ),
        UnitStatus::Planned
        | UnitStatus::NotStarted
        | UnitStatus::Started
        | UnitStatus::Tried { .. } => "not passed yet".to_owned(),
    }
}

fn percent(rate: Option<u64>) -> String {
    rate.map_or_else(|| "none yet".to_owned(), |rate| format!("{rate} %"))
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
