//! Archives of loaded classes: a broker with one starts in less than half the time.
//!
//! An archive belongs to one build of Java and one list of jars. Java itself refuses one that does
//! not fit and starts without it, so a wrong one costs time and never more.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::service::native::{found::Found, tree};

/// The first version whose one flag trains and writes an AOT cache (JEP 514).
const FIRST_WITH_AOT: u64 = 25;

/// A file of loaded classes, of the kind that this Java knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Archive {
    Aot(PathBuf),
    Cds(PathBuf),
}

impl Archive {
    /// The archive in a folder.
    pub(super) fn in_folder(folder: &Path, java: u64) -> Self {
        if java >= FIRST_WITH_AOT {
            Self::Aot(folder.join("classes.aot"))
        } else {
            Self::Cds(folder.join("classes.jsa"))
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Aot(path) | Self::Cds(path) => path,
        }
    }

    /// The flag that uses it.
    pub(super) fn used(&self) -> String {
        match self {
            Self::Aot(path) => format!("-XX:AOTCache={}", path.display()),
            Self::Cds(path) => format!("-XX:SharedArchiveFile={}", path.display()),
        }
    }

    /// The flag that writes it when the process ends.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Aot(path) => format!("-XX:AOTCacheOutput={}", path.display()),
            Self::Cds(path) => format!("-XX:ArchiveClassesAtExit={}", path.display()),
        }
    }
}

/// What an archive of these programs is called: it changes with the build of Java and the jars.
pub(super) fn name(found: &Found, java: &Path, jars: &[PathBuf]) -> String {
    // The classes of Java itself are in its `modules`; its `java` may be the same in every build.
    let java = fs::canonicalize(java).unwrap_or_else(|_| java.to_owned());
    let modules = java.ancestors().nth(2).map(|home| home.join("lib/modules"));
    let mut files = vec![java.as_path()];
    files.extend(modules.as_deref());
    files.extend(jars.iter().map(PathBuf::as_path));
    format!("kafka-{}-classes-{}", found.version, tree::key(&files))
}
