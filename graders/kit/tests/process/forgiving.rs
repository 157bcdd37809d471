//! Programs that end after a fault and are started again.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use libtest_mimic::Trial;
use mastery_kit::{
    process::Limits,
    spec::RunSpec,
    stage::{self, Cast, Control, StageEvent},
    stop,
    wait::{Look, until},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{LONG, Stage, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "each_fault_may_end_a_program_three_times",
        three_times_for_each_fault,
    )]
}

async fn three_times_for_each_fault(ground: Arc<Stage>) {
    let restarts = Arc::new(AtomicU32::new(0));
    let theatre = theatre(&ground, &restarts);
    let control = theatre.control("api");
    control.start().await.unwrap();
    // What one fault leaves over must not be in the way of the next.
    for deaths in [2, 3] {
        control.forgive();
        for _ in 0..deaths {
            let before = dies(&control);
            let back = until::<(), (), _, _>(LONG, || async {
                let now = control.handle().map(|handle| handle.pid());
                if control.is_running() && now.is_ok_and(|pid| pid != before) {
                    Look::Ready(())
                } else {
                    Look::NotYet("it is not back".to_owned())
                }
            });
            back.await.unwrap();
        }
    }
    assert_eq!(restarts.load(Ordering::SeqCst), 5);
    dies(&control);
    let handle = control.handle().unwrap();
    handle.ended().await;
    let (_sender, mut stop) = stop::channel();
    theatre.clear(&mut stop).await;
    assert_eq!(restarts.load(Ordering::SeqCst), 5);
}

/// Kills the program from outside; which process that was.
fn dies(control: &Control) -> u32 {
    let pid = control.handle().unwrap().pid();
    let process = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(process, Signal::KILL).unwrap();
    pid
}

fn theatre(ground: &Stage, restarts: &Arc<AtomicU32>) -> stage::Stage {
    let launch = ground.launch(&["sleep", "1000"]);
    let counted = Arc::clone(restarts);
    stage::Stage::new(Cast {
        specs: vec![RunSpec {
            name: "api".to_owned(),
            build: Vec::new(),
            command: launch.command.clone(),
            env: BTreeMap::new(),
            ports: Vec::new(),
            ready: None,
            start_limit: LONG,
            grace: Duration::from_secs(1),
        }],
        directory: ground.folder.path().to_owned(),
        shown_directory: "trial".to_owned(),
        logs: ground.folder.path().join("logs"),
        limits: Limits::default(),
        supervisor: ground.supervisor.clone(),
        environment: BTreeMap::from([ground.mark()]),
        own: BTreeMap::new(),
        given: Vec::new(),
        tell: Arc::new(move |event| {
            let is_restart =
                matches!(&event, StageEvent::Note(text) if text.contains("started again"));
            counted.fetch_add(u32::from(is_restart), Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        }),
    })
}
