//! The texts of a curriculum, by path: those embedded, or those of a directory.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    embedded,
    error::{CurriculumError, ErrorKind},
};

/// Above this a file is no text somebody wrote.
const LARGEST: u64 = 1024 * 1024;
/// Above this a directory is no curriculum.
const MOST_FILES: usize = 2000;
/// Week, unit, and one more for whatever an author adds.
const DEEPEST: usize = 4;

/// Everything a curriculum says, read once.
#[derive(Debug)]
pub(super) struct Files {
    /// How the top is named in errors: `curriculum`, or the directory given.
    top: String,
    texts: BTreeMap<String, Cow<'static, str>>,
    /// Files that are neither TOML nor Markdown, for the authors' rules.
    others: Vec<String>,
}

impl Files {
    /// The texts this binary carries.
    pub(super) fn embedded() -> Result<Self, CurriculumError> {
        let mut files = Self::new("curriculum");
        for file in embedded::CURRICULUM {
            files.add(file.path.to_owned(), Cow::Borrowed(file.bytes))?;
        }
        Ok(files)
    }

    /// The texts in `dir`. Hidden files are passed over; symbolic links are refused, since they
    /// lead out of what an author hands on.
    pub(super) fn read(dir: &Path) -> Result<Self, CurriculumError> {
        let mut files = Self::new(&dir.display().to_string());
        let index = dir.join("curriculum.toml");
        // Looked for first: another directory may be as large as a disk.
        if let Err(error) = fs::symlink_metadata(&index) {
            let absent = matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            );
            let help = if absent {
                "a curriculum is a directory with a `curriculum.toml` in it"
            } else {
                "check the directory's permissions"
            };
            return Err(cannot_read(&files.named("curriculum.toml"), error).help(help));
        }
        files.walk(dir, "", 1)?;
        Ok(files)
    }

    fn new(top: &str) -> Self {
        Self {
            top: top.trim_end_matches('/').to_owned(),
            texts: BTreeMap::new(),
            others: Vec::new(),
        }
    }

    /// The text at this path below the top.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(AsRef::as_ref)
    }

    /// The path as errors name it.
    pub(super) fn named(&self, path: &str) -> String {
        format!("{}/{path}", self.top)
    }

    /// The paths of all texts, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The paths of files that are no texts.
    pub(super) fn others(&self) -> &[String] {
        &self.others
    }

    fn walk(&mut self, folder: &Path, inside: &str, depth: usize) -> Result<(), CurriculumError> {
        let here = |error| cannot_read(&folder.display().to_string(), error);
        for entry in fs::read_dir(folder).map_err(here)? {
            let entry = entry.map_err(here)?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let path = entry.path().display().to_string();
                return Err(CurriculumError::new(
                    ErrorKind::BadName,
                    path,
                    "the name of this file is not UTF-8",
                ));
            };
            if name.starts_with('.') {
                continue;
            }
            let path = if inside.is_empty() {
                name.to_owned()
            } else {
                format!("{inside}/{name}")
            };
            let kind = entry.file_type().map_err(here)?;
            if kind.is_symlink() {
                return Err(refused(self.named(&path), "this is a symbolic link"));
            } else if kind.is_dir() && depth < DEEPEST {
                self.walk(&entry.path(), &path, depth + 1)?;
            } else if kind.is_file() {
                self.read_file(&entry.path(), path)?;
            } else if !kind.is_dir() {
                return Err(refused(
                    self.named(&path),
                    "this is neither file nor folder",
                ));
            }
        }
        Ok(())
    }

    fn read_file(&mut self, from: &PathBuf, path: String) -> Result<(), CurriculumError> {
        if self.texts.len() + self.others.len() >= MOST_FILES {
            return Err(CurriculumError::new(
                ErrorKind::TooLarge,
                self.top.clone(),
                format!("there are more than {MOST_FILES} files in this directory"),
            )
            .help("a curriculum is `curriculum.toml` and a folder for each week"));
        }
        if !is_text(&path) {
            self.others.push(path);
            return Ok(());
        }
        let failed = |error| cannot_read(&self.named(&path), error);
        let length = fs::metadata(from).map_err(failed)?.len();
        if length > LARGEST {
            return Err(CurriculumError::new(
                ErrorKind::TooLarge,
                self.named(&path),
                format!("this file has {length} bytes; a text has {LARGEST} at most"),
            ));
        }
        let bytes = fs::read(from).map_err(failed)?;
        self.add(path, Cow::Owned(bytes))
    }

    fn add(&mut self, path: String, bytes: Cow<'static, [u8]>) -> Result<(), CurriculumError> {
        if !is_text(&path) {
            self.others.push(path);
            return Ok(());
        }
        let text = match bytes {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|error| error.utf8_error()),
        };
        let text = text.map_err(|error| {
            CurriculumError::new(
                ErrorKind::NotUtf8,
                self.named(&path),
                format!(
                    "this file is not UTF-8: the byte at {} begins no character",
                    error.valid_up_to()
                ),
            )
            .help("save it as UTF-8")
        })?;
        self.texts.insert(path, text);
        Ok(())
    }

    /// Files of a test, as if they had been read from `curriculum/`.
    #[cfg(test)]
    pub(super) fn of(texts: &[(&str, &str)]) -> Self {
        let mut files = Self::new("curriculum");
        for (path, text) in texts {
            files
                .add((*path).to_owned(), Cow::Owned(text.as_bytes().to_vec()))
                .unwrap();
        }
        files
    }
}

