//! From texts to a [`Curriculum`]: parsed, and everything a command relies on checked.

use std::collections::BTreeMap;

use mastery_kit::id::LabId;
use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, Deserializer},
};

use super::{
    Capstone, CheckText, Curriculum, CurriculumError, ErrorKind, Unit, UnitKind, Week,
    files::Files,
    shapes::{CheckToml, CurriculumToml, FORMAT, LabToml, WeekToml},
    suggest,
};

const INDEX: &str = "curriculum.toml";

/// Reads and checks everything.
pub(super) fn load(files: Files) -> Result<Curriculum, CurriculumError> {
    let text = files.text(INDEX).ok_or_else(|| {
        CurriculumError::new(
            ErrorKind::MissingFile,
            files.named(INDEX),
            "the curriculum has no `curriculum.toml`",
        )
    })?;
    let index: CurriculumToml = parse(&files.named(INDEX), text)?;
    let reader = Reader {
        files: &files,
        index: text,
    };
    reader.ids_are_unique(&index)?;
    let weeks = index
        .week
        .into_iter()
        .map(|week| reader.week(week))
        .collect::<Result<_, _>>()?;
    let capstone = Capstone {
        id: index.capstone.id.into_inner(),
        title: index.capstone.title,
        goal: index.capstone.goal,
        status: index.capstone.status,
        components: index.capstone.components,
    };
    Ok(Curriculum {
        id: index.id,
        title: index.title,
        language: index.language,
        weeks,
        capstone,
        files,
    })
}

/// One TOML file, its format looked at before its keys: a newer one may have others.
fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, CurriculumError> {
    let table = DeTable::parse(text)
        .map_err(|error| CurriculumError::toml(file.to_owned(), text, &error, false))?;
    if let Some((_, format)) = table.get_ref().get_key_value("format") {
        let number = format.get_ref().as_integer();
        let newer = number
            .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| *number > i64::from(FORMAT));
        if let Some(newer) = newer {
            return Err(CurriculumError::new(
                ErrorKind::NewerFormat,
                file,
                format!("this was written for a newer `mastery`: format {newer}"),
            )
            .at(
                text,
                format.span(),
                format!("this one reads format {FORMAT}"),
            )
            .help("update `mastery`"));
        }
    }
    T::deserialize(Deserializer::from(table))
        .map_err(|error| CurriculumError::toml(file.to_owned(), text, &error, true))
}

/// What is at hand while weeks are read.
struct Reader<'f> {
    files: &'f Files,
    /// The text of `curriculum.toml`.
    index: &'f str,
}

impl Reader<'_> {
    /// Weeks, units and the capstone share one space of names: the command line has one word for
    /// each.
    fn ids_are_unique(&self, index: &CurriculumToml) -> Result<(), CurriculumError> {
        let units = index.week.iter().flat_map(|week| {
            [&week.id]
                .into_iter()
                .chain(&week.labs)
                .chain(&week.challenge)
        });
        let mut seen = BTreeMap::new();
        for id in units.chain([&index.capstone.id]) {
            if let Some(first) = seen.insert(id.get_ref(), id.span()) {
                return Err(duplicate(
                    self.files.named(INDEX),
                    self.index,
                    id.get_ref().as_str(),
                    (first, id.span()),
                ));
            }
        }
        Ok(())
    }

    fn week(&self, week: WeekToml) -> Result<Week, CurriculumError> {
        let inside = format!("{}/", week.id.get_ref());
        if !self.files.texts().any(|path| path.starts_with(&inside)) {
            return Err(self.no_folder(&week.id, &format!("there is no folder `{inside}`")));
        }
        let id = week.id.into_inner();
        let labs = week.labs.into_iter().map(|lab| (lab, UnitKind::Lab));
        let challenge = week.challenge.map(|id| (id, UnitKind::Challenge));
        let units = labs
            .chain(challenge)
            .map(|(unit, kind)| self.unit(&id, unit, kind))
            .collect::<Result<_, _>>()?;
        Ok(Week {
            id,
            title: week.title,
            goal: week.goal,
            deliverable: week.deliverable,
            units,
        })
    }

    fn unit(
        &self,
        week: &LabId,
        id: Spanned<LabId>,
        kind: UnitKind,
    ) -> Result<Unit, CurriculumError> {
        let path = format!("{week}/{}/lab.toml", id.get_ref());
        let Some(text) = self.files.text(&path) else {
            return Err(self.no_folder(&id, &format!("there is no file `{path}`")));
        };
        let file = self.files.named(&path);
        let lab: LabToml = parse(&file, text)?;
        let place = Place { file: &file, text };
        place.check_lab(&lab)?;
        Ok(Unit {
            id: id.into_inner(),
            kind,
            week: week.clone(),
            title: lab.title,
            goal: lab.goal,
            status: lab.status,
            component: lab.component.map(Spanned::into_inner),
            languages: lab.languages,
            services: lab.services,
            isolation: lab.isolation,
            smoke: lab.smoke.into_iter().map(Spanned::into_inner).collect(),
            revision: lab.revision,
            renamed: lab
                .renamed
                .into_iter()
                .map(|(old, new)| (old.into_inner(), new.into_inner()))
                .collect(),
            options: lab.options,
            env: lab.env,
            topics: lab.topics,
            outside: lab.outside,
            checks: lab
                .check
                .into_iter()
                .map(|check| place.check(check))
                .collect(),
        })
    }

    fn no_folder(&self, id: &Spanned<LabId>, label: &str) -> CurriculumError {
        let title = format!("`{}` is named here and is not there", id.get_ref());
        CurriculumError::new(ErrorKind::MissingFile, self.files.named(INDEX), title)
            .at(self.index, id.span(), label)
            .help("a week is a folder named like its id, a unit is one inside it with a `lab.toml`")
    }
}

