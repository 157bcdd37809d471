//! What was asked for on the command line.

use std::{fmt, str::FromStr as _};

use mastery_kit::random::Seed;

pub(crate) const USAGE: &str = "\
cargo test --test faults -- [--seed SEED] [--kills N] [--backend native|docker] [--program starter|idle] [--first K]
  --program  `starter` needs a network for its packages, `idle` needs nothing and does nothing
  --first    begin with this kill of the seed's: repeats one";

/// Repeated on every machine and every day; other ones are for who looks for trouble.
const SEED: u64 = 0x4fa1_7500_0000_0001;
/// As many as a test run has time for.
const HANDFUL: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Native,
    Docker,
}

/// The program under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Answers `/healthz` and does nothing else.
    Idle,
    /// What `mastery start` lays out in Python.
    Starter,
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) seed: Seed,
    pub(crate) kills: u32,
    pub(crate) first: u32,
    pub(crate) backend: Backend,
    pub(crate) program: Program,
}

impl Asked {
    /// What is ours of the arguments, and what is libtest's.
    pub(crate) fn read(
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<(Self, Vec<String>), String> {
        let mut asked = Self {
            seed: Seed(SEED),
            kills: HANDFUL,
            first: 0,
            backend: Backend::Native,
            program: Program::Idle,
        };
        let mut program = None;
        let mut rest = Vec::new();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let ours = ["--seed", "--kills", "--backend", "--program", "--first"];
            if !ours.contains(&argument.as_str()) {
                rest.push(argument);
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))?;
            let number = || value.parse().map_err(|_| format!("`{value}` is no number"));
            match argument.as_str() {
                "--seed" => asked.seed = seed(&value)?,
                "--kills" => asked.kills = number()?,
                "--first" => asked.first = number()?,
                "--backend" => asked.backend = Backend::named(&value)?,
                _ => program = Some(Program::named(&value)?),
            }
            asked.program = Program::Starter;
        }
        asked.program = program.unwrap_or(asked.program);
        Ok((asked, rest))
    }

    /// The command that repeats one kill.
    pub(crate) fn repeat(&self, number: u32) -> String {
        let Self {
            seed,
            backend,
            program,
            ..
        } = self;
        format!(
            "cargo test --test faults -- --seed {seed} --first {number} --kills 1 \
             --backend {backend} --program {program}"
        )
    }
}

/// As `mastery` writes seeds, or a plain number.
fn seed(text: &str) -> Result<Seed, String> {
    if let Ok(number) = text.parse() {
        return Ok(Seed(number));
    }
    Seed::from_str(text)
}

impl Backend {
    fn named(text: &str) -> Result<Self, String> {
        match text {
            "native" => Ok(Self::Native),
            "docker" => Ok(Self::Docker),
            _ => Err(format!("`{text}` is neither native nor docker")),
        }
    }
}

impl Program {
    fn named(text: &str) -> Result<Self, String> {
        match text {
            "idle" => Ok(Self::Idle),
            "starter" => Ok(Self::Starter),
            _ => Err(format!("`{text}` is neither starter nor idle")),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Docker => "docker",
        })
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::Starter => "starter",
        })
    }
}
