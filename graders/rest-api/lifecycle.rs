//! Whatever v2 calls a status, v1 shows one of its four.

use mastery_kit::{bench::Bench, verdict::Outcome};

use crate::rest_api::{
    acts::{Api, expect_equal},
    drafts::{Accounts, V1Draft},
    frozen::{Frozen, V1Status},
};

/// Lives of an order after `new`; together they take every legal transition.
const LIVES: [&[&str]; 13] = [
    &["accepted", "filled"],
    &["accepted", "partially_filled", "filled"],
    &["accepted", "partially_filled", "partially_filled", "filled"],
    &["accepted", "partially_filled", "cancelled"],
    &["accepted", "partially_filled", "expired"],
    &["accepted", "cancelled"],
    &["accepted", "expired"],
    &["accepted", "rejected"],
    &["rejected"],
    &["cancelled"],
    &["expired"],
    &["accepted", "partially_filled"],
    &["accepted"],
];

/// What v1 shows of a status of v2.
fn projected(status: &str) -> V1Status {
    match status {
        "filled" => V1Status::Filled,
        "cancelled" | "expired" => V1Status::Cancelled,
        "rejected" => V1Status::Rejected,
        _ => V1Status::Open,
    }
}

pub(crate) async fn v1_never_leaks_new_enum_values(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let account = Accounts::of("v1_never_leaks_new_enum_values")?.draw(random);
    let mut lives = LIVES;
    random.shuffle(&mut lives);
    let mut ends = Vec::new();
    for life in lives {
        let (_, id) = api.create_v1(&V1Draft::draw(random, &account)).await?;
        let mut status = "new";
        for next in life {
            api.drive(&id, status, next).await?;
            status = next;
            let answer = api.read_v1(&id).await?;
            let order = frozen.order(&answer)?;
            expect_equal(&answer, "/status", &projected(status), &order.status)?;
        }
        ends.push((id, projected(status)));
    }
    let path = format!("/v1/orders?account_id={account}&per_page=200");
    let answer = api.http.get(&path).send().await?;
    answer.expect_status(200)?;
    let list = frozen.list(&answer)?;
    for (place, order) in list.orders.iter().enumerate() {
        let pointer = format!("/orders/{place}/status");
        if let Some((_, end)) = ends.iter().find(|(id, _)| *id == order.id) {
            expect_equal(&answer, &pointer, end, &order.status)?;
        }
    }
    let made = i64::try_from(ends.len()).unwrap_or(i64::MAX);
    expect_equal(&answer, "/total", &made, &list.total)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lives_take_every_legal_transition_and_no_other() {
        let after =
            |from, to: &[&'static str]| to.iter().map(move |to| (from, *to)).collect::<Vec<_>>();
        let legal: BTreeSet<_> = [
            after("new", &["accepted", "rejected", "cancelled", "expired"]),
            after(
                "accepted",
                &[
                    "partially_filled",
                    "filled",
                    "cancelled",
                    "expired",
                    "rejected",
                ],
            ),
            after(
                "partially_filled",
                &["partially_filled", "filled", "cancelled", "expired"],
            ),
        ]
        .concat()
        .into_iter()
        .collect();
        let mut taken = BTreeSet::new();
        for life in LIVES {
            let mut status = "new";
            for next in life {
                taken.insert((status, *next));
                status = next;
            }
        }
        assert_eq!(taken, legal);
    }
}
