//! What is left of native services whose owner was killed: their supervisors end them, which may take
//! as long as the grace of a server that must not be killed; then what they kept is cleared away.

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Native, made::clear, segment};
use crate::{
    process::{end_tree, procfs::working_below},
    verdict::BenchError,
    wait::{Look, until},
};

/// Longer than what a supervisor without an owner grants its server.
const PATIENCE: Duration = Duration::from_secs(4);
/// How deep below a run's scratch a server keeps its files: `postgres-1/files/data`.
const DEPTH: usize = 4;

impl Native {
    /// Clears a folder away in which services of a dead owner work or have worked: waits until they
    /// have left, ends those that do not, takes back the memory that outlived them.
    pub async fn clear_away(&self, folder: &Path) -> Result<(), BenchError> {
        // Links in it would hide who works there.
        let Ok(folder) = fs::canonicalize(folder) else {
            return Ok(()); // it is not there
        };
        let left = until(PATIENCE, || {
            let there = working_below(&folder);
            async move {
                match there[..] {
                    [] => Look::<(), Infallible>::Ready(()),
                    [..] => Look::NotYet(format!("{there:?}")),
                }
            }
        });
        if left.await.is_err() {
            for pid in working_below(&folder) {
                end_tree(pid);
            }
        }
        for data in data_folders(&folder, DEPTH) {
            segment::remove(self, &data).await;
        }
        clear(&folder).map_err(|error| {
            let folder = folder.display();
            BenchError::new(format!("{folder} cannot be cleared away: {error}."))
                .unlock(format!("rm -r {folder}"))
        })
    }
}

/// The folders of Postgres servers that did not end in peace.
fn data_folders(folder: &Path, depth: usize) -> Vec<PathBuf> {
    if folder.join(segment::PID_FILE).is_file() {
        return vec![folder.to_owned()];
    }
    if depth == 0 {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders
        .flat_map(|entry| data_folders(&entry.path(), depth - 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_found_by_what_only_a_killed_one_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let ended = folder.path().join("postgres-1/files/data");
        let killed = folder.path().join("postgres-2/files/data");
        for data in [&ended, &killed] {
            fs::create_dir_all(data).unwrap();
        }
        fs::write(killed.join(segment::PID_FILE), "").unwrap();
        assert_eq!(data_folders(folder.path(), DEPTH), [killed]);
    }
}
