//! A request and its answer, as one reads them: the lines that say something, the bodies around the
//! place in question.

use mastery_kit::verdict::Exchange;

use super::{
    pointer,
    words::{Line, Style, Tone, beside, cells_wrapped, duration, fold_middle, width},
};

/// Rows a body may take; beyond it what is equal is folded.
const REQUEST_ROWS: usize = 4;
const ANSWER_ROWS: usize = 8;
/// Rows of one line of a head, and lines of a head.
const HEAD_ROWS: usize = 4;
const HEADERS: usize = 12;

/// Headers every program sends or the bench always sends: no evidence of anything.
const USUAL: &[&str] = &[
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "date",
    "server",
    "user-agent",
    "accept",
    "transfer-encoding",
];

/// The lines of one exchange, two blanks in.
pub(super) fn lines(exchange: &Exchange, style: Style) -> Vec<Line> {
    let (head, body) = split(&exchange.request);
    let mut head = head.lines();
    let first = head.next().unwrap_or_default();
    let first = first
        .rsplit_once(" HTTP/")
        .map_or(first, |(first, _)| first);
    let place = format!("{} #{}", exchange.to, exchange.number);
    let place = Line::new().then(Tone::Dim, style.show(&place));
    let mut lines = coded(first, 2, Tone::Bold, style);
    let last = lines.pop().unwrap_or_default();
    lines.extend(beside(last, place, style));
    lines.extend(headers(head, false, style));
    lines.extend(body_lines(body, None, REQUEST_ROWS, style));
    lines.extend(answer(exchange, style));
    if exchange.lossy {
        let mark = style.show("�");
        lines.push(Line::new().then(
            Tone::Dim,
            format!("    ({mark} stands where bytes were no UTF-8)"),
        ));
    }
    if let Some(at) = &exchange.at {
        lines.extend(coded(at, 4, Tone::Accent, style));
    }
    lines
}

fn answer(exchange: &Exchange, style: Style) -> Vec<Line> {
    let mut lines = Vec::new();
    let (head, body) = split(&exchange.response);
    let mut head_lines = head.lines();
    if exchange.response.is_empty() {
        lines.push(Line::plain("  ").then(Tone::Bold, "no answer"));
    } else if let Some(status) = status(head) {
        head_lines.next();
        lines.push(
            Line::plain("  ")
                .then(Tone::Bold, style.show(status))
                .then(Tone::Dim, format!("  in {}", duration(exchange.took_ms))),
        );
        // How a body was framed says something only where its end was wrong.
        lines.extend(headers(head_lines, exchange.ended.is_some(), style));
        let joined = unchunked(head, body);
        let focus = exchange.at.as_deref();
        let body = joined.as_deref().unwrap_or(body);
        lines.extend(body_lines(body, focus, ANSWER_ROWS, style));
    } else {
        lines.push(Line::plain("  ").then(Tone::Bold, "an answer that is no HTTP"));
        lines.extend(body_lines(&exchange.response, None, ANSWER_ROWS, style));
    }
    if let Some(ended) = &exchange.ended {
        lines.extend(coded(ended, 4, Tone::Bad, style));
    }
    lines
}

fn split(message: &str) -> (&str, &str) {
    message
        .split_once("\r\n\r\n")
        .or_else(|| message.split_once("\n\n"))
        .unwrap_or((message, ""))
}

/// `201 Created` of `HTTP/1.1 201 Created`.
fn status(head: &str) -> Option<&str> {
    let line = head.lines().next()?;
    line.starts_with("HTTP/")
        .then(|| line.split_once(' ').map(|(_, status)| status.trim()))?
}

fn headers<'h>(head: impl Iterator<Item = &'h str>, all: bool, style: Style) -> Vec<Line> {
    let lines = head
        .filter(|line| all || !is_usual(line))
        .flat_map(|line| coded(line.trim_end(), 4, Tone::Dim, style))
        .collect();
    fold_middle(lines, HEADERS, 4, style)
}

/// A text that is no prose, broken where it must be.
fn coded(text: &str, indent: usize, tone: Tone, style: Style) -> Vec<Line> {
    let shown = style.show(text);
    let cells: Vec<(char, bool)> = shown.chars().map(|letter| (letter, true)).collect();
    let rows = cells_wrapped(&cells, style.columns(), indent, tone);
    fold_middle(rows, HEAD_ROWS, indent, style)
}

fn is_usual(line: &str) -> bool {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    let name = name.trim().to_ascii_lowercase();
    let json = || {
        value
            .trim()
            .to_ascii_lowercase()
            .starts_with("application/json")
    };
    USUAL.contains(&name.as_str()) || name == "content-type" && json()
}

