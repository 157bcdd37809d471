//! Two versions, one store.

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Outcome},
};

use crate::rest_api::{
    acts::{
        Api, created_at, decimal, expect_equal, expect_location, expect_text, expect_v2, order_id,
    },
    drafts::{Accounts, V1Draft, V2Draft},
    frozen::{Frozen, V1Status},
};

/// Quantities that v1 cannot show as they are.
const FRACTIONS: [&str; 8] = [
    "2.5",
    "3.5",
    "0.2",
    "0.5",
    "1.5",
    "7.25",
    "11.75",
    "0.00000001",
];

/// v1 prices whose text is a matter of taste in many languages.
const PRICES: [&str; 4] = ["0.07", "0.0000001", "1234567.12345678", "100000000000000"];

pub(crate) async fn v2_orders_can_be_read_back(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let mut accounts = Accounts::of("v2_orders_can_be_read_back")?;
    let accounts = [(); 3].map(|()| accounts.draw(random));
    let mut made = Vec::new();
    for _ in 0..40 {
        let account = random.pick(&accounts).clone();
        let draft = V2Draft::draw(random, &account);
        let (answer, id) = api.create_v2(random, &draft).await?;
        expect_v2(&answer, &draft, "new")?;
        expect_location(&answer, &format!("orders/{id}"))?;
        made.push((id, answer, draft));
    }
    random.shuffle(&mut made);
    for (id, created, draft) in &made {
        let read = api.read_v2(id).await?;
        expect_text(&read, "/id", id)?;
        expect_v2(&read, draft, "new")?;
        let instant = created.text_at("/created_at")?;
        expect_text(&read, "/created_at", &instant)?;
    }
    Ok(())
}

pub(crate) async fn one_store_two_views(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let account = Accounts::of("one_store_two_views")?.draw(random);
    let mut made = Vec::new();
    for place in 0..16 {
        if place % 2 == 0 {
            let price = PRICES.get(place / 2).copied();
            made.push(v1_seen_in_v2(&api, random, &account, price).await?);
        } else {
            let quantity = FRACTIONS[place / 2];
            made.push(v2_seen_in_v1(&api, &frozen, random, &account, quantity).await?);
        }
    }
    made.sort();
    let wanted: Vec<String> = made.into_iter().map(|(_, id)| id).collect();
    let (found, answer) = api.listed_v2(&account).await?;
    same_list(&answer, &wanted, &found)?;
    let path = format!("/v1/orders?account_id={account}&per_page=200");
    let answer = api.http.get(&path).send().await?;
    answer.expect_status(200)?;
    let list = frozen.list(&answer)?;
    let found: Vec<String> = list.orders.into_iter().map(|order| order.id).collect();
    same_list(&answer, &wanted, &found)
}

/// Makes an order in v1 and reads it in v2: when it was made, and its id.
async fn v1_seen_in_v2(
    api: &Api,
    random: &mut Random,
    account: &str,
    price: Option<&str>,
) -> Result<(i128, String), Failure> {
    let mut draft = V1Draft::draw(random, account);
    if let Some(price) = price {
        price.clone_into(&mut draft.price);
    }
    let (made, id) = api.create_v1(&draft).await?;
    let read = api.read_v2(&id).await?;
    let seen = V2Draft {
        account: draft.account,
        symbol: draft.symbol,
        side: if draft.side == "BUY" { "buy" } else { "sell" },
        quantity: draft.qty.to_string(),
        amount: draft.price,
        time_in_force: "day",
        client_order_id: None,
    };
    expect_text(&read, "/id", &id)?;
    expect_v2(&read, &seen, "new")?;
    same_instant(&made, &read)?;
    Ok((created_at(&read)?, id))
}

