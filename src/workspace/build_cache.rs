//! Which builds are known to be good, so that an unchanged lab is not built again.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{Result, Snapshot, Workspace, WorkspaceError, files::replace, runs};

/// Everything a build depends on: sources, command lines, the toolchain's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BuildKey(String);

/// The last good build of each of a lab's programs.
#[derive(Debug)]
pub struct BuildCache {
    ws: Workspace,
    lab: String,
    good: BTreeMap<String, BuildKey>,
}

#[derive(Serialize, Deserialize)]
struct CacheFile {
    format: u32,
    good: BTreeMap<String, BuildKey>,
}

impl BuildKey {
    pub fn new(snapshot: &Snapshot, lines: &[Vec<String>], toolchain: &str) -> Self {
        // JSON, so that no two lists of words become the same text.
        let inputs = serde_json::json!([snapshot.fingerprint, lines, toolchain]).to_string();
        Self(blake3::hash(inputs.as_bytes()).to_hex().to_string())
    }
}

impl BuildCache {
    /// Opens the cache of a lab; one that cannot be read is an empty one.
    pub fn open(ws: &Workspace, lab: &str) -> Self {
        let mut cache = Self {
            ws: ws.clone(),
            lab: lab.to_owned(),
            good: BTreeMap::new(),
        };
        let read = fs::read(cache.path()).ok();
        let read = read.and_then(|bytes| serde_json::from_slice::<CacheFile>(&bytes).ok());
        if let Some(file) = read.filter(|file| file.format == 1) {
            cache.good = file.good;
        }
        cache
    }

    /// Whether the last good build of a program was made of just this.
    pub fn is_good(&self, program: &str, key: &BuildKey) -> bool {
        self.good.get(program) == Some(key)
    }

    /// To be called before a build: a failing one may leave something broken behind.
    pub fn forget(&mut self, program: &str) -> Result<()> {
        match self.good.remove(program) {
            Some(_) => self.write(),
            None => Ok(()),
        }
    }

    /// To be called after a good build.
    pub fn remember(&mut self, program: &str, key: &BuildKey) -> Result<()> {
        self.good.insert(program.to_owned(), key.clone());
        self.write()
    }

    fn path(&self) -> PathBuf {
        let file = format!("{}.json", self.lab);
        self.ws.root.join(".mastery/build").join(file)
    }

    fn write(&self) -> Result<()> {
        runs::own_folder(&self.ws)?;
        let path = self.path();
        let file = CacheFile {
            format: 1,
            good: self.good.clone(),
        };
        let bytes = serde_json::to_vec_pretty(&file).expect("a cache is plain JSON");
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| replace(&path, &bytes))
            .map_err(|error| WorkspaceError::disk("write", path, error))
    }
}
