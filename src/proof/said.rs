//! What a learner with a bug is told: kept beside the mutant, reviewed like code.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex_lite::Regex;

use super::{
    checkout::Checkout,
    error::ProofError,
    essence::{essence, parting},
};

/// What tells a request from others to the same address.
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[port\] #[0-9]+").expect("a pattern of ours is well formed"));

/// The kept texts of a lab.
pub(super) struct Said<'c> {
    checkout: &'c Checkout,
    folder: PathBuf,
    /// Write what is told now instead of comparing.
    accepts: bool,
    /// Numbers and what passed on the wire are a sample.
    samples: bool,
}

/// How a text stands to the kept one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Same,
    Accepted,
    Differs(String),
}

impl<'c> Said<'c> {
    /// `samples`: the lab runs on real services, and no two runs say the same of the wire.
    pub(super) fn of(checkout: &'c Checkout, lab: &str, accepts: bool, samples: bool) -> Self {
        Self {
            checkout,
            folder: checkout.said(lab),
            accepts,
            samples,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.snap"))
    }

    /// What is kept of a variant; empty where nothing is.
    pub(super) fn kept(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Compares what is told now with what is kept; accepting, keeps it. `about`: only what is told of
    /// this check is compared.
    pub(super) fn compare(
        &self,
        name: &str,
        told: &str,
        about: Option<&str>,
    ) -> Result<Compared, ProofError> {
        let path = self.path(name);
        let shown = self.checkout.shown(&path);
        let before = fs::read_to_string(&path).ok();
        let compared = |text: &str| unnumbered(part(text, about));
        if before
            .as_deref()
            .is_some_and(|before| self.same(&compared(before), &compared(told)))
        {
            return Ok(Compared::Same);
        }
        if self.accepts {
            let written = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&path, told));
            written.map_err(|error| ProofError::bench(shown, error))?;
            return Ok(Compared::Accepted);
        }
        Ok(Compared::Differs(match before {
            None => format!("{shown} is not there. This is told now:\n{told}"),
            Some(before) => {
                let sample = if self.samples {
                    let (old, new) = parting(&compared(&before), &compared(told));
                    format!("\nwithout samples, where they part:\n  - {old}\n  + {new}")
                } else {
                    String::new()
                };
                format!(
                    "{shown} says something else:\n{}{sample}",
                    difference(&before, told)
                )
            }
        }))
    }

    fn same(&self, before: &str, told: &str) -> bool {
        before == told || (self.samples && essence(before) == essence(told))
    }

    /// Texts of variants that are no more; accepting, they are removed.
    pub(super) fn stale(&self, names: &BTreeSet<&str>) -> Result<Vec<String>, ProofError> {
        let failed = |path: &Path, error| ProofError::bench(self.checkout.shown(path), error);
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut stale = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|error| failed(&self.folder, error))? {
            let path = entry.map_err(|error| failed(&self.folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name
                .strip_suffix(".snap")
                .is_some_and(|name| names.contains(name))
            {
                continue;
            }
            if self.accepts {
                fs::remove_file(&path).map_err(|error| failed(&path, error))?;
            } else {
                stale.push(self.checkout.shown(&path));
            }
        }
        stale.sort();
        Ok(stale)
    }
}

/// What a text tells of a check: its heading, and all that is indented below it. The whole text where it
/// tells nothing of it.
fn part<'t>(text: &'t str, about: Option<&str>) -> &'t str {
    let heading = about.map(|check| format!("\n✗ {check} · "));
    let Some(newline) = heading.and_then(|heading| text.find(&heading)) else {
        return text;
    };
    let from = &text[newline + 1..];
    let ends = from
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .find(|at| !from[*at..].starts_with([' ', '\n']));
    &from[..ends.unwrap_or(from.len())]
}

/// Without the numbers of requests, since of several that race another one is told of in each run, and
/// without how a dead program's connection ended: the kernel resets one on which something was unread.
fn unnumbered(text: &str) -> String {
    NUMBER
        .replace_all(text, "[port] #[n]")
        .replace("the connection was reset", "the connection closed")
}

