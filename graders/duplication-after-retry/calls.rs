//! Calls to the outside ledger that fail, are cut off, stay silent, or were made by somebody who died.

use std::{collections::BTreeMap, time::Duration};

use mastery_kit::{
    bench::Bench,
    interposer::pg_proxy::When,
    stub::Gate,
    verdict::{Failure, Mismatch, Outcome},
};

use super::{
    desk::{BACK_AT_WORK, Desk},
    fills::{Event, Fill, Market, numbered, one_in_each_partition},
    orders::{identity_of, named, retried},
    outside::{Asked, Fault},
    racing::until_asked,
    settled::Story,
};

/// A call that stays silent is made again after 4 s at the latest, behind a pause of 2 s at most; the
/// rest is for machines that are slow.
const AGAIN: Duration = Duration::from_secs(12);

pub(crate) async fn idempotency_key_stays_the_same(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    // In each partition one order that meets trouble: those behind it may wait.
    let mut events = one_in_each_partition(random, |_| true);
    let mut faults = vec![
        vec![Fault::Fails, Fault::Fails],
        vec![Fault::FailsBooked],
        vec![Fault::Reset, Fault::Fails],
        vec![Fault::ResetBooked],
        vec![Fault::Silent],
        vec![Fault::SilentBooked],
    ];
    random.shuffle(&mut faults);
    let mut wanted = Vec::new();
    for (event, faults) in events.iter_mut().zip(faults) {
        named(random, &mut event.fill);
        let identity = identity_of(&event.fill);
        wanted.push((identity.clone(), faults.len() + 1));
        desk.outside.fail(&identity, faults);
    }
    let mut story = Story::default();
    story.produce(&desk, &events).await?;
    for (identity, times) in &wanted {
        until_asked(&desk, identity, *times, AGAIN)
            .await
            .map_err(|failure| not_again(&desk, identity, *times, failure))?;
    }
    story.settle(&desk, bench.random()).await
}

/// It was called for, and not often enough.
fn not_again(desk: &Desk, identity: &str, times: usize, failure: Failure) -> Failure {
    let calls = desk.outside.asked_of(identity);
    let (Failure::Wrong(_), Some(last)) = (&failure, calls.last()) else {
        return failure;
    };
    let summary = format!(
        "Call {} for the order {identity} was not confirmed, and your ledger does not call again.",
        last.number
    );
    let expected = format!("{times} calls under one key: again until 2xx or 409");
    let actual = match calls.len() {
        1 => "1 call".to_owned(),
        more => format!("{more} calls"),
    };
    let shown: Vec<&Asked> = calls.iter().collect();
    let wrong = desk
        .outside
        .show(Mismatch::new(summary, expected, actual), &shown);
    let look = desk.world.psql("SELECT * FROM v_charges");
    desk.story_of(wrong, &[identity], &[])
        .reproduce(look)
        .into()
}

pub(crate) async fn confirmed_charge_is_not_called_again(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 6, 3);
    let mut fills = market.fills(random, 18);
    for (place, fill) in fills.iter_mut().enumerate() {
        if place % 3 != 2 {
            named(random, fill);
        }
        if place % 4 == 1 {
            // Booked, and the answer is lost: the next one is 409.
            desk.outside.fail(&identity_of(fill), [Fault::ResetBooked]);
        }
    }
    let events = numbered(random, &fills);
    let mut story = Story::default();
    story.produce(&desk, &events).await?;
    let wanted: Vec<&Fill> = fills.iter().collect();
    story.until_charged(&desk, &wanted).await?;
    story.compare(&desk).await?;
    let before = numbers(&desk);
    desk.did("sees every order confirmed, and sends duplicates");
    let random = bench.random();
    let has_name = |event: &&Event| event.fill.client_order_id.is_some();
    let again: Vec<Event> = events
        .iter()
        .filter(has_name)
        .map(|event| retried(random, event))
        .collect();
    story.produce(&desk, &again).await?;
    story.produce(&desk, &events).await?;
    story.settle(&desk, bench.random()).await?;
    none_called_again(&desk, &before)?;
    desk.crash("every order is confirmed").await?;
    story.produce(&desk, &events).await?;
    story.settle(&desk, bench.random()).await?;
    none_called_again(&desk, &before)
}

/// How often each order was called for.
fn numbers(desk: &Desk) -> BTreeMap<String, usize> {
    super::desk::counted(desk.outside.asked().into_iter().map(|one| one.identity))
}

fn none_called_again(desk: &Desk, before: &BTreeMap<String, usize>) -> Outcome {
    for (identity, times) in before {
        let calls = desk.outside.asked_of(identity);
        let Some(extra) = calls.get(*times) else {
            continue;
        };
        let summary = format!(
            "The order {identity} was confirmed and noted, and call {} asks for it again.",
            extra.number
        );
        let expected = format!(
            "no call behind call {}, which confirmed it",
            calls[times - 1].number
        );
        let behind: Vec<String> = calls[*times..]
            .iter()
            .map(|one| one.number.to_string())
            .collect();
        let actual = format!("called again: {}", behind.join(", "));
        let wrong = Mismatch::new(summary, expected, actual);
        let shown: Vec<&Asked> = calls.iter().skip(times - 1).take(2).collect();
        let wrong = desk.outside.show(wrong, &shown);
        let look = desk.world.psql("SELECT * FROM v_charges");
        let wrong = desk.story_of(wrong, &[identity], &[]);
        return Err(wrong.reproduce(look).into());
    }
    Ok(())
}

/// What a process leaves behind when it dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    /// Its call has arrived and is not booked.
    Unbooked,
    /// It is booked, and the answer never arrives.
    Unanswered,
    /// The answer has arrived, and is not written down.
    Unnoted,
}

pub(crate) async fn crash_between_call_and_record_charges_once(bench: &mut Bench) -> Outcome {
    let desk = Desk::of(bench)?;
    let random = bench.random();
    let mut market = Market::draw(random, 0, 4, 2);
    let mut deaths = [Death::Unbooked, Death::Unanswered, Death::Unnoted];
    random.shuffle(&mut deaths);
    let mut story = Story::default();
    story.settle(&desk, bench.random()).await?;
    for death in deaths {
        let random = bench.random();
        let mut fill = market.fill(random);
        named(random, &mut fill);
        let events = numbered(random, std::slice::from_ref(&fill));
        let identity = identity_of(&fill);
        let gate = Gate::default();
        desk.outside.fail(
            &identity,
            [match death {
                Death::Unbooked => Fault::Silent,
                Death::Unanswered => Fault::SilentBooked,
                Death::Unnoted => Fault::Held(gate.clone()),
            }],
        );
        story.produce(&desk, &events).await?;
        until_asked(&desk, &identity, 1, BACK_AT_WORK).await?;
        let why = match death {
            Death::Unbooked => "its call is not booked",
            Death::Unanswered => "its call is booked, the answer never arrives",
            Death::Unnoted => "confirmed, and not yet written down",
        };
        if death == Death::Unnoted {
            let proxy = desk.world.postgres("ledger")?;
            let mut statements = proxy.hold_statement(When::any());
            gate.open();
            // Whatever it says to its database next never arrives.
            let held = statements.next(BACK_AT_WORK.min(desk.trace.left())).await?;
            desk.world.timeline.mark("bench", "SIGKILL to ledger", why);
            desk.ledger.kill().await?;
            if let Some(held) = held {
                held.cut();
            }
            drop(statements);
            desk.come_back().await?;
        } else {
            desk.crash(why).await?;
        }
        story.settle(&desk, bench.random()).await?;
    }
    Ok(())
}
