//! When what is read of one direction arrives: computed, so that no clock is needed to test it.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::Flow;
use crate::random::Random;

/// Bytes that are written together, and when; `None` is at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    pub(super) at: Option<Instant>,
}

/// The pieces of one direction of one connection.
pub(super) struct Schedule {
    random: Random,
    /// When the last byte so far has been put on the line.
    free: Option<Instant>,
    /// When the last piece so far arrives.
    last: Option<Instant>,
}

impl Schedule {
    pub(super) fn new(random: Random) -> Self {
        Self {
            random,
            free: None,
            last: None,
        }
    }

    /// The pieces of what was read now. The end of the stream is an empty one, and as late.
    pub(super) fn pieces(&mut self, now: Instant, mut bytes: Bytes, flow: &Flow) -> Vec<Piece> {
        let most = flow.slices.map_or(usize::MAX, |slices| slices.most.get());
        let mut pieces = Vec::new();
        loop {
            let head = bytes.split_to(bytes.len().min(most));
            let at = self.due(now, head.len(), flow);
            pieces.push(Piece { bytes: head, at });
            if bytes.is_empty() {
                return pieces;
            }
            let pause = flow.slices.map_or(Duration::ZERO, |slices| slices.pause);
            self.free = Some(self.free.map_or(now, |free| free.max(now)) + pause);
        }
    }

    fn due(&mut self, now: Instant, bytes: usize, flow: &Flow) -> Option<Instant> {
        let begins = self.free.map_or(now, |free| free.max(now));
        let sent = begins + on_the_line(bytes, flow);
        self.free = Some(sent);
        let jitter = match u64::try_from(flow.jitter.as_micros()) {
            Ok(0) => Duration::ZERO,
            most => Duration::from_micros(self.random.between(0, most.unwrap_or(u64::MAX - 1))),
        };
        let due = sent + flow.latency + jitter;
        let due = self.last.map_or(due, |last| last.max(due));
        self.last = Some(due);
        (due > now).then_some(due)
    }
}

/// How long these bytes take to be put on a line of this width.
fn on_the_line(bytes: usize, flow: &Flow) -> Duration {
    let Some(width) = flow.bytes_per_second else {
        return Duration::ZERO;
    };
    let nanos = bytes as u128 * 1_000_000_000 / u128::from(width.get());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU64, NonZeroUsize};

    use super::{super::Slices, *};
    use crate::random::Seed;

    const MS: Duration = Duration::from_millis(1);

    fn schedule(seed: u64) -> Schedule {
        Schedule::new(Random::new(Seed(seed), "a line"))
    }

    /// When pieces of these sizes, read at these milliseconds, arrive.
    fn arrivals(seed: u64, read: &[(u32, usize)], flow: &Flow) -> Vec<Option<u128>> {
        let (mut schedule, begun) = (schedule(seed), Instant::now());
        let pieces = read.iter().flat_map(|(at, size)| {
            let bytes = Bytes::from(vec![0; *size]);
            schedule.pieces(begun + *at * MS, bytes, flow)
        });
        pieces
            .map(|piece| Some((piece.at? - begun).as_micros()))
            .collect()
    }

    #[test]
    fn a_good_line_needs_no_timer() {
        let there = arrivals(1, &[(0, 100), (1, 1 << 20)], &Flow::default());
        assert_eq!(there, [None, None]);
    }

    #[test]
    fn latency_is_paid_once_by_what_is_under_way_together() {
        let flow = Flow {
            latency: 50 * MS,
            ..Flow::default()
        };
        let there = arrivals(1, &[(0, 10), (3, 10)], &flow);
        assert_eq!(there, [Some(50_000), Some(53_000)]);
    }

    #[test]
    fn jitter_is_the_seeds_and_no_piece_overtakes_another() {
        let flow = Flow {
            latency: 10 * MS,
            jitter: 20 * MS,
            ..Flow::default()
        };
        let read: Vec<_> = (0..40).map(|at| (at, 1)).collect();
        let there = arrivals(7, &read, &flow);
        assert_eq!(there, arrivals(7, &read, &flow));
        assert_ne!(there, arrivals(8, &read, &flow));
        assert!(there.is_sorted(), "{there:?}");
        for ((at, _), there) in read.iter().zip(&there) {
            let took = there.unwrap() - u128::from(*at) * 1000;
            assert!((10_000..=30_000).contains(&took), "{took} µs");
        }
    }

    #[test]
    fn a_narrow_line_takes_a_second_for_what_passes_in_one() {
        let flow = Flow {
            bytes_per_second: NonZeroU64::new(10_000),
            latency: 5 * MS,
            ..Flow::default()
        };
        let there = arrivals(1, &[(0, 4_000), (0, 6_000), (2_000, 10)], &flow);
        assert_eq!(there, [Some(405_000), Some(1_005_000), Some(2_006_000)]);
    }

    #[test]
    fn slices_are_at_most_that_long_and_lose_nothing() {
        let flow = Flow {
            slices: Some(Slices {
                most: NonZeroUsize::new(3).unwrap(),
                pause: 2 * MS,
            }),
            ..Flow::default()
        };
        let begun = Instant::now();
        let pieces = schedule(1).pieces(begun, Bytes::from_static(b"12345678"), &flow);
        let told: Vec<_> = pieces
            .iter()
            .map(|piece| (&piece.bytes[..], piece.at.map(|at| at - begun)))
            .collect();
        let (second, third) = (Some(2 * MS), Some(4 * MS));
        assert_eq!(
            told,
            [(&b"123"[..], None), (b"456", second), (b"78", third)]
        );
    }

    #[test]
    fn the_end_of_a_stream_is_as_late_as_its_bytes() {
        let flow = Flow {
            latency: 50 * MS,
            ..Flow::default()
        };
        assert_eq!(arrivals(1, &[(1, 0)], &flow), [Some(51_000)]);
    }
}
