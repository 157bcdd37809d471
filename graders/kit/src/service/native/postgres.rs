//! Postgres: a copy of a template that was initialised once, with settings for throw-away data.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    net::Ipv4Addr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::{
    Native,
    found::{FETCH, Found},
    ground::Ground,
    held::Held,
    made::Place,
    starting::{Starting, not_started},
    tree,
};
use crate::{
    process::Farewell,
    service::{Endpoint, Postgres, Role},
    verdict::BenchError,
};

/// The superuser: the bench.
const BENCH: &str = "mastery";
/// The role of programs. REPLICATION, because a relay may read the log; no superuser, because the
/// bench needs the connections that are reserved for one.
const PROGRAM: &str = "learner";
const INITDB_LIMIT: Duration = Duration::from_mins(1);
/// A fast shutdown ends its clients' sessions and takes some milliseconds.
const GRACE: Duration = Duration::from_secs(5);

/// Nothing outlives a run, so nothing is synchronised; nothing lies outside of its folder.
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
superuser_reserved_connections = 10
authentication_timeout = '10s'
shared_buffers = '16MB'
dynamic_shared_memory_type = 'mmap'
huge_pages = off
jit = off
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = logical
max_wal_size = '256MB'
timezone = 'UTC'
log_timezone = 'UTC'
";

pub(crate) async fn start(starting: &Starting<'_>) -> Result<Held, BenchError> {
    let (native, scratch) = (starting.native, &starting.request.scratch);
    let ground = Ground::find(native, &starting.found.program, scratch).await?;
    let template = template(native, starting.found, &ground, scratch).await?;
    let disk = |error: io::Error| {
        let files = ground.files.display();
        BenchError::new(format!("The files of Postgres in {files}: {error}."))
            .unlock("free some space there")
    };
    let settings = settings(starting.found.version.major());
    let (from, to, user) = (template.join("data"), ground.data(), ground.user);
    let copied = tokio::task::spawn_blocking(move || {
        tree::copy(&from, &to, user)?;
        fs::write(to.join("postgresql.conf"), settings)
    });
    copied
        .await
        .map_err(io::Error::other)
        .flatten()
        .map_err(disk)?;
    let password = fs::read_to_string(template.join("password")).map_err(disk)?;
    let role = Role {
        user: PROGRAM.to_owned(),
        password: secret().map_err(disk)?,
    };
    let launch = |port: u16| {
        let server = ground.programs.join("bin/postgres").display().to_string();
        let data = ground.data().display().to_string();
        let command = vec![server, "-D".into(), data, "-p".into(), port.to_string()];
        let mut launch = native.launch("postgres", command, &ground.files);
        launch.user = ground.user;
        launch.farewell = Farewell::Interrupt;
        launch
    };
    let look = async |port: u16, _: &_| connect(port, &password, &role).await;
    let (port, program, version) = starting.on_a_port(launch, look).await?;
    let endpoint = Endpoint::Postgres(Postgres {
        address: (Ipv4Addr::LOCALHOST, port).into(),
        user: BENCH.to_owned(),
        password,
        program: role,
        version,
    });
    Ok(Held::new(endpoint, program).on(ground, native, GRACE))
}

/// Makes the template in the cache.
pub(crate) async fn prepare(native: &Native, found: &Found) -> Result<(), BenchError> {
    let made = native.cache.made();
    let scratch = made.join(format!(".postgres-{}", std::process::id()));
    let disk = |error: io::Error| {
        BenchError::new(format!("{} cannot be written: {error}.", scratch.display()))
            .unlock("free some space there, or set another XDG_CACHE_HOME")
    };
    fs::create_dir_all(&scratch).map_err(disk)?;
    let prepared = async {
        let ground = Ground::find(native, &found.program, &scratch).await?;
        template(native, found, &ground, &scratch).await
    };
    let prepared = prepared.await;
    fs::remove_dir_all(&scratch).map_err(disk)?;
    prepared.map(drop)
}

fn settings(major: u64) -> String {
    // Workers that read ahead are new in 18; three more processes for nothing here.
    let since_18 = if major >= 18 {
        "io_method = 'sync'\n"
    } else {
        ""
    };
    format!("{SETTINGS}{since_18}")
}

