//! How much this process itself may have open: what a learner's program opens to its services passes
//! through us twice.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Beyond what every interposer may have open together.
const FILES: u64 = 16 * 1024;

/// Raises the soft limit of open files as far as the hard one lets it. Programs have limits of their
/// own; where it cannot be raised, fewer connections are taken.
pub fn make_room() {
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.map_or(FILES, |hard| hard.min(FILES));
    if now.current.is_some_and(|soft| soft < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: now.maximum,
        };
        setrlimit(Resource::Nofile, raised).ok();
    }
}
