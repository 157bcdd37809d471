//! Of writers who have seen the same version, one wins.

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Mismatch, Outcome},
};
use serde_json::json;

use crate::rest_api::{
    acts::{Api, expect_decimal},
    conditional::etag,
    drafts::{Accounts, V2Draft},
};

/// Enough that a gap between looking and storing is met by more than 99 of 100 runs.
const ROUNDS: u64 = 40;

pub(crate) async fn racing_writes_let_one_win(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("racing_writes_let_one_win")?.draw(random);
    let draft = V2Draft::draw(random, &account);
    let (_, id) = api.create_v2(random, &draft).await?;
    for round in 0..ROUNDS {
        one_race(&api, random, &id, round).await?;
    }
    Ok(())
}

async fn one_race(api: &Api, random: &mut Random, id: &str, round: u64) -> Outcome {
    let tag = etag(&api.read_v2(id).await?)?;
    // No quantity comes twice, and none is the order's first: a PATCH that changes nothing may leave
    // the ETag as it is, and then two writers are right to win.
    let start = 10_000 + round * 1000 + random.below(90) * 10;
    let writers = random.between(2, 4);
    let quantities: Vec<String> = (0..writers).map(|n| (start + n).to_string()).collect();
    let requests = quantities
        .iter()
        .map(|quantity| api.patching(id, &json!({"quantity": quantity}), Some(&tag)))
        .collect();
    let answers = api.http.race(requests).await?.answers;
    let mut winners = Vec::new();
    for (answer, quantity) in answers.iter().zip(&quantities) {
        answer.expect_status_of(&[200, 412])?;
        if answer.status == 200 {
            winners.push((answer, quantity));
        }
    }
    let [(_, quantity)] = winners[..] else {
        let won: Vec<&Answer> = winners.iter().map(|(answer, _)| *answer).collect();
        return Err(not_one(&tag, &answers, &won).into());
    };
    let after = api.read_v2(id).await?;
    expect_decimal(&after, "/quantity", quantity)
}

fn not_one(tag: &str, answers: &[Answer], won: &[&Answer]) -> Mismatch {
    let statuses: Vec<String> = answers
        .iter()
        .map(|answer| answer.status.to_string())
        .collect();
    let (all, count) = (answers.len(), won.len());
    let summary = if count == 0 {
        format!("None of {all} PATCHes with the current ETag {tag} was applied.")
    } else {
        format!(
            "{count} of {all} PATCHes with the ETag {tag} at the same moment were answered 200."
        )
    };
    let wrong = Mismatch::new(summary, "one 200, the others 412", statuses.join(", "));
    let shown = if won.is_empty() {
        answers.iter().collect()
    } else {
        won.to_vec()
    };
    shown
        .into_iter()
        .fold(wrong, |wrong, answer| answer.show_in(wrong, None))
}
