//! A lab that was opened: what is read about it, and where one reads.

use crate::{grading::event::Rule, report::overview::UnitRow};

/// The lab's screen.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) id: String,
    /// None while it is being read.
    pub(crate) texts: Option<Box<LabTexts>>,
    pub(crate) tab: LabTab,
    /// How far the text of this tab is scrolled.
    pub(crate) top: usize,
    /// Which check is selected.
    pub(crate) check: usize,
    /// Which file of the contract is shown.
    pub(crate) file: usize,
}

/// What can be read about a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabTab {
    Brief,
    Checks,
    Contract,
    Week,
}

/// What is read about a lab.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabTexts {
    /// Markdown.
    pub(crate) brief: Option<String>,
    /// The week's own page, Markdown.
    pub(crate) week: Option<String>,
    /// The contract's files: path and text.
    pub(crate) contract: Vec<(String, String)>,
    pub(crate) checks: Vec<CheckTold>,
}

/// What is told about a check.
#[derive(Clone, Debug)]
pub(crate) struct CheckTold {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) rule: Rule,
    /// The hints that were taken.
    pub(crate) taken: Vec<String>,
    pub(crate) hints: u32,
}

impl Lab {
    pub(crate) fn new(id: String) -> Self {
        Self {
            id,
            texts: None,
            tab: LabTab::Brief,
            top: 0,
            check: 0,
            file: 0,
        }
    }

    /// The tabs that have something to show.
    pub(crate) fn tabs(&self) -> Vec<LabTab> {
        let Some(texts) = &self.texts else {
            return Vec::new();
        };
        let there = [
            (LabTab::Brief, texts.brief.is_some()),
            (LabTab::Checks, !texts.checks.is_empty()),
            (LabTab::Contract, !texts.contract.is_empty()),
            (LabTab::Week, texts.week.is_some()),
        ];
        let there = there.into_iter().filter(|(_, there)| *there);
        there.map(|(tab, _)| tab).collect()
    }

    /// Takes the texts; a tab that has nothing gives way to one that has.
    pub(crate) fn take(&mut self, texts: Box<LabTexts>) {
        self.texts = Some(texts);
        let tabs = self.tabs();
        if !tabs.contains(&self.tab)
            && let Some(first) = tabs.first()
        {
            self.tab = *first;
            self.top = 0;
        }
    }

    /// The check that is selected, where checks are shown.
    pub(crate) fn check_here(&self) -> Option<&CheckTold> {
        let texts = self.texts.as_ref().filter(|_| self.tab == LabTab::Checks)?;
        texts.checks.get(self.check)
    }

    /// The first check of a unit that is worth a look: the first that failed.
    pub(crate) fn worth_a_look(unit: &UnitRow) -> usize {
        let failed = |check: &crate::report::overview::CheckRow| check.last == Some('f');
        unit.checks.iter().position(failed).unwrap_or(0)
    }
}

impl LabTab {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Brief => "brief",
            Self::Checks => "checks",
            Self::Contract => "contract",
            Self::Week => "week",
        }
    }
}
