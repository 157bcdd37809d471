//! One look at a program that may not be ready yet.

use std::{io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Full, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, time::timeout};

use crate::spec::Ready;

/// A look that takes longer is over: the next one may be luckier.
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// An answer to a health check is short.
const BODY_LIMIT: usize = 64 * 1024;

/// What one look saw.
pub(super) enum Seen {
    Ready,
    /// Nothing accepts connections at the address.
    Refused,
    /// Something accepts; what it did then, as a fragment.
    Answered(String),
}

/// Looks once at what listens there. (A line is not looked for here.)
pub(super) async fn look(ready: &Ready, address: SocketAddr) -> Seen {
    let stream = match timeout(LOOK_LIMIT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(_)) => return Seen::Refused,
        Err(_) => return Seen::Answered("it accepted no connection within 1 s".into()),
    };
    let look = async {
        match ready {
            Ready::Http { path } => http(stream, address, path).await,
            Ready::Grpc => grpc(stream, address).await,
            Ready::Tcp | Ready::Line { .. } => Ok(()),
        }
    };
    match timeout(LOOK_LIMIT, look).await {
        Ok(Ok(())) => Seen::Ready,
        Ok(Err(seen)) => Seen::Answered(seen),
        Err(_) => Seen::Answered(format!(
            "it accepted the connection and did not answer {} within 1 s",
            ready.describe()
        )),
    }
}

async fn http(stream: TcpStream, address: SocketAddr, path: &str) -> Result<(), String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    let request = Request::get(path)
        .header("host", address.to_string())
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let answer = async {
        let response = sender.send_request(request).await;
        read(response.map_err(|error| broken(&error))?).await
    };
    let (status, _) = beside(connection, answer).await?;
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("GET {path} answered {status}"))
    }
}

async fn grpc(stream: TcpStream, address: SocketAddr) -> Result<(), String> {
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    // An uncompressed message of no bytes: the service "", which is the whole server.
    let request = Request::post(format!("http://{address}/grpc.health.v1.Health/Check"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::new(Bytes::from_static(&[0; 5])))
        .map_err(|error| error.to_string())?;
    let answer = async {
        let response = sender.send_request(request).await;
        read(response.map_err(|error| broken(&error))?).await
    };
    let (status, body) = beside(connection, answer).await?;
    match body.get(5..) {
        Some([0x08, 1, ..]) if status == StatusCode::OK => Ok(()),
        Some([0x08, health, ..]) if status == StatusCode::OK => Err(format!(
            "the health check answered {}",
            match health {
                2 => "NOT_SERVING",
                3 => "SERVICE_UNKNOWN",
                _ => "UNKNOWN",
            }
        )),
        _ => Err(format!(
            "the health check answered {status} without a status of health"
        )),
    }
}

/// Drives a connection beside the request it carries; both end with the look.
async fn beside<T>(
    connection: impl Future<Output = Result<(), hyper::Error>>,
    answer: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let mut answer = std::pin::pin!(answer);
    let ended = tokio::select! {
        biased;
        answer = &mut answer => return answer,
        ended = connection => ended,
    };
    match (answer.await, ended) {
        // The connection knows why; the request only that it was given up.
        (Err(_), Err(why)) => Err(broken(&why)),
        (answer, _) => answer,
    }
}

async fn read(response: Response<Incoming>) -> Result<(StatusCode, Bytes), String> {
    let status = response.status();
    if let Some(code) = response.headers().get("grpc-status")
        && code != "0"
    {
        let code = String::from_utf8_lossy(code.as_bytes());
        return Err(format!("the health check answered grpc-status {code}"));
    }
    let body = Limited::new(response.into_body(), BODY_LIMIT);
    let whole = body
        .collect()
        .await
        .map_err(|error| format!("its answer broke off: {error}"))?;
    Ok((status, whole.to_bytes()))
}

fn broken(error: &hyper::Error) -> String {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        "it closed the connection without an answer".to_owned()
    } else if error.is_parse() {
        format!("its answer is no HTTP: {error}")
    } else {
        let cause = std::error::Error::source(error);
        let reset = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
        reset.map_or_else(|| error.to_string(), ToString::to_string)
    }
}
