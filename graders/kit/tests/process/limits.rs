//! What programs may take.

use std::{sync::Arc, time::Duration};

use libtest_mimic::Trial;
use mastery_kit::{
    process::{End, ports},
    verdict::Exit,
};

use crate::stage::{LONG, Stage, says, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("who_takes_too_much_memory_is_ended_and_told_so", memory),
        trial("memory_of_the_children_counts", memory_of_children),
        trial("memory_that_is_shared_counts_once", shared_memory),
        trial("files_and_descriptors_are_limited", files),
        trial("what_a_program_uses_can_be_read", resources),
        trial("free_ports_are_free", free_ports),
    ]
}

async fn memory(stage: Arc<Stage>) {
    let script =
        "import time\nkept = []\nwhile True:\n kept.append(b'x' * 4_000_000)\n time.sleep(0.005)";
    let mut launch = stage.launch(&["python3", "-uc", script]);
    launch.limits.memory_mib = 100;
    let program = stage.supervisor.start(launch).await.unwrap();
    let End::Died(death) = program.ended().await else {
        panic!("not told as a death");
    };
    assert!(
        matches!(death.exit, Exit::Memory { used_mib, limit_mib: 100 } if used_mib >= 100),
        "{death:?}"
    );
    assert!(program.gone().await.forced);
}

async fn memory_of_children(stage: Arc<Stage>) {
    let script = "import os, time\n\
        for _ in range(4):\n if os.fork() == 0:\n  os.setsid()\n  kept = b'x' * 40_000_000\n  time.sleep(1000)\n\
        time.sleep(1000)";
    let mut launch = stage.launch(&["python3", "-uc", script]);
    launch.limits.memory_mib = 100;
    let program = stage.supervisor.start(launch).await.unwrap();
    let end = program.ended().await;
    assert!(
        matches!(&end, End::Died(death) if matches!(death.exit, Exit::Memory { .. })),
        "{end:?}"
    );
}

async fn shared_memory(stage: Arc<Stage>) {
    let script = "import os, time\nkept = b'x' * 60_000_000\n\
        for _ in range(6):\n if os.fork() == 0:\n  time.sleep(1000)\n\
        print('up')\ntime.sleep(1000)";
    let mut launch = stage.launch(&["python3", "-uc", script]);
    launch.limits.memory_mib = 200;
    let program = stage.supervisor.start(launch).await.unwrap();
    says(&program, "^up$").await;
    assert!(program.resources().resident > 300 * 1024 * 1024);
    // Several looks of the supervisor.
    assert_eq!(program.settle(Duration::from_millis(300)).await, None);
    program.kill().await;
}

async fn files(stage: Arc<Stage>) {
    let script = "ulimit -n; ulimit -c; head -c 2000000 /dev/zero > big; exit 0";
    let mut launch = stage.launch(&["sh", "-c", script]);
    launch.limits.open_files = 123;
    launch.limits.file_bytes = 1_000_448;
    let finished = stage.supervisor.run(launch, None, LONG).await.unwrap();
    assert_eq!(finished.output.stdout.text(), "123\n0\n");
    assert_eq!(stage.read("big").len(), 1_000_448);
}

async fn resources(stage: Arc<Stage>) {
    let program = stage
        .python("import time\nkept = b'x' * 30_000_000\nfor n in range(3_000_000): pass\nprint('up')\ntime.sleep(1000)")
        .await;
    says(&program, "^up$").await;
    let used = program.resources();
    assert!(
        used.resident > 30_000_000 && used.peak >= used.resident,
        "{used:?}"
    );
    assert!(used.cpu > Duration::ZERO, "{used:?}");
    assert_eq!((used.processes, used.threads), (1, 1), "{used:?}");
    assert!(used.files >= 3, "{used:?}");
    program.kill().await;
}

async fn free_ports(_stage: Arc<Stage>) {
    let mut free = ports::free_ports(20).unwrap();
    for port in &free {
        assert!(std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok());
    }
    free.sort_unstable();
    free.dedup();
    assert_eq!(free.len(), 20);
}
