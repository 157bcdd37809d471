//! Where it happens: a home, a cache and a folder for temporary files of its own, and a workspace
//! with the Kafka lab and `rest-api` started.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use mastery::app::supply::{BackendChoice, Supply};
use mastery_kit::{
    process::Supervisor,
    service::native::Native,
    spec::ServiceKind::{Kafka, Postgres},
};
use tempfile::TempDir;

use crate::{
    asked::{Asked, Backend, Program},
    kill::Aim,
};

/// The lab with services, and one without, which is over in a second.
pub(crate) const KAFKA: &str = "kafka-producer-consumer";
pub(crate) const REST: &str = "rest-api";
/// The first thing the Kafka lab asks.
const KAFKA_CHECK: &str = "fills_become_positions";
const REST_CHECK: &str = "v1_wire_is_frozen";

const IDLE_SUBMISSION: &str = r#"schema = 1
lab = "kafka-producer-consumer"

[[program]]
name = "gateway"
run = ["python3", "idle.py"]
ready = "http:/healthz"
ports = ["PORT"]

[[program]]
name = "positions"
run = ["python3", "idle.py"]
ready = "http:/healthz"
ports = ["PORT"]
"#;

const IDLE_PROGRAM: &str = r#"import http.server, os


class Idle(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Idle).serve_forever()
"#;

pub(crate) struct Ground {
    folder: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) backend: Backend,
}

/// Why nothing can be tried here.
pub(crate) fn missing(backend: Backend) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let binary = env!("CARGO_BIN_EXE_mastery").into();
    let supply = Supply::here(BackendChoice::Auto, Supervisor::new(binary));
    runtime.block_on(async {
        match backend {
            Backend::Native => {
                let native = Native::new(supply.cache, supply.supervisor);
                for kind in [Kafka, Postgres] {
                    if let Err(missing) = native.found(kind).await {
                        return Some(missing.why);
                    }
                }
            }
            Backend::Docker => {
                for kind in [Kafka, Postgres] {
                    match supply.docker.is_local(kind).await {
                        Ok(true) => {}
                        Ok(false) => return Some(format!("no image of {}", kind.name())),
                        Err(error) => return Some(error.why),
                    }
                }
            }
        }
        None
    })
}

impl Ground {
    pub(crate) fn new(asked: &Asked) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("mastery-faults-")
            .tempdir()
            .unwrap();
        let root = folder.path().canonicalize().unwrap();
        // Postgres runs as another user where we are root: it must reach what lies in here.
        let open = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        open(&root, 0o711);
        for name in ["home", "mark", "tmp"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        open(&root.join("tmp"), 0o1777);
        let identity = "[user]\n\tname = Ada\n\temail = ada@example.org\n";
        fs::write(root.join("home/.gitconfig"), identity).unwrap();
        let ground = Self {
            folder,
            root,
            backend: asked.backend,
        };
        ground.link_cache();
        ground.good(".", &["init", "ws"])?;
        ground.good("ws", &["start", REST, "--lang", "python"])?;
        ground.good("ws", &["start", KAFKA, "--lang", "python"])?;
        if asked.program == Program::Idle {
            ground.lay_idle_program("ws");
        }
        // Packages are installed and templates made once: no kill waits for a network.
        let (backend, codes) = (asked.backend.to_string(), [0, 1, 4]);
        let words = ["grade", KAFKA, "--only", KAFKA_CHECK, "--backend", &backend];
        ground.ends(&words, &codes)?;
        Ok(ground)
    }

    /// The programs of the real cache; what is made from them is made here, and may be killed midway.
    fn link_cache(&self) {
        let supply = Supply::here(
            BackendChoice::Auto,
            Supervisor::new(env!("CARGO_BIN_EXE_mastery").into()),
        );
        let here = self.root.join("cache/mastery/services");
        fs::create_dir_all(&here).unwrap();
        for part in ["kafka", "jre", "postgres", "redis"] {
            symlink(supply.cache.join(part), here.join(part)).unwrap();
        }
    }

