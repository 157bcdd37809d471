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
mod checked_out;
mod command;
mod commit;
mod diary;
mod discover;
mod error;
mod files;
mod glance;
mod hints;
mod import;
mod init;
mod keeper;
mod lock;
mod object;
mod owner;
pub mod patch;
mod program;
mod reader;
mod record;
mod record_cache;
mod repository;
mod restore;
mod runs;
mod scaffold;
mod snapshot;
mod submission;
mod summary;
mod sync;
mod text;
mod trees;
mod update;
mod work;

pub use attempt::{Kept, keep, save, tape_of};
pub use build_cache::{BuildCache, BuildKey};
pub use checked_out::{CheckedOut, checked_out};
pub use commit::Commit;
pub use diary::Diary;
pub use discover::{LANGUAGES, SETTINGS, Settings, Workspace};
pub use error::{ErrorKind, Fault, Result, WorkspaceError};
pub use files::LayoutFile;
pub use glance::{Glance, Saved, glance};
pub use hints::{HintLog, HintTaken};
pub use import::{Imported, Leftover, import, leftovers};
pub use init::{Git, InitReport, init};
pub use keeper::{KeeperFile, KeeperFolder, KeeperLock, Using};
pub use lock::{RunLock, lock};
pub use object::ObjectId;
pub use owner::ProcessMark;
pub use record::{LabRecord, Pass, Record, attempts};
pub use restore::{Restored, Restoring};
pub use runs::{OWN, RunFolder, live_logs, own_folder};
pub use scaffold::{ScaffoldReport, scaffold};
pub use snapshot::{LeftOut, Snapshot, WhyLeftOut, snapshot};
pub use submission::{MadeFrom, Profile, SUBMISSION, Submission, stamp};
pub use summary::{AttemptKind, AttemptSummary, Told};
pub use sync::{INCOMING, Joined, Push, Remote, SHARED, forget_incoming, join, remotes};
pub use text::TextError;
pub use trees::{Change, ChangeKind, Extent, Hunk, Trees, changes_of};
pub use update::{UpdateReport, create, read, update};
pub use work::{clock_offset, who, work_of};
