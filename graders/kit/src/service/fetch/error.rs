//! Why a package could not be fetched: whose fault it was, and what helps.

use std::{fmt, io, path::PathBuf, time::Duration};

use crate::verdict::BenchError;

/// Why a package could not be fetched. Never the learner's program; each says whose fault it was.
#[derive(Debug)]
pub enum FetchError {
    /// Nobody answers there: no network, a name that is not found, a proxy in the way.
    Unreachable { url: String, cause: String },
    /// The server answers, and does not have it.
    Refused { url: String, status: u16 },
    /// The server answers something else than its publisher's layout.
    Unreadable { url: String, why: String },
    /// The server sent nothing for too long.
    Stalled { url: String, waited: Duration },
    /// The connection ended before the file did.
    BrokeOff {
        url: String,
        done: u64,
        total: Option<u64>,
        cause: String,
    },
    /// What came is not what its publisher announced.
    WrongChecksum {
        url: String,
        expected: String,
        actual: String,
    },
    /// More than a package can be.
    TooLarge { url: String, limit: u64 },
    /// An archive that cannot be unpacked, or that reaches out of its folder.
    BadArchive { name: String, why: String },
    /// A file or folder of the cache refuses.
    Cache { path: PathBuf, error: io::Error },
    /// Another fetch has held the cache for the whole wait.
    Held { by: String, waited: Duration },
    /// An address that is none: a setting.
    Address { text: String, why: String },
    /// Nothing is published for such a machine.
    Platform { platform: String },
}

/// The command that goes on where the last one stopped.
const AGAIN: &str = "mastery services fetch";

impl FetchError {
    /// A refusal of the cache at this path.
    pub(super) fn cache(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::Cache { path, error }
    }

    /// Whether the same request may well succeed a moment later, from where it stopped.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::BrokeOff { .. })
    }

    /// What helps.
    pub fn deed(&self) -> String {
        match self {
            Self::Unreachable { .. } => {
                format!("look at your network, proxy or mirror setting, then run `{AGAIN}` again")
            }
            Self::Refused { .. } | Self::Unreadable { .. } => {
                format!("check the mirror's address if you set one, else run `{AGAIN}` again later")
            }
            Self::Stalled { .. } | Self::BrokeOff { .. } => {
                format!("run `{AGAIN}` again: it goes on where this stopped")
            }
            Self::WrongChecksum { .. } => format!(
                "run `{AGAIN}` again; if it stays, the server or a proxy before it alters files: use another mirror"
            ),
            Self::TooLarge { .. } | Self::BadArchive { .. } => {
                "use another mirror: this one does not hold what its publisher made".into()
            }
            Self::Cache { path, error } => deed_for(path, error),
            Self::Held { .. } => format!("wait for it or end it, then run `{AGAIN}` again"),
            Self::Address { .. } => "correct the setting".into(),
            Self::Platform { .. } => {
                "install the services yourself, or use `--backend docker`".into()
            }
        }
    }
}

fn deed_for(path: &std::path::Path, error: &io::Error) -> String {
    let path = path.display();
    let kind = error.kind();
    if [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded].contains(&kind) {
        format!("free some space there, then run `{AGAIN}` again: it goes on where this stopped")
    } else if [
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem,
    ]
    .contains(&kind)
    {
        format!("make {path} writable for you, or point XDG_CACHE_HOME at a folder that is")
    } else {
        format!("look at {path}, or point XDG_CACHE_HOME at another folder")
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { url, cause } => write!(f, "{url} cannot be reached: {cause}."),
            Self::Refused { url, status } => {
                write!(f, "The server has no {url}: it answered {status}.")
            }
            Self::Unreadable { url, why } => {
                write!(
                    f,
                    "The server's answer at {url} is not what was expected: {why}."
                )
            }
            Self::Stalled { url, waited } => write!(
                f,
                "The server stopped sending {url}: no byte for {} s. What came is kept.",
                waited.as_secs_f32()
            ),
            Self::BrokeOff {
                url,
                done,
                total,
                cause,
            } => {
                let of = total.map_or_else(String::new, |total| format!(" of {total}"));
                write!(
                    f,
                    "The download of {url} broke off after {done}{of} bytes: {cause}. What came is kept."
                )
            }
            Self::WrongChecksum {
                url,
                expected,
                actual,
            } => write!(
                f,
                "{url} is not what its publisher announced: checksum {actual}, announced {expected}. It was thrown away."
            ),
            Self::TooLarge { url, limit } => {
                write!(
                    f,
                    "{url} is larger than {limit} bytes, more than a package can be."
                )
            }
            Self::BadArchive { name, why } => write!(f, "{name} cannot be unpacked: {why}."),
            Self::Cache { path, error } => {
                write!(
                    f,
                    "The cache cannot be written at {}: {error}.",
                    path.display()
                )
            }
            Self::Held { by, waited } => write!(
                f,
                "Another fetch ({by}) has held the cache for {} s.",
                waited.as_secs_f32()
            ),
            Self::Address { text, why } => write!(f, "`{text}` is no address: {why}."),
            Self::Platform { platform } => {
                write!(f, "Nothing is published for {platform}.")
            }
        }
    }
}

impl std::error::Error for FetchError {}

impl From<FetchError> for BenchError {
    fn from(error: FetchError) -> Self {
        Self::new(error.to_string()).unlock(error.deed())
    }
}
