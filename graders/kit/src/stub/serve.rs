//! Connections of the service, call by call.

use std::{convert::Infallible, fmt, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::{
    Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::{
    BODY_LIMIT, CONNECTIONS, Inner,
    call::{Call, Ending},
    reply::{Deed, Reply},
};

/// A port that takes no connection for a moment, because the process has too many, is tried again.
const RETRY: Duration = Duration::from_millis(20);

pub(super) async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    let mut steps = tokio::time::interval(RETRY);
    steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let inner = Arc::clone(&inner);
                if let Some(place) = Place::take(&inner) {
                    tokio::spawn(serve(inner, stream, peer, place));
                } else {
                    // Whose it is costs a look at all sockets: too much for each of a thousand.
                    inner.refuse("a program", &format!("{CONNECTIONS} connections are open"));
                    reset(stream);
                }
            }
            Err(_) => {
                steps.tick().await;
            }
        }
    }
}

/// Room for one connection.
struct Place(Arc<Inner>);

impl Place {
    fn take(inner: &Arc<Inner>) -> Option<Self> {
        let mut told = inner.told();
        if told.connections >= CONNECTIONS || *inner.is_closed.borrow() {
            return None;
        }
        told.connections += 1;
        Some(Self(Arc::clone(inner)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.told().connections -= 1;
    }
}

async fn serve(inner: Arc<Inner>, stream: TcpStream, peer: SocketAddr, place: Place) {
    let mut closed = inner.is_closed.subscribe();
    let program = inner.name(peer);
    if stream.set_nodelay(true).is_err() {
        // It is slower then, and gone in a moment anyway.
    }
    let service = service_fn(|request| Box::pin(one(&inner, &program, request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)) => Some(ended),
        _ = closed.wait_for(|closed| *closed) => None,
    };
    let stream = connection.into_parts().io.into_inner();
    match ended {
        Some(Ok(())) => drop(stream),
        // Ours, or a program's that speaks no HTTP: neither gets an answer.
        Some(Err(_)) | None => reset(stream),
    }
    drop(place);
}

fn reset(stream: TcpStream) {
    if stream.set_zero_linger().is_err() {
        // It ends all the same, a little more politely.
    }
    drop(stream);
}

/// No answer: the connection is reset.
#[derive(Debug)]
struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer, as the check says")
    }
}

impl std::error::Error for NoAnswer {}

type Answer = Response<Empty<Bytes>>;

async fn one(inner: &Inner, program: &str, request: Request<Incoming>) -> Result<Answer, NoAnswer> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let (method, path) = (head.method, head.uri);
            let most = BODY_LIMIT >> 10;
            let why = format!("{method} {path} has a body of more than {most} KiB (413)");
            inner.refuse(program, &why);
            return Ok(answer(StatusCode::PAYLOAD_TOO_LARGE.as_u16()));
        }
        Err(_) => return Err(NoAnswer),
    };
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = head.headers.iter();
    let call = Call {
        number: 0,
        at: Duration::ZERO,
        program: program.to_owned(),
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), lossy(value.as_bytes())))
            .collect(),
        body: lossy(&body),
        note: String::new(),
        ending: None,
        took: Duration::ZERO,
        to: inner.address.to_string(),
    };
    let Some((place, reply)) = inner.take(call) else {
        return Ok(answer(StatusCode::SERVICE_UNAVAILABLE.as_u16()));
    };
    let mut open = Open {
        inner,
        place,
        ending: Ending::GivenUp,
    };
    decide(&mut open, reply).await
}

/// A call that waits: whatever becomes of it, a program that goes away included, is written down.
struct Open<'i> {
    inner: &'i Inner,
    place: usize,
    ending: Ending,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.inner.end(self.place, self.ending);
    }
}

async fn decide(open: &mut Open<'_>, reply: Reply) -> Result<Answer, NoAnswer> {
    if let Some(gate) = &reply.gate {
        gate.passed().await;
    }
    match reply.deed {
        Deed::Answer(status) => {
            open.ending = Ending::Answered(status);
            Ok(answer(status))
        }
        Deed::Reset => {
            open.ending = Ending::Reset;
            Err(NoAnswer)
        }
        Deed::Silence => match std::future::pending::<Infallible>().await {},
    }
}

fn answer(status: u16) -> Answer {
    let mut answer = Response::new(Empty::new());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer
}
