//! Sizes, blanks, places of one machine, and the words a learner reads.

use std::{collections::BTreeSet, path::Path};

use crate::{
    source::Piece,
    tree::{File, Finding},
};

const LINES: usize = 400;
const LINES_OF_MOD: usize = 150;

/// Folders of the machine somebody worked on, in two pieces so that they do not stand here.
const OF_ONE_MACHINE: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/tmp/", "trees"),
    concat!("/ro", "ot/"),
];

/// Words that talk down or make light of what is hard. In two pieces where they are rare enough to
/// be looked for everywhere.
const UNKIND: &[&str] = &["oops", "great job", "simply", "just", "please"];

/// Files that want to be split.
pub(crate) fn too_long(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_our_rust()) {
        let lines = file.lines().count();
        let (limit, why) = if file.name() == "mod.rs" {
            (LINES_OF_MOD, "a mod.rs declares and documents")
        } else {
            (LINES - 1, "split it where its parts part")
        };
        if lines > limit {
            findings.push(file.finding(lines, format!("{lines} lines, {limit} at most: {why}")));
        }
    }
    findings
}

/// Blanks at the end of a line, and tabs outside of code blocks.
pub(crate) fn untidy_blanks(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let markdown = file.has_extension("md");
        if !markdown && !file.has_extension("toml") {
            continue;
        }
        let mut fenced = false;
        for (line, text) in file.lines() {
            fenced ^= markdown && text.trim_start().starts_with("```");
            if text.ends_with([' ', '\t']) {
                findings.push(file.finding(line, "a blank at the end of the line"));
            }
            if text.contains('\t') && !fenced {
                findings.push(file.finding(line, "a tab"));
            }
        }
    }
    findings
}

/// Paths that exist on one machine only.
pub(crate) fn places_of_one_machine(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (line, text) in file.lines() {
            for place in OF_ONE_MACHINE {
                // `refs/work/` and `{commit}/work/` are no absolute paths.
                let absolute = text.match_indices(place).any(|(at, _)| {
                    !text[..at].ends_with(|c: char| c.is_alphanumeric() || "_.-}>)*".contains(c))
                });
                if absolute {
                    findings
                        .push(file.finding(line, format!("`{place}` is a place of one machine")));
                }
            }
        }
    }
    findings
}

/// Words no learner should read, in the course's texts and in what the program says.
pub(crate) fn unkind_words(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for piece in said_by(file) {
            for word in UNKIND {
                if has_word(&piece.text.to_lowercase(), word) {
                    findings.push(file.finding(piece.line, format!("a learner reads `{word}`")));
                }
            }
        }
    }
    findings
}

/// The pieces of a file that a learner may come to read.
fn said_by(file: &File) -> Vec<Piece> {
    let taught = file.path.starts_with("curriculum/") || file.path.starts_with("templates/");
    if taught {
        let line = |(line, text): (usize, &str)| Piece {
            line,
            text: text.to_owned(),
        };
        return file.lines().map(line).collect();
    }
    if !file.is_shipped_rust() {
        return Vec::new();
    }
    let source = file.source();
    let tests = source.test_lines();
    let mut said: Vec<Piece> = source.strings;
    if file.path.starts_with("src/cli/") {
        // clap makes the help of the doc comments.
        let docs = source.comments.into_iter();
        said.extend(docs.filter(|comment| comment.text.starts_with("///")));
    }
    said.retain(|piece| {
        !tests
            .iter()
            .any(|&(from, to)| (from..=to).contains(&piece.line))
    });
    said
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let outside = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        outside(text[..at].chars().next_back()) && outside(text[at + word.len()..].chars().next())
    })
}

