//! `mastery author new LAB`: the folders and files a lab begins with. Nothing is overwritten.

use std::{fs, io, path::Path};

use mastery_kit::id::{BadId, LabId};

use super::{checkout::Checkout, error::ProofError};
use crate::curriculum::Curriculum;

/// What was made, and what the author writes by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaffolded {
    /// Below the checkout.
    pub created: Vec<String>,
    /// There already, left as they are.
    pub kept: Vec<String>,
    /// What is to be added where: `graders/lib.rs`, then the line.
    pub add: Vec<(String, String)>,
}

/// Lays out a lab. `week` says where a lab goes that the curriculum does not list yet.
pub fn new(
    checkout: &Checkout,
    curriculum: &Curriculum,
    lab: &str,
    week: Option<&str>,
) -> Result<Scaffolded, ProofError> {
    let id: LabId = lab
        .parse()
        .map_err(|error: BadId| ProofError::Usage(format!("{error}.")))?;
    let lab = id.as_str();
    let listed = curriculum.unit(lab);
    let week = match (listed, week) {
        (Some(unit), _) => unit.week.to_string(),
        (None, Some(text)) => week_of(curriculum, text)?,
        (None, None) => {
            let what =
                format!("`{lab}` is in no week of the curriculum; say which with --week week-01.");
            return Err(ProofError::Usage(what));
        }
    };
    let mut made = Scaffolded {
        created: Vec::new(),
        kept: Vec::new(),
        add: Vec::new(),
    };
    let title = title_of(lab);
    let module = lab.replace('-', "_");
    let texts = format!("curriculum/{week}/{lab}");
    let files = [
        (format!("{texts}/lab.toml"), LAB.replace("TITLE", &title)),
        (format!("{texts}/README.md"), BRIEF.replace("TITLE", &title)),
        (
            format!("templates/{lab}/contract/README.md"),
            CONTRACT.replace("TITLE", &title),
        ),
        (
            format!("graders/{lab}/grader.rs"),
            GRADER.replace("TITLE", &title).replace("LAB", lab),
        ),
    ];
    let root = checkout.root();
    for (path, text) in files {
        let is_new = create(&root.join(&path), &text)
            .map_err(|error| ProofError::bench(path.clone(), error))?;
        if is_new {
            made.created.push(path);
        } else {
            made.kept.push(path);
        }
    }
    for folder in ["reference", "unusual", "mutants", "manners"] {
        let path = format!("graders/{lab}/{folder}");
        let is_there = root.join(&path).is_dir();
        fs::create_dir_all(root.join(&path))
            .map_err(|error| ProofError::bench(path.clone(), error))?;
        if is_there {
            made.kept.push(format!("{path}/"));
        } else {
            made.created.push(format!("{path}/"));
        }
    }
    made.add = additions(root, lab, &module, &week, listed.is_some());
    Ok(made)
}

fn week_of(curriculum: &Curriculum, text: &str) -> Result<String, ProofError> {
    let weeks: Vec<&str> = curriculum
        .weeks()
        .iter()
        .map(|week| week.id.as_str())
        .collect();
    Ok(crate::curriculum::resolve_name(text, &weeks)?.to_owned())
}

/// What no file of its own can say.
fn additions(
    root: &Path,
    lab: &str,
    module: &str,
    week: &str,
    is_listed: bool,
) -> Vec<(String, String)> {
    let mut add = Vec::new();
    let table = fs::read_to_string(root.join("graders/lib.rs")).unwrap_or_default();
    if !table.contains(&format!("{module}::GRADER")) {
        let file = || "graders/lib.rs".to_owned();
        add.push((
            file(),
            format!("#[path = \"{lab}/grader.rs\"] mod {module};"),
        ));
        add.push((file(), format!("{module}::GRADER, in GRADERS")));
    }
    if !is_listed {
        let line = format!("\"{lab}\", in the labs of {week}");
        add.push(("curriculum/curriculum.toml".to_owned(), line));
    }
    add
}

