//! A tar archive laid out as files, trusted in nothing: no entry may reach out of its folder.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Component, Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use tar::{Entry, EntryType};

use super::FetchError;

/// More entries than any package has.
const MAX_ENTRIES: usize = 200_000;

/// Where an archive is laid out, and how much of it.
pub(super) struct Tree<'a> {
    /// The archive's name, for errors.
    name: &'a str,
    into: &'a Path,
    /// Bytes that may still be written.
    left: u64,
    /// Set by whoever no longer wants it.
    stop: &'a AtomicBool,
    /// The symbolic links laid out so far; nothing may go through one.
    links: HashSet<PathBuf>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(name: &'a str, into: &'a Path, left: u64, stop: &'a AtomicBool) -> Self {
        Self {
            name,
            into,
            left,
            stop,
            links: HashSet::new(),
        }
    }

    /// Whether a path below the folder goes through a link that this archive made.
    fn goes_through_a_link(&self, place: &Path) -> bool {
        place
            .ancestors()
            .skip(1)
            .any(|above| self.links.contains(above))
    }

    /// Lays out the entries that `wanted` gives a place to.
    pub(super) fn lay(
        &mut self,
        tar: impl Read,
        wanted: impl Fn(&Path) -> Option<PathBuf>,
    ) -> Result<(), FetchError> {
        let name = self.name;
        let unreadable = |error: io::Error| bad(name, error.to_string());
        let mut archive = tar::Archive::new(tar);
        for (number, entry) in archive.entries().map_err(unreadable)?.enumerate() {
            let mut entry = entry.map_err(unreadable)?;
            if number >= MAX_ENTRIES {
                return Err(bad(name, format!("it has more than {MAX_ENTRIES} entries")));
            }
            if entry.header().entry_type() == EntryType::XGlobalHeader {
                continue;
            }
            let path = entry.path().map_err(unreadable)?;
            let path = inside(&path).ok_or_else(|| {
                bad(
                    name,
                    format!("its entry `{}` reaches out of its folder", path.display()),
                )
            })?;
            let Some(place) = wanted(&path).filter(|place| !place.as_os_str().is_empty()) else {
                continue;
            };
            if self.goes_through_a_link(&place) {
                return Err(bad(
                    name,
                    format!("its entry `{}` goes through a link", path.display()),
                ));
            }
            self.lay_one(&mut entry, &place, &wanted)?;
        }
        Ok(())
    }

    fn lay_one(
        &mut self,
        entry: &mut Entry<'_, impl Read>,
        place: &Path,
        wanted: &impl Fn(&Path) -> Option<PathBuf>,
    ) -> Result<(), FetchError> {
        let at = self.into.join(place);
        let folder = at.parent().unwrap_or(self.into);
        let kind = entry.header().entry_type();
        if kind == EntryType::Directory {
            return fs::create_dir_all(&at).map_err(FetchError::cache(&at));
        }
        fs::create_dir_all(folder).map_err(FetchError::cache(folder))?;
        if kind == EntryType::Regular || kind == EntryType::Continuous {
            return self.write(entry, &at);
        }
        let linked = entry.link_name().ok().flatten();
        let target = linked.filter(|_| kind == EntryType::Symlink || kind == EntryType::Link);
        let target = target.ok_or_else(|| {
            let why = format!("its entry `{}` is neither file nor link", place.display());
            bad(self.name, why)
        })?;
        let out = || {
            let why = format!("its link `{}` leads out of its folder", place.display());
            bad(self.name, why)
        };
        if kind == EntryType::Symlink {
            leads_inside(place, &target).then_some(()).ok_or_else(out)?;
            symlink(&target, &at).map_err(self.refused(&at))?;
            self.links.insert(place.to_owned());
            Ok(())
        } else {
            let first = inside(&target)
                .and_then(|path| wanted(&path))
                .filter(|first| !self.goes_through_a_link(first))
                .ok_or_else(out)?;
            let first = self.into.join(first);
            fs::hard_link(&first, &at).map_err(self.refused(&at))
        }
    }

    /// A name that is there already is the archive's fault, everything else the cache's.
    fn refused(&self, at: &Path) -> impl FnOnce(io::Error) -> FetchError {
        let (name, at) = (self.name.to_owned(), at.to_owned());
        move |error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                return bad(&name, format!("it holds {} twice", at.display()));
            }
            FetchError::Cache { path: at, error }
        }
    }

    fn write(&mut self, entry: &mut Entry<'_, impl Read>, at: &Path) -> Result<(), FetchError> {
        let mode = entry.header().mode().unwrap_or(0o644) & 0o755 | 0o600;
        let mut file = File::create_new(at).map_err(self.refused(at))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = entry
                .read(&mut buffer)
                .map_err(|error| bad(self.name, error.to_string()))?;
            if read == 0 {
                break;
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(bad(self.name, "it was given up".into()));
            }
            self.left = self
                .left
                .checked_sub(read as u64)
                .ok_or_else(|| bad(self.name, "it unpacks to more than a package can be".into()))?;
            io::Write::write_all(&mut file, &buffer[..read]).map_err(FetchError::cache(at))?;
        }
        file.set_permissions(fs::Permissions::from_mode(mode))
            .map_err(FetchError::cache(at))
    }
}

pub(super) fn bad(name: &str, why: String) -> FetchError {
    FetchError::BadArchive {
        name: name.into(),
        why,
    }
}

/// The path of an entry below its folder; `None` when it would leave it.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(clean)
}

/// Whether a link at `place` leads to something in the same folder.
fn leads_inside(place: &Path, target: &Path) -> bool {
    let mut depth = place.components().count() - 1;
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return false,
            },
            Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}
