//! `mastery services fetch`.

use std::{
    env,
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    app::services::{self, Offer, Package, Places, Step},
    cli::{
        context::Context,
        error::{CommandError, CommandResult, Ending},
        ui::{Lines as _, Ui},
    },
    report::words::size,
    workspace::{ErrorKind as WorkspaceErrorKind, Workspace},
};

/// Fetch Kafka, a Java for it and Postgres, to run without Docker
///
/// They come from their publishers, or from the mirror that `mirror` in `[services]` of mastery.toml
/// or `MASTERY_SERVICES_MIRROR` names: one address with `apache/`, `adoptium/` and `maven/` below it.
/// `HTTPS_PROXY` is obeyed. What comes is verified and put into the cache (`XDG_CACHE_HOME`); a fetch
/// that was cut off goes on where it stopped.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these; all but Redis without
    #[arg(value_name = "KIND")]
    kinds: Vec<Kind>,

    /// Fetch without asking
    #[arg(long, short)]
    yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Kafka,
    /// Java, which Kafka needs
    Jre,
    Postgres,
    /// Not fetched: says how to install it
    Redis,
}

pub(super) fn run(ui: &Ui, args: &Args) -> CommandResult {
    let places = places()?;
    let packages: Vec<Package> = (args.kinds.iter())
        .filter_map(|kind| match kind {
            Kind::Kafka => Some(Package::Kafka),
            Kind::Jre => Some(Package::Jre),
            Kind::Postgres => Some(Package::Postgres),
            Kind::Redis => None,
        })
        .collect();
    let all = args.kinds.is_empty();
    if args.kinds.contains(&Kind::Redis) || all && !has_redis() {
        ui.say(REDIS);
    }
    let wanted = if all { &Package::ALL[..] } else { &packages };
    let offer = services::offer(wanted, &places)?;
    let offered = offer.packages();
    if offered.is_empty() {
        if !wanted.is_empty() {
            ui.say(&format!(
                "Everything is in {} already.\n",
                places.cache.display()
            ));
        }
        return Ok(Ending::Good);
    }
    let mut text = String::new();
    for package in &offered {
        let size = package.bytes.map_or_else(|| "size unknown".into(), size);
        text.line(format!(
            "{:<9}{:<12}{size:>12}  {}",
            package.title, package.version, package.from
        ));
    }
    text.line(format!("into {}", places.cache.display()));
    ui.say(&text);
    if !args.yes && !agreed(ui)? {
        ui.say("Nothing was fetched.\n");
        return Ok(Ending::Good);
    }
    bring(ui, &offer)
}

/// Redis is small, and every system has it.
const REDIS: &str =
    "Redis is not fetched: install it with `apt install redis-server` or `brew install redis`.\n";

fn has_redis() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| {
        folder.join("redis-server").is_file() || folder.join("valkey-server").is_file()
    })
}

/// Asks whoever sits there; without anybody only `--yes` will do.
fn agreed(ui: &Ui) -> Result<bool, CommandError> {
    if !ui.watched || !io::stdin().is_terminal() {
        return Err(CommandError::user(
            "Nobody is at a terminal to be asked whether to fetch this.",
        )
        .hint("`mastery services fetch --yes` fetches without asking."));
    }
    ui.say("Fetch it? [y/N] ");
    let mut answer = String::new();
    // An answer that cannot be read is none.
    let read = io::stdin().read_line(&mut answer).unwrap_or(0);
    Ok(read > 0 && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn bring(ui: &Ui, offer: &Offer) -> CommandResult {
    let target = if ui.watched {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = "  {msg}  {bar:24} {bytes} of {total_bytes}  {bytes_per_sec}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style.progress_chars(if ui.out.ascii { "##-" } else { "━━─" }));
    }
    let fetched = offer.fetch(&mut |step| match step {
        Step::Waiting { holder } => {
            ui.warn(&format!(
                "Another fetch ({holder}) is at work here; this one waits for it.\n"
            ));
        }
        Step::Downloading { what, done, total } => {
            bar.set_message(what);
            bar.set_length(total.unwrap_or(done));
            bar.set_position(done);
        }
        Step::Unpacking { what } => bar.set_message(format!("{what}: unpacking")),
        Step::Ready { what, folder } => {
            bar.suspend(|| ui.say(&format!("{what} is ready in {}.\n", folder.display())));
            bar.reset_eta();
        }
    });
    bar.finish_and_clear();
    fetched?;
    Ok(Ending::Good)
}

/// What the environment and the workspace one stands in say.
fn places() -> Result<Places, CommandError> {
    let path = |name: &str| env::var_os(name).map(PathBuf::from);
    let cache = services::cache_of(path("XDG_CACHE_HOME"), path("HOME")).ok_or_else(|| {
        CommandError::user("There is no place for a cache: neither HOME nor XDG_CACHE_HOME is set.")
            .hint("Set HOME to your home folder.")
    })?;
    let told = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let mirror = match told("MASTERY_SERVICES_MIRROR") {
        Some(mirror) => Some(mirror),
        None => match Workspace::discover(&Context::here()?) {
            Ok(workspace) => workspace.settings.mirror,
            Err(error) if matches!(error.kind(), WorkspaceErrorKind::NotAWorkspace { .. }) => None,
            Err(error) => return Err(error.into()),
        },
    };
    Ok(Places {
        cache,
        mirror,
        proxy: told("HTTPS_PROXY").or_else(|| told("https_proxy")),
    })
}
