//! The code of an attempt, read back from its commit, and who the learner is to git.

use git2::{ObjectType, Signature, TreeWalkMode, TreeWalkResult};

use super::{LayoutFile, ObjectId, Result, Workspace, WorkspaceError, repository};

/// The files of an attempt's `work/`, by their path below it. Symbolic links are left out.
pub fn work_of(ws: &Workspace, id: ObjectId) -> Result<Vec<LayoutFile>> {
    let repo = repository::of(ws)?;
    let read = || -> std::result::Result<Vec<LayoutFile>, git2::Error> {
        let top = repo.find_commit(id.0)?.tree()?;
        let Some(work) = top.get_name("work") else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let mut wrong = None;
        repo.find_tree(work.id())?
            .walk(TreeWalkMode::PreOrder, |folder, entry| {
                let is_file =
                    entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000;
                if !is_file {
                    return TreeWalkResult::Ok;
                }
                match repo.find_blob(entry.id()) {
                    Ok(blob) => found.push(LayoutFile {
                        path: format!("{folder}{}", String::from_utf8_lossy(entry.name_bytes())),
                        bytes: blob.content().to_owned(),
                        executable: entry.filemode() & 0o111 != 0,
                    }),
                    Err(error) => wrong = Some(error),
                }
                TreeWalkResult::Ok
            })?;
        wrong.map_or(Ok(found), Err)
    };
    read().map_err(|error| {
        WorkspaceError::git(format!("read the code of attempt {}", id.short()), &error)
    })
}

/// The name and the address that git knows the learner by.
pub fn who(ws: &Workspace) -> Option<(String, String)> {
    let repo = repository::of(ws).ok()?;
    let who = repository::identity(&repo)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((text(who.name_bytes()), text(who.email_bytes())))
}

/// Minutes by which the learner's clock is ahead of UTC.
pub fn clock_offset() -> i64 {
    let now = Signature::now("mastery", "mastery@localhost");
    now.map_or(0, |now| i64::from(now.when().offset_minutes()))
}
