//! The code of attempts: what is in their trees, and how two of them differ.

use git2::{Diff, DiffFindOptions, DiffFlags, DiffOptions, ObjectType, Patch, Repository};

use super::{
    ObjectId, Result, Workspace, WorkspaceError,
    patch::{PatchFile, PatchFiles},
    repository,
};

/// The trees of a workspace's repository, opened once for many looks.
pub struct Trees(Repository);

/// How one file differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: String,
    pub kind: ChangeKind,
    /// Its bytes are no text, so there are no lines.
    pub binary: bool,
    pub added: usize,
    pub removed: usize,
    pub hunks: Vec<Hunk>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
    /// Other than its name it may have changed too.
    Moved {
        from: String,
    },
}

/// A place in a file with the lines around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The first line, from 1, and how many.
    pub before: (u32, u32),
    pub after: (u32, u32),
    /// `+`, `-` or a blank, and the line without its end.
    pub lines: Vec<(char, String)>,
}

/// How much two trees differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub files: usize,
    pub added: usize,
    pub removed: usize,
}

impl Trees {
    pub fn open(ws: &Workspace) -> Result<Self> {
        repository::of(ws).map(Self)
    }

    /// The lab's folder as an attempt has it; `None` for one that was imported without its code.
    pub fn work_of(&self, attempt: ObjectId) -> Result<Option<ObjectId>> {
        let read = || -> std::result::Result<Option<ObjectId>, git2::Error> {
            let tree = self.0.find_commit(attempt.0)?.tree()?;
            let work = tree.get_name("work");
            Ok(work.map(|entry| ObjectId(entry.id())))
        };
        read().map_err(|error| {
            WorkspaceError::git(format!("read the attempt {}", attempt.short()), &error)
        })
    }

    /// How much two folders differ, without their lines.
    pub fn extent(&self, before: ObjectId, after: ObjectId) -> Result<Extent> {
        if before == after {
            return Ok(Extent::default());
        }
        let count = || -> std::result::Result<Extent, git2::Error> {
            let stats = self.diff(before, after)?.stats()?;
            Ok(Extent {
                files: stats.files_changed(),
                added: stats.insertions(),
                removed: stats.deletions(),
            })
        };
        count().map_err(|error| WorkspaceError::git("compare two attempts", &error))
    }

    /// How two folders differ, file by file.
    pub fn changes(&self, before: ObjectId, after: ObjectId) -> Result<Vec<Change>> {
        let read = || -> std::result::Result<Vec<Change>, git2::Error> {
            let diff = self.diff(before, after)?;
            let all = (0..diff.deltas().len()).map(|at| change(&diff, at));
            all.filter_map(std::result::Result::transpose).collect()
        };
        read().map_err(|error| WorkspaceError::git("compare two attempts", &error))
    }

    /// Every file of a folder. Links are left out: they hold no text.
    pub fn files(&self, tree: ObjectId) -> Result<PatchFiles> {
        let mut files = PatchFiles::new();
        let mut found = Vec::new();
        let walked = self.0.find_tree(tree.0).and_then(|tree| {
            tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
                let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                if entry.kind() == Some(ObjectType::Blob) && entry.filemode() != LINK {
                    found.push((format!("{folder}{name}"), entry.id(), entry.filemode()));
                }
                git2::TreeWalkResult::Ok
            })
        });
        let read = walked.and_then(|()| {
            for (path, id, mode) in found {
                let bytes = self.0.find_blob(id)?.content().to_owned();
                let executable = mode & 0o111 != 0;
                files.insert(path, PatchFile { bytes, executable });
            }
            Ok(())
        });
        read.map_err(|error| WorkspaceError::git("read the lab's files", &error))?;
        Ok(files)
    }

    fn diff(
        &self,
        before: ObjectId,
        after: ObjectId,
    ) -> std::result::Result<Diff<'_>, git2::Error> {
        let (before, after) = (self.0.find_tree(before.0)?, self.0.find_tree(after.0)?);
        let mut options = options();
        let mut diff = self
            .0
            .diff_tree_to_tree(Some(&before), Some(&after), Some(&mut options))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        Ok(diff)
    }
}

const LINK: i32 = 0o120_000;

fn options() -> DiffOptions {
    let mut options = DiffOptions::new();
    options
        .context_lines(3)
        .patience(true)
        .indent_heuristic(true);
    options
}

