//! `mastery start`: the files a unit begins with, laid into the workspace and committed alone.

use git2::Repository;

use super::{
    Commit, LayoutFile, Result, SETTINGS, Workspace, files,
    repository::{self, Refusal},
    update,
};

/// What `scaffold` found and did; paths are those of the files it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaffoldReport {
    pub created: Vec<String>,
    /// There already, with other bytes: the learner's, left alone.
    pub kept: Vec<String>,
    /// There already, just as they would have been created.
    pub same: Vec<String>,
    pub commit: Commit,
}

/// Adds what is missing of a unit's files to its folder (`place`, relative to the workspace) and
/// commits just that.
pub fn scaffold(
    ws: &Workspace,
    place: &str,
    files: &[LayoutFile],
    subject: &str,
) -> Result<ScaffoldReport> {
    files::parts(place)?;
    let placed: Vec<LayoutFile> = files
        .iter()
        .map(|file| LayoutFile {
            path: format!("{place}/{}", file.path),
            ..file.clone()
        })
        .collect();
    let laid = files::lay(&ws.root, &placed)?;
    update::remember(
        ws,
        place,
        files.iter().filter(|file| {
            let path = format!("{place}/{}", file.path);
            laid.created.contains(&path) || laid.same.contains(&path)
        }),
    );
    let commit = if laid.created.is_empty() {
        Commit::nothing()
    } else {
        commit(ws, &laid.created, subject)
    };
    let below = |paths: Vec<String>| -> Vec<String> {
        paths
            .into_iter()
            .map(|path| path[place.len() + 1..].to_owned())
            .collect()
    };
    Ok(ScaffoldReport {
        created: below(laid.created),
        kept: below(laid.different),
        same: below(laid.same),
        commit,
    })
}

fn commit(ws: &Workspace, created: &[String], subject: &str) -> Commit {
    match repository::find(&ws.root) {
        Ok(Some(repo)) => match not_ours(ws, &repo) {
            Some(refusal) => refusal.into(),
            None => Commit::of_created(&repo, created, subject),
        },
        Ok(None) => Refusal::new(
            "The workspace is in no git repository, so nothing was committed.",
            &["Make it one: git init, then mastery init"],
        )
        .into(),
        Err(error) => Commit::None {
            why: Some(error.to_string()),
            hints: error.hints(),
        },
    }
}

/// A repository that is not the workspace's own gets no commits from us.
fn not_ours(ws: &Workspace, repo: &Repository) -> Option<Refusal> {
    if repository::work_tree(repo).as_ref() != Some(&ws.root) {
        return Some(Refusal::new(
            "The workspace is part of a larger repository, so nothing was committed there.",
            &["Commit the new files yourself: git status"],
        ));
    }
    let tip = repository::tip(repo).ok().flatten()?;
    let has_settings = tip
        .tree()
        .is_ok_and(|tree| tree.get_name(SETTINGS).is_some());
    (!has_settings).then(|| {
        Refusal::new(
            "The workspace itself is not committed on this branch, so nothing was committed.",
            &["Commit it together with the new files: git add -A && git commit"],
        )
    })
}
