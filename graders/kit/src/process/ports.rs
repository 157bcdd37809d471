//! Ports that are provably the program's own.
//!
//! Known from the kernel's list of listening sockets and the descriptors of the program's processes.
//! Systems that tell neither through `/proc` (macOS) get [`Holder::Unknown`] and no listeners: there a foreign server on the port is only
//! noticed by what it answers.

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
};

use super::{
    listening::{established, listening},
    procfs,
    program::ProgramHandle,
};

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
    Ok(free_ports(1)?[0])
}

/// So many different ports: asked for one after the other, the system may give one twice.
pub fn free_ports(count: usize) -> io::Result<Vec<u16>> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<io::Result<_>>()?;
    held.iter()
        .map(|listener| Ok(listener.local_addr()?.port()))
        .collect()
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

/// The local ports of the connections that the program, or a process it started, holds: what an
/// interposer needs to know whose a connection is. Empty where the system does not tell.
pub fn connected_from(program: &ProgramHandle) -> BTreeSet<u16> {
    let own = sockets_of_tree(program.supervisor_pid());
    established()
        .into_iter()
        .filter(|one| own.contains(&one.inode))
        .map(|one| one.address.port())
        .collect()
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
