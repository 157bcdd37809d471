//! Fills before they are sent, and the events they become.

use mastery_kit::{probe::kafka::partition_of, random::Random};
use serde_json::{Value, json};

use super::ground::PARTITIONS;

/// Hundred-millionths: what quantities and prices are counted in.
pub(crate) const ONE: i128 = 100_000_000;

/// A fill as the gateway is told it.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub(crate) event_id: String,
    pub(crate) order_id: String,
    pub(crate) account: String,
    pub(crate) symbol: String,
    pub(crate) is_buy: bool,
    /// In hundred-millionths.
    pub(crate) quantity: i128,
    /// In hundred-millionths.
    pub(crate) price: i128,
    pub(crate) client_order_id: Option<String>,
}

/// An event of the topic: a fill with its number among those of its account.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) fill: Fill,
    pub(crate) seq: i64,
    pub(crate) occurred_at: String,
}

/// Draws fills of a few accounts and instruments, so that positions grow, shrink and cross zero.
pub(crate) struct Market {
    accounts: Vec<String>,
    symbols: Vec<(String, i128)>,
    drawn: u64,
    prefix: String,
}

impl Market {
    /// A market of so many accounts and instruments. No two markets of a check share an account: the
    /// last digit is the market's.
    pub(crate) fn draw(random: &mut Random, market: u64, accounts: usize, symbols: usize) -> Self {
        let mut names: Vec<String> = Vec::new();
        while names.len() < accounts {
            let name = format!("ACC-{:05}{}", random.below(100_000), market % 10);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut instruments: Vec<(String, i128)> = Vec::new();
        while instruments.len() < symbols {
            let symbol = random.symbol();
            if instruments.iter().all(|(other, _)| *other != symbol) {
                // A tick of a cent, prices between 10 and 900.
                let cents = i128::from(random.between(1_000, 90_000));
                instruments.push((symbol, cents * (ONE / 100)));
            }
        }
        Self {
            accounts: names,
            symbols: instruments,
            drawn: 0,
            prefix: random.word(8),
        }
    }

    /// The accounts, in the order in which they were drawn.
    pub(crate) fn accounts(&self) -> &[String] {
        &self.accounts
    }

    /// The next fill, of any account.
    pub(crate) fn fill(&mut self, random: &mut Random) -> Fill {
        let account = random.pick(&self.accounts).clone();
        self.fill_of(random, &account)
    }

    /// The next fill, of this account.
    pub(crate) fn fill_of(&mut self, random: &mut Random, account: &str) -> Fill {
        self.drawn += 1;
        let place = usize::try_from(random.below(self.symbols.len() as u64)).unwrap_or(0);
        let (symbol, price) = &mut self.symbols[place];
        // A walk on ticks that never comes near zero.
        let step = (i128::from(random.below(401)) - 200) * (ONE / 100);
        *price = (*price + step).max(ONE);
        let quantity = match random.below(8) {
            // Eighteen digits, which a double does not keep …
            0 => i128::from(random.between(100_000_000_000_000_000, 900_000_000_000_000_000)),
            // … and such as it does not keep beside the price's.
            1 | 2 => i128::from(random.between(1, 9_999_999_999)) + ONE,
            _ => i128::from(random.between(1, 500)) * ONE,
        };
        let fine = if random.one_in(3) {
            i128::from(random.below(1_000_000))
        } else {
            0
        };
        Fill {
            event_id: format!("{}-{:05}", self.prefix, self.drawn),
            order_id: format!("o-{}", random.word(10)),
            account: account.to_owned(),
            symbol: symbol.clone(),
            is_buy: random.one_in(2),
            quantity,
            price: *price + fine,
            client_order_id: random.one_in(2).then(|| format!("c-{}", random.word(8))),
        }
    }

    /// So many fills, of all accounts.
    pub(crate) fn fills(&mut self, random: &mut Random, count: usize) -> Vec<Fill> {
        (0..count).map(|_| self.fill(random)).collect()
    }
}

impl Fill {
    /// `buy` or `sell`.
    pub(crate) fn side(&self) -> &'static str {
        if self.is_buy { "buy" } else { "sell" }
    }

    /// The body of `POST /fills`.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "event_id": self.event_id,
            "order_id": self.order_id,
            "account_id": self.account,
            "symbol": self.symbol,
            "side": self.side(),
            "quantity": decimal(self.quantity),
            "price": decimal(self.price),
        });
        if let Some(id) = &self.client_order_id {
            body["client_order_id"] = json!(id);
        }
        body
    }
}

