//! The course as it was opened: weeks, units, the capstone, and their texts.

use std::path::Path;

use mastery_kit::id::LabId;

use super::{CurriculumError, NameError, Status, Unit, UnitKind, files, load, resolve_name};

/// The whole course, in order.
#[derive(Debug)]
pub struct Curriculum {
    pub(super) id: LabId,
    pub(super) title: String,
    pub(super) language: String,
    pub(super) weeks: Vec<Week>,
    pub(super) capstone: Capstone,
    pub(super) files: files::Files,
}

/// One week: its labs in order, then its challenge.
#[derive(Clone, Debug)]
pub struct Week {
    pub id: LabId,
    pub title: String,
    pub goal: String,
    pub deliverable: String,
    pub units: Vec<Unit>,
}

/// What a week's folder says beside its units.
#[derive(Clone, Copy, Debug)]
pub struct WeekText<'c> {
    pub readme: Option<&'c str>,
    pub challenges: Option<&'c str>,
}

/// The backend into which passed labs are joined.
#[derive(Clone, Debug)]
pub struct Capstone {
    pub id: LabId,
    /// Empty when the curriculum gives none.
    pub title: String,
    pub goal: String,
    pub status: Status,
    pub components: Vec<LabId>,
}

/// What a name on the command line stands for.
#[derive(Clone, Copy, Debug)]
pub enum Found<'c> {
    Week(&'c Week),
    Unit(&'c Unit),
    Capstone(&'c Capstone),
}

impl Curriculum {
    /// The curriculum this binary carries.
    pub fn embedded() -> Result<Self, CurriculumError> {
        load::load(files::Files::embedded()?)
    }

    /// The curriculum in `dir`, which holds a `curriculum.toml`. Texts only: graders and templates
    /// are those compiled in.
    pub fn open(dir: &Path) -> Result<Self, CurriculumError> {
        load::load(files::Files::read(dir)?)
    }

    pub fn id(&self) -> &LabId {
        &self.id
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    /// The language of the texts: `en`.
    pub fn language(&self) -> &str {
        &self.language
    }

    pub fn weeks(&self) -> &[Week] {
        &self.weeks
    }

    /// The week of exactly this id.
    pub fn week(&self, id: &str) -> Option<&Week> {
        self.weeks.iter().find(|week| week.id.as_str() == id)
    }

    /// Every lab and challenge, in the course's order.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.weeks.iter().flat_map(|week| &week.units)
    }

    /// The lab or challenge of exactly this id.
    pub fn unit(&self, id: &str) -> Option<&Unit> {
        self.units().find(|unit| unit.id.as_str() == id)
    }

    pub fn capstone(&self) -> &Capstone {
        &self.capstone
    }

    /// What `text` names: a whole id or the unique beginning of one (`week-01`); a week's number alone
    /// (`1`, `week-1`) is its week.
    pub fn find(&self, text: &str) -> Result<Found<'_>, NameError> {
        let number = text.strip_prefix("week-").unwrap_or(text).parse::<u8>();
        let week = number.map(|number| format!("week-{number:02}"));
        let text = week.as_deref().unwrap_or(text);
        let weeks = self.weeks.iter().map(|week| (&week.id, Found::Week(week)));
        let units = self.units().map(|unit| (&unit.id, Found::Unit(unit)));
        let capstone = (&self.capstone.id, Found::Capstone(&self.capstone));
        let all: Vec<_> = weeks.chain(units).chain([capstone]).collect();
        let names: Vec<_> = all.iter().map(|(id, _)| id.as_str()).collect();
        let name = resolve_name(text, &names)?;
        let (_, found) = all
            .into_iter()
            .find(|(id, _)| id.as_str() == name)
            .expect("the name is one of these");
        Ok(found)
    }

    /// What the learner is asked to build: `README.md` beside the unit's `lab.toml`.
    pub fn brief(&self, unit: &Unit) -> Option<&str> {
        self.files
            .text(&format!("{}/{}/README.md", unit.week, unit.id))
    }

    /// The week's own `README.md` and `challenges.md`.
    pub fn week_text(&self, week: &Week) -> WeekText<'_> {
        WeekText {
            readme: self.files.text(&format!("{}/README.md", week.id)),
            challenges: self.files.text(&format!("{}/challenges.md", week.id)),
        }
    }
}

impl Week {
    pub fn labs(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(|unit| unit.kind == UnitKind::Lab)
    }

    pub fn challenge(&self) -> Option<&Unit> {
        self.units
            .iter()
            .find(|unit| unit.kind == UnitKind::Challenge)
    }

    /// The short form people type: `week-01` of `week-01-api-design`.
    pub fn number(&self) -> Option<&str> {
        let id = self.id.as_str();
        let (second, _) = id.match_indices('-').nth(1)?;
        Some(&id[..second])
    }
}
