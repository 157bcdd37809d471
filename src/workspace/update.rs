//! `mastery curriculum update`: a lab's files at a newer revision, without touching the learner's.
//!
//! What was scaffolded is remembered under `refs/mastery/scaffolded/<lab>`, which travels with
//! `mastery sync`: a file that is still just that may be replaced; any other is the learner's, and
//! the new one is laid beside it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read as _, Write as _},
};

use git2::{FileMode, ObjectType, Oid, Repository, Signature, Tree, build::TreeUpdateBuilder};
use rustix::fs::{Mode, OFlags};

use super::{
    LayoutFile, Result, Workspace, WorkspaceError,
    attempt::{PATIENCE, advance},
    files::{descend, lay, open_root, parts, split},
    repository,
};

/// What an update found and did, or would do; paths are those of the files it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateReport {
    /// New in this revision.
    pub created: Vec<String>,
    /// Just as they had been scaffolded, and now as this revision has them.
    pub replaced: Vec<String>,
    /// The learner's, and beside each the new one: `submission.toml.r2`.
    pub beside: Vec<String>,
    /// Laid beside by an earlier update.
    pub beside_already: Vec<String>,
    /// The learner's, and something else of theirs stands beside it already.
    pub left: Vec<String>,
    /// Scaffolded once, and taken away by the learner.
    pub gone: Vec<String>,
}

impl UpdateReport {
    /// Nothing is to be written.
    pub fn is_current(&self) -> bool {
        self.created.is_empty() && self.replaced.is_empty() && self.beside.is_empty()
    }
}

type Git<T> = std::result::Result<T, git2::Error>;

/// Brings the files of a unit to what they are now. A dry one only says what it would do.
pub fn update(
    ws: &Workspace,
    place: &str,
    files: &[LayoutFile],
    revision: u32,
    dry: bool,
) -> Result<UpdateReport> {
    parts(place)?;
    let before = scaffolded(ws, place)
        .map_err(|error| WorkspaceError::git("read what was scaffolded", &error))?;
    let mut report = UpdateReport::default();
    let (mut fresh, mut stale) = (Vec::new(), Vec::new());
    for file in files {
        let placed = |path: &str| LayoutFile {
            path: format!("{place}/{path}"),
            ..file.clone()
        };
        let was = before.get(&file.path);
        match read(ws, &format!("{place}/{}", file.path))? {
            // The learner's or taken away, and nothing is new about it.
            _ if was.is_some() && was == hash(&file.bytes).as_ref() => {}
            None if was.is_some() => report.gone.push(file.path.clone()),
            None => {
                report.created.push(file.path.clone());
                fresh.push(placed(&file.path));
            }
            Some(there) if there == file.bytes => {}
            Some(there) if was.is_some() && was == hash(&there).as_ref() => {
                report.replaced.push(file.path.clone());
                stale.push(placed(&file.path));
            }
            Some(_) => {
                let beside = format!("{}.r{revision}", file.path);
                match read(ws, &format!("{place}/{beside}"))? {
                    None => {
                        fresh.push(placed(&beside));
                        report.beside.push(beside);
                    }
                    Some(there) if there == file.bytes => report.beside_already.push(beside),
                    Some(_) => report.left.push(file.path.clone()),
                }
            }
        }
    }
    if !dry {
        lay(&ws.root, &fresh)?;
        for file in &stale {
            swap(ws, file)?;
        }
        let there = |file: &&LayoutFile| !report.gone.contains(&file.path);
        remember(ws, place, files.iter().filter(there));
    }
    Ok(report)
}

/// What git would call these bytes.
fn hash(bytes: &[u8]) -> Option<Oid> {
    Oid::hash_object(ObjectType::Blob, bytes).ok()
}

/// Creates a file of the workspace; `false`: something is there, and stays as it is.
pub fn create(ws: &Workspace, file: &LayoutFile) -> Result<bool> {
    Ok(!lay(&ws.root, std::slice::from_ref(file))?
        .created
        .is_empty())
}

/// The bytes of a regular file of the workspace, reached without following links. What is there and
/// is no such file reads as empty: it is never what was scaffolded.
pub fn read(ws: &Workspace, path: &str) -> Result<Option<Vec<u8>>> {
    let (parents, name) = split(path)?;
    let top = open_root(&ws.root)?;
    let Some(folder) = descend(&ws.root, &top, &parents, None)? else {
        return Ok(None);
    };
    let disk = |error| WorkspaceError::disk("read", ws.root.join(path), error);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(&folder, name, flags, Mode::empty()) {
        Ok(opened) => File::from(opened),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => return Ok(Some(Vec::new())),
        Err(errno) => return Err(disk(errno.into())),
    };
    if !file.metadata().map_err(disk)?.is_file() {
        return Ok(Some(Vec::new()));
    }
    let mut bytes = Vec::new();
    (&file).read_to_end(&mut bytes).map_err(disk)?;
    Ok(Some(bytes))
}

