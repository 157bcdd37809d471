//! Reads TOML key by key, so that every mistake is told where it stands and with what to write
//! instead.

use std::ops::{Range, RangeInclusive};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::TextError;
use crate::curriculum::suggest;

type Read<T> = Result<T, TextError>;

/// A TOML file's text and the name the learner knows it by.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

/// One table of the file.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    source: Source<'a>,
    /// How it is called in messages (`[[program]]`); empty at the top.
    name: &'a str,
    span: &'a Range<usize>,
    table: &'a DeTable<'a>,
}

impl<'a> Source<'a> {
    /// The file as a tree in which every key and value knows its place.
    pub(super) fn parse(self) -> Read<Spanned<DeTable<'a>>> {
        DeTable::parse(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.error(span, "This is no TOML", error.message())
        })
    }

    pub(super) fn error(
        self,
        span: Range<usize>,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> TextError {
        TextError::new(self.file, self.text, span, title, label)
    }

    /// The schema, which is looked at before anything else: a newer one may have other keys.
    pub(super) fn check_schema(self, top: Section<'a>) -> Read<()> {
        let value = top.required("schema", "schema = 1")?;
        match integer(value.get_ref()) {
            Some(1) => Ok(()),
            Some(newer) if newer > 1 => Err(self
                .error(
                    value.span(),
                    format!("schema {newer} is newer than this release of mastery knows"),
                    "1 is the newest it reads",
                )
                .help("Update mastery; the file was made by a later release.")),
            _ => Err(self
                .error(value.span(), "`schema` must be 1", "this is no schema")
                .help("Write `schema = 1`.")),
        }
    }
}

impl<'a> Section<'a> {
    pub(super) fn top(source: Source<'a>, table: &'a Spanned<DeTable<'a>>) -> Self {
        // A missing key is shown at the first line, not over the whole file.
        Self {
            source,
            name: "",
            span: &(0..0),
            table: table.get_ref(),
        }
    }

    /// The table behind a key.
    pub(super) fn below(
        self,
        name: &'a str,
        span: &'a Range<usize>,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Read<Self> {
        match value.get_ref().as_table() {
            Some(table) => Ok(Self {
                source: self.source,
                name,
                span,
                table,
            }),
            None => Err(self.wrong(name, value, "a table")),
        }
    }

    /// Refuses keys that are not listed.
    pub(super) fn only(self, known: &[&str]) -> Read<()> {
        for key in self.table.keys() {
            let word: &str = key.get_ref();
            if known.contains(&word) {
                continue;
            }
            let error = self.source.error(
                key.span(),
                format!("unknown key `{word}`{}", self.place()),
                "mastery does not know it",
            );
            return Err(error.help(match suggest(word, known.iter().copied()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None if known.is_empty() => "There are none here.".to_owned(),
                None => format!("The keys here are {}.", listed(known)),
            }));
        }
        Ok(())
    }

    pub(super) fn get(self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    pub(super) fn required(self, key: &str, example: &str) -> Read<&'a Spanned<DeValue<'a>>> {
        self.get(key).ok_or_else(|| {
            self.source
                .error(
                    self.span.clone(),
                    format!("the key `{key}` is missing{}", self.place()),
                    "it must stand here",
                )
                .help(format!("Add a line like `{example}`."))
        })
    }

    /// A string that must be there and hold something.
    pub(super) fn string(self, key: &str, example: &str) -> Read<Spanned<&'a str>> {
        let value = self.required(key, example)?;
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Ok(Spanned::new(value.span(), text)),
            Some(_) => Err(self
                .source
                .error(
                    value.span(),
                    format!("`{key}` is empty"),
                    "nothing is in it",
                )
                .help(format!("Write something like `{example}`."))),
            None => Err(self.wrong(key, value, "a string")),
        }
    }

    /// A whole number within bounds, or what holds when it is not given.
    pub(super) fn number(self, key: &str, within: RangeInclusive<u64>, absent: u64) -> Read<u64> {
        let Some(value) = self.get(key) else {
            return Ok(absent);
        };
        let Some(number) = integer(value.get_ref()) else {
            return Err(self.wrong(key, value, "a whole number"));
        };
        u64::try_from(number)
            .ok()
            .filter(|number| within.contains(number))
            .ok_or_else(|| {
                let (low, high) = (within.start(), within.end());
                self.source
                    .error(
                        value.span(),
                        format!("`{key}` is out of bounds"),
                        format!("{low} to {high} is allowed"),
                    )
                    .help(format!("Leave it out for {absent}."))
            })
    }

    /// A value of another type than the key wants.
    pub(super) fn wrong(self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> TextError {
        self.source.error(
            value.span(),
            format!("`{key}` must be {wanted}{}", self.place()),
            format!("this is {}", described(value.get_ref())),
        )
    }

    pub(super) fn source(self) -> Source<'a> {
        self.source
    }

    pub(super) fn keys(self) -> impl Iterator<Item = &'a str> {
        self.table.keys().map(|key| &**key.get_ref())
    }

    fn place(self) -> String {
        if self.name.is_empty() {
            String::new()
        } else {
            format!(" in {}", self.name)
        }
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `a`, `b` and `c`.
pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
