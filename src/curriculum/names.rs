//! Names that people type: found by a unique beginning, suggested when mistyped.

use std::fmt;

/// Why a typed name stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// There is nothing of that name.
    Unknown {
        text: String,
        did_you_mean: Option<String>,
    },
    /// Several names begin like that.
    Ambiguous {
        text: String,
        candidates: Vec<String>,
    },
}

/// From here on two words are taken for the same one, mistyped.
const ALIKE: f64 = 0.75;

/// The candidate that was probably meant by `word`, if any is near enough.
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = plain(word);
    let mut best = None;
    for candidate in candidates {
        let plain = plain(candidate);
        // A part is as good as a near miss (`with_the_order` for `etag_changes_with_the_order`), and
        // so is something more (`golang` for `go`).
        let more = plain.len() >= 2 && word.starts_with(&plain);
        let part = if more || (word.len() >= 3 && plain.contains(&word)) {
            0.8
        } else {
            0.0
        };
        // A distance of one or two letters matters more in short words than Jaro says.
        let near = strsim::jaro_winkler(&word, &plain)
            .min(strsim::normalized_damerau_levenshtein(&word, &plain) + 0.15);
        let score = near.max(part);
        if score >= ALIKE && best.is_none_or(|(_, found)| score > found) {
            best = Some((candidate, score));
        }
    }
    best.map(|(candidate, _)| candidate)
}

/// The candidate that `text` names: itself, or its only continuation. Dashes and underscores are
/// the same, upper and lower case too.
pub fn resolve_name<'c>(text: &str, candidates: &[&'c str]) -> Result<&'c str, NameError> {
    let wanted = plain(text);
    let unknown = || NameError::Unknown {
        text: text.to_owned(),
        did_you_mean: suggest(text, candidates.iter().copied()).map(str::to_owned),
    };
    if wanted.is_empty() {
        return Err(unknown());
    }
    if let Some(exact) = candidates.iter().find(|name| plain(name) == wanted) {
        return Ok(exact);
    }
    let mut beginnings = candidates
        .iter()
        .filter(|name| plain(name).starts_with(&wanted));
    match (beginnings.next(), beginnings.next()) {
        (None, _) => Err(unknown()),
        (Some(only), None) => Ok(only),
        (Some(first), Some(second)) => Err(NameError::Ambiguous {
            text: text.to_owned(),
            candidates: [first, second]
                .into_iter()
                .chain(beginnings)
                .map(|name| (*name).to_owned())
                .collect(),
        }),
    }
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace('_', "-")
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown {
                text,
                did_you_mean: None,
            } => write!(f, "there is no `{text}`"),
            Self::Unknown {
                text,
                did_you_mean: Some(meant),
            } => write!(f, "there is no `{text}`; did you mean `{meant}`?"),
            Self::Ambiguous { text, candidates } => {
                let (last, first) = candidates.split_last().ok_or(fmt::Error)?;
                write!(f, "`{text}` could be `{}` or `{last}`", first.join("`, `"))
            }
        }
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKS: &[&str] = &[
        "v1_wire_is_frozen",
        "v1_lists_page_by_page",
        "decimals_do_not_drift",
        "etag_changes_with_the_order",
    ];

    #[test]
    fn a_name_is_found_whole_by_a_unique_beginning_and_with_dashes() {
        for text in [
            "decimals_do_not_drift",
            "decimals-do-not-drift",
            "decimals",
            "Decimals-do",
        ] {
            assert_eq!(resolve_name(text, CHECKS), Ok("decimals_do_not_drift"));
        }
        // A whole name wins over longer ones that begin with it.
        assert_eq!(resolve_name("a-b", &["a-b-c", "a-b"]), Ok("a-b"));
    }

    #[test]
    fn an_ambiguous_beginning_names_every_candidate() {
        let error = resolve_name("v1", CHECKS).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`v1` could be `v1_wire_is_frozen` or `v1_lists_page_by_page`"
        );
    }

    #[test]
    fn a_mistyped_name_is_suggested_and_a_strange_one_is_not() {
        let said = |text: &str| resolve_name(text, CHECKS).unwrap_err().to_string();
        assert_eq!(
            said("decimal_do_not_drift"),
            "there is no `decimal_do_not_drift`; did you mean `decimals_do_not_drift`?"
        );
        assert_eq!(
            said("with-the-order"),
            "there is no `with-the-order`; did you mean `etag_changes_with_the_order`?"
        );
        assert_eq!(said("kafka"), "there is no `kafka`");
        assert_eq!(said(""), "there is no ``");
    }

    #[test]
    fn short_words_are_suggested_too() {
        let keys = ["format", "title", "goal", "status", "check"];
        assert_eq!(suggest("titel", keys), Some("title"));
        assert_eq!(suggest("checks", keys), Some("check"));
        assert_eq!(suggest("Status", keys), Some("status"));
        assert_eq!(suggest("colour", keys), None);
        assert_eq!(suggest("golang", ["python", "go"]), Some("go"));
    }
}
