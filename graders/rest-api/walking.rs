//! v2's pages: a walk that others disturb, tokens that nobody gave, sizes that nobody may ask for.

use std::collections::BTreeMap;

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::Value;

use crate::rest_api::{
    acts::{Api, in_query, page_of},
    drafts::{Accounts, V1Draft, V2Draft},
};

pub(crate) async fn pages_neither_skip_nor_repeat(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let mut accounts = Accounts::of("pages_neither_skip_nor_repeat")?;
    let (account, other) = (accounts.draw(random), accounts.draw(random));
    for _ in 0..2 {
        let count = random.between(40, 60);
        fill(&api, random, (&account, &other), count).await?;
        walk(&api, random, &account).await?;
    }
    Ok(())
}

/// Orders of the account, and some of another's between them.
async fn fill(
    api: &Api,
    random: &mut Random,
    (account, other): (&str, &str),
    count: u64,
) -> Outcome {
    for _ in 0..count {
        let owner = if random.one_in(6) { other } else { account };
        if random.one_in(2) {
            api.create_v1(&V1Draft::draw(random, owner)).await?;
        } else {
            let draft = V2Draft::draw(random, owner);
            api.create_v2(random, &draft).await?;
        }
    }
    Ok(())
}

/// What a walk has seen.
#[derive(Default)]
struct Seen {
    /// Id → the label of the page that showed it.
    places: BTreeMap<String, String>,
}

/// Walks from the first page to the last, in pages of several sizes, while orders come and are
/// cancelled between them.
async fn walk(api: &Api, random: &mut Random, account: &str) -> Outcome {
    let (before, _) = api.listed_v2(account).await?;
    let mut seen = Seen::default();
    let mut token = None;
    for turn in 0..200 {
        // Seven first, so that a size that changes on the way is the walk's, not the beginning's.
        let size = if turn == 0 { 7 } else { random.between(3, 11) };
        let answer = page_of(api, account, size, token.as_deref()).await?;
        let count = answer.list_at("/orders")?.len();
        if u64::try_from(count).unwrap_or(u64::MAX) > size {
            let summary = format!("A page of {size} has {count} orders.");
            let wrong = answer.wrong_at("/orders", summary, format!("{size} at most"), "more");
            return Err(wrong.into());
        }
        seen.take(&answer, count)?;
        token = answer
            .json()?
            .get("next_page_token")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if token.is_none() {
            return seen.expect_all(&before, &answer);
        }
        disturb(api, random, account, &before).await?;
    }
    let why = format!("Your list of {account} has no end: 200 pages, and one more token.");
    Err(Mismatch::new(
        why,
        "a last page without next_page_token",
        "a token on each page",
    )
    .into())
}

async fn disturb(api: &Api, random: &mut Random, account: &str, before: &[String]) -> Outcome {
    let coming = random.below(3);
    for _ in 0..coming {
        let draft = V2Draft::draw(random, account);
        api.create_v2(random, &draft).await?;
    }
    // One that the walk is still to come to, for the most part.
    let path = format!(
        "/v2/orders/{}/cancel",
        random.pick(&before[before.len() / 2..])
    );
    let answer = api.http.post(&path).send().await?;
    // It may be cancelled already.
    answer.expect_status_of(&[200, 409])?;
    Ok(())
}

impl Seen {
    fn take(&mut self, answer: &Answer, count: usize) -> Result<(), Mismatch> {
        for place in 0..count {
            let pointer = format!("/orders/{place}/id");
            let id = answer.text_at(&pointer)?;
            if let Some(page) = self.places.insert(id.clone(), answer.label().to_owned()) {
                let summary = format!("A walk by pages showed order {id} a second time.");
                let expected = format!("each order once; {page} has shown it");
                return Err(answer.wrong_at(&pointer, summary, expected, format!("{id} again")));
            }
        }
        Ok(())
    }

    fn expect_all(&self, before: &[String], last: &Answer) -> Outcome {
        let missing: Vec<&String> = before
            .iter()
            .filter(|id| !self.places.contains_key(*id))
            .collect();
        let Some(first) = missing.first() else {
            return Ok(());
        };
        let (count, of) = (missing.len(), before.len());
        let place = before.iter().position(|id| id == *first).unwrap_or(0) + 1;
        let summary = format!(
            "A walk by pages of changing sizes, while orders came and were cancelled, skipped {count} of the {of} orders that were there when it began."
        );
        let expected = format!("all {of}, among them number {place}, {first}");
        let actual = format!("{} of them", of - count);
        Err(last.wrong_at("/orders", summary, expected, actual).into())
    }
}