/// The body of a chunked answer in one piece; `None` where it is not chunked or not well so.
fn unchunked(head: &str, body: &str) -> Option<String> {
    head.lines().find(|line| {
        let line = line.to_ascii_lowercase();
        line.starts_with("transfer-encoding:") && line.contains("chunked")
    })?;
    let mut joined = String::new();
    let mut rest = body;
    loop {
        let (size, after) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(joined);
        }
        joined.push_str(after.get(..size)?);
        rest = after.get(size..)?.strip_prefix("\r\n")?;
    }
}

/// A body, four blanks in: whole where it is short, else around what `focus` points at.
fn body_lines(body: &str, focus: Option<&str>, rows: usize, style: Style) -> Vec<Line> {
    if body.is_empty() {
        return Vec::new();
    }
    if let Some(json) = pointer::compact(body) {
        let place = focus.and_then(|focus| pointer::locate(&json, focus));
        let place = place.unwrap_or(0..0);
        let mut cells: Vec<(char, bool)> = Vec::new();
        for (text, marked) in [
            (&json[..place.start], false),
            (&json[place.clone()], true),
            (&json[place.end..], false),
        ] {
            cells.extend(style.show(text).chars().map(|letter| (letter, marked)));
        }
        // Narrow places get more rows: what must be seen is as long there.
        let room = style.columns().max(80).saturating_sub(4) * rows;
        let cells = folded(cells, room, style);
        return cells_wrapped(&cells, style.columns(), 4, Tone::Bold);
    }
    let shown: Vec<Line> = body
        .trim_end_matches(['\r', '\n'])
        .split('\n')
        .flat_map(|line| {
            let text = style.show_output(line.strip_suffix('\r').unwrap_or(line));
            let cells: Vec<_> = text.chars().map(|letter| (letter, false)).collect();
            cells_wrapped(&cells, style.columns(), 4, Tone::Plain)
        })
        .collect();
    fold_middle(shown, rows, 4, style)
}

/// Cuts a long text around its marked letters; without any, its middle is left out.
fn folded(cells: Vec<(char, bool)>, room: usize, style: Style) -> Vec<(char, bool)> {
    let room = room.max(20);
    let taken: usize = cells
        .iter()
        .map(|(letter, _)| width(letter.encode_utf8(&mut [0; 4])))
        .sum();
    if taken <= room {
        return cells;
    }
    let dots = style.dots().chars().map(|letter| (letter, false));
    let Some(first) = cells.iter().position(|(_, marked)| *marked) else {
        let tail = room / 4;
        let head = room - tail - 2;
        if head + tail >= cells.len() {
            return cells;
        }
        let mut kept = cells[..head].to_vec();
        kept.extend(dots);
        kept.extend_from_slice(&cells[cells.len() - tail..]);
        return kept;
    };
    let start = match first.saturating_sub(room / 3) {
        ..8 => 0,
        start => start,
    };
    let end = (start + room - 2).min(cells.len());
    let mut kept = Vec::new();
    if start > 0 {
        kept.extend(dots.clone());
    }
    kept.extend_from_slice(&cells[start..end]);
    if end < cells.len() {
        kept.extend(dots);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(exchange: &Exchange, style: Style) -> String {
        let lines: Vec<String> = lines(exchange, style).iter().map(Line::text).collect();
        lines.join("\n")
    }

    #[test]
    fn a_long_answer_is_cut_around_the_place_in_question() {
        let items: Vec<String> = (0..400).map(|n| format!("{{\"n\":{n}}}")).collect();
        let exchange = Exchange {
            number: 3,
            to: "127.0.0.1:4000".into(),
            request: "GET /v1/orders HTTP/1.1\r\nHost: x\r\n\r\n".into(),
            response: format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[{}]",
                items.join(",")
            ),
            at: Some("/300/n".into()),
            ..Exchange::default()
        };
        let shown = shown(&exchange, Style::plain(60));
        assert!(shown.contains("{\"n\":300}"), "{shown}");
        assert!(
            !shown.contains("{\"n\":2}") && !shown.contains("{\"n\":399}"),
            "{shown}"
        );
        assert!(shown.lines().count() <= 16, "{shown}");
    }

    #[test]
    fn chunks_are_joined_and_bad_ones_left_as_they_are() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked";
        assert_eq!(
            unchunked(head, "3\r\n{\"a\r\n4;x\r\n\":1}\r\n0\r\n\r\n").as_deref(),
            Some("{\"a\":1}")
        );
        assert_eq!(unchunked(head, "zz\r\n"), None);
        assert_eq!(unchunked("HTTP/1.1 200 OK", "{}"), None);
    }

    #[test]
    fn no_answer_is_said() {
        let exchange = Exchange {
            request: "GET / HTTP/1.1\r\nIf-None-Match: \"7\"\r\n\r\n".into(),
            ended: Some("no answer within 5 s".into()),
            ..Exchange::default()
        };
        insta::assert_snapshot!(shown(&exchange, Style::plain(40)), @r#"
          GET /                               #0
            If-None-Match: "7"
          no answer
            no answer within 5 s
        "#);
    }
}
