//! Results that hold are kept by what they depend on, so that a proof that was ended goes on where it
//! was, and what did not change is not proved twice.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{checkout::Checkout, error::ProofError};
use crate::{app::supply::BackendChoice, workspace::patch::PatchFiles};

/// The results kept in a checkout for one lab.
pub(super) struct Kept {
    folder: PathBuf,
    /// Of everything a verdict of this lab depends on, but the variant.
    sources: String,
    /// Where services run: what held on one backend was not tried on another.
    backend: BackendChoice,
    /// Read what is there. Results are written all the same.
    reads: bool,
    /// The program that runs was built before these sources: nothing is read or written.
    pub(super) stale: Option<String>,
}

/// What the verdicts of every lab depend on, below the checkout.
const COMMON: &[&str] = &[
    "graders/kit/src",
    "graders/streaming",
    "src/grading",
    "src/proof",
    "src/report",
];

impl Kept {
    /// The results for the sources as they are. `fresh`: as if there were none.
    pub(super) fn open(
        checkout: &Checkout,
        lab: &str,
        backend: BackendChoice,
        fresh: bool,
    ) -> Result<Self, ProofError> {
        let root = checkout.root();
        let failed = |error| ProofError::bench("The sources cannot be read", error);
        let mut hasher = blake3::Hasher::new();
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        let mut newest = None;
        for folder in COMMON {
            hash_folder(&mut hasher, root, &root.join(folder), &mut newest).map_err(failed)?;
        }
        for entry in sorted(&checkout.grader(lab)).map_err(failed)? {
            if entry.extension().is_some_and(|end| end == "rs") {
                hash_file(&mut hasher, root, &entry, &mut newest).map_err(failed)?;
            }
        }
        let contract = root.join("templates").join(lab).join("contract");
        if contract.is_dir() {
            hash_folder(&mut hasher, root, &contract, &mut newest).map_err(failed)?;
        }
        let built = std::env::current_exe()
            .and_then(fs::metadata)
            .and_then(|it| it.modified());
        let stale = match (built, newest) {
            (Ok(built), Some((changed, path))) if changed > built => Some(checkout.shown(&path)),
            _ => None,
        };
        Ok(Self {
            folder: root.join("target/mastery-proof").join(lab),
            sources: hasher.finalize().to_hex().to_string(),
            backend,
            reads: !fresh,
            stale,
        })
    }

    /// Names everything a verdict depends on, but the variant.
    pub(super) fn sources(&self) -> &str {
        &self.sources
    }

    /// The key of a result: the sources, the backend, the variant's files, and what was asked.
    pub(super) fn key(&self, files: &PatchFiles, asked: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.sources.as_bytes());
        part(&mut hasher, format!("{:?}", self.backend).as_bytes());
        for (path, file) in files {
            part(&mut hasher, path.as_bytes());
            part(&mut hasher, &file.bytes);
            part(&mut hasher, &[u8::from(file.executable)]);
        }
        part(&mut hasher, asked.as_bytes());
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// What was kept under this key.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let usable = self.reads && self.stale.is_none();
        usable
            .then(|| fs::read_to_string(self.folder.join(key)).ok())
            .flatten()
    }

    /// Keeps a result. What cannot be kept is proved again, that is all.
    pub(super) fn put(&self, key: &str, result: &str) {
        if self.stale.is_some() {
            return;
        }
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let beside = self.folder.join(format!("{key}.{}", std::process::id()));
            fs::write(&beside, result)?;
            fs::rename(&beside, self.folder.join(key))
        };
        if write().is_err() {
            // A full or read-only disk changes no proof.
        }
    }
}

/// Lengths before contents: no two lists of parts are the same stream of bytes.
fn part(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

type Newest = Option<(SystemTime, PathBuf)>;

fn hash_folder(
    hasher: &mut blake3::Hasher,
    root: &Path,
    folder: &Path,
    newest: &mut Newest,
) -> io::Result<()> {
    for path in sorted(folder)? {
        if path.is_dir() {
            hash_folder(hasher, root, &path, newest)?;
        } else {
            hash_file(hasher, root, &path, newest)?;
        }
    }
    Ok(())
}

fn hash_file(
    hasher: &mut blake3::Hasher,
    root: &Path,
    path: &Path,
    newest: &mut Newest,
) -> io::Result<()> {
    let shown = path.strip_prefix(root).unwrap_or(path);
    part(hasher, shown.as_os_str().as_encoded_bytes());
    part(hasher, &fs::read(path)?);
    let changed = fs::metadata(path)?.modified()?;
    if newest.as_ref().is_none_or(|(latest, _)| changed > *latest) {
        *newest = Some((changed, path.to_owned()));
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::workspace::patch::PatchFile;

    fn kept(folder: &Path, sources: &str, reads: bool) -> Kept {
        let sources = sources.to_owned();
        Kept {
            folder: folder.to_owned(),
            sources,
            backend: BackendChoice::Native,
            reads,
            stale: None,
        }
    }

    fn files(text: &str) -> PatchFiles {
        let file = PatchFile {
            bytes: text.as_bytes().to_vec(),
            executable: false,
        };
        BTreeMap::from([("app.py".to_owned(), file)])
    }

    #[test]
    fn a_result_is_found_again_until_something_it_depends_on_changes() {
        let folder = tempfile::tempdir().unwrap();
        let before = kept(&folder.path().join("deep"), "one", true);
        let key = before.key(&files("x"), "whole 1");
        assert_eq!(before.get(&key), None);
        before.put(&key, "ppp");
        assert_eq!(before.get(&key).as_deref(), Some("ppp"));
        assert_ne!(before.key(&files("y"), "whole 1"), key);
        assert_ne!(before.key(&files("x"), "whole 2"), key);
        let mut elsewhere = kept(folder.path(), "one", true);
        elsewhere.backend = BackendChoice::Docker;
        assert_ne!(elsewhere.key(&files("x"), "whole 1"), key);
        assert_ne!(
            kept(folder.path(), "two", true).key(&files("x"), "whole 1"),
            key
        );
    }

    #[test]
    fn fresh_and_stale_read_nothing_and_stale_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let fresh = kept(folder.path(), "one", false);
        fresh.put("k", "p");
        assert_eq!(fresh.get("k"), None);
        let mut stale = kept(folder.path(), "one", true);
        assert_eq!(stale.get("k").as_deref(), Some("p"));
        stale.stale = Some("graders/kit/src/wait.rs".to_owned());
        stale.put("j", "p");
        assert_eq!(
            (stale.get("k"), folder.path().join("j").exists()),
            (None, false)
        );
    }
}
