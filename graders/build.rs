//! Embeds the references: full solutions, shown after a pass and graded by `demo`.
//!
//! One table a lab and language. Mutants, unusual variants and manners are not embedded: they are
//! of use only in a checkout. (The root's `build.rs` walks alike; packages share no file by path.)

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo:rerun-if-changed=build.rs");
    // A new lab is a new line there.
    println!("cargo:rerun-if-changed=lib.rs");
    let mut text = String::from("pub(crate) const REFERENCES: &[Reference] = &[\n");
    for lab in folders(&root)? {
        let (grader, solutions) = (
            root.join(&lab).join("grader.rs"),
            root.join(&lab).join("reference"),
        );
        if !grader.is_file() {
            continue;
        }
        // Named even when absent, so that its appearance is noticed.
        println!("cargo:rerun-if-changed={}", solutions.display());
        if !solutions.is_dir() {
            continue;
        }
        for language in folders(&solutions)? {
            reference(&mut text, &lab, &language, &solutions.join(&language))?;
        }
    }
    text.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("embedded.rs"), text)
}

/// Appends one reference with its files, sorted, by the names they have once copied.
fn reference(text: &mut String, lab: &str, language: &str, top: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    collect(top, &mut files)?;
    let mut rows = Vec::new();
    for file in files {
        let inside = utf8(file.strip_prefix(top).map_err(io::Error::other)?)?.replace('\\', "/");
        let path = inside.strip_suffix(".in").unwrap_or(&inside).to_owned();
        rows.push((path, utf8(&file)?.to_owned(), executable(&file)?));
    }
    rows.sort();
    writeln!(
        text,
        "    Reference {{ lab: {lab:?}, language: {language:?}, files: &["
    )
    .expect("a String takes all");
    for (path, from, executable) in rows {
        writeln!(
            text,
            "        File {{ path: {path:?}, bytes: include_bytes!({from:?}), executable: {executable} }},"
        )
        .expect("a String takes all");
    }
    text.push_str("    ] },\n");
    Ok(())
}

/// The names of the folders in `folder`, sorted, without `target` and dot-folders.
fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = utf8(Path::new(&entry.file_name()))?.to_owned();
        refuse_symlink(&path, entry.file_type()?)?;
        if path.is_dir() && !name.starts_with('.') && !left_by_tools(folder, &name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Every file below `folder`, without what tools leave behind.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        refuse_symlink(&path, kind)?;
        if !kind.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        } else if !left_by_tools(folder, &entry.file_name().to_string_lossy()) {
            collect(&path, files)?;
        }
    }
    Ok(())
}

/// A symlink could lead out of the package.
fn refuse_symlink(path: &Path, kind: fs::FileType) -> io::Result<()> {
    if kind.is_symlink() {
        return Err(io::Error::other(format!(
            "{} is a symbolic link; only files and folders are embedded",
            path.display()
        )));
    }
    Ok(())
}

/// Whether a folder of this name is a build's output. `src/bin` is source in Rust.
fn left_by_tools(parent: &Path, name: &str) -> bool {
    match name {
        "target" | "node_modules" | "__pycache__" | ".git" => true,
        "bin" => !parent.ends_with("src"),
        _ => false,
    }
}

fn utf8(path: &Path) -> io::Result<&str> {
    path.to_str()
        .ok_or_else(|| io::Error::other(format!("{} is not UTF-8", path.display())))
}

#[cfg(unix)]
fn executable(file: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(file)?.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<bool> {
    Ok(false)
}
