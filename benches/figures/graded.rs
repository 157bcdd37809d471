//! The whole of `mastery grade`, as a learner runs it.

use std::{fs, path::Path};

use mastery::{
    app::{demo, scope::place},
    curriculum::{Curriculum, Language},
    workspace::{SUBMISSION, Workspace},
};

use crate::{
    Measured,
    figure::{Figure, Unit},
    machine::now,
    process::{self, MASTERY, command},
    program::{WORD, stamped},
};

/// From a program's own end to the end of the `mastery grade` that tells it.
pub(crate) fn death(folder: &Path) -> Measured<Vec<Figure>> {
    let root = folder.join("dies");
    let stamp = folder.join("exit");
    lab(&root, &["exit", &stamp.display().to_string()])?;
    let mut values = Vec::new();
    for _ in 0..21 {
        let (_, status) = process::timed(command(MASTERY, &["grade", demo::LAB], &root))?;
        let ended = now();
        if status.code() != Some(1) {
            return Err(format!("`mastery grade` ended with {status}").into());
        }
        let told = ended.as_secs_f64() - stamped(&stamp)?.as_secs_f64();
        values.push(told * 1e3);
    }
    Ok(vec![Figure::new(
        "the same, to the end of `mastery grade`",
        100.0,
        Unit::Milliseconds,
        &values,
    )])
}

/// The memory of `mastery` and its supervisor while a program prints a gigabyte.
pub(crate) fn memory(folder: &Path) -> Measured<Vec<Figure>> {
    let root = folder.join("floods");
    lab(&root, &["flood", "python3", "app.py"])?;
    let words = ["grade", demo::LAB, "--only", "v1_wire_is_frozen"];
    let [mut sums, mut own, mut supervisors] = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..6 {
        let (grade, supervisor, status) = process::peaks(command(MASTERY, &words, &root))?;
        if !status.success() || supervisor <= 0.0 {
            return Err(format!("`mastery {}` ended with {status}", words.join(" ")).into());
        }
        sums.push(grade + supervisor);
        own.push(grade);
        supervisors.push(supervisor);
    }
    let part = |name, values: &[f64]| Figure::new(name, 32.0, Unit::Mebibytes, values).most();
    let beside = format!(
        "at most {:.1} MiB for `mastery`, {:.1} MiB for its supervisor",
        part("mastery", &own),
        part("supervisor", &supervisors)
    );
    let name = "`mastery` and supervisor, peak memory in a flood of 1 GiB";
    Ok(vec![
        Figure::new(name, 32.0, Unit::Mebibytes, &sums).beside(beside),
    ])
}

/// A workspace whose lab is solved, and is started through a mode of this executable.
pub(crate) fn lab(root: &Path, words: &[&str]) -> Measured<Workspace> {
    let curriculum = Curriculum::embedded()?;
    let unit = curriculum
        .unit(demo::LAB)
        .ok_or("the course has no rest-api")?;
    let workspace = demo::lay_out(root, Language::Python, &curriculum, unit)?;
    demo::solve(&workspace, unit, Language::Python)?;
    let exe = std::env::current_exe()?.display().to_string();
    let mut command = vec![exe.as_str(), WORD];
    command.extend(words);
    let submission = format!(
        "schema = 1\nlab = {:?}\n\n[[program]]\nname = \"api\"\nrun = {command:?}\nready = \"http:/healthz\"\nports = [\"PORT\"]\nstart_limit_s = 300\n",
        demo::LAB
    );
    fs::write(workspace.folder(&place(unit)).join(SUBMISSION), submission)?;
    Ok(workspace)
}
