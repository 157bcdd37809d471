//! `mastery watch`.

mod front;

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    thread,
};

use mastery_kit::spec::ServiceKind;

use self::front::Teller;
use super::{grade::backend, services};
use crate::{
    app::{
        scope,
        supply::BackendChoice,
        warm,
        watch::{
            self as app, EndedBy, Manner,
            machine::{Happening, Mode, POLL},
        },
    },
    cli::{
        context::Context,
        error::{CommandResult, Ending},
        ui::Ui,
    },
    report::words::{Line, Tone},
    workspace::Workspace,
};

/// Grade a lab again at each save
///
/// Grades at once and then whenever a file of the lab is saved that git does not ignore. What did
/// not pass the last time is checked first. A save during a run ends it: the newest code is graded. An
/// attempt is kept when its verdicts are not those of the one before. Services the lab needs are
/// brought up once and stay up, as by `mastery services up`. Enter grades without a save, ^C ends.
///
/// Exit codes: 0 it watched until ^C, 2 usage, 3 broken curriculum, 4 this machine stands in the
/// way, 130 ^C ended it in the middle of a run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A lab or a challenge; without: the one whose folder you stand in, or that you started last
    lab: Option<String>,

    /// Look at the folder every 250 ms instead of waiting for events; chosen by itself where the
    /// system has none to give
    #[arg(long, conflicts_with = "manual")]
    poll: bool,

    /// Look at nothing: only Enter grades
    #[arg(long)]
    manual: bool,

    /// Where the lab's services run: auto, docker or native; else `backend` of mastery.toml
    #[arg(long, value_name = "BACKEND")]
    backend: Option<BackendChoice>,

    /// Show what your program prints as it prints it
    #[arg(long, short)]
    verbose: bool,
}

impl Args {
    fn mode(&self) -> Mode {
        match (self.poll, self.manual) {
            (_, true) => Mode::Manual,
            (true, false) => Mode::Poll,
            (false, false) => Mode::Events,
        }
    }
}

pub(crate) fn run(ui: &Ui, context: &Context, args: &Args) -> CommandResult {
    let (here, workspace, unit) =
        context.started(args.lab.as_deref(), "One lab is watched at a time", "watch")?;
    let curriculum = context.curriculum()?;
    let backend = backend(args.backend, &workspace);
    if !warmed(ui, &workspace, &unit.services, backend) {
        return Ok(Ending::Interrupted);
    }
    let place = scope::place(unit);
    let shown = app::shown(&workspace.folder(&place), &here);
    let teller = Teller {
        ui,
        workspace: &workspace,
        curriculum,
        unit,
        supervisor: Context::supervisor()?,
        backend,
        verbose: args.verbose,
        shown: &shown,
        told: front::Told::before(app::open_checks(&workspace, unit)?),
    };
    ui.say(&greeting(ui, args.mode(), &shown));
    let (tell, told) = app::channel();
    listen(tell.clone());
    let manner = Manner {
        mode: args.mode(),
        ended_by: EndedBy::Signals,
    };
    let cut = app::watch(&workspace, &place, manner, (tell, told), &teller)?;
    Ok(if cut {
        Ending::Interrupted
    } else {
        Ending::Good
    })
}

fn greeting(ui: &Ui, mode: Mode, shown: &str) -> String {
    let how = match mode {
        Mode::Events => {
            format!("Watching {shown}: each save is graded. Enter grades at once, ^C ends.")
        }
        Mode::Poll => format!(
            "Watching {shown}, looked at every {} ms: each save is graded. Enter grades at once, ^C ends.",
            POLL.as_millis()
        ),
        Mode::Manual => format!("Enter grades {shown}, ^C ends. Saves are not looked for."),
    };
    format!("{}\n", Line::new().then(Tone::Dim, how).render(ui.out))
}

/// Brings up what the lab needs and is not up; false when that was stopped. What cannot be had is
/// told, here and by each run.
fn warmed(ui: &Ui, workspace: &Workspace, kinds: &[ServiceKind], backend: BackendChoice) -> bool {
    let up = warm::joinable(workspace);
    let is_up = |kind: &ServiceKind| up.iter().any(|one| one.kind == *kind);
    if kinds.iter().all(is_up) {
        return true;
    }
    let came = services::bring_up(ui, workspace, kinds, backend);
    came.unwrap_or_else(|error| {
        error.tell(ui);
        true
    })
}

/// Each line on standard input asks for a run. Not where a terminal belongs to somebody else now:
/// to read from it would stop us.
fn listen(tell: tokio::sync::mpsc::Sender<Happening>) {
    let stdin = io::stdin();
    let is_ours = !stdin.is_terminal()
        || rustix::termios::tcgetpgrp(&stdin)
            .is_ok_and(|group| group == rustix::process::getpgrp());
    if !is_ours {
        return;
    }
    // It ends with the process: nothing can take it out of its wait for a line.
    drop(thread::spawn(move || {
        for line in stdin.lock().lines() {
            if line.is_err() || tell.blocking_send(Happening::Asked).is_err() {
                break;
            }
        }
        drop(tell.blocking_send(Happening::Hushed));
    }));
}
