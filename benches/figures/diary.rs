//! `history` and `progress` in a workspace with ten thousand attempts, with the record cache and
//! without.

use std::{fs, path::Path, process::Stdio};

use git2::{Repository, Signature, Time};
use mastery::{
    app::scope::place,
    curriculum::{Curriculum, Unit},
    workspace::{self, Workspace},
};

use crate::{
    Measured,
    commands::{laid_out, succeed, tape},
    figure::{Figure, Unit as Measure},
    process::{MASTERY, command},
};

const ATTEMPTS: i64 = 10_000;

/// How long it takes to tell of ten thousand attempts.
pub(crate) fn history(folder: &Path) -> Measured<Vec<Figure>> {
    let root = folder.join("with many attempts");
    let curriculum = Curriculum::embedded()?;
    let (workspace, unit) = laid_out(&root, &curriculum)?;
    fill(&workspace, unit)?;
    let cache = root.join(workspace::OWN).join("record");
    let mut figures = Vec::new();
    for (words, name) in [
        (
            ["history", "rest-api"].as_slice(),
            [
                "`mastery history` with 10 000 attempts",
                "the same without the record cache",
            ],
        ),
        (
            ["progress"].as_slice(),
            [
                "`mastery progress` with 10 000 attempts",
                "the same without the record cache",
            ],
        ),
    ] {
        let told = command(MASTERY, words, &root)
            .stdout(Stdio::piped())
            .output()?;
        if !String::from_utf8_lossy(&told.stdout).contains("10000 attempts") {
            return Err(format!("`mastery {}` does not tell of them", words[0]).into());
        }
        let mut with = Vec::new();
        for _ in 0..31 {
            with.push(succeed(command(MASTERY, words, &root))?);
        }
        let mut without = Vec::new();
        for _ in 0..11 {
            fs::remove_dir_all(&cache)?;
            without.push(succeed(command(MASTERY, words, &root))?);
        }
        figures.push(Figure::new(name[0], 60.0, Measure::Milliseconds, &with));
        figures.push(Figure::new(name[1], 500.0, Measure::Milliseconds, &without));
    }
    Ok(figures)
}

/// One attempt as `mastery grade` keeps it, and commits with its message and tree on top of it.
fn fill(workspace: &Workspace, unit: &Unit) -> Measured<()> {
    let snapshot = workspace::snapshot(workspace, &place(unit))?;
    let kept = workspace::keep(workspace, Some(snapshot.tree), &tape(unit, 0)?)?;
    let repo = Repository::open(&workspace.root)?;
    let mut tip = repo.find_commit(kept.id.to_string().parse()?)?;
    let (tree, message) = (tip.tree()?, tip.message()?.to_owned());
    let begun = tip.time().seconds();
    for number in 1..ATTEMPTS {
        let who = Signature::new("Ada", "ada@example.org", &Time::new(begun + number, 0))?;
        let id = repo.commit(None, &who, &who, &message, &tree, &[&tip])?;
        tip = repo.find_commit(id)?;
    }
    let name = format!("refs/mastery/attempts/{}", unit.id);
    repo.reference(&name, tip.id(), true, "figures")?;
    Ok(())
}
