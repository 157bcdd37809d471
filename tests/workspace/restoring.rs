//! A lab's folder brought back: what no attempt has stays, and what stands outside is not touched.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
};

use libtest_mimic::Trial;
use mastery::workspace::{
    ErrorKind, ObjectId, Restored, Restoring, Result, Workspace, lock, snapshot,
};

use crate::cast::{PLACE, named, picture, workspace};

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "restoring":
        a_folder_becomes_what_it_was
        what_no_attempt_has_is_refused_and_nothing_is_touched
        what_is_ignored_stays_where_it_is
        a_file_and_a_folder_take_each_others_place
        a_folder_that_is_gone_is_made_again
        a_file_that_is_written_meanwhile_is_left
    }
}

struct Lab {
    _temporary: tempfile::TempDir,
    dir: PathBuf,
    ws: Workspace,
}

impl Lab {
    fn new() -> Self {
        let (temporary, dir) = named();
        let ws = workspace(&dir);
        Self {
            _temporary: temporary,
            dir,
            ws,
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.ws.folder(PLACE).join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn tree(&self) -> ObjectId {
        snapshot(&self.ws, PLACE).unwrap().tree
    }

    fn restore(&self, target: ObjectId) -> Result<Restored> {
        let held = lock(&self.ws, "a test").unwrap();
        let present = snapshot(&self.ws, PLACE).unwrap();
        Restoring::plan(&self.ws, PLACE, Some(&present), target)?.carry_out(&held)
    }
}

fn a_folder_becomes_what_it_was() {
    let lab = Lab::new();
    lab.write("bin/run.sh", "#!/bin/sh\n");
    fs::set_permissions(lab.path("bin/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("app.py", lab.path("main")).unwrap();
    let before = lab.tree();
    let outside = picture(&lab.dir, &[".git", ".mastery", "week-01-api-design"]);
    lab.write("app.py", "changed\n");
    lab.write("deep/er/new.py", "new\n");
    fs::remove_dir_all(lab.path("bin")).unwrap();
    fs::remove_file(lab.path("main")).unwrap();
    fs::remove_file(lab.path("contract/orders.md")).unwrap();
    let done = lab.restore(before).unwrap();
    assert_eq!((done.written, done.removed), (4, 1));
    assert_eq!(lab.tree(), before);
    assert!(
        !lab.path("deep").exists(),
        "a folder that is empty now is gone"
    );
    let mode = fs::metadata(lab.path("bin/run.sh"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0o111);
    assert_eq!(
        fs::read_link(lab.path("main")).unwrap().to_str(),
        Some("app.py")
    );
    let now = picture(&lab.dir, &[".git", ".mastery", "week-01-api-design"]);
    assert_eq!(outside, now);
    assert_eq!(lab.restore(before).unwrap(), Restored::default());
}

fn what_no_attempt_has_is_refused_and_nothing_is_touched() {
    let lab = Lab::new();
    lab.write("settings.env", "old\n");
    let before = lab.tree();
    lab.write(".gitignore", "*.log\nbuild/\n*.env\n");
    lab.write("settings.env", "my secret\n");
    lab.write("app.py", "changed\n");
    let there = picture(&lab.dir, &[".git", ".mastery"]);
    let error = lab.restore(before).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotKept { .. }), "{error}");
    assert!(error.to_string().contains("settings.env"), "{error}");
    assert_eq!(there, picture(&lab.dir, &[".git", ".mastery"]));
    // What is the same in both is nobody's loss.
    lab.write("settings.env", "old\n");
    lab.restore(before).unwrap();
    assert_eq!(lab.tree(), before);
}

fn what_is_ignored_stays_where_it_is() {
    let lab = Lab::new();
    let before = lab.tree();
    lab.write("build/cache", "mine\n");
    lab.write("run.log", "mine\n");
    lab.write("new.py", "new\n");
    lab.restore(before).unwrap();
    assert_eq!(lab.tree(), before);
    assert_eq!(
        fs::read_to_string(lab.path("build/cache")).unwrap(),
        "mine\n"
    );
    assert_eq!(fs::read_to_string(lab.path("run.log")).unwrap(), "mine\n");
}

fn a_file_and_a_folder_take_each_others_place() {
    let lab = Lab::new();
    lab.write("part", "a file\n");
    let file = lab.tree();
    fs::remove_file(lab.path("part")).unwrap();
    lab.write("part/inner/x.py", "x\n");
    let folder = lab.tree();
    lab.restore(file).unwrap();
    assert_eq!(lab.tree(), file);
    lab.restore(folder).unwrap();
    assert_eq!(lab.tree(), folder);
    // A log that git ignores lies in the folder that would have to go.
    lab.write("part/inner/run.log", "mine\n");
    let error = lab.restore(file).unwrap_err();
    assert!(error.to_string().contains("part/inner/run.log"), "{error}");
    assert_eq!(lab.tree(), folder);
}

fn a_folder_that_is_gone_is_made_again() {
    let lab = Lab::new();
    let before = lab.tree();
    fs::remove_dir_all(lab.dir.join("week-01-api-design/labs")).unwrap();
    let held = lock(&lab.ws, "a test").unwrap();
    let plan = Restoring::plan(&lab.ws, PLACE, None, before).unwrap();
    assert_eq!(plan.carry_out(&held).unwrap().removed, 0);
    assert_eq!(lab.tree(), before);
}

fn a_file_that_is_written_meanwhile_is_left() {
    let lab = Lab::new();
    let before = lab.tree();
    lab.write("app.py", "saved\n");
    let held = lock(&lab.ws, "a test").unwrap();
    let present = snapshot(&lab.ws, PLACE).unwrap();
    let plan = Restoring::plan(&lab.ws, PLACE, Some(&present), before).unwrap();
    lab.write("app.py", "typed at this moment\n");
    let error = plan.carry_out(&held).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Changed { .. }), "{error}");
    assert_eq!(
        fs::read_to_string(lab.path("app.py")).unwrap(),
        "typed at this moment\n"
    );
}
