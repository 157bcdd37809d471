//! Help, completions, the doctor, and what messages may name.

use std::{collections::BTreeSet, fs, path::Path};

use crate::cast::Learner;

#[test]
fn help_and_version_are_good_and_a_wrong_word_is_not() {
    let learner = Learner::new();
    learner
        .says(".", &["--version"])
        .good()
        .tells(&["mastery 0.1.0"]);
    for command in commands() {
        learner
            .says(".", &[&command, "--help"])
            .good()
            .tells(&["Usage: mastery"]);
    }
    learner.says(".", &[]).ends(2).tells(&["Usage: mastery"]);
    learner.says(".", &["grad"]).ends(2).tells(&["grade"]);
    learner
        .says(".", &["grade", "--sed"])
        .ends(2)
        .tells(&["--seed"]);
}

#[test]
fn completions_and_manual_pages_are_made() {
    let learner = Learner::new();
    for shell in ["bash", "zsh", "fish"] {
        learner
            .says(".", &["completions", shell])
            .good()
            .tells(&["progress"]);
    }
    learner.says(".", &["man"]).good().tells(&[".TH"]);
    learner.says(".", &["man", "grade"]).good().tells(&["seed"]);
    learner
        .says(".", &["man", "nothing"])
        .ends(2)
        .tells(&["mastery --help"]);
}

#[test]
fn the_doctor_says_what_it_found_in_words_and_in_json() {
    let learner = Learner::begun();
    learner.says("ws", &["doctor"]).good().tells(&[
        "Python",
        "workspace",
        "killed runs",
        "docker",
        "Kafka",
    ]);
    let said = learner.says("ws", &["doctor", "--json"]).good();
    let value: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(value["format"], 1);
    assert!(
        value["findings"]
            .as_array()
            .is_some_and(|findings| findings.len() > 5)
    );
    let postgres = (value["findings"].as_array().into_iter().flatten())
        .find(|finding| finding["subject"] == "Postgres")
        .expect("each service is looked for");
    assert!(
        postgres["state"] == "good" || postgres["deed"].is_string(),
        "{postgres:#}"
    );
}

#[test]
fn a_broken_curriculum_is_the_authors_fault_with_file_and_line() {
    let learner = Learner::begun();
    let folder = learner.root.join("course");
    let grade = || {
        learner
            .says("ws", &["--curriculum", folder.to_str().unwrap(), "grade"])
            .ends(3)
    };
    grade();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("curriculum.toml"), "format = \n").unwrap();
    grade().tells(&["curriculum.toml:1"]);
    fs::write(
        folder.join("curriculum.toml"),
        "format = 1\nid = \"a\"\ntitel = \"A\"\n",
    )
    .unwrap();
    grade().tells(&["curriculum.toml:3", "did you mean `title`"]);
}

/// Verbs of sentences that begin with the program's name: `mastery does not know it`.
const VERBS: [&str; 2] = ["does", "is"];

/// The commands there are, from the help.
fn commands() -> BTreeSet<String> {
    let help = Learner::new().says(".", &["--help"]).good().out;
    listed(&help).into_iter().collect()
}

/// The commands that a help lists, in its order; none where it lists none.
pub(crate) fn listed(help: &str) -> Vec<String> {
    let (_, list) = help.split_once("Commands:\n").unwrap_or_default();
    let rows = list.lines().take_while(|line| !line.is_empty());
    rows.filter_map(|row| row.strip_prefix("  ")?.split(' ').next().map(str::to_owned))
        .filter(|word| !word.is_empty() && word != "help")
        .collect()
}

#[test]
fn a_message_names_only_commands_that_exist() {
    let commands = commands();
    assert!(
        commands.contains("grade") && !commands.contains("gradeall"),
        "{commands:?}"
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    let mut open = [
        "src",
        "curriculum",
        "templates",
        "docs",
        "README.md",
        "CONTRIBUTING.md",
    ]
    .map(|name| root.join(name))
    .to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .flatten()
                    .map(|entry| entry.path()),
            );
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        // In backticks, at the start of a text in the code, and at the start of a line as code blocks
        // and our hints have it.
        let at_lines = text
            .lines()
            .filter_map(|line| line.trim_start_matches([' ', '$']).strip_prefix("mastery "));
        for after in text
            .split("`mastery ")
            .skip(1)
            .chain(text.split("\"mastery ").skip(1))
            .chain(at_lines)
        {
            let word: String = after
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || matches!(c, '_' | '-'))
                .collect();
            let hidden = ["__run", "__keep"].contains(&word.as_str());
            let known = hidden || VERBS.contains(&word.as_str());
            if !word.is_empty() && !word.starts_with('-') && !known && !commands.contains(&word) {
                wrong.push(format!("{}: mastery {word}", path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
