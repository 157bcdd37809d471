//! Folders as a whole: copied, measured.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink},
    path::Path,
};

use crate::process::User;

/// Copies a folder, which must not exist at its new place, with the modes of what is in it.
pub(crate) fn copy(from: &Path, to: &Path, owner: Option<User>) -> io::Result<()> {
    let mode = fs::metadata(from)?.permissions().mode();
    fs::DirBuilder::new().mode(mode).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (here, there) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&here, &there, owner)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&here)?, &there)?;
        } else {
            fs::copy(&here, &there)?;
            give(&there, owner)?;
        }
    }
    give(to, owner)
}

/// Makes a path this user's.
pub(crate) fn give(path: &Path, owner: Option<User>) -> io::Result<()> {
    match owner {
        Some(user) => chown(path, Some(user.uid), Some(user.gid)),
        None => Ok(()),
    }
}

/// What a folder holds: enough to notice that a file is missing, cut short or too much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Measures all of a folder.
pub(crate) fn measure(folder: &Path) -> io::Result<Size> {
    let mut size = Size::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let below = measure(&entry.path())?;
            size.files += below.files;
            size.bytes += below.bytes;
        } else {
            size.files += 1;
            size.bytes += entry.metadata()?.len();
        }
    }
    Ok(size)
}

/// A name for what is made from these files: another one when one of them lies elsewhere, has another
/// size or was written at another time.
pub(crate) fn key(files: &[&Path]) -> String {
    let mut hasher = blake3::Hasher::new();
    for path in files {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        hasher.update(path.as_os_str().as_encoded_bytes());
        let meta = fs::metadata(&path);
        let (size, written) = meta.map_or((0, 0), |meta| (meta.len(), meta.mtime()));
        hasher.update(&size.to_le_bytes());
        hasher.update(&written.to_le_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_follows_links_and_changes_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "one").unwrap();
        symlink(&real, &link).unwrap();
        let before = key(&[&real]);
        assert_eq!(key(&[&link]), before);
        fs::write(&real, "three").unwrap();
        assert_ne!(key(&[&real]), before);
    }

    #[test]
    fn a_copy_measures_like_the_original_and_keeps_its_modes() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::write(from.join("deep/file"), "four").unwrap();
        fs::set_permissions(from.join("deep"), fs::Permissions::from_mode(0o700)).unwrap();
        copy(&from, &to, None).unwrap();
        assert_eq!(measure(&to).unwrap(), Size { files: 1, bytes: 4 });
        let mode = fs::metadata(to.join("deep")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
