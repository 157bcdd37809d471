//! Somebody else's server: the bench itself, holding a program's port and answering there.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A server that answers 200 to everything until it is dropped.
pub(super) struct Foreign {
    port: u16,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Foreign {
    /// Listens on a port of the system's choice.
    pub(super) fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        let thread = std::thread::Builder::new()
            .name("foreign".to_owned())
            .spawn(move || serve(&listener, &seen))?;
        Ok(Self {
            port,
            ended,
            thread: Some(thread),
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

fn serve(listener: &TcpListener, ended: &AtomicBool) {
    while let Ok((stream, _)) = listener.accept() {
        if ended.load(Ordering::SeqCst) {
            return;
        }
        if answer(stream).is_err() {
            // Who asked has gone; the next one is served all the same.
        }
    }
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut head = [0; 4096];
    if stream.read(&mut head)? > 0 {
        stream.write_all(ANSWER)?;
    }
    Ok(())
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // The thread waits in `accept`: one last caller lets it see that it is over.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok();
        if let Some(thread) = self.thread.take()
            && woken
            && thread.join().is_err()
        {
            // A panic of a bystander changes no verdict.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_as_somebody_else_would_and_gives_its_port_back() {
        let foreign = Foreign::listen().unwrap();
        let port = foreign.port();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").unwrap();
        let mut answered = String::new();
        stream.read_to_string(&mut answered).unwrap();
        assert!(answered.starts_with("HTTP/1.1 200 OK"), "{answered}");
        drop(foreign);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
