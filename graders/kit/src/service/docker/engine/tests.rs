//! Engines that misbehave, played on a socket of our own.

use std::{path::Path, time::Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
};

use super::*;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn engine(socket: &Path) -> Engine {
    let path = socket.to_str().unwrap();
    let client =
        bollard::Docker::connect_with_unix(path, 120, bollard::API_DEFAULT_VERSION).unwrap();
    Engine {
        client,
        at: format!("unix://{path}"),
    }
}

/// Answers every request with the same bytes, as a server that then closes.
async fn answer(listener: UnixListener, answer: &'static str) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut asked = [0; 4096];
        if read_some(&mut stream, &mut asked).await {
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

async fn read_some(stream: &mut UnixStream, buffer: &mut [u8]) -> bool {
    matches!(stream.read(buffer).await, Ok(read) if read > 0)
}

/// What a question to an engine that answers so comes to.
async fn asked<T>(
    said: &'static str,
    question: impl AsyncFnOnce(&Engine) -> Result<T, BenchError>,
) -> Result<T, BenchError> {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let playing = tokio::spawn(answer(UnixListener::bind(&socket).unwrap(), said));
    let came = question(&engine(&socket)).await;
    playing.abort();
    came
}

const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n\
                      Connection: close\r\n\r\n{\"message\":\"no space left on device\"}";
const UNKNOWN: &str = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\
                      Connection: close\r\n\r\n{\"message\":\"No such image: x:1\"}";
const PULL: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\
    {\"status\":\"Downloading\",\"id\":\"a\",\"progressDetail\":{\"current\":1,\"total\":10}}\n\
    {\"status\":\"Downloading\",\"id\":\"b\",\"progressDetail\":{\"current\":5,\"total\":5}}\n\
    {\"status\":\"Download complete\",\"id\":\"a\",\"progressDetail\":{}}\n\
    {\"status\":\"Extracting\",\"id\":\"a\",\"progressDetail\":{\"current\":1,\"total\":99}}\n";

#[test]
fn an_engine_that_hangs_is_given_up_within_seconds() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        let _accepts_and_says_nothing = UnixListener::bind(&socket).unwrap();
        let begun = Instant::now();
        let error = engine(&socket).ping().await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(error.why.contains("does not answer"), "{}", error.why);
        assert!(error.unlock.unwrap().contains("restart docker"));
    });
}

#[test]
fn a_socket_without_an_engine_behind_it_is_refused() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        drop(UnixListener::bind(&socket).unwrap());
        let error = engine(&socket).ping().await.unwrap_err();
        assert!(error.why.contains("Docker has stopped"), "{}", error.why);
    });
}

#[test]
fn a_socket_that_is_gone_is_no_engine() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        drop(UnixListener::bind(&socket).unwrap());
        let engine = engine(&socket);
        std::fs::remove_file(&socket).unwrap();
        let error = engine.ping().await.unwrap_err();
        assert!(error.why.contains("Docker is not running"), "{}", error.why);
        assert!(error.unlock.unwrap().contains("mastery services fetch"));
    });
}

#[test]
fn an_engine_in_trouble_is_quoted() {
    let error = run(asked(BROKEN, async |engine| engine.ping().await)).unwrap_err();
    assert!(error.why.contains("no disk space"), "{}", error.why);
    assert_eq!(error.unlock.as_deref(), Some("docker system prune"));
}

#[test]
fn an_image_that_is_not_here_is_an_answer() {
    let image = Reference::parse("x:1");
    let here = run(asked(UNKNOWN, async |engine| engine.has(&image).await));
    assert_eq!(here, Ok(false));
}

#[test]
fn a_pull_tells_how_far_it_has_come() {
    let mut told = Vec::new();
    let image = Reference::parse("x:1");
    let limit = Duration::from_secs(10);
    let pulled = run(asked(PULL, async |engine| {
        engine
            .pull(
                &image,
                |pulled| told.push((pulled.done, pulled.total)),
                limit,
            )
            .await
    }));
    assert_eq!(pulled, Ok(()));
    assert_eq!(told, [(1, 10), (6, 15), (15, 15)]);
}

#[test]
fn a_pull_that_stands_still_ends_at_its_limit() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("docker.sock");
        let _accepts_and_says_nothing = UnixListener::bind(&socket).unwrap();
        let image = Reference::parse("x:1");
        let limit = Duration::from_millis(50);
        let error = engine(&socket)
            .pull(&image, |_| {}, limit)
            .await
            .unwrap_err();
        assert!(error.why.contains("was not pulled"), "{}", error.why);
        assert_eq!(error.unlock.as_deref(), Some("docker pull x:1"));
    });
}
