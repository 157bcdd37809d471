//! What positions must be: average cost, exact decimals, half to even at eight places.

use std::{collections::BTreeMap, fmt};

use super::fills::{Event, decimal, half_even, written};

/// A position as the contract's arithmetic makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// In hundred-millionths; negative is short.
    pub(crate) qty: i128,
    /// In hundred-millionths; nothing where flat.
    pub(crate) avg: i128,
    /// With sixteen fraction digits.
    pub(crate) realized: i128,
    pub(crate) last_seq: i64,
}

/// All positions, by account and symbol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Book(pub(crate) BTreeMap<(String, String), Position>);

impl Book {
    /// What these events make, in this order.
    pub(crate) fn of<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut book = Self::default();
        for event in events {
            book.apply(event);
        }
        book
    }

    /// Applies one event.
    pub(crate) fn apply(&mut self, event: &Event) {
        let fill = &event.fill;
        let key = (fill.account.clone(), fill.symbol.clone());
        let position = self.0.entry(key).or_default();
        position.take(fill.is_buy, fill.quantity, fill.price);
        position.last_seq = position.last_seq.max(event.seq);
    }
}

impl Position {
    fn take(&mut self, is_buy: bool, quantity: i128, price: i128) {
        let signed = if is_buy { quantity } else { -quantity };
        let held = self.qty.abs();
        if self.qty == 0 || (self.qty > 0) == is_buy {
            self.avg = half_even(held * self.avg + quantity * price, held + quantity);
        } else {
            let closed = quantity.min(held);
            let gain = if self.qty > 0 {
                price - self.avg
            } else {
                self.avg - price
            };
            self.realized += gain * closed;
            if quantity > held {
                self.avg = price;
            }
        }
        self.qty += signed;
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "qty {}", decimal(self.qty))?;
        if self.qty != 0 {
            write!(f, " · avg_price {}", decimal(self.avg))?;
        }
        let realized = written(self.realized, 16);
        write!(f, " · realized_pnl {realized} · last_seq {}", self.last_seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka_producer_consumer::fills::ONE;

    fn whole(units: i128) -> i128 {
        units * ONE
    }

    #[test]
    fn the_table_of_the_contract_is_reproduced() {
        let mut position = Position::default();
        let mut seen = Vec::new();
        for (is_buy, quantity, price) in [
            (true, whole(10), whole(100)),
            (true, whole(5), whole(101)),
            (false, whole(20), 10_250_000_000),
            (false, whole(1), whole(100)),
            (true, whole(6), whole(101)),
        ] {
            position.take(is_buy, quantity, price);
            seen.push(position.to_string());
        }
        assert_eq!(
            seen,
            [
                "qty 10 · avg_price 100 · realized_pnl 0 · last_seq 0",
                "qty 15 · avg_price 100.33333333 · realized_pnl 0 · last_seq 0",
                "qty -5 · avg_price 102.5 · realized_pnl 32.50000005 · last_seq 0",
                "qty -6 · avg_price 102.08333333 · realized_pnl 32.50000005 · last_seq 0",
                "qty 0 · realized_pnl 39.00000003 · last_seq 0",
            ]
        );
    }
}
