//! One name for one thing: folders, modules and the table of graders agree, and no name says
//! nothing.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::tree::{File, Finding};

/// Words that could stand on anything.
const EMPTY_WORDS: &[&str] = &[
    "manager",
    "helper",
    "util",
    "handler",
    "processor",
    "data",
    "info",
    "misc",
];

#[derive(Deserialize)]
struct LabStatus {
    status: String,
}

/// Labs that have a folder in one place and not in another.
pub(crate) fn labs_without_a_room(files: &[File]) -> Vec<Finding> {
    let graded: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| {
            file.path
                .strip_prefix("graders/")?
                .strip_suffix("/grader.rs")
        })
        .collect();
    let mut findings = Vec::new();
    let mut open = BTreeSet::new();
    for file in files {
        let Some(lab) = lab_of(&file.path) else {
            continue;
        };
        match toml::from_str::<LabStatus>(&file.text) {
            Ok(found) if found.status == "open" => {
                open.insert(lab);
            }
            Ok(_) => {}
            Err(error) => findings.push(file.finding(1, format!("no status: {error}"))),
        }
    }
    for lab in graded.union(&open) {
        let templates = format!("templates/{lab}/");
        let places = [
            ("graders/LAB/grader.rs", graded.contains(lab)),
            (
                "curriculum/WEEK/LAB/lab.toml with status = \"open\"",
                open.contains(lab),
            ),
            (
                "templates/LAB/",
                files.iter().any(|file| file.path.starts_with(&templates)),
            ),
        ];
        for (place, _) in places.iter().filter(|(_, there)| !there) {
            findings.push(Finding {
                file: place.replace("LAB", lab),
                line: 1,
                what: format!("{lab} is missing here; a lab has one name in every place"),
            });
        }
    }
    findings
}

/// `curriculum/week-01-api-design/rest-api/lab.toml` is of `rest-api`.
fn lab_of(path: &str) -> Option<&str> {
    let inside = path
        .strip_prefix("curriculum/")?
        .strip_suffix("/lab.toml")?;
    Some(inside.split_once('/')?.1)
}

/// Graders whose folder, `mod` line and row of the table are not all there.
pub(crate) fn graders_out_of_step(files: &[File]) -> Vec<Finding> {
    let folders: BTreeSet<String> = files
        .iter()
        .filter_map(|file| {
            file.path
                .strip_prefix("graders/")?
                .strip_suffix("/grader.rs")
        })
        .map(ToOwned::to_owned)
        .collect();
    let Some(table) = files.iter().find(|file| file.path == "graders/lib.rs") else {
        return vec![Finding {
            file: "graders/lib.rs".to_owned(),
            line: 1,
            what: "the table of graders is missing".to_owned(),
        }];
    };
    let mut findings = Vec::new();
    let mut lines = BTreeSet::new();
    for (folder, module) in module_lines(&table.text) {
        if module != folder.replace('-', "_") {
            let what = format!("{folder} is declared as `mod {module}`");
            findings.push(table.finding(1, what));
        }
        lines.insert(folder);
    }
    let rows: BTreeSet<String> = rows(table);
    for lab in folders.union(&lines) {
        let row = lab.replace('-', "_");
        for (place, there) in [
            ("grader.rs", folders.contains(lab)),
            ("`#[path] mod` line", lines.contains(lab)),
            ("row in GRADERS", rows.contains(&row)),
        ] {
            if !there {
                findings.push(table.finding(1, format!("{lab} has no {place}")));
            }
        }
    }
    for row in rows {
        if !lines.iter().any(|lab| lab.replace('-', "_") == row) {
            findings.push(table.finding(1, format!("the row {row} has no `#[path] mod` line")));
        }
    }
    findings
}

/// The folder and the module of each `#[path = "x/grader.rs"] mod x;`.
fn module_lines(text: &str) -> Vec<(String, String)> {
    text.split("#[path = \"")
        .skip(1)
        .filter_map(|rest| {
            let (folder, rest) = rest.split_once("/grader.rs\"]")?;
            let module = rest.split_once("mod ")?.1.split_once(';')?.0;
            Some((folder.to_owned(), module.trim().to_owned()))
        })
        .collect()
}

