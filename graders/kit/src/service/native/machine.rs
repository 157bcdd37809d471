//! The machine that services run on. What is looked up in it is passed in, so that a test can have
//! another one.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};

use crate::process::User;

/// Owns nothing, and nothing that runs as it can touch what belongs to a person.
const NOBODY: User = User {
    uid: 65534,
    gid: 65534,
};

/// Where programs may be installed, and who we are.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The environment: `PATH`, `JAVA_HOME`, `KAFKA_HOME`.
    pub env: BTreeMap<OsString, OsString>,
    /// Where Debian keeps a folder for each major version of Postgres.
    pub debian_postgres: PathBuf,
    /// The accounts, as `/etc/passwd` has them.
    pub accounts: PathBuf,
    /// Folders for files that do not stay, the best first.
    pub temporary: Vec<PathBuf>,
    /// Whom we run as.
    pub uid: u32,
}

impl Machine {
    /// The one we run on.
    pub fn this() -> Self {
        Self {
            env: std::env::vars_os().collect(),
            debian_postgres: "/usr/lib/postgresql".into(),
            accounts: "/etc/passwd".into(),
            temporary: vec![std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()],
            uid: rustix::process::geteuid().as_raw(),
        }
    }

    /// A variable of the environment; an empty one is none.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.env.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    /// The program of this name in `PATH`, as the file it really is.
    pub(crate) fn in_path(&self, name: &str) -> Option<PathBuf> {
        let folders = std::env::split_paths(self.variable("PATH")?);
        let mut places = folders.map(|folder| folder.join(name));
        let found = places.find(|place| runs(place))?;
        fs::canonicalize(found).ok()
    }

    /// Whom a server that refuses root is to run as; `None` when we are not root.
    pub(crate) fn unprivileged(&self) -> Option<User> {
        if self.uid != 0 {
            return None;
        }
        let accounts = fs::read_to_string(&self.accounts).unwrap_or_default();
        Some(account(&accounts, "postgres").unwrap_or(NOBODY))
    }
}

/// Whether it is a file that we may execute.
pub(crate) fn runs(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

fn account(accounts: &str, name: &str) -> Option<User> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let mut number = || fields.next()?.parse().ok();
    let user = User {
        uid: number()?,
        gid: number()?,
    };
    // An account that is root by another name would be refused as well.
    (user.uid != 0).then_some(user)
}

/// Whether this user can walk to the path and read it (a folder: enter it).
pub(crate) fn reaches(user: User, path: &Path) -> bool {
    const ENTER: u32 = 0o1;
    const READ: u32 = 0o4;
    let Ok(path) = fs::canonicalize(path) else {
        return false;
    };
    path.ancestors().all(|place| {
        let Ok(meta) = fs::metadata(place) else {
            return false;
        };
        let needed = if meta.is_dir() { ENTER } else { READ };
        let shift = if meta.uid() == user.uid {
            6
        } else if meta.gid() == user.gid {
            3
        } else {
            0
        };
        (meta.mode() >> shift) & needed == needed
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn an_account_is_taken_only_if_it_is_not_root_in_disguise() {
        let accounts = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104::/var:/bin/sh\n";
        assert_eq!(
            account(accounts, "postgres"),
            Some(User { uid: 101, gid: 104 })
        );
        assert_eq!(account(accounts, "root"), None);
        assert_eq!(account("postgres:x", "postgres"), None);
    }

    #[test]
    fn one_closed_folder_on_the_way_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let close = |mode| {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        };
        close(0o755);
        // As far as the way to the temporary folder itself is open.
        let above = folder.path().parent().expect("it lies in one");
        assert_eq!(reaches(NOBODY, &deep), reaches(NOBODY, above));
        close(0o700);
        assert!(!reaches(NOBODY, &deep));
    }
}
