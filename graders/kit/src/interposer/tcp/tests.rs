use std::io::ErrorKind;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::*;
use crate::wait::{Look, until};

const LONG: Duration = Duration::from_secs(30);
const SEED: Seed = Seed(7);

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { timeout(LONG, future).await.unwrap() })
}

/// A proxy before a service that sends back what it gets.
async fn before_an_echo() -> TcpProxy {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let upstream = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await.ok();
                to.shutdown().await.ok();
            });
        }
    });
    TcpProxy::bind(upstream, SEED).await.unwrap()
}

async fn connect(proxy: &TcpProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

/// Sends this and awaits it back; how long it took.
async fn echo(stream: &mut TcpStream, bytes: &[u8]) -> Duration {
    let begun = Instant::now();
    let (mut from, mut to) = stream.split();
    let mut back = vec![0; bytes.len()];
    let (sent, read) = tokio::join!(to.write_all(bytes), from.read_exact(&mut back));
    sent.unwrap();
    read.unwrap();
    assert_eq!(back, bytes);
    begun.elapsed()
}

#[test]
fn a_good_line_passes_everything_on_and_the_end_too() {
    run(async {
        let proxy = before_an_echo().await;
        let mut stream = connect(&proxy).await;
        let much: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
        echo(&mut stream, &much).await;
        stream.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "an orderly end");
    });
}

#[test]
fn latency_holds_from_when_it_is_set_until_it_is_taken_back() {
    run(async {
        let proxy = before_an_echo().await;
        let mut stream = connect(&proxy).await;
        echo(&mut stream, b"before").await;
        let slow = |latency| Flow {
            latency: Duration::from_millis(latency),
            ..Flow::default()
        };
        let line = Line {
            forth: slow(40),
            back: slow(30),
            ..Line::default()
        };
        proxy.set(line).await.unwrap();
        let took = echo(&mut stream, b"during").await;
        assert!(took >= Duration::from_millis(70), "{took:?}");
        proxy.set(Line::default()).await.unwrap();
        echo(&mut stream, b"after").await;
    });
}

#[test]
fn a_reader_meets_slices() {
    run(async {
        let proxy = before_an_echo().await;
        let slices = Slices {
            most: NonZeroUsize::new(2).unwrap(),
            pause: Duration::from_millis(20),
        };
        let line = Line {
            back: Flow {
                slices: Some(slices),
                ..Flow::default()
            },
            ..Line::default()
        };
        proxy.set(line).await.unwrap();
        let mut stream = connect(&proxy).await;
        let begun = Instant::now();
        stream.write_all(b"12345").await.unwrap();
        let mut back = [0; 5];
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"12345");
        // Two pauses between three slices.
        assert!(begun.elapsed() >= Duration::from_millis(40));
    });
}

#[test]
fn what_a_black_hole_held_arrives_when_it_is_over() {
    run(async {
        let proxy = before_an_echo().await;
        let mut stream = connect(&proxy).await;
        echo(&mut stream, b"before").await;
        let silent = Line {
            black_hole: true,
            ..Line::default()
        };
        proxy.set(silent).await.unwrap();
        stream.write_all(b"during").await.unwrap();
        let mut new = connect(&proxy).await;
        new.write_all(b"new").await.unwrap();
        let mut back = [0; 6];
        let nothing = timeout(Duration::from_millis(50), stream.read(&mut back)).await;
        assert!(nothing.is_err(), "{nothing:?}");
        proxy.set(Line::default()).await.unwrap();
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"during");
        new.read_exact(&mut back[..3]).await.unwrap();
        assert_eq!(&back[..3], b"new");
    });
}

#[test]
fn a_reset_is_one_for_those_that_are_open() {
    run(async {
        let proxy = before_an_echo().await;
        let mut stream = connect(&proxy).await;
        echo(&mut stream, b"before").await;
        proxy.reset().await.unwrap();
        let error = stream.read(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        echo(&mut connect(&proxy).await, b"after").await;
    });
}

#[test]
fn a_port_that_is_down_refuses_and_comes_up_again() {
    run(async {
        let proxy = before_an_echo().await;
        let mut stream = connect(&proxy).await;
        echo(&mut stream, b"before").await;
        let down = Line {
            down: true,
            ..Line::default()
        };
        for _ in 0..3 {
            proxy.set(down).await.unwrap();
            let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            let error = stream.read(&mut [0]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            proxy.set(Line::default()).await.unwrap();
            stream = connect(&proxy).await;
            echo(&mut stream, b"up").await;
        }
    });
}

#[test]
fn a_service_that_is_not_there_is_told_as_a_reset() {
    run(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let upstream = listener.local_addr().unwrap();
        drop(listener);
        let proxy = TcpProxy::bind(upstream, SEED).await.unwrap();
        let mut stream = connect(&proxy).await;
        let error = stream.read(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_dropped_proxy_is_gone_with_its_connections() {
    run(async {
        let proxy = before_an_echo().await;
        let (mut stream, address) = (connect(&proxy).await, proxy.address());
        echo(&mut stream, b"before").await;
        drop(proxy);
        let refused = until::<_, String, _, _>(LONG, || async {
            match TcpStream::connect(address).await {
                Ok(_) => Look::NotYet("it accepts".into()),
                Err(error) => Look::Ready(error.kind()),
            }
        });
        assert_eq!(refused.await.unwrap(), ErrorKind::ConnectionRefused);
        // An end or a reset: it is over.
        assert!(stream.read(&mut [0]).await.map_or(true, |read| read == 0));
    });
}
