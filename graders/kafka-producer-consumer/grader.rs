//! Fills to positions over Kafka: every fill changes a position exactly once, whatever crashes.

use mastery_kit::{bench::Grader, check};

mod book;
mod committing;
mod consuming;
mod crashing;
mod desk;
mod membership;
mod outages;
mod parking;
mod poison;
mod publishing;
mod refusing;
mod settled;
mod topic;

use committing::{
    committed_fill_is_published_whatever_was_answered, rolled_back_fill_is_never_published,
};
use consuming::{duplicates_change_nothing, offset_never_ahead_of_effects};
use crashing::{survives_a_crash_after_the_commit, survives_a_crash_before_the_commit};
use membership::{frozen_member_changes_nothing, leaves_politely, rebalance_loses_nothing};
use outages::{
    accepts_fills_while_the_broker_is_away, lost_ack_makes_no_second_event,
    outbox_drains_when_the_broker_returns, survives_a_crash_before_the_publish,
};
use parking::poison_is_parked_as_it_came;
use poison::{
    events_behind_poison_are_applied, newer_events_are_applied, transient_failure_is_not_poison,
    unknown_events_are_ignored,
};
use publishing::{
    account_seq_is_dense_in_topic_order, events_follow_the_contract, fills_become_positions,
    traceparent_is_carried,
};
use refusing::{
    invalid_fill_is_refused_and_stores_nothing, other_body_under_one_id_is_refused,
    repeated_post_makes_no_second_event,
};

use crate::streaming::fills;

pub(crate) const GRADER: Grader = Grader {
    lab: "kafka-producer-consumer",
    checks: &[
        check!(fills_become_positions, 60),
        check!(events_follow_the_contract, 40),
        check!(account_seq_is_dense_in_topic_order, 40),
        check!(repeated_post_makes_no_second_event, 60),
        check!(other_body_under_one_id_is_refused, 60),
        check!(invalid_fill_is_refused_and_stores_nothing, 60),
        check!(traceparent_is_carried, 40),
        check!(duplicates_change_nothing, 60, needs: [fills_become_positions]),
        check!(survives_a_crash_after_the_commit, 90, needs: [duplicates_change_nothing]),
        check!(survives_a_crash_before_the_commit, 90, needs: [duplicates_change_nothing]),
        check!(offset_never_ahead_of_effects, 90, needs: [duplicates_change_nothing]),
        check!(lost_ack_makes_no_second_event, 120, needs: [events_follow_the_contract]),
        check!(accepts_fills_while_the_broker_is_away, 90, needs: [events_follow_the_contract]),
        check!(
            outbox_drains_when_the_broker_returns, 90,
            needs: [accepts_fills_while_the_broker_is_away]
        ),
        check!(rolled_back_fill_is_never_published, 90, needs: [repeated_post_makes_no_second_event]),
        check!(
            committed_fill_is_published_whatever_was_answered, 90,
            needs: [repeated_post_makes_no_second_event]
        ),
        check!(survives_a_crash_before_the_publish, 90, needs: [events_follow_the_contract]),
        check!(rebalance_loses_nothing, 90, needs: [duplicates_change_nothing]),
        check!(frozen_member_changes_nothing, 90, needs: [duplicates_change_nothing]),
        check!(poison_is_parked_as_it_came, 60, needs: [fills_become_positions]),
        check!(events_behind_poison_are_applied, 60, needs: [poison_is_parked_as_it_came]),
        check!(transient_failure_is_not_poison, 120, needs: [duplicates_change_nothing]),
        check!(unknown_events_are_ignored, 60, needs: [fills_become_positions]),
        check!(newer_events_are_applied, 60, needs: [fills_become_positions]),
        check!(leaves_politely, 90, needs: [fills_become_positions]),
    ],
};
