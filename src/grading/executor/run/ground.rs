//! What checks stand on: services with the learner's setup, and programs on a world of their own. A
//! service that dies under any of it is nobody's failure: it is replaced, and the run goes on.

use std::time::Instant;

use mastery_kit::{
    stop::StopLevel,
    verdict::{BenchError, Verdict},
};

use super::{Next, Run};
use crate::grading::executor::{
    scene::Scene,
    setup::{self, SetUp},
};

impl Run<'_> {
    pub(super) async fn services_and_setup(&mut self) -> bool {
        if self.plan.services.is_empty() {
            return true;
        }
        let started = tokio::select! {
            started = self.services.start() => started,
            () = self.stop.at_least(StopLevel::WindDown) => return false,
        };
        if let Err(error) = started {
            self.unsettle_rest(0, &error).await;
            return false;
        }
        match self.set_up(&self.token()).await {
            SetUp::Done => true,
            SetUp::Over => {
                self.skip_rest(0, "the setup failed").await;
                false
            }
            SetUp::Lost(error) => matches!(self.replace_services(0, &error).await, Next::GoOn),
        }
    }

    async fn set_up(&mut self, token: &str) -> SetUp {
        let mut site = self.services.site(token).await;
        let (plan, services) = (self.plan, &mut self.services);
        let set_up = setup::set_up(plan, services, &mut site, &self.sink, &mut self.stop).await;
        self.site = Some(site);
        set_up
    }

    /// A service died: the rest goes on with fresh ones.
    pub(super) async fn replace_services(&mut self, next: usize, error: &BenchError) -> Next {
        self.services.stop().await;
        self.site = None;
        if next == self.plan.checks.len() {
            return Next::GoOn;
        }
        if let Err(again) = self.services.start().await {
            self.unsettle_rest(next, &again).await;
            return Next::Over;
        }
        if let SetUp::Done = self.set_up(&format!("{}b", self.token())).await {
            return Next::GoOn;
        }
        self.unsettle_rest(next, error).await;
        Next::Over
    }

    /// Sets the scene of a check that has one of its own; false when its programs are not ready,
    /// which was told and settled.
    pub(super) async fn set_scene(&mut self, place: usize, id: &'static str) -> bool {
        let Some(site) = self.site.as_ref().filter(|_| self.plan.fresh) else {
            return true;
        };
        let begun = Instant::now();
        let scene = match Scene::with_world(self.plan, &self.sink, site, place).await {
            Ok(scene) => scene,
            Err(error) if self.plan.serve => {
                self.sink.note(error.to_string(), None).await;
                return false;
            }
            Err(error) => {
                self.settle(id, Verdict::Unsettled(error), 0).await;
                return false;
            }
        };
        let ready = scene.start(&mut self.stop).await;
        self.scene = Some(scene);
        self.times.start += begun.elapsed();
        if ready || self.interrupted() || self.plan.serve {
            // Where no check runs, what was told is all there is to say.
            return ready;
        }
        if let Some(error) = self.services.lost_under_it().await {
            // Whatever the program saw, it saw it without its service.
            self.settle(id, Verdict::Unsettled(error), 0).await;
        } else if !self.verdicts.is_empty() {
            let after = "the program never became ready again".to_owned();
            self.deaths += 1;
            self.settle(id, Verdict::Skipped { after }, 0).await;
        }
        false
    }
}
