//! A lab that was opened: what is read about it, and where one reads.

use crate::{grading::event::Rule, report::overview::UnitRow, tui::markdown};

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

/// A link of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) number: usize,
    pub(crate) to: String,
    pub(crate) leads: Leads,
}

/// Where a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// Out of here.
    Web,
    /// To a file of the contract, by its place.
    Contract(usize),
}

impl Leads {
    /// None: to nothing that can be shown.
    fn of(to: &str, texts: &LabTexts) -> Option<Self> {
        if to.starts_with("https://") || to.starts_with("http://") {
            return Some(Self::Web);
        }
        let path = to.split('#').next().unwrap_or_default();
        let path = path.strip_prefix("contract/").unwrap_or(path);
        let mut files = texts.contract.iter();
        files.position(|(file, _)| file == path).map(Self::Contract)
    }
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

    /// Where the text that is read leads to, each with the number of its footnote.
    pub(crate) fn links(&self) -> Vec<Link> {
        let Some(texts) = &self.texts else {
            return Vec::new();
        };
        let is_page = |path: &str| path.rsplit('.').next() == Some("md");
        let text = match self.tab {
            LabTab::Brief => texts.brief.as_deref(),
            LabTab::Week => texts.week.as_deref(),
            LabTab::Contract => (texts.contract.get(self.file))
                .filter(|(path, _)| is_page(path))
                .map(|(_, text)| text.as_str()),
            LabTab::Checks => None,
        };
        let links = markdown::links(text.unwrap_or_default());
        let links = (1..).zip(links);
        links
            .filter_map(|(number, to)| {
                let leads = Leads::of(&to, texts)?;
                Some(Link { number, to, leads })
            })
            .collect()
    }

    /// The links that what is typed means: all at first, one by its number, or some by their words.
    pub(crate) fn links_meant(&self, typed: &str) -> Vec<Link> {
        let typed = typed.trim().to_lowercase();
        let is_meant = |link: &Link| match typed.parse::<usize>() {
            Ok(number) => link.number == number,
            Err(_) => link.to.to_lowercase().contains(&typed),
        };
        self.links().into_iter().filter(is_meant).collect()
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
