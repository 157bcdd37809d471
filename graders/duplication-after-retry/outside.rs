//! The outside ledger: it books a key once, and now and then it fails.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mastery_kit::{
    stub::{Call, Gate, Reply, Stub},
    verdict::Mismatch,
};
use serde_json::{Map, Value};

use super::{fills::read, orders::identity};

/// What becomes of a call, other than that it is booked and answered.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// 503, and nothing is booked.
    Fails,
    /// Booked, and 503.
    FailsBooked,
    /// The connection is reset, and nothing is booked.
    Reset,
    /// Booked, and the connection is reset: the answer is lost.
    ResetBooked,
    /// No answer, and nothing is booked.
    Silent,
    /// Booked, and no answer.
    SilentBooked,
    /// Booked at once, and answered once this gate is open.
    Held(Gate),
}

/// A call that could be read.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Its number among all calls.
    pub(crate) number: u64,
    pub(crate) key: String,
    pub(crate) identity: String,
    pub(crate) event_id: String,
    /// In hundred-millionths.
    pub(crate) amount: i128,
    /// This call made the booking.
    pub(crate) booked: bool,
}

/// The outside ledger of a check.
#[derive(Clone)]
pub(crate) struct Outside {
    stub: Stub,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Keys that are booked.
    booked: BTreeMap<String, u64>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    asked: Vec<Asked>,
    /// The first call that is not the contract's.
    wrong: Option<Box<Mismatch>>,
}

/// What confirms: any 2xx, with or without a meaning of its own.
const CONFIRMS: [u16; 4] = [201, 200, 204, 202];

impl Outside {
    /// How often a call was too large, or a connection one too many.
    pub(crate) fn refused(&self) -> usize {
        self.stub.refused()
    }

    /// Answers calls from here on.
    pub(crate) fn open(stub: &Stub) -> Self {
        let this = Self {
            stub: stub.clone(),
            state: Arc::default(),
        };
        let state = Arc::clone(&this.state);
        stub.answer_by(move |call| lock(&state).answer(call));
        this
    }

    /// The next calls of this order meet these faults, one each.
    pub(crate) fn fail(&self, identity: &str, faults: impl IntoIterator<Item = Fault>) {
        let mut state = lock(&self.state);
        let queue = state.faults.entry(identity.to_owned()).or_default();
        queue.extend(faults);
    }

    /// All calls so far, in their order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        lock(&self.state).asked.clone()
    }

    /// Calls of this order so far.
    pub(crate) fn asked_of(&self, identity: &str) -> Vec<Asked> {
        let state = lock(&self.state);
        let of_it = state.asked.iter().filter(|one| one.identity == identity);
        of_it.cloned().collect()
    }

    /// The first call that is not as the contract has it.
    pub(crate) fn wrong(&self) -> Option<Mismatch> {
        let state = lock(&self.state);
        state.wrong.as_deref().cloned()
    }

    /// Adds these calls to a judgement, as they went over the wire.
    pub(crate) fn show(&self, mismatch: Mismatch, calls: &[&Asked]) -> Mismatch {
        self.stub.look(|all| {
            let numbers = calls.iter().map(|one| one.number);
            let shown = numbers.filter_map(|number| {
                let place = usize::try_from(number.checked_sub(1)?).ok()?;
                all.get(place)
            });
            shown.fold(mismatch, |mismatch, call| mismatch.with(call.evidence()))
        })
    }
}

impl State {
    fn answer(&mut self, call: &Call) -> Reply {
        let asked = match read_call(call) {
            Ok(asked) => asked,
            Err(mismatch) => {
                let wrong = mismatch.with(call.evidence());
                self.wrong.get_or_insert_with(|| Box::new(wrong));
                return Reply::status(400).note("not the contract's");
            }
        };
        let note = format!("{}, key {}", asked.identity, short(&asked.key));
        let fault = self
            .faults
            .get_mut(&asked.identity)
            .and_then(VecDeque::pop_front);
        let known = self.booked.contains_key(&asked.key);
        let confirmed = if known {
            409
        } else {
            let bytes = asked.event_id.bytes().map(usize::from);
            CONFIRMS[bytes.sum::<usize>() % CONFIRMS.len()]
        };
        let (books, reply) = match fault {
            None => (true, Reply::status(confirmed)),
            Some(Fault::Held(gate)) => (true, Reply::status(confirmed).behind(&gate)),
            Some(Fault::Fails) => (false, Reply::status(503)),
            Some(Fault::FailsBooked) => (true, Reply::status(503)),
            Some(Fault::Reset) => (false, Reply::reset()),
            Some(Fault::ResetBooked) => (true, Reply::reset()),
            Some(Fault::Silent) => (false, Reply::silence()),
            Some(Fault::SilentBooked) => (true, Reply::silence()),
        };
        let booked = books && !known;
        if booked {
            self.booked.insert(asked.key.clone(), asked.number);
        }
        self.asked.push(Asked { booked, ..asked });
        let deed = match (booked, known) {
            (true, _) => "booked",
            (false, true) => "booked before",
            (false, false) => "not booked",
        };
        reply.note(format!("{note}, {deed}"))
    }
}