/// Writes a file that is not there. False: it is, and stays as it is.
fn create(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::File::create_new(path) {
        Ok(mut file) => {
            io::Write::write_all(&mut file, text.as_bytes())?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// `rest-api` → `Rest api`: a beginning.
fn title_of(lab: &str) -> String {
    let words = lab.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

const LAB: &str = r#"format = 1
revision = 1
title = "TITLE"
goal = "You can say in one sentence what a learner can do after this lab."
status = "planned"
languages = ["python", "go", "typescript", "rust"]
services = []
"#;

const BRIEF: &str = "# TITLE

What the learner builds, for whom, and why it is hard. Everything that is checked stands here or in
`contract/`.
";

const CONTRACT: &str = "# TITLE: the contract

What every language gets: schemas, protocols, prose. Read-only for the learner; grading uses its own
copy.
";

const GRADER: &str = r#"//! TITLE: what it is about, in one sentence.

use mastery_kit::bench::Grader;

pub(crate) const GRADER: Grader = Grader {
    lab: "LAB",
    checks: &[],
};
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curriculum::rules;

    /// A checkout of the course's texts and the table of graders, nothing else.
    fn checkout(folder: &Path) -> Checkout {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in ["Cargo.toml", "graders/lib.rs", "graders/kit/Cargo.toml"] {
            let to = folder.join(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from.join(file), to).unwrap();
        }
        copy(&from.join("curriculum"), &folder.join("curriculum"));
        Checkout::find(folder).unwrap()
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }

    #[test]
    fn a_new_lab_passes_author_check_once_it_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = checkout(folder.path());
        let course = Curriculum::open(&checkout.curriculum()).unwrap();
        let made = new(&checkout, &course, "graphql-gateway", Some("week-01")).unwrap();
        assert_eq!(made.created.len(), 8, "{made:?}");
        let lines: Vec<&str> = made.add.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!(
            lines,
            [
                "#[path = \"graphql-gateway/grader.rs\"] mod graphql_gateway;",
                "graphql_gateway::GRADER, in GRADERS",
                "\"graphql-gateway\", in the labs of week-01-api-design",
            ]
        );
        let index = checkout.curriculum().join("curriculum.toml");
        let text = fs::read_to_string(&index).unwrap();
        let text = text.replace("\"grpc-service\"", "\"grpc-service\", \"graphql-gateway\"");
        fs::write(&index, text).unwrap();
        let course = Curriculum::open(&checkout.curriculum()).unwrap();
        assert!(!course.unit("graphql-gateway").unwrap().is_open());
        let findings = rules::check(&course, mastery_graders::GRADERS);
        let of_it: Vec<_> = findings
            .iter()
            .filter(|finding| finding.file.contains("graphql-gateway"))
            .collect();
        assert!(of_it.is_empty(), "{of_it:?}");
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = checkout(folder.path());
        let course = Curriculum::open(&checkout.curriculum()).unwrap();
        let path = checkout
            .curriculum()
            .join("week-01-api-design/rest-api/lab.toml");
        let before = fs::read(&path).unwrap();
        let made = new(&checkout, &course, "rest-api", None).unwrap();
        assert!(
            made.kept
                .iter()
                .any(|file| file.ends_with("rest-api/lab.toml")),
            "{made:?}"
        );
        assert!(made.add.is_empty(), "{made:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
        let again = new(&checkout, &course, "rest-api", None).unwrap();
        assert!(again.created.is_empty(), "{again:?}");
    }

    #[test]
    fn a_lab_nobody_lists_needs_a_week_and_a_name_that_is_an_id() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = checkout(folder.path());
        let course = Curriculum::open(&checkout.curriculum()).unwrap();
        let told = |lab, week| new(&checkout, &course, lab, week).unwrap_err().to_string();
        assert!(told("graphql-gateway", None).contains("--week"));
        assert!(told("../x", Some("week-01")).contains("is no id"));
        assert!(told("graphql-gateway", Some("week-99")).contains("week-99"));
    }
}
