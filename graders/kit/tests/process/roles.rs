//! What this binary plays when a trial starts it.

use std::{collections::BTreeMap, convert::Infallible, path::PathBuf, process::ExitCode};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mastery_kit::process::{Launch, Supervisor, environment};
use tokio::net::TcpListener;

use crate::stage::says;

fn block_on<T>(act: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(act)
}

#[expect(clippy::print_stdout, reason = "the trial reads it")]
/// Owns a program that does not go by itself, until it is killed.
pub(crate) fn owner() -> ExitCode {
    let folder = PathBuf::from(std::env::args_os().nth(2).unwrap());
    block_on(async {
        let script = "trap '' TERM HUP INT; setsid sleep 1000 & sleep 1000 & echo up; wait; wait";
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let mut launch = Launch::new("api", command, folder);
        launch.environment = environment(std::env::vars_os(), &BTreeMap::new());
        let supervisor = Supervisor::new(std::env::current_exe().unwrap());
        let program = supervisor.start(launch).await.unwrap();
        says(&program, "^up$").await;
        println!("up");
        program.ended().await;
        ExitCode::FAILURE
    })
}

/// A server that knows gRPC's health check: not serving twice, then serving.
pub(crate) fn grpc() -> ExitCode {
    block_on(async {
        let port = std::env::var("PORT").unwrap();
        let listener = TcpListener::bind(format!("127.0.0.1:{port}"))
            .await
            .unwrap();
        let mut asked = 0;
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            asked += 1;
            let health = if asked > 2 { 1 } else { 2 };
            let answer = move |request: Request<Incoming>| async move {
                assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
                let body = Full::new(Bytes::copy_from_slice(&[0, 0, 0, 0, 2, 8, health]));
                Ok::<_, Infallible>(Response::new(body))
            };
            http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await
                .ok();
        }
    })
}
