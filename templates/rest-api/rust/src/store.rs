//! Orders, kept in memory. The store knows of no version: each version is a view of it.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::{Duration, SystemTime},
};

/// One order. Who was given one sees no later change.
#[derive(Clone)]
pub struct Order {
    pub id: String,
    pub created_at: SystemTime,
    pub status: Status,
    pub draft: Draft,
}

/// What an order is made of.
#[derive(Clone)]
pub struct Draft {
    pub account_id: String,
    pub symbol: String,
    pub side: Side,
    // TODO(rest-api.1): keep exact decimals. v2 sends "1234567890.12345678", which no f64 can hold.
    pub quantity: u64,
    pub price: f64,
}

#[derive(Clone, Copy)]
pub enum Side {
    Buy,
    Sell,
}

// TODO(rest-api.2): the other statuses of v2.
#[derive(Clone, Copy)]
pub enum Status {
    New,
}

/// All orders of all accounts.
#[derive(Default)]
pub struct Store(RwLock<Orders>);

#[derive(Default)]
struct Orders {
    by_id: HashMap<String, Order>,
    of_account: HashMap<String, Vec<String>>,
}

impl Store {
    /// Keeps a new order and gives it its id, status and time.
    pub fn add(&self, draft: Draft) -> Order {
        let id = format!("{:032x}", fastrand::u128(..));
        let mut orders = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let order = Order { id: id.clone(), created_at: now(), status: Status::New, draft };
        orders.of_account.entry(order.draft.account_id.clone()).or_default().push(id.clone());
        orders.by_id.insert(id, order.clone());
        order
    }

    pub fn get(&self, id: &str) -> Option<Order> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }

    /// The account's orders, ascending by (created_at, id).
    pub fn of_account(&self, account_id: &str) -> Vec<Order> {
        let orders = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let ids = orders.of_account.get(account_id).into_iter().flatten();
        let mut found: Vec<Order> = ids.map(|id| orders.by_id[id].clone()).collect();
        found.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        found
    }
}

/// As precise as it is shown.
fn now() -> SystemTime {
    let passed = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::new(passed.as_secs(), passed.subsec_micros() * 1000)
}
