//! The reference of commands in the docs: what every `--help` says.

use std::{fmt::Write as _, fs, path::Path};

use crate::{cast::Learner, words::listed};

const HEAD: &str = "\
# Commands

What `--help` says of each command. This page is written by a test and kept current by it.

Exit codes of all of them: 0 good, 1 something did not hold, 2 a mistake of usage, 3 a broken curriculum, 4 something that is
not your fault stood in the way, 130 ended by ^C. Long texts go to standard output, warnings and errors to standard error;
`NO_COLOR` is obeyed, and in a pipe nothing is coloured.
";

#[test]
fn the_reference_of_commands_is_what_help_says() {
    let learner = Learner::new();
    let mut page = HEAD.to_owned();
    describe(&learner, &mut Vec::new(), &mut page);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|choice| choice == "always") {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert!(
        kept == page,
        "docs/commands.md is not what `--help` says: rewrite it with \
         `INSTA_UPDATE=always cargo test -p mastery --test cli reference`"
    );
}

/// A section for the command of these words and for each below it.
fn describe(learner: &Learner, words: &mut Vec<String>, page: &mut String) {
    let mut asked: Vec<&str> = words.iter().map(String::as_str).collect();
    asked.push("--help");
    let help = learner.says(".", &asked).good().out;
    let name = [&["mastery".to_owned()], words.as_slice()]
        .concat()
        .join(" ");
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    let text = text.trim_end();
    write!(page, "\n## `{name}`\n\n```text\n{text}\n```\n").unwrap();
    for below in listed(&help) {
        words.push(below);
        describe(learner, words, page);
        words.pop();
    }
}
