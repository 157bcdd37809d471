//! Waiting for a condition: never a bare sleep, never without a limit, never without a reason.

use std::{fmt, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval};

/// What one look found.
pub enum Look<T, E> {
    /// The condition holds.
    Ready(T),
    /// Not yet, because of this; kept for the error.
    NotYet(String),
    /// It never will; waiting ends at once.
    Never(E),
}

/// Why waiting ended without the condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitError<E> {
    /// The limit was reached; what the last look saw.
    TooLong {
        waited: Duration,
        last_seen: Option<String>,
    },
    /// A look said it never will.
    Never(E),
}

impl<E: fmt::Display> fmt::Display for WaitError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong {
                waited,
                last_seen: Some(seen),
            } => {
                write!(f, "not within {} ms: {seen}", waited.as_millis())
            }
            Self::TooLong {
                waited,
                last_seen: None,
            } => {
                write!(f, "not within {} ms", waited.as_millis())
            }
            Self::Never(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error> std::error::Error for WaitError<E> {}

/// How often a condition is looked at: short enough that nobody notices, long enough to cost nothing.
const STEP: Duration = Duration::from_millis(5);

/// Looks until the condition holds, never will, or the limit is over (one look is always made).
///
/// A look that itself takes longer than what is left is cut off at the limit.
pub async fn until<T, E, F, Fut>(limit: Duration, mut look: F) -> Result<T, WaitError<E>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Look<T, E>>,
{
    let begun = Instant::now();
    let mut last_seen = None;
    let mut steps = interval(STEP);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let too_long = |last_seen| {
        Err(WaitError::TooLong {
            waited: begun.elapsed(),
            last_seen,
        })
    };
    loop {
        steps.tick().await;
        let left = limit.saturating_sub(begun.elapsed()).max(STEP);
        match tokio::time::timeout(left, look()).await {
            Ok(Look::Ready(value)) => return Ok(value),
            Ok(Look::Never(error)) => return Err(WaitError::Never(error)),
            Ok(Look::NotYet(why)) => last_seen = Some(why),
            Err(_) => return too_long(last_seen),
        }
        if begun.elapsed() >= limit {
            return too_long(last_seen);
        }
    }
}

/// Waits for all of these side by side; the first failure ends the wait.
pub async fn all<T, E>(
    futures: impl IntoIterator<Item = impl Future<Output = Result<T, E>>>,
) -> Result<Vec<T>, E> {
    futures_util::future::try_join_all(futures).await
}

/// Waits for both side by side, whatever becomes of either.
pub async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    tokio::join!(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn waiting_ends_when_the_condition_holds() {
        let mut looks = 0;
        let found = run(until::<_, String, _, _>(Duration::from_secs(5), || {
            looks += 1;
            let seen = looks;
            async move {
                if seen == 3 {
                    Look::Ready(seen)
                } else {
                    Look::NotYet(format!("look {seen}"))
                }
            }
        }));
        assert_eq!(found, Ok(3));
    }

    #[test]
    fn a_limit_that_is_over_names_what_was_seen_last() {
        let found = run(until::<(), String, _, _>(
            Duration::from_millis(20),
            || async { Look::NotYet("offset 3 of 7".into()) },
        ));
        assert!(
            matches!(&found, Err(WaitError::TooLong { last_seen: Some(seen), .. }) if seen == "offset 3 of 7"),
            "{found:?}"
        );
    }

    #[test]
    fn never_ends_the_wait_at_once() {
        let found = run(until::<(), String, _, _>(
            Duration::from_hours(1),
            || async { Look::Never("exited".into()) },
        ));
        assert_eq!(found, Err(WaitError::Never("exited".into())));
    }

    #[test]
    fn a_look_that_hangs_is_cut_off_at_the_limit() {
        let found = run(until::<(), String, _, _>(
            Duration::from_millis(20),
            std::future::pending,
        ));
        assert!(matches!(found, Err(WaitError::TooLong { .. })), "{found:?}");
    }
}
