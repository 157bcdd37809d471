//! Services that end or never begin: what is told, and that nothing is left.

use std::{env, time::Duration};

use libtest_mimic::Trial;
use mastery_kit::{
    process::{Launch, Supervisor, environment},
    spec::ServiceKind,
    wait::{Look, until},
};
use testcontainers::{
    bollard::query_parameters::KillContainerOptions, core::client::docker_client_instance,
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::stage::{Stage, ours, trial};

/// Long enough for a loaded machine; reached only by a failure.
const LONG: Duration = Duration::from_mins(1);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_server_that_dies_tells_how_and_what_it_said", died),
        trial(
            "a_server_that_takes_too_much_memory_is_known_by_it",
            out_of_memory,
        ),
        trial(
            "a_server_that_refuses_its_start_tells_what_it_said",
            refused,
        ),
        trial("an_image_that_runs_nothing_leaves_nothing", runs_nothing),
        trial("a_start_that_is_too_slow_leaves_nothing", too_slow),
        trial("an_image_that_is_not_here_is_not_pulled", not_here),
        trial(
            "what_a_killed_owner_left_is_swept_and_the_living_are_spared",
            sweep,
        ),
    ]
}

async fn died(stage: Stage) {
    let held = stage.start(ServiceKind::Redis).await;
    let client = docker_client_instance().await.unwrap();
    let options = None::<KillContainerOptions>;
    client
        .kill_container(held.container(), options)
        .await
        .unwrap();
    let ended = until(LONG, async || match held.ended().await {
        Some(ended) => Look::<_, String>::Ready(ended),
        None => Look::NotYet("it runs".into()),
    });
    let ended = ended.await.unwrap();
    assert!(ended.why.contains("exited with code 137"), "{ended}");
    assert!(ended.why.contains("Ready to accept connections"), "{ended}");
    held.stop().await.unwrap();
}

async fn out_of_memory(stage: Stage) {
    let held = stage.start(ServiceKind::Redis).await;
    let mut stream = TcpStream::connect(held.endpoint().address()).await.unwrap();
    for key in ["a", "b"] {
        let command = format!("SETRANGE {key} 400000000 x\r\n");
        // The second may meet a server that is gone.
        drop(stream.write_all(command.as_bytes()).await);
    }
    let ended = until(LONG, async || match held.ended().await {
        Some(ended) => Look::<_, String>::Ready(ended),
        None => Look::NotYet("it runs".into()),
    });
    let why = ended.await.unwrap().why;
    assert!(why.contains("needed more memory than it may have"), "{why}");
    held.stop().await.unwrap();
}

async fn refused(mut stage: Stage) {
    // Redis takes Postgres's options for its own, and ends.
    stage
        .docker
        .images
        .postgres
        .clone_from(&stage.docker.images.redis);
    let error = stage
        .docker
        .start(&stage.request(ServiceKind::Postgres))
        .await
        .err()
        .unwrap();
    assert!(
        error
            .why
            .contains("Postgres ended: its container exited with code"),
        "{error}"
    );
    assert!(error.why.contains("It said last:"), "{error}");
}

async fn runs_nothing(mut stage: Stage) {
    // Kafka's image has no entrypoint that would take options.
    stage
        .docker
        .images
        .redis
        .clone_from(&stage.docker.images.kafka);
    let error = stage
        .docker
        .start(&stage.request(ServiceKind::Redis))
        .await
        .err()
        .unwrap();
    assert!(error.why.contains("starting Redis"), "{error}");
}

async fn too_slow(stage: Stage) {
    let mut request = stage.request(ServiceKind::Kafka);
    request.limit = Duration::from_millis(300);
    let error = stage.docker.start(&request).await.err().unwrap();
    assert!(error.why.contains("was not ready within"), "{error}");
    let gone = until(LONG, async || match ours().await.len() {
        0 => Look::<_, String>::Ready(()),
        left => Look::NotYet(format!("{left} containers")),
    });
    gone.await.unwrap();
}

async fn not_here(mut stage: Stage) {
    stage.docker.images.redis = "mastery.invalid/no-such-image:1".into();
    assert_eq!(stage.docker.is_local(ServiceKind::Redis).await, Ok(false));
    let error = stage
        .docker
        .start(&stage.request(ServiceKind::Redis))
        .await
        .err()
        .unwrap();
    let unlock = error.unlock.unwrap();
    assert_eq!(unlock, "docker pull mastery.invalid/no-such-image:1");
    let pulled = stage.docker.pull(ServiceKind::Redis, |_| {}, LONG).await;
    let why = pulled.unwrap_err().why;
    assert!(
        why.contains("mastery.invalid/no-such-image:1 could not be pulled"),
        "{why}"
    );
}

async fn sweep(stage: Stage) {
    let spared = stage.start(ServiceKind::Redis).await;
    let exe = env::current_exe().unwrap();
    let words = vec![exe.display().to_string(), "__owner".into()];
    let mut launch = Launch::new("owner", words, stage.folder.path().to_owned());
    let set = env::vars().filter(|(name, _)| {
        name == "DOCKER_HOST" || name == "TMPDIR" || name.starts_with("MASTERY_IMAGE_")
    });
    launch.environment = environment(env::vars_os(), &set.collect());
    let owner = Supervisor::new(exe).start(launch).await.unwrap();
    let started = until(LONG, async || {
        let said = owner.last_lines(5).join("\n");
        if said.contains("started ") {
            Look::Ready(())
        } else if owner.has_ended() {
            Look::Never(said)
        } else {
            Look::NotYet(said)
        }
    });
    started.await.unwrap();
    assert_eq!(stage.docker.sweep().await, Ok(0), "its owner lives");
    owner.kill().await;
    assert_eq!(ours().await.len(), 3);
    assert_eq!(stage.docker.sweep().await, Ok(2));
    assert_eq!(ours().await, [spared.container()]);
    spared.stop().await.unwrap();
}
