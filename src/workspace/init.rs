//! `mastery init`: a workspace in a folder, as a git repository with one first commit.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use git2::{Repository, RepositoryInitOptions};

use super::{
    Commit, ErrorKind, LayoutFile, Result, SETTINGS, Settings, Workspace, WorkspaceError, files,
    repository::{self, Refusal},
};

const SUBJECT: &str = "Lay out the workspace";

/// What `init` found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitReport {
    /// Absolute, free of symbolic links.
    pub root: PathBuf,
    pub git: Git,
    /// Paths that were created, with `/`.
    pub created: Vec<String>,
    /// Paths that were there and were left alone.
    pub already_there: Vec<String>,
    pub commit: Commit,
}

/// Where the repository came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Git {
    Created,
    Existing,
}

impl InitReport {
    /// Everything was there before.
    pub fn nothing_changed(&self) -> bool {
        self.created.is_empty() && self.git == Git::Existing
    }
}

/// Lays a workspace out. Existing files are left alone; a repository is made where there is none,
/// and a commit only where it cannot get into a state of the learner's.
pub fn init(dir: &Path, settings: &Settings, files: &[LayoutFile]) -> Result<InitReport> {
    let made = make_folder(dir)?;
    let result = fill(dir, settings, files);
    if result.is_err()
        && let Some(made) = made
    {
        remove_empty(dir, &made);
    }
    result
}

/// Makes the folder; the first ancestor that had to be made is handed back.
fn make_folder(dir: &Path) -> Result<Option<PathBuf>> {
    let missing = dir
        .ancestors()
        .take_while(|above| !above.as_os_str().is_empty() && !above.exists())
        .last()
        .map(Path::to_owned);
    fs::create_dir_all(dir).map_err(|error| {
        let is_in_the_way = matches!(
            error.kind(),
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory
        );
        if is_in_the_way {
            let path = dir.to_owned();
            ErrorKind::InTheWay { path }.into()
        } else {
            WorkspaceError::disk("make the folder", dir, error)
        }
    })?;
    Ok(missing)
}

/// Removes the folders that were made, from the innermost up to `first`, while they are empty.
fn remove_empty(dir: &Path, first: &Path) {
    for folder in dir.ancestors() {
        if fs::remove_dir(folder).is_err() || folder == first {
            return;
        }
    }
}

fn fill(dir: &Path, settings: &Settings, files: &[LayoutFile]) -> Result<InitReport> {
    let root =
        fs::canonicalize(dir).map_err(|error| WorkspaceError::disk("look at", dir, error))?;
    if let Some(above) = root.parent()
        && let Ok(outer) = Workspace::discover(above)
    {
        let (dir, root) = (root, outer.root);
        return Err(ErrorKind::InsideWorkspace { dir, root }.into());
    }
    let files = with_settings(settings, files);
    let (repo, git, refusal) = match repository::find(&root)? {
        Some(repo) => {
            let refusal = examine(&repo, &root, &files)?;
            (repo, Git::Existing, refusal)
        }
        None => (create(&root)?, Git::Created, None),
    };
    let laid = files::lay(&root, &files).inspect_err(|_| {
        if git == Git::Created {
            fs::remove_dir_all(root.join(".git")).ok();
        }
    })?;
    let commit = match refusal {
        Some(_) if laid.created.is_empty() => Commit::nothing(),
        Some(refusal) => refusal.into(),
        None => Commit::of_created(&repo, &laid.created, SUBJECT),
    };
    let mut already_there = laid.same;
    already_there.extend(laid.different);
    Ok(InitReport {
        root,
        git,
        created: laid.created,
        already_there,
        commit,
    })
}

/// The files with `mastery.toml` filled in, and last: with it the folder is a workspace.
fn with_settings(settings: &Settings, files: &[LayoutFile]) -> Vec<LayoutFile> {
    let (template, mut files): (Vec<_>, Vec<_>) = files
        .iter()
        .cloned()
        .partition(|file| file.path == SETTINGS);
    files.push(LayoutFile {
        path: SETTINGS.to_owned(),
        bytes: settings.write_into(template.first().map(|file| file.bytes.as_slice())),
        executable: false,
    });
    files
}

fn create(root: &Path) -> Result<Repository> {
    let mut options = RepositoryInitOptions::new();
    options
        .no_reinit(true)
        .external_template(false)
        .initial_head("main");
    Repository::init_opts(root, &options).map_err(|error| {
        // libgit2 leaves what it had made so far.
        fs::remove_dir_all(root.join(".git")).ok();
        match fs::metadata(root).map(|meta| meta.permissions().readonly()) {
            Ok(true) => WorkspaceError::disk(
                "make a repository in",
                root,
                io::ErrorKind::PermissionDenied.into(),
            ),
            _ => WorkspaceError::git(format!("make a repository in {}", root.display()), &error),
        }
    })
}

/// Whether a repository that was there may get a commit of ours; an error when not even files may
/// be laid into it.
fn examine(repo: &Repository, root: &Path, files: &[LayoutFile]) -> Result<Option<Refusal>> {
    if repo.is_bare() {
        let path = repo.path().to_owned();
        return Err(ErrorKind::Bare { path }.into());
    }
    if fs::canonicalize(repo.path()).is_ok_and(|own| root.starts_with(own)) {
        return Err(ErrorKind::UnsafePath {
            path: root.display().to_string(),
            why: "it is inside a git repository's own folder".to_owned(),
        }
        .into());
    }
    let work_tree = repository::work_tree(repo);
    if work_tree.as_deref() != Some(root) {
        let outer = work_tree.unwrap_or_else(|| repo.path().to_owned());
        return Ok(Some(Refusal::new(
            format!(
                "The folder is part of the repository {}, so nothing was committed there.",
                outer.display()
            ),
            &["Commit the new files yourself, or choose a folder outside: mastery init DIR"],
        )));
    }
    if let Some(refusal) = repository::unsettled(repo) {
        return Ok(Some(refusal));
    }
    let looked = (|| Ok((is_foreign(repo, files)?, repository::is_dirty(repo)?)))();
    match looked {
        Ok((true, _)) => Ok(Some(Refusal::new(
            "The repository already holds something else, so nothing was committed.",
            &["Commit the new files yourself, or choose a folder of its own: mastery init DIR"],
        ))),
        Ok((false, true)) => Ok(Some(Refusal::new(
            "The repository has changes that are not committed, so nothing was committed.",
            &["Commit or stash yours first, then commit the new files: git status"],
        ))),
        Ok((false, false)) => Ok(None),
        Err(error) => Err(WorkspaceError::git("read the repository", &error)),
    }
}

/// Whether HEAD holds more than what a workspace has and what hosts put into a new repository.
fn is_foreign(repo: &Repository, files: &[LayoutFile]) -> std::result::Result<bool, git2::Error> {
    let Some(tip) = repository::tip(repo)? else {
        return Ok(false);
    };
    let tree = tip.tree()?;
    if tree.get_name(SETTINGS).is_some() {
        return Ok(false);
    }
    Ok(tree.iter().any(|entry| {
        let Ok(name) = entry.name() else { return true };
        let is_ours = files
            .iter()
            .any(|file| file.path.split('/').next() == Some(name));
        let upper = name.to_ascii_uppercase();
        let is_usual = ["README", "LICENSE", "LICENCE", "COPYING", ".GIT"]
            .iter()
            .any(|usual| upper.starts_with(usual));
        !is_ours && !is_usual
    }))
}