/// Dependencies a package declares and never names.
pub(crate) fn unused_dependencies(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in files.iter().filter(|file| is_manifest(file)) {
        let folder = manifest.path.strip_suffix("Cargo.toml").unwrap_or_default();
        let named: BTreeSet<String> = files
            .iter()
            .filter(|file| file.is_our_rust() && belongs_to(folder, &file.path))
            .flat_map(|file| file.source().tokens())
            .map(|token| token.text)
            .collect();
        for package in dependencies(manifest) {
            if !named.contains(&package) {
                let declares = |(_, text): &(usize, &str)| {
                    let name = text.split(['.', ' ', '=']).next().unwrap_or_default();
                    name.replace('-', "_") == package
                };
                let line = manifest.lines().filter(declares).last();
                let line = line.map_or(1, |(line, _)| line);
                findings.push(manifest.finding(line, format!("{package} is not used")));
            }
        }
    }
    findings
}

pub(crate) fn is_manifest(file: &File) -> bool {
    ["Cargo.toml", "graders/Cargo.toml", "graders/kit/Cargo.toml"].contains(&file.path.as_str())
}

/// Whether a shipped file belongs to the package in this folder.
fn belongs_to(folder: &str, path: &str) -> bool {
    match folder {
        "" => path.starts_with("src/"),
        "graders/" => path.starts_with(folder) && !path.starts_with("graders/kit/"),
        _ => Path::new(path).starts_with(folder),
    }
}

/// The packages in `[dependencies]`, as Rust names them.
pub(crate) fn dependencies(manifest: &File) -> Vec<String> {
    let table: toml::Table = toml::from_str(&manifest.text).expect("cargo has read the manifest");
    let listed = table.get("dependencies").and_then(toml::Value::as_table);
    listed
        .into_iter()
        .flat_map(toml::Table::keys)
        .map(|name| name.replace('-', "_"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::is_found;

    #[test]
    fn a_long_file_is_seen() {
        let planted = |path: &str, lines: usize| {
            too_long(&[File::planted(path, &"// a line\n".repeat(lines))])
        };
        is_found(&planted("src/app/start.rs", 400), "400 lines");
        is_found(&planted("src/app/mod.rs", 151), "151 lines");
        assert_eq!(planted("src/app/start.rs", 399), []);
        assert_eq!(planted("graders/rest-api/reference/rust/main.rs", 500), []);
    }

    #[test]
    fn untidy_blanks_are_seen() {
        let planted = |path: &str, text: &str| untidy_blanks(&[File::planted(path, text)]);
        is_found(&planted("a.md", "one\ntwo \n"), "a.md:2");
        is_found(&planted("a.toml", "a\t= 1"), "a tab");
        assert_eq!(planted("a.md", "```go\n\tx := 1\n```\n"), []);
    }

    #[test]
    fn a_place_of_one_machine_is_seen() {
        for place in OF_ONE_MACHINE {
            let file = File::planted("docs/a.md", &format!("see {place}main"));
            is_found(&places_of_one_machine(&[file]), place);
        }
        let inside = File::planted(
            "a.rs",
            &format!("refs{0}x {{commit}}{0}y", OF_ONE_MACHINE[0]),
        );
        assert_eq!(places_of_one_machine(&[inside]), []);
    }

    #[test]
    fn an_unkind_word_is_seen_where_a_learner_reads() {
        for word in UNKIND {
            let capital = word.to_uppercase();
            let text = File::planted("curriculum/a/README.md", &format!("Well, {capital}!"));
            is_found(&unkind_words(&[text]), word);
            let said = File::planted("src/report/plain.rs", &format!("f(\"{word} run\")"));
            is_found(&unkind_words(&[said]), word);
            let help = File::planted("src/cli/command/run.rs", &format!("/// Runs {word}.\n"));
            is_found(&unkind_words(&[help]), word);
        }
        let calm = File::planted(
            "src/report/plain.rs",
            "f(\"adjust the justice\") // just so",
        );
        assert_eq!(unkind_words(&[calm]), []);
    }

    #[test]
    fn an_unused_dependency_is_seen() {
        let files = [
            File::planted(
                "Cargo.toml",
                "[dependencies]\nclap-mangen.workspace = true\nserde-json = \"1\"",
            ),
            File::planted("src/lib.rs", "use serde_json::Value; // clap_mangen"),
        ];
        let found = unused_dependencies(&files);
        assert_eq!(found.len(), 1);
        is_found(&found, "Cargo.toml:2: clap_mangen");
    }
}
