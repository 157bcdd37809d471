//! Which units a command is about: one resolver for every command (decision 1).

use std::{fmt, path::Path};

use crate::curriculum::{Curriculum, Found, NameError, Unit, Week};

/// Where a unit's folder stands in a workspace, from its root.
pub fn place(unit: &Unit) -> String {
    format!("{}/labs/{}", unit.week, unit.id)
}

/// Why no unit could be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// No unit, week or capstone has this name.
    Name(NameError),
    /// It is planned, not open.
    Planned { id: String, title: String },
    /// A week none of whose units is open.
    PlannedWeek { id: String },
    /// The capstone cannot be graded yet.
    Capstone,
    /// Open, but its folder is not there.
    NotStarted { id: String },
    /// Nothing was named, and nothing says what is meant.
    Nothing,
    /// A week of several units, where one is wanted.
    Several { units: Vec<String> },
}

/// What a name, or the folder one stands in, is about.
#[derive(Clone, Debug)]
pub struct Scope<'c> {
    pub units: Vec<&'c Unit>,
}

/// Finds the units to grade. `last` is the unit last started, if any is known.
pub fn to_grade<'c>(
    curriculum: &'c Curriculum,
    root: &Path,
    here: &Path,
    named: Option<&str>,
    last: Option<&str>,
) -> Result<Scope<'c>, ScopeError> {
    let found = meant(curriculum, root, here, named, last)?;
    let week = matches!(found, Meant::Week(_));
    let open = found.open()?;
    let started: Vec<&Unit> = open
        .iter()
        .copied()
        .filter(|unit| root.join(place(unit)).is_dir())
        .collect();
    if started.is_empty() {
        let id = open[0].id.to_string();
        return Err(ScopeError::NotStarted { id });
    }
    Ok(Scope {
        units: if week {
            started
        } else {
            started.into_iter().take(1).collect()
        },
    })
}

/// Finds the one unit whose attempts are looked at: its folder need not be there any more.
pub fn to_look_at<'c>(
    curriculum: &'c Curriculum,
    root: &Path,
    here: &Path,
    named: Option<&str>,
    last: Option<&str>,
) -> Result<&'c Unit, ScopeError> {
    let found = meant(curriculum, root, here, named, last)?;
    match found.open()?.as_slice() {
        [one] => Ok(one),
        several => Err(ScopeError::Several {
            units: several.iter().map(|unit| unit.id.to_string()).collect(),
        }),
    }
}

/// Finds the units to start: the one named, or the open ones of the week named.
pub fn to_start<'c>(curriculum: &'c Curriculum, text: &str) -> Result<Scope<'c>, ScopeError> {
    let units = named_units(curriculum, text)?.open()?;
    Ok(Scope { units })
}

enum Meant<'c> {
    Week(&'c Week),
    Unit(&'c Unit),
}

impl<'c> Meant<'c> {
    fn units(&self) -> Vec<&'c Unit> {
        match self {
            Self::Week(week) => week.units.iter().collect(),
            Self::Unit(unit) => vec![unit],
        }
    }

    /// Those that are open: at least one.
    fn open(&self) -> Result<Vec<&'c Unit>, ScopeError> {
        let mut open = self.units();
        open.retain(|unit| unit.is_open());
        if open.is_empty() {
            return Err(self.planned());
        }
        Ok(open)
    }

    fn planned(&self) -> ScopeError {
        match self {
            Self::Week(week) => ScopeError::PlannedWeek {
                id: week.id.to_string(),
            },
            Self::Unit(unit) => ScopeError::Planned {
                id: unit.id.to_string(),
                title: unit.title.clone(),
            },
        }
    }
}

/// What was named, else what the folder one stands in, or the unit last started, is about.
fn meant<'c>(
    curriculum: &'c Curriculum,
    root: &Path,
    here: &Path,
    named: Option<&str>,
    last: Option<&str>,
) -> Result<Meant<'c>, ScopeError> {
    match named {
        Some(text) => named_units(curriculum, text),
        None => units_here(curriculum, root, here, last),
    }
}

fn named_units<'c>(curriculum: &'c Curriculum, text: &str) -> Result<Meant<'c>, ScopeError> {
    // `week-01-api-design/labs/rest-api/` is what a shell completes.
    let text = text
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(text);
    match curriculum.find(text).map_err(ScopeError::Name)? {
        Found::Week(week) => Ok(Meant::Week(week)),
        Found::Unit(unit) => Ok(Meant::Unit(unit)),
        Found::Capstone(_) => Err(ScopeError::Capstone),
    }
}

