//! What a learner sees at their terminal, whole: for snapshots. What differs between machines and
//! runs is replaced; nothing else is.

use mastery::report::redact::Redactor;
use regex_lite::Regex;

use crate::cast::{Learner, Said, said};

/// Words that differ, and what stands for them.
const DIFFERENT: [(&str, &str); 4] = [
    (r"\b[0-9.]+ (?:B|kB|MB)\b", "[size]"),
    (r"\b[0-9a-f]{40}\b", "[commit]"),
    (r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b", "[date]"),
    (r"\b[0-9]+ times\b", "[n] times"),
];

impl Learner {
    /// Runs commands in a folder, one after the other, as a terminal would show them.
    pub(crate) fn transcript(&self, folder: &str, commands: &[&[&str]]) -> String {
        let mut text = String::new();
        for args in commands {
            let said = self.says(folder, args);
            text.push_str(&self.shown(args, &said));
        }
        text
    }

    /// The same on a terminal of this width.
    pub(crate) fn narrow(&self, folder: &str, columns: &str, args: &[&str]) -> String {
        let mut command = self.command(folder, args);
        let said = said(command.env("COLUMNS", columns).output().unwrap());
        self.shown(args, &said)
    }

    fn shown(&self, args: &[&str], said: &Said) -> String {
        let root = self.root.display().to_string();
        let redactor = Redactor::stable().replace(&root, "[home]");
        let mut told = redactor.text(&format!("{}{}", said.out, said.err));
        for (pattern, with) in DIFFERENT {
            let pattern = Regex::new(pattern).unwrap();
            told = pattern.replace_all(&told, with).into_owned();
        }
        let args: Vec<String> = args.iter().map(|arg| redactor.text(arg)).collect();
        let code = said
            .code
            .map_or("a signal".to_owned(), |code| code.to_string());
        format!("$ mastery {}\n{told}[exit {code}]\n", args.join(" "))
    }
}
