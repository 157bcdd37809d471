//! Links into the contract: of the rules, of the brief, and of the contract itself.

use std::collections::BTreeMap;

use super::{Findings, lab::Lab};

/// The folder a learner finds the contract in.
const CONTRACT: &str = "contract/";

/// Every link that leads to a file or a section that is not there.
pub(super) fn check(lab: &Lab<'_>, findings: &mut Findings) {
    let id = lab.unit.id.as_str();
    let contract = lab.templates.contract(id);
    for check in &lab.unit.checks {
        let source = &check.rule.source;
        let told = match source.strip_prefix(CONTRACT) {
            Some(target) => resolve(&contract, target),
            None => Some(format!("is not below `{CONTRACT}`")),
        };
        if let Some(wrong) = told {
            let what = format!("the rule's source `{source}` {wrong}");
            findings.add(&lab.file, Some(check.line), what);
        }
    }
    for (link, line) in lab.brief.into_iter().flat_map(links) {
        if let Some(wrong) = link
            .strip_prefix(CONTRACT)
            .and_then(|to| resolve(&contract, to))
        {
            let what = format!("the link to `{link}` {wrong}");
            findings.add(&lab.brief_file, Some(line), what);
        }
    }
    for (path, bytes) in &contract {
        let Some(text) = markdown(path, bytes) else {
            continue;
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        for (link, line) in links(text) {
            // A link that leads out of the contract is for the author's own eyes.
            if link.contains("://") || link.starts_with("mailto:") || link.starts_with("..") {
                continue;
            }
            let target = match (link.starts_with('#'), folder) {
                (true, _) => format!("{path}{link}"),
                (false, "") => link.to_owned(),
                (false, folder) => format!("{folder}/{link}"),
            };
            if let Some(wrong) = resolve(&contract, &target) {
                let file = format!("templates/{id}/{CONTRACT}{folder}{}{name}", sep(folder));
                findings.add(file, Some(line), format!("the link to `{link}` {wrong}"));
            }
        }
    }
}

fn sep(folder: &str) -> &str {
    if folder.is_empty() { "" } else { "/" }
}

/// What is wrong with a link to `file#section` of the contract, if anything.
fn resolve(contract: &BTreeMap<String, Vec<u8>>, target: &str) -> Option<String> {
    let (path, section) = match target.split_once('#') {
        Some((path, section)) => (path, Some(section)),
        None => (target, None),
    };
    let Some(bytes) = contract.get(path) else {
        return Some("leads to no file of the contract".to_owned());
    };
    let section = section?;
    let known = if let Some(text) = markdown(path, bytes) {
        headings(text).any(|heading| heading == section)
    } else if section.starts_with('/') {
        serde_json::from_slice::<serde_json::Value>(bytes)
            .is_ok_and(|value| value.pointer(section).is_some())
    } else {
        false
    };
    (!known).then(|| format!("leads to no section of `{path}`"))
}

fn markdown<'b>(path: &str, bytes: &'b [u8]) -> Option<&'b str> {
    let is_markdown = std::path::Path::new(path).extension()? == "md";
    is_markdown
        .then(|| std::str::from_utf8(bytes).ok())
        .flatten()
}

/// The targets of `[text](target)` with their lines, outside of code blocks.
fn links(text: &str) -> impl Iterator<Item = (&str, usize)> {
    prose(text).flat_map(|(line, number)| {
        line.split("](").skip(1).filter_map(move |rest| {
            let (target, _) = rest.split_once(')')?;
            let target = target.split_whitespace().next()?;
            Some((target, number))
        })
    })
}

/// The anchors of the headings, as forges make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter_map(|(line, _)| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len()).then(|| anchor(title.trim()))
    })
}

fn anchor(title: &str) -> String {
    title
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The lines outside of fenced code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut fenced = false;
    text.lines().zip(1..).filter(move |(line, _)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}
