//! A call as it came, and what became of it.

use std::{fmt, fmt::Write as _, time::Duration};

use crate::verdict::{Evidence, Exchange, millis};

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its place among all calls of the check, from 1.
    pub number: u64,
    /// Since the service was started.
    pub at: Duration,
    /// Whose it is: a program's name on the stage.
    pub program: String,
    pub method: String,
    /// Path and query, as they came.
    pub path: String,
    /// Names in lower case, in the order in which they came; bytes that are no UTF-8 replaced.
    pub headers: Vec<(String, String)>,
    /// As text; bytes that are no UTF-8 replaced.
    pub body: String,
    /// What the check knows about it: which order, which key.
    pub note: String,
    /// What became of it; `None` while it waits.
    pub ending: Option<Ending>,
    /// From the whole call to its end.
    pub took: Duration,
    /// Where it was sent.
    pub(super) to: String,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was answered with this status.
    Answered(u16),
    /// The connection was reset in place of an answer.
    Reset,
    /// The program closed the connection while it was left without an answer.
    GivenUp,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "{status}"),
            Self::Reset => f.write_str("no answer, connection reset"),
            Self::GivenUp => f.write_str("no answer, and the connection is closed"),
        }
    }
}

impl Call {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// `POST /charges #3`.
    pub fn label(&self) -> String {
        format!("{} {} #{}", self.method, self.path, self.number)
    }

    /// The call and its answer, as evidence.
    pub fn evidence(&self) -> Evidence {
        let mut request = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            write!(request, "{name}: {value}\r\n").expect("a String takes all");
        }
        request.push_str("\r\n");
        request.push_str(&self.body);
        let (response, ended) = match self.ending {
            Some(Ending::Answered(status)) => (head(status), None),
            Some(ending @ (Ending::Reset | Ending::GivenUp)) => {
                (String::new(), Some(ending.to_string()))
            }
            None => (String::new(), Some("no answer yet".to_owned())),
        };
        Evidence::Exchange(Exchange {
            number: self.number,
            to: self.to.clone(),
            request,
            response,
            ended,
            at: None,
            lossy: false,
            took_ms: millis(self.took),
        })
    }

    /// The note, with a separator where there is one.
    pub(super) fn noted(&self) -> String {
        if self.note.is_empty() {
            String::new()
        } else {
            format!(" · {}", self.note)
        }
    }

    /// What it takes in memory, roughly.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        size_of::<Self>() + self.path.len() + self.body.len() + headers
    }
}

/// An answer as it went over the wire: no answer of ours has a body.
fn head(status: u16) -> String {
    let status = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16());
    if status != hyper::StatusCode::NO_CONTENT {
        head.push_str("content-length: 0\r\n");
    }
    head.push_str("\r\n");
    head
}
