//! Poison among orders, duplicates and calls that fail.

use mastery_kit::{
    bench::Bench,
    verdict::{Failure, Outcome},
};

use super::{
    desk::Desk,
    fills::{Event, Market, numbered},
    orders::{identity_of, named, retried},
    outside::Fault,
    settled::Story,
};
use crate::streaming::{
    ground::record,
    parking::Poisoned,
    poison::{POISON, Spoil},
};

pub(crate) async fn poison_is_parked(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut fills = Market::draw(random, 0, 8, 3).fills(random, 50);
    for fill in &mut fills {
        named(random, fill);
    }
    let events = numbered(random, &fills);
    let mut kinds: Vec<Spoil> = POISON.to_vec();
    random.shuffle(&mut kinds);
    desk.outside
        .fail(&identity_of(&fills[2]), [Fault::Fails, Fault::Reset]);
    let mut story = Story::default();
    let mut odd: Vec<Poisoned> = Vec::new();
    for (chunk, spoil) in events.chunks(5).zip(kinds) {
        story.produce(&desk, &chunk[..3]).await?;
        let (value, what) = spoil(random, &chunk[4]);
        let poison = record(&chunk[4].fill.account, value);
        let at = desk.produce_records(vec![poison.clone()]).await?;
        odd.extend(at.first().map(|at| (*at, poison, what)));
        let again: Vec<Event> = vec![chunk[0].clone(), retried(random, &chunk[1])];
        story.produce(&desk, &again).await?;
        story.produce(&desk, &chunk[3..4]).await?;
    }
    let settled = story.settle(&desk, bench.random()).await;
    // What is parked says more than what is missing on its account.
    match (desk.expect_parked(&odd).await, settled) {
        (Err(Failure::Wrong(parked)), _) => Err(desk.wrong(*parked).into()),
        (Err(bench @ Failure::Bench(_)), Ok(())) => Err(bench),
        (_, settled) => settled,
    }
}
