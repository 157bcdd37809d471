//! Where the executor sends its events: one bounded channel to the dispatcher.

use tokio::sync::mpsc;

use super::event::GradeEvent;

/// How many events may wait for the reporters; a slow terminal slows the run, it never grows it.
const WAITING: usize = 256;

/// The sending side. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sink(mpsc::Sender<GradeEvent>);

/// The two sides.
pub(super) fn channel() -> (Sink, mpsc::Receiver<GradeEvent>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Sink(sender), receiver)
}

impl Sink {
    /// Sends an event; when nobody listens any more the run is over anyway.
    pub(super) async fn send(&self, event: GradeEvent) {
        if self.0.send(event).await.is_err() {
            // The dispatcher is gone: it takes the run's scope with it.
        }
    }

    /// A sentence that is no verdict.
    pub(super) async fn note(&self, text: impl Into<String>, check: Option<&str>) {
        self.send(GradeEvent::Note {
            text: text.into(),
            check: check.map(str::to_owned),
        })
        .await;
    }
}