/// A key as far as a person compares it.
pub(crate) fn short(key: &str) -> String {
    const SHOWN: usize = 48;
    if key.len() <= SHOWN {
        return key.to_owned();
    }
    let shown: String = key.chars().take(SHOWN).collect();
    format!("{shown}…")
}

fn read_call(call: &Call) -> Result<Asked, Mismatch> {
    if call.method != "POST" || call.path != "/charges" {
        let asked = format!("{} {}", call.method, call.path);
        let summary = format!("Your ledger asks the outside ledger for `{asked}`.");
        return Err(Mismatch::new(summary, "POST /charges", asked));
    }
    let content_type = call.header("content-type").unwrap_or_default();
    if !content_type.starts_with("application/json") {
        let summary = "A call to the outside ledger has another Content-Type than the contract's.";
        let actual = or_absent(content_type);
        return Err(Mismatch::new(summary, "application/json", actual));
    }
    let key = call.header("idempotency-key").unwrap_or_default();
    let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > 255 || !is_visible {
        let summary = "A call to the outside ledger has no Idempotency-Key of the contract's form.";
        let expected = "1–255 visible ASCII characters";
        return Err(Mismatch::new(summary, expected, or_absent(key)));
    }
    let body: Map<String, Value> = serde_json::from_str(&call.body).map_err(|error| {
        let summary = format!("The body of a call to the outside ledger is no object: {error}.");
        Mismatch::new(summary, "one JSON object", call.body.clone())
    })?;
    let text = |name: &str| {
        let value = body.get(name);
        value.and_then(Value::as_str).ok_or_else(|| {
            let summary =
                format!("The member `{name}` of a call to the outside ledger is no string.");
            let actual = value.map_or_else(|| "absent".to_owned(), Value::to_string);
            Mismatch::new(summary, "a string", actual)
        })
    };
    let client = match body.get("client_order_id") {
        None | Some(Value::Null) => None,
        Some(_) => Some(text("client_order_id")?),
    };
    let event_id = text("event_id")?;
    let amount = amount(text("amount")?).ok_or_else(|| {
        let summary = "The amount of a call to the outside ledger is not in the form of a decimal.";
        let actual = body.get("amount").map(Value::to_string);
        let expected = "digits, with 1 to 8 behind a point; no exponent";
        Mismatch::new(summary, expected, actual.unwrap_or_default())
    })?;
    Ok(Asked {
        number: call.number,
        key: key.to_owned(),
        identity: identity(text("account_id")?, client, event_id),
        event_id: event_id.to_owned(),
        amount,
        booked: false,
    })
}

fn or_absent(header: &str) -> String {
    if header.is_empty() {
        "no such header".to_owned()
    } else {
        header.to_owned()
    }
}

/// An amount in the contract's form, in hundred-millionths.
pub(crate) fn amount(text: &str) -> Option<i128> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let leads = whole.len() > 1 && whole.starts_with('0');
    let fits = fraction.is_none_or(|digits| (1..=8).contains(&digits.len()));
    if leads || !fits || text.starts_with('-') {
        return None;
    }
    read(text, 8)
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn an_amount_has_the_form_of_a_decimal() {
        assert_eq!(amount("0"), Some(0));
        assert_eq!(amount("0.00000000"), Some(0));
        assert_eq!(amount("12.50"), Some(1_250_000_000));
        for none in [
            "",
            "-1",
            "01",
            "1.",
            ".5",
            "1e3",
            "1.123456789",
            "5E-9",
            "NaN",
        ] {
            assert_eq!(amount(none), None, "{none}");
        }
    }
}
