//! What happens while something is proved: owned events, told to whoever listens.

/// Something that happened in a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofEvent {
    /// A lab's proofs begin.
    LabStarted {
        lab: String,
        /// What all seeds follow from.
        base: String,
        seeds: u32,
        /// How many variants are proved.
        variants: u32,
        /// Of the unusual ones only these, and by what they were chosen.
        sampled: Option<(String, Vec<String>)>,
    },
    /// A sentence that is no result.
    Note { text: String },
    /// A proof begins.
    Started { proof: ProofKind, subject: String },
    /// A proof has ended.
    Finished(Proved),
    /// All is done, or ^C came.
    Ended(Summary),
}

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProofKind {
    StarterIsHonest,
    ReferencePasses,
    UnusualPasses,
    MutantIsCaught,
    BadManner,
    /// A learner with this bug, or this manner, is told what is kept.
    IsTold,
    EarnsItsPlace,
    /// No kept text is without its variant.
    NothingStale,
    KillMatrix,
}

/// One proof and what came of it. Without faults it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    pub proof: ProofKind,
    /// A variant, a check or a file.
    pub subject: String,
    /// How many runs it stands on, and how many of them were kept from before.
    pub runs: u32,
    pub kept: u32,
    pub took_ms: u64,
    /// Worth knowing though it holds.
    pub note: Option<String>,
    pub faults: Vec<Fault>,
}

/// Why a proof does not hold, with what an author needs to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub seed: Option<String>,
    pub what: String,
    /// What a learner would read.
    pub report: Option<String>,
    /// The line that runs it again.
    pub again: String,
}

/// What all came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub passed: u32,
    pub failed: u32,
    pub interrupted: bool,
    pub took_ms: u64,
}

impl Proved {
    /// A proof that stands on no run.
    pub(super) fn without_runs(proof: ProofKind, subject: impl Into<String>) -> Self {
        Self {
            proof,
            subject: subject.into(),
            runs: 0,
            kept: 0,
            took_ms: 0,
            note: None,
            faults: Vec::new(),
        }
    }

    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Summary {
    /// Counts one proof.
    pub fn count(&mut self, proved: &Proved) {
        if proved.holds() {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Whether everything was proved and holds.
    pub fn holds(&self) -> bool {
        self.failed == 0 && !self.interrupted
    }
}

impl ProofKind {
    /// The claim in a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StarterIsHonest => "starter is honest",
            Self::ReferencePasses => "reference passes",
            Self::UnusualPasses => "unusual passes",
            Self::MutantIsCaught => "mutant is caught",
            Self::BadManner => "bad manner",
            Self::IsTold => "is told",
            Self::EarnsItsPlace => "earns its place",
            Self::NothingStale => "nothing stale",
            Self::KillMatrix => "kill matrix",
        }
    }
}
