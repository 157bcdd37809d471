//! A file that is coming: `NAME.part`, and beside it what it is a part of.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    FetchError,
    checksum::{Checksum, Hasher},
};

/// What has come of a file so far.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    hasher: Hasher,
    of: Of,
}

/// What the bytes are a part of: those of another file are of no use.
#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
struct Of {
    checksum: String,
    /// The server's validator of it.
    #[serde(default)]
    tag: Option<String>,
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.part"))
}

fn note_of(part: &Path) -> PathBuf {
    part.with_added_extension("of")
}

/// The bytes that are here, of whatever.
pub(super) fn length(folder: &Path, name: &str) -> u64 {
    let of = |path| fs::metadata(path).map_or(0, |file| file.len());
    of(path_of(folder, name)).max(of(folder.join(name)))
}

/// A file that came whole and was not unpacked any more. One that is not what it should be goes.
pub(super) fn complete(
    folder: &Path,
    name: &str,
    checksum: &Checksum,
) -> Result<Option<PathBuf>, FetchError> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(None);
    }
    let mut hasher = checksum.hasher();
    hasher.read(&path).map_err(FetchError::cache(&path))?;
    if hasher.hex() == checksum.hex() {
        return Ok(Some(path));
    }
    fs::remove_file(&path).map_err(FetchError::cache(&path))?;
    Ok(None)
}

impl Part {
    /// Opens what earlier fetches left of this very file, or an empty one.
    pub(super) fn open(folder: &Path, name: &str, checksum: &Checksum) -> Result<Self, FetchError> {
        let path = path_of(folder, name);
        let noted = fs::read(note_of(&path)).ok();
        let noted: Option<Of> = noted.and_then(|note| serde_json::from_slice(&note).ok());
        let noted = noted.filter(|of| of.checksum == checksum.hex());
        let mut hasher = checksum.hasher();
        let length = match noted {
            Some(_) if path.exists() => hasher.read(&path).map_err(FetchError::cache(&path))?,
            _ => 0,
        };
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(FetchError::cache(&path))?;
        let mut part = Self {
            path,
            file,
            length,
            hasher,
            of: noted.unwrap_or_default(),
        };
        if length == 0 {
            part.of.checksum = checksum.hex().into();
            part.hasher = checksum.hasher();
            part.truncate()?;
        }
        Ok(part)
    }

    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// The validator that the server gave for these bytes.
    pub(super) fn tag(&self) -> Option<&str> {
        self.of.tag.as_deref()
    }

    /// Notes down whose bytes these are, before the first of them is written.
    pub(super) fn note(&mut self, tag: Option<&str>) -> Result<(), FetchError> {
        self.of.tag = tag.map(str::to_owned);
        let note = serde_json::to_vec(&self.of).expect("strings are always JSON");
        let path = note_of(&self.path);
        fs::write(&path, note).map_err(FetchError::cache(path))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file
            .write_all(bytes)
            .map_err(FetchError::cache(&self.path))?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Throws away what is here.
    pub(super) fn start_over(&mut self) -> Result<(), FetchError> {
        if self.length > 0 {
            self.truncate()?;
            self.length = 0;
            self.hasher = self.hasher.anew();
        }
        self.of.tag = None;
        Ok(())
    }

    fn truncate(&mut self) -> Result<(), FetchError> {
        self.file = File::create(&self.path).map_err(FetchError::cache(&self.path))?;
        Ok(())
    }

    /// Gives the file its name if it is what it should be. Otherwise it goes, and the answer is what
    /// it hashes to.
    pub(super) fn verified(
        self,
        folder: &Path,
        name: &str,
        checksum: &Checksum,
    ) -> Result<Result<PathBuf, String>, FetchError> {
        let actual = self.hasher.hex();
        let right = actual == checksum.hex();
        fs::remove_file(note_of(&self.path)).ok();
        if !right {
            fs::remove_file(&self.path).map_err(FetchError::cache(&self.path))?;
            return Ok(Err(actual));
        }
        let to = folder.join(name);
        fs::rename(&self.path, &to).map_err(FetchError::cache(&to))?;
        Ok(Ok(to))
    }
}
