//! What a call is answered with.

use std::sync::Arc;

use tokio::sync::watch;

/// What a call is answered with.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) deed: Deed,
    pub(super) gate: Option<Gate>,
    /// What the check knows about the call, for evidence.
    pub(super) note: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Answer(u16),
    Reset,
    Silence,
}

impl Reply {
    /// An answer of this status, without a body.
    pub fn status(status: u16) -> Self {
        Self::of(Deed::Answer(status))
    }

    /// The connection is reset in place of an answer.
    pub fn reset() -> Self {
        Self::of(Deed::Reset)
    }

    /// No answer, for as long as the program waits for one.
    pub fn silence() -> Self {
        Self::of(Deed::Silence)
    }

    /// Not before this gate is open.
    #[must_use]
    pub fn behind(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// What the check knows about the call: it stands in the timeline and beside the call.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn of(deed: Deed) -> Self {
        Self {
            deed,
            gate: None,
            note: String::new(),
        }
    }
}

/// Where calls wait until the check lets them go on.
#[derive(Clone, Debug)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::channel(false).0))
    }
}

impl Gate {
    /// Lets everything go on that waits here, now and later.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn passed(&self) {
        let mut open = self.0.subscribe();
        if open.wait_for(|open| *open).await.is_err() {
            // Nobody is left who could open it.
        }
    }
}
