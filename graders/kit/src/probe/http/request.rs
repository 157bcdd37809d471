//! A request before it is sent: owned, so that it can travel into a race.

use std::borrow::Cow;

use bytes::Bytes;
use http_body_util::Full;
use serde_json::Value;

use super::{Http, answer::Answer, error::HttpError};
use crate::verdict::BenchError;

/// A request that has yet to be sent: with [`Request::send`], on a [`super::Connection`] or with
/// others in [`Http::race`].
#[derive(Clone)]
pub struct Request {
    pub(super) http: Http,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Bytes>,
    /// Sent as it stands, in place of all of the above.
    pub(super) raw: Option<Bytes>,
}

impl Request {
    pub(super) fn new(http: Http, method: &'static str, path: &str) -> Self {
        Self {
            http,
            method,
            path: visible(path),
            headers: Vec::new(),
            body: None,
            raw: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends this value as `application/json`.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string())
    }

    /// Sends these bytes as this media type.
    #[must_use]
    pub fn body(mut self, media_type: &str, bytes: impl Into<Bytes>) -> Self {
        self.body = Some(bytes.into());
        self.header("Content-Type", media_type)
    }

    /// Sends it, on a connection of the probe's pool where one is idle, and reads the whole answer.
    pub async fn send(self) -> Result<Answer, HttpError> {
        self.http.clone().send(&self).await
    }

    /// `POST /v2/orders`: what it is called where it is spoken of.
    pub(super) fn label(&self) -> String {
        match &self.raw {
            None => format!("{} {}", self.method, self.path),
            Some(raw) => {
                let first = raw.split(|byte| *byte == b'\n').next().unwrap_or_default();
                let first = String::from_utf8_lossy(&first[..first.len().min(60)]);
                format!("`{}`", first.trim_end().escape_debug())
            }
        }
    }

    /// What would go over the wire, but for the headers that every request has.
    pub(super) fn unsent(&self) -> Cow<'_, str> {
        if let Some(raw) = &self.raw {
            return String::from_utf8_lossy(raw);
        }
        let mut text = format!("{} HTTP/1.1\r\n", self.label());
        for (name, value) in &self.headers {
            text = format!("{text}{name}: {value}\r\n");
        }
        let body = self.body.as_deref().unwrap_or_default();
        Cow::Owned(format!("{text}\r\n{}", String::from_utf8_lossy(body)))
    }

    pub(super) fn to_hyper(&self) -> Result<hyper::Request<Full<Bytes>>, HttpError> {
        let mut builder = hyper::Request::builder()
            .method(self.method)
            .uri(self.path.as_str())
            .header("Host", self.http.address().to_string())
            .header("User-Agent", "mastery");
        let accepts = |(name, _): &(String, String)| name.eq_ignore_ascii_case("accept");
        if !self.headers.iter().any(accepts) {
            builder = builder.header("Accept", "*/*");
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value.as_bytes());
        }
        builder
            .body(Full::new(self.body.clone().unwrap_or_default()))
            .map_err(|error| {
                let why = format!(
                    "The bench cannot form the request {}: {error}.",
                    self.label()
                );
                HttpError::bench(BenchError::new(why))
            })
    }
}

/// The path with everything percent-encoded that may not stand in one: ids are the program's, and
/// an odd one is no reason to fail on our side.
fn visible(path: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#' => {
                write!(text, "%{byte:02X}").expect("a string takes every text");
            }
            b'!'..=b'~' => text.push(char::from(byte)),
            other => write!(text, "%{other:02X}").expect("a string takes every text"),
        }
    }
    text
}
