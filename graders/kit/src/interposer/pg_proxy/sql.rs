//! What a statement is, without what changes from one run to the next.

/// One statement of a text, and its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub text: String,
    pub fingerprint: String,
}

/// A statement's shape: lower-cased, comments dropped, literals, numbers and parameters as `?`, white
/// space normalised, no `;` at the end. Good enough to know a program's own statements again.
pub fn fingerprint(sql: &str) -> String {
    let all: Vec<String> = statements(sql)
        .into_iter()
        .map(|one| one.fingerprint)
        .collect();
    all.join("; ")
}

/// The statements of a text, cut at `;` outside literals and comments; empty ones are left out.
pub(super) fn statements(sql: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let (mut from, mut at) = (0, 0);
    let mut shape = String::new();
    while let Some(next) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let token = token(rest, next);
        match token.kind {
            Kind::Space => shape.push(' '),
            Kind::Literal => shape.push('?'),
            Kind::Word => shape.push_str(&rest[..token.length].to_lowercase()),
            Kind::Quoted => shape.push_str(&rest[..token.length]),
            Kind::End => {
                keep(&mut found, &sql[from..at], &shape);
                shape.clear();
                from = at + token.length;
            }
        }
        at += token.length;
    }
    keep(&mut found, &sql[from..], &shape);
    found
}

fn keep(found: &mut Vec<Statement>, text: &str, shape: &str) {
    let words: Vec<&str> = shape.split_whitespace().collect();
    if words.is_empty() {
        return;
    }
    found.push(Statement {
        text: text.trim().to_owned(),
        fingerprint: words.join(" "),
    });
}

enum Kind {
    Space,
    Literal,
    Word,
    Quoted,
    End,
}

struct Token {
    kind: Kind,
    length: usize,
}

fn token(rest: &str, next: char) -> Token {
    let of = |kind, length| Token { kind, length };
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match next {
        ';' => of(Kind::End, 1),
        '-' if second == b'-' => of(Kind::Space, rest.find('\n').unwrap_or(rest.len())),
        '/' if second == b'*' => of(Kind::Space, comment(bytes)),
        '\'' => of(Kind::Literal, quoted(bytes, 0, b'\'', false)),
        'e' | 'E' if second == b'\'' => of(Kind::Literal, quoted(bytes, 1, b'\'', true)),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' if second == b'\'' => {
            of(Kind::Literal, quoted(bytes, 1, b'\'', false))
        }
        '"' => of(Kind::Quoted, quoted(bytes, 0, b'"', false)),
        '$' if second.is_ascii_digit() => of(Kind::Literal, 1 + run(&rest[1..], digit)),
        '$' => match dollar(rest) {
            Some(length) => of(Kind::Literal, length),
            None => of(Kind::Word, 1),
        },
        ':' if second == b':' => of(Kind::Word, 2),
        ':' if second.is_ascii_alphanumeric() => of(Kind::Literal, 1 + run(&rest[1..], in_word)),
        _ if next.is_ascii_digit() || (next == '.' && second.is_ascii_digit()) => {
            of(Kind::Literal, number(bytes))
        }
        _ if in_word(next) => of(Kind::Word, run(rest, in_word)),
        _ if next.is_whitespace() => of(Kind::Space, next.len_utf8()),
        _ => of(Kind::Word, next.len_utf8()),
    }
}

fn digit(one: char) -> bool {
    one.is_ascii_digit()
}

fn in_word(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}

fn run(rest: &str, belongs: fn(char) -> bool) -> usize {
    rest.find(|one| !belongs(one)).unwrap_or(rest.len())
}

/// `12`, `1.5`, `.5`, `1e-3`, `0x1f`, `1_000`.
fn number(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&one) = bytes.get(at) {
        let signed = matches!(one, b'+' | b'-') && at > 0 && matches!(bytes[at - 1], b'e' | b'E');
        if !(one.is_ascii_alphanumeric() || matches!(one, b'.' | b'_') || signed) {
            break;
        }
        at += 1;
    }
    at
}

/// Comments nest in `PostgreSQL`.
fn comment(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_u32);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => depth += 1,
            Some(b"*/") => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn quoted(bytes: &[u8], prefix: usize, quote: u8, escapes: bool) -> usize {
    let mut at = prefix + 1;
    while at < bytes.len() {
        let doubled = bytes[at] == quote && bytes.get(at + 1) == Some(&quote);
        if doubled || (bytes[at] == b'\\' && escapes) {
            at += 2;
        } else if bytes[at] == quote {
            return at + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// `$tag$…$tag$`.
fn dollar(rest: &str) -> Option<usize> {
    let name = run(&rest[1..], in_word);
    let tag = rest.get(..name + 2).filter(|tag| tag.ends_with('$'))?;
    let body = &rest[tag.len()..];
    Some(match body.find(tag) {
        Some(end) => tag.len() + end + tag.len(),
        None => rest.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_keeps_the_shape_and_drops_what_changes() {
        for (sql, expected) in [
            ("COMMIT;", "commit"),
            ("  select\n1 ,\t2.5e-3 ; ", "select ? , ?"),
            (
                "SELECT 'it''s', E'a\\'b', U from T1",
                "select ?, ?, u from t1",
            ),
            ("a -- x\n b /* c /* d */ ; */ c", "a b c"),
            (
                "insert into \"My;T\" values ($1, :name, $12)",
                "insert into \"My;T\" values (?, ?, ?)",
            ),
            ("select $f$ ; ' $f$, $$x$$, a::int", "select ?, ?, a::int"),
            ("select 'open", "select ?"),
            ("select E'open\\", "select ?"),
            ("/* open", ""),
            ("select 'é' as É", "select ? as é"),
            (
                "BEGIN; insert into a values (1)",
                "begin; insert into a values (?)",
            ),
        ] {
            assert_eq!(fingerprint(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_text_is_cut_into_its_statements() {
        let found = statements("BEGIN; insert into a values (';') ;; COMMIT;");
        let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["BEGIN", "insert into a values (';')", "COMMIT"]);
    }
}
