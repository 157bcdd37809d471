//! Embeds what the learner reads and starts from, as tables that notice new files.
//!
//! `include_dir!` does not see added files on stable, and a symlink or a build output in a template
//! would end in a learner's folder: so the tables are written here.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// The constant each folder becomes. A folder that is not there becomes an empty table.
const TABLES: [(&str, &str); 3] = [
    ("CURRICULUM", "curriculum"),
    ("TEMPLATES", "templates"),
    ("CAPSTONE", "capstone-template"),
];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut text = String::new();
    for (name, folder) in TABLES {
        let top = root.join(folder);
        let mut files = Vec::new();
        // A folder that is absent counts as changed in every build: right for those that must come,
        // too much for the one that may.
        if top.is_dir() {
            collect(&top, &mut files)?;
        } else if name != "CAPSTONE" {
            println!("cargo:rerun-if-changed={folder}");
        }
        table(&mut text, name, &top, files)?;
    }
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("embedded.rs"), text)
}

/// Appends one constant: every file with its path below `top`, sorted, so that it can be searched.
fn table(text: &mut String, name: &str, top: &Path, files: Vec<PathBuf>) -> io::Result<()> {
    let mut rows = Vec::new();
    for file in files {
        let inside = file.strip_prefix(top).map_err(io::Error::other)?;
        let path = utf8(inside)?.replace('\\', "/");
        rows.push((path, utf8(&file)?.to_owned(), executable(&file)?));
    }
    rows.sort();
    writeln!(text, "pub(crate) const {name}: &[File] = &[").expect("a String takes all");
    for (path, from, executable) in rows {
        writeln!(
            text,
            "    File {{ path: {path:?}, bytes: include_bytes!({from:?}), executable: {executable} }},"
        )
        .expect("a String takes all");
    }
    text.push_str("];\n");
    Ok(())
}

/// Every file below `folder`, without what tools leave behind. A symlink is an error: it could
/// lead out of the package.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_symlink() {
            return Err(io::Error::other(format!(
                "{} is a symbolic link; only files and folders are embedded",
                path.display()
            )));
        }
        if !kind.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        } else if !left_by_tools(folder, &entry.file_name().to_string_lossy()) {
            collect(&path, files)?;
        }
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