/// Puts a file in the place of one in one step.
fn swap(ws: &Workspace, file: &LayoutFile) -> Result<()> {
    let disk = |error| WorkspaceError::disk("replace", ws.root.join(&file.path), error);
    let (parents, name) = split(&file.path)?;
    let top = open_root(&ws.root)?;
    let folder = descend(&ws.root, &top, &parents, None)?
        .ok_or_else(|| disk(std::io::ErrorKind::NotFound.into()))?;
    let fresh = format!(".{name}.mastery-new");
    let mode = if file.executable { 0o777 } else { 0o666 };
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(&folder, &fresh, flags, Mode::from_raw_mode(mode))
        .map_err(|errno| disk(errno.into()))?;
    let mut opened = File::from(opened);
    opened.write_all(&file.bytes).map_err(disk)?;
    opened.sync_all().map_err(disk)?;
    rustix::fs::renameat(&folder, &fresh, &folder, name).map_err(|errno| disk(errno.into()))
}

fn scaffolded_ref(lab: &str) -> String {
    format!("refs/mastery/scaffolded/{lab}")
}

fn lab_of(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}

/// Remembers these files as scaffolded. Where it cannot be, a later update lays its files beside.
pub(super) fn remember<'f>(
    ws: &Workspace,
    place: &str,
    files: impl Iterator<Item = &'f LayoutFile>,
) {
    let Ok(Some(repo)) = repository::find(&ws.root) else {
        return;
    };
    let files: Vec<&LayoutFile> = files.collect();
    if files.is_empty() || write(&repo, lab_of(place), &files).is_err() {
        // Then the learner compares a few files more.
    }
}

fn write(repo: &Repository, lab: &str, files: &[&LayoutFile]) -> Git<()> {
    let who = Signature::now("mastery", "mastery@localhost")?;
    let add = |before: Option<&git2::Commit<'_>>| {
        let base = match before {
            Some(before) => before.tree()?,
            None => repo.find_tree(repo.treebuilder(None)?.write()?)?,
        };
        let mut changes = TreeUpdateBuilder::new();
        for file in files {
            let mode = if file.executable {
                FileMode::BlobExecutable
            } else {
                FileMode::Blob
            };
            changes.upsert(file.path.as_str(), repo.blob(&file.bytes)?, mode);
        }
        let tree = repo.find_tree(changes.create_updated(repo, &base)?)?;
        if before.is_some_and(|before| before.tree_id() == tree.id()) {
            return Ok(None);
        }
        let parents: Vec<_> = before.into_iter().collect();
        let message = format!("{lab}: as it was scaffolded\n");
        repo.commit(None, &who, &who, &message, &tree, &parents)
            .map(Some)
    };
    advance(repo, &scaffolded_ref(lab), PATIENCE, add).map(drop)
}

/// What was scaffolded into a place: from the ref, or from the commit of `mastery start`.
fn scaffolded(ws: &Workspace, place: &str) -> Git<BTreeMap<String, Oid>> {
    let Ok(Some(repo)) = repository::find(&ws.root) else {
        return Ok(BTreeMap::new());
    };
    let lab = lab_of(place);
    match repo.find_reference(&scaffolded_ref(lab)) {
        Ok(reference) => blobs(&reference.peel_to_commit()?.tree()?),
        Err(_) => from_history(&repo, lab, place),
    }
}

/// How far back the commit of `mastery start` is looked for.
const HISTORY: usize = 5_000;

fn from_history(repo: &Repository, lab: &str, place: &str) -> Git<BTreeMap<String, Oid>> {
    let Some(tip) = repository::tip(repo)? else {
        return Ok(BTreeMap::new());
    };
    let mut walk = repo.revwalk()?;
    walk.push(tip.id())?;
    let subject = format!("Start {lab}: ");
    for id in walk.take(HISTORY) {
        let commit = repo.find_commit(id?)?;
        if !commit.message_bytes().starts_with(subject.as_bytes()) {
            continue;
        }
        let Ok(entry) = commit.tree()?.get_path(place.as_ref()) else {
            continue;
        };
        return blobs(&repo.find_tree(entry.id())?);
    }
    Ok(BTreeMap::new())
}

fn blobs(tree: &Tree<'_>) -> Git<BTreeMap<String, Oid>> {
    let mut found = BTreeMap::new();
    tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
        if entry.kind() == Some(ObjectType::Blob) {
            let name = String::from_utf8_lossy(entry.name_bytes());
            found.insert(format!("{folder}{name}"), entry.id());
        }
        git2::TreeWalkResult::Ok
    })?;
    Ok(found)
}
