//! What goes on until it is stopped: a watch, and programs that are up without checks.

use std::collections::BTreeMap;

use mastery_kit::verdict::Stream;

use super::cast::{press, shown, told, tutor, until_check};
use crate::{
    grading::event::{GradeEvent, Stamped},
    report::{sample, words::Style},
    tui::{
        model::{Aim, Kept, Model, Pane, Screen, Services, Standing, Unkept, Warmth},
        msg::{Cmd, Msg, Trouble, Watched},
        update::update,
    },
};

fn plain() -> Model {
    tutor(Style::plain(80))
}

fn lab() -> String {
    "rest-api".to_owned()
}

fn hear(model: &mut Model, told: Watched) -> Vec<Cmd> {
    update(model, Msg::Watch(told))
}

fn begins(model: &mut Model, saved: &[&str]) {
    let saved = saved.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(hear(model, Watched::Begins(saved)), []);
}

fn over(model: &mut Model, why: Unkept) {
    update(model, Msg::Graded(Ok(Kept::none(why))));
}

fn trouble() -> Trouble {
    Trouble {
        text: "The folder cannot be read.".into(),
        hints: Vec::new(),
    }
}

/// A watch whose first run is over.
fn watching() -> Model {
    let mut model = plain();
    assert_eq!(press(&mut model, "w"), [Cmd::Watch(lab())]);
    begins(&mut model, &[]);
    told(&mut model, sample::tape());
    over(&mut model, Unkept::Same);
    hear(&mut model, Watched::Waits);
    model
}

fn standing(model: &Model) -> &Standing {
    &model.watch.as_ref().unwrap().standing
}

#[test]
fn a_watch_is_graded_save_by_save_until_a_key_ends_it() {
    for key in ["w", "^c"] {
        let mut model = watching();
        assert_eq!(standing(&model), &Standing::Waiting);
        begins(&mut model, &["app.py"]);
        assert!(model.is_grading());
        assert!(model.run.as_ref().unwrap().events.is_empty());
        assert_eq!(model.watch.as_ref().unwrap().saves, 1);
        assert_eq!(press(&mut model, key), [Cmd::StopWatch]);
        // What the machine still has to say does not hide that it ends.
        hear(&mut model, Watched::Newer(vec!["app.py".into()]));
        assert_eq!(standing(&model), &Standing::Stopping);
        assert_eq!(press(&mut model, key), [Cmd::StopWatch]);
        over(&mut model, Unkept::CutOff);
        assert_eq!(hear(&mut model, Watched::Over(Ok(()))), []);
        assert_eq!(model.watch, None);
        assert_eq!(press(&mut model, "^c"), [Cmd::Quit]);
    }
}

#[test]
fn a_watch_asks_for_what_its_keys_say() {
    let cases: [(&str, Vec<Cmd>, Screen); 7] = [
        // Where events do not come: a run without a save.
        ("g", vec![Cmd::Nudge], Screen::Run),
        ("esc g", vec![Cmd::Nudge], Screen::Run),
        // From elsewhere it leads back, and ends nothing.
        ("esc down g", vec![], Screen::Run),
        ("esc ^c", vec![Cmd::Quit], Screen::Map),
        // Nothing else begins meanwhile.
        ("r", vec![], Screen::Run),
        ("esc w", vec![], Screen::Map),
        ("q", vec![Cmd::Quit], Screen::Run),
    ];
    for (keys, cmds, screen) in cases {
        let mut model = watching();
        assert_eq!(press(&mut model, keys), cmds, "{keys}");
        assert_eq!(model.screen, screen, "{keys}");
    }
}

#[test]
fn each_run_of_a_watch_is_looked_at_as_the_one_before() {
    let mut model = watching();
    // The second failure, in full.
    press(&mut model, "enter n");
    let check = model
        .run
        .as_ref()
        .unwrap()
        .state_here()
        .unwrap()
        .check
        .id
        .clone();
    begins(&mut model, &["app.py"]);
    told(&mut model, sample::tape());
    let run = model.run.as_ref().unwrap();
    assert_eq!(run.pane, Pane::Check);
    assert_eq!(run.state_here().unwrap().check.id, check);
    over(&mut model, Unkept::Same);

    press(&mut model, "tab tab w");
    hear(&mut model, Watched::Waits);
    let mut model = watching();
    press(&mut model, "tab tab tab w");
    begins(&mut model, &["app.py"]);
    let run = model.run.as_ref().unwrap();
    assert_eq!(run.pane, Pane::Log("api".into()));
    assert!(run.panes().contains(&run.pane) && run.view.wraps);

    // Why there was no run is left as soon as there is one.
    update(&mut model, Msg::Graded(Err(trouble())));
    assert_eq!(model.run.as_ref().unwrap().pane, Pane::Report);
    begins(&mut model, &["submission.toml"]);
    assert_eq!(model.run.as_ref().unwrap().pane, Pane::Checks);
}

