//! Graders proved: what `mastery author prove` and `tests/proof` share.
//!
//! Programs whose verdict is known beforehand (references, starters, unusual variants, mutants, bad
//! manners) are laid out as a learner's lab and run through the very same dispatcher as
//! `mastery grade`. What a mutant's author reads is what a learner would read, so this room uses
//! `report`; a variant's `submission.toml` and its patch are read by `workspace`, which alone knows
//! them. A lab is opened by [`Lab::open`], proved by [`prove()`] or one variant at a time.

mod checkout;
mod crew;
mod error;
mod essence;
mod event;
mod foreign;
mod head;
mod interrupt;
mod invented;
mod judge;
mod kept;
mod lab;
mod lay;
mod manner;
mod matrix;
pub mod new;
mod prove;
mod record;
mod run;
mod said;
mod seeds;
mod stage;
mod supplied;
pub mod told;
mod variant;
mod watch;
mod whole;

pub use self::{
    checkout::Checkout,
    error::{ProofError, ProofFault},
    event::{Fault, ProofEvent, ProofKind, Proved, Summary},
    lab::{Keeping, Lab},
    manner::{MANNER_MEMORY, MANNER_TIME},
    matrix::{KillMatrix, Row},
    prove::{Listener, ProveOptions, prove},
    seeds::{FIXED, Part, Sample},
    variant::{Ends, Manner, Variant, VariantKind, variants},
};
