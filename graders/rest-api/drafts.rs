//! Orders before they are made: what a client of each version sends.

use mastery_kit::random::Random;
use serde_json::{Value, json};

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
