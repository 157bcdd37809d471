//! A watch: a lab is graded at each save, until it is stopped.

/// What is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) lab: String,
    /// Runs that were about something saved.
    pub(crate) saves: u32,
    pub(crate) standing: Standing,
}

/// What goes on, and what is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Services come up first; what was told of them last.
    Warming(String),
    /// A run goes on; these were saved before it.
    Grading(Vec<String>),
    /// These were saved during a run: it ends, and they are graded.
    Renewing(Vec<String>),
    /// For the next save.
    Waiting,
    /// For another command that has the workspace.
    Busy,
    /// For the lab's folder, which is not there.
    Gone,
    Stopping,
}

impl Watch {
    pub(crate) fn new(lab: String) -> Self {
        Self {
            lab,
            saves: 0,
            standing: Standing::Grading(Vec::new()),
        }
    }
}
