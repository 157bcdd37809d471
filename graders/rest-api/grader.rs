//! The Orders API: v1 frozen, v2 beside it, over one store.

use mastery_kit::{bench::Grader, check};

mod acts;
mod conditional;
mod decimals;
mod drafts;
mod frozen;
mod idempotency;
mod lifecycle;
mod pages;
mod racing;
mod views;
mod wire;

use conditional::{etag_changes_with_the_order, stale_write_is_refused};
use decimals::decimals_do_not_drift;
use idempotency::{concurrent_same_key_creates_one, same_key_same_body_replays};
use lifecycle::v1_never_leaks_new_enum_values;
use pages::v1_lists_page_by_page;
use racing::racing_writes_let_one_win;
use views::{cancel_is_seen_in_both_views, one_store_two_views, v2_orders_can_be_read_back};
use wire::v1_wire_is_frozen;

pub(crate) const GRADER: Grader = Grader {
    lab: "rest-api",
    checks: &[
        check!(v1_wire_is_frozen, 20),
        check!(v1_lists_page_by_page, 30),
        check!(v2_orders_can_be_read_back, 20),
        check!(one_store_two_views, 20, needs: [v2_orders_can_be_read_back]),
        check!(cancel_is_seen_in_both_views, 20, needs: [v2_orders_can_be_read_back]),
        check!(v1_never_leaks_new_enum_values, 20),
        check!(decimals_do_not_drift, 30, needs: [v2_orders_can_be_read_back]),
        check!(same_key_same_body_replays, 20, needs: [v2_orders_can_be_read_back]),
        check!(concurrent_same_key_creates_one, 30, needs: [v2_orders_can_be_read_back]),
        check!(etag_changes_with_the_order, 20, needs: [v2_orders_can_be_read_back]),
        check!(stale_write_is_refused, 20, needs: [v2_orders_can_be_read_back]),
        check!(racing_writes_let_one_win, 30, needs: [v2_orders_can_be_read_back]),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_name_checks_that_ran_before() {
        let mut before: Vec<&str> = Vec::new();
        for check in GRADER.checks {
            assert!(!before.contains(&check.id), "{} is there twice", check.id);
            assert!(
                check.needs.iter().all(|need| before.contains(need)),
                "{}",
                check.id
            );
            before.push(check.id);
        }
        assert_eq!(before.len(), 12);
    }
}
