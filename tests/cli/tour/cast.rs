//! The tour as a cast of asciinema (version 2), with the times at which it is to be read.

use serde_json::{Value, json};

use super::Stop;

/// One screen after the other, each as what differs from the one before.
pub(super) fn cast(stops: &[Stop]) -> String {
    let header = json!({
        "version": 2,
        "width": super::COLUMNS,
        "height": super::ROWS,
        "title": "mastery: from an empty folder to a lab that passes",
        "env": {"TERM": "xterm-256color"},
    });
    let mut lines = vec![header];
    let mut at = 0.0;
    let mut before: Option<&Stop> = None;
    for stop in stops {
        let shown = before.map_or_else(
            || stop.screen.contents_formatted(),
            |before| stop.screen.contents_diff(&before.screen),
        );
        lines.push(json!([at, "m", stop.name]));
        lines.push(json!([at, "o", shown]));
        at += stop.held.as_secs_f64();
        before = Some(stop);
    }
    // Without it a player would end with the last picture, at once.
    lines.push(json!([at, "o", ""]));
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

/// The names of a kept cast's stops.
pub(super) fn markers(cast: &str) -> Vec<String> {
    let events = cast.lines().skip(1).map(|line| {
        let event: Value = serde_json::from_str(line).expect("each line of a cast is JSON");
        event
    });
    events
        .filter(|event| event[1] == "m")
        .map(|event| event[2].as_str().unwrap_or_default().to_owned())
        .collect()
}
