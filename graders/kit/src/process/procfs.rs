//! What `/proc` says about processes. Elsewhere nothing is known, and every answer is empty.

use std::{collections::BTreeSet, fs, path::Path};

/// One line of `/proc/<pid>/stat`, as far as anyone here asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) pid: u32,
    pub(crate) name: String,
    pub(crate) state: char,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    /// Somebody sits in front of it.
    pub(crate) has_terminal: bool,
    pub(crate) cpu_ticks: u64,
    pub(crate) threads: u64,
    pub(crate) resident_pages: u64,
}

impl Stat {
    /// It still runs or could: zombies have ended and only wait for their parent.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }

    /// The process as the learner finds it in `ps`.
    pub(crate) fn describe(&self) -> String {
        format!("{} (pid {})", self.name, self.pid)
    }
}

/// What is known of one process; `None` when it is gone.
pub(crate) fn stat(pid: u32) -> Option<Stat> {
    // The name is the program's own choice and may be any bytes.
    let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse_stat(&String::from_utf8_lossy(&bytes))
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name stands in parentheses and may hold blanks and parentheses itself.
    let (pid, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |place: usize| {
        fields
            .get(place)
            .and_then(|field| field.parse::<u64>().ok())
    };
    let small = |place: usize| number(place).and_then(|value| u32::try_from(value).ok());
    Some(Stat {
        pid: pid.parse().ok()?,
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: small(1)?,
        group: small(2).unwrap_or(0),
        has_terminal: fields.get(4).is_some_and(|terminal| *terminal != "0"),
        cpu_ticks: number(11)?.saturating_add(number(12)?),
        threads: number(17)?,
        resident_pages: number(21)?,
    })
}

/// All processes below `root`, without it, in no order; ended ones that wait for their parent too.
pub(crate) fn descendants(root: u32) -> Vec<Stat> {
    let mut seen = BTreeSet::from([root]);
    let mut open = vec![root];
    let mut found = Vec::new();
    while let Some(parent) = open.pop() {
        let Some(children) = children_of(parent) else {
            return descendants_by_scan(root);
        };
        for child in children {
            if seen.insert(child) {
                found.extend(stat(child));
                open.push(child);
            }
        }
    }
    found
}

/// The kernel's own list of children; `None` when this kernel keeps none.
fn children_of(pid: u32) -> Option<Vec<u32>> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Some(Vec::new());
    };
    let mut children = Vec::new();
    for task in tasks.flatten() {
        match fs::read_to_string(task.path().join("children")) {
            Ok(text) => {
                children.extend(
                    text.split_ascii_whitespace()
                        .filter_map(|p| p.parse::<u32>().ok()),
                );
            }
            // A thread that has just ended is no kernel without the list.
            Err(_) if !Path::new("/proc/thread-self/children").exists() => return None,
            Err(_) => {}
        }
    }
    Some(children)
}

fn descendants_by_scan(root: u32) -> Vec<Stat> {
    let all: Vec<Stat> = pids().filter_map(stat).collect();
    let mut family = BTreeSet::from([root]);
    loop {
        let before = family.len();
        for process in &all {
            if family.contains(&process.parent) {
                family.insert(process.pid);
            }
        }
        if family.len() == before {
            break;
        }
    }
    family.remove(&root);
    all.into_iter()
        .filter(|process| family.contains(&process.pid))
        .collect()
}

/// Every process there is.
pub(crate) fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Who works in this folder or below it, without a terminal: no shell of a person's who looks around.
pub(crate) fn working_below(folder: &Path) -> Vec<u32> {
    let works = |pid: &u32| {
        // A zombie works nowhere: its link cannot be read.
        let place = fs::read_link(format!("/proc/{pid}/cwd"));
        place.is_ok_and(|place| place.starts_with(folder))
            && stat(*pid).is_some_and(|process| !process.has_terminal)
    };
    pids().filter(works).collect()
}

/// A field of `/proc/<pid>/status` or `smaps_rollup` that is given in kB, as bytes.
pub(crate) fn kilobytes(pid: u32, file: &str, field: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let number = line
        .trim_start_matches(':')
        .split_ascii_whitespace()
        .next()?;
    number.parse::<u64>().ok().map(|kb| kb * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let line = "42 (a) b (c) S 1 40 40 0 -1 4194560 1 0 0 0 12 30 0 0 20 0 7 0 99 1000 250 1";
        let read = parse_stat(line).unwrap();
        assert_eq!(
            read,
            Stat {
                pid: 42,
                name: "a) b (c".into(),
                state: 'S',
                parent: 1,
                group: 40,
                has_terminal: false,
                cpu_ticks: 42,
                threads: 7,
                resident_pages: 250,
            }
        );
        assert_eq!(read.describe(), "a) b (c (pid 42)");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn both_ways_of_finding_descendants_know_this_process() {
        let me = std::process::id();
        let parent = stat(me).unwrap().parent;
        for found in [descendants(parent), descendants_by_scan(parent)] {
            assert!(found.iter().any(|process| process.pid == me), "{found:?}");
        }
    }
}
