//! What differs between two runs of the same thing, replaced by placeholders: for snapshots of what
//! learners are told. It is passed in, and by default changes nothing.

use std::{borrow::Cow, sync::LazyLock};

use regex_lite::{Captures, Regex};

use super::words::width;
use crate::grading::event::GradeEvent;

/// Replaces what differs between runs.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    literals: Vec<(String, String)>,
    rules: bool,
}

/// A pattern and what stands for it; `$1` and `$2` are kept.
struct Rule {
    pattern: Regex,
    with: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    [
        (r"(\bpostgres(?:ql)?://[^:@/\s]+:)[^@\s]+@", "$1[password]@"),
        (r"(^|[^0-9a-f])[0-9a-f]{10}[-_][0-9]{2}\b", "$1[check]"),
        (r"(\bkey )[0-9a-f]{32,64}…?", "$1[key]"),
        (r"\bblake3:[0-9a-f]{8,64}\b", "[hash]"),
        (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "[id]"),
        (r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "[id]"),
        (
            r#"("(?:id|order_id|client_order_id)" ?: ?")[^"]*(")"#,
            "$1[id]$2",
        ),
        (r"((?:/v[0-9]+)?/orders/)[^/\s?:'\x22,)]+", "$1[id]"),
        (
            r#"(?i)\b((?:etag|if-match|if-none-match): *)(?:W/)?"[^"]*""#,
            "$1\"[etag]\"",
        ),
        (r#"("next_page_token" ?: ?")[^"]*(")"#, "$1[token]$2"),
        (r"\b(page_token=)[^&\s'\x22]+", "$1[token]"),
        (r"(?i)\b(idempotency-key: *)[^\s'\x22]+", "$1[key]"),
        (
            r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.,]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
            "[date]",
        ),
        (
            r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT",
            "[date]",
        ),
        (
            r"(127\.0\.0\.1|\blocalhost|\[::1\]):[0-9]{2,5}\b",
            "$1:[port]",
        ),
        (r"\b([A-Z_]*PORT=)[0-9]{2,5}\b", "$1[port]"),
        (r"\bport [0-9]{2,5}\b", "port [port]"),
        (r"\b(held )[0-9]+( MiB)\b", "$1[memory]$2"),
        (r"\bpid [0-9]+\b", "pid [pid]"),
        (r"/(?:tmp|var/folders)/[^\s'\x22:,)]+", "[folder]"),
        (r"\bACC-[0-9]{6}\b", "[account]"),
        (r#"("symbol" ?: ?")[A-Z]{2,6}(")"#, "$1[symbol]$2"),
        (
            r#"("(?:amount|quantity)" ?: ?")[0-9.]+(")"#,
            "$1[decimal]$2",
        ),
        (r#"("(?:price|qty)" ?: ?)[-+0-9.eE]+"#, "$1[decimal]"),
        (r"(seed |--seed )[0-9a-f]{16}\b", "$1[seed]"),
        (r"(^|[^.\w])[0-9a-f]{16}\b", "$1[seed]"),
    ]
    .into_iter()
    .map(|(pattern, with)| Rule {
        pattern: Regex::new(pattern).expect("a pattern of ours is well formed"),
        with,
    })
    .collect()
});

/// A time with its unit; blanks in front of it give way, so that a right edge stays where it was.
static TIMES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"( *)(\+?\b[0-9]+(?:\.[0-9]+)? (?:ms|s|min|h)(?: [0-9]+ (?:s|min))?)\b")
        .expect("a pattern of ours is well formed")
});

const TIME: &str = "[time]";

impl Redactor {
    /// Replaces all that is known to differ: seeds, ports, process ids, times, dates, ids, tags,
    /// accounts, symbols, amounts, temporary folders.
    pub fn stable() -> Self {
        Self {
            literals: Vec::new(),
            rules: true,
        }
    }

    /// Replaces this text too, before all rules; of two that fit, the longer one goes first.
    #[must_use]
    pub fn replace(mut self, literal: impl Into<String>, placeholder: impl Into<String>) -> Self {
        let literal = literal.into();
        if !literal.is_empty() {
            self.literals.push((literal, placeholder.into()));
            self.literals
                .sort_by_key(|(literal, _)| std::cmp::Reverse(literal.len()));
        }
        self
    }

    /// The text with its placeholders.
    pub fn text(&self, text: &str) -> String {
        let mut text = self.values(text);
        if self.rules {
            text = TIMES.replace_all(&text, without_moving).into_owned();
        }
        text
    }