fn rows(table: &File) -> BTreeSet<String> {
    let source = table.source();
    let declared = source
        .code
        .split_once("GRADERS:")
        .map_or("", |(_, rest)| rest);
    let value = declared.split_once('=').map_or("", |(_, rest)| rest);
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .split("::GRADER")
        .filter_map(|before| {
            let row = before
                .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
                .next()?;
            (!row.is_empty()).then(|| row.to_owned())
        })
        .collect()
}

/// Files, modules and types whose name says nothing.
pub(crate) fn empty_names(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_shipped_rust()) {
        let place = file.path.strip_suffix(".rs").unwrap_or(&file.path);
        for part in place.split('/') {
            if let Some(word) = empty_word(part) {
                let what = format!("the name `{part}` says only `{word}`");
                findings.push(file.finding(1, what));
            }
        }
        let tokens = file.source().tokens();
        for pair in tokens.windows(2) {
            let declares = ["mod", "struct", "enum", "trait", "type", "union"];
            if !declares.contains(&pair[0].text.as_str()) {
                continue;
            }
            if let Some(word) = empty_word(&pair[1].text) {
                let what = format!("the name `{}` says only `{word}`", pair[1].text);
                findings.push(file.finding(pair[1].line, what));
            }
        }
    }
    findings
}

fn empty_word(name: &str) -> Option<&'static str> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c.is_uppercase() || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && c.is_alphanumeric()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.iter().find_map(|word| {
        EMPTY_WORDS
            .iter()
            .copied()
            .find(|empty| word == empty || word.strip_suffix('s') == Some(empty))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::is_found;

    #[test]
    fn a_lab_that_lacks_a_folder_is_seen() {
        let files = [
            File::planted("graders/rest-api/grader.rs", ""),
            File::planted("templates/rest-api/go/main.go", ""),
            File::planted("curriculum/week-01/rest-api/lab.toml", "status = \"open\""),
            File::planted("curriculum/week-01/grpc/lab.toml", "status = \"planned\""),
        ];
        assert_eq!(labs_without_a_room(&files), []);
        for (left_out, place) in [
            (0, "graders/rest-api"),
            (1, "templates/"),
            (2, "curriculum/"),
        ] {
            let mut kept: Vec<&File> = files.iter().collect();
            kept.remove(left_out);
            let kept: Vec<File> = kept
                .into_iter()
                .map(|file| File::planted(&file.path, &file.text))
                .collect();
            is_found(&labs_without_a_room(&kept), place);
        }
    }

    #[test]
    fn a_grader_without_its_line_or_row_is_seen() {
        let planted = |text: &str| {
            graders_out_of_step(&[
                File::planted("graders/rest-api/grader.rs", ""),
                File::planted("graders/lib.rs", text),
            ])
        };
        let line = "#[path = \"rest-api/grader.rs\"]\nmod rest_api;\n";
        let row = "pub const GRADERS: &[Grader] = &[rest_api::GRADER];\n";
        assert_eq!(planted(&format!("{line}{row}")), []);
        is_found(&planted(row), "no `#[path] mod` line");
        is_found(
            &planted(&format!("{line}pub const GRADERS: &[Grader] = &[];")),
            "no row",
        );
        let twice = "pub const GRADERS: &[G] = &[rest_api::GRADER, other::GRADER];";
        is_found(&planted(&format!("{line}{twice}")), "the row other");
        is_found(
            &planted(&format!("{}{row}", line.replace("rest_api", "rest"))),
            "mod rest",
        );
    }

    #[test]
    fn a_name_that_says_nothing_is_seen() {
        let planted = |path: &str, text: &str| empty_names(&[File::planted(path, text)]);
        is_found(&planted("src/cli/utils.rs", ""), "util");
        is_found(&planted("src/app/mod.rs", "struct RunInfo;"), "RunInfo");
        is_found(
            &planted("graders/kit/src/a.rs", "mod http_helper;"),
            "http_helper",
        );
        assert_eq!(
            planted("src/app/a.rs", "struct Metadata; // data\nenum Info3 {}"),
            []
        );
    }
}
