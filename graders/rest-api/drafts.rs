//! Orders before they are made: what a client of each version sends.

use mastery_kit::{random::Random, verdict::BenchError};
use serde_json::{Value, json};

/// Accounts of one check. Programs start once per run, so no two checks may draw the same: the first
/// digits are the check's, and none is drawn twice.
pub(crate) struct Accounts {
    slot: u64,
    drawn: Vec<u64>,
}

impl Accounts {
    /// The accounts of the check of this id.
    pub(crate) fn of(check: &str) -> Result<Self, BenchError> {
        let checks = crate::rest_api::GRADER.checks;
        let place = checks.iter().position(|other| other.id == check);
        let why = || BenchError::new(format!("The table has no check `{check}`."));
        Ok(Self {
            slot: place.ok_or_else(why)? as u64,
            drawn: Vec::new(),
        })
    }

    /// An account that has no order yet.
    pub(crate) fn draw(&mut self, random: &mut Random) -> String {
        loop {
            let number = random.below(10_000);
            if !self.drawn.contains(&number) {
                self.drawn.push(number);
                return format!("ACC-{:02}{number:04}", self.slot);
            }
        }
    }
}

/// An order as a client of v1 sends it.
pub(crate) struct V1Draft {
    pub(crate) account: String,
    pub(crate) symbol: String,
    pub(crate) side: &'static str,
    pub(crate) qty: i64,
    /// The number as it is written into the body: at most 15 digits, so that it is also the
    /// shortest text of the double it becomes.
    pub(crate) price: String,
}

/// An order as a client of v2 sends it.
#[derive(Clone)]
pub(crate) struct V2Draft {
    pub(crate) account: String,
    pub(crate) symbol: String,
    pub(crate) side: &'static str,
    pub(crate) quantity: String,
    pub(crate) amount: String,
    pub(crate) time_in_force: &'static str,
    pub(crate) client_order_id: Option<String>,
}

impl V1Draft {
    /// A seeded order of this account.
    pub(crate) fn draw(random: &mut Random, account: &str) -> Self {
        Self {
            account: account.to_owned(),
            symbol: random.symbol(),
            side: *random.pick(&["BUY", "SELL"]),
            qty: i64::try_from(random.between(1, 100_000)).unwrap_or(1),
            price: plain_decimal(random),
        }
    }

    /// The body, with the price written as it stands.
    pub(crate) fn body(&self) -> String {
        format!(
            r#"{{"account_id":"{}","symbol":"{}","side":"{}","qty":{},"price":{}}}"#,
            self.account, self.symbol, self.side, self.qty, self.price
        )
    }
}

impl V2Draft {
    /// A seeded order of this account, with decimals that any double holds: what becomes of the
    /// others is the fact of one check alone.
    pub(crate) fn draw(random: &mut Random, account: &str) -> Self {
        Self {
            account: account.to_owned(),
            symbol: random.symbol(),
            side: *random.pick(&["buy", "sell"]),
            quantity: random.between(1, 5000).to_string(),
            amount: plain_decimal(random),
            time_in_force: *random.pick(&["day", "ioc", "gtc"]),
            client_order_id: random.one_in(2).then(|| format!("c-{}", random.word(8))),
        }
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "account_id": self.account,
            "instrument": {"symbol": self.symbol},
            "side": self.side,
            "quantity": self.quantity,
            "limit_price": {"amount": self.amount, "currency": "USD"},
            "time_in_force": self.time_in_force,
        });
        if let Some(id) = &self.client_order_id {
            body["client_order_id"] = json!(id);
        }
        body
    }
}

/// A price as people write them: up to four digits, a point, none to two more.
fn plain_decimal(random: &mut Random) -> String {
    let whole = random.between(1, 9999);
    match random.below(3) {
        0 => whole.to_string(),
        1 => format!("{whole}.{}", random.between(1, 9)),
        _ => format!("{whole}.{:02}", random.between(1, 99)),
    }
}

/// A key that nobody used before.
pub(crate) fn key(random: &mut Random) -> String {
    format!("k-{}", random.word(16))
}

/// An id that looks like `id` and belongs to no order: a program may know its own ids by their form.
pub(crate) fn unknown_like(random: &mut Random, id: &str) -> String {
    if id.bytes().all(|byte| byte.is_ascii_digit()) && id.len() < 15 {
        return format!("{id:9>15}");
    }
    loop {
        let mut characters: Vec<char> = id.chars().collect();
        let last = characters
            .iter_mut()
            .rev()
            .filter(|character| character.is_ascii_alphanumeric())
            .take(8);
        for character in last {
            *character = char::from(*random.pick(b"0123456789"));
        }
        let other: String = characters.into_iter().collect();
        if other != id {
            return other;
        }
    }
}

#[cfg(test)]
mod tests {
    use mastery_kit::{checker::decimal::Decimal, random::Seed};

    use super::*;

    #[test]
    fn an_account_belongs_to_one_check_and_is_drawn_once() {
        let mut random = Random::new(Seed(1), "accounts");
        let mut seen = std::collections::BTreeSet::new();
        for check in crate::rest_api::GRADER.checks {
            let mut accounts = Accounts::of(check.id).expect("a test's own input");
            for _ in 0..100 {
                let account = accounts.draw(&mut random);
                assert_eq!(account.len(), "ACC-000000".len());
                assert!(seen.insert(account));
            }
        }
        assert!(Accounts::of("no_such_check").is_err());
    }

    #[test]
    fn drafts_hold_what_both_views_show_alike() {
        let mut random = Random::new(Seed(2), "drafts");
        for _ in 0..500 {
            let v1 = V1Draft::draw(&mut random, "ACC-000001");
            let body: Value = serde_json::from_str(&v1.body()).expect("a test's own input");
            let shortest = body["price"]
                .as_f64()
                .expect("a test's own input")
                .to_string();
            assert_eq!(Decimal::parse(&shortest), Decimal::parse(&v1.price));
            let v2 = V2Draft::draw(&mut random, "ACC-000001").body();
            assert!(
                Decimal::parse(v2["quantity"].as_str().expect("a test's own input")).is_some(),
                "{v2}"
            );
        }
    }

    #[test]
    fn an_unknown_id_looks_like_a_known_one_and_is_another() {
        let mut random = Random::new(Seed(3), "ids");
        for id in [
            "7",
            "1042",
            "0198c5a2-7d1e-7c3f-9b1a-0f2e4d6c8b0a",
            "4ba445328c0b",
            "Zx_9",
        ] {
            let other = unknown_like(&mut random, id);
            assert_ne!(other, id);
            assert!(other.len() <= 64 && !other.is_empty());
        }
        assert_eq!(unknown_like(&mut random, "7"), "999999999999997");
    }
}
