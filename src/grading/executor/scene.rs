//! What one check runs on: the stage with the programs, and, where it has services, a world of its own.

use std::{collections::BTreeMap, sync::Arc};

use mastery_kit::{
    stage::Stage,
    stop::{StopLevel, StopWatch},
    timeline::Timeline,
    verdict::BenchError,
    world::{Site, World},
};

use super::cast::cast;
use crate::grading::{plan::Plan, sink::Sink};

/// A stage, and the world its programs live in.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) world: Option<Arc<World>>,
}

impl Scene {
    /// A scene without services, for all checks of a run.
    pub(super) fn plain(plan: &Plan, sink: &Sink) -> Self {
        let stage = Stage::new(cast(plan, sink, &BTreeMap::new(), BTreeMap::new()));
        Self { stage, world: None }
    }

    /// A scene with a world of its own, for the check at `place`.
    pub(super) async fn with_world(
        plan: &Plan,
        sink: &Sink,
        site: &Site,
        place: usize,
    ) -> Result<Self, BenchError> {
        let names = plan.programs.iter().map(|spec| spec.name.clone());
        let programs: Vec<String> = names.collect();
        let mut world = site.world(place, &programs, Timeline::begin()).await?;
        if let Some(planned) = plan.checks.get(place) {
            world.draw(planned.check, plan.seed);
        }
        let stage = Stage::new(cast(plan, sink, world.shared(), world.own().clone()));
        world.name_connections(&stage);
        Ok(Self {
            stage,
            world: Some(Arc::new(world)),
        })
    }

    /// Starts the programs; false when one is not ready, or ^C came first.
    pub(super) async fn start(&self, stop: &mut StopWatch) -> bool {
        let starting = async {
            match self.world {
                Some(_) => self.stage.start_together().await,
                None => self.stage.start_all().await,
            }
        };
        tokio::select! {
            ready = starting => ready,
            () = stop.at_least(StopLevel::WindDown) => false,
        }
    }

    /// Ends the programs at once and takes the world away: between checks nobody waits for a grace.
    pub(super) async fn strike(self, site: Option<&Site>, stop: &mut StopWatch, sink: &Sink) {
        self.stage.clear(stop).await;
        if let (Some(world), Some(site)) = (self.world, site)
            && let Err(error) = site.unmake(&world).await
        {
            // Names are never used twice, so what stays disturbs nobody.
            sink.note(format!("Not everything was cleared away: {error}"), None)
                .await;
        }
    }
}
