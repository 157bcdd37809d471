//! One figure: what was measured, how often, and what it should be.

use std::fmt;

/// A figure with every value that was measured.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// At most this much.
    pub(crate) aim: f64,
    pub(crate) unit: Unit,
    pub(crate) judged: Judged,
    /// Never empty, in order of size.
    values: Vec<f64>,
    /// What it is to be read beside: a floor, a ratio.
    pub(crate) beside: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Milliseconds,
    Mebibytes,
    /// Of something else that was measured in turn with it.
    Percent,
}

/// Which of the values must be within the aim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Of times: single ones are the machine's.
    Median,
    /// Of memory: a bound holds always.
    Worst,
}

impl Figure {
    /// A figure of these values; the first of them was the warm-up and is left out.
    pub(crate) fn new(name: &'static str, aim: f64, unit: Unit, values: &[f64]) -> Self {
        assert!(values.len() > 1, "a warm-up and at least one value: {name}");
        let mut values = values[1..].to_vec();
        values.sort_by(f64::total_cmp);
        Self {
            name,
            aim,
            unit,
            judged: match unit {
                Unit::Milliseconds | Unit::Percent => Judged::Median,
                Unit::Mebibytes => Judged::Worst,
            },
            values,
            beside: String::new(),
        }
    }

    pub(crate) fn beside(mut self, text: impl Into<String>) -> Self {
        self.beside = text.into();
        self
    }

    pub(crate) fn runs(&self) -> usize {
        self.values.len()
    }

    /// The middle value; of two, their mean.
    pub(crate) fn median(&self) -> f64 {
        let half = self.values.len() / 2;
        if self.values.len().is_multiple_of(2) {
            f64::midpoint(self.values[half - 1], self.values[half])
        } else {
            self.values[half]
        }
    }

    pub(crate) fn least(&self) -> f64 {
        self.values[0]
    }

    pub(crate) fn most(&self) -> f64 {
        self.values[self.values.len() - 1]
    }

    pub(crate) fn is_met(&self) -> bool {
        let judged = match self.judged {
            Judged::Median => self.median(),
            Judged::Worst => self.most(),
        };
        judged <= self.aim
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::Percent => "%",
        })
    }
}
