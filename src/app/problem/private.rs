//! What is the learner's own business, and what stands for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    sync::LazyLock,
};

use mastery_kit::process::redact;
use regex_lite::Regex;

use crate::workspace::{self, Workspace};

/// Something to be replaced.
#[derive(Clone, Debug)]
struct Literal {
    text: String,
    with: &'static str,
    /// In the singular.
    kind: &'static str,
    /// Only where it is a word of its own.
    word: bool,
}

/// Knows what must not leave, and counts what it replaced.
#[derive(Clone, Debug, Default)]
pub(super) struct Private {
    literals: Vec<Literal>,
    replaced: BTreeMap<&'static str, usize>,
}

/// Names of accounts that many machines have; they tell nothing and stand in many words.
const NOBODY: [&str; 10] = [
    "root",
    "user",
    "admin",
    "runner",
    "ubuntu",
    "debian",
    "vscode",
    "node",
    "test",
    "localhost",
];

/// Parts of the names of variables that hold secrets.
const SECRET: [&str; 8] = [
    "SECRET",
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "APIKEY",
    "_KEY",
    "_PASS",
];

/// A value of a variable below this length stands in too many words to be told from them.
const SHORTEST: usize = 6;

/// Secrets that show by what stands before them.
static PATTERNS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
    [
        r#"\b([A-Z][A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|_KEY)=["']?)([^\s"',;&\[][^\s"',;&]{2,})"#,
        r#"(?i)\b((?:password|passwd|pwd|secret|client_secret|api[_-]?key|access[_-]?token|refresh[_-]?token|private[_-]?key)["']?\s*[:=]\s*["']?)([^\s"',;&})\[][^\s"',;&})]{2,})"#,
        r"(?i)\b(authorization:\s*(?:bearer|basic)\s+)(\S+)",
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)([\s\S]*?)-----END [A-Z ]*PRIVATE KEY-----",
    ]
    .map(|pattern| Regex::new(pattern).expect("a pattern of ours is well formed"))
});

static MAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
        .expect("a pattern of ours is well formed")
});

impl Private {
    /// What is private of this workspace, its repository and this environment.
    pub(super) fn here(
        workspace: &Workspace,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Self {
        let mut this = Self::default();
        this.add(
            &workspace.root.to_string_lossy(),
            "[workspace]",
            "workspace path",
            false,
        );
        let (name, mail) = workspace::who(workspace).unwrap_or_default();
        this.add(&name, "[user]", "user name", true);
        this.add(&mail, "[mail]", "mail address", false);
        let mut names = BTreeSet::new();
        for (key, value) in variables {
            let (key, value) = (key.to_string_lossy(), value.to_string_lossy());
            match &*key {
                "HOME" => {
                    this.add(value.trim_end_matches('/'), "~", "home folder", false);
                    names.extend(value.rsplit('/').next().map(str::to_owned));
                }
                "USER" | "LOGNAME" | "USERNAME" => {
                    names.insert(value.into_owned());
                }
                "HOSTNAME" => this.add(&value, "[host]", "host name", true),
                key if value.len() >= SHORTEST
                    && !value.starts_with('/')
                    && SECRET
                        .iter()
                        .any(|part| key.to_ascii_uppercase().contains(part)) =>
                {
                    this.add(&value, "[secret]", "secret", false);
                }
                _ => {}
            }
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        this.add(host.trim(), "[host]", "host name", true);
        for name in names {
            this.add(&name, "[user]", "user name", true);
        }
        this
    }

    #[cfg(test)]
    pub(super) fn of<const N: usize>(literals: [(&str, &'static str, &'static str); N]) -> Self {
        let mut this = Self::default();
        for (text, with, kind) in literals {
            this.add(text, with, kind, false);
        }
        this
    }

    fn add(&mut self, text: &str, with: &'static str, kind: &'static str, word: bool) {
        let tells_nothing = text.len() < 3 || NOBODY.contains(&text);
        if tells_nothing || self.literals.iter().any(|one| one.text == text) {
            return;
        }
        self.literals.push(Literal {
            text: text.to_owned(),
            with,
            kind,
            word,
        });
        // The workspace before the home that it lies in.
        self.literals
            .sort_by_key(|one| std::cmp::Reverse(one.text.len()));
    }

    /// The text without what is private.
    pub(super) fn text(&mut self, text: &str) -> String {
        let text = self.literals(text.to_owned(), false);
        let text = self.mails(&text);
        // A name after the addresses, of which it may be the beginning.
        let mut text = self.literals(text, true);
        let without = redact(&text);
        if without != text {
            *self.replaced.entry("password in an address").or_default() += 1;
            text = without;
        }
        for pattern in PATTERNS.iter() {
            let times = pattern.find_iter(&text).count();
            if times > 0 {
                *self.replaced.entry("secret").or_default() += times;
                text = pattern.replace_all(&text, "$1[secret]").into_owned();
            }
        }
        text
    }

    fn literals(&mut self, mut text: String, words: bool) -> String {
        for one in self.literals.iter().filter(|one| one.word == words) {
            let (replaced, times) = replace(&text, one);
            *self.replaced.entry(one.kind).or_default() += times;
            text = replaced;
        }
        text
    }

    fn mails(&mut self, text: &str) -> String {
        let mut mails = 0;
        let text = MAIL.replace_all(text, |found: &regex_lite::Captures<'_>| {
            // The names that documents use.
            if found[0].contains("@example.") {
                return found[0].to_owned();
            }
            mails += 1;
            "[mail]".to_owned()
        });
        *self.replaced.entry("mail address").or_default() += mails;
        text.into_owned()
    }

    /// The same in every text of a JSON value.
    pub(super) fn json(&mut self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.text(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            serde_json::Value::Object(members) => {
                members.values_mut().for_each(|member| self.json(member));
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
            }
        }
    }

    /// How often what was replaced.
    pub(super) fn replaced(&self) -> BTreeMap<&'static str, usize> {
        let mut replaced = self.replaced.clone();
        replaced.retain(|_, times| *times > 0);
        replaced
    }
}

