//! `mastery sync`: what another machine kept, joined with what is kept here, without losing any.
//!
//! Git brings the other side's `refs/mastery/*` under [`INCOMING`]; here they are joined, each under
//! its own lock, so that an attempt that is being kept meanwhile is not lost either.

use std::cell::Cell;

use git2::{Commit, Oid, Repository, Signature};
use mastery_kit::id::LabId;

use super::{
    Result, Workspace, WorkspaceError,
    attempt::{PATIENCE, advance, attempts_ref, passed_ref},
    record, repository,
};

/// What travels.
pub const SHARED: &str = "refs/mastery/";

/// Where the other side's lie while they are joined.
pub const INCOMING: &str = "refs/mastery-incoming/";

type Git<T> = std::result::Result<T, git2::Error>;

/// A remote that the learner's repository knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub name: String,
    pub url: String,
}

/// What became of one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Behind `refs/mastery/`: `attempts/rest-api`.
    pub name: String,
    /// How many attempts were new here.
    pub came: u32,
    /// How many attempts are new there.
    pub goes: u32,
    /// Both sides had attempts of their own, and a merge joins them.
    pub merged: bool,
    /// Both sides say something else, and it cannot be joined: each keeps its own.
    pub differs: bool,
    /// What the other side has: to be replaced by ours where that is another.
    there: Option<Oid>,
    here: Option<Oid>,
}

/// A ref to be pushed, as git is told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    pub name: String,
    /// What the other side is expected to have; nothing else is overwritten.
    pub expected: String,
}

impl Joined {
    /// What is to be pushed of it.
    pub fn push(&self) -> Option<Push> {
        if self.differs || self.here.is_none() || self.here == self.there {
            return None;
        }
        Some(Push {
            name: format!("{SHARED}{}", self.name),
            expected: self.there.map_or_else(String::new, |id| id.to_string()),
        })
    }
}

/// The remotes of the workspace's repository.
pub fn remotes(ws: &Workspace) -> Result<Vec<Remote>> {
    let repo = repository::of(ws)?;
    let read = || -> Git<Vec<Remote>> {
        let mut remotes = Vec::new();
        for name in &repo.remotes()? {
            let Ok(Some(name)) = name else { continue };
            let remote = repo.find_remote(name)?;
            remotes.push(Remote {
                name: name.to_owned(),
                url: String::from_utf8_lossy(remote.url_bytes()).into_owned(),
            });
        }
        Ok(remotes)
    };
    read().map_err(|error| WorkspaceError::git("list the remotes", &error))
}

/// Removes what was fetched to be joined.
pub fn forget_incoming(ws: &Workspace) -> Result<()> {
    let repo = repository::of(ws)?;
    let forget = || -> Git<()> {
        for name in names(&repo, INCOMING)? {
            repo.find_reference(&format!("{INCOMING}{name}"))?
                .delete()?;
        }
        Ok(())
    };
    forget().map_err(|error| WorkspaceError::git("forget what was fetched", &error))
}

/// Joins what was fetched with what is here.
pub fn join(ws: &Workspace) -> Result<Vec<Joined>> {
    let repo = repository::of(ws)?;
    let join = || -> Git<Vec<Joined>> {
        let mut all = names(&repo, INCOMING)?;
        all.extend(names(&repo, SHARED)?);
        all.sort();
        all.dedup();
        all.into_iter().map(|name| one(&repo, name)).collect()
    };
    join().map_err(|error| WorkspaceError::git("join the attempts of both sides", &error))
}

/// The refs below a prefix, without it.
fn names(repo: &Repository, prefix: &str) -> Git<Vec<String>> {
    let mut names = Vec::new();
    for reference in repo.references_glob(&format!("{prefix}*"))? {
        let reference = reference?;
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        names.extend(name.strip_prefix(prefix).map(str::to_owned));
    }
    Ok(names)
}