fn change(diff: &Diff<'_>, at: usize) -> std::result::Result<Option<Change>, git2::Error> {
    let patch = Patch::from_diff(diff, at)?;
    let Some(delta) = diff.get_delta(at) else {
        return Ok(None);
    };
    let named = |file: git2::DiffFile<'_>| {
        let bytes = file.path_bytes().unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    };
    let (old, new) = (named(delta.old_file()), named(delta.new_file()));
    let kind = match delta.status() {
        git2::Delta::Added => ChangeKind::Added,
        git2::Delta::Deleted => ChangeKind::Removed,
        git2::Delta::Renamed | git2::Delta::Copied => ChangeKind::Moved { from: old },
        git2::Delta::Modified
        | git2::Delta::Typechange
        | git2::Delta::Unmodified
        | git2::Delta::Ignored
        | git2::Delta::Untracked
        | git2::Delta::Unreadable
        | git2::Delta::Conflicted => ChangeKind::Changed,
    };
    Ok(Some(read(patch, new, kind)?))
}

/// How two sets of files differ that are in no repository.
pub fn changes_of(before: &PatchFiles, after: &PatchFiles) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for (path, old) in before {
        match after.get(path) {
            Some(new) if new.bytes == old.bytes => {}
            Some(new) => changes.push(compared(path, &old.bytes, &new.bytes, ChangeKind::Changed)?),
            None => changes.push(compared(path, &old.bytes, b"", ChangeKind::Removed)?),
        }
    }
    for (path, new) in after.iter().filter(|(path, _)| !before.contains_key(*path)) {
        changes.push(compared(path, b"", &new.bytes, ChangeKind::Added)?);
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

fn compared(path: &str, old: &[u8], new: &[u8], kind: ChangeKind) -> Result<Change> {
    Patch::from_buffers(old, None, new, None, Some(&mut options()))
        .and_then(|patch| read(Some(patch), path.to_owned(), kind))
        .map_err(|error| WorkspaceError::git(format!("compare {path}"), &error))
}

/// A patch's lines. None: its bytes are no text, or nothing but its mode changed.
fn read(
    lines: Option<Patch<'_>>,
    path: String,
    kind: ChangeKind,
) -> std::result::Result<Change, git2::Error> {
    let mut change = Change {
        path,
        kind,
        binary: false,
        added: 0,
        removed: 0,
        hunks: Vec::new(),
    };
    let Some(lines) = lines else {
        change.binary = true;
        return Ok(change);
    };
    change.binary = lines.delta().flags().contains(DiffFlags::BINARY);
    (_, change.added, change.removed) = lines.line_stats()?;
    for place in 0..lines.num_hunks() {
        let (hunk, count) = lines.hunk(place)?;
        let mut read = Hunk {
            before: (hunk.old_start(), hunk.old_lines()),
            after: (hunk.new_start(), hunk.new_lines()),
            lines: Vec::new(),
        };
        for at in 0..count {
            let line = lines.line_in_hunk(place, at)?;
            if matches!(line.origin(), ' ' | '+' | '-') {
                let text = String::from_utf8_lossy(line.content());
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
                read.lines.push((line.origin(), text));
            }
        }
        change.hunks.push(read);
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> PatchFiles {
        let file = |text: &str| PatchFile {
            bytes: text.into(),
            executable: false,
        };
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), file(text)))
            .collect()
    }

    #[test]
    fn files_without_a_repository_are_compared_line_by_line() {
        let before = files(&[
            ("a", "1\n2\n3\n"),
            ("gone", "x\n"),
            ("same", "s"),
            ("z", "\0\0"),
        ]);
        let after = files(&[
            ("a", "1\ntwo\n3\n"),
            ("new", "n"),
            ("same", "s"),
            ("z", "\0\x01"),
        ]);
        let changes = changes_of(&before, &after).unwrap();
        let told: Vec<_> = changes
            .iter()
            .map(|change| {
                (
                    change.path.as_str(),
                    change.added,
                    change.removed,
                    change.binary,
                )
            })
            .collect();
        let expected = [
            ("a", 1, 1, false),
            ("gone", 0, 1, false),
            ("new", 1, 0, false),
            ("z", 0, 0, true),
        ];
        assert_eq!(told, expected);
        let lines = changes[0].hunks[0].lines.iter();
        let lines: Vec<_> = lines.map(|(sign, line)| (*sign, line.as_str())).collect();
        assert_eq!(lines, [(' ', "1"), ('-', "2"), ('+', "two"), (' ', "3")]);
    }
}
