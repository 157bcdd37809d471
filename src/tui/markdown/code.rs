//! Code in a few tones, by a table of languages: enough to tell words, texts and numbers apart. Lines
//! stand for themselves; what goes on over several is left plain.

mod languages;

use self::languages::LANGUAGES;
use super::hard;
use crate::report::words::{Line, Tone};

/// How a language looks.
#[derive(Debug)]
pub(super) struct Language {
    /// What it is called behind the fence.
    names: &'static [&'static str],
    /// What begins a comment, at the begin of a line or behind a blank.
    comments: &'static [&'static str],
    /// What a text stands between.
    quotes: &'static [char],
    words: &'static [&'static str],
    /// Whether its words may be written small.
    folds: bool,
    /// Whether numbers are told apart.
    counts: bool,
}

impl Language {
    /// The language that a fence names; its first word counts.
    pub(super) fn called(fence: &str) -> &'static Self {
        let name = fence.split([' ', ',', '{']).next().unwrap_or_default();
        let name = name.to_lowercase();
        let mut rows = LANGUAGES.iter();
        rows.find(|row| row.names.contains(&name.as_str()))
            .unwrap_or(&LANGUAGES[0])
    }

    /// A line of code as rows of these columns, in tones.
    pub(super) fn rows(&self, line: &str, columns: usize) -> Vec<Line> {
        let mut toned = self.pieces(line).into_iter();
        let (mut tone, mut rest) = toned.next().unwrap_or((Tone::Plain, ""));
        let rows = hard(line, columns).into_iter().map(|row| {
            let mut shown = Line::new();
            let mut left = row.len();
            while left > 0 {
                if rest.is_empty() {
                    let Some(next) = toned.next() else {
                        break;
                    };
                    (tone, rest) = next;
                    continue;
                }
                let (head, tail) = rest.split_at(left.min(rest.len()));
                shown = shown.then(tone, head);
                left -= head.len();
                rest = tail;
            }
            shown
        });
        rows.collect()
    }

    /// A line cut into parts of one tone each; together they are the line.
    fn pieces<'l>(&self, line: &'l str) -> Vec<(Tone, &'l str)> {
        let mut pieces = Vec::new();
        let mut rest = line;
        let mut before = ' ';
        while let Some(first) = rest.chars().next() {
            let (tone, size) = self.next(rest, first, before, rest.len() == line.len());
            let (head, tail) = rest.split_at(size);
            before = head.chars().next_back().unwrap_or(' ');
            pieces.push((tone, head));
            rest = tail;
        }
        pieces
    }

    /// What the rest of a line begins with: its tone, and how many bytes it is.
    fn next(&self, rest: &str, first: char, before: char, is_begin: bool) -> (Tone, usize) {
        let is_free = is_begin || before == ' ';
        let mut signs = self.comments.iter();
        if is_free && signs.any(|sign| rest.starts_with(sign)) {
            return (Tone::Dim, rest.len());
        }
        if self.quotes.contains(&first)
            && let Some(size) = quoted(rest, first)
        {
            return (Tone::Good, size);
        }
        let size = rest
            .find(|letter: char| !is_of_word(letter))
            .unwrap_or(rest.len());
        if size == 0 {
            return (Tone::Plain, first.len_utf8());
        }
        let word = &rest[..size];
        if self.counts && first.is_ascii_digit() {
            return (Tone::Odd, size);
        }
        let is_known = self.words.contains(&word) || self.folds && self.has_folded(word);
        let tone = if is_known { Tone::Accent } else { Tone::Plain };
        (tone, size)
    }

    fn has_folded(&self, word: &str) -> bool {
        self.words.iter().any(|one| one.eq_ignore_ascii_case(word))
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// How many bytes a text in quotes is; none where it does not end on its line.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if letter == '\\' {
            is_escaped = true;
        } else if letter == quote {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line with each part that has a tone between its sign: keyword, "text", number, comment.
    fn marked(language: &str, line: &str) -> String {
        let pieces = Language::called(language).pieces(line);
        let whole: String = pieces.iter().map(|(_, text)| *text).collect();
        assert_eq!(whole, line);
        let sign = |tone| match tone {
            Tone::Accent => "k",
            Tone::Good => "t",
            Tone::Odd => "n",
            Tone::Dim => "c",
            Tone::Plain | Tone::Bold | Tone::Bad => "",
        };
        let told = pieces.into_iter().map(|(tone, text)| match sign(tone) {
            "" => text.to_owned(),
            sign => format!("{sign}[{text}]"),
        });
        told.collect()
    }

    #[test]
    fn each_language_has_its_words_texts_numbers_and_comments() {
        let cases = [
            (
                "python",
                "return Decimal('0.3')  # not 1.5",
                "k[return] Decimal(t['0.3'])  c[# not 1.5]",
            ),
            (
                "go",
                "for i := 0; i < 10; i++ { // ten",
                "k[for] i := n[0]; i < n[10]; i++ { c[// ten]",
            ),
            (
                "ts",
                "const url = `http://x`;",
                "k[const] url = t[`http://x`];",
            ),
            (
                "rust",
                "fn f<'a>(x: &'a str) -> u8 { 1 }",
                "k[fn] f<'a>(x: &'a str) -> u8 { n[1] }",
            ),
            (
                "sql",
                "select * from t where a = 'it' -- all",
                "k[select] * k[from] t k[where] a = t['it'] c[-- all]",
            ),
            (
                "toml",
                "port = 8080 # the port",
                "port = n[8080] c[# the port]",
            ),
            (
                "json",
                "{\"a\": [1, true, \"x\\\"y\"]}",
                "{t[\"a\"]: [n[1], k[true], t[\"x\\\"y\"]]}",
            ),
            (
                "sh",
                "export A=\"b c\" # why",
                "k[export] A=t[\"b c\"] c[# why]",
            ),
            (
                "http",
                "POST /v2/orders HTTP/1.1",
                "k[POST] /v2/orders k[HTTP]/n[1].n[1]",
            ),
            // What does not end on its line, and what is not known, is plain.
            ("python", "x = 'open", "x = 'open"),
            ("cobol", "MOVE 1 TO A # one", "MOVE 1 TO A c[# one]"),
            (
                "",
                "see http://127.0.0.1 -- there",
                "see http://127.0.0.1 c[-- there]",
            ),
        ];
        for (language, line, wanted) in cases {
            assert_eq!(marked(language, line), wanted, "{language}");
        }
    }

    #[test]
    fn rows_are_the_line_whatever_stands_in_it() {
        let line = "return \"日本語 and more\" + 'é' # 注文 12";
        for columns in 2..40 {
            let rows = Language::called("py").rows(line, columns);
            let whole: String = rows
                .iter()
                .flat_map(Line::parts)
                .map(|(_, text)| text)
                .collect();
            assert_eq!(whole, line);
            assert!(rows.iter().all(|row| row.width() <= columns));
        }
    }
}
