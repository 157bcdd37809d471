//! The services of a lab under proof: started with its first run, shared by all of them, stopped with it.

use std::sync::{Mutex, PoisonError};

use mastery_kit::{process::Supervisor, service::Owner};
use tempfile::TempDir;

use super::error::ProofError;
use crate::{
    app::{
        keep::{Kept, Wanted},
        supply::{BackendChoice, Supply},
    },
    curriculum::Unit,
    grading::plan::{PlannedService, ServiceSource},
};

/// What is kept up for the runs of one lab.
pub(super) struct Supplied {
    choice: BackendChoice,
    kept: Mutex<Option<(Kept, TempDir)>>,
}

impl Supplied {
    pub(super) fn new(choice: BackendChoice) -> Self {
        Self {
            choice,
            kept: Mutex::default(),
        }
    }

    /// The lab's services, as a run joins them. What cannot be had is no verdict about the lab.
    pub(super) fn services(
        &self,
        unit: &Unit,
        supervisor: &Supervisor,
    ) -> Result<Vec<PlannedService>, ProofError> {
        if unit.services.is_empty() {
            return Ok(Vec::new());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kept, _)) = kept.as_ref() {
            return Ok(kept.planned().to_vec());
        }
        let absent = |why: String| {
            ProofError::bench(
                "The lab's services cannot be had",
                std::io::Error::other(why),
            )
        };
        let supply = Supply::here(self.choice, supervisor.clone());
        let planned = supply
            .plan(&unit.services)
            .map_err(|error| absent(error.to_string()))?;
        let mut services = Vec::new();
        for one in planned {
            match one.source {
                ServiceSource::Start(backend) => services.push((one.kind, backend)),
                ServiceSource::Warm { .. } => {}
                ServiceSource::Absent(error) => {
                    let deed = error.unlock.map(|deed| format!(" ({deed})"));
                    return Err(absent(format!("{}{}", error.why, deed.unwrap_or_default())));
                }
            }
        }
        let folder = tempfile::Builder::new()
            .prefix("mastery-services-")
            .tempdir()
            .map_err(|error| ProofError::bench("No folder for services can be made", error))?;
        let wanted = Wanted {
            services,
            scratch: folder.path().join("scratch"),
            logs: folder.path().join("logs"),
            owner: Owner {
                run: format!("prove-{}", unit.id),
                workspace: folder.path().display().to_string(),
            },
        };
        let started = Kept::start(wanted).map_err(|error| absent(error.why))?;
        let planned = started.planned().to_vec();
        *kept = Some((started, folder));
        Ok(planned)
    }
}
