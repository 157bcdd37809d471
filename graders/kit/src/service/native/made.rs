//! Things made once from the programs: a formatted Kafka, an archive of its classes, an initialised
//! Postgres.
//!
//! Each is a folder, made beside its place and renamed into it, under a lock against a second maker.
//! A mark, written last, says how much the folder holds: what is half written or damaged since is
//! made again. Where the cache cannot be written, it only costs time: it is made in the scratch.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::tree::{Size, measure};
use crate::{
    verdict::BenchError,
    wait::{Look, WaitError, until},
};

/// The mark inside of a thing that is whole.
const MARK: &str = ".whole";
/// Another maker needs at most as long for the slowest thing (an archive on a slow machine).
const OTHER_MAKER: Duration = Duration::from_secs(90);

/// Where a thing is kept: `NAME` in a folder of the cache, or else in one that does not stay.
pub(crate) struct Place<'a> {
    pub(crate) kept: &'a Path,
    pub(crate) scratch: &'a Path,
    pub(crate) name: &'a str,
}

impl Place<'_> {
    /// The folder of the thing, if it is there and whole.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let folder = self.kept.join(self.name);
        is_whole(&folder).then_some(folder)
    }

    /// The folder of the thing: found, or made now by filling an empty folder.
    pub(crate) async fn find_or_make<F, Fut>(&self, make: F) -> Result<PathBuf, BenchError>
    where
        F: FnOnce(PathBuf) -> Fut,
        Fut: Future<Output = Result<(), BenchError>>,
    {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        // Until the lock's end, which is that of this function.
        let Ok(lock) = self.open_lock() else {
            return self.make_in(self.scratch, make).await;
        };
        self.locked(&lock).await?;
        match self.find() {
            Some(found) => Ok(found),
            None => self.make_in(self.kept, make).await,
        }
    }

    fn open_lock(&self) -> io::Result<File> {
        fs::create_dir_all(self.kept)?;
        let path = self.kept.join(format!(".{}.lock", self.name));
        let lock = OpenOptions::new().create(true).append(true).open(path)?;
        // A lock may be there since the folder could still be written.
        let probe = self.kept.join(format!(".{}.probe", self.name));
        fs::write(&probe, "")?;
        fs::remove_file(&probe)?;
        Ok(lock)
    }

    async fn locked(&self, lock: &File) -> Result<(), BenchError> {
        let taken = until(OTHER_MAKER, || async {
            match lock.try_lock() {
                Ok(()) => Look::Ready(()),
                Err(fs::TryLockError::WouldBlock) => {
                    Look::NotYet("another process makes it".into())
                }
                Err(fs::TryLockError::Error(error)) => Look::Never(error),
            }
        });
        taken.await.map_err(|error| {
            let (name, kept) = (self.name, self.kept.display());
            let why = match error {
                WaitError::TooLong { waited, .. } => {
                    format!(
                        "another process has been making it for {} s",
                        waited.as_secs()
                    )
                }
                WaitError::Never(error) => error.to_string(),
            };
            BenchError::new(format!("`{name}` cannot be made in {kept}: {why}."))
        })
    }

    async fn make_in<F, Fut>(&self, parent: &Path, make: F) -> Result<PathBuf, BenchError>
    where
        F: FnOnce(PathBuf) -> Fut,
        Fut: Future<Output = Result<(), BenchError>>,
    {
        let partial = parent.join(format!(".{}.partial", self.name));
        let place = parent.join(self.name);
        let disk = |error: io::Error| {
            let place = place.display();
            BenchError::new(format!("{place} cannot be written: {error}."))
                .unlock("free some space there, or set another XDG_CACHE_HOME")
        };
        clear(&partial).map_err(disk)?;
        fs::create_dir_all(&partial).map_err(disk)?;
        if let Err(error) = make(partial.clone()).await {
            clear(&partial).ok(); // the error that is told is the first one
            return Err(error);
        }
        let finished = mark(&partial)
            .and_then(|()| clear(&place))
            .and_then(|()| fs::rename(&partial, &place));
        finished.map_err(disk)?;
        Ok(place)
    }
}

/// Removes a folder that may be there.
pub(crate) fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(folder),
        done => done,
    }
}

fn text_of(size: Size) -> String {
    format!("files {}\nbytes {}\n", size.files, size.bytes)
}

fn mark(folder: &Path) -> io::Result<()> {
    let size = measure(folder)?;
    fs::write(folder.join(MARK), text_of(size))
}

fn is_whole(folder: &Path) -> bool {
    let Ok(marked) = fs::read_to_string(folder.join(MARK)) else {
        return false;
    };
    measure(folder).is_ok_and(|mut size| {
        // The mark itself was not there when it was measured.
        size.files = size.files.saturating_sub(1);
        size.bytes = size.bytes.saturating_sub(marked.len() as u64);
        marked == text_of(size)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(future)
    }

    struct Maker(Cell<u32>);

    impl Maker {
        fn run(&self, kept: &Path, scratch: &Path) -> PathBuf {
            let place = Place {
                kept,
                scratch,
                name: "thing",
            };
            run(place.find_or_make(async |folder: PathBuf| {
                self.0.set(self.0.get() + 1);
                fs::create_dir(folder.join("deep")).unwrap();
                fs::write(folder.join("deep/content"), "four").unwrap();
                Ok(())
            }))
            .unwrap()
        }
    }

    #[test]
    fn it_is_made_once_and_again_when_it_was_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, scratch) = (folder.path().join("made"), folder.path().join("scratch"));
        let maker = Maker(Cell::new(0));
        let damages: [fn(&Path); 4] = [
            |thing| fs::write(thing.join("deep/content"), "cut").unwrap(),
            |thing| fs::remove_file(thing.join("deep/content")).unwrap(),
            |thing| fs::remove_file(thing.join(MARK)).unwrap(),
            |thing| fs::write(thing.join("more"), "").unwrap(),
        ];
        for (count, damage) in (1..).zip(damages) {
            let thing = maker.run(&kept, &scratch);
            assert_eq!(maker.run(&kept, &scratch), kept.join("thing"));
            assert_eq!(maker.0.get(), count);
            damage(&thing);
        }
        assert!(!scratch.exists());
    }

    #[test]
    fn what_a_killed_maker_left_is_no_thing_and_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("made");
        fs::create_dir_all(kept.join(".thing.partial/deep")).unwrap();
        let maker = Maker(Cell::new(0));
        assert_eq!(maker.run(&kept, folder.path()), kept.join("thing"));
        assert!(!kept.join(".thing.partial").exists());
    }

    #[test]
    fn a_cache_that_cannot_be_written_only_costs_time() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("made");
        fs::write(&kept, "a file where the folder should be").unwrap();
        let scratch = folder.path().join("scratch");
        let maker = Maker(Cell::new(0));
        assert_eq!(maker.run(&kept, &scratch), scratch.join("thing"));
    }
}
