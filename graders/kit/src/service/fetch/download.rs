//! One file over HTTP: looked at, fetched, gone on with where it stopped, verified.
//!
//! The only place that knows the HTTP client.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE},
};

use super::{
    FetchError, Limits, Terms,
    checksum::Checksum,
    part::{self, Part},
};

/// One file that is to come.
#[derive(Clone, Debug)]
pub(super) struct Download {
    /// Its name in the cache's `downloads/`.
    pub(super) name: String,
    pub(super) url: String,
    pub(super) checksum: Checksum,
    /// What the server announced.
    pub(super) bytes: Option<u64>,
}

/// A connection to publishers.
pub(super) struct Link {
    client: Client,
    pub(super) limits: Limits,
}

/// Texts (checksums, lists of releases) are short.
const TEXT_LIMIT: usize = 4 << 20;
/// Requests for one file, as long as each brings something.
const TRIES: usize = 4;

impl Download {
    /// The bytes of it that earlier fetches left.
    pub(super) fn here(&self, folder: &Path) -> u64 {
        part::length(folder, &self.name)
    }
}

impl Link {
    pub(super) fn new(terms: &Terms) -> Result<Self, FetchError> {
        let source = &terms.source;
        let mut secure = false;
        let archive = source.apache_archive.iter();
        for base in [&source.apache, &source.adoptium, &source.maven]
            .into_iter()
            .chain(archive)
        {
            secure |= address(base)?.scheme() == "https";
        }
        let mut builder = Client::builder()
            .user_agent(concat!("mastery/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(terms.limits.connect)
            .no_proxy();
        if secure {
            // The client takes the process's provider; a second installation changes nothing.
            rustls::crypto::ring::default_provider()
                .install_default()
                .ok();
        } else {
            // A mirror without TLS works on a machine that has no certificates.
            let provider = rustls::crypto::ring::default_provider();
            let tls = rustls::ClientConfig::builder_with_provider(provider.into())
                .with_safe_default_protocol_versions()
                .expect("ring has the default versions")
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            builder = builder.tls_backend_preconfigured(tls);
        }
        if let Some(proxy) = &terms.proxy {
            let proxy = reqwest::Proxy::https(proxy).map_err(|error| FetchError::Address {
                text: proxy.clone(),
                why: cause(&error),
            })?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| FetchError::Unreachable {
            url: source.apache.clone(),
            cause: cause(&error),
        })?;
        Ok(Self {
            client,
            limits: terms.limits,
        })
    }

    /// A short text.
    pub(super) async fn text(&self, url: &str) -> Result<String, FetchError> {
        let mut answer = accepted(url, self.send(url, self.client.get(address(url)?)).await?)?;
        let mut text = Vec::new();
        while let Some(chunk) = self
            .chunk(url, &mut answer, text.len() as u64, None)
            .await?
        {
            text.extend_from_slice(&chunk);
            if text.len() > TEXT_LIMIT {
                return Err(FetchError::TooLarge {
                    url: url.into(),
                    limit: TEXT_LIMIT as u64,
                });
            }
        }
        String::from_utf8(text).map_err(|_| FetchError::Unreadable {
            url: url.into(),
            why: "it is no text".into(),
        })
    }

    /// What a file weighs, where the server says so.
    pub(super) async fn size(&self, url: &str) -> Result<Option<u64>, FetchError> {
        let answer = self.send(url, self.client.head(address(url)?)).await?;
        if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
            return Ok(None);
        }
        let answer = accepted(url, answer)?;
        let length = answer.headers().get(CONTENT_LENGTH);
        Ok(length.and_then(|length| length.to_str().ok()?.parse().ok()))
    }

    /// A file, verified, in this folder. `seen` hears how many bytes of it are here.
    pub(super) async fn file(
        &self,
        download: &Download,
        folder: &Path,
        seen: &mut dyn FnMut(u64),
    ) -> Result<PathBuf, FetchError> {
        let limit = self.limits.download;
        let url = &download.url;
        if download.bytes.is_some_and(|bytes| bytes > limit) {
            return Err(FetchError::TooLarge {
                url: url.clone(),
                limit,
            });
        }
        if let Some(file) = part::complete(folder, &download.name, &download.checksum)? {
            return Ok(file);
        }
        let mut part = Part::open(folder, &download.name, &download.checksum)?;
        let mut fresh = part.len() == 0;
        let mut tries = 0;
        loop {
            tries += 1;
            let before = part.len();
            let ended = self.go_on(download, &mut part, seen).await;
            match ended {
                Err(error) if error.is_passing() && tries < TRIES && part.len() > before => {
                    continue;
                }
                ended => ended?,
            }
            match part.verified(folder, &download.name, &download.checksum)? {
                Ok(file) => return Ok(file),
                // The beginning may be of something else than the end: once more, from the start.
                Err(_) if !fresh => fresh = true,
                Err(actual) => {
                    return Err(FetchError::WrongChecksum {
                        url: url.clone(),
                        expected: download.checksum.hex().into(),
                        actual,
                    });
                }
            }
            part = Part::open(folder, &download.name, &download.checksum)?;
        }
    }

    /// One request for what is missing of a file.
    async fn go_on(
        &self,
        download: &Download,
        part: &mut Part,
        seen: &mut dyn FnMut(u64),
    ) -> Result<(), FetchError> {
        let url = &download.url;
        if part.len() > 0 && download.bytes == Some(part.len()) {
            return Ok(());
        }
        let mut answer = self.ask(url, part).await?;
        if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE && part.len() > 0 {
            part.start_over()?;
            answer = self.ask(url, part).await?;
        }
        let mut answer = accepted(url, answer)?;
        if answer.status() != StatusCode::PARTIAL_CONTENT || !begins_at(&answer, part.len()) {
            part.start_over()?;
            if answer.status() == StatusCode::PARTIAL_CONTENT {
                answer = accepted(url, self.ask(url, part).await?)?;
            }
        }
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        part.note(tag)?;
        let total = download
            .bytes
            .or_else(|| Some(part.len() + answer.content_length()?));
        seen(part.len());
        while let Some(chunk) = self.chunk(url, &mut answer, part.len(), total).await? {
            if part.len() + chunk.len() as u64 > self.limits.download {
                part.start_over()?;
                return Err(FetchError::TooLarge {
                    url: url.clone(),
                    limit: self.limits.download,
                });
            }
            part.write(&chunk)?;
            seen(part.len());
        }
        match total {
            Some(total) if part.len() < total => Err(FetchError::BrokeOff {
                url: url.clone(),
                done: part.len(),
                total: Some(total),
                cause: "the server said it was all".into(),
            }),
            _ => Ok(()),
        }
    }

    async fn ask(&self, url: &str, part: &Part) -> Result<Response, FetchError> {
        let mut request = self
            .client
            .get(address(url)?)
            .header(ACCEPT_ENCODING, "identity");
        if part.len() > 0 {
            request = request.header(RANGE, format!("bytes={}-", part.len()));
            // Only a strong validator may stand there (RFC 9110, 13.1.5).
            if let Some(tag) = part.tag().filter(|tag| tag.starts_with('"')) {
                request = request.header(IF_RANGE, tag);
            }
        }
        self.send(url, request).await
    }

    async fn send(
        &self,
        url: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, FetchError> {
        let sent = self.in_time(url, request.send()).await?;
        sent.map_err(|error| FetchError::Unreachable {
            url: url.into(),
            cause: cause(&error),
        })
    }

    async fn chunk(
        &self,
        url: &str,
        answer: &mut Response,
        done: u64,
        total: Option<u64>,
    ) -> Result<Option<bytes::Bytes>, FetchError> {
        let chunk = self.in_time(url, answer.chunk()).await?;
        chunk.map_err(|error| FetchError::BrokeOff {
            url: url.into(),
            done,
            total,
            cause: cause(&error),
        })
    }

    async fn in_time<T>(&self, url: &str, what: impl Future<Output = T>) -> Result<T, FetchError> {
        let waited: Duration = self.limits.stall;
        tokio::time::timeout(waited, what)
            .await
            .map_err(|_| FetchError::Stalled {
                url: url.into(),
                waited,
            })
    }
}

fn accepted(url: &str, answer: Response) -> Result<Response, FetchError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    Err(FetchError::Refused {
        url: url.into(),
        status: status.as_u16(),
    })
}

/// Whether a partial answer goes on exactly where we stopped: `bytes 500-999/1000`.
fn begins_at(answer: &Response, offset: u64) -> bool {
    let range = answer.headers().get(CONTENT_RANGE);
    let range = range.and_then(|range| range.to_str().ok()).unwrap_or("");
    range.starts_with(&format!("bytes {offset}-"))
}

fn address(text: &str) -> Result<Url, FetchError> {
    let bad = |why: String| FetchError::Address {
        text: text.into(),
        why,
    };
    let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(bad("it begins with neither http:// nor https://".into()));
    }
    Ok(url)
}

/// The innermost cause: what is outside of it only repeats the address.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let said = innermost.to_string();
    // The operating system's words without its number, which nobody knows by heart.
    said.split(" (os error").next().unwrap_or(&said).to_owned()
}
