//! Poison, parked byte for byte, with where it came from.

use mastery_kit::{
    bench::Bench,
    interposer::kafka_proxy::{PRODUCE, Watch, When},
    verdict::Outcome,
    wait::{Look, until},
};

use super::{
    desk::{BACK_AT_WORK, Desk},
    poison::{Mixed, POISON},
};

pub(crate) async fn poison_is_parked_as_it_came(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    // A lost acknowledgement is no reason to park a record twice.
    let parking = When::response(PRODUCE).topic(&desk.parked);
    let wire = desk.world.wire()?;
    let answers = wire.watch(parking.clone());
    let lost = wire.swallow(parking, 1);
    let mixed = Mixed::produce(&desk, bench, &POISON).await?;
    desk.expect_parked(&mixed.odd).await?;
    sent_again(&answers).await;
    drop(lost);
    desk.expect_parked(&mixed.odd).await
}

/// What was lost is sent again, and this time its answer arrives: until then nobody can have parked
/// twice what one request carried. Who found out otherwise that it is parked sends nothing again, and
/// waiting ends.
async fn sent_again(answers: &Watch) {
    let sent_again = until::<_, (), _, _>(BACK_AT_WORK, || async {
        match answers.count() {
            0 | 1 => Look::NotYet("the answer that was lost".to_owned()),
            _ => Look::Ready(()),
        }
    });
    // Whether it was or not: what is parked now is all that there will be.
    sent_again.await.ok();
}