/// A folder with `data`, initialised and never started, and the `password` of its superuser.
async fn template(
    native: &Native,
    found: &Found,
    ground: &Ground,
    scratch: &Path,
) -> Result<PathBuf, BenchError> {
    let key = tree::key(&[&found.program.join("bin/postgres")]);
    let name = format!("postgres-{}-{key}", found.version);
    let place = Place {
        kept: &native.cache.made(),
        scratch: &scratch.join("made"),
        name: &name,
    };
    let made = place.find_or_make(async |folder: PathBuf| {
        let disk = |error: io::Error| {
            BenchError::new(format!("Postgres cannot be initialised: {error}."))
                .unlock("free some disk space")
        };
        let password = secret().map_err(disk)?;
        let fresh = initdb(native, ground, &password).await?;
        // The program's own files would be its user's; the template is ours.
        tree::copy(&fresh, &folder.join("data"), None).map_err(disk)?;
        fs::remove_dir_all(&fresh).map_err(disk)?;
        write_secret(&folder.join("password"), &password).map_err(disk)
    });
    made.await
}

async fn initdb(native: &Native, ground: &Ground, password: &str) -> Result<PathBuf, BenchError> {
    let data = ground.files.join("initialised");
    let secret = ground.files.join("initial-password");
    let written = write_secret(&secret, password).and_then(|()| tree::give(&secret, ground.user));
    written.map_err(|error| {
        BenchError::new(format!("{} cannot be written: {error}.", secret.display()))
            .unlock("free some space there")
    })?;
    let command = [
        &ground.programs.join("bin/initdb").display().to_string(),
        "--pgdata",
        &data.display().to_string(),
        "--username",
        BENCH,
        "--auth",
        "scram-sha-256",
        "--pwfile",
        &secret.display().to_string(),
        "--encoding",
        "UTF8",
        "--locale",
        "C",
        "--no-sync",
        "--no-instructions",
        "--wal-segsize",
        "4",
    ];
    let command = command.map(str::to_owned).to_vec();
    let mut launch = native.launch("initdb", command, &ground.files);
    launch.user = ground.user;
    let finished = native.supervisor.run(launch, None, INITDB_LIMIT).await;
    let finished = finished.map_err(|error| not_started("initdb", error))?;
    fs::remove_file(&secret).ok(); // its folder goes, too
    if finished.success() {
        return Ok(data);
    }
    let lines = finished.last_lines.join("\n");
    Err(BenchError::new(format!("initdb did not succeed. It said:\n{lines}")).unlock(FETCH))
}

/// Logs in, sets the role of programs up, asks for the version.
async fn connect(port: u16, password: &str, role: &Role) -> Result<String, String> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port);
    config.user(BENCH).password(password).dbname("postgres");
    let (client, connection) = config.connect(NoTls).await.map_err(|error| told(&error))?;
    let asked = async {
        let version = set_up(&client, role).await;
        drop(client); // which ends the connection
        version
    };
    let (version, ended) = tokio::join!(asked, connection);
    let version = version.map_err(|error| told(&error))?;
    ended.map_err(|error| told(&error))?;
    version.ok_or_else(|| "it tells no version".to_owned())
}

async fn set_up(client: &Client, role: &Role) -> Result<Option<String>, tokio_postgres::Error> {
    let Role { user, password } = role;
    let messages = client
        .simple_query(&format!(
            "DROP ROLE IF EXISTS {user}; \
             CREATE ROLE {user} LOGIN REPLICATION PASSWORD '{password}'; \
             SHOW server_version"
        ))
        .await?;
    let version = messages.iter().find_map(|message| {
        if let SimpleQueryMessage::Row(row) = message {
            row.get(0)
        } else {
            None
        }
    });
    // `15.13 (Debian 15.13-0+deb12u1)`
    Ok(version.and_then(|told| Some(told.split(' ').next()?.to_owned())))
}

fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

/// Thirty-two hexadecimal digits that nobody guesses.
fn secret() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

fn write_secret(path: &Path, secret: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(secret.as_bytes())
}
