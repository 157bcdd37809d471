//! The figures as they are printed, and as they are kept in `docs/`.

use std::fmt::Write as _;

use crate::{
    Measured,
    figure::{Figure, Judged},
    machine,
};

/// Where the figures are kept, from the repository's root.
pub(crate) const PATH: &str = "docs/figures.md";

/// The words over the columns.
pub(crate) fn head() -> String {
    columns(
        "figure",
        ["aim", "median", "min", "max", "runs"].map(str::to_owned),
    )
}

/// A figure as one line.
pub(crate) fn row(figure: &Figure) -> String {
    let verdict = if figure.is_met() { "" } else { "  MISSED" };
    let beside = if figure.beside.is_empty() {
        String::new()
    } else {
        format!("  ({})", figure.beside)
    };
    columns(figure.name, cells(figure)) + verdict + &beside
}

fn columns(name: &str, [aim, median, least, most, runs]: [String; 5]) -> String {
    format!("{name:<58} {aim:>10} {median:>8} {least:>8} {most:>8} {runs:>5}")
}

fn cells(figure: &Figure) -> [String; 5] {
    [
        format!("≤ {} {}", figure.aim, figure.unit),
        digits(figure.median()),
        digits(figure.least()),
        digits(figure.most()),
        figure.runs().to_string(),
    ]
}

/// Two digits behind the point where they mean something.
fn digits(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

/// The page that is kept.
pub(crate) fn markdown(figures: &[Figure], machine: &str) -> Measured<String> {
    let mut table = String::from(TABLE_HEAD);
    for figure in figures {
        let [aim, median, least, most, runs] = cells(figure);
        let (median, most) = match figure.judged {
            Judged::Median => (format!("**{median}**"), most),
            Judged::Worst => (median, format!("**{most}**")),
        };
        let verdict = if figure.is_met() {
            "within"
        } else {
            "**MISSED**"
        };
        let cells = [
            figure.name.to_owned(),
            aim,
            median,
            least,
            most,
            runs,
            verdict.to_owned(),
            figure.beside.clone(),
        ];
        writeln!(table, "| {} |", cells.join(" | "))?;
    }
    let missed = figures.iter().filter(|figure| !figure.is_met()).count();
    let told = match missed {
        0 => "Every aim is met.".to_owned(),
        1 => "One aim is missed.".to_owned(),
        more => format!("{more} aims are missed."),
    };
    Ok(format!(
        "{HEAD}Measured on {} at commit {}.\n{machine}\n\n{told}\n\n{table}\n{METHOD}",
        machine::today(),
        machine::commit()?
    ))
}

const HEAD: &str = "\
# Figures

Written by `cargo bench --bench figures -- --write`; without `--write` the same is only printed. Naming a group
(`version`, `progress`, `history`, `checks`, `ready`, `death`, `grade`, `watch`, `tutor`, `memory`, `services`, `warm`, `interposers`, `kills`, `lab`,
`containers`) measures that one alone. Nothing here is a test: a missed aim is marked and fails nothing.

";

const TABLE_HEAD: &str = "\
| figure | aim | median | min | max | runs | | beside it |
|---|---|---|---|---|---|---|---|
";

const METHOD: &str = "\
## How it was measured

Release build, one warm-up that is thrown away, then as many runs as the table says. Times are judged by their median, in bold:
on a shared machine single runs belong to the machine, and a ratio to the floor beside it says more than milliseconds. Memory is
judged by its worst run. Instants that two processes must agree on are read from the wall clock by each. Workspaces
and tapes stand in the system's folder for temporary files: what a sync to disk costs there is part of the figures.

- **`mastery --version`**: from the spawn of the process to its end as its parent sees it. The floor is `true`, spawned in turn with it.
  Its memory is `VmHWM` from `/proc`, read while it waits for room in a full pipe to say its version.
- **`mastery progress`**: the whole process, in a workspace with 500 attempts on `rest-api`, each a commit with a tape and the twelve
  verdicts, none of them packed by git.
- **Ten thousand attempts**: the whole process of `mastery history` (a page of twenty) and of `mastery progress`; without the cache,
  `.mastery/record` is removed before each run. Each attempt is a commit that git has not packed, with the message of one that
  `mastery grade` keeps.
- **Cost of a check**: a table of 100 checks that do nothing, carried out by the dispatcher over a small HTTP server (a mode of the
  benchmark), told to a tape on disk and to a plain report: from the event of readiness to the end of the run, teardown included,
  divided by 100. Once more with checks that each make one request on a new connection.
- **Readiness**: the program notes the time at which its socket listens; the event of readiness is told after it. The program waits
  between 0 and 28 ms, another time in each run, before it listens, so that no step of polling is favoured.
- **Teardown**: from the last check's event to the run's end. The program leaves on SIGTERM.
- **One-check run**: from the call of the dispatcher to its return, program started and ended, without the wait above.
- **Death**: the program writes three lines, notes the time and exits with 3; measured to the event that holds its code and last
  lines, and to the end of a whole `mastery grade`, which has then printed the report and kept the attempt as a commit.
- **Save to verdict**: from before a file is written beside and renamed, as editors do, to the line of `mastery watch` that says that the
  next save is waited for. The program exits at once, so that nearly all of it is ours: 40 ms of it are the quiet that a save is
  let settle for.
- **The tutor**: the release binary in a pseudo-terminal of 140×40 cells, which is read as it is written. First frame: from the spawn to the
  map, with an engine's socket that never answers. A key: from before it is written to the terminal to the frame that it leads to, taken
  in; `tab` and its reverse go between the log and the report while a program that is waited for prints 10,000 lines a second; of each round of
  200 the slowest but two. At rest: the ticks of `/proc/PID/stat` over 10 s on the map. Memory: `VmHWM` of the tutor's process and `VmRSS`
  beside it, once the first check passed after a program had printed 1 GiB; it goes on printing.
- **Memory**: a whole `mastery grade rest-api --only v1_wire_is_frozen` on the Python reference, whose output is 1 GiB of lines before it is
  ready and goes on until it is ended. `VmHWM` of `mastery` and of the supervisor, read from `/proc` every 2 ms while they live, summed. The
  check must pass.
- **Cold services**: the native backend, programs from the cache that `mastery services fetch` fills, what is made once from them made before:
  from the call to ready, which for Kafka includes a topic made and both coordinators loaded. Once more with a cache that lacks the
  archive of Kafka's classes.
- **Warm services**: Kafka, Postgres and Redis are up. Joining them: from the first event of a run to the last that says a service is
  ready, by the dispatcher. A check's world: a database copied from the template, two topics with 6 and 1 partitions and the
  interposers; made, and taken away again.
- **Interposers**: 200 single statements and 200 single records, each direct and through the interposer in turn; the difference of the
  medians. Throughput: 400 events as a program with batches has them, in 40 transactions of 10 rows and in 10 requests of 40 records; what of
  the direct connection's throughput is lost.
- **A program that comes back**: `positions` of the Python reference, by the dispatcher, on warm services. Killed, its members removed and its
  group deleted: from the spawn to the view's row of a record that was there before. And killed at work: from the kill, by way of the removal, to
  the row of another one. In turn; the difference.
- **The whole lab**: `mastery services up`, then `mastery grade kafka-producer-consumer` on a reference, every check passed, the build of the
  run before still good: from the spawn of the process to its end.
- **Containers**: images local, from the call to ready, all three started at once, beside Kafka's alone, in turn. Without an engine this group is
  left out, and says so.
";
