//! What may not stand in the code: unfinished work, silenced lints, stray output, and whatever
//! makes a grader slow, fragile or tied to one machine.

use crate::{
    purity::is_grader,
    source::Piece,
    tree::{File, Finding},
};

/// Macros that leave work undone. Written so that this list is no such word itself.
const UNDONE: &[&str] = &["todo", "unimplemented", "dbg"];

const PRINTS: &[&str] = &["println", "eprintln", "print", "eprint"];

/// A mark for later, in two pieces so that it does not stand here.
const FIX_LATER: &str = concat!("fix", "me");

/// Where this project's own mark for the learner's work may stand.
const LEARNERS_MARK: &str = concat!("TO", "DO");

/// Work that was left undone.
pub(crate) fn undone_work(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (line, text) in file.lines() {
            if text.to_lowercase().contains(FIX_LATER) {
                findings.push(file.finding(line, format!("`{FIX_LATER}`: mend it or file it")));
            }
        }
        if !file.is_our_rust() {
            continue;
        }
        let source = file.source();
        findings.extend(macros(file, &source.tokens(), UNDONE, "finish it"));
        for comment in source.comments {
            if comment.text.contains(LEARNERS_MARK) {
                let what = format!("`{LEARNERS_MARK}` in a comment: do it or file it");
                findings.push(file.finding(comment.line, what));
            }
        }
    }
    findings
}

/// Lints that were silenced for good, and tests that were silenced without a word.
pub(crate) fn silenced(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_our_rust()) {
        let tokens = file.source().tokens();
        for (at, token) in tokens.iter().enumerate() {
            let before = at.checked_sub(1).map_or("", |at| tokens[at].text.as_str());
            let after = tokens.get(at + 1).map_or("", |token| token.text.as_str());
            if before == "[" && token.text == "allow" && after == "(" {
                let what =
                    "`allow`: use `#[expect(…, reason = \"…\")]`, which tells when it is over";
                findings.push(file.finding(token.line, what));
            }
            if before == "[" && token.text == "ignore" && after == "]" {
                let what = "`#[ignore]` without a reason: say when it is to be run";
                findings.push(file.finding(token.line, what));
            }
        }
    }
    findings
}

/// Output that does not go through the two places that own the streams.
pub(crate) fn stray_output(files: &[File]) -> Vec<Finding> {
    let shipped = files.iter().filter(|file| {
        let owns_streams =
            file.path == "src/cli/ui.rs" || file.path.starts_with("src/report/plain");
        file.is_shipped_rust() && !owns_streams
    });
    let why = "only cli/ui.rs and report/plain write to the streams";
    shipped
        .flat_map(|file| macros(file, &file.source().tokens(), PRINTS, why))
        .collect()
}

/// What makes a hidden test slow, fragile or tied to one machine.
pub(crate) fn careless_graders(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_grader(file)) {
        let source = file.source();
        let tokens = source.tokens();
        findings.extend(macros(
            file,
            &tokens,
            PRINTS,
            "a grader answers with evidence",
        ));
        for (at, token) in tokens.iter().enumerate() {
            let what = match token.text.as_str() {
                "sleep" => "`sleep`: await a condition with `wait::until`",
                "tokio" => "`tokio`: concurrency is the kit's",
                "unwrap" if at > 0 && tokens[at - 1].text == "." => {
                    "`unwrap`: a program's answer is never certain; use `?`"
                }
                _ => continue,
            };
            findings.push(file.finding(token.line, what));
        }
        for string in source.strings {
            if has_a_port(&string.text) {
                let what = format!("`{}`: ports belong to the bench", string.text);
                findings.push(file.finding(string.line, what));
            }
        }
    }
    findings
}

/// Whether a host of this machine stands before a literal port.
fn has_a_port(text: &str) -> bool {
    ["127.0.0.1:", "localhost:", "[::1]:"].iter().any(|host| {
        text.match_indices(host)
            .any(|(at, host)| text[at + host.len()..].starts_with(|c: char| c.is_ascii_digit()))
    })
}

fn macros(file: &File, tokens: &[Piece], names: &[&str], why: &str) -> Vec<Finding> {
    let calls = tokens
        .windows(2)
        .filter(|pair| pair[1].text == "!" && names.contains(&pair[0].text.as_str()));
    calls
        .map(|pair| file.finding(pair[0].line, format!("`{}!`: {why}", pair[0].text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::is_found;

    fn planted(text: &str) -> [File; 1] {
        [File::planted("graders/rest-api/grader.rs", text)]
    }

    #[test]
    fn undone_work_is_seen_in_code_comments_and_texts() {
        is_found(&undone_work(&planted("fn f() { todo!() }")), "todo");
        is_found(
            &undone_work(&planted("fn f() {\n dbg!(x); }")),
            ":2: `dbg!`",
        );
        let marked = format!("// {LEARNERS_MARK}: later");
        is_found(&undone_work(&planted(&marked)), LEARNERS_MARK);
        let text = File::planted("docs/a.md", &FIX_LATER.to_uppercase());
        is_found(&undone_work(&[text]), FIX_LATER);
        assert_eq!(
            undone_work(&planted("const A: &str = \"todo!\"; // what is to do")),
            []
        );
    }

    #[test]
    fn silenced_lints_and_tests_are_seen() {
        is_found(&silenced(&planted("#![allow(dead_code)]")), "`allow`");
        is_found(&silenced(&planted("#[ignore]\nfn f() {}")), "`#[ignore]`");
        let reasoned =
            "#[ignore = \"needs an hour\"] #[expect(dead_code, reason = \"x\")] fn allow() {}";
        assert_eq!(silenced(&planted(reasoned)), []);
    }

    #[test]
    fn output_outside_of_its_two_places_is_seen() {
        let text = "fn f() { eprintln!(\"x\") }";
        is_found(&stray_output(&planted(text)), "eprintln");
        assert_eq!(stray_output(&[File::planted("src/cli/ui.rs", text)]), []);
        assert_eq!(
            stray_output(&[File::planted("src/report/plain/fold.rs", text)]),
            []
        );
    }

    #[test]
    fn a_careless_grader_is_seen() {
        let careless = [
            ("sleep(SECOND).await", "sleep"),
            ("answer.unwrap()", "unwrap"),
            ("print!(\"x\")", "print"),
            ("let a = \"http://127.0.0.1:8080/\";", "8080"),
            ("tokio::join!(a, b)", "tokio"),
        ];
        for (text, word) in careless {
            is_found(&careless_graders(&planted(text)), word);
        }
        let careful = "let a = \"127.0.0.1:{port}\"; // sleep\nb.unwrap_or(c)";
        assert_eq!(careless_graders(&planted(careful)), []);
    }
}
