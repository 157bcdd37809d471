//! What this binary carries: curriculum, templates and the capstone's frame, written by `build.rs`.

/// A file that was embedded when this was built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    /// Below its table's folder, with `/`. Tables are sorted by it.
    pub(crate) path: &'static str,
    pub(crate) bytes: &'static [u8],
    pub(crate) executable: bool,
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
