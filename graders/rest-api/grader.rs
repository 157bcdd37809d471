//! The Orders API: v1 frozen, v2 beside it, over one store.

use mastery_kit::bench::Grader;

pub(crate) const GRADER: Grader = Grader {
    lab: "rest-api",
    checks: &[],
};