impl Event {
    /// The record's value as a gateway of the platform would write it.
    pub(crate) fn envelope(&self) -> Value {
        let fill = &self.fill;
        let mut data = json!({
            "symbol": fill.symbol,
            "side": fill.side(),
            "quantity": decimal(fill.quantity),
            "price": decimal(fill.price),
        });
        if let Some(id) = &fill.client_order_id {
            data["client_order_id"] = json!(id);
        }
        json!({
            "event_id": fill.event_id,
            "event_type": "order.filled",
            "schema_version": 1,
            "order_id": fill.order_id,
            "account_id": fill.account,
            "account_seq": self.seq,
            "occurred_at": self.occurred_at,
            "data": data,
        })
    }
}

/// Numbers the fills of each account from 1, in their order.
pub(crate) fn numbered(random: &mut Random, fills: &[Fill]) -> Vec<Event> {
    let mut next = std::collections::BTreeMap::<&str, i64>::new();
    let mut events = Vec::with_capacity(fills.len());
    for fill in fills {
        let seq = next.entry(&fill.account).or_default();
        *seq += 1;
        events.push(Event {
            fill: fill.clone(),
            seq: *seq,
            occurred_at: instant(random),
        });
    }
    events
}

/// Some moment of a trading day, with milliseconds.
pub(crate) fn instant(random: &mut Random) -> String {
    let (hour, minute) = (random.between(9, 16), random.below(60));
    let (second, ms) = (random.below(60), random.below(1000));
    format!("2026-01-05T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// One event in each partition, of accounts that nothing else of the check uses: behind all that was
/// produced before, so that whoever has dealt with them has taken the rest.
pub(crate) fn one_in_each_partition(
    random: &mut Random,
    is_new: impl Fn(&str) -> bool,
) -> Vec<Event> {
    let mut markers: Vec<Option<Event>> = (0..PARTITIONS).map(|_| None).collect();
    while markers.iter().any(Option::is_none) {
        let mut market = Market::draw(random, 9, 1, 1);
        let account = market.accounts()[0].clone();
        let partition = partition_of(account.as_bytes(), PARTITIONS);
        let slot = usize::try_from(partition).unwrap_or(0);
        if is_new(&account) && markers[slot].is_none() {
            markers[slot] = Some(Event {
                fill: market.fill_of(random, &account),
                seq: 1,
                occurred_at: instant(random),
            });
        }
    }
    markers.into_iter().flatten().collect()
}

/// The quotient, rounded to the nearest, half to even. Both are positive.
pub(crate) fn half_even(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
        std::cmp::Ordering::Greater => quotient + 1,
    }
}

/// Hundred-millionths in the contract's form, without trailing zeros.
pub(crate) fn decimal(units: i128) -> String {
    written(units, 8)
}

/// A number of `scale` fraction digits, without trailing zeros.
pub(crate) fn written(units: i128, scale: u32) -> String {
    let one = 10_i128.pow(scale);
    let (sign, size) = if units < 0 {
        ("-", -units)
    } else {
        ("", units)
    };
    let width = scale as usize;
    let text = format!("{sign}{}.{:0width$}", size / one, size % one);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Reads a number as Postgres writes a `numeric`, exactly; `None` where it has more than `scale`
/// fraction digits that count, or is none.
pub(crate) fn read(text: &str, scale: u32) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > scale as usize {
        return None;
    }
    let width = scale as usize;
    let units: i128 = format!("{whole}{fraction:0<width$}").parse().ok()?;
    Some(if negative { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_and_read_without_a_loss() {
        for (units, text) in [
            (0, "0"),
            (ONE, "1"),
            (-150_000_000, "-1.5"),
            (1, "0.00000001"),
        ] {
            assert_eq!(decimal(units), text);
            assert_eq!(read(text, 8), Some(units));
        }
        assert_eq!(read("10.500000000000", 8), Some(1_050_000_000));
        for none in ["", "-", "1e5", "0.000000001", "NaN", "1.2.3"] {
            assert_eq!(read(none, 8), None, "{none}");
        }
    }

    #[test]
    fn a_half_goes_to_the_even_neighbour() {
        assert_eq!(half_even(5, 2), 2);
        assert_eq!(half_even(7, 2), 4);
        assert_eq!(half_even(8, 3), 3);
        assert_eq!(half_even(7, 3), 2);
    }
}