pub(crate) async fn forged_page_tokens_are_400(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let mut accounts = Accounts::of("forged_page_tokens_are_400")?;
    let (account, other) = (accounts.draw(random), accounts.draw(random));
    for owner in [&account, &other] {
        for _ in 0..5 {
            let draft = V2Draft::draw(random, owner);
            api.create_v2(random, &draft).await?;
        }
    }
    let token = token_of(&api, &account).await?;
    let foreign = token_of(&api, &other).await?;
    let half = token.chars().take(token.chars().count() / 2).collect();
    for (forged, what) in [
        (foreign, "a page_token of another account's walk"),
        (
            altered(random, &token, 0),
            "a page_token with another first character",
        ),
        (
            altered(random, &token, token.len() / 2),
            "a page_token with another character in its middle",
        ),
        (half, "the first half of a page_token"),
        (random.word(24), "a page_token of random letters"),
        ("2".to_owned(), "the page_token `2`"),
        (
            "eyJvZmZzZXQiOjJ9".to_owned(),
            "a page_token that is the base64 of {\"offset\":2}",
        ),
        (
            "../../etc/passwd\u{0}".to_owned(),
            "a page_token with odd characters",
        ),
    ] {
        if forged == token {
            continue; // a program that counts its tokens may have given this one
        }
        let path = format!(
            "/v2/orders?account_id={account}&page_size=2&page_token={}",
            in_query(&forged)
        );
        let answer = api.http.get(&path).send().await?;
        answer.expect_status_to(what, &[400])?;
    }
    // The one that was given is still good.
    page_of(&api, &account, 2, Some(&token)).await?;
    Ok(())
}

async fn token_of(api: &Api, account: &str) -> Result<String, Failure> {
    let answer = page_of(api, account, 2, None).await?;
    let token = answer.text_at("/next_page_token")?;
    if token.is_empty() {
        let expected = "a token, or no next_page_token";
        let summary = "Your next_page_token is empty.";
        return Err(answer
            .wrong_at("/next_page_token", summary, expected, "\"\"")
            .into());
    }
    Ok(token)
}

/// The token with another letter or digit at the first place from `from` on that has one. Not the
/// last place: there the bits that base64 leaves over mean nothing, and the token would be the same.
fn altered(random: &mut Random, token: &str, from: usize) -> String {
    let place = token
        .char_indices()
        .position(|(at, c)| at >= from && c.is_ascii_alphanumeric())
        .unwrap_or(0);
    let was = token.chars().nth(place).unwrap_or('0');
    let other = loop {
        // Letters that are the same in no alphabet for bytes, in whatever case.
        let drawn = char::from(*random.pick(b"bcdfghjk23456789"));
        if !drawn.eq_ignore_ascii_case(&was) {
            break drawn;
        }
    };
    let put = |(at, c)| if at == place { other } else { c };
    token.chars().enumerate().map(put).collect()
}

pub(crate) async fn page_size_is_bounded(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("page_size_is_bounded")?.draw(random);
    let count = random.between(203, 215);
    for _ in 0..count {
        api.create_v1(&V1Draft::draw(random, &account)).await?;
    }
    for (query, wanted) in [
        ("", 50),
        ("&page_size=1", 1),
        ("&page_size=200", 200),
        ("&page_size=201", 200),
        ("&page_size=10000", 200),
    ] {
        let path = format!("/v2/orders?account_id={account}{query}");
        let answer = api.http.get(&path).send().await?;
        answer.expect_status(200)?;
        let found = answer.list_at("/orders")?.len();
        if found != wanted {
            let label = answer.label();
            let summary = format!("Your page {label} has {found} orders, where {wanted} belong.");
            let (expected, actual) = (format!("{wanted} orders"), format!("{found} orders"));
            let wrong = answer.wrong_at("/orders", summary, expected, actual);
            return Err(wrong.into());
        }
        answer.text_at("/next_page_token")?;
    }
    let negative = random.between(1, 50);
    for query in [
        format!("account_id={account}&page_size=0"),
        format!("account_id={account}&page_size=-{negative}"),
        format!("account_id={account}&page_size=seven"),
        format!("account_id={account}&page_size=7.5"),
        "page_size=7".to_owned(),
    ] {
        let answer = api.http.get(&format!("/v2/orders?{query}")).send().await?;
        answer.expect_status_of(&[400])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mastery_kit::random::Seed;

    use super::*;

    #[test]
    fn an_altered_token_differs_in_one_letter_and_not_by_its_case() {
        let mut random = Random::new(Seed(7), "tokens");
        for token in ["aaaa", "v1.A-_x.zz", "=", "0", "ÿab"] {
            for from in [0, token.len() / 2] {
                let other = altered(&mut random, token, from);
                assert_ne!(other.to_lowercase(), token.to_lowercase());
                assert_eq!(other.chars().count(), token.chars().count());
            }
        }
    }
}
