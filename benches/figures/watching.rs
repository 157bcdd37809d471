//! `mastery watch`, as a learner has it open beside an editor.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Stdio,
};

use mastery::{
    app::{demo, scope::place},
    curriculum::Curriculum,
};

use crate::{
    Measured,
    figure::{Figure, Unit},
    graded::lab,
    machine::now,
    process::{MASTERY, command},
    runs::ms,
};

/// What stands below each run.
const RESTS: &str = "Waiting for a save.";

/// From a save to the line that says that the next is waited for: the verdict stands above it.
pub(crate) fn save_to_verdict(folder: &Path) -> Measured<Vec<Figure>> {
    let root = folder.join("watched");
    let stamp = folder.join("watched-exit");
    let workspace = lab(&root, &["exit", &stamp.display().to_string()])?;
    let curriculum = Curriculum::embedded()?;
    let unit = curriculum
        .unit(demo::LAB)
        .ok_or("the course has no rest-api")?;
    let file = workspace.folder(&place(unit)).join("app.py");
    let mut child = command(MASTERY, &["watch", demo::LAB], &root)
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().ok_or("a pipe was asked for")?;
    let mut lines = BufReader::new(out).lines();
    let mut rests = || -> Measured<()> {
        for line in lines.by_ref() {
            if line?.contains(RESTS) {
                return Ok(());
            }
        }
        Err("`mastery watch` ended".into())
    };
    let mut measure = || -> Measured<Vec<f64>> {
        rests()?;
        let mut values = Vec::new();
        for number in 0..31 {
            let beside = file.with_extension("py~");
            let saved = now();
            fs::write(&beside, format!("# {number}\n"))?;
            fs::rename(&beside, &file)?;
            rests()?;
            values.push(ms(now(), saved));
        }
        Ok(values)
    };
    let measured = measure();
    child.kill()?;
    child.wait()?;
    Ok(vec![Figure::new(
        "`mastery watch`, save → verdict of a program that exits at once",
        150.0,
        Unit::Milliseconds,
        &measured?,
    )])
}
