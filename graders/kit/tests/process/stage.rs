//! What every trial stands on: a folder, a mark that all its processes carry, and the look for
//! processes that were left.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use libtest_mimic::Trial;
use mastery_kit::{
    process::{Launch, Program, ProgramHandle, Supervisor, environment, ready::await_ready},
    spec::Ready,
    wait::{Look, until},
};
use tempfile::TempDir;

/// Long enough for a loaded machine; reached only by a failure.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) supervisor: Supervisor,
    mark: String,
}

impl Stage {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            folder: TempDir::new().unwrap(),
            supervisor: Supervisor::new(std::env::current_exe().unwrap()),
            mark: format!("{}-{number}", std::process::id()),
        }
    }

    pub(crate) fn launch(&self, command: &[&str]) -> Launch {
        self.launch_with(command, &[])
    }

    pub(crate) fn launch_with(&self, command: &[&str], set: &[(&str, &str)]) -> Launch {
        let words = command.iter().map(ToString::to_string).collect();
        let mut launch = Launch::new("api", words, self.folder.path().to_owned());
        let mut env: BTreeMap<String, String> = set
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        env.extend([self.mark()]);
        launch.environment = environment(std::env::vars_os(), &env);
        launch.logs = Some(self.folder.path().join("logs"));
        launch
    }

    /// The variable that all its processes carry.
    pub(crate) fn mark(&self) -> (String, String) {
        ("TRIAL_MARK".to_owned(), self.mark.clone())
    }

    pub(crate) async fn start(&self, command: &[&str]) -> Program {
        (self.supervisor.start(self.launch(command)).await).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) async fn sh(&self, script: &str) -> Program {
        self.start(&["sh", "-c", script]).await
    }

    pub(crate) async fn python(&self, script: &str) -> Program {
        self.start(&["python3", "-uc", script]).await
    }

    /// Processes that carry the mark; a zombie carries nothing.
    pub(crate) fn left(&self) -> Vec<String> {
        let wanted = format!("TRIAL_MARK={}\0", self.mark);
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter(|entry| {
                let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
                String::from_utf8_lossy(&environ).contains(&wanted)
            })
            .map(|entry| {
                let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
                format!("{} {}", entry.file_name().display(), name.trim())
            })
            .collect()
    }

    pub(crate) async fn nothing_left(&self) {
        let looked = until::<(), String, _, _>(LONG, || async {
            let left = self.left();
            if left.is_empty() {
                Look::Ready(())
            } else {
                Look::NotYet(left.join(", "))
            }
        });
        looked.await.unwrap_or_else(|why| panic!("left: {why}"));
    }

    pub(crate) fn read(&self, path: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.folder.path().join(path)).unwrap()
    }
}

/// Waits until the program has printed such a line.
pub(crate) async fn says(program: &ProgramHandle, pattern: &str) {
    let pattern = pattern.to_owned();
    let ready = Ready::Line { pattern };
    let said = await_ready(program, &ready, None, LONG, drop).await;
    said.unwrap_or_else(|why| panic!("{why} {:?}", program.last_lines(20)));
}

/// A trial on a stage of its own, after which nothing may be left.
pub(crate) fn trial<F, Fut>(name: &str, act: F) -> Trial
where
    F: FnOnce(std::sync::Arc<Stage>) -> Fut + Send + 'static,
    Fut: Future<Output = ()>,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let stage = std::sync::Arc::new(Stage::new());
            act(std::sync::Arc::clone(&stage)).await;
            stage.nothing_left().await;
        });
        Ok(())
    })
}
