//! A run for programs: one line of JSON for each event, the format of the tape.

use std::{io, time::Duration};

use super::Reporter;
use crate::grading::event::{GradeEvent, Stamped};

/// Writes JSON lines.
pub struct Json<W> {
    out: W,
}

impl<W: io::Write + Send> Json<W> {
    /// Writes to `out`, each line at once.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: io::Write + Send> Reporter for Json<W> {
    fn on_event(&mut self, at: Duration, event: &GradeEvent) -> io::Result<()> {
        let line = line(&Stamped::new(at, event.clone()))?;
        self.out.write_all(&line)?;
        self.out.flush()
    }
}

/// One line of a tape, with its end.
pub(super) fn line(stamped: &Stamped) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(stamped)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{sample, tape::read_tape};

    #[test]
    fn every_event_is_one_line_and_comes_back() {
        let mut out = Vec::new();
        let tape = sample::tape();
        let mut json = Json::new(&mut out);
        for stamped in &tape {
            let at = Duration::from_millis(stamped.at_ms);
            json.on_event(at, &stamped.event).unwrap();
        }
        let lines = out.split(|byte| *byte == b'\n');
        assert_eq!(lines.count(), tape.len() + 1);
        assert_eq!(read_tape(&out), tape);
    }
}
