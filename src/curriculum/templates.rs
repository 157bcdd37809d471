//! What a learner starts from. Always embedded: paths were made when this was built, so that no
//! template can lead out of the folder it is written to.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    Language,
    embedded::{self, File},
};

/// The templates: of the workspace, of a week, of each lab.
#[derive(Clone, Copy, Debug)]
pub struct Templates {
    /// Of `templates/`, sorted by path.
    files: &'static [File],
    /// Of `capstone-template/`.
    capstone: &'static [File],
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFile {
    /// Relative, with `/`, never with `..`; the `.in` of its template is removed.
    pub path: String,
    pub bytes: Cow<'static, [u8]>,
    pub executable: bool,
}

/// The folder of a lab's files that every language gets.
const CONTRACT: &str = "contract";
/// The folder of a lab for languages without a starter.
const OTHER: &str = "other";

impl Templates {
    /// The templates this binary carries.
    pub fn embedded() -> Self {
        Self::of(embedded::TEMPLATES, embedded::CAPSTONE)
    }

    pub(super) fn of(files: &'static [File], capstone: &'static [File]) -> Self {
        Self { files, capstone }
    }

    /// What a learner of this language starts from, with the contract. `None`: there is no starter.
    pub fn starter(self, lab: &str, language: Language) -> Option<Vec<TemplateFile>> {
        self.with_contract(lab, language.as_str())
    }

    /// What a learner of any other language starts from, with the contract.
    pub fn other(self, lab: &str) -> Option<Vec<TemplateFile>> {
        self.with_contract(lab, OTHER)
    }

    /// The tool's own copy of a lab's contract, by path below `contract/`. Empty: the lab has none.
    pub fn contract(self, lab: &str) -> BTreeMap<String, Vec<u8>> {
        self.below(&[lab, CONTRACT])
            .map(|file| (file.path, file.bytes.into_owned()))
            .collect()
    }

    /// Names the contract by its content, so that an attempt says what it was graded against.
    pub fn contract_hash(self, lab: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for (path, bytes) in self.contract(lab) {
            // Lengths before contents: no two sets of files are the same stream of bytes.
            for part in [path.as_bytes(), &bytes] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        format!("blake3:{}", hasher.finalize().to_hex())
    }

    /// The tree that `mastery init` makes.
    pub fn workspace(self) -> Vec<TemplateFile> {
        self.below(&["workspace"]).collect()
    }

    /// What each week's folder gets beside the curriculum's texts.
    pub fn week(self) -> Vec<TemplateFile> {
        self.below(&["week"]).collect()
    }

    /// The frame into which passed labs are joined.
    pub fn capstone(self) -> Vec<TemplateFile> {
        self.capstone
            .iter()
            .map(|file| TemplateFile::of(file, file.path))
            .collect()
    }

    /// Every file as it is stored, for the authors' rules.
    pub(super) fn stored(self) -> impl Iterator<Item = &'static File> {
        self.files.iter()
    }

    fn with_contract(self, lab: &str, folder: &str) -> Option<Vec<TemplateFile>> {
        let mut files: Vec<_> = self.below(&[lab, folder]).collect();
        if files.is_empty() {
            return None;
        }
        files.extend(self.below(&[lab, CONTRACT]).map(|file| TemplateFile {
            path: format!("{CONTRACT}/{}", file.path),
            ..file
        }));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Some(files)
    }

    /// The files in this folder, by their path below it. A lab's id that is no folder finds none.
    fn below(self, folders: &[&str]) -> impl Iterator<Item = TemplateFile> + use<> {
        let top = folders.join("/") + "/";
        let begin = self.files.partition_point(|file| *file.path < *top);
        self.files[begin..].iter().map_while(move |file| {
            let inside = file.path.strip_prefix(&top)?;
            Some(TemplateFile::of(file, inside))
        })
    }
}

impl TemplateFile {
    fn of(file: &File, path: &str) -> Self {
        Self {
            path: written_name(path).to_owned(),
            bytes: Cow::Borrowed(file.bytes),
            executable: file.executable,
        }
    }
}

/// Stored as `X.in` where git or cargo would take `X` for their own.
pub(super) fn written_name(path: &str) -> &str {
    path.strip_suffix(".in").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn file(path: &'static str, bytes: &'static [u8]) -> File {
        File {
            path,
            bytes,
            executable: false,
        }
    }

    const FILES: &[File] = &[
        file("rest-api-2/contract/x", b"x"),
        file("rest-api/contract/README.md", b"read"),
        file("rest-api/contract/a/b.json", b"{}"),
        file("rest-api/other/submission.toml", b"# yours"),
        file("rest-api/python/.gitignore.in", b"bin"),
        File {
            executable: true,
            ..file("rest-api/python/app.py", b"app")
        },
        file("workspace/docs/notes.md", b"notes"),
    ];

    /// The same bytes in a row, and another file.
    const MOVED: &[File] = &[
        file("rest-api/contract/README.mdr", b"ead"),
        file("rest-api/contract/a/b.json", b"{}"),
    ];

    fn templates() -> Templates {
        Templates::of(FILES, &[])
    }

    fn paths(files: &[TemplateFile]) -> Vec<&str> {
        files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn a_starter_is_its_language_and_the_contract() {
        let files = templates().starter("rest-api", Language::Python).unwrap();
        assert_eq!(
            paths(&files),
            [
                ".gitignore",
                "app.py",
                "contract/README.md",
                "contract/a/b.json"
            ]
        );
        assert!(files[1].executable && !files[0].executable);
        let files = templates().other("rest-api").unwrap();
        assert_eq!(
            paths(&files),
            ["contract/README.md", "contract/a/b.json", "submission.toml"]
        );
    }

    #[test]
    fn no_starter_is_none_and_no_name_leaves_its_folder() {
        assert_eq!(templates().starter("rest-api", Language::Go), None);
        for lab in ["rest", "../rest-api", "", "rest-api/contract", "no-such"] {
            assert_eq!(templates().starter(lab, Language::Python), None, "{lab}");
            assert!(templates().contract(lab).is_empty(), "{lab}");
        }
    }

    #[test]
    fn a_contract_is_named_by_its_paths_and_bytes() {
        let hash = templates().contract_hash("rest-api");
        assert_eq!(hash.len(), "blake3:".len() + 64);
        assert_eq!(hash, templates().contract_hash("rest-api"));
        assert_ne!(hash, Templates::of(MOVED, &[]).contract_hash("rest-api"));
    }

    #[test]
    fn embedded_tables_are_sorted_so_that_folders_are_found() {
        for table in [
            embedded::CURRICULUM,
            embedded::TEMPLATES,
            embedded::CAPSTONE,
        ] {
            assert!(table.is_sorted_by_key(|file| file.path));
        }
    }
}
