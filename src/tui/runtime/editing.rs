//! The learner's own programs, found and started: the editor, and the browser.

use std::{os::unix::process::CommandExt as _, path::PathBuf, process::Stdio};

use super::work::Crew;
use crate::{
    app::scope::place,
    curriculum::Unit,
    tui::{
        browser,
        editor::{self, Editor},
        msg::{Msg, Trouble},
    },
    workspace::{SUBMISSION, Submission, Workspace},
};

impl Crew {
    /// Which editor opens a file of a lab, and the lab's folder.
    pub(super) fn editor(
        &self,
        lab: &str,
        file: Option<&str>,
    ) -> Result<(Editor, PathBuf), Trouble> {
        let unit = self.inside.unit(lab)?;
        let workspace = &self.inside.workspace;
        let folder = workspace.folder(&place(unit));
        if !folder.is_dir() {
            return Err(Trouble {
                text: format!("The folder of `{lab}` is not there."),
                hints: vec![format!("`mastery start {lab}` lays it out.")],
            });
        }
        let file = match file {
            Some(file) if folder.join(file).is_file() => file.to_owned(),
            Some(_) | None => main_file(workspace, unit).unwrap_or_else(|| SUBMISSION.to_owned()),
        };
        let setting = ["VISUAL", "EDITOR"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|setting| !setting.trim().is_empty());
        let editor =
            setting.and_then(|setting| editor::editor(&setting, &folder, &folder.join(file)));
        match editor {
            Some(editor) => Ok((editor, folder)),
            None => Err(Trouble {
                text: "No editor is known: neither $VISUAL nor $EDITOR names one.".to_owned(),
                hints: vec!["`export EDITOR=vim`, or hx, nano, code, zed, …".to_owned()],
            }),
        }
    }

    /// Starts an editor and waits for it; one with a window of its own is not waited for by anybody.
    pub(super) fn edit(&self, editor: Editor, folder: PathBuf) {
        self.work(|failed| Msg::Edited(Err(failed)), move |_, _| {
            let (program, args) = editor.argv.split_first().expect("an editor has a name");
            let trouble = |why: String| Trouble {
                text: format!("The editor `{program}` {why}."),
                hints: vec!["`$VISUAL` or `$EDITOR` says which one is used.".to_owned()],
            };
            #[expect(
                clippy::disallowed_methods,
                reason = "an editor has the terminal as we have it, so it stays in our process group"
            )]
            let mut command = std::process::Command::new(program);
            command.args(args).current_dir(folder);
            if !editor.in_terminal {
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            }
            match command.status() {
                Ok(status) if status.success() => Ok(Msg::Edited(Ok(()))),
                Ok(status) => Err(trouble(format!("ended with {status}"))),
                Err(error) => Err(trouble(format!("could not be started: {error}"))),
            }
        });
    }

    /// Opens an address in the learner's browser. Nobody waits for that but a thread.
    pub(super) fn open_link(&self, address: String) {
        self.work(Msg::Failed, move |_, _| {
            let setting = std::env::var("BROWSER").ok();
            let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let mut all = browser::openers(&address, setting.as_deref(), has).into_iter();
            let opened = all.any(|words| opens(&words));
            Ok(Msg::Opened(opened.then_some(()).ok_or(address)))
        });
    }
}

/// Starts what opens an address, quiet and in a group of its own, so that it outlives us; whether it
/// did what it was asked for, or still does.
fn opens(words: &[String]) -> bool {
    let Some((program, args)) = words.split_first() else {
        return false;
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "a browser is the learner's own, and stays when we end"
    )]
    let mut command = std::process::Command::new(program);
    command.args(args).process_group(0);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The file that the lab's program is started from.
fn main_file(workspace: &Workspace, unit: &Unit) -> Option<String> {
    let options: Vec<&str> = unit.options.iter().map(String::as_str).collect();
    let place = place(unit);
    let submission = Submission::read(workspace, &place, unit.id.as_str(), &options).ok()?;
    let folder = workspace.folder(&place);
    let words = submission
        .programs
        .iter()
        .flat_map(|program| &program.command);
    let is_source = |word: &&String| {
        let path = folder.join(word);
        path.is_file() && path.extension().is_some()
    };
    words.into_iter().find(is_source).cloned()
}
