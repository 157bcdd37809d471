//! The recorded tour: there, whole, small, of no machine, and shown where people begin to read.

use serde_json::Value;

use crate::tree::{File, Finding};

const PICTURE: &str = "docs/tour/tour.svg";
const CAST: &str = "docs/tour/tour.cast";
/// Pages that show it, and how they name it.
const SHOWN_IN: &[(&str, &str)] = &[
    ("README.md", "](docs/tour/tour.svg)"),
    ("docs/tutor.md", "](tour/tour.svg)"),
];
/// What a page still loads at once.
const MOST: usize = 400 * 1024;
/// Nothing of these stands in it: folders of a machine, and what a picture could fetch or run.
const FOREIGN: &[&str] = &[
    "/home/", "/tmp/", "/var/", "/Users/", "<script", "@import", "url(",
];

/// What is wrong with the tour that is kept.
pub(crate) fn unfit_tour(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, ill_formed) in [
        (PICTURE, ill_formed_xml as fn(&str) -> Option<String>),
        (CAST, ill_formed_cast),
    ] {
        let Some(file) = files.iter().find(|file| file.path == path) else {
            let missing = File::planted(path, "");
            findings.push(missing.finding(1, "is missing: `docs/tour/record` makes it"));
            continue;
        };
        if let Some(why) = ill_formed(&file.text) {
            findings.push(file.finding(1, why));
        }
        if file.text.len() > MOST {
            let size = file.text.len() / 1024;
            findings.push(file.finding(1, format!("{size} KiB, {} at most", MOST / 1024)));
        }
        for (line, text) in file.lines() {
            for word in FOREIGN.iter().filter(|word| text.contains(**word)) {
                findings.push(file.finding(line, format!("`{word}` has no place in the tour")));
            }
        }
    }
    for (path, link) in SHOWN_IN {
        let page = files.iter().find(|file| file.path == *path);
        if let Some(page) = page.filter(|page| {
            !page
                .lines()
                .any(|(_, line)| line.contains("![") && line.contains(link))
        }) {
            findings.push(page.finding(1, format!("does not show the tour (`{link}`)")));
        }
    }
    findings
}

/// Every element that is opened is closed in its turn, and no text holds a bare `&`.
fn ill_formed_xml(text: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        if let Some(bare) = bare_ampersand(before) {
            return Some(format!("a bare `&` before {bare:?}"));
        }
        let Some((tag, behind)) = after.split_once('>') else {
            return Some("a tag that does not end".to_owned());
        };
        rest = behind;
        if tag.matches('"').count() % 2 == 1 {
            return Some(format!("an attribute that does not end in <{tag}>"));
        }
        let name = tag
            .trim_matches('/')
            .split_whitespace()
            .next()
            .unwrap_or_default();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return Some(format!("</{name}> closes what is not open"));
            }
        } else if !tag.ends_with('/') {
            roots += usize::from(open.is_empty());
            if roots > 1 {
                return Some(format!("<{name}> is a second root"));
            }
            open.push(name);
        }
    }
    if let Some(name) = open.pop() {
        return Some(format!("<{name}> is not closed"));
    }
    (!text.starts_with("<svg ")).then(|| "is no SVG".to_owned())
}

fn bare_ampersand(text: &str) -> Option<&str> {
    let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
    let mut parts = text.split('&').skip(1);
    parts.find(|part| !known.iter().any(|known| part.starts_with(known)))
}

/// A header of version 2, then events in the order of their times.
fn ill_formed_cast(text: &str) -> Option<String> {
    let mut lines = text.lines().map(serde_json::from_str::<Value>);
    match lines.next() {
        Some(Ok(header)) if header["version"] == 2 => {}
        Some(_) | None => return Some("does not begin as a cast of version 2".to_owned()),
    }
    let mut last = 0.0;
    for line in lines {
        let event = line.ok();
        let at = event.as_ref().and_then(|event| event[0].as_f64());
        let told = event.as_ref().and_then(|event| event[2].as_str());
        match (at, told) {
            (Some(at), Some(_)) if at >= last => last = at,
            _ => return Some(format!("an event that is none, or too early: {event:?}")),
        }
    }
    (last == 0.0).then(|| "a cast in which nothing happens".to_owned())
}

#[test]
fn an_unfit_tour_is_seen() {
    use crate::tree::is_found;
    let svg = |text: &str| [File::planted(PICTURE, text)];
    is_found(
        &unfit_tour(&svg("<svg ><g></svg>")),
        "closes what is not open",
    );
    is_found(&unfit_tour(&svg("<svg ><g>")), "<g> is not closed");
    is_found(&unfit_tour(&svg("<svg ></svg><svg></svg>")), "second root");
    is_found(&unfit_tour(&svg("<svg >a & b</svg>")), "bare `&`");
    is_found(&unfit_tour(&svg("<svg >/home/ada</svg>")), "/home/");
    is_found(&unfit_tour(&svg(&" ".repeat(MOST + 1))), "at most");
    is_found(&unfit_tour(&[]), "is missing");
    let cast = |text: &str| [File::planted(CAST, text)];
    is_found(&unfit_tour(&cast("{\"version\":1}\n")), "version 2");
    let early = "{\"version\":2}\n[2.0,\"o\",\"\"]\n[1.0,\"o\",\"\"]\n";
    is_found(&unfit_tour(&cast(early)), "too early");
    is_found(
        &unfit_tour(&[File::planted("README.md", "")]),
        "does not show",
    );
}
