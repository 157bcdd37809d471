//! One fetch at a time into one cache: a lock that the kernel lets go of when its holder dies.

use std::{
    fs::{self, File, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
    time::Duration,
};

use super::{FetchError, plan::Progress};
use crate::wait::{Look, WaitError, until};

/// The cache, held for writing until this is dropped.
pub(super) struct Hold {
    _file: File,
}

/// How long one stays silent about waiting: nobody needs to hear of a moment.
const SILENT: usize = 20;

impl Hold {
    /// Waits until no other fetch writes into this cache; tells who it waits for.
    pub(super) async fn take(
        cache: &Path,
        limit: Duration,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Self, FetchError> {
        fs::create_dir_all(cache).map_err(FetchError::cache(cache))?;
        let path = cache.join(".filling");
        let refused = || FetchError::cache(&path);
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(refused())?;
        let mut looks = 0;
        let taken = until(limit, || {
            looks += 1;
            let look = match file.try_lock() {
                Ok(()) => Look::Ready(()),
                Err(TryLockError::WouldBlock) => {
                    let by = holder(&mut file);
                    if looks == SILENT {
                        tell(Progress::Waiting { holder: &by });
                    }
                    Look::NotYet(by)
                }
                Err(TryLockError::Error(error)) => Look::Never(error),
            };
            async move { look }
        })
        .await;
        match taken {
            Ok(()) => {}
            Err(WaitError::Never(error)) => return Err(refused()(error)),
            Err(WaitError::TooLong { waited, last_seen }) => {
                return Err(FetchError::Held {
                    by: last_seen.unwrap_or_default(),
                    waited,
                });
            }
        }
        file.set_len(0).map_err(refused())?;
        file.rewind().map_err(refused())?;
        write!(file, "process {}", std::process::id()).map_err(refused())?;
        Ok(Self { _file: file })
    }
}

/// Who holds it, as it wrote itself down.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    if read.is_err() || text.is_empty() {
        text = "a process that has not said its name yet".into();
    }
    text
}
