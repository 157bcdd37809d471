//! The learner's editor: which one, and how it is asked to open a file.

use std::path::{Path, PathBuf};

/// How an editor is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Editor {
    pub(crate) argv: Vec<String>,
    /// It draws in our terminal, so that we have to give it away meanwhile.
    pub(crate) in_terminal: bool,
}

/// VS Code and its kin: a window of their own, and a folder beside the file.
const KIN_TO_CODE: &[&str] = &[
    "code",
    "code-insiders",
    "codium",
    "vscodium",
    "cursor",
    "windsurf",
];

/// Others with a window of their own.
const WITH_WINDOW: &[&str] = &["zed", "zeditor", "subl", "idea", "gvim", "kate", "gedit"];

/// Makes the command from what `$VISUAL` or `$EDITOR` says. None: that says nothing.
pub(crate) fn editor(setting: &str, folder: &Path, file: &Path) -> Option<Editor> {
    let mut argv = shlex::split(setting)?;
    let name = PathBuf::from(argv.first()?);
    let name = name.file_name()?.to_str()?.to_owned();
    let is_code = KIN_TO_CODE.contains(&name.as_str());
    let has_window = is_code || WITH_WINDOW.contains(&name.as_str());
    if has_window {
        // We do not wait for a window to be closed.
        argv.retain(|word| word != "--wait" && word != "-w");
    }
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    if is_code {
        argv.extend([shown(folder), "--goto".to_owned(), shown(file)]);
    } else if name.starts_with("zed") {
        argv.extend([shown(folder), shown(file)]);
    } else {
        argv.push(shown(file));
    }
    Some(Editor {
        argv,
        in_terminal: !has_window,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_asked_in_its_own_way() {
        let asked = |setting: &str| {
            let editor = editor(setting, Path::new("/ws/lab"), Path::new("/ws/lab/app.py"))?;
            Some((editor.argv.join(" "), editor.in_terminal))
        };
        let cases = [
            ("vim", "vim /ws/lab/app.py", true),
            ("nvim -u NONE", "nvim -u NONE /ws/lab/app.py", true),
            ("hx", "hx /ws/lab/app.py", true),
            ("/usr/bin/nano", "/usr/bin/nano /ws/lab/app.py", true),
            ("code --wait", "code /ws/lab --goto /ws/lab/app.py", false),
            ("zed", "zed /ws/lab /ws/lab/app.py", false),
        ];
        for (setting, argv, in_terminal) in cases {
            assert_eq!(asked(setting), Some((argv.to_owned(), in_terminal)));
        }
        for nothing in ["", "  ", "'unclosed"] {
            assert_eq!(asked(nothing), None, "{nothing:?}");
        }
    }
}
