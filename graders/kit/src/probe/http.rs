//! HTTP, with connections that the probe owns.

use std::net::SocketAddr;

use crate::bench::Trace;

/// Speaks HTTP/1.1 to one address.
#[derive(Clone)]
pub struct Http {
    address: SocketAddr,
    trace: Trace,
}

impl Http {
    /// A probe of this address, counting on this trace.
    pub fn new(address: SocketAddr, trace: Trace) -> Self {
        Self { address, trace }
    }
}
