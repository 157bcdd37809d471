//! Poison, parked byte for byte, with where it came from.

use mastery_kit::{
    bench::Bench,
    interposer::kafka_proxy::{PRODUCE, When},
    verdict::Outcome,
};

use super::{
    desk::Desk,
    poison::{Mixed, POISON},
};

pub(crate) async fn poison_is_parked_as_it_came(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    // A lost acknowledgement is no reason to park a record twice.
    let parking = When::response(PRODUCE).topic(&desk.parked);
    let lost = desk.world.wire()?.swallow(parking, 1);
    let mixed = Mixed::produce(&desk, bench, &POISON).await?;
    desk.expect_parked(&mixed.odd).await?;
    drop(lost);
    Ok(())
}
