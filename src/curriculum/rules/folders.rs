//! No stray files: each has a place, and the name of its place is known.

use std::collections::BTreeMap;

use mastery_kit::bench::Grader;

use super::{
    super::{Curriculum, Language, Templates, suggest, templates::written_name},
    Findings,
};

/// Files that are in a folder of the curriculum and in nobody's course.
pub(super) fn curriculum(curriculum: &Curriculum, findings: &mut Findings) {
    let files = &curriculum.files;
    for path in files
        .texts()
        .chain(files.others().iter().map(String::as_str))
    {
        let parts: Vec<&str> = path.split('/').collect();
        let wrong = match *parts.as_slice() {
            ["curriculum.toml"] => None,
            [week, ..] if parts.len() > 1 && curriculum.week(week).is_none() => Some(unknown(
                "week",
                week,
                curriculum.weeks().iter().map(|week| week.id.as_str()),
            )),
            [_, "README.md" | "challenges.md"] => None,
            [week, unit, name] => {
                let known = curriculum
                    .week(week)
                    .into_iter()
                    .flat_map(|week| &week.units);
                let known: Vec<_> = known.map(|unit| unit.id.as_str()).collect();
                if !known.contains(&unit) {
                    Some(unknown(&format!("unit of `{week}`"), unit, known))
                } else if matches!(name, "lab.toml" | "README.md") {
                    None
                } else {
                    Some("a unit's folder holds `lab.toml` and `README.md`".to_owned())
                }
            }
            _ => Some("this file has no place in a curriculum".to_owned()),
        };
        if let Some(what) = wrong {
            findings.add(files.named(path), None, what);
        }
    }
}

fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let said = format!("`{name}` is no {kind} in `curriculum.toml`");
    match suggest(name, known) {
        Some(meant) => format!("{said}; did you mean `{meant}`?"),
        None => said,
    }
}

/// Files among the templates that nobody would be given, or that cargo or git would take away.
pub(super) fn templates(
    curriculum: &Curriculum,
    graders: &[Grader],
    templates: Templates,
    findings: &mut Findings,
) {
    let mut written = BTreeMap::new();
    for file in templates.stored() {
        let path = file.path;
        let mut add = |what: String| findings.add(format!("templates/{path}"), None, what);
        if let Some(what) = wrong_place(curriculum, graders, path).or_else(|| wrong_name(path)) {
            add(what);
        }
        if let Some(other) = written.insert(written_name(path), path) {
            add(format!(
                "this and `{other}` would be written to the same file"
            ));
        }
    }
}

fn wrong_place(curriculum: &Curriculum, graders: &[Grader], path: &str) -> Option<String> {
    match *path.split('/').collect::<Vec<_>>().as_slice() {
        ["workspace" | "week", _, ..] => None,
        [lab, folder, _, ..] => {
            let unit = curriculum.unit(lab);
            let language = folder.parse::<Language>();
            match (folder, unit, language) {
                ("contract" | "other", Some(_), _) | (_, Some(_), Ok(_)) => None,
                (_, Some(_), Err(error)) => Some(format!(
                    "a unit's folders are `contract`, `other` and its languages: {error}"
                )),
                // A directory given by `--curriculum` may leave a unit out.
                (_, None, _) if graders.iter().any(|grader| grader.lab == lab) => None,
                (_, None, _) => Some(format!(
                    "there is no unit `{lab}`; beside units there are `workspace` and `week`"
                )),
            }
        }
        _ => Some("this file belongs to no template".to_owned()),
    }
}

fn wrong_name(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ends = |end| {
        std::path::Path::new(name)
            .extension()
            .is_some_and(|is| is == end)
    };
    match name {
        "Cargo.toml" => Some(
            "cargo leaves out every folder with a `Cargo.toml`; name it `Cargo.toml.in`".to_owned(),
        ),
        ".gitignore" => {
            Some("git would obey it in this repository; name it `.gitignore.in`".to_owned())
        }
        ".DS_Store" | "Thumbs.db" => Some("this was left by a file browser".to_owned()),
        _ if name.ends_with('~') || ends("swp") || ends("orig") || ends("rej") => {
            Some("this was left by an editor or a merge".to_owned())
        }
        _ if ends("pyc") || ends("o") => Some("this was left by a build".to_owned()),
        _ => None,
    }
}
