//! How much room our caches take, for `mastery doctor`.

use std::{fs, path::Path};

use mastery_kit::process::Supervisor;

use super::{
    doctor::Finding,
    supply::{BackendChoice, Supply},
};
use crate::{
    report::words::{counted, size},
    workspace::{OWN, Workspace},
};

/// Above this a cache is worth a word.
const MUCH: u64 = 5_000_000_000;

/// One finding for the services' cache, and one for what runs and builds left in a workspace.
pub(super) fn examine(workspace: Option<&Workspace>, supervisor: &Supervisor) -> Vec<Finding> {
    let supply = Supply::here(BackendChoice::Auto, supervisor.clone());
    let mut findings = vec![services(&supply.cache)];
    findings.extend(workspace.map(runs));
    findings
}

fn services(cache: &Path) -> Finding {
    let subject = "services cache";
    let place = cache.display();
    let halves = fs::read_dir(cache.join("downloads")).into_iter().flatten();
    let halves = halves
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "part"))
        .count();
    if halves > 0 {
        let found = format!("{} cut off, in {place}", counted(halves as u64, "download"));
        return Finding::optional(subject, found)
            .deed("`mastery services fetch` goes on where it stopped.");
    }
    match room(cache) {
        0 => Finding::good(subject, format!("empty ({place})")),
        bytes if bytes > MUCH => Finding::optional(subject, format!("{} in {place}", size(bytes)))
            .deed(format!(
                "Make room, and fetch again what you need: rm -r '{place}'; mastery services fetch"
            )),
        bytes => Finding::good(subject, format!("{} in {place}", size(bytes))),
    }
}

fn runs(workspace: &Workspace) -> Finding {
    let own = workspace.root.join(OWN);
    let subject = "run folders";
    let folders = fs::read_dir(own.join("runs"))
        .into_iter()
        .flatten()
        .flatten();
    let runs = counted(folders.count() as u64, "run");
    let bytes = room(&own);
    let found = format!("{runs}, {} in {OWN}", size(bytes));
    if bytes > MUCH {
        Finding::optional(subject, found).deed(format!(
            "Attempts are kept in git; their folders may go: rm -r '{}'",
            own.join("runs").display()
        ))
    } else {
        Finding::good(subject, found)
    }
}

/// Bytes of all files below a folder; links are not followed.
fn room(folder: &Path) -> u64 {
    let mut open = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                Ok(meta) => bytes += meta.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}
