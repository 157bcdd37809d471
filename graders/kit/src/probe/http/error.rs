//! Why there is no answer, and whose fault that is.

use std::{fmt, time::Duration};

use crate::verdict::{BenchError, Evidence, Exchange, Failure, Mismatch};

/// A request without a usable answer. The bench speaks only to programs that were ready, so all of
/// it is the program's fault, save what is marked as the bench's.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpError(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
enum Inner {
    Program {
        trouble: Trouble,
        /// `POST /v2/orders #17`.
        label: String,
        exchange: Box<Exchange>,
        /// What the request would have been, for where nothing of it was sent.
        unsent: String,
        reproduce: String,
    },
    Bench(BenchError),
}

/// What became of a request that has no usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody listens at the address.
    Refused,
    /// No connection was accepted in time.
    NotAccepted { within: Duration },
    /// The connection broke before a byte of the answer came.
    NoAnswer { reset: bool },
    /// The connection ended within the answer.
    Cut {
        reset: bool,
        got: u64,
        of: Option<u64>,
        in_head: bool,
    },
    /// Not a byte came in time.
    Silent { within: Duration },
    /// The answer began and did not end in time.
    Unfinished {
        within: Duration,
        got: u64,
        of: Option<u64>,
    },
    /// More bytes came than belong to the answer.
    Surplus { promised: u64, extra: u64 },
    /// The body is beyond what the bench reads.
    TooLarge { limit: u64 },
    /// What came is no HTTP.
    Malformed { why: String },
    /// Slow answers used up the check's time.
    Exhausted {
        requests: u64,
        took: Duration,
        allowed: Duration,
    },
}

impl HttpError {
    pub(super) fn program(
        trouble: Trouble,
        label: String,
        mut exchange: Exchange,
        reproduce: String,
    ) -> Self {
        exchange.ended = Some(trouble.ended());
        Self(Box::new(Inner::Program {
            trouble,
            label,
            exchange: Box::new(exchange),
            unsent: String::new(),
            reproduce,
        }))
    }

    /// What is shown in place of a request of which nothing was sent.
    pub(super) fn instead(mut self, request: &str) -> Self {
        if let Inner::Program { unsent, .. } = &mut *self.0 {
            request.clone_into(unsent);
        }
        self
    }

    pub(super) fn bench(error: BenchError) -> Self {
        Self(Box::new(Inner::Bench(error)))
    }

    /// The other side closed the connection before a byte of the answer came.
    pub(super) fn is_without_a_byte(&self) -> bool {
        matches!(
            &*self.0,
            Inner::Program {
                trouble: Trouble::NoAnswer { .. },
                ..
            }
        )
    }

    /// There is no request to show: nobody listened, or the connection broke before.
    pub(super) fn has_sent_nothing(&self) -> bool {
        matches!(&*self.0, Inner::Program { exchange, .. } if exchange.request.is_empty())
    }
}

impl Trouble {
    /// The time was over.
    pub(super) fn is_late(&self) -> bool {
        matches!(
            self,
            Self::Silent { .. } | Self::Unfinished { .. } | Self::NotAccepted { .. }
        )
    }

    /// What happened, as the first line of a failure.
    fn summary(&self, label: &str) -> String {
        match self {
            Self::Refused => {
                format!(
                    "Your program refused the connection for {label}: nothing listens any more."
                )
            }
            Self::NotAccepted { within } => {
                format!(
                    "Your program took no connection within {} for {label}.",
                    seconds(*within)
                )
            }
            Self::NoAnswer { reset: true } => {
                format!("Your program reset the connection of {label} before it answered.")
            }
            Self::NoAnswer { reset: false } => {
                format!("Your program closed the connection of {label} before it answered.")
            }
            Self::Cut { .. } => format!("Your answer to {label} ended early: {}.", self.actual()),
            Self::Silent { within } => {
                format!("You gave no answer to {label} within {}.", seconds(*within))
            }
            Self::Unfinished { within, .. } => {
                format!(
                    "Your answer to {label} was not complete within {}.",
                    seconds(*within)
                )
            }
            Self::Surplus { extra, .. } => {
                let (bytes, come) = if *extra == 1 {
                    ("byte", "comes")
                } else {
                    ("bytes", "come")
                };
                format!("{extra} {bytes} {come} after the end of your answer to {label}.")
            }
            Self::TooLarge { limit } => format!(
                "Your answer to {label} has a body of more than {}; the bench stopped reading.",
                mebibytes(*limit)
            ),
            Self::Malformed { why } => format!("Your answer to {label} is no HTTP: {why}."),
            Self::Exhausted {
                requests,
                took,
                allowed,
            } => format!(
                "Your answers are slow: the {requests} requests of this check took {}; all of it may take {}.",
                seconds(*took),
                seconds(*allowed)
            ),
        }
    }

