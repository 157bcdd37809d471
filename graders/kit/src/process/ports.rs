//! Ports that are provably the program's own.
//!
//! Read from `/proc/net/tcp` and the descriptors of the program's processes. Systems without them
//! (macOS) get [`Holder::Unknown`] and no listeners: there a foreign server on the port is only
//! noticed by what it answers.

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

use super::{procfs, program::ProgramHandle};

/// Whose a listening port is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The program's, or a process it started.
    Tree,
    /// Someone else's; who, as far as we may see.
    Foreign {
        pid: Option<u32>,
        name: Option<String>,
    },
    /// Nobody listens.
    Nobody,
    /// This system does not tell.
    Unknown,
}

/// A loopback port that nobody uses at this moment, as the system chose it.
pub fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Where the program, or a process it started, listens.
pub fn listeners(program: &ProgramHandle) -> Vec<SocketAddr> {
    let own = sockets_of_tree(program.supervisor_pid());
    let mut found: Vec<SocketAddr> = listening()
        .into_iter()
        .filter(|one| own.contains(&one.inode))
        .map(|one| one.address)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Who gets a connection to `127.0.0.1:port`. With several listeners any foreign one counts: the
/// system may give it the connection.
pub fn holder(port: u16, program: &ProgramHandle) -> Holder {
    if cfg!(not(target_os = "linux")) {
        return Holder::Unknown;
    }
    let reached: Vec<u64> = listening()
        .into_iter()
        .filter(|one| one.address.port() == port && answers_loopback(one.address.ip()))
        .map(|one| one.inode)
        .collect();
    if reached.is_empty() {
        return Holder::Nobody;
    }
    let own = sockets_of_tree(program.supervisor_pid());
    match reached.iter().find(|inode| !own.contains(inode)) {
        None => Holder::Tree,
        Some(inode) => owner_of(*inode),
    }
}

impl Holder {
    /// The holder as a fragment: `python3 (pid 4711)`.
    pub fn describe(&self) -> String {
        match self {
            Self::Tree => "your program".to_owned(),
            Self::Foreign {
                pid: Some(pid),
                name,
            } => {
                let name = name.as_deref().unwrap_or("a process");
                format!("{name} (pid {pid})")
            }
            Self::Foreign { pid: None, .. } => "a process of another user".to_owned(),
            Self::Nobody => "nobody".to_owned(),
            Self::Unknown => "an unknown process".to_owned(),
        }
    }
}

/// Whether a socket bound to this address is reached through 127.0.0.1.
pub(crate) fn answers_loopback(ip: IpAddr) -> bool {
    let v4 = match ip {
        IpAddr::V4(v4) => v4,
        // Bound to [::], it usually takes both families; whether it does is not written down.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => return true,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4,
            None => return false,
        },
    };
    v4.is_unspecified() || v4 == Ipv4Addr::LOCALHOST
}

struct Listening {
    address: SocketAddr,
    inode: u64,
}

fn listening() -> Vec<Listening> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| {
            let rows = table.lines().skip(1);
            rows.filter_map(parse_row).collect::<Vec<_>>()
        })
        .collect()
}

/// A row of the table, when its socket listens.
fn parse_row(row: &str) -> Option<Listening> {
    let fields: Vec<&str> = row.split_ascii_whitespace().collect();
    if *fields.get(3)? != "0A" {
        return None;
    }
    let (ip, port) = fields.get(1)?.split_once(':')?;
    // Words of 32 bits as they lie in memory, each printed as a number of this machine.
    let mut bytes = Vec::with_capacity(16);
    for at in (0..ip.len()).step_by(8) {
        let word = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(v4) => IpAddr::from(v4),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?),
    };
    Some(Listening {
        address: SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?),
        inode: fields.get(9)?.parse().ok()?,
    })
}

fn sockets_of_tree(supervisor: u32) -> BTreeSet<u64> {
    let tree = procfs::descendants(supervisor);
    tree.iter().flat_map(|one| sockets_of(one.pid)).collect()
}

fn sockets_of(pid: u32) -> Vec<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let target = fs::read_link(entry.path()).ok()?;
            let inode = target.to_str()?.strip_prefix("socket:[")?;
            inode.strip_suffix(']')?.parse().ok()
        })
        .collect()
}

fn owner_of(inode: u64) -> Holder {
    let pid = procfs::pids().find(|pid| sockets_of(*pid).contains(&inode));
    let name = pid.and_then(procfs::stat).map(|stat| stat.name);
    Holder::Foreign { pid, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn rows_of_both_families_are_read_and_connections_are_not_listeners() {
        let row = |local: &str, state: &str| {
            format!(
                "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 73211 1 0000 100 0 0 10 0"
            )
        };
        let read = |local, state| {
            parse_row(&row(local, state)).map(|one| (one.address.to_string(), one.inode))
        };
        assert_eq!(
            read("0100007F:A391", "0A"),
            Some(("127.0.0.1:41873".into(), 73211))
        );
        assert_eq!(
            read("00000000000000000000000001000000:1F40", "0A"),
            Some(("[::1]:8000".into(), 73211))
        );
        assert_eq!(read("0100007F:A391", "01"), None);
        assert_eq!(read("01007F:A391", "0A"), None);
    }

    #[test]
    fn only_what_is_bound_to_loopback_or_everything_is_reached() {
        for (ip, reached) in [
            ("127.0.0.1", true),
            ("0.0.0.0", true),
            ("::", true),
            ("::ffff:127.0.0.1", true),
            ("::1", false),
            ("127.0.0.2", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(answers_loopback(ip.parse().unwrap()), reached, "{ip}");
        }
    }
}
