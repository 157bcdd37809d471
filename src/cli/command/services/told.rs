//! How warm services are told, by several commands.

use serde_json::json;

use crate::{
    app::warm::{Status, Warm},
    cli::ui::{Lines as _, Ui},
    report::words::{self, Line, Tone},
};

/// One service a paragraph: what it is, where it is, and a line to type.
pub(super) fn lines(ui: &Ui, services: &[Warm]) -> String {
    let mut text = String::new();
    for warm in services {
        let mut parts = vec![
            warm.version.clone().unwrap_or_default(),
            warm.backend.clone(),
        ];
        if let Some(why) = &warm.why {
            parts.push(format!("{}: {}", warm.state, ui.out.show(why)));
        } else if warm.address.is_none() {
            parts.push(warm.state.clone());
        }
        parts.extend(warm.address.clone());
        parts.extend(warm.pid.map(|pid| format!("pid {pid}")));
        parts.extend(warm.container.as_ref().map(|id| {
            let short: String = id.chars().take(12).collect();
            format!("container {short}")
        }));
        parts.extend(
            warm.memory_bytes
                .map(|bytes| format!("{} MiB", bytes >> 20)),
        );
        parts.retain(|part| !part.is_empty());
        let tone = if warm.why.is_some() {
            Tone::Bad
        } else {
            Tone::Plain
        };
        let line = Line::new()
            .then(Tone::Bold, format!("  {:<10}", warm.service))
            .then(tone, parts.join("  "));
        text.line(line.render(ui.out));
        if let Some(line) = &warm.line {
            let line = Line::new().then(Tone::Accent, format!("{:12}{line}", ""));
            text.line(line.render(ui.out));
        }
    }
    text
}

/// What `up` brought up.
pub(super) fn json(services: &[Warm]) -> String {
    words::json(&json!({ "format": 1, "services": services }))
}

/// All that is known.
pub(super) fn json_of(status: &Status) -> String {
    words::json(&json!({
        "format": 1,
        "keeper": status.keeper,
        "services": status.services,
        "cleared": status.cleared,
    }))
}

/// Seconds as people say them; a clock that was put back is no time at all.
pub(super) fn ago(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => {
            format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60)
        }
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        assert_eq!(ago(-3), "0 s");
        assert_eq!(ago(59), "59 s");
        assert_eq!(ago(3_599), "59 min");
        assert_eq!(ago(7_500), "2 h 5 min");
        assert_eq!(ago(200_000), "2 d");
    }
}
