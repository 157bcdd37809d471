use serde_json::json;

use super::*;
use crate::{
    bench::Trace,
    probe::http::Http,
    wait::{Look, until},
};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

async fn stub() -> (Stub, Timeline, Http) {
    let timeline = Timeline::begin();
    let stub = Stub::start(timeline.clone()).await.unwrap();
    let http = Http::new(stub.address(), Trace::begin(Duration::from_secs(20)));
    (stub, timeline, http)
}

#[test]
fn a_call_is_recorded_and_answered_as_the_script_says() {
    run(async {
        let (stub, timeline, http) = stub().await;
        stub.name_by(|_| Some("ledger".to_owned()));
        let first = http.post("/charges").json(&json!({"amount": "0.5"}));
        assert_eq!(first.send().await.unwrap().status, 201);
        stub.answer_by(|call| Reply::status(503).note(format!("call {}", call.number)));
        let second = http.post("/charges").header("Idempotency-Key", "k");
        assert_eq!(second.send().await.unwrap().status, 503);
        stub.look(|calls| {
            assert_eq!(calls.len(), 2);
            assert_eq!(calls[0].body, r#"{"amount":"0.5"}"#);
            assert_eq!(calls[0].label(), "POST /charges #1");
            assert_eq!(calls[1].header("idempotency-key"), Some("k"));
            assert_eq!(calls[1].ending, Some(Ending::Answered(503)));
        });
        let told: Vec<String> = timeline.moments().into_iter().map(|one| one.text).collect();
        assert_eq!(
            told,
            ["POST /charges #1 → 201", "POST /charges #2 · call 2 → 503"]
        );
    });
}

#[test]
fn a_reset_and_a_silence_give_no_answer() {
    run(async {
        let (stub, _, http) = stub().await;
        stub.answer_by(|call| match call.path.as_str() {
            "/reset" => Reply::reset(),
            _ => Reply::silence(),
        });
        assert!(http.post("/reset").send().await.is_err());
        let waiting = http.post("/silent").send();
        let given_up = tokio::time::timeout(Duration::from_millis(50), waiting).await;
        assert!(given_up.is_err());
        let ended = until(Duration::from_secs(5), || async {
            let endings: Vec<_> = stub.look(|calls| calls.iter().map(|one| one.ending).collect());
            if endings == [Some(Ending::Reset), Some(Ending::GivenUp)] {
                Look::<(), ()>::Ready(())
            } else {
                Look::NotYet(format!("{endings:?}"))
            }
        });
        ended.await.unwrap();
    });
}

#[test]
fn a_call_waits_at_its_gate() {
    run(async {
        let (stub, _, http) = stub().await;
        let gate = Gate::default();
        let at = gate.clone();
        stub.answer_by(move |_| Reply::status(204).behind(&at));
        let asked = http.post("/charges").send();
        let opened = async {
            let came = until(Duration::from_secs(5), || async {
                match stub.look(<[Call]>::len) {
                    0 => Look::<(), ()>::NotYet("no call".to_owned()),
                    _ => Look::Ready(()),
                }
            });
            came.await.unwrap();
            assert_eq!(stub.look(|calls| calls[0].ending), None);
            gate.open();
        };
        let (answer, ()) = tokio::join!(asked, opened);
        assert_eq!(answer.unwrap().status, 204);
    });
}

#[test]
fn a_body_beyond_the_limit_is_refused_and_not_kept() {
    run(async {
        let (stub, timeline, http) = stub().await;
        let long = "x".repeat(BODY_LIMIT + 1);
        let answer = http.post("/charges").body("text/plain", long).send().await;
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 413));
        assert_eq!(stub.look(<[Call]>::len), 0);
        assert_eq!(stub.refused(), 1);
        let told = timeline.moments();
        assert_eq!(
            told[0].text,
            "is refused by the service: POST /charges has a body of more than 64 KiB (413)"
        );
        stub.close();
        assert!(http.post("/charges").send().await.is_err());
    });
}
