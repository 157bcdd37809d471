//! A unified diff applied to files in memory: context must match exactly, at the line it names;
//! nothing is guessed. (When a reference changes, its variants are made anew.)

use std::{collections::BTreeMap, fmt};

use git2::{ApplyOptions, Diff, IndexEntry, IndexTime, Repository};

/// A file as a patch sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchFile {
    pub bytes: Vec<u8>,
    pub executable: bool,
}

/// Files by their path, relative and with `/`.
pub type PatchFiles = BTreeMap<String, PatchFile>;

/// Why a patch was not applied.
#[derive(Debug)]
pub enum PatchError {
    /// It is no diff, or its context is not what the files say.
    DoesNotApply(String),
    /// A place for the throw-away repository could not be had.
    Disk(String),
}

const FILE: u32 = 0o100_644;
const EXECUTABLE: u32 = 0o100_755;

/// The files after the patch. A patch that changes nothing does not apply.
pub fn patched(files: &PatchFiles, diff: &[u8]) -> Result<PatchFiles, PatchError> {
    let folder = tempfile::tempdir().map_err(|error| PatchError::Disk(error.to_string()))?;
    let repository = Repository::init_bare(folder.path()).map_err(|error| disk(&error))?;
    let mut index = git2::Index::new().map_err(|error| disk(&error))?;
    for (path, file) in files {
        let id = repository.blob(&file.bytes).map_err(|error| disk(&error))?;
        index
            .add(&entry(path, file, id))
            .map_err(|error| refused(&error))?;
    }
    let tree = index
        .write_tree_to(&repository)
        .and_then(|id| repository.find_tree(id))
        .map_err(|error| disk(&error))?;
    let diff = Diff::from_buffer(diff).map_err(|error| refused(&error))?;
    if diff.deltas().len() == 0 {
        return Err(PatchError::DoesNotApply("it changes no file".to_owned()));
    }
    let after = repository
        .apply_to_tree(&tree, &diff, Some(&mut ApplyOptions::new()))
        .map_err(|error| refused(&error))?;
    let mut changed = PatchFiles::new();
    for entry in after.iter() {
        let path = String::from_utf8(entry.path)
            .map_err(|error| PatchError::DoesNotApply(error.to_string()))?;
        let blob = repository
            .find_blob(entry.id)
            .map_err(|error| disk(&error))?;
        let file = PatchFile {
            bytes: blob.content().to_vec(),
            executable: entry.mode == EXECUTABLE,
        };
        changed.insert(path, file);
    }
    if changed == *files {
        return Err(PatchError::DoesNotApply("it changes nothing".to_owned()));
    }
    Ok(changed)
}

fn entry(path: &str, file: &PatchFile, id: git2::Oid) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: if file.executable { EXECUTABLE } else { FILE },
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

fn disk(error: &git2::Error) -> PatchError {
    PatchError::Disk(error.message().to_owned())
}

fn refused(error: &git2::Error) -> PatchError {
    PatchError::DoesNotApply(error.message().to_owned())
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoesNotApply(why) => write!(f, "the patch does not apply: {why}"),
            Self::Disk(why) => write!(f, "the patch could not be tried: {why}"),
        }
    }
}

impl std::error::Error for PatchError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> PatchFiles {
        let file = |text: &str| PatchFile {
            bytes: text.as_bytes().to_vec(),
            executable: false,
        };
        BTreeMap::from([
            ("src/app.py".to_owned(), file(text)),
            ("kept".to_owned(), file("as it is\n")),
        ])
    }

    const DIFF: &str = "diff --git a/src/app.py b/src/app.py\n--- a/src/app.py\n+++ b/src/app.py\n\
                        @@ -2,3 +2,3 @@\n one\n-two\n+2\n three\n";

    #[test]
    fn a_patch_changes_what_it_says_and_nothing_else() {
        let after = patched(&files("0\none\ntwo\nthree\n4\n"), DIFF.as_bytes()).unwrap();
        assert_eq!(after, files("0\none\n2\nthree\n4\n"));
    }

    #[test]
    fn a_patch_applies_at_its_own_line_and_nowhere_else() {
        let moved = files("0\nnew\none\ntwo\nthree\n4\n");
        let told = patched(&moved, DIFF.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            told,
            "the patch does not apply: hunk at line 2 did not apply"
        );
    }

    #[test]
    fn a_patch_whose_context_is_gone_is_refused_with_its_place() {
        let error = patched(&files("0\none\ntwo\ndrei\n4\n"), DIFF.as_bytes()).unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("the patch does not apply: hunk at line"),
            "{told}"
        );
        let no_file = DIFF.replace("src/app.py", "src/other.py");
        assert!(patched(&files("0\none\ntwo\nthree\n4\n"), no_file.as_bytes()).is_err());
    }

    #[test]
    fn what_is_no_diff_or_leaves_the_folder_is_refused() {
        for bad in ["", "hello\n", &DIFF.replace("src/app.py", "../app.py")] {
            let before = files("0\none\ntwo\nthree\n4\n");
            assert!(patched(&before, bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