/// The lines that differ, with the lines before and after them that do not.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest);
    let tail = tail.take_while(|(a, b)| a == b).count();
    let mut lines: Vec<String> = Vec::new();
    let around = |lines: &mut Vec<String>, of: &[&str]| {
        lines.extend(of.iter().map(|line| format!("    {line}")));
    };
    around(&mut lines, &old[same.saturating_sub(2)..same]);
    lines.extend(
        old[same..old.len() - tail]
            .iter()
            .map(|line| format!("  - {line}")),
    );
    lines.extend(
        new[same..new.len() - tail]
            .iter()
            .map(|line| format!("  + {line}")),
    );
    around(&mut lines, &new[new.len() - tail..][..tail.min(2)]);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> Checkout {
        Checkout::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn said<'c>(checkout: &'c Checkout, folder: &Path, accepts: bool) -> Said<'c> {
        Said {
            checkout,
            folder: folder.join("said"),
            accepts,
            samples: false,
        }
    }

    #[test]
    fn a_text_must_be_there_be_the_same_and_have_a_variant() {
        let (checkout, folder) = (checkout(), tempfile::tempdir().unwrap());
        let strict = said(&checkout, folder.path(), false);
        let Compared::Differs(told) = strict.compare("a", "x\n", None).unwrap() else {
            panic!("a missing text was taken");
        };
        assert!(told.contains("said/a.snap is not there"), "{told}");
        let accepting = said(&checkout, folder.path(), true);
        assert_eq!(
            accepting.compare("a", "x\n", None).unwrap(),
            Compared::Accepted
        );
        assert_eq!(strict.compare("a", "x\n", None).unwrap(), Compared::Same);
        assert!(matches!(
            strict.compare("a", "y\n", None).unwrap(),
            Compared::Differs(_)
        ));
        assert_eq!(
            strict.stale(&BTreeSet::from(["a"])).unwrap(),
            Vec::<String>::new()
        );
        assert_eq!(strict.stale(&BTreeSet::from(["b"])).unwrap().len(), 1);
        assert_eq!(
            accepting.stale(&BTreeSet::from(["b"])).unwrap(),
            Vec::<String>::new()
        );
        assert_eq!(
            strict.stale(&BTreeSet::new()).unwrap(),
            Vec::<String>::new()
        );
    }

    #[test]
    fn of_a_program_that_is_gone_only_the_named_check_is_compared() {
        let one = "  ✗ takes                                       [time]\n  ✓ gives   [time]\n\
                   ────────\n✗ takes · It is\n  taken\n\n  It exited.\n\n0 passed, 1 failed in [time]\n";
        let two = "  ✗ takes                                       [time]\n  ✗ gives   [time]\n\
                   ────────\n✗ takes · It is\n  taken\n\n  It exited.\n\
                   ────────\n✗ gives · It is given\n\n  It exited.\n\n0 passed, 2 failed in [time]\n";
        assert_eq!(
            part(one, Some("takes")),
            "✗ takes · It is\n  taken\n\n  It exited.\n\n"
        );
        assert_eq!(
            part(two, Some("takes")),
            "✗ takes · It is\n  taken\n\n  It exited.\n"
        );
        assert_eq!(
            part(two, Some("gives")),
            "✗ gives · It is given\n\n  It exited.\n\n"
        );
        assert_eq!(part(one, Some("gives")), one);
        assert_eq!(part(one, None), one);
    }

    #[test]
    fn a_sample_is_kept_as_long_as_only_its_numbers_differ() {
        let (checkout, folder) = (checkout(), tempfile::tempdir().unwrap());
        let mut said = said(&checkout, folder.path(), true);
        said.samples = true;
        assert_eq!(
            said.compare("a", "offset 7\n", None).unwrap(),
            Compared::Accepted
        );
        assert_eq!(
            said.compare("a", "offset 8\n", None).unwrap(),
            Compared::Same
        );
        assert_eq!(
            said.compare("a", "offset eight\n", None).unwrap(),
            Compared::Accepted
        );
        said.accepts = false;
        let Compared::Differs(why) = said.compare("a", "offset 8\n", None).unwrap() else {
            panic!("another word was taken");
        };
        assert!(why.ends_with("\n  - offset eight\n  + offset #"), "{why}");
    }

    #[test]
    fn which_of_the_racing_requests_is_told_of_is_no_difference() {
        let (one, other) = (
            "POST /a  127.0.0.1:[port] #4",
            "POST /a  127.0.0.1:[port] #13",
        );
        assert_eq!(unnumbered(one), unnumbered(other));
        assert_ne!(unnumbered(one), unnumbered("POST /b  127.0.0.1:[port] #4"));
    }

    #[test]
    fn a_difference_shows_what_changed_between_what_did_not() {
        let told = difference("a\nb\nc\nd\ne\n", "a\nb\nX\nY\nd\ne\n");
        assert_eq!(told, "    a\n    b\n  - c\n  + X\n  + Y\n    d\n    e");
        assert_eq!(difference("a\n", "a\nb\n"), "    a\n  + b");
        assert_eq!(difference("a\na\n", "a\n"), "    a\n  - a");
    }
}
