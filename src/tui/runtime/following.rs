//! What the services of a run say, told while it goes on.

use std::{
    collections::BTreeSet,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use mastery_kit::verdict::Stream;

use super::jobs::Tell;
use crate::{app::warm::Logs, grading::event::GradeEvent, tui::msg::Msg, workspace::Workspace};

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Lines of what a service said before, that stand at the beginning.
const BEFORE: usize = 100;

/// Those who read the logs of services; they end with it.
pub(super) struct Following<'a> {
    workspace: &'a Workspace,
    tell: Tell,
    services: BTreeSet<String>,
    /// Dropped, a reader ends.
    ends: Vec<SyncSender<()>>,
}

impl<'a> Following<'a> {
    pub(super) fn new(workspace: &'a Workspace, tell: Tell) -> Self {
        Self {
            workspace,
            tell,
            services: BTreeSet::new(),
            ends: Vec::new(),
        }
    }

    /// Tells an event; from a service that is ready on, what it says is told as well.
    pub(super) fn event(&mut self, at: Duration, event: &GradeEvent) {
        self.tell.event(at, event);
        let GradeEvent::ServiceReady { service, warm, .. } = event else {
            return;
        };
        if !self.services.insert(service.clone()) {
            // Another instance goes on in the same files.
            return;
        }
        let Some(logs) = Logs::of_run(self.workspace, service, *warm) else {
            return;
        };
        let (end, ended) = sync_channel(0);
        let tell = self.tell.clone();
        let reader = thread::Builder::new().name("log of a service".to_owned());
        if reader.spawn(move || read(logs, &ended, &tell)).is_ok() {
            self.ends.push(end);
        }
    }
}

fn read(mut logs: Logs, ended: &Receiver<()>, tell: &Tell) {
    let mut news = logs.last(BEFORE);
    // Logs that cannot be read any more are no reason to disturb a run.
    while let Ok(said) = news {
        for both in said.chunk_by(|one, next| one.stream == next.stream) {
            tell.say(Msg::Said {
                service: both[0].service.to_owned(),
                stream: match both[0].stream {
                    "stderr" => Stream::Stderr,
                    _ => Stream::Stdout,
                },
                text: both
                    .iter()
                    .flat_map(|said| [said.line.as_str(), "\n"])
                    .collect(),
            });
        }
        match ended.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => news = logs.news(),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}
