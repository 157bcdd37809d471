//! Finds the workspace one stands in, and reads its `mastery.toml`.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::{
    ErrorKind, Result, TextError, WorkspaceError,
    reader::{Section, Source, listed},
};
use crate::curriculum::suggest;

/// The file that makes a folder a workspace.
pub const SETTINGS: &str = "mastery.toml";

/// What `language` may be: `other` is a language without a starter.
pub const LANGUAGES: [&str; 5] = ["python", "go", "typescript", "rust", "other"];

/// A learner's workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Absolute, free of symbolic links.
    pub root: PathBuf,
    pub settings: Settings,
}

/// What `mastery.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The id of the course.
    pub curriculum: String,
    /// What `mastery start` scaffolds, one of [`LANGUAGES`].
    pub language: String,
    /// Where services are fetched from instead of their publishers.
    pub mirror: Option<String>,
    /// Where services run: `auto`, `docker` or `native`.
    pub backend: Option<String>,
}

impl Workspace {
    /// The workspace that holds a folder: the nearest one above it.
    pub fn discover(from: &Path) -> Result<Self> {
        let start =
            fs::canonicalize(from).map_err(|error| WorkspaceError::disk("look at", from, error))?;
        for folder in start.ancestors() {
            let path = folder.join(SETTINGS);
            let text = match fs::read(&path) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) if is_absent(&error, &path) => continue,
                Err(error) => return Err(WorkspaceError::disk("read", path, error)),
            };
            return Ok(Self {
                root: folder.to_owned(),
                settings: Settings::parse(&text, &path.display().to_string())?,
            });
        }
        Err(ErrorKind::NotAWorkspace { from: start }.into())
    }

    /// A path relative to the root, with `/`: what refs, reports and commits call it. `None` when
    /// it lies outside; empty for the root itself.
    pub fn place(&self, path: &Path) -> Option<String> {
        let absolute = fs::canonicalize(path).unwrap_or_else(|_| self.root.join(path));
        let inside = absolute.strip_prefix(&self.root).ok()?;
        let mut parts = Vec::new();
        for part in inside.components() {
            match part {
                Component::Normal(name) => parts.push(name.to_str()?),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(parts.join("/"))
    }

    /// The folder a place names.
    pub fn folder(&self, place: &str) -> PathBuf {
        if place.is_empty() {
            self.root.clone()
        } else {
            self.root.join(place)
        }
    }
}

/// Not there, or in a folder that we may not look into on the way up.
fn is_absent(error: &io::Error, path: &Path) -> bool {
    let is_nothing = matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    );
    is_nothing
        || error.kind() == io::ErrorKind::PermissionDenied && path.symlink_metadata().is_err()
}

impl Settings {
    /// Reads the text of a `mastery.toml`; `shown` is how messages call the file.
    pub(super) fn parse(text: &str, shown: &str) -> std::result::Result<Self, TextError> {
        let source = Source { file: shown, text };
        let table = source.parse()?;
        let top = Section::top(source, &table);
        source.check_schema(top)?;
        top.only(&["schema", "curriculum", "language", "backend", "services"])?;
        let curriculum = top.string("curriculum", "curriculum = \"backend-mastery\"")?;
        let language = top.string("language", "language = \"python\"")?;
        if !LANGUAGES.contains(language.get_ref()) {
            let error = source.error(
                language.span(),
                format!("`{}` is no language mastery knows", language.get_ref()),
                "unknown language",
            );
            return Err(error.help(match suggest(language.get_ref(), LANGUAGES) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => format!("It is one of {}.", listed(&LANGUAGES)),
            }));
        }
        Ok(Self {
            curriculum: curriculum.into_inner().to_owned(),
            language: language.into_inner().to_owned(),
            mirror: mirror(top)?,
            backend: backend(source, top)?,
        })
    }

    /// A `mastery.toml` that says this: the template with its two values put in, comments kept, or
    /// a plain one when there is no template or it cannot be read.
    pub(super) fn write_into(&self, template: Option<&[u8]>) -> Vec<u8> {
        template
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|text| self.filled(text))
            .unwrap_or_else(|| {
                format!(
                    "schema = 1\ncurriculum = {}\nlanguage = {}\n",
                    quoted(&self.curriculum),
                    quoted(&self.language)
                )
            })
            .into_bytes()
    }

    fn filled(&self, template: &str) -> Option<String> {
        let source = Source {
            file: SETTINGS,
            text: template,
        };
        let table = source.parse().ok()?;
        let top = Section::top(source, &table);
        let mut values = [
            (top.get("curriculum")?.span(), &self.curriculum),
            (top.get("language")?.span(), &self.language),
        ];
        values.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        let mut text = template.to_owned();
        for (span, value) in values {
            text.replace_range(span, &quoted(value));
        }
        Some(text)
    }
}

