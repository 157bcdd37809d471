//! The kill matrix: which check sees which mutant, on one fixed seed, kept to be read and diffed.

use std::fmt::Write as _;

/// Mutants by checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KillMatrix {
    pub lab: String,
    pub seed: String,
    /// In the lab's order.
    pub checks: Vec<String>,
    pub rows: Vec<Row>,
}

/// One mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub mutant: String,
    pub caught_by: String,
    /// A letter for each check: p f u s.
    pub letters: Vec<char>,
}

impl KillMatrix {
    /// The table as it is kept: a legend of numbered checks, then a row for each mutant.
    pub fn text(&self) -> String {
        let mut text = format!(
            "Which check sees which mutant of {}, each check by itself, on seed {}.\n\
             F failed, named by the mutant · f failed too · . passed · u unsettled · s skipped\n\
             Written by `mastery author prove --lab {} --kill-matrix FILE`; only F is compared.\n\n",
            self.lab, self.seed, self.lab
        );
        let line = |text: &mut String, args: std::fmt::Arguments<'_>| {
            text.write_fmt(args).expect("a String takes all");
        };
        for (at, check) in self.checks.iter().enumerate() {
            line(&mut text, format_args!("{:>2} {check}\n", at + 1));
        }
        let names = self.rows.iter().map(|row| row.mutant.len());
        let width = names.max().unwrap_or(0);
        line(&mut text, format_args!("\n{:width$}", ""));
        for at in 1..=self.checks.len() {
            line(&mut text, format_args!(" {at:>2}"));
        }
        text.push('\n');
        for row in &self.rows {
            line(&mut text, format_args!("{:width$}", row.mutant));
            for (check, letter) in self.checks.iter().zip(&row.letters) {
                let shown = match letter {
                    'f' if *check == row.caught_by => 'F',
                    'p' => '.',
                    other => *other,
                };
                line(&mut text, format_args!("  {shown}"));
            }
            text.push('\n');
        }
        text
    }

    /// Which mutant is caught by which named check, as a kept table says it.
    pub fn named_in(text: &str) -> Vec<(String, String)> {
        let mut checks = Vec::new();
        let mut named = Vec::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [number, check] if number.parse() == Ok(checks.len() + 1) => {
                    checks.push(check.to_owned());
                }
                [mutant, ref letters @ ..] if letters.len() == checks.len() => {
                    let at = letters.iter().position(|letter| *letter == "F");
                    if let Some(check) = at.and_then(|at| checks.get(at)) {
                        named.push((mutant.to_owned(), check.clone()));
                    }
                }
                _ => {}
            }
        }
        named
    }
}

/// How a kept table differs from the mutants there are, in the one column that is compared.
pub(super) fn differences(text: &str, mutants: &[(&str, &str)]) -> Vec<String> {
    let kept = KillMatrix::named_in(text);
    let mut told = Vec::new();
    for (mutant, check) in mutants {
        match kept.iter().find(|(name, _)| name == mutant) {
            Some((_, by)) if by == check => {}
            Some((_, by)) => {
                told.push(format!(
                    "`{mutant}` is caught by `{check}`, the matrix says `{by}`."
                ));
            }
            None => told.push(format!("`{mutant}`, caught by `{check}`, is not in it.")),
        }
    }
    let gone = kept
        .iter()
        .filter(|(name, _)| mutants.iter().all(|(mutant, _)| mutant != name));
    told.extend(gone.map(|(name, _)| format!("`{name}` is in it and no mutant.")));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> KillMatrix {
        let row = |mutant: &str, caught_by: &str, letters: &str| Row {
            mutant: mutant.to_owned(),
            caught_by: caught_by.to_owned(),
            letters: letters.chars().collect(),
        };
        KillMatrix {
            lab: "rest-api".to_owned(),
            seed: "0000000000000001".to_owned(),
            checks: vec!["a_fact".to_owned(), "another_fact".to_owned()],
            rows: vec![
                row("a-bug", "a_fact", "fp"),
                row("worse", "another_fact", "ff"),
            ],
        }
    }

    #[test]
    fn a_table_is_read_by_people_and_its_named_column_again() {
        let text = matrix().text();
        let table = "\n 1 a_fact\n 2 another_fact\n\n       1  2\na-bug  F  .\nworse  f  F\n";
        assert!(text.ends_with(table), "{text}");
        let named = [("a-bug", "a_fact"), ("worse", "another_fact")];
        assert_eq!(differences(&text, &named), Vec::<String>::new());
    }

    #[test]
    fn only_the_named_catcher_is_compared() {
        let text = matrix().text();
        let other = matrix().text().replace("worse  f  F", "worse  .  F");
        assert_eq!(
            differences(&other, &[("a-bug", "a_fact"), ("worse", "another_fact")]).len(),
            0
        );
        let told = differences(&text, &[("a-bug", "another_fact"), ("new", "a_fact")]);
        assert_eq!(
            told,
            [
                "`a-bug` is caught by `another_fact`, the matrix says `a_fact`.",
                "`new`, caught by `a_fact`, is not in it.",
                "`worse` is in it and no mutant.",
            ]
        );
    }
}
