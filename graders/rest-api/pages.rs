//! v1's pages count from 1 and neither skip nor repeat.

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};

use crate::rest_api::{
    acts::{Api, expect_equal},
    drafts::{Accounts, V1Draft},
    frozen::{Frozen, V1List, V1Order},
};

/// An account's orders, as they were answered when they were made.
struct Made {
    account: String,
    /// Ascending by (`created_at`, `id`).
    orders: Vec<V1Order>,
}

pub(crate) async fn v1_lists_page_by_page(bench: &mut Bench) -> Outcome {
    let (api, frozen) = (Api::of(bench)?, Frozen::read(bench)?);
    let random = bench.random();
    let made = make(&api, &frozen, random).await?;
    let size = usize::try_from(random.between(11, 29)).unwrap_or(11);
    walk(&api, &frozen, &made, size).await?;
    sizes(&api, &frozen, &made).await?;
    refusals(&api, &frozen, random, &made.account).await
}

/// More orders than the largest page holds, and some of another account between them.
async fn make(api: &Api, frozen: &Frozen, random: &mut Random) -> Result<Made, Failure> {
    let mut accounts = Accounts::of("v1_lists_page_by_page")?;
    let (account, other) = (accounts.draw(random), accounts.draw(random));
    let count = random.between(203, 225);
    let mut orders = Vec::new();
    for _ in 0..count {
        if random.one_in(20) {
            api.create_v1(&V1Draft::draw(random, &other)).await?;
        }
        let (answer, _) = api.create_v1(&V1Draft::draw(random, &account)).await?;
        orders.push(frozen.order(&answer)?);
    }
    orders.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(Made { account, orders })
}

impl Made {
    async fn page(
        &self,
        api: &Api,
        frozen: &Frozen,
        query: &str,
    ) -> Result<(Answer, V1List), Failure> {
        let path = format!("/v1/orders?account_id={}{query}", self.account);
        let answer = api.http.get(&path).send().await?;
        answer.expect_status(200)?;
        let list = frozen.list(&answer)?;
        let total = i64::try_from(self.orders.len()).unwrap_or(i64::MAX);
        expect_equal(&answer, "/total", &total, &list.total)?;
        Ok((answer, list))
    }

    /// The page holds exactly the orders from `first` on, `size` of them or what is left.
    fn expect(
        &self,
        answer: &Answer,
        list: &V1List,
        first: usize,
        size: usize,
    ) -> Result<(), Mismatch> {
        let first = first.min(self.orders.len());
        let wanted = &self.orders[first..(first + size).min(self.orders.len())];
        for (place, (wanted, found)) in wanted.iter().zip(&list.orders).enumerate() {
            if wanted.id != found.id {
                return Err(self.misplaced(answer, place, first, found));
            }
        }
        if wanted.len() == list.orders.len() {
            return Ok(());
        }
        let (wanted, found) = (wanted.len(), list.orders.len());
        Err(answer.wrong_at(
            "/orders",
            format!(
                "Your page {} has {found} orders, where {wanted} belong.",
                answer.label()
            ),
            format!("{wanted} orders"),
            format!("{found} orders"),
        ))
    }

    fn misplaced(&self, answer: &Answer, place: usize, first: usize, found: &V1Order) -> Mismatch {
        let wanted = &self.orders[first + place];
        let (expected, label) = (&wanted.id, answer.label());
        if wanted.created_at == found.created_at {
            let found = &found.id;
            let summary =
                format!("{label} shows {found} before {expected}, made at the same instant.");
            let rule = format!("{expected}: at one instant the ids ascend");
            return answer.wrong_at(&format!("/orders/{place}/id"), summary, rule, found);
        }
        let found = &found.id;
        let belongs = self.orders.iter().position(|order| order.id == *found);
        let summary = match belongs {
            Some(earlier) if earlier < first => {
                format!(
                    "{} repeats order {found}, which an earlier page holds.",
                    answer.label()
                )
            }
            Some(later) if later > first + place => {
                format!(
                    "{} skips order {expected} and goes on with {found}.",
                    answer.label()
                )
            }
            _ => format!(
                "{} shows order {found}, where {expected} belongs.",
                answer.label()
            ),
        };
        answer.wrong_at(&format!("/orders/{place}/id"), summary, expected, found)
    }
}

/// Every page from the first to one behind the last.
async fn walk(api: &Api, frozen: &Frozen, made: &Made, size: usize) -> Outcome {
    let pages = made.orders.len().div_ceil(size);
    for page in 1..=pages + 1 {
        let query = format!("&page={page}&per_page={size}");
        let (answer, list) = made.page(api, frozen, &query).await?;
        expect_equal(
            &answer,
            "/page",
            &i64::try_from(page).unwrap_or(0),
            &list.page,
        )?;
        made.expect(&answer, &list, (page - 1) * size, size)?;
    }
    Ok(())
}

/// Fifty orders unless asked for otherwise, and never more than two hundred.
async fn sizes(api: &Api, frozen: &Frozen, made: &Made) -> Outcome {
    for (query, first, size) in [
        ("", 0, 50),
        ("&page=2", 50, 50),
        ("&per_page=200", 0, 200),
        ("&per_page=10000", 0, 200),
    ] {
        let (answer, list) = made.page(api, frozen, query).await?;
        made.expect(&answer, &list, first, size)?;
    }
    Ok(())
}

async fn refusals(api: &Api, frozen: &Frozen, random: &mut Random, account: &str) -> Outcome {
    let negative = random.between(1, 50);
    for query in [
        format!("account_id={account}&per_page=0"),
        format!("account_id={account}&per_page=-{negative}"),
        format!("account_id={account}&page=0"),
        format!("account_id={account}&page=-{negative}"),
        "page=1&per_page=10".to_owned(),
    ] {
        let answer = api.http.get(&format!("/v1/orders?{query}")).send().await?;
        frozen.error(&answer, 400)?;
    }
    Ok(())
}
