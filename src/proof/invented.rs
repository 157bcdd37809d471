//! What a program invents anew in each run: the ids and entity tags of its answers. The report's own rules
//! know them where they stand in an exchange; here they are found, to be known in a sentence too.

use std::{borrow::Cow, collections::BTreeSet, sync::LazyLock};

use mastery_kit::verdict::{Evidence, Mismatch};
use regex_lite::Regex;

/// Shorter ones are words that stand elsewhere too; a program that counts invents nothing.
const SHORTEST: usize = 6;

/// A word of so many letters and digits mixed is an id.
const LONG_WORD: usize = 16;

/// A context of a trace: whoever begins a trace draws one.
static TRACEPARENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b")
        .expect("a pattern of ours is well formed")
});

/// Values and what stands for each, the longest first.
pub(super) fn of(mismatch: &Mismatch) -> Vec<(String, Cow<'static, str>)> {
    let mut found = BTreeSet::new();
    for piece in &mismatch.evidence {
        if let Evidence::Exchange(exchange) = piece {
            ids(&exchange.response, &mut found);
            tags(&exchange.response, &mut found);
        }
    }
    for said in [&mismatch.summary, &mismatch.expected, &mismatch.actual] {
        words(said, &mut found);
    }
    let mut found: Vec<_> = found
        .into_iter()
        .map(|(value, placeholder)| (value, Cow::Borrowed(placeholder)))
        .collect();
    found.extend(traces(mismatch));
    found.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    found
}

/// Numbered as they appear, so that a reader sees which of them are the same.
fn traces(mismatch: &Mismatch) -> Vec<(String, Cow<'static, str>)> {
    let texts = mismatch.evidence.iter().filter_map(|piece| match piece {
        Evidence::Text { text } => Some(text),
        Evidence::Exchange(_)
        | Evidence::Timeline { .. }
        | Evidence::Log { .. }
        | Evidence::Death(_)
        | Evidence::Unknown => None,
    });
    let said = [&mismatch.summary, &mismatch.expected, &mismatch.actual];
    let mut found: Vec<(String, Cow<'static, str>)> = Vec::new();
    for text in said.into_iter().chain(texts) {
        for trace in TRACEPARENT.find_iter(text) {
            if found.iter().all(|(known, _)| known != trace.as_str()) {
                let placeholder = format!("[traceparent {}]", found.len() + 1);
                found.push((trace.as_str().to_owned(), placeholder.into()));
            }
        }
    }
    found
}

fn ids(text: &str, found: &mut BTreeSet<(String, &'static str)>) {
    for (at, key) in text.match_indices("\"id\"") {
        let after = text[at + key.len()..].trim_start();
        let value = after.strip_prefix(':').map(str::trim_start);
        let value = value.and_then(|rest| rest.strip_prefix('"'));
        if let Some((id, _)) = value.and_then(|rest| rest.split_once('"'))
            && id.len() >= SHORTEST
        {
            found.insert((id.to_owned(), "[id]"));
        }
    }
}

/// An order that an answer should have shown is only told in words: nobody writes such a word.
fn words(text: &str, found: &mut BTreeSet<(String, &'static str)>) {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    for word in words.filter(|word| word.len() >= LONG_WORD && !word.contains('_')) {
        let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
        if has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
            found.insert((word.to_owned(), "[id]"));
        }
    }
}

fn tags(text: &str, found: &mut BTreeSet<(String, &'static str)>) {
    let head = text.lines().take_while(|line| !line.trim().is_empty());
    for (name, value) in head.filter_map(|line| line.split_once(':')) {
        let tag = value.trim();
        if name.eq_ignore_ascii_case("etag") && tag.len() >= SHORTEST {
            found.insert((tag.to_owned(), "\"[etag]\""));
        }
    }
}

#[cfg(test)]
mod tests {
    use mastery_kit::verdict::Exchange;

    use super::*;

    #[test]
    fn ids_and_etags_are_found_and_short_ones_left() {
        let response = "HTTP/1.1 200 OK\r\nETag: \"1-9a9c6d37\"\r\n\r\n{\"id\": \"32bf441a0c\",\
                        \"items\":[{\"id\":\"7\"}]}";
        let exchange = Exchange {
            response: response.to_owned(),
            ..Exchange::default()
        };
        let summary = "The check v1_lists_page_by_page_2 misses a87e087285435bad4a91.";
        let mismatch = Mismatch::new(summary, "", "").with(Evidence::Exchange(exchange));
        let found = of(&mismatch);
        assert_eq!(
            found,
            [
                ("a87e087285435bad4a91".to_owned(), "[id]".into()),
                ("\"1-9a9c6d37\"".to_owned(), "\"[etag]\"".into()),
                ("32bf441a0c".to_owned(), "[id]".into()),
            ]
        );
    }

    #[test]
    fn traces_are_numbered_as_they_appear() {
        let trace = |digit: char| {
            let of = |length: usize| digit.to_string().repeat(length);
            format!("00-{}-{}-01", of(32), of(16))
        };
        let (sent, own) = (trace('a'), trace('b'));
        let text = format!("traceparent: {own}");
        let mismatch = Mismatch::new("", sent.as_str(), own.as_str()).with(Evidence::Text { text });
        let found = of(&mismatch);
        assert_eq!(
            found,
            [
                (sent, "[traceparent 1]".into()),
                (own, "[traceparent 2]".into()),
            ]
        );
    }
}