#[test]
fn a_watch_that_is_left_is_ended_first() {
    let mut model = watching();
    begins(&mut model, &["app.py"]);
    assert_eq!(press(&mut model, "q"), []);
    assert_eq!(press(&mut model, "y"), [Cmd::StopWatch]);
    assert_eq!(
        update(&mut model, Msg::Graded(Ok(Kept::none(Unkept::CutOff)))).len(),
        1
    );
    assert_eq!(hear(&mut model, Watched::Over(Ok(()))), [Cmd::Quit]);

    let mut model = watching();
    assert_eq!(update(&mut model, Msg::Ended), [Cmd::Quit]);
    begins(&mut model, &["app.py"]);
    assert_eq!(update(&mut model, Msg::Ended), [Cmd::StopWatch]);
    assert!(model.is_leaving);
}

#[test]
fn a_watch_that_breaks_says_so_and_its_run_is_over() {
    let mut model = plain();
    press(&mut model, "w");
    hear(&mut model, Watched::Over(Err(trouble())));
    assert!(!model.is_busy() && model.notice.is_some());
    // What comes late belongs to no watch.
    assert_eq!(hear(&mut model, Watched::Waits), []);
    assert_eq!(model.watch, None);
}

#[test]
fn the_line_of_a_watch_says_what_it_waits_for() {
    let saved = || vec!["app.py".to_owned(), "orders.py".to_owned()];
    let cases: [(Watched, &str); 7] = [
        (
            Watched::Warming("kafka starts (native) …".into()),
            "kafka starts (native)",
        ),
        (
            Watched::Waits,
            "watching · 0 saves · waits for the next; g grades now",
        ),
        (
            Watched::Newer(saved()),
            "app.py and 1 more saved: this run ends",
        ),
        (
            Watched::Begins(saved()),
            "watching · 1 save · grading app.py and 1 more",
        ),
        (Watched::Busy, "waits for another command"),
        (Watched::Gone, "waits for the folder, which is gone"),
        (Watched::Aside("Something else.".into()), "Something else."),
    ];
    for (told, line) in cases {
        let mut model = plain();
        press(&mut model, "w");
        hear(&mut model, told);
        let screen = shown(&mut model, 80, 24);
        assert!(screen.contains(line), "{line}:\n{screen}");
    }
}

/// What a run without checks tells once everything is up.
fn up() -> Vec<Stamped> {
    let begins = |event: &GradeEvent| matches!(event, GradeEvent::CheckStarted { .. });
    let tape = sample::tape().into_iter();
    let mut tape: Vec<Stamped> = tape.take_while(|one| !begins(&one.event)).collect();
    for stamped in &mut tape {
        if let GradeEvent::RunStarted(run) = &mut stamped.event {
            run.checks.clear();
        }
    }
    let addresses = [
        ("PORT", "http://127.0.0.1:41873"),
        ("curl", "curl -si http://127.0.0.1:41873/healthz"),
        ("kafka", "127.0.0.1:39211"),
        (
            "kcat ORDERS_TOPIC",
            "kcat -b 127.0.0.1:39211 -t orders.events.v1.7f3a91c2 -C -e -f '%p %o %k %s\\n'",
        ),
    ];
    let own = |(name, address): (&str, &str)| (name.to_owned(), address.to_owned());
    tape.push(Stamped {
        at_ms: 900,
        event: GradeEvent::Held {
            check: String::new(),
            addresses: addresses.map(own).into_iter().collect::<BTreeMap<_, _>>(),
        },
    });
    tape
}

#[test]
fn programs_are_up_until_they_are_stopped_and_their_lines_are_copied() {
    let mut model = plain();
    assert_eq!(press(&mut model, "r"), [Cmd::Serve(lab())]);
    assert_eq!(model.run.as_ref().unwrap().aim, Aim::Serve);
    told(&mut model, up());
    assert_eq!(
        press(&mut model, "down y"),
        [Cmd::Copy("curl -si http://127.0.0.1:41873/healthz".into())]
    );
    assert_eq!(press(&mut model, "w g enter"), []);
    assert_eq!(press(&mut model, "q n ^c"), [Cmd::Stop]);
    over(&mut model, Unkept::Served);
    assert!(!model.is_busy());
    assert_eq!(press(&mut model, "^c"), [Cmd::Quit]);
}

fn both(name: &str, model: &mut Model) {
    insta::assert_snapshot!(format!("{name}_80"), shown(model, 80, 24));
    insta::assert_snapshot!(format!("{name}_140"), shown(model, 140, 40));
}

