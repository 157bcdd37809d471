//! What stands in the cache, whether it is whole, and how a folder comes to stand there.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{FetchError, Package, unpack::is_jar};

/// A package that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub package: Package,
    pub version: String,
    pub folder: PathBuf,
}

/// Lies in each folder that was fetched: what it is and what has to be in it. A folder that was
/// filled otherwise (from packages, by hand) has none and is judged by its main files.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    from: Vec<String>,
    /// The length of each file, by its path below the folder.
    files: BTreeMap<String, u64>,
}

const NOTE: &str = "fetched.json";
const UNPACKING: &str = ".unpacking-";

/// The newest whole version of a package in this cache. What is half there counts as absent.
pub fn standing(cache: &Path, package: Package) -> Option<Standing> {
    let folders = fs::read_dir(cache.join(package.name())).ok()?;
    folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|folder| {
            let version = folder.file_name()?.to_str()?.to_owned();
            let whole = !version.starts_with('.') && broken(package, &folder).is_none();
            whole.then_some(Standing {
                package,
                version,
                folder,
            })
        })
        .max_by_key(|standing| numbers(&standing.version))
}

/// The numbers of a version, in order: `4.10.0` is newer than `4.9.1`.
pub(super) fn numbers(version: &str) -> Vec<u64> {
    version
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

/// What is missing from a folder that should hold a package.
pub(super) fn broken(package: Package, folder: &Path) -> Option<String> {
    let main = match package {
        Package::Kafka => kafka_lacks(folder),
        Package::Jre => (!has_java(folder)).then(|| "bin/java".into()),
        Package::Postgres => ["bin/postgres", "bin/initdb", "share"]
            .into_iter()
            .find(|name| !folder.join(name).exists())
            .map(str::to_owned),
    };
    let missing = main.or_else(|| {
        let note = fs::read(folder.join(NOTE)).ok()?;
        let Ok(note) = serde_json::from_slice::<Note>(&note) else {
            return Some(NOTE.into());
        };
        let length = |path: &str| fs::metadata(folder.join(path)).ok().map(|file| file.len());
        let lost = note
            .files
            .into_iter()
            .find(|(path, long)| length(path) != Some(*long));
        lost.map(|(path, _)| path)
    })?;
    Some(format!(
        "{} lacks {missing} or holds it half",
        folder.display()
    ))
}

fn kafka_lacks(folder: &Path) -> Option<String> {
    let names: Vec<String> = fs::read_dir(folder.join("libs"))
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    ["kafka_2.13-", "kafka-clients-", "slf4j-simple-"]
        .into_iter()
        .find(|start| {
            let wanted = |name: &String| name.starts_with(start) && is_jar(Path::new(name));
            !names.iter().any(wanted)
        })
        .map(|start| format!("libs/{start}….jar"))
}

/// `bin/java`, or the same below one or two folders (macOS, wheels).
fn has_java(folder: &Path) -> bool {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect()
    };
    let here = |folder: &Path| folder.join("bin/java").is_file();
    here(folder)
        || below(folder)
            .iter()
            .any(|child| here(child) || below(child).iter().any(|child| here(child)))
}

/// An empty folder beside the one that is to stand; what earlier fetches left of theirs goes. Only
/// for the holder of the cache.
pub(super) fn beside(cache: &Path, package: Package) -> Result<PathBuf, FetchError> {
    let above = cache.join(package.name());
    fs::create_dir_all(&above).map_err(FetchError::cache(&above))?;
    let left = fs::read_dir(&above).map_err(FetchError::cache(&above))?;
    for entry in left.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(UNPACKING) {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(FetchError::cache(&path))?;
        }
    }
    let folder = above.join(format!("{UNPACKING}{}", std::process::id()));
    fs::create_dir(&folder).map_err(FetchError::cache(&folder))?;
    Ok(folder)
}

/// Gives an unpacked folder its name, once it is whole and noted down; what stood there broken goes.
pub(super) fn stand(
    package: Package,
    unpacked: &Path,
    to: &Path,
    from: Vec<String>,
) -> Result<(), FetchError> {
    if let Some(why) = broken(package, unpacked) {
        return Err(FetchError::BadArchive {
            name: from.join(", "),
            why: format!("it is not all there: {why}"),
        });
    }
    let mut files = BTreeMap::new();
    measure(unpacked, unpacked, &mut files).map_err(FetchError::cache(unpacked))?;
    let note = serde_json::to_vec_pretty(&Note { from, files })
        .expect("strings and numbers are always JSON");
    let path = unpacked.join(NOTE);
    fs::write(&path, note).map_err(FetchError::cache(&path))?;
    if fs::symlink_metadata(to).is_ok() {
        let aside = unpacked.with_extension("broken");
        fs::rename(to, &aside).map_err(FetchError::cache(to))?;
        fs::remove_dir_all(&aside).map_err(FetchError::cache(&aside))?;
    }
    fs::rename(unpacked, to).map_err(FetchError::cache(to))
}

fn measure(root: &Path, folder: &Path, files: &mut BTreeMap<String, u64>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            measure(root, &path, files)?;
        } else if kind.is_file() {
            let below = path.strip_prefix(root).unwrap_or(&path);
            files.insert(
                below.to_string_lossy().into_owned(),
                entry.metadata()?.len(),
            );
        }
    }
    Ok(())
}
