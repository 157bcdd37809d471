//! The probe against servers written for one habit or misdeed each.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::verdict::{Evidence, Exchange, Failure, Mismatch};

mod habits;
mod misdeeds;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// A server whose connections are each served by `serve`, with their number from 0; and its probe.
async fn server<F, Fut>(limit: Duration, serve: F) -> Http
where
    F: Fn(TcpStream, usize) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, number));
        }
    });
    Http::new(address, Trace::begin(limit))
}

/// Reads one request: its head, and as many bytes of body as it promises.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        read.push(byte[0]);
    }
    let head = String::from_utf8(read).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

/// Answers every request of a connection with these bytes, then keeps it open or closes it.
async fn answering(bytes: &'static [u8], closes: bool) -> Http {
    server(Duration::from_secs(30), move |mut stream, _| async move {
        while request(&mut stream).await.is_some() {
            if stream.write_all(bytes).await.is_err() || closes {
                return;
            }
        }
    })
    .await
}

fn mismatch(result: Result<Answer, HttpError>) -> Mismatch {
    match result.map_err(Failure::from) {
        Err(Failure::Wrong(mismatch)) => *mismatch,
        other => panic!("no mismatch: {other:?}"),
    }
}

fn shown(mismatch: &Mismatch) -> &Exchange {
    match &mismatch.evidence[..] {
        [Evidence::Exchange(exchange)] => exchange,
        other => panic!("not one exchange: {other:?}"),
    }
}
