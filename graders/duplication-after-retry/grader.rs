//! Commissions over Kafka: each order is charged once, whoever repeats what.

use mastery_kit::{bench::Grader, check};

use crate::streaming::fills;

mod asking;
mod calls;
mod charged;
mod desk;
mod differing;
mod duplicates;
mod orders;
mod outside;
mod parking;
mod racing;
mod retention;
mod settled;
mod sunny;

use asking::{other_amount_under_one_identity_is_refused, retry_gets_the_first_answer};
use calls::{
    confirmed_charge_is_not_called_again, crash_between_call_and_record_charges_once,
    idempotency_key_stays_the_same,
};
use duplicates::{
    look_alikes_are_all_charged, lost_ack_charges_once, redelivered_event_is_charged_once,
    retried_order_is_charged_once,
};
use parking::poison_is_parked;
use racing::racing_duplicates_charge_once;
use retention::{dedupe_store_stays_bounded, exact_within_retention, late_duplicate_is_recognised};
use sunny::{charges_follow_the_fills, events_follow_the_contract};

pub(crate) const GRADER: Grader = Grader {
    lab: "duplication-after-retry",
    checks: &[
        check!(charges_follow_the_fills, 60),
        check!(events_follow_the_contract, 40),
        check!(retried_order_is_charged_once, 60, needs: [charges_follow_the_fills]),
        check!(look_alikes_are_all_charged, 60, needs: [charges_follow_the_fills]),
        check!(redelivered_event_is_charged_once, 90, needs: [charges_follow_the_fills]),
        check!(lost_ack_charges_once, 90, needs: [charges_follow_the_fills]),
        check!(
            late_duplicate_is_recognised, 120,
            needs: [retried_order_is_charged_once],
            env: [("RETENTION_EVENTS", 12_000..=20_000)]
        ),
        check!(racing_duplicates_charge_once, 90, needs: [retried_order_is_charged_once]),
        check!(
            dedupe_store_stays_bounded, 120,
            needs: [retried_order_is_charged_once],
            env: [("RETENTION_EVENTS", 100..=200)]
        ),
        check!(
            exact_within_retention, 120,
            needs: [retried_order_is_charged_once],
            env: [("RETENTION_EVENTS", 100..=200)]
        ),
        check!(retry_gets_the_first_answer, 60),
        check!(other_amount_under_one_identity_is_refused, 60, needs: [retry_gets_the_first_answer]),
        check!(idempotency_key_stays_the_same, 90, needs: [charges_follow_the_fills]),
        check!(confirmed_charge_is_not_called_again, 90, needs: [retried_order_is_charged_once]),
        check!(
            crash_between_call_and_record_charges_once, 120,
            needs: [redelivered_event_is_charged_once]
        ),
        check!(poison_is_parked, 90, needs: [charges_follow_the_fills]),
    ],
};
