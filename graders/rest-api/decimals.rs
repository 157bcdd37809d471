//! A price comes back as the number that was sent.

use mastery_kit::{
    bench::Bench,
    checker::decimal::Decimal,
    probe::http::Answer,
    random::Random,
    verdict::{BenchError, Mismatch, Outcome},
};
use serde_json::Value;

use crate::rest_api::{
    acts::{Api, decimal, expect_decimal},
    drafts::{Accounts, V2Draft},
};

/// How many decimals are sent.
const COUNT: usize = 200;

/// Numbers that doubles, or the texts that languages make of them, are known to bend.
const KNOWN: [&str; 16] = [
    "0.07",
    "0.1",
    "0.3",
    "0.30000000",
    "1.10",
    "4.35",
    "1.005",
    "0.29",
    "0.00000001",
    "0.0000001",
    "1234567890.12345678",
    "9999999999.99999999",
    "9007199254740993",
    "123456789012345678",
    "999999999999999999",
    "100000000000000000",
];

pub(crate) async fn decimals_do_not_drift(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("decimals_do_not_drift")?.draw(random);
    let mut drawn = Vec::with_capacity(COUNT);
    for text in KNOWN {
        drawn.push(decimal(text)?);
    }
    while drawn.len() < COUNT {
        drawn.push(draw(random)?);
    }
    random.shuffle(&mut drawn);
    let mut made_of = Vec::with_capacity(COUNT);
    for (place, amount) in drawn.iter().enumerate() {
        let quantity = &drawn[(place + 1) % drawn.len()];
        let mut draft = V2Draft::draw(random, &account);
        amount.as_str().clone_into(&mut draft.amount);
        quantity.as_str().clone_into(&mut draft.quantity);
        let (made, id) = api.create_v2(random, &draft).await?;
        let read = api.read_v2(&id).await?;
        for answer in [&made, &read] {
            expect_decimal(answer, "/limit_price/amount", &draft.amount)?;
            expect_decimal(answer, "/quantity", &draft.quantity)?;
        }
        made_of.push((id, amount));
    }
    v1_shows_the_nearest(&api, &account, &made_of).await
}

/// v1 shows the double nearest to each order's amount.
async fn v1_shows_the_nearest(api: &Api, account: &str, made: &[(String, &Decimal)]) -> Outcome {
    let path = format!("/v1/orders?account_id={account}&per_page=200");
    let list = api.http.get(&path).send().await?;
    list.expect_status(200)?;
    let shown: Vec<String> = (0..list.list_at("/orders")?.len())
        .map(|place| list.text_at(&format!("/orders/{place}/id")))
        .collect::<Result<_, _>>()?;
    for (id, amount) in made {
        match shown.iter().position(|other| other == id) {
            Some(place) => nearest(&list, &format!("/orders/{place}/price"), amount)?,
            None => nearest(&api.read_v1(id).await?, "/price", amount)?,
        }
    }
    Ok(())
}

/// v1 may lose digits, but only those that no double holds.
fn nearest(answer: &Answer, pointer: &str, amount: &Decimal) -> Result<(), Mismatch> {
    let shown = answer.member(pointer)?;
    let wanted = amount.nearest_double();
    let Value::Number(number) = shown else {
        return Err(answer.wrong_kind(pointer, "a number", shown));
    };
    // Compared as bits: the nearest double, not one near it.
    if number.as_f64().map(f64::to_bits) == Some(wanted.to_bits()) {
        return Ok(());
    }
    Err(answer.wrong_at(
        pointer,
        format!("v1 shows {number} for {amount}, and another double is nearer."),
        format!("{wanted}, the double nearest to {amount}"),
        number.to_string(),
    ))
}

fn draw(random: &mut Random) -> Result<Decimal, BenchError> {
    match random.below(4) {
        0 => sum_that_drifts(random),
        // All eighteen digits, so that no double holds them.
        1 => {
            let whole = random.between(1_000_000_000, 9_999_999_999);
            decimal(&format!("{whole}.{:08}", random.below(100_000_000)))
        }
        2 => {
            let mut text = random.decimal(6, 4);
            if text.contains('.') {
                text.push_str(random.pick::<&str>(&["0", "00", "000", "0000"]));
            }
            decimal(&text)
        }
        _ => decimal(&random.decimal(10, 8)),
    }
}

/// The exact sum of two decimals whose doubles do not add up to the double of their sum.
fn sum_that_drifts(random: &mut Random) -> Result<Decimal, BenchError> {
    loop {
        let [one, other] = [(); 2].map(|()| format!("0.{:02}", random.between(1, 99)));
        let (one, other) = (decimal(&one)?, decimal(&other)?);
        let sum = one.plus(&other);
        let drifted = one.nearest_double() + other.nearest_double();
        if drifted.to_bits() != sum.nearest_double().to_bits() {
            return Ok(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use mastery_kit::random::Seed;

    use super::*;

    #[test]
    fn what_is_drawn_is_in_the_form_of_the_contract() {
        let mut random = Random::new(Seed(5), "decimals");
        let mut beyond_doubles = 0;
        for _ in 0..1000 {
            let drawn = draw(&mut random).expect("a test's own input");
            let digits = drawn.as_str().bytes().filter(u8::is_ascii_digit).count();
            assert!((1..=18).contains(&digits), "{drawn}");
            assert!(drawn.nearest_double() > 0.0, "{drawn}");
            let back = Decimal::parse(&drawn.nearest_double().to_string());
            beyond_doubles += usize::from(back.as_ref() != Some(&drawn));
        }
        assert!(
            beyond_doubles > 100,
            "{beyond_doubles} of 1000 drift in a double"
        );
    }
}
