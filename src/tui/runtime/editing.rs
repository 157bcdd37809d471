//! The learner's editor, found and started.

use std::{path::PathBuf, process::Stdio};

use super::work::Crew;
use crate::{
    app::scope::place,
    curriculum::Unit,
    tui::{
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
