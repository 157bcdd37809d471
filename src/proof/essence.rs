//! What of a told text is compared where it tells of real services: which message of how many was the
//! first, and what passed on the wire, is a sample; what happened, the rule and the help are not.

use std::sync::LazyLock;

use regex_lite::Regex;

/// A moment of a timeline: its time, and who did it; or how many are not told.
static MOMENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^ +(?:\[time\]   \S|… [0-9]+ moments?$)"));
/// A record of a topic, and those shown beside it: which, and how many came before the one that is
/// wrong, is a sample.
static RECORDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:partition # offset # key \S+ (?:header \S+ (?:\[traceparent #\]|\S+) )*",
        r"value(?: #,)*\s?)+"
    ))
});
/// Where a timeline is over.
static COMPARED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^ +(?:expected|actual)\b"));
/// Two programs are ready in no order, and two services are there in none.
static READY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^  (?:program .* ready|service .* joined) in "));
/// One of the events of a position or an order, how many are not shown, a finger on a digit, or which of
/// several good answers a call got.
static EVENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^ +(?:seq [0-9]+ (?:buy|sell) |\S+ [0-9]+ more$|\^ differs from here$",
        r"|\S+ · (?:partition [0-9]|through your gateway)",
        r"|(?:20[0124] (?:OK|Created|Accepted|No Content)|409 Conflict)  in \[time\]$)"
    ))
});
/// An instrument where its account is named, or asked for.
static SYMBOL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(\[account\] (?:in )?|symbol = ')[A-Z]{2,6}\b"));
/// An order where it is named: which of several is found first differs.
static ORDER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bevent\s+[0-9a-z]{8}-[0-9]{5}[-a-z]*|\b[Cc]-[0-9A-Za-z]{8,9}\s+of\s+\[account\]")
});
/// What an order is about, and others like it.
static TERMS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r": (?:buy|sell) # at #, commission #\.|\[order\](?:,\s+\[order\])+"));
/// A key that two calls of one order have, and the other: which of them is told of first differs.
static KEY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bkey \S+ (in each of its calls|in call)\b"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"-?[0-9]+(?:\.[0-9]+)?"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours is well formed")
}

/// The text without its sample: two runs on one seed have the same.
pub(super) fn essence(text: &str) -> String {
    let mut kept = Vec::new();
    let mut within_timeline = false;
    for line in positions_left_out(text) {
        within_timeline |= MOMENT.is_match(line);
        within_timeline &= !COMPARED.is_match(line);
        if !within_timeline && !EVENT.is_match(line) && !READY.is_match(line) {
            kept.push(line);
        }
    }
    let text = SYMBOL
        .replace_all(&kept.join("\n"), "$1[symbol]")
        .into_owned();
    let text = ORDER.replace_all(&text, "[order]").into_owned();
    let text = KEY.replace_all(&text, "key [key] $1").into_owned();
    let text = NUMBER.replace_all(&text, "#").into_owned();
    // The same is told on every backend.
    let text = text.replace("(docker)", "(native)");
    // Where lines break depends on what is left out; the members of a record are the program's.
    let words = text.split_whitespace();
    let words = words.filter(|word| !word.contains(['"', '{', '}']));
    let text = words.collect::<Vec<_>>().join(" ");
    let text = RECORDS.replace_all(&text, "[records] ").into_owned();
    TERMS.replace_all(&text, "[orders]").into_owned()
}

/// Where the texts first differ once their samples are out: a few words of each from there on.
pub(super) fn parting(before: &str, told: &str) -> (String, String) {
    let (before, told) = (essence(before), essence(told));
    let (old, new): (Vec<&str>, Vec<&str>) = (
        before.split_whitespace().collect(),
        told.split_whitespace().collect(),
    );
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(4);
    let few = |words: &[&str]| {
        words[from..]
            .iter()
            .take(16)
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    };
    (few(&old), few(&new))
}