fn replace(text: &str, one: &Literal) -> (String, usize) {
    let mut out = String::with_capacity(text.len());
    let (mut from, mut times) = (0, 0);
    let is_of_a_word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, found) in text.match_indices(&one.text) {
        let before = text[..at].chars().next_back().is_some_and(is_of_a_word);
        let after = text[at + found.len()..]
            .chars()
            .next()
            .is_some_and(is_of_a_word);
        if one.word && (before || after) {
            continue;
        }
        out.push_str(&text[from..at]);
        out.push_str(one.with);
        from = at + found.len();
        times += 1;
    }
    out.push_str(&text[from..]);
    (out, times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_is_replaced_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace {
            root: folder.path().join("home/grace/ws"),
            settings: workspace::Settings {
                curriculum: String::new(),
                language: String::new(),
                mirror: None,
                backend: None,
            },
        };
        let home = folder.path().join("home/grace").display().to_string();
        let variables = [
            ("HOME", home.as_str()),
            ("USER", "grace"),
            ("DEPLOY_TOKEN", "tok-123456"),
            ("EDITOR_KEY", "/bin/vi"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let mut private = Private::here(&workspace, variables.into_iter());
        let text = format!(
            "{home}/ws/app.py {home}/.ssh by grace, gracefully; tok-123456\n\
             postgres://app:hunter2@127.0.0.1/x DB_PASSWORD=hunter22 \"api_key\": \"k-1234\"\n\
             grace.h@navy.mil ada@example.org Idempotency-Key: k-99 next_page_token=abc\n"
        );
        let told = private.text(&text);
        assert_eq!(
            told,
            "[workspace]/app.py ~/.ssh by [user], gracefully; [secret]\n\
             postgres://app:***@127.0.0.1/x DB_PASSWORD=[secret] \"api_key\": \"[secret]\"\n\
             [mail] ada@example.org Idempotency-Key: k-99 next_page_token=abc\n"
        );
        assert_eq!(private.replaced()["secret"], 3);
        assert_eq!(private.replaced()["home folder"], 1);
    }
}
