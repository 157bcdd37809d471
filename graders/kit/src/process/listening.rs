//! The sockets that listen on this machine.
//!
//! `/proc/net/tcp` makes the kernel walk its table of all connections: ten milliseconds for each
//! family, every time. The socket behind `ss` is asked for the listening ones alone, in microseconds;
//! the table is the way where it is not there.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
};

/// A socket's own end, and the number its descriptors point to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) inode: u64,
}

/// Every TCP socket that listens, of both families.
pub(crate) fn listening() -> Vec<Listening> {
    in_state(LISTEN)
}

/// The own ends of all established TCP connections, of both families.
pub(crate) fn established() -> Vec<Listening> {
    in_state(ESTABLISHED)
}

/// States as the table writes them, and as their number.
type State = (&'static str, u32);
const LISTEN: State = ("0A", 10);
const ESTABLISHED: State = ("01", 1);

fn in_state(state: State) -> Vec<Listening> {
    #[cfg(target_os = "linux")]
    if let Ok(found) = netlink::in_state(state.1) {
        return found;
    }
    by_table(state.0)
}

fn by_table(state: &str) -> Vec<Listening> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| {
            let rows = table.lines().skip(1);
            rows.filter_map(|row| parse_row(row, state))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A row of the table, when its socket is in this state.
fn parse_row(row: &str, state: &str) -> Option<Listening> {
    let fields: Vec<&str> = row.split_ascii_whitespace().collect();
    if *fields.get(3)? != state {
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

#[cfg(target_os = "linux")]
mod netlink {
    //! `sock_diag(7)`: structures of fixed layout, in the order of this machine except addresses.

    use std::{
        io,
        net::{IpAddr, SocketAddr},
    };

    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink::SOCK_DIAG, recv,
        send, socket_with,
    };

    use super::Listening;

    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const REQUEST_DUMP: u16 = 0x301;
    const DONE: u16 = 3;
    const TCP: u8 = 6;
    const HEADER: usize = 16;
    const REQUEST: usize = HEADER + 56;

    pub(super) fn in_state(state: u32) -> io::Result<Vec<Listening>> {
        let mut found = Vec::new();
        for family in [AddressFamily::INET, AddressFamily::INET6] {
            let socket = socket_with(
                AddressFamily::NETLINK,
                SocketType::DGRAM,
                SocketFlags::CLOEXEC,
                Some(SOCK_DIAG),
            )?;
            send(&socket, &request(family, state)?, SendFlags::empty())?;
            let mut buffer = vec![0; 32 * 1024];
            loop {
                let (length, _) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
                if length == 0 || !read(&buffer[..length], &mut found)? {
                    break;
                }
            }
        }
        Ok(found)
    }

    fn request(family: AddressFamily, state: u32) -> io::Result<Vec<u8>> {
        let family = u8::try_from(family.as_raw()).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(REQUEST);
        bytes.extend(72_u32.to_ne_bytes());
        bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        bytes.extend(REQUEST_DUMP.to_ne_bytes());
        bytes.extend([0; 8]); // sequence and port: one question for each socket
        bytes.extend([family, TCP, 0, 0]);
        bytes.extend((1_u32 << state).to_ne_bytes());
        bytes.resize(REQUEST, 0); // any socket
        Ok(bytes)
    }

    /// Reads the messages of one datagram; whether more follow.
    fn read(mut bytes: &[u8], found: &mut Vec<Listening>) -> io::Result<bool> {
        while bytes.len() >= HEADER {
            let length = u32::from_ne_bytes(part(bytes, 0)?);
            let length = usize::try_from(length).map_err(io::Error::other)?;
            match u16::from_ne_bytes(part(bytes, 4)?) {
                SOCK_DIAG_BY_FAMILY => found.push(socket(&bytes[HEADER..])?),
                DONE => return Ok(false),
                // An error, usually that this kernel has no such module.
                _ => return Err(io::ErrorKind::Unsupported.into()),
            }
            let next = length.next_multiple_of(4).max(HEADER);
            bytes = bytes.get(next..).unwrap_or_default();
        }
        Ok(true)
    }

    fn socket(bytes: &[u8]) -> io::Result<Listening> {
        let [family] = part(bytes, 0)?;
        let port = u16::from_be_bytes(part(bytes, 4)?);
        let ip = if u16::from(family) == AddressFamily::INET.as_raw() {
            IpAddr::from(part::<4>(bytes, 8)?)
        } else {
            IpAddr::from(part::<16>(bytes, 8)?)
        };
        Ok(Listening {
            address: SocketAddr::new(ip, port),
            inode: u32::from_ne_bytes(part(bytes, 68)?).into(),
        })
    }

    fn part<const N: usize>(bytes: &[u8], at: usize) -> io::Result<[u8; N]> {
        bytes
            .get(at..at + N)
            .and_then(|part| part.try_into().ok())
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn rows_of_both_families_are_read_and_connections_are_not_listeners() {
        let row = |local: &str, state: &str| {
            format!(
                "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  \
                 1000        0 73211 1 0000 100 0 0 10 0"
            )
        };
        let read = |local, state| {
            parse_row(&row(local, state), LISTEN.0).map(|one| (one.address.to_string(), one.inode))
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

    #[cfg(target_os = "linux")]
    #[test]
    fn both_ways_of_asking_know_the_same_socket() {
        for host in ["127.0.0.1", "::1"] {
            let Ok(listener) = std::net::TcpListener::bind((host, 0)) else {
                continue; // a machine without IPv6
            };
            let address = listener.local_addr().unwrap();
            let inode_in = |found: Vec<Listening>| {
                found
                    .iter()
                    .find(|one| one.address == address)
                    .map(|one| one.inode)
            };
            let table = inode_in(by_table(LISTEN.0));
            assert!(table.is_some());
            assert_eq!(inode_in(listening()), table);
            if let Ok(asked) = netlink::in_state(LISTEN.1) {
                assert_eq!(inode_in(asked), table);
            }
        }
    }
}
