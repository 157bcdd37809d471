//! Graders decide over what the kit saw: they name the kit and pure data, and do no I/O.

use crate::{
    paths::{is_below, named},
    tree::{File, Finding},
};

/// I/O that a grader has no business with, and why.
const NOT_IN_GRADERS: &[(&str, &str)] = &[
    ("std::net", "a program is spoken to through a probe"),
    ("std::fs", "contracts are handed to the bench"),
    ("std::process", "programs are started by the bench"),
    ("std::thread", "concurrency is the kit's"),
    ("std::env", "graders read no settings"),
    ("std::io", "graders do no I/O"),
];

/// Packages a grader may name: the kit and pure data.
const PURE: &[&str] = &[
    "std",
    "core",
    "alloc",
    "mastery_kit",
    "serde_json",
    "httpdate",
    "jsonschema",
    "rust_decimal",
];

/// Packages and I/O that graders name although they decide over what the kit saw.
pub(crate) fn impure_graders(files: &[File], packages: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_grader(file)) {
        for seen in named(file) {
            let first = seen.path.split("::").next().unwrap_or_default();
            let known = packages.iter().any(|package| package == first);
            if known && !PURE.contains(&first) {
                findings.push(file.finding(
                    seen.line,
                    format!(
                        "`{}`: graders use the kit, std and pure data only",
                        seen.path
                    ),
                ));
            }
            for (forbidden, why) in NOT_IN_GRADERS {
                if is_below(&seen.path, forbidden) {
                    findings.push(file.finding(seen.line, format!("`{}`: {why}", seen.path)));
                }
            }
        }
    }
    findings
}

/// Folders beside the graders that are no lab's.
const NO_LAB: &[&str] = &["kit", "tests", "examples", "benches"];

/// Rust of one lab's grader: not the kit, not a reference, not the table.
pub(crate) fn is_grader(file: &File) -> bool {
    let inside = file.path.strip_prefix("graders/").unwrap_or_default();
    let folder = inside.split_once('/').map(|(folder, _)| folder);
    file.is_our_rust() && folder.is_some_and(|folder| !NO_LAB.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::is_found;

    #[test]
    fn a_grader_that_does_io_is_seen() {
        let packages = ["tokio".to_owned(), "serde_json".to_owned()];
        let planted = |text: &str| {
            impure_graders(
                &[File::planted("graders/rest-api/grader.rs", text)],
                &packages,
            )
        };
        is_found(&planted("use tokio::time;"), "tokio");
        is_found(&planted("fn f() { std::fs::read(p) }"), "contracts");
        assert_eq!(planted("use serde_json::Value; use super::orders;"), []);
    }
}
