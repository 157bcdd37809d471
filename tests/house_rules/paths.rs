//! Every path a Rust file names: its `use` trees unfolded, the paths written in place, and those
//! that begin at an imported name, all from `crate` or from the name of a package.

use std::collections::BTreeMap;

use crate::{
    source::{Piece, Source},
    tree::File,
};

/// A path as it is meant, from the crate's root or a package's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) path: String,
}

struct Finder<'t> {
    tokens: &'t [Piece],
    /// Names that a `use` brought in, and what they stand for.
    imported: BTreeMap<String, String>,
    /// The modules of this file's place, below the crate's root.
    module: Vec<String>,
    /// Inline modules that are open: their depth of braces and name.
    inline: Vec<(usize, String)>,
    found: Vec<Named>,
}

/// The paths named in this file.
pub(crate) fn named(file: &File) -> Vec<Named> {
    of_source(&file.source(), module_of(&file.path))
}

fn of_source(source: &Source, module: Vec<String>) -> Vec<Named> {
    let tokens = source.tokens();
    let mut finder = Finder {
        tokens: &tokens,
        imported: BTreeMap::new(),
        module,
        inline: Vec::new(),
        found: Vec::new(),
    };
    finder.imports();
    finder.written_in_place();
    finder.found
}

/// `src/report/plain/fold.rs` is `report::plain::fold`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.rsplit_once("src/").map_or(path, |(_, inside)| inside);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut module: Vec<String> = inside.split('/').map(ToOwned::to_owned).collect();
    if module
        .last()
        .is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str()))
    {
        module.pop();
    }
    module
}

impl Finder<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn is_use(&self, at: usize) -> bool {
        let opens = at == 0 || ["pub", ";", "{", "}", "]", ")"].contains(&self.text(at - 1));
        self.text(at) == "use" && opens && self.text(at + 1) != "<"
    }

    /// Follows the inline modules, so that `super` is known.
    fn step(&mut self, at: usize, depth: &mut usize) {
        match self.text(at) {
            "{" => {
                *depth += 1;
                if at >= 2 && self.text(at - 2) == "mod" {
                    self.inline.push((*depth, self.text(at - 1).to_owned()));
                }
            }
            "}" => {
                self.inline.retain(|(opened, _)| opened < depth);
                *depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn imports(&mut self) {
        let (mut at, mut depth) = (0, 0);
        while at < self.tokens.len() {
            self.step(at, &mut depth);
            if self.is_use(at) {
                at = self.use_tree(at + 1, &[]);
            }
            at += 1;
        }
    }

    /// Unfolds one tree of a `use` and answers where it ended.
    fn use_tree(&mut self, mut at: usize, before: &[String]) -> usize {
        let mut path = before.to_vec();
        loop {
            match self.text(at) {
                "" | ";" | "," | "}" => {
                    let name = path.last().cloned().unwrap_or_default();
                    self.import(at - 1, &path, &name);
                    return at;
                }
                "{" => {
                    at += 1;
                    while !["", "}", ";"].contains(&self.text(at)) {
                        at = self.use_tree(at, &path);
                        at += usize::from(self.text(at) == ",");
                    }
                    return at + 1;
                }
                "as" => {
                    let name = self.text(at + 1).to_owned();
                    self.import(at - 1, &path, &name);
                    return at + 2;
                }
                "self" if !path.is_empty() => {}
                "::" => {}
                word => path.push(word.to_owned()),
            }
            at += 1;
        }
    }

    fn import(&mut self, at: usize, path: &[String], name: &str) {
        let path = self.resolve(path);
        let line = self.tokens.get(at).map_or(1, |token| token.line);
        self.found.push(Named {
            line,
            path: path.clone(),
        });
        if name != "*" && name != "_" {
            self.imported.insert(name.to_owned(), path);
        }
    }

    fn written_in_place(&mut self) {
        self.inline.clear();
        let (mut at, mut depth) = (0, 0);
        while at < self.tokens.len() {
            self.step(at, &mut depth);
            if self.is_use(at) {
                while !["", ";"].contains(&self.text(at)) {
                    at += 1;
                }
                continue;
            }
            let begins = self.text(at + 1) == "::"
                && self
                    .text(at)
                    .starts_with(|c: char| c.is_alphabetic() || c == '_')
                && (at == 0 || self.text(at - 1) != "::");
            if !begins {
                at += 1;
                continue;
            }
            let line = self.tokens[at].line;
            let mut words = vec![self.text(at).to_owned()];
            while self.text(at + 1) == "::" {
                at += 2;
                if !self
                    .text(at)
                    .starts_with(|c: char| c.is_alphabetic() || c == '_')
                {
                    break;
                }
                words.push(self.text(at).to_owned());
            }
            let path = self.resolve(&words);
            self.found.push(Named { line, path });
            at += 1;
        }
    }

    /// The path from the crate's root or a package: `self`, `super` and imported names replaced.
    fn resolve(&self, words: &[String]) -> String {
        let mut place: Vec<&str> = self.module.iter().map(String::as_str).collect();
        place.extend(self.inline.iter().map(|(_, name)| name.as_str()));
        let mut rest = words;
        let mut relative = false;
        while let Some(first) = rest.first().map(String::as_str) {
            match first {
                "self" => {}
                "super" => {
                    place.pop();
                }
                _ => break,
            }
            relative = true;
            rest = &rest[1..];
        }
        let tail = rest.join("::");
        if relative {
            place.insert(0, "crate");
            place.extend((!tail.is_empty()).then_some(tail.as_str()));
            return place.join("::");
        }
        let head = rest.first().map_or("", String::as_str);
        match self.imported.get(head) {
            Some(full) if head != full => {
                let below = tail[head.len()..].to_owned();
                format!("{full}{below}")
            }
            _ => tail,
        }
    }
}

/// Whether a path is this one or begins with it.
pub(crate) fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str, text: &str) -> Vec<String> {
        named(&File::planted(path, text))
            .into_iter()
            .map(|named| named.path)
            .collect()
    }

    #[test]
    fn use_trees_are_unfolded_over_lines() {
        let found = paths(
            "src/report/plain.rs",
            "use crate::{\n    grading::{event::{self, GradeEvent}, progress as p},\n    words,\n};\nuse tokio::*;\n",
        );
        assert_eq!(
            found,
            [
                "crate::grading::event",
                "crate::grading::event::GradeEvent",
                "crate::grading::progress",
                "crate::words",
                "tokio::*"
            ]
        );
    }

    #[test]
    fn paths_in_place_are_followed_through_imported_names() {
        let found = paths(
            "src/cli/ui.rs",
            "use mastery_kit::probe as p;\nfn f() -> p::http::Probe { git2::Repository::open::<u8>(x) }\n",
        );
        assert_eq!(
            found,
            [
                "mastery_kit::probe",
                "mastery_kit::probe::http::Probe",
                "git2::Repository::open"
            ]
        );
    }

    #[test]
    fn super_leads_out_of_the_room() {
        let found = paths(
            "src/report/plain.rs",
            "mod a {\n    use super::super::super::tui::X;\n}\nfn f() { super::super::cli::g(); super::h(); self::i(); }\n",
        );
        assert_eq!(
            found,
            [
                "crate::tui::X",
                "crate::cli::g",
                "crate::report::h",
                "crate::report::plain::i"
            ]
        );
    }
}
