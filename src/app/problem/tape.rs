//! A tape without what is private.

use std::collections::BTreeMap;

use serde_json::Value;

use super::private::Private;

/// A line of output is not waited for beyond this.
const LONGEST: usize = 64 * 1024;

/// The tape with every text in it redacted; lines that cannot be read are left out, for nobody
/// knows what is in them.
pub(super) fn redacted(tape: &[u8], private: &mut Private) -> Vec<u8> {
    let lines = tape.split(|&byte| byte == b'\n');
    let mut events: Vec<Value> = lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    mend(&mut events);
    let mut out = Vec::new();
    for mut event in events {
        private.json(&mut event);
        out.extend(event.to_string().into_bytes());
        out.push(b'\n');
    }
    out
}

/// Moves what a program had printed of a line to the piece in which the line ends: what is private
/// must not slip through between two pieces.
fn mend(events: &mut [Value]) {
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for at in 0..events.len() {
        if events[at]["event"] != "program-output" {
            continue;
        }
        let stream = format!("{} {}", events[at]["program"], events[at]["stream"]);
        if let Some(before) = open.remove(&stream)
            && events[at]["dropped"].as_u64().unwrap_or(0) == 0
        {
            let (whole, rest) = split(text(&events[before]));
            let joined = format!("{rest}{}", text(&events[at]));
            if joined.len() <= LONGEST {
                events[before]["text"] = whole.into();
                events[at]["text"] = joined.into();
            }
        }
        if !text(&events[at]).ends_with('\n') {
            open.insert(stream, at);
        }
    }
}

fn text(event: &Value) -> &str {
    event["text"].as_str().unwrap_or_default()
}

/// The whole lines, and what follows them.
fn split(text: &str) -> (String, String) {
    let end = text.rfind('\n').map_or(0, |newline| newline + 1);
    (text[..end].to_owned(), text[end..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_was_printed_in_two_pieces_is_found() {
        let piece = |text: &str| {
            serde_json::json!({"event": "program-output", "program": "api", "stream": "stderr", "text": text, "at_ms": 1})
                .to_string()
        };
        let tape = [piece("one\n/home/a"), piece("da/x\n"), "{\"torn".to_owned()].join("\n");
        let mut private = Private::of([("/home/ada", "~", "home folder")]);
        let told = String::from_utf8(redacted(tape.as_bytes(), &mut private)).unwrap();
        let texts: Vec<String> = told
            .lines()
            .map(|line| text(&serde_json::from_str(line).unwrap()).to_owned())
            .collect();
        assert_eq!(texts, ["one\n", "~/x\n"]);
    }
}
