//! The attempts of a workspace: each whole, and none ever lost.

use std::{collections::BTreeMap, process::Command};

use git2::{Oid, Repository};

use crate::{
    ground::{Ground, KAFKA, REST},
    kill::Aim,
};

/// The attempts on each lab, the newest first.
pub(crate) struct Attempts(BTreeMap<&'static str, Vec<Oid>>);

impl Attempts {
    pub(crate) fn read(ground: &Ground) -> Self {
        let repo = Repository::open(ground.workspace()).unwrap();
        let of = |lab| (lab, chain(&repo, lab));
        Self([KAFKA, REST].map(of).into())
    }

    /// What became of them: whether the killed run was kept, and what is wrong.
    pub(crate) fn compare(
        &self,
        ground: &Ground,
        aim: &Aim,
        had_told: bool,
    ) -> (bool, Vec<String>) {
        let now = Self::read(ground);
        let mut wrong = Vec::new();
        for (lab, before) in &self.0 {
            let after = &now.0[lab];
            if !after.ends_with(before) {
                wrong.push(format!(
                    "{lab}: an attempt of {before:?} is not in {after:?}"
                ));
            }
            let repo = Repository::open(ground.workspace()).unwrap();
            let broken = after.iter().filter_map(|id| broken(&repo, *id).err());
            wrong.extend(broken);
        }
        // The start after it kept one as well, when it was on the same lab.
        let lab = aim.lab();
        let mut expected = self.0[lab].len() + usize::from(had_told);
        expected += usize::from(ground.next(aim).0 == lab);
        let there = now.0[lab].len();
        if there != expected {
            wrong.push(format!("{lab}: {there} attempts instead of {expected}"));
        }
        wrong.extend(now.told_otherwise(ground));
        wrong.extend(checked_by_git(ground));
        (had_told && there == expected, wrong)
    }

    /// What `mastery progress` tells must be what is there.
    fn told_otherwise(&self, ground: &Ground) -> Vec<String> {
        let told = ground.command("ws", &["progress", "--json"]).output();
        let told: serde_json::Value = match serde_json::from_slice(&told.unwrap().stdout) {
            Ok(told) => told,
            Err(error) => return vec![format!("progress --json is no JSON: {error}")],
        };
        let wrong = self.0.iter().filter_map(|(lab, attempts)| {
            let counted = count_of(&told, lab);
            (counted != Some(attempts.len() as u64)).then(|| {
                let there = attempts.len();
                format!("{lab}: progress counts {counted:?} attempts of {there}")
            })
        });
        wrong.collect()
    }
}

/// The number of attempts in the row of a unit, wherever it stands.
fn count_of(told: &serde_json::Value, lab: &str) -> Option<u64> {
    match told {
        serde_json::Value::Object(fields) => {
            if fields.get("id").and_then(serde_json::Value::as_str) == Some(lab) {
                return fields.get("attempts")?.as_u64();
            }
            fields.values().find_map(|value| count_of(value, lab))
        }
        serde_json::Value::Array(items) => items.iter().find_map(|item| count_of(item, lab)),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => None,
    }
}

fn chain(repo: &Repository, lab: &str) -> Vec<Oid> {
    let name = format!("refs/mastery/attempts/{lab}");
    let tip = repo.find_reference(&name).ok();
    let mut next = tip.and_then(|tip| tip.peel_to_commit().ok());
    let mut chain = Vec::new();
    while let Some(commit) = next {
        chain.push(commit.id());
        next = commit.parent(0).ok();
    }
    chain
}

/// An attempt holds the code and a tape that begins with its run and ends with a whole line.
fn broken(repo: &Repository, id: Oid) -> Result<(), String> {
    let read = || -> Result<Vec<u8>, git2::Error> {
        let tree = repo.find_commit(id)?.tree()?;
        let part = |name: &str| {
            let entry = tree.get_name(name).map(|entry| entry.id());
            entry.ok_or_else(|| git2::Error::from_str(&format!("it has no {name}")))
        };
        repo.find_tree(part("work")?)?;
        Ok(repo.find_blob(part("events.jsonl")?)?.content().to_owned())
    };
    let tape = read().map_err(|error| format!("attempt {id}: {}", error.message()))?;
    let whole = tape.starts_with(b"{") && tape.ends_with(b"}\n");
    if whole {
        Ok(())
    } else {
        Err(format!("attempt {id}: its tape is cut short"))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "git itself is the judge of its repository"
)]
fn checked_by_git(ground: &Ground) -> Option<String> {
    let checked = Command::new("git")
        .args([
            "fsck",
            "--full",
            "--strict",
            "--no-dangling",
            "--no-progress",
        ])
        .current_dir(ground.workspace())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    (!checked.status.success()).then(|| format!("git fsck: {said}"))
}
