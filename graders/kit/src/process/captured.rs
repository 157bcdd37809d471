//! What of a stream is kept in memory: its beginning and its end.

/// Of one stream, from each side.
const HALF: usize = 64 * 1024;

/// A stream's beginning and end, and how much was between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    pub head: Vec<u8>,
    pub dropped: u64,
    pub tail: Vec<u8>,
}

/// Both streams of a program since the last [`super::ProgramHandle::mark`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub stdout: Captured,
    pub stderr: Captured,
}

impl Captured {
    /// The stream as far as it was kept, without a sign of what is missing.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_slice(), &self.tail].concat()
    }

    /// The stream as text that says what was left out; no UTF-8 is replaced.
    pub fn text(&self) -> String {
        if self.dropped == 0 {
            return String::from_utf8_lossy(&self.bytes()).into_owned();
        }
        format!(
            "{}\n{}\n{}",
            String::from_utf8_lossy(&self.head),
            left_out(self.dropped),
            String::from_utf8_lossy(&self.tail)
        )
    }

    /// Whether [`Self::text`] had to replace bytes that are no UTF-8.
    pub fn is_lossy(&self) -> bool {
        if self.dropped == 0 {
            return std::str::from_utf8(&self.bytes()).is_err();
        }
        [&self.head, &self.tail]
            .iter()
            .any(|part| std::str::from_utf8(part).is_err())
    }

    pub(crate) fn push(&mut self, dropped: u64, bytes: &[u8]) {
        let room = HALF.saturating_sub(self.head.len());
        // Once something is missing, what follows belongs to the end.
        let room = if dropped > 0 || self.dropped > 0 || !self.tail.is_empty() {
            0
        } else {
            room
        };
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        if dropped > 0 {
            // The gap stands in one place: what is kept of the end begins behind it.
            self.dropped += dropped + self.tail.len() as u64;
            self.tail.clear();
        }
        self.dropped += push_tail(&mut self.tail, rest, HALF);
    }
}

/// The line that stands where something is missing.
pub(crate) fn left_out(bytes: u64) -> String {
    format!("[… {bytes} bytes left out …]")
}

/// Keeps the last `most` bytes; how many were lost.
pub(crate) fn push_tail(tail: &mut Vec<u8>, bytes: &[u8], most: usize) -> u64 {
    let lost = (tail.len() + bytes.len()).saturating_sub(most);
    let from_tail = lost.min(tail.len());
    tail.drain(..from_tail);
    tail.extend_from_slice(&bytes[lost - from_tail..]);
    lost as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_kept_and_nothing_is_lost_uncounted() {
        let mut kept = Captured::default();
        kept.push(0, &vec![b'a'; HALF + 1]);
        kept.push(5, b"after the gap");
        kept.push(0, &vec![b'z'; HALF]);
        assert_eq!(kept.head.len(), HALF);
        assert_eq!(kept.tail, vec![b'z'; HALF]);
        let all = (HALF + 1 + 5 + 13 + HALF) as u64;
        assert_eq!(
            kept.head.len() as u64 + kept.dropped + kept.tail.len() as u64,
            all
        );
        assert!(kept.text().contains("[… 19 bytes left out …]"));
    }

    #[test]
    fn a_letter_cut_between_head_and_tail_is_no_loss() {
        let mut kept = Captured::default();
        kept.push(0, &vec![b'a'; HALF - 1]);
        kept.push(0, "ä".as_bytes());
        assert!(!kept.is_lossy());
        kept.push(0, &[0xff]);
        assert!(kept.is_lossy());
    }
}