fn units_here<'c>(
    curriculum: &'c Curriculum,
    root: &Path,
    here: &Path,
    last: Option<&str>,
) -> Result<Meant<'c>, ScopeError> {
    let below = here.strip_prefix(root).unwrap_or_else(|_| Path::new(""));
    let mut parts = below
        .components()
        .filter_map(|part| part.as_os_str().to_str());
    let week = parts.next().and_then(|name| curriculum.week(name));
    if let Some(week) = week {
        let unit = parts
            .nth(1)
            .and_then(|name| week.units.iter().find(|u| u.id.as_str() == name));
        return Ok(unit.map_or(Meant::Week(week), Meant::Unit));
    }
    if let Some(unit) = last.and_then(|id| curriculum.unit(id)) {
        return Ok(Meant::Unit(unit));
    }
    let mut started = curriculum
        .units()
        .filter(|unit| root.join(place(unit)).is_dir());
    match (started.next(), started.next()) {
        (Some(only), None) => Ok(Meant::Unit(only)),
        (None, _) | (_, Some(_)) => Err(ScopeError::Nothing),
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(NameError::Unknown { text, did_you_mean }) => {
                write!(f, "There is no lab, challenge or week `{text}`")?;
                match did_you_mean {
                    Some(meant) => write!(f, "; did you mean `{meant}`?"),
                    None => f.write_str("."),
                }
            }
            Self::Name(error @ NameError::Ambiguous { .. }) => write!(f, "{error}."),
            Self::Planned { id, title } => write!(f, "`{id}` ({title}) opens in a later release."),
            Self::PlannedWeek { id } => write!(
                f,
                "Nothing of `{id}` is open yet: it opens in a later release."
            ),
            Self::Capstone => f.write_str("The capstone opens in a later release."),
            Self::NotStarted { id } => write!(f, "`{id}` has not been started in this workspace."),
            Self::Nothing => {
                f.write_str("No lab was named, and none can be told from this folder.")
            }
            Self::Several { units } => write!(
                f,
                "Here are {}, and one of them is wanted.",
                units.join(" and ")
            ),
        }
    }
}

impl std::error::Error for ScopeError {}

impl ScopeError {
    /// What to do next.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Name(_) | Self::Planned { .. } | Self::PlannedWeek { .. } | Self::Capstone => {
                vec!["`mastery progress` lists every lab and which are open.".to_owned()]
            }
            Self::NotStarted { id } => vec![format!("Start it with `mastery start {id}`.")],
            Self::Nothing => vec![
                "Name one (`mastery grade rest-api`), or stand in its folder.".to_owned(),
                "`mastery progress` lists every lab and which are open.".to_owned(),
            ],
            Self::Several { .. } => vec!["Name it, or go into its folder.".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Curriculum {
        Curriculum::embedded().expect("the embedded curriculum is whole")
    }

    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("week-01-api-design/labs/rest-api/src"))
            .unwrap();
        folder
    }

    fn ids(scope: Result<Scope<'_>, ScopeError>) -> Vec<String> {
        scope
            .unwrap()
            .units
            .iter()
            .map(|unit| unit.id.to_string())
            .collect()
    }

    #[test]
    fn a_folder_says_which_lab_is_meant() {
        let (course, folder) = (course(), workspace());
        let root = folder.path();
        for here in [
            "week-01-api-design/labs/rest-api/src",
            "week-01-api-design/labs",
            "week-01-api-design",
            "",
        ] {
            let scope = to_grade(&course, root, &root.join(here), None, None);
            assert_eq!(ids(scope), ["rest-api"], "in {here:?}");
        }
    }

    #[test]
    fn a_name_may_be_a_week_a_prefix_or_a_path() {
        let (course, folder) = (course(), workspace());
        let root = folder.path();
        for name in [
            "rest-api",
            "rest",
            "week-01",
            "week-01-api-design/labs/rest-api/",
        ] {
            assert_eq!(
                ids(to_grade(&course, root, root, Some(name), None)),
                ["rest-api"],
                "{name}"
            );
        }
    }

    #[test]
    fn what_cannot_be_graded_is_told_plainly() {
        let (course, folder) = (course(), tempfile::tempdir().unwrap());
        let told = |name| {
            to_grade(&course, folder.path(), folder.path(), name, None)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            told(Some("rest-api")),
            "`rest-api` has not been started in this workspace."
        );
        assert!(told(Some("grpc-service")).ends_with("opens in a later release."));
        assert!(told(Some("week-05")).ends_with("it opens in a later release."));
        assert_eq!(
            told(Some("trading-agent-backend")),
            "The capstone opens in a later release."
        );
        assert_eq!(
            told(None),
            "No lab was named, and none can be told from this folder."
        );
        assert!(told(Some("rest-apj")).contains("rest-api"));
    }
}
