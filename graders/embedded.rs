//! The references as they were when this was built: full solutions a learner may read after passing.

/// A file of a reference.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Below the reference's root, with `/`; `X.in` is already named `X`.
    pub path: &'static str,
    pub bytes: &'static [u8],
    pub executable: bool,
}

/// A full solution of a lab in one language.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    pub lab: &'static str,
    pub language: &'static str,
    /// Sorted by path.
    pub files: &'static [File],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The references of this lab, by language. None: there is none yet.
pub fn references(lab: &str) -> impl Iterator<Item = &'static Reference> {
    REFERENCES
        .iter()
        .filter(move |reference| reference.lab == lab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_belong_to_a_lab_with_a_grader_and_name_their_program() {
        for reference in REFERENCES {
            assert!(crate::grader(reference.lab).is_some(), "{}", reference.lab);
            let named = |path| reference.files.iter().any(|file| file.path == path);
            assert!(named("submission.toml"), "{reference:?}");
            let is_source = |path: &str| {
                let ends_in = std::path::Path::new(path).extension();
                !path.contains("__pycache__")
                    && !path.starts_with("bin/")
                    && ends_in.is_none_or(|end| end != "in")
            };
            assert!(
                reference.files.iter().all(|file| is_source(file.path)),
                "{reference:?}"
            );
        }
    }

    #[test]
    fn a_lab_without_references_has_none() {
        assert_eq!(references("no-such-lab").count(), 0);
    }
}
