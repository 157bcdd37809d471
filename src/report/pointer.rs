//! Where in a JSON text a pointer leads: the place in the text itself, so that numbers and order stay
//! as the program wrote them.

use std::ops::Range;

/// The place of the value at `pointer` (RFC 6901), or of the innermost value on the way to it that is
/// there. `None` for the whole text, and for what is no JSON.
pub(super) fn locate(json: &str, pointer: &str) -> Option<Range<usize>> {
    let bytes = json.as_bytes();
    let mut at = blanks(bytes, 0);
    let mut found = None;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match child(json, at, &step) {
            Some(start) => {
                at = start;
                found = Some(start..value(bytes, start)?);
            }
            None => break,
        }
    }
    found
}

/// The JSON text without blanks between its tokens; `None` for what is no JSON.
pub(super) fn compact(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let end = value(bytes, blanks(bytes, 0))?;
    if blanks(bytes, end) != bytes.len() {
        return None;
    }
    let mut within = false;
    let mut escaped = false;
    Some(
        json.chars()
            .filter(|letter| {
                let kept = within || !matches!(letter, ' ' | '\n' | '\r' | '\t');
                match letter {
                    '"' if !escaped => within = !within,
                    _ => {}
                }
                escaped = within && *letter == '\\' && !escaped;
                kept
            })
            .collect(),
    )
}

/// Where the member or element `step` of the value at `at` begins.
fn child(json: &str, at: usize, step: &str) -> Option<usize> {
    let bytes = json.as_bytes();
    let close = match bytes.get(at)? {
        b'{' => b'}',
        b'[' => b']',
        _ => return None,
    };
    let mut next = blanks(bytes, at + 1);
    let mut index = 0_usize;
    while *bytes.get(next)? != close {
        let wanted = if close == b'}' {
            let end = value(bytes, next)?;
            let name: String = serde_json::from_str(json.get(next..end)?).ok()?;
            let colon = blanks(bytes, end);
            next = blanks(bytes, colon + 1);
            name == step
        } else {
            step.parse() == Ok(index)
        };
        if wanted {
            return Some(next);
        }
        index += 1;
        next = blanks(bytes, value(bytes, next)?);
        if bytes.get(next) == Some(&b',') {
            next = blanks(bytes, next + 1);
        }
    }
    None
}

fn blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes
        .iter()
        .skip(at)
        .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
        .count()
}

/// The end of the value that begins at `at`. Depth is counted, not recursed into.
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = at;
    loop {
        match bytes.get(at)? {
            b'"' => at = string(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth > 0 => at += 1,
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => at = word(bytes, at),
            _ => return None,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn word(bytes: &[u8], at: usize) -> usize {
    at + bytes
        .iter()
        .skip(at)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
        .count()
}

fn string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(json: &'static str, pointer: &str) -> Option<&'static str> {
        locate(json, pointer).map(|range| &json[range])
    }

    #[test]
    fn a_pointer_leads_to_the_text_as_it_was_written() {
        let json = r#" {"a": {"b~/c": [1, 1.50, "x\"}"]}, "é": null} "#;
        assert_eq!(at(json, "/a/b~0~1c/1"), Some("1.50"));
        assert_eq!(at(json, "/a/b~0~1c/2"), Some(r#""x\"}""#));
        assert_eq!(at(json, "/é"), Some("null"));
        assert_eq!(at(json, ""), None);
    }

    #[test]
    fn what_is_missing_is_looked_for_as_far_as_it_goes() {
        let json = r#"{"a":{"b":1}}"#;
        assert_eq!(at(json, "/a/x"), Some(r#"{"b":1}"#));
        assert_eq!(at(json, "/x"), None);
        assert_eq!(at("{\"a\":", "/a"), None);
        assert_eq!(at("<html>", "/a"), None);
    }

    #[test]
    fn blanks_go_only_between_tokens() {
        assert_eq!(
            compact("{\n  \"a b\": [ 1 , \"\\\" \" ]\n}\n").as_deref(),
            Some(r#"{"a b":[1,"\" "]}"#)
        );
        assert_eq!(compact("hello there"), None);
        assert_eq!(compact("{} {}"), None);
    }
}
