//! A lab's folder as a tree: what is in it, and what is left out and told.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path};

use libtest_mimic::Trial;
use mastery::workspace::{BuildCache, BuildKey, WhyLeftOut, Workspace, snapshot};

use crate::cast::{PLACE, named, picture, repo, tree_of, workspace};

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "snapshot":
        the_folder_is_kept_as_it_was
        what_is_left_out_is_told
        a_lab_that_is_a_repository_is_kept
        a_build_is_good_until_something_changes
    }
}

fn write(ws: &Workspace, path: &str, bytes: &[u8]) {
    let path = ws.folder(PLACE).join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn the_folder_is_kept_as_it_was() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    write(&ws, "größe/neu.py", b"untracked\r\n");
    write(&ws, "app.py", b"changed");
    symlink("../app.py", ws.folder(PLACE).join("größe/link")).unwrap();
    let before = picture(&dir, &[".git/objects"]);
    let taken = snapshot(&ws, PLACE).unwrap();
    assert_eq!(picture(&dir, &[".git/objects"]), before);
    let tree = tree_of(&repo(&dir), &taken.tree.to_string());
    let expected = BTreeMap::from(
        [
            ".gitignore",
            "app.py",
            "contract/orders.md",
            "größe/link",
            "größe/neu.py",
        ]
        .map(|path| {
            (
                path.to_owned(),
                if path.ends_with("link") {
                    0o120_000
                } else {
                    0o100_644
                },
            )
        }),
    );
    assert_eq!(tree, expected);
    assert_eq!((taken.files, taken.left_out.len()), (5, 0));
    assert_eq!(
        snapshot(&ws, PLACE).unwrap(),
        taken,
        "the same folder is the same tree"
    );
}

fn what_is_left_out_is_told() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let lab = ws.folder(PLACE);
    write(&ws, "server.log", b"ignored");
    write(&ws, "build/deep/out", b"ignored");
    write(&ws, "limit.bin", &vec![7; 5 << 20]);
    write(&ws, "large.bin", &vec![7; (5 << 20) + 1]);
    symlink("/etc/hostname", lab.join("absolute")).unwrap();
    symlink("../../../README.md", lab.join("rising")).unwrap();
    git2::Repository::init(lab.join("vendor/nested")).unwrap();
    write(&ws, "vendor/nested/inner.py", b"theirs");
    let _socket = std::os::unix::net::UnixListener::bind(lab.join("s")).ok();
    let taken = snapshot(&ws, PLACE).unwrap();
    let tree = tree_of(&repo(&dir), &taken.tree.to_string());
    let names: Vec<&str> = tree.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [".gitignore", "app.py", "contract/orders.md", "limit.bin"]
    );
    assert_eq!(taken.ignored, 2);
    let why: BTreeMap<&str, &WhyLeftOut> = taken
        .left_out
        .iter()
        .map(|left| (left.path.as_str(), &left.why))
        .collect();
    assert_eq!(
        why["large.bin"],
        &WhyLeftOut::TooLarge {
            bytes: (5 << 20) + 1
        }
    );
    assert_eq!(why["absolute"], &WhyLeftOut::LeadsOut);
    assert_eq!(why["rising"], &WhyLeftOut::LeadsOut);
    assert_eq!(why["vendor/nested"], &WhyLeftOut::Repository);
    if lab.join("s").exists() {
        assert_eq!(why["s"], &WhyLeftOut::NotAFile);
    }
}

fn a_lab_that_is_a_repository_is_kept() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    git2::Repository::init(ws.folder(PLACE)).unwrap();
    let taken = snapshot(&ws, PLACE).unwrap();
    assert_eq!(taken.files, 3);
    assert_eq!(
        taken.left_out[0].to_string(),
        ".git is left out: it is a git repository of its own."
    );
}

fn a_build_is_good_until_something_changes() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let lines = vec![vec!["make".to_owned()]];
    let key = |ws: &Workspace, lines: &[Vec<String>], version: &str| {
        BuildKey::new(&snapshot(ws, PLACE).unwrap(), lines, version)
    };
    let first = key(&ws, &lines, "go1.22");
    let mut cache = BuildCache::open(&ws, "rest-api");
    assert!(!cache.is_good("api", &first));
    cache.remember("api", &first).unwrap();
    assert!(BuildCache::open(&ws, "rest-api").is_good("api", &key(&ws, &lines, "go1.22")));
    assert!(!cache.is_good("other", &first));
    assert!(!cache.is_good("api", &key(&ws, &lines, "go1.23")));
    let two = [vec!["make".to_owned(), "all".to_owned()]];
    assert!(!cache.is_good("api", &key(&ws, &two, "go1.22")));
    write(&ws, "server.log", b"ignored");
    assert!(cache.is_good("api", &key(&ws, &lines, "go1.22")));
    write(&ws, "large.bin", &vec![7; 6 << 20]);
    assert!(
        !cache.is_good("api", &key(&ws, &lines, "go1.22")),
        "left out, but seen"
    );
    cache.forget("api").unwrap();
    assert!(!BuildCache::open(&ws, "rest-api").is_good("api", &first));
    fs::write(dir.join(".mastery/build/rest-api.json"), "{ torn").unwrap();
    assert!(!BuildCache::open(&ws, "rest-api").is_good("api", &first));
    let status = repo(&dir).status_should_ignore(Path::new(".mastery/build/rest-api.json"));
    assert!(status.unwrap());
}
