//! What `mastery init` lays out: the workspace's own texts, and a folder for each week.

use std::path::Path;

use super::AppError;
use crate::{
    curriculum::{Curriculum, TemplateFile, Templates},
    workspace::{self, InitReport, LayoutFile, Settings},
};

/// Makes a workspace in `dir`, or completes the one that is there.
pub fn init(dir: &Path, language: &str, curriculum: &Curriculum) -> Result<InitReport, AppError> {
    let settings = Settings {
        curriculum: curriculum.id().to_string(),
        language: language.to_owned(),
        mirror: None,
        backend: None,
    };
    Ok(workspace::init(dir, &settings, &files(curriculum))?)
}

fn files(curriculum: &Curriculum) -> Vec<LayoutFile> {
    let templates = Templates::embedded();
    let mut files: Vec<LayoutFile> = templates.workspace().into_iter().map(layout_file).collect();
    for week in curriculum.weeks() {
        let below = |path: &str| format!("{}/{path}", week.id);
        let text = |name: &str, text: Option<&str>| {
            text.map(|text| LayoutFile {
                path: below(name),
                bytes: text.as_bytes().to_vec(),
                executable: false,
            })
        };
        let told = curriculum.week_text(week);
        files.extend(text("README.md", told.readme));
        files.extend(text("challenges.md", told.challenges));
        files.extend(templates.week().into_iter().map(|file| {
            let path = below(&file.path);
            LayoutFile {
                path,
                ..layout_file(file)
            }
        }));
    }
    files
}

/// A template as it is written into a workspace.
pub(super) fn layout_file(file: TemplateFile) -> LayoutFile {
    LayoutFile {
        path: file.path,
        bytes: file.bytes.into_owned(),
        executable: file.executable,
    }
}
