//! Rust read just far enough for the rules: code without comments and strings, and those apart.

/// One Rust file, taken apart. Every part keeps the line it stood on.
pub(crate) struct Source {
    /// The code; what stood in comments and strings is blank, line breaks stay.
    pub(crate) code: String,
    /// What stands between the quotes of each string literal.
    pub(crate) strings: Vec<Piece>,
    /// Each comment, with its slashes.
    pub(crate) comments: Vec<Piece>,
}

/// A piece of text and the line it begins on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) line: usize,
    pub(crate) text: String,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    code: String,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader {
            chars: text.chars().collect(),
            at: 0,
            line: 1,
            code: String::with_capacity(text.len()),
        };
        let (mut strings, mut comments) = (Vec::new(), Vec::new());
        while reader.at < reader.chars.len() {
            let line = reader.line;
            if let Some(text) = reader.comment() {
                comments.push(Piece { line, text });
            } else if let Some(text) = reader.string() {
                strings.push(Piece { line, text });
            } else if !reader.character() {
                reader.copy(1);
            }
        }
        Self {
            code: reader.code,
            strings,
            comments,
        }
    }

    /// The words and signs of the code, `::` being one.
    pub(crate) fn tokens(&self) -> Vec<Piece> {
        let mut tokens: Vec<Piece> = Vec::new();
        for (at, line) in self.code.lines().enumerate() {
            let mut rest = line.trim_start();
            while let Some(first) = rest.chars().next() {
                let length = if is_word(first) {
                    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
                } else if rest.starts_with("::") {
                    2
                } else {
                    first.len_utf8()
                };
                tokens.push(Piece {
                    line: at + 1,
                    text: rest[..length].to_owned(),
                });
                rest = rest[length..].trim_start();
            }
        }
        tokens
    }

    /// Lines of items under `#[cfg(test)]`, from and to, both included.
    pub(crate) fn test_lines(&self) -> Vec<(usize, usize)> {
        let tokens = self.tokens();
        let mut found = Vec::new();
        for at in 0..tokens.len() {
            let head: Vec<&str> = tokens[at..]
                .iter()
                .take(7)
                .map(|token| token.text.as_str())
                .collect();
            if head != ["#", "[", "cfg", "(", "test", ")", "]"] {
                continue;
            }
            let mut depth = 0_usize;
            for token in &tokens[at + 7..] {
                match token.text.as_str() {
                    "{" => depth += 1,
                    "}" => depth = depth.saturating_sub(1),
                    ";" if depth == 0 => {}
                    _ => continue,
                }
                if depth == 0 {
                    found.push((tokens[at].line, token.line));
                    break;
                }
            }
        }
        found
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next_is(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    /// Takes characters over into the code as they are.
    fn copy(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(c) = self.peek(0) {
                self.code.push(c);
                self.line += usize::from(c == '\n');
                self.at += 1;
            }
        }
    }

    /// Passes over one character: blank in the code, unless it ends a line.
    fn blank(&mut self, text: &mut String) {
        if let Some(c) = self.peek(0) {
            text.push(c);
            self.code.push(if c == '\n' { '\n' } else { ' ' });
            self.line += usize::from(c == '\n');
            self.at += 1;
        }
    }

    fn comment(&mut self) -> Option<String> {
        let mut text = String::new();
        if self.next_is("//") {
            while self.peek(0).is_some_and(|c| c != '\n') {
                self.blank(&mut text);
            }
            return Some(text);
        }
        if !self.next_is("/*") {
            return None;
        }
        let mut depth = 0_usize;
        while self.at < self.chars.len() {
            if self.next_is("/*") {
                depth += 1;
                self.blank(&mut text);
            } else if self.next_is("*/") {
                depth -= 1;
                self.blank(&mut text);
            }
            self.blank(&mut text);
            if depth == 0 {
                break;
            }
        }
        Some(text)
    }

    fn string(&mut self) -> Option<String> {
        let word_before = self.at > 0 && is_word(self.chars[self.at - 1]);
        let mut prefix = 0;
        if !word_before {
            while self.peek(prefix).is_some_and(|c| "bcr".contains(c)) && prefix < 2 {
                prefix += 1;
            }
        }
        let raw = prefix > 0 && self.peek(prefix - 1) == Some('r');
        let mut hashes = 0;
        while raw && self.peek(prefix + hashes) == Some('#') {
            hashes += 1;
        }
        if self.peek(prefix + hashes) != Some('"') {
            return None;
        }
        self.copy(prefix + hashes + 1);
        let end = format!("\"{}", "#".repeat(hashes));
        let mut text = String::new();
        while self.at < self.chars.len() && !self.next_is(&end) {
            if !raw && self.peek(0) == Some('\\') {
                self.blank(&mut text);
            }
            self.blank(&mut text);
        }
        self.copy(1 + hashes);
        Some(text)
    }

    /// Passes over a character literal, which a lifetime is not.
    fn character(&mut self) -> bool {
        if self.peek(0) != Some('\'') {
            return false;
        }
        let end = if self.peek(1) == Some('\\') {
            (3..14).find(|&ahead| self.peek(ahead) == Some('\''))
        } else {
            (self.peek(2) == Some('\'')).then_some(2)
        };
        let Some(end) = end else { return false };
        self.copy(1);
        let mut text = String::new();
        for _ in 1..end {
            self.blank(&mut text);
        }
        self.copy(1);
        true
    }
}

#[test]
fn comments_and_strings_are_no_code() {
    let source = Source::read(concat!(
        "let a = \"x\\\" println!\"; // dbg!()\n",
        "let b = r#\"two\nlines \"quoted\"\"#; let c = '\"'; let d: &'static str = b\"e\";\n",
        "/* outer /* inner */ still */ fn f<'a>(x: &'a str) {}\n",
    ));
    assert!(!source.code.contains("println"));
    assert!(!source.code.contains("dbg"));
    assert!(!source.code.contains("still"));
    assert!(source.code.contains("fn f<'a>(x: &'a str) {}"));
    let strings: Vec<(usize, &str)> = source
        .strings
        .iter()
        .map(|piece| (piece.line, piece.text.as_str()))
        .collect();
    assert_eq!(
        strings,
        [
            (1, "x\\\" println!"),
            (2, "two\nlines \"quoted\""),
            (3, "e")
        ]
    );
    assert_eq!(source.comments[0].text, "// dbg!()");
    assert_eq!(source.comments[1].line, 4);
}

#[test]
fn test_modules_are_found_to_their_last_line() {
    let source = Source::read(concat!(
        "fn a() {}\n",
        "#[cfg(test)]\n",
        "mod tests {\n    fn b() { if true {} }\n}\n",
        "#[cfg(test)]\nmod more;\n",
    ));
    assert_eq!(source.test_lines(), [(2, 5), (6, 7)]);
}
