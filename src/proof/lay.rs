//! A variant laid out in a folder of its own, the way a learner's lab stands in a workspace.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{
    checkout::Checkout,
    error::ProofError,
    variant::{Variant, VariantKind},
};
use crate::{
    app::scope,
    curriculum::{Templates, Unit, rules::Finding},
    workspace::{
        SUBMISSION, Submission,
        patch::{PatchError, PatchFile, PatchFiles, patched},
    },
};

/// A variant in its folder; the folder goes with it.
pub(super) struct Laid {
    /// Holds the lab's folder and `logs`.
    folder: TempDir,
    /// The lab's folder as a learner knows it.
    pub(super) place: String,
    pub(super) submission: Submission,
    /// Set by the first run whose build was good.
    pub(super) is_built: bool,
}

impl Laid {
    /// The lab's folder.
    pub(super) fn directory(&self) -> PathBuf {
        self.folder.path().join(&self.place)
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// Where services of a run keep what they need.
    pub(super) fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    /// What everything a run leaves behind is below.
    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// Writes a variant's files and reads its `submission.toml` as a learner's would be.
pub(super) fn lay(files: &PatchFiles, unit: &Unit, variant: &Variant) -> Result<Laid, ProofError> {
    let failed = |error| ProofError::bench("A variant cannot be laid out", error);
    let folder = tempfile::Builder::new()
        .prefix("mastery-proof-")
        .tempdir()
        .map_err(failed)?;
    let place = scope::place(unit);
    // macOS and some Linux machines reach their temporary folder through a symbolic link.
    let root = folder.path().canonicalize().map_err(failed)?;
    for (path, file) in files {
        write(&root.join(&place).join(path), file).map_err(failed)?;
    }
    fs::create_dir_all(root.join("logs")).map_err(failed)?;
    let submission = read_submission(files, unit, variant)?;
    Ok(Laid {
        folder,
        place,
        submission,
        is_built: false,
    })
}

fn read_submission(
    files: &PatchFiles,
    unit: &Unit,
    variant: &Variant,
) -> Result<Submission, ProofError> {
    let wrong = |what: String| finding(&variant.file, None, what);
    let file = files
        .get(SUBMISSION)
        .ok_or_else(|| wrong(format!("it has no `{SUBMISSION}`")))?;
    let text = str::from_utf8(&file.bytes)
        .map_err(|_| wrong(format!("its `{SUBMISSION}` is not UTF-8")))?;
    let options: Vec<&str> = unit.options.iter().map(String::as_str).collect();
    Submission::parse(text, SUBMISSION, unit.id.as_str(), &options)
        .map_err(|error| wrong(format!("its `{SUBMISSION}` is refused:\n{error}")))
}

/// The files of a variant, by path: also what its results are keyed by.
pub(super) fn files_of(
    checkout: &Checkout,
    unit: &Unit,
    variant: &Variant,
) -> Result<PatchFiles, ProofError> {
    let lab = unit.id.as_str();
    if let VariantKind::Starter { .. } = variant.kind {
        let starter = Templates::embedded().starter(lab, variant.language);
        let files = starter.unwrap_or_default().into_iter();
        return Ok(files
            .map(|file| {
                let bytes = file.bytes.into_owned();
                (file.path, patch_file(bytes, file.executable))
            })
            .collect());
    }
    let reference = checkout
        .grader(lab)
        .join("reference")
        .join(variant.language.as_str());
    let mut files = PatchFiles::new();
    collect(&reference, "", &mut files)
        .map_err(|error| ProofError::bench(checkout.shown(&reference), error))?;
    if !variant.diff.is_empty() {
        files = patched(&files, variant.diff.as_bytes()).map_err(|error| match error {
            PatchError::DoesNotApply(_) => finding(
                &variant.file,
                Some(variant.diff_line),
                format!("{error} (on the reference in {})", variant.language),
            ),
            PatchError::Disk(why) => {
                ProofError::bench("A patch cannot be tried", io::Error::other(why))
            }
        })?;
    }
    for (path, bytes) in Templates::embedded().contract(lab) {
        files.insert(format!("contract/{path}"), patch_file(bytes, false));
    }
    Ok(files)
}

fn patch_file(bytes: Vec<u8>, executable: bool) -> PatchFile {
    PatchFile { bytes, executable }
}

fn finding(file: &str, line: Option<usize>, what: String) -> ProofError {
    ProofError::Variants(vec![Finding {
        file: file.to_owned(),
        line,
        what,
    }])
}

/// Every file below `folder` but what tools leave behind, `X.in` as `X`.
fn collect(folder: &Path, inside: &str, files: &mut PatchFiles) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let path = match inside {
            "" => name.clone(),
            _ => format!("{inside}/{name}"),
        };
        if kind.is_symlink() {
            let what = format!("{path} is a symbolic link");
            return Err(io::Error::other(what));
        }
        if kind.is_file() {
            let path = path.strip_suffix(".in").unwrap_or(&path).to_owned();
            let executable = entry.metadata()?.permissions().mode() & 0o111 != 0;
            files.insert(path, patch_file(fs::read(entry.path())?, executable));
        } else if !left_by_tools(inside, &name) {
            collect(&entry.path(), &path, files)?;
        }
    }
    Ok(())
}

/// The same folders that are left out of what is embedded.
fn left_by_tools(parent: &str, name: &str) -> bool {
    match name {
        "target" | "node_modules" | "__pycache__" | ".git" => true,
        "bin" => !(parent == "src" || parent.ends_with("/src")),
        _ => false,
    }
}

fn write(path: &Path, file: &PatchFile) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, &file.bytes)?;
    if file.executable {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