    /// What is said below the answer's bytes.
    fn ended(&self) -> String {
        match self {
            Self::Surplus { promised, extra } => {
                format!("{extra} more than the {promised} bytes of the body that were promised")
            }
            Self::Refused
            | Self::NotAccepted { .. }
            | Self::NoAnswer { .. }
            | Self::Cut { .. }
            | Self::Silent { .. }
            | Self::Unfinished { .. }
            | Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::Exhausted { .. } => self.actual(),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Refused | Self::NotAccepted { .. } => "a connection".to_owned(),
            Self::NoAnswer { .. } | Self::Malformed { .. } => "an HTTP/1.1 answer".to_owned(),
            Self::Cut { of: Some(of), .. } | Self::Unfinished { of: Some(of), .. } => {
                format!("a body of {of} bytes, as Content-Length says")
            }
            Self::Cut { in_head: true, .. } => "a whole head, then a body".to_owned(),
            Self::Cut { .. } | Self::Unfinished { .. } => "a body that ends".to_owned(),
            Self::Silent { within } => format!("an answer within {}", seconds(*within)),
            Self::Surplus { promised: 0, .. } => "no body".to_owned(),
            Self::Surplus { promised, .. } => {
                format!("a body of {promised} bytes, as the head of the answer says")
            }
            Self::TooLarge { limit } => format!("a body of at most {}", mebibytes(*limit)),
            Self::Exhausted { allowed, .. } => {
                format!("all answers within {}", seconds(*allowed))
            }
        }
    }

    fn actual(&self) -> String {
        let how = |reset: bool| if reset { "was reset" } else { "closed" };
        match self {
            Self::Refused => "connection refused".to_owned(),
            Self::NotAccepted { within } => format!("none within {}", seconds(*within)),
            Self::NoAnswer { reset } => format!("the connection {} without one", how(*reset)),
            Self::Cut {
                reset,
                got,
                of: Some(of),
                ..
            } => {
                format!("the connection {} after {got} of {of} bytes", how(*reset))
            }
            Self::Cut {
                reset,
                got,
                of: None,
                in_head,
            } => {
                let part = if *in_head { "head" } else { "body" };
                format!(
                    "the connection {} after {got} bytes of the {part}",
                    how(*reset)
                )
            }
            Self::Silent { within } => format!("no answer within {}", seconds(*within)),
            Self::Unfinished {
                within,
                got,
                of: Some(of),
            } => {
                format!("{got} of {of} bytes within {}", seconds(*within))
            }
            Self::Unfinished {
                within,
                got,
                of: None,
            } => {
                format!("{got} bytes and no end within {}", seconds(*within))
            }
            Self::Surplus { promised, extra } => format!("{} bytes", promised + extra),
            Self::TooLarge { limit } => {
                format!("more than {}; the bench stopped reading", mebibytes(*limit))
            }
            Self::Malformed { why } => why.clone(),
            Self::Exhausted { requests, took, .. } => {
                format!("{requests} requests took {}", seconds(*took))
            }
        }
    }
}

/// Seconds with what is worth telling of their fraction: `5 s`, `0.3 s`.
pub(super) fn seconds(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    if tenths.is_multiple_of(10) {
        format!("{} s", tenths / 10)
    } else {
        format!("{}.{} s", tenths / 10, tenths % 10)
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        match *error.0 {
            Inner::Program {
                trouble,
                label,
                mut exchange,
                unsent,
                reproduce,
            } => {
                if exchange.request.is_empty() {
                    exchange.request = unsent;
                }
                Mismatch::new(
                    trouble.summary(&label),
                    trouble.expected(),
                    trouble.actual(),
                )
                .with(Evidence::Exchange(*exchange))
                .reproduce(reproduce)
                .into()
            }
            Inner::Bench(error) => Self::Bench(error),
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::Program { trouble, label, .. } => f.write_str(&trouble.summary(label)),
            Inner::Bench(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HttpError {}
