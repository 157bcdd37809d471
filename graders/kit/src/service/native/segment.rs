//! The segment of System V memory that a Postgres holds as a sign that it uses its folder. One that is
//! killed leaves it for ever, and the machine has room for a few thousand.
//!
//! `ipcrm` removes it: the call itself is in no safe library, and `unsafe` is forbidden here.

use std::{fs, path::Path, time::Duration};

use super::Native;

/// Written by a server that runs, removed by one that ends.
pub(crate) const PID_FILE: &str = "postmaster.pid";
const LIMIT: Duration = Duration::from_secs(5);

/// Removes what a server that was killed left, given the folder of its data.
pub(crate) async fn remove(native: &Native, data: &Path) {
    let Some(written) = fs::read_to_string(data.join(PID_FILE)).ok() else {
        return;
    };
    let all = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let Some(id) = Segment::read(&written).and_then(|segment| segment.orphaned(&all)) else {
        return;
    };
    let command = vec!["ipcrm".to_owned(), "-m".to_owned(), id];
    let launch = native.launch("ipcrm", command, Path::new("/"));
    // Where it is not installed, 56 bytes stay until the next boot.
    native.supervisor.run(launch, None, LIMIT).await.ok();
}

/// What a server says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Segment<'a> {
    pid: &'a str,
    key: &'a str,
    id: &'a str,
}

impl<'a> Segment<'a> {
    /// The process in the first line, key and id of the segment in the seventh. The number of a server
    /// that initialises a folder stands there below zero.
    fn read(written: &'a str) -> Option<Self> {
        let mut lines = written.lines();
        let pid = lines.next()?.trim().trim_start_matches('-');
        let (key, id) = lines.nth(5)?.trim().split_once(' ')?;
        Some(Self {
            pid,
            key,
            id: id.trim(),
        })
    }

    /// The id, if it is still the segment of that process and nobody has it open.
    fn orphaned(&self, all: &str) -> Option<String> {
        // key shmid perms size cpid lpid nattch …
        let ours = |line: &&str| {
            let field = |place: usize| line.split_whitespace().nth(place);
            field(0) == Some(self.key)
                && field(1) == Some(self.id)
                && field(4) == Some(self.pid)
                && field(6) == Some("0")
        };
        all.lines().find(ours).map(|_| self.id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str =
        "11239\n/run/data\n1795612189\n41873\n\n127.0.0.1\n  10216531    196608\nready   \n";

    #[test]
    fn only_the_segment_of_a_dead_server_is_removed() {
        let segment = Segment::read(WRITTEN).unwrap();
        let line = |pid, attached| {
            format!(
                "       key      shmid\n  10216531     196608   600 56 {pid} 11249 {attached} 0\n"
            )
        };
        assert_eq!(segment.orphaned(&line(11239, 0)), Some("196608".to_owned()));
        assert_eq!(segment.orphaned(&line(11239, 3)), None, "somebody has it");
        assert_eq!(segment.orphaned(&line(4711, 0)), None, "another's by now");
        assert_eq!(segment.orphaned(""), None);
        let initialising = format!("-{WRITTEN}");
        assert_eq!(Segment::read(&initialising), Segment::read(WRITTEN));
    }

    #[test]
    fn a_file_that_was_being_written_names_none() {
        assert_eq!(Segment::read("11239\n/run/data\n"), None);
        assert_eq!(Segment::read(""), None);
    }
}
