//! What a publisher says a file is: read in each of the forms that publishers write.

use std::{fmt::Write as _, fs::File, io, path::Path};

use sha2::{Digest as _, Sha256, Sha512};

/// What a file must hash to, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    Sha256(String),
    Sha512(String),
}

/// A hash that is being made.
pub(super) enum Hasher {
    Sha256(Box<Sha256>),
    Sha512(Box<Sha512>),
}

impl Checksum {
    /// The text of a `.sha512` file: `HASH`, `HASH  FILE`, `SHA512 (FILE) = HASH`, or, as Apache
    /// writes it, `FILE: HEX HEX …` over several lines.
    pub(super) fn sha512(text: &str) -> Option<Self> {
        hexadecimal(text, 128).map(Self::Sha512)
    }

    /// The text of a `.sha256` file, in the same forms.
    pub(super) fn sha256(text: &str) -> Option<Self> {
        hexadecimal(text, 64).map(Self::Sha256)
    }

    pub(super) fn hasher(&self) -> Hasher {
        match self {
            Self::Sha256(_) => Hasher::Sha256(Box::default()),
            Self::Sha512(_) => Hasher::Sha512(Box::default()),
        }
    }

    pub(super) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::Sha512(hex) => hex,
        }
    }
}

impl Hasher {
    /// One of the same kind that has seen nothing.
    pub(super) fn anew(&self) -> Self {
        match self {
            Self::Sha256(_) => Self::Sha256(Box::default()),
            Self::Sha512(_) => Self::Sha512(Box::default()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    pub(super) fn hex(self) -> String {
        let bytes = match self {
            Self::Sha256(hash) => hash.finalize().to_vec(),
            Self::Sha512(hash) => hash.finalize().to_vec(),
        };
        bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes what is written");
            hex
        })
    }

    /// Takes in a whole file; returns its length.
    pub(super) fn read(&mut self, path: &Path) -> io::Result<u64> {
        let mut file = File::open(path)?;
        let mut buffer = vec![0; 1 << 16];
        let mut length = 0;
        loop {
            let read = io::Read::read(&mut file, &mut buffer)?;
            if read == 0 {
                return Ok(length);
            }
            self.update(&buffer[..read]);
            length += read as u64;
        }
    }
}

/// `length` hexadecimal digits: one word of them, or the words behind the file's name together.
fn hexadecimal(text: &str, length: usize) -> Option<String> {
    let is_hex = |word: &&str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let whole = |word: &&str| word.len() == length && is_hex(word);
    if let Some(word) = text.split_whitespace().find(whole) {
        return Some(word.to_ascii_lowercase());
    }
    let (_, groups) = text.split_once(": ").or_else(|| text.split_once(":\n"))?;
    let joined: String = groups.split_whitespace().collect();
    whole(&joined.as_str()).then(|| joined.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_that_publishers_write_is_read() {
        let mut hasher = Checksum::Sha512(String::new()).hasher();
        hasher.update(b"abc");
        let hex = hasher.hex();
        assert!(hex.starts_with("ddaf35a193617abacc417349ae204131"), "{hex}");
        let upper = hex.to_ascii_uppercase();
        let groups: Vec<&str> = (0..128).step_by(8).map(|at| &upper[at..at + 8]).collect();
        let apache = format!(
            "kafka_2.13-4.4.0.tgz: {}\n                      {}\n",
            groups[..8].join(" "),
            groups[8..].join(" ")
        );
        for text in [
            hex.clone(),
            format!("{hex}  kafka_2.13-4.4.0.tgz\n"),
            format!("{upper} *kafka_2.13-4.4.0.tgz\n"),
            format!("SHA512 (kafka_2.13-4.4.0.tgz) = {hex}\n"),
            apache,
        ] {
            assert_eq!(
                Checksum::sha512(&text),
                Some(Checksum::Sha512(hex.clone())),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_checksum_is_none() {
        for text in [
            "",
            "<html>Not found</html>",
            "abc: DDAF35A1 93617ABA",
            "kafka: zz",
        ] {
            assert_eq!(Checksum::sha512(text), None, "{text}");
        }
    }
}