/// Two positions that are compared are cut where they differ first: what is left of them is a sample.
fn positions_left_out(text: &str) -> Vec<&str> {
    let mut kept: Vec<&str> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(side) = ["      expected", "      actual"]
            .into_iter()
            .find(|side| line.starts_with(side))
        else {
            kept.push(line);
            continue;
        };
        let mut whole = vec![line];
        while let Some(more) = lines.next_if(|more| more.starts_with("          ")) {
            whole.push(more);
        }
        if whole.iter().any(|line| line.contains("realized_pnl")) {
            kept.extend([side, "[position]"]);
        } else {
            kept.extend(whole);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "\
  The position of [account] in QXVB is not what its events make it.

  The events of [account] QXVB, in their order:
  seq 3 buy 10 at 101.25 · partition 2 offset 17 · k2f-00003
     [time]   positions  commits offset 22 of partition 5
                         and waits
      expected  qty 15 · avg_price 100.3 · realized_pnl 0 · last_seq 3
      actual    qty 25 · avg_price 100.3 · realized_pnl 0 · last_seq 3
  The contract: once
";

    #[test]
    fn numbers_and_moments_may_differ_and_words_may_not() {
        let other = ONE
            .replace("QXVB", "ABC")
            .replace("seq 3 buy", "seq 4 sell")
            .replace(
                "offset 22 of partition 5\n",
                "offset 7 of partition 1\n     [time]   gateway  asks\n",
            )
            .replace("qty 25 · avg_price 100.3", "qty 0");
        assert_eq!(essence(ONE), essence(&other));
        assert_ne!(essence(ONE), essence(&ONE.replace("once", "twice")));
        assert_ne!(
            essence(ONE),
            essence(&ONE.replace("is not what", "is what"))
        );
    }

    #[test]
    fn how_many_records_are_shown_is_a_sample() {
        let record = "  partition 0 offset 1\n  key [account]\n  header content-type: application/json\n  \
                      header traceparent: [traceparent 1]\n  value {\"a\": 1, \"b\": 2, \"c\":\n  \"d\"}\n";
        let rest = "   … 14 moments\n     [time]   gateway  asks\n      expected  2\n";
        let one = format!("  5 where 2 is next.\n\n{record}{rest}");
        let two = format!(
            "  3 where 1 is next.\n\n{record}{record}     [time]   gateway  asks\n      expected  1\n"
        );
        assert_eq!(essence(&one), essence(&two));
        assert_ne!(essence(&one), essence(&one.replace(record, "")));
    }

    #[test]
    fn which_order_is_told_of_is_a_sample() {
        let one = "\
  The order c-49pnyk01 of [account] is booked outside 2 times.

  The order c-49pnyk01 of [account]: sell 82 at 52.49, commission 2.15209. Its events:
  u45qb9rc-00002 · partition 1 offset 0
  r-dufh28m7nlyz · partition 1 offset 4
  204 No Content  in [time]
";
        let other = "\
  The order event u45qb9rc-00007 is booked outside 3 times.

  The order event u45qb9rc-00007: buy 8 at 2.49, commission 0.1. Its
  events:
  u45qb9rc-00007 · through your gateway
  409 Conflict  in [time]
";
        assert_eq!(essence(one), essence(other));
        assert_ne!(essence(one), essence(&one.replace("booked", "not booked")));
    }

    #[test]
    fn which_of_two_keys_is_told_of_first_is_a_sample() {
        let one = "      expected  key r-4b4sd8upri9w in each of its calls\n      \
                   actual    key r-471tu9biy9os in call 12\n";
        let other = one
            .replace("4b4sd8upri9w", "wt5eg7f9xaxa")
            .replace("12", "9");
        assert_eq!(essence(one), essence(&other));
        assert_ne!(essence(one), essence(&one.replace("in call 12", "in none")));
    }

    #[test]
    fn who_is_ready_first_is_no_difference() {
        let (kafka, postgres) = (
            "  service  kafka  4.4.0, warm, joined in [time] on 127.0.0.1:[port] (native)\n",
            "  service  postgres  18.1, warm, joined in [time] on 127.0.0.1:[port] (docker)\n",
        );
        let lost = "  service  kafka  lost after [time]\n";
        assert_eq!(
            essence(&format!("{kafka}{postgres}")),
            essence(&format!("{postgres}{kafka}"))
        );
        assert_ne!(essence(kafka), essence(lost));
    }

    #[test]
    fn expected_and_actual_are_compared() {
        assert!(essence(ONE).contains("expected [position] actual [position] The contract"));
        let mut lines: Vec<&str> = ONE.lines().collect();
        let actual = lines
            .iter_mut()
            .find(|line| line.contains("actual"))
            .unwrap();
        *actual = "      actual    no row";
        assert!(
            essence(&lines.join("\n")).contains("expected [position] actual no row The contract")
        );
    }
}