    /// The event with placeholders in its words; its own times stay numbers. Done before anything is
    /// laid out, so that no line breaks elsewhere because an id was longer.
    pub fn event<'e>(&self, event: &'e GradeEvent) -> Cow<'e, GradeEvent> {
        if !self.rules && self.literals.is_empty() {
            return Cow::Borrowed(event);
        }
        let redacted = serde_json::to_value(event).and_then(|mut value| {
            self.json(&mut value);
            serde_json::from_value(value)
        });
        redacted.map_or(Cow::Borrowed(event), Cow::Owned)
    }

    fn values(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (literal, placeholder) in &self.literals {
            text = text.replace(literal, placeholder);
        }
        if self.rules {
            for rule in RULES.iter() {
                text = rule.pattern.replace_all(&text, rule.with).into_owned();
            }
        }
        text
    }

    fn json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.values(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            serde_json::Value::Object(members) => {
                members.values_mut().for_each(|member| self.json(member));
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
            }
        }
    }
}

fn without_moving(found: &Captures<'_>) -> String {
    let (blanks, time) = (found[1].len(), width(&found[2]));
    if blanks < 2 {
        return format!("{}{TIME}", &found[1]);
    }
    let kept = (blanks + time).saturating_sub(TIME.len()).max(2);
    format!("{}{TIME}", " ".repeat(kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn by_default_nothing_changes() {
        let text = "seed 7f3a91c204be5d10 in 84 ms on 127.0.0.1:41873";
        assert_eq!(Redactor::default().text(text), text);
        for stamped in sample::tape() {
            assert_eq!(*Redactor::default().event(&stamped.event), stamped.event);
        }
    }

    #[test]
    fn what_differs_is_replaced() {
        let redactor = Redactor::stable().replace("0.3", "[sent]");
        let text = redactor.text(
            "rest-api · seed 7f3a91c204be5d10\n\
             ready in 84 ms on 127.0.0.1:41873\n\
             PORT=41873 pid 4711 /tmp/abc/x 0.3 ACC-204417\n\
             ETag: \"ab12\"\nIdempotency-Key: k17\n\
             {\"id\":\"x1\",\"symbol\":\"QXVB\",\"amount\":\"12.5\",\"qty\":3,\"created_at\":\"2026-01-02T03:04:05.678Z\"}\n\
             GET /v2/orders/01JD?x=1 GET /v2/orders/01JD/cancel",
        );
        insta::assert_snapshot!(text, @r#"
        rest-api · seed [seed]
        ready in [time] on 127.0.0.1:[port]
        PORT=[port] pid [pid] [folder] [sent] [account]
        ETag: "[etag]"
        Idempotency-Key: [key]
        {"id":"[id]","symbol":"[symbol]","amount":"[decimal]","qty":[decimal],"created_at":"[date]"}
        GET /v2/orders/[id]?x=1 GET /v2/orders/[id]/cancel
        "#);
    }

    #[test]
    fn what_belongs_to_one_check_of_one_run_is_replaced() {
        let redactor = Redactor::stable();
        let text = redactor.text(
            "psql 'postgresql://learner:895bcb9172a9a96efdef50d684479b8e@127.0.0.1:4711/check_4312362ad9_00?a=b'\n\
             kcat -t orders.events.v1.dlq.4312362ad9-00 -G group-4312362ad9-00",
        );
        insta::assert_snapshot!(text, @r"
        psql 'postgresql://learner:[password]@127.0.0.1:[port]/check_[check]?a=b'
        kcat -t orders.events.v1.dlq.[check] -G group-[check]
        ");
    }

    #[test]
    fn a_right_edge_stays_where_it_was() {
        let redactor = Redactor::stable();
        let short = redactor.text("  ✓ a          31 ms");
        let long = redactor.text("  ✓ a      1 min 3 s");
        assert_eq!(short, "  ✓ a         [time]");
        assert_eq!(short, long);
        assert_eq!(
            redactor.text("in 1.9 s   build 0 s · start 0.1 s"),
            "in [time]   build [time] · start [time]"
        );
    }

    #[test]
    fn an_event_is_replaced_in_its_words() {
        let redactor = Redactor::stable();
        let event = GradeEvent::Note {
            text: "127.0.0.1:41873".into(),
            check: None,
        };
        let expected = GradeEvent::Note {
            text: "127.0.0.1:[port]".into(),
            check: None,
        };
        assert_eq!(*redactor.event(&event), expected);
    }
}