#[test]
fn a_watch_and_programs_that_are_up_are_drawn() {
    let mut model = watching();
    both("watch_waits", &mut model);
    begins(&mut model, &["app.py"]);
    told(&mut model, sample::tape().into_iter().take(9));
    hear(&mut model, Watched::Newer(vec!["app.py".into()]));
    both("watch_renews", &mut model);
    press(&mut model, "q");
    insta::assert_snapshot!("watch_left", shown(&mut model, 80, 24));

    let mut model = plain();
    press(&mut model, "r");
    both("serve_begins", &mut model);
    told(&mut model, up());
    both("serve_up", &mut model);
    press(&mut model, "tab");
    insta::assert_snapshot!("serve_report", shown(&mut model, 80, 24));
    model.style.ascii = true;
    assert!(shown(&mut model, 80, 24).is_ascii());
    model.style.ascii = false;
    press(&mut model, "esc");
    over(&mut model, Unkept::Served);
    press(&mut model, "g");
    assert_eq!(model.run.as_ref().unwrap().aim, Aim::Grade);
}

#[test]
fn a_service_has_a_pane_with_its_state_its_address_and_what_it_says() {
    let mut model = plain();
    press(&mut model, "g");
    let mut events = until_check("v1_wire_is_frozen");
    let at = events[0].at_ms;
    let service = "kafka".to_owned();
    let starting = GradeEvent::ServiceStarting {
        service: service.clone(),
        backend: "native".into(),
    };
    let ready = GradeEvent::ServiceReady {
        service,
        backend: "native".into(),
        version: "4.4.0".into(),
        address: "127.0.0.1:39211".into(),
        warm: false,
        supervisor: None,
        took_ms: 998,
    };
    let both_of_it = [starting, ready].map(|event| Stamped { at_ms: at, event });
    events.splice(1..1, both_of_it);
    told(&mut model, events);
    let say = |model: &mut Model, stream, line: &str| {
        let said = Msg::Said {
            service: "kafka".to_owned(),
            stream,
            text: format!("{line}\n"),
        };
        assert_eq!(update(model, said), []);
    };
    say(&mut model, Stream::Stdout, "Kafka Server started");
    say(&mut model, Stream::Stderr, "a warning");
    press(&mut model, "tab tab tab tab");
    assert_eq!(
        model.run.as_ref().unwrap().pane,
        Pane::Log("kafka".to_owned())
    );
    both("service_log", &mut model);
    // Whoever has scrolled up stays where they are.
    for number in 0..60 {
        say(&mut model, Stream::Stdout, &format!("line {number}"));
    }
    press(&mut model, "up");
    let before = shown(&mut model, 80, 24);
    say(&mut model, Stream::Stdout, "one more");
    let after = shown(&mut model, 80, 24);
    assert!(!after.contains("one more"), "{after}");
    assert!(before.contains("1 line below"), "{before}");
    assert!(after.contains("2 lines below"), "{after}");
    press(&mut model, "f");
    assert!(shown(&mut model, 80, 24).contains("one more"));
    // Of a run that is over nothing is taken any more.
    over(&mut model, Unkept::Same);
    say(&mut model, Stream::Stdout, "too late");
    assert!(!shown(&mut model, 80, 24).contains("too late"));
}

#[test]
fn a_lab_says_which_of_its_services_are_up() {
    let cases: [(&[(&str, Warmth)], &str); 4] = [
        (&[], "kafka down, postgres down"),
        (
            &[
                ("kafka", Warmth::Up("native".into())),
                ("redis", Warmth::Starting),
            ],
            "kafka up (native), postgres down",
        ),
        (
            &[("kafka", Warmth::Failed), ("postgres", Warmth::Starting)],
            "kafka failed, postgres starting",
        ),
        (
            &[
                ("kafka", Warmth::Up("docker".into())),
                ("postgres", Warmth::Up("docker".into())),
            ],
            "kafka up (docker), postgres up (docker)",
        ),
    ];
    for (kept, told) in cases {
        let kept = kept
            .iter()
            .map(|(name, warmth)| ((*name).to_owned(), warmth.clone()));
        let needed = ["kafka".to_owned(), "postgres".to_owned()];
        assert_eq!(Services(kept.collect()).told(&needed), told);
    }
}

#[test]
fn services_are_looked_at_where_a_lab_needs_them() {
    let mut model = plain();
    assert!(!press(&mut model, "enter esc").contains(&Cmd::ReadServices));
    press(&mut model, "right right");
    assert!(press(&mut model, "enter").contains(&Cmd::ReadServices));
    let lab = "kafka-producer-consumer".to_owned();
    let texts = Box::new(super::cast::texts());
    update(&mut model, Msg::Lab { lab, texts });
    assert!(shown(&mut model, 80, 24).contains("needs kafka, postgres"));
    let up = [("kafka".to_owned(), Warmth::Up("native".into()))];
    update(&mut model, Msg::Services(Services(up.into())));
    both("services_lab", &mut model);
    assert_eq!(press(&mut model, "esc"), [Cmd::ReadServices]);
    both("services_map", &mut model);
}
