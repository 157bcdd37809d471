//! The command lines of a submission: words without a shell.

use toml::{Spanned, de::DeValue};

use super::{TextError, reader::Section};

type Read<T> = Result<T, TextError>;

/// A string of POSIX words, one argv, or a list of argvs; none of them empty.
pub(super) fn commands(
    section: Section<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    example: &str,
) -> Read<Vec<Vec<String>>> {
    let empty = |at: &Spanned<DeValue<'_>>| {
        section
            .source()
            .error(
                at.span(),
                format!("`{key}` is empty"),
                "no command is in it",
            )
            .help(format!("Write something like `{example}`."))
    };
    let wanted = "a string of words or a list of strings";
    let lines = match value.get_ref() {
        DeValue::String(_) => vec![words(section, key, value)?],
        DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_str()) => {
            vec![strings(items.iter())]
        }
        DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_array()) => {
            let mut lines = Vec::new();
            for item in items {
                let argv = item.get_ref().as_array().expect("all of them are arrays");
                if let Some(odd) = argv.iter().find(|word| !word.get_ref().is_str()) {
                    return Err(section.wrong(key, odd, "made of strings"));
                }
                if argv.is_empty() {
                    return Err(empty(item));
                }
                lines.push(strings(argv.iter()));
            }
            lines
        }
        DeValue::Array(items) => {
            let first_is_list = items
                .first()
                .is_some_and(|first| first.get_ref().is_array());
            let odd = items
                .iter()
                .find(|item| item.get_ref().is_array() != first_is_list || !item.get_ref().is_str())
                .unwrap_or(value);
            return Err(section.wrong(key, odd, "a list of strings, or a list of lists"));
        }
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Table(_) => return Err(section.wrong(key, value, wanted)),
    };
    if lines.is_empty()
        || lines
            .iter()
            .any(|argv| argv.first().is_none_or(String::is_empty))
    {
        return Err(empty(value));
    }
    Ok(lines)
}

fn strings<'a>(items: impl Iterator<Item = &'a Spanned<DeValue<'a>>>) -> Vec<String> {
    items
        .filter_map(|item| item.get_ref().as_str())
        .map(str::to_owned)
        .collect()
}

fn words(section: Section<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Read<Vec<String>> {
    let text = value.get_ref().as_str().unwrap_or_default();
    let words = shlex::split(text).ok_or_else(|| {
        section
            .source()
            .error(
                value.span(),
                format!("`{key}` has an open quote"),
                "it is never closed",
            )
            .help("Close the quote, or write a list of strings.")
    })?;
    let operator = words
        .iter()
        .find(|word| ["&&", "||", "|", ";", ">", ">>", "<", "2>&1", "&"].contains(&word.as_str()));
    match operator {
        Some(operator) => Err(section
            .source()
            .error(
                value.span(),
                format!("`{operator}` in `{key}` needs a shell, and there is none"),
                "words, no shell",
            )
            .help(if key == "run" {
                "Move what comes first into `build`, or call a script of your own.".to_owned()
            } else {
                format!("Write several commands as lists: {key} = [[\"a\"], [\"b\"]].")
            })),
        None => Ok(words),
    }
}
