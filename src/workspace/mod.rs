//! The learner's git repository: laid out, scaffolded, and the keeper of attempts.
//!
//! Two promises hold everywhere in here. A file of the learner's is never overwritten: [`init()`] and
//! [`scaffold()`] create what is missing and touch nothing else. And a run that was told is never
//! lost: its tape is on the disk first ([`RunFolder`]), the attempt is a commit under
//! `refs/mastery/` ([`keep`]) that leaves HEAD, index, branches and work tree byte-identical, and
//! what a killed run left behind is imported by the next ([`import()`]).
//!
//! libgit2 lives only here; its types never leave the room.

mod attempt;
mod build_cache;
mod command;
mod commit;
mod discover;
mod error;
mod files;
mod import;
mod init;
mod lock;
mod object;
mod owner;
pub mod patch;
mod program;
mod reader;
mod record;
mod repository;
mod runs;
mod scaffold;
mod snapshot;
mod submission;
mod summary;
mod text;

pub use attempt::{Kept, keep, tape_of};
pub use build_cache::{BuildCache, BuildKey};
pub use commit::Commit;
pub use discover::{LANGUAGES, SETTINGS, Settings, Workspace};
pub use error::{ErrorKind, Fault, Result, WorkspaceError};
pub use files::LayoutFile;
pub use import::{Imported, Leftover, import, leftovers};
pub use init::{Git, InitReport, init};
pub use lock::{RunLock, lock};
pub use object::ObjectId;
pub use record::{LabRecord, Pass, Record, attempts};
pub use runs::{OWN, RunFolder, own_folder};
pub use scaffold::{ScaffoldReport, scaffold};
pub use snapshot::{LeftOut, Snapshot, WhyLeftOut, snapshot};
pub use submission::{MadeFrom, Profile, SUBMISSION, Submission, stamp};
pub use summary::{AttemptSummary, Told};
pub use text::TextError;