fn is_text(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|end| end == "toml" || end == "md")
}

fn cannot_read(path: &str, error: io::Error) -> CurriculumError {
    CurriculumError::new(
        ErrorKind::Unreadable,
        path,
        format!("cannot read this: {error}"),
    )
    .because(error)
}

fn refused(path: String, what: &str) -> CurriculumError {
    CurriculumError::new(ErrorKind::NotAFile, path, what)
        .help("a curriculum holds only files and folders of its own")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{
        super::{
            Curriculum,
            tests::{INDEX, LAB, PLANNED},
        },
        *,
    };

    /// A curriculum in a directory of its own.
    fn written() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let week = dir.path().join("week-01-api");
        for (unit, text) in [("rest-api", LAB), ("rename", PLANNED)] {
            fs::create_dir_all(week.join(unit)).unwrap();
            fs::write(week.join(unit).join("lab.toml"), text).unwrap();
        }
        fs::write(dir.path().join("curriculum.toml"), INDEX).unwrap();
        dir
    }

    /// What opening the directory tells, its own path left out.
    fn open_error(dir: &tempfile::TempDir) -> (ErrorKind, String) {
        let error = Curriculum::open(dir.path()).unwrap_err();
        let path = dir.path().display().to_string();
        (error.kind(), error.to_string().replace(&path, "DIR"))
    }

    #[test]
    fn a_directory_reads_like_the_embedded_one_and_hidden_files_are_passed_over() {
        let dir = written();
        fs::create_dir(dir.path().join(".git")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join(".git/x")).unwrap();
        let course = Curriculum::open(dir.path()).unwrap();
        assert_eq!(course.units().count(), 2);
        assert_eq!(course.id().as_str(), "course");
    }

    #[test]
    fn a_directory_without_a_curriculum_says_what_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let (kind, told) = open_error(&dir);
        assert_eq!(kind, ErrorKind::Unreadable);
        assert_snapshot!(told, @r"
        error: cannot read this: No such file or directory (os error 2)
        --> DIR/curriculum.toml
         |
        help: a curriculum is a directory with a `curriculum.toml` in it
        ");
    }

    #[test]
    fn a_symlink_in_a_curriculum_is_refused() {
        let dir = written();
        let brief = dir.path().join("week-01-api/rest-api/README.md");
        std::os::unix::fs::symlink("/etc/passwd", &brief).unwrap();
        let (kind, told) = open_error(&dir);
        assert_eq!(kind, ErrorKind::NotAFile);
        assert_snapshot!(told, @r"
        error: this is a symbolic link
        --> DIR/week-01-api/rest-api/README.md
         |
        help: a curriculum holds only files and folders of its own
        ");
    }

    #[test]
    fn a_text_that_is_not_utf8_or_too_large_is_refused() {
        let dir = written();
        let brief = dir.path().join("week-01-api/rest-api/README.md");
        fs::write(&brief, b"caf\xe9").unwrap();
        let (kind, told) = open_error(&dir);
        assert_eq!(kind, ErrorKind::NotUtf8);
        assert_snapshot!(told, @r"
        error: this file is not UTF-8: the byte at 3 begins no character
        --> DIR/week-01-api/rest-api/README.md
         |
        help: save it as UTF-8
        ");
        fs::File::create(&brief).unwrap().set_len(2 << 20).unwrap();
        let (kind, told) = open_error(&dir);
        assert_eq!(kind, ErrorKind::TooLarge);
        assert_snapshot!(told, @r"
        error: this file has 2097152 bytes; a text has 1048576 at most
        --> DIR/week-01-api/rest-api/README.md
        ");
    }

    #[test]
    fn escapes_in_names_and_texts_are_shown_and_not_obeyed() {
        let dir = written();
        let lab = dir.path().join("week-01-api/rest-api/lab.toml");
        for text in [
            "format = 1\ntitle = \"\u{1b}[31m\"\n",
            "format = 1\n\"\\u001b[31m\" = 1\n",
        ] {
            fs::write(&lab, text).unwrap();
            let (_, told) = open_error(&dir);
            assert!(!told.contains('\u{1b}'), "{told:?}");
        }
        let name = dir.path().join("week-01-api/\u{1b}[31m.md");
        std::os::unix::fs::symlink("/etc/passwd", name).unwrap();
        let (kind, told) = open_error(&dir);
        assert_eq!(kind, ErrorKind::NotAFile);
        assert!(told.contains(r"DIR/week-01-api/\u{1b}[31m.md"), "{told:?}");
    }
}