/// What `backend` may say.
const BACKENDS: [&str; 3] = ["auto", "docker", "native"];

fn backend(source: Source<'_>, top: Section<'_>) -> std::result::Result<Option<String>, TextError> {
    if top.get("backend").is_none() {
        return Ok(None);
    }
    let found = top.string("backend", "backend = \"native\"")?;
    if BACKENDS.contains(found.get_ref()) {
        return Ok(Some((*found.get_ref()).to_owned()));
    }
    let title = format!("`{}` is no backend of services", found.get_ref());
    let help = format!("It is one of {}.", listed(&BACKENDS));
    Err(source
        .error(found.span(), title, "unknown backend")
        .help(help))
}

/// What `[services]` says.
fn mirror(top: Section<'_>) -> std::result::Result<Option<String>, TextError> {
    let Some(value) = top.get("services") else {
        return Ok(None);
    };
    let span = value.span();
    let services = top.below("services", &span, value)?;
    services.only(&["mirror"])?;
    if services.get("mirror").is_none() {
        return Ok(None);
    }
    let example = "mirror = \"https://mirror.example/services\"";
    let mirror = services.string("mirror", example)?;
    Ok(Some(mirror.into_inner().to_owned()))
}

/// A basic TOML string.
pub(super) fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|letter| match letter {
            '"' | '\\' => vec!['\\', letter],
            c if c.is_control() => format!("\\u{:04X}", u32::from(c)).chars().collect(),
            c => vec![c],
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> TextError {
        Settings::parse(text, "mastery.toml").unwrap_err()
    }

    #[test]
    fn settings_are_read() {
        let text = "schema = 1\ncurriculum = \"backend-mastery\"\nlanguage = \"go\"\n";
        let settings = Settings::parse(text, "mastery.toml").unwrap();
        assert_eq!(settings.curriculum, "backend-mastery");
        assert_eq!(settings.language, "go");
    }

    #[test]
    fn a_mirror_of_services_is_read() {
        let text = |below: &str| {
            format!("schema = 1\ncurriculum = \"x\"\nlanguage = \"go\"\n[services]\n{below}\n")
        };
        let mirror = |below| {
            Settings::parse(&text(below), "mastery.toml")
                .unwrap()
                .mirror
        };
        assert_eq!(mirror("mirror = \"http://m\"").as_deref(), Some("http://m"));
        assert_eq!(mirror(""), None);
        let error = error(&text("miror = \"http://m\""));
        assert!(error.to_string().contains("Did you mean `mirror`?"));
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_what_was_meant() {
        let error = error("schema = 1\ncurriculum = \"x\"\n  langauge = \"go\"\n");
        assert_eq!(error.position(), (3, 3));
        assert_eq!(error.title(), "unknown key `langauge`");
        assert!(error.to_string().contains("Did you mean `language`?"));
    }

    #[test]
    fn a_newer_schema_asks_for_an_update_before_its_keys_are_looked_at() {
        let error = error("schema = 2\nbrand_new = true\n");
        assert!(error.to_string().contains("Update mastery"), "{error}");
        assert_eq!(error.position(), (1, 10));
    }

    #[test]
    fn an_unknown_language_and_broken_toml_are_told() {
        let unknown = error("schema = 1\ncurriculum = \"x\"\nlanguage = \"pyhton\"\n");
        assert!(unknown.to_string().contains("Did you mean `python`?"));
        assert_eq!(error("schema = 1\nlanguage = = 2\n").position().0, 2);
        assert!(
            error("")
                .to_string()
                .contains("the key `schema` is missing")
        );
    }

    #[test]
    fn a_template_keeps_its_comments_and_gets_the_values() {
        let settings = Settings {
            curriculum: "my-course".into(),
            language: "rust".into(),
            mirror: None,
            backend: None,
        };
        let template =
            b"schema = 1 # form\ncurriculum = \"a\" # course\nlanguage = \"python\" # l\n";
        assert_eq!(
            String::from_utf8(settings.write_into(Some(template))).unwrap(),
            "schema = 1 # form\ncurriculum = \"my-course\" # course\nlanguage = \"rust\" # l\n"
        );
        let plain = String::from_utf8(settings.write_into(None)).unwrap();
        assert_eq!(Settings::parse(&plain, "mastery.toml").unwrap(), settings);
    }
}