/// Makes an order in v2 and reads it in v1: when it was made, and its id.
async fn v2_seen_in_v1(
    api: &Api,
    frozen: &Frozen,
    random: &mut Random,
    account: &str,
    quantity: &str,
) -> Result<(i128, String), Failure> {
    let mut draft = V2Draft::draw(random, account);
    quantity.clone_into(&mut draft.quantity);
    let (made, id) = api.create_v2(random, &draft).await?;
    let read = api.read_v1(&id).await?;
    let order = frozen.order(&read)?;
    let seen = V1Draft {
        account: draft.account,
        symbol: draft.symbol,
        side: if draft.side == "buy" { "BUY" } else { "SELL" },
        qty: i64::try_from(decimal(quantity)?.whole_at_least_one()).unwrap_or(i64::MAX),
        price: draft.amount,
    };
    order.expect(&read, "", &seen, V1Status::Open)?;
    expect_equal(&read, "/id", &id, &order.id)?;
    same_instant(&made, &read)?;
    Ok((created_at(&made)?, id))
}

/// Both versions show the same instant; each to the precision it writes, milliseconds at least.
fn same_instant(one: &Answer, other: &Answer) -> Outcome {
    const MILLISECOND: i128 = 1_000_000;
    if created_at(one)? / MILLISECOND == created_at(other)? / MILLISECOND {
        return Ok(());
    }
    expect_text(other, "/created_at", &one.text_at("/created_at")?)?;
    Ok(())
}

fn same_list(answer: &Answer, wanted: &[String], found: &[String]) -> Outcome {
    for (place, (wanted, found)) in wanted.iter().zip(found).enumerate() {
        expect_equal(answer, &format!("/orders/{place}/id"), wanted, found)?;
    }
    if wanted.len() == found.len() {
        return Ok(());
    }
    let (wanted, found) = (wanted.len(), found.len());
    Err(answer
        .wrong_at(
            "/orders",
            format!(
                "{} lists {found} orders; {wanted} were made, in both versions.",
                answer.label()
            ),
            format!("{wanted} orders"),
            format!("{found} orders"),
        )
        .into())
}

pub(crate) async fn cancel_is_seen_in_both_views(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let account = Accounts::of("cancel_is_seen_in_both_views")?.draw(random);
    let mut ways = [(false, false), (false, true), (true, false), (true, true)].repeat(2);
    random.shuffle(&mut ways);
    for (made_in_v1, cancelled_in_v1) in ways {
        let (_, id) = if made_in_v1 {
            api.create_v1(&V1Draft::draw(random, &account)).await?
        } else {
            let draft = V2Draft::draw(random, &account);
            api.create_v2(random, &draft).await?
        };
        if cancelled_in_v1 {
            api.cancel_v1(&id).await?;
        } else {
            let answer = api.cancel_v2(&id).await?;
            expect_text(&answer, "/status", "cancelled")?;
        }
        let answer = api.read_v2(&id).await?;
        expect_text(&answer, "/status", "cancelled")?;
        let answer = api.read_v1(&id).await?;
        let order = frozen.order(&answer)?;
        expect_equal(&answer, "/status", &V1Status::Cancelled, &order.status)?;
    }
    listed_as_cancelled(&api, &frozen, &account).await
}

/// Every order of the account is listed as cancelled, in both versions.
async fn listed_as_cancelled(api: &Api, frozen: &Frozen, account: &str) -> Outcome {
    let path = format!("/v1/orders?account_id={account}&per_page=200");
    let answer = api.http.get(&path).send().await?;
    answer.expect_status(200)?;
    for (place, order) in frozen.list(&answer)?.orders.iter().enumerate() {
        let pointer = format!("/orders/{place}/status");
        expect_equal(&answer, &pointer, &V1Status::Cancelled, &order.status)?;
    }
    let path = format!("/v2/orders?account_id={account}&page_size=200");
    let answer = api.http.get(&path).send().await?;
    answer.expect_status(200)?;
    for place in 0..answer.list_at("/orders")?.len() {
        order_id(&answer, &format!("/orders/{place}/id"))?;
        expect_text(&answer, &format!("/orders/{place}/status"), "cancelled")?;
    }
    Ok(())
}