fn one(repo: &Repository, name: String) -> Git<Joined> {
    let full = format!("{SHARED}{name}");
    let there = commit_at(repo, &format!("{INCOMING}{name}"))?.map(|commit| commit.id());
    let before = commit_at(repo, &full)?.map(|commit| commit.id());
    let state = Cell::new((false, false));
    let mut joined = Joined {
        name,
        came: 0,
        goes: 0,
        merged: false,
        differs: false,
        there,
        here: before,
    };
    if let Some(there) = there {
        let there = repo.find_commit(there)?;
        let moved = advance(repo, &full, PATIENCE, |here| {
            let Some(here) = here else {
                return Ok(Some(there.id()));
            };
            let (next, merged, differs) = met(repo, &joined.name, here, &there)?;
            state.set((merged, differs));
            Ok(next)
        })?;
        joined.here = moved.or(before);
    }
    (joined.merged, joined.differs) = state.get();
    if joined.name.starts_with("attempts/") {
        joined.came = attempts_in(repo, there, before)?;
        joined.goes = attempts_in(repo, joined.here, there)?;
    }
    Ok(joined)
}

fn commit_at<'r>(repo: &'r Repository, name: &str) -> Git<Option<Commit<'r>>> {
    match repo.find_reference(name) {
        Ok(reference) => reference.peel_to_commit().map(Some),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where a ref goes that both sides have; whether a merge was made; whether they stay apart.
fn met(
    repo: &Repository,
    name: &str,
    here: &Commit<'_>,
    there: &Commit<'_>,
) -> Git<(Option<Oid>, bool, bool)> {
    if here.id() == there.id() {
        return Ok((None, false, false));
    }
    if is_lab(name, &passed_ref("")) {
        // The marks are of single attempts; which of two counts is the same on every machine.
        let theirs = rank(there) < rank(here);
        return Ok((theirs.then(|| there.id()), false, false));
    }
    if repo.graph_descendant_of(there.id(), here.id())? {
        return Ok((Some(there.id()), false, false));
    }
    if repo.graph_descendant_of(here.id(), there.id())? {
        return Ok((None, false, false));
    }
    if is_lab(name, &attempts_ref("")) {
        return Ok((Some(merge(repo, name, here, there)?), true, false));
    }
    let differs = here.tree_id() != there.tree_id();
    Ok((None, false, differs))
}

fn is_lab(name: &str, prefix: &str) -> bool {
    let lab = format!("{SHARED}{name}");
    lab.strip_prefix(prefix)
        .is_some_and(|lab| lab.parse::<LabId>().is_ok())
}

/// The newest revision that was passed, and of it the first pass.
fn rank(pass: &Commit<'_>) -> (std::cmp::Reverse<u32>, i64, Oid) {
    let revision = record::summary(pass).map_or(0, |summary| summary.revision);
    (
        std::cmp::Reverse(revision),
        pass.time().seconds(),
        pass.id(),
    )
}

/// Both sides' attempts under one commit. It is no attempt: it has no tape.
fn merge(repo: &Repository, name: &str, here: &Commit<'_>, there: &Commit<'_>) -> Git<Oid> {
    let who = repository::identity(repo)
        .map_or_else(|| Signature::now("mastery", "mastery@localhost"), Ok)?;
    let newer = if there.time() > here.time() {
        there
    } else {
        here
    };
    let mut top = repo.treebuilder(None)?;
    if let Some(work) = newer.tree()?.get_name("work") {
        top.insert("work", work.id(), work.filemode())?;
    }
    let tree = repo.find_tree(top.write()?)?;
    let lab = name.rsplit('/').next().unwrap_or(name);
    let message = format!("{lab}: attempts of two machines\n\nKind: merge\n");
    repo.commit(None, &who, &who, &message, &tree, &[here, there])
}

/// How many attempts one tip has that the other has not.
fn attempts_in(repo: &Repository, tip: Option<Oid>, beside: Option<Oid>) -> Git<u32> {
    let Some(tip) = tip else { return Ok(0) };
    let mut walk = repo.revwalk()?;
    walk.push(tip)?;
    if let Some(beside) = beside {
        walk.hide(beside)?;
    }
    let mut count = 0;
    for id in walk {
        count += u32::from(record::summary(&repo.find_commit(id?)?).is_some());
    }
    Ok(count)
}
