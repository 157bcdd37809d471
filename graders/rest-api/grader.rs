//! The Orders API: v1 frozen, v2 beside it, over one store.

use mastery_kit::{bench::Grader, check};

mod acts;
mod conditional;
mod decimals;
mod drafts;
mod faults;
mod frozen;
mod idempotency;
mod keys;
mod lifecycle;
mod links;
mod lives;
mod merging;
mod methods;
mod negotiation;
mod openapi;
mod pages;
mod problems;
mod racing;
mod retirement;
mod strict;
mod validation;
mod views;
mod walking;
mod wire;

use conditional::{etag_changes_with_the_order, stale_write_is_refused};
use decimals::decimals_do_not_drift;
use idempotency::{concurrent_same_key_creates_one, same_key_same_body_replays};
use keys::{
    a_key_belongs_to_its_account, missing_key_is_400, refused_requests_leave_the_key_free,
    same_key_other_body_is_422,
};
use lifecycle::v1_never_leaks_new_enum_values;
use lives::{illegal_transitions_are_refused, terminal_orders_stay_as_they_are};
use merging::patch_merges_two_members_alone;
use methods::{head_is_get_without_a_body, unknown_methods_are_405, unknown_paths_are_404};
use negotiation::{
    malformed_json_is_400, other_media_types_are_415, unacceptable_is_406,
    v1_refuses_malformed_json,
};
use openapi::{
    openapi_is_a_document, openapi_lists_every_status, openapi_names_every_operation,
    openapi_retires_v1_alone, openapi_shapes_hold,
};
use pages::v1_lists_page_by_page;
use problems::{
    odd_bodies_are_refused_discreetly, v1_errors_keep_their_form, v2_errors_are_problems,
};
use racing::racing_writes_let_one_win;
use retirement::{
    deprecation_is_a_date, links_lead_to_the_successor, only_v1_is_deprecated,
    sunset_is_not_before_deprecation, v1_is_deprecated_everywhere,
};
use strict::{v1_ignores_unknown_members, v2_refuses_unknown_members};
use validation::{each_fault_is_pointed_at, every_fault_is_told};
use views::{cancel_is_seen_in_both_views, one_store_two_views, v2_orders_can_be_read_back};
use walking::{forged_page_tokens_are_400, page_size_is_bounded, pages_neither_skip_nor_repeat};
use wire::v1_wire_is_frozen;

/// In the order in which one would build it: v1 as it is, v2 beside it, keys, conditional writes,
/// pages, errors, HTTP's fine print, retirement, the document.
pub(crate) const GRADER: Grader = Grader {
    lab: "rest-api",
    checks: &[
        check!(v1_wire_is_frozen, 20),
        check!(v1_lists_page_by_page, 30),
        check!(v1_ignores_unknown_members, 20),
        check!(v1_refuses_malformed_json, 20),
        check!(v2_orders_can_be_read_back, 20),
        check!(one_store_two_views, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(cancel_is_seen_in_both_views, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(v1_never_leaks_new_enum_values, 20, needs: [v1_lists_page_by_page]),
        check!(terminal_orders_stay_as_they_are, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(illegal_transitions_are_refused, 20, needs: [v2_orders_can_be_read_back]),
        check!(decimals_do_not_drift, 30, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(same_key_same_body_replays, 20, needs: [v2_orders_can_be_read_back]),
        check!(same_key_other_body_is_422, 20, needs: [v2_orders_can_be_read_back]),
        check!(missing_key_is_400, 20, needs: [v2_orders_can_be_read_back]),
        check!(a_key_belongs_to_its_account, 20, needs: [v2_orders_can_be_read_back]),
        check!(refused_requests_leave_the_key_free, 20, needs: [v2_orders_can_be_read_back]),
        check!(concurrent_same_key_creates_one, 30, needs: [v2_orders_can_be_read_back]),
        check!(etag_changes_with_the_order, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(stale_write_is_refused, 20, needs: [v2_orders_can_be_read_back]),
        check!(racing_writes_let_one_win, 30, needs: [v2_orders_can_be_read_back]),
        check!(patch_merges_two_members_alone, 20, needs: [v2_orders_can_be_read_back]),
        check!(pages_neither_skip_nor_repeat, 30, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(forged_page_tokens_are_400, 20, needs: [v2_orders_can_be_read_back]),
        check!(page_size_is_bounded, 30, needs: [v1_lists_page_by_page]),
        check!(v2_errors_are_problems, 20, needs: [v2_orders_can_be_read_back]),
        check!(each_fault_is_pointed_at, 20),
        check!(every_fault_is_told, 20),
        check!(v2_refuses_unknown_members, 20, needs: [v2_orders_can_be_read_back]),
        check!(odd_bodies_are_refused_discreetly, 20, needs: [v2_orders_can_be_read_back]),
        check!(malformed_json_is_400, 20, needs: [v2_orders_can_be_read_back]),
        check!(unknown_paths_are_404, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(unknown_methods_are_405, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(other_media_types_are_415, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(unacceptable_is_406, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(head_is_get_without_a_body, 20, needs: [v1_lists_page_by_page, v2_orders_can_be_read_back]),
        check!(v1_errors_keep_their_form, 20, needs: [v1_lists_page_by_page]),
        check!(v1_is_deprecated_everywhere, 20, needs: [v1_lists_page_by_page]),
        check!(deprecation_is_a_date, 20, needs: [v1_is_deprecated_everywhere]),
        check!(sunset_is_not_before_deprecation, 20, needs: [v1_is_deprecated_everywhere]),
        check!(links_lead_to_the_successor, 20, needs: [v1_is_deprecated_everywhere]),
        check!(only_v1_is_deprecated, 20, needs: [v2_orders_can_be_read_back, v1_is_deprecated_everywhere]),
        check!(openapi_is_a_document, 20),
        check!(openapi_names_every_operation, 20, needs: [openapi_is_a_document]),
        check!(openapi_retires_v1_alone, 20, needs: [openapi_is_a_document]),
        check!(openapi_lists_every_status, 20, needs: [v1_lists_page_by_page, openapi_is_a_document]),
        check!(openapi_shapes_hold, 20, needs: [v1_lists_page_by_page, openapi_is_a_document]),
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
        assert_eq!(before.len(), 46);
    }
}
