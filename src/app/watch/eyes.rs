//! Events of the system for a lab's folder: only that something stirs, never what. A look says what.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, event::ModifyKind};
use tokio::sync::mpsc::Sender;

use super::machine::Happening;

/// Watches the folders of a lab that git does not ignore, one by one: a `node_modules` is thousands
/// of folders, and the system gives out so many watches and no more.
pub(super) struct Eyes {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    /// Folders that were made, moved or removed: the watch on such a name is on what had it before.
    doubtful: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Eyes {
    pub(super) fn open(tell: Sender<Happening>) -> notify::Result<Self> {
        let doubtful = Arc::new(Mutex::new(BTreeSet::new()));
        let doubted = Arc::clone(&doubtful);
        let told = move |event: notify::Result<notify::Event>| {
            let happening = match event {
                // To look at a folder is to open it.
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                Ok(event) => {
                    if is_of_names(event.kind) {
                        let mut doubted = doubted.lock().unwrap_or_else(PoisonError::into_inner);
                        doubted.extend(event.paths);
                    }
                    Happening::Stir
                }
                Err(_) => Happening::Deaf,
            };
            // A full channel holds a stir already, and a closed one belongs to nobody.
            drop(tell.try_send(happening));
        };
        Ok(Self {
            watcher: notify::recommended_watcher(told)?,
            watched: BTreeSet::new(),
            doubtful,
        })
    }

    /// Watches these folders and no others; whether any is new, so that something may have been
    /// missed in it.
    pub(super) fn follow(&mut self, folders: &[PathBuf]) -> notify::Result<bool> {
        let doubtful = {
            let mut doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *doubtful)
        };
        let stays = |folder: &PathBuf| folders.contains(folder) && !doubtful.contains(folder);
        let stay: BTreeSet<PathBuf> = self
            .watched
            .iter()
            .filter(|one| stays(one))
            .cloned()
            .collect();
        for gone in self.watched.difference(&stay) {
            // The system may have let go of it by itself.
            self.watcher.unwatch(gone).ok();
        }
        self.watched = stay;
        let mut new = false;
        for folder in folders {
            if self.watched.contains(folder) {
                continue;
            }
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    new = true;
                    self.watched.insert(folder.clone());
                }
                Err(error) if is_absent(&error, folder) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(new)
    }
}

fn is_of_names(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    )
}

/// It vanished before it could be watched: the next look knows.
fn is_absent(error: &notify::Error, folder: &Path) -> bool {
    matches!(error.kind, notify::ErrorKind::PathNotFound) || !folder.is_dir()
}
