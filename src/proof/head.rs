//! The head of a variant's patch: `key: value` lines, a blank line, then the diff.

use crate::curriculum::rules::Finding;

/// A patch with its head read.
#[derive(Debug)]
pub(super) struct Head {
    file: String,
    entries: Vec<Entry>,
    findings: Vec<Finding>,
    /// The line of the diff's first line, from 1.
    pub(super) diff_line: usize,
    pub(super) diff: String,
}

#[derive(Debug)]
struct Entry {
    key: String,
    value: String,
    line: usize,
    taken: bool,
}

impl Head {
    /// Reads a patch; `file` is how errors name it.
    pub(super) fn read(file: &str, text: &str) -> Self {
        let mut head = Self {
            file: file.to_owned(),
            entries: Vec::new(),
            findings: Vec::new(),
            diff_line: 0,
            diff: String::new(),
        };
        let mut lines = text.split_inclusive('\n').enumerate();
        for (at, line) in lines.by_ref() {
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                head.diff_line = at + 2;
                break;
            }
            match line.split_once(": ") {
                Some((key, value)) if !value.trim().is_empty() => head.entries.push(Entry {
                    key: key.to_owned(),
                    value: value.trim().to_owned(),
                    line: at + 1,
                    taken: false,
                }),
                _ => head.finding(Some(at + 1), format!("`{line}` is no `key: value`")),
            }
        }
        head.diff = lines.map(|(_, line)| line).collect();
        if !head.diff.starts_with("diff --git ") {
            let line = (head.diff_line > 0).then_some(head.diff_line);
            head.finding(
                line,
                "after the head a blank line and then `diff --git …` must follow",
            );
        }
        head
    }

    /// The value of a key that must be there once.
    pub(super) fn one(&mut self, key: &str) -> Option<(String, usize)> {
        let found = self.optional(key);
        if found.is_none() {
            self.finding(None, format!("the head has no `{key}`"));
        }
        found
    }

    /// The value of a key that may be there once.
    pub(super) fn optional(&mut self, key: &str) -> Option<(String, usize)> {
        let mut all = self.all(key).into_iter();
        let first = all.next();
        for (_, line) in all {
            self.finding(Some(line), format!("`{key}` is there already"));
        }
        first
    }

    /// The values of a key that may repeat.
    pub(super) fn all(&mut self, key: &str) -> Vec<(String, usize)> {
        let found = self.entries.iter_mut().filter(|entry| entry.key == key);
        found
            .map(|entry| {
                entry.taken = true;
                (entry.value.clone(), entry.line)
            })
            .collect()
    }

    /// Notes something that is wrong with it.
    pub(super) fn finding(&mut self, line: Option<usize>, what: impl Into<String>) {
        self.findings.push(Finding {
            file: self.file.clone(),
            line,
            what: what.into(),
        });
    }

    /// All that is wrong: what was noted, and every key nobody asked for.
    pub(super) fn finish(mut self, known: &[&str]) -> Vec<Finding> {
        let unknown: Vec<(String, usize)> = self
            .entries
            .iter()
            .filter(|entry| !entry.taken)
            .map(|entry| (entry.key.clone(), entry.line))
            .collect();
        for (key, line) in unknown {
            self.finding(
                Some(line),
                format!("`{key}` is none of {}", known.join(", ")),
            );
        }
        self.findings.sort_by_key(|finding| finding.line);
        self.findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_the_blank_line_and_the_diff_is_kept_whole() {
        let text = "breaks: a: b\non: go\n\ndiff --git a/x b/x\n\n-y\n";
        let mut head = Head::read("f", text);
        assert_eq!(head.one("breaks"), Some(("a: b".to_owned(), 1)));
        assert_eq!(head.one("on"), Some(("go".to_owned(), 2)));
        assert_eq!(
            (head.diff.as_str(), head.diff_line),
            ("diff --git a/x b/x\n\n-y\n", 4)
        );
        assert_eq!(head.finish(&["breaks", "on"]), []);
    }

    #[test]
    fn what_is_missing_unknown_or_twice_is_told_with_its_line() {
        let mut head = Head::read("f", "breaks: x\nbreaks: y\nmoon: full\nnonsense\n\nhello\n");
        head.one("breaks");
        head.one("on");
        let told: Vec<String> = head
            .finish(&["breaks", "on"])
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "f: the head has no `on`",
                "f:2: `breaks` is there already",
                "f:3: `moon` is none of breaks, on",
                "f:4: `nonsense` is no `key: value`",
                "f:6: after the head a blank line and then `diff --git …` must follow",
            ]
        );
    }
}