/// One `lab.toml`.
struct Place<'f> {
    file: &'f str,
    text: &'f str,
}

impl Place<'_> {
    fn check_lab(&self, lab: &LabToml) -> Result<(), CurriculumError> {
        if let Some(grader) = &lab.grader {
            return Err(self.error(
                ErrorKind::Reserved,
                "`[grader]` is reserved for a later release",
                grader,
                "graders are compiled in",
            ));
        }
        if let Some(component) = &lab.component
            && component
                .get_ref()
                .split('/')
                .any(|part| part.parse::<LabId>().is_err())
        {
            return Err(self.error(
                ErrorKind::BadId,
                &format!("bad component `{}`", component.get_ref()),
                component,
                "a component is ids joined by `/`: `api/orders`",
            ));
        }
        self.checks_have_names(&lab.check)?;
        let known = || lab.check.iter().map(|check| check.id.get_ref().as_str());
        for name in lab.smoke.iter().chain(lab.renamed.values()) {
            if known().all(|check| check != name.get_ref()) {
                let label = suggest(name.get_ref(), known()).map_or_else(
                    || "no `[[check]]` has this id".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                let title = format!("unknown check `{}`", name.get_ref());
                return Err(self.error(ErrorKind::UnknownCheck, &title, name, &label));
            }
        }
        Ok(())
    }

    fn checks_have_names(&self, checks: &[CheckToml]) -> Result<(), CurriculumError> {
        let mut seen = BTreeMap::new();
        for check in checks {
            let id = check.id.get_ref().as_str();
            if !is_snake_case(id) {
                return Err(self.error(
                    ErrorKind::BadId,
                    &format!("bad id `{id}`"),
                    &check.id,
                    "a check's id is lower-case words joined by `_`",
                ));
            }
            if let Some(first) = seen.insert(id, check.id.span()) {
                let spans = (first, check.id.span());
                return Err(duplicate(self.file.to_owned(), self.text, id, spans));
            }
        }
        Ok(())
    }

    fn check(&self, check: CheckToml) -> CheckText {
        CheckText {
            line: self.text[..check.id.span().start].matches('\n').count() + 1,
            id: check.id.into_inner(),
            title: check.title,
            rule: check.rule,
            hints: check.hints,
        }
    }

    fn error<T>(
        &self,
        kind: ErrorKind,
        title: &str,
        at: &Spanned<T>,
        label: &str,
    ) -> CurriculumError {
        CurriculumError::new(kind, self.file, title).at(self.text, at.span(), label)
    }
}

type Span = std::ops::Range<usize>;

fn duplicate(file: String, text: &str, id: &str, spans: (Span, Span)) -> CurriculumError {
    CurriculumError::new(
        ErrorKind::Duplicate,
        file,
        format!("`{id}` stands here twice"),
    )
    .at(text, spans.1, "again")
    .and_at(spans.0, "first")
}

/// Words of lower-case letters and digits, joined by `_`, beginning with a letter.
pub(super) fn is_snake_case(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.split('_').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}