    /// Another workspace with the Kafka lab and the idle program, `ws2`.
    pub(crate) fn second_workspace(&self) -> Result<(), String> {
        self.good(".", &["init", "ws2"])?;
        self.good("ws2", &["start", KAFKA, "--lang", "python"])?;
        self.lay_idle_program("ws2");
        Ok(())
    }

    pub(crate) fn kafka_lab(&self, workspace: &str) -> PathBuf {
        let labs = self
            .root
            .join(workspace)
            .join("week-04-distributed-systems/labs");
        labs.join(KAFKA)
    }

    fn lay_idle_program(&self, workspace: &str) {
        let lab = self.kafka_lab(workspace);
        fs::write(lab.join("submission.toml"), IDLE_SUBMISSION).unwrap();
        fs::write(lab.join("idle.py"), IDLE_PROGRAM).unwrap();
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.root.join("ws")
    }

    /// What all that is started here carries in its environment, or works or lies below.
    pub(crate) fn mark(&self) -> &Path {
        self.folder.path()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the binary under test is started as a shell does"
    )]
    pub(crate) fn command(&self, folder: &str, args: &[&str]) -> Command {
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        path.push(":");
        path.push(self.root.join("mark"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_mastery"));
        command
            .args(args)
            .current_dir(self.root.join(folder))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.root.join("home"))
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env("XDG_CONFIG_HOME", self.root.join("none"))
            .env("TMPDIR", self.root.join("tmp"))
            .envs(engine())
            .stdin(Stdio::null());
        command
    }

    /// `mastery grade LAB`, on the backend that is asked for.
    pub(crate) fn grading(&self, lab: &str) -> Command {
        let backend = self.backend.to_string();
        self.command("ws", &["grade", lab, "--backend", &backend])
    }

    /// Takes away what is made once of the services' programs, here and not in the real cache.
    pub(crate) fn forget_made(&self) {
        fs::remove_dir_all(self.root.join("cache/mastery/services/made")).ok();
    }

    /// The start after a kill, which sweeps first.
    pub(crate) fn start_once_more(&self, aim: &Aim) -> Vec<String> {
        let (lab, check) = self.next(aim);
        let backend = self.backend.to_string();
        let args = ["grade", lab, "--only", check, "--backend", &backend];
        self.ends(&args, &[0, 1]).err().into_iter().collect()
    }

    /// The lab of that start and its check. The shorter lab will do, but not where something has to be
    /// made again, and not on an engine: one that was asked before the kill may make a container after
    /// that sweep, and only the end of a run that uses it sweeps again.
    pub(crate) fn next(&self, aim: &Aim) -> (&'static str, &'static str) {
        match (self.backend, aim) {
            (Backend::Native, Aim::Moment(_) | Aim::Keeping(_)) => (REST, REST_CHECK),
            (Backend::Native, Aim::Cold(_)) | (Backend::Docker, _) => (KAFKA, KAFKA_CHECK),
        }
    }

    fn good(&self, folder: &str, args: &[&str]) -> Result<(), String> {
        told(args, &self.command(folder, args).output().unwrap(), &[0])
    }

    fn ends(&self, args: &[&str], codes: &[i32]) -> Result<(), String> {
        told(args, &self.command("ws", args).output().unwrap(), codes)
    }
}

fn told(args: &[&str], output: &Output, codes: &[i32]) -> Result<(), String> {
    let is_good = |code| codes.contains(&code);
    let said = String::from_utf8_lossy(&output.stdout);
    let is_stalled = ["stood still", "was not ready within"]
        .iter()
        .any(|one| said.contains(one));
    // A machine that is too busy is no trace of a kill.
    if output.status.code().is_some_and(is_good) || is_stalled {
        return Ok(());
    }
    Err(format!(
        "mastery {} ended with {}:\n{}{}",
        args.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Where the engine is and which images it has.
fn engine() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        name == "DOCKER_HOST" || name.starts_with("MASTERY_IMAGE_")
    })
}
