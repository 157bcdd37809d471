//! How a run is told to end early: once to wind down, twice to kill.

use tokio::sync::watch;

/// How much of a hurry there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Go on.
    #[default]
    Run,
    /// End the check, let the programs end within their grace.
    WindDown,
    /// Kill everything now.
    Kill,
}

/// The side that says stop: the dispatcher's, on signals.
#[derive(Debug)]
pub struct StopSender(watch::Sender<StopLevel>);

/// The side that is told: the executor's.
#[derive(Clone, Debug)]
pub struct StopWatch(watch::Receiver<StopLevel>);

/// The two sides of one run's stop.
pub fn channel() -> (StopSender, StopWatch) {
    let (sender, receiver) = watch::channel(StopLevel::Run);
    (StopSender(sender), StopWatch(receiver))
}

impl StopSender {
    /// Raises the hurry by one step and returns what it is now.
    pub fn raise(&self) -> StopLevel {
        self.0.send_modify(|level| {
            *level = match level {
                StopLevel::Run => StopLevel::WindDown,
                StopLevel::WindDown | StopLevel::Kill => StopLevel::Kill,
            };
        });
        *self.0.borrow()
    }
}

impl StopWatch {
    /// The hurry as it is now.
    pub fn level(&self) -> StopLevel {
        *self.0.borrow()
    }

    /// Returns once the hurry is at least `level`. Never, when nobody can raise it any more.
    pub async fn at_least(&mut self, level: StopLevel) {
        if self.0.wait_for(|now| *now >= level).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stop_winds_down_and_the_second_kills() {
        let (sender, watch) = channel();
        assert_eq!(watch.level(), StopLevel::Run);
        assert_eq!(sender.raise(), StopLevel::WindDown);
        assert_eq!(sender.raise(), StopLevel::Kill);
        assert_eq!(sender.raise(), StopLevel::Kill);
        assert_eq!(watch.level(), StopLevel::Kill);
    }
}
