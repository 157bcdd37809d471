//! What stands of the services that labs need, between runs.

use std::collections::BTreeMap;

/// How a service stands that is kept up for the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Warmth {
    Starting,
    /// Runs join it; where it runs.
    Up(String),
    Failed,
}

/// The services that are kept, each by its name. Any other is down: each run starts its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Services(pub(crate) BTreeMap<String, Warmth>);

impl Services {
    /// How the services that a lab needs stand: `kafka up (native), postgres down`.
    pub(crate) fn told(&self, needed: &[String]) -> String {
        let one = |name: &String| {
            let how = match self.0.get(name) {
                None => "down".to_owned(),
                Some(Warmth::Starting) => "starting".to_owned(),
                Some(Warmth::Up(backend)) => format!("up ({backend})"),
                Some(Warmth::Failed) => "failed".to_owned(),
            };
            format!("{name} {how}")
        };
        needed.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}
