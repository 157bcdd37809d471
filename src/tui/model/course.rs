//! The course as the map shows it: units, how far each is, and what can be searched.

use std::collections::BTreeMap;

use crate::{
    grading::event::Tally,
    report::overview::{Overview, UnitRow, UnitStatus, WeekRow},
};

/// The course beside what the record says of it.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) overview: Overview,
    /// The record was read; before, only the course itself is known.
    pub(crate) is_read: bool,
    pub(crate) texts: BTreeMap<String, UnitText>,
    /// Each lab's attempts, the oldest first.
    pub(crate) tried: BTreeMap<String, Vec<Tried>>,
    pub(crate) entries: Vec<Entry>,
}

/// What is said of a unit beside its row.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnitText {
    pub(crate) goal: String,
    /// What it becomes in the capstone: `api/orders`.
    pub(crate) component: Option<String>,
    pub(crate) services: Vec<String>,
}

/// One attempt in numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    /// Seconds since 1970.
    pub(crate) at: i64,
    pub(crate) tally: Tally,
    /// Every check on a fresh seed.
    pub(crate) is_full: bool,
}

/// Something that can be found: a lab, a check, or a hint that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) lab: String,
    pub(crate) check: Option<String>,
    /// What is searched, and shown.
    pub(crate) text: String,
}

impl Course {
    /// Every lab and challenge with its week, in order.
    pub(crate) fn units(&self) -> impl Iterator<Item = (&WeekRow, &UnitRow)> {
        let weeks = self.overview.weeks.iter();
        weeks.flat_map(|week| week.units.iter().map(move |unit| (week, unit)))
    }

    pub(crate) fn unit_at(&self, position: usize) -> Option<&UnitRow> {
        self.units().nth(position).map(|(_, unit)| unit)
    }

    pub(crate) fn unit(&self, id: &str) -> Option<&UnitRow> {
        self.units()
            .map(|(_, unit)| unit)
            .find(|unit| unit.id == id)
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.units().position(|(_, unit)| unit.id == id)
    }

    /// The position of the first unit of the week before or after the one at `position`.
    pub(crate) fn week_beside(&self, position: usize, forward: bool) -> Option<usize> {
        let mut begin = 0;
        let mut begins = Vec::new();
        for week in &self.overview.weeks {
            begins.push(begin);
            begin += week.units.len();
        }
        if forward {
            begins.into_iter().find(|begin| *begin > position)
        } else {
            let here = begins.iter().rposition(|begin| *begin <= position)?;
            // The head of this week comes before the week in front of it.
            let back = if begins[here] < position {
                Some(here)
            } else {
                here.checked_sub(1)
            };
            back.map(|week| begins[week])
        }
    }

    /// Whether a unit lies in the workspace, so that it can be edited and graded.
    pub(crate) fn is_started(&self, id: &str) -> bool {
        self.unit(id).is_some_and(|unit| match unit.status {
            UnitStatus::Planned | UnitStatus::NotStarted => false,
            UnitStatus::Started | UnitStatus::Tried { .. } | UnitStatus::Passed { .. } => true,
        })
    }

    /// What contains every word of a text, whatever its case.
    pub(crate) fn find(&self, text: &str) -> Vec<&Entry> {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let has_all = |entry: &&Entry| {
            let in_it = format!("{} {}", entry.lab, entry.text).to_lowercase();
            words.iter().all(|word| in_it.contains(word))
        };
        self.entries.iter().filter(has_all).collect()
    }
}
