//! The project's source tree: what is proved stands there and is not shipped.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::error::ProofError;

/// The source tree of mastery, found from a folder in it.
#[derive(Clone, Debug)]
pub struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The checkout that `from` stands in. The error says that mutants are not shipped.
    pub fn find(from: &Path) -> Result<Self, ProofError> {
        from.ancestors()
            .find(|folder| is_checkout(folder))
            .map(|root| Self {
                root: root.to_owned(),
            })
            .ok_or_else(|| ProofError::NoCheckout {
                from: from.to_owned(),
            })
    }

    /// Its top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of texts.
    pub fn curriculum(&self) -> PathBuf {
        self.root.join("curriculum")
    }

    /// The folder of a lab's grader and its variants.
    pub fn grader(&self, lab: &str) -> PathBuf {
        self.root.join("graders").join(lab)
    }

    /// What a learner with this bug, or this manner, is told.
    pub fn said(&self, lab: &str) -> PathBuf {
        self.grader(lab).join("said")
    }

    /// The kept kill matrix of a lab.
    pub fn kill_matrix(&self, lab: &str) -> PathBuf {
        self.grader(lab).join("kill-matrix.txt")
    }

    /// What was proved of a lab, where and when.
    pub(super) fn proved(&self, lab: &str) -> PathBuf {
        self.grader(lab).join("proved.jsonl")
    }

    /// The path as errors name it.
    pub(super) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}

/// The packages stand side by side here and nowhere else; a packaged crate has no `graders/kit`.
fn is_checkout(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml"));
    manifest.is_ok_and(|text| text.contains("name = \"mastery\"") && text.contains("[workspace]"))
        && folder.join("graders/kit/Cargo.toml").is_file()
        && folder.join("curriculum/curriculum.toml").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_found_from_any_folder_in_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = Checkout::find(&root.join("graders/kit/src")).unwrap();
        assert_eq!(found.root(), root);
        assert_eq!(
            found.shown(&found.said("rest-api")),
            "graders/rest-api/said"
        );
    }

    #[test]
    fn elsewhere_the_error_says_that_a_checkout_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let told = Checkout::find(folder.path()).unwrap_err().to_string();
        assert!(told.contains("are not shipped"), "{told}");
        assert!(told.contains("checkout"), "{told}");
    }
}
