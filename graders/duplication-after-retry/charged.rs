//! The learner's two views.

use mastery_kit::verdict::{Failure, Mismatch};

use super::{
    desk::Desk,
    fills::{Fill, read},
    orders::{identity, identity_of},
};

/// A row of `v_charges`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) identity: String,
    pub(crate) event_id: String,
    /// As Postgres writes it.
    amount: String,
}

impl Row {
    /// Whether it is the row of this order, whichever of its events it names.
    pub(crate) fn is_of(&self, fill: &Fill) -> bool {
        self.identity == identity_of(fill)
    }

    /// In hundred-millionths; `None` where it has more places, or is none.
    pub(crate) fn amount(&self) -> Option<i128> {
        read(&self.amount, 8)
    }

    /// The amount as it is written there.
    pub(crate) fn shown(&self) -> &str {
        &self.amount
    }
}

/// All rows of `v_charges`.
pub(crate) async fn rows(desk: &Desk) -> Result<Vec<Row>, Failure> {
    let query = "SELECT account_id, client_order_id, event_id, amount FROM v_charges";
    let rows = desk.rows(query).await?;
    let rows = rows.iter().map(|row| {
        let text = |name: &str| row.get(name).unwrap_or("NULL").to_owned();
        let (account, event_id) = (text("account_id"), text("event_id"));
        Row {
            identity: identity(&account, row.get("client_order_id"), &event_id),
            event_id,
            amount: text("amount"),
        }
    });
    Ok(rows.collect())
}

/// What `v_dedupe` says.
pub(crate) async fn kept(desk: &Desk) -> Result<usize, Failure> {
    let query = "SELECT rows FROM v_dedupe";
    let rows = desk.rows(query).await?;
    let number = match rows.as_slice() {
        [row] => row.get("rows").and_then(|rows| rows.parse().ok()),
        _ => None,
    };
    number.ok_or_else(|| {
        let first = rows.first().and_then(|row| row.get("rows"));
        let actual = format!("{} rows, the first {}", rows.len(), first.unwrap_or("NULL"));
        let wrong = Mismatch::new(
            "v_dedupe does not say how many rows you keep.",
            "one row with a whole number in the column `rows`",
            actual,
        );
        wrong.reproduce(desk.world.psql(query)).into()
    })
}
