//! The run itself: what comes after what, and what a bad check means for the next.

use std::time::{Duration, Instant};

use mastery_kit::{
    stall::StallMeter,
    stop::StopWatch,
    verdict::{Verdict, millis},
    world::Site,
};

use super::{
    build,
    check::{self, CheckEnd},
    scene::Scene,
    services::Services,
};
use crate::grading::{
    event::{DIED_THREE_TIMES, GradeEvent, Tally},
    plan::{Plan, PlannedRun},
    sink::Sink,
};

/// After this many deaths nothing is learnt from starting the program once more.
const DEATHS: u32 = 3;

/// Runs the plan; returns when everything it started has ended.
pub(in crate::grading) async fn execute(plan: &Plan, sink: Sink, stop: StopWatch) {
    let mut run = Run {
        plan,
        services: Services::new(plan, sink.clone()),
        site: None,
        scene: None,
        sink,
        stop,
        tally: Tally::default(),
        verdicts: Vec::new(),
        deaths: 0,
        meter: StallMeter::start(),
        times: Times::default(),
    };
    run.whole().await;
}

mod ground;
mod telling;

struct Run<'p> {
    plan: &'p Plan,
    services: Services<'p>,
    /// What checks stand on, where the lab has services.
    site: Option<Site>,
    /// What the next check runs on.
    scene: Option<Scene>,
    sink: Sink,
    stop: StopWatch,
    tally: Tally,
    verdicts: Vec<(&'static str, bool)>,
    deaths: u32,
    meter: StallMeter,
    times: Times,
}

/// How long the parts took.
#[derive(Default)]
struct Times {
    build: Duration,
    start: Duration,
    checks: Duration,
    stop: Duration,
}

/// Whether a run goes on.
enum Next {
    GoOn,
    Over,
}

impl Run<'_> {
    async fn whole(&mut self) {
        self.sink.send(self.started()).await;
        let begun = Instant::now();
        let built = build::build(self.plan, &self.sink, &mut self.stop).await;
        self.times.build = begun.elapsed();
        if !built {
            self.skip_rest(0, "the build failed").await;
        } else if self.ground().await {
            self.checks().await;
        }
        let begun = Instant::now();
        self.end().await;
        self.times.stop += begun.elapsed();
        self.sink.send(self.finished()).await;
    }

    /// Brings up everything the checks need; false when they cannot run, which was told.
    async fn ground(&mut self) -> bool {
        let begun = Instant::now();
        let ready =
            self.services_and_setup().await && (self.plan.fresh || self.first_scene().await);
        self.times.start += begun.elapsed();
        ready
    }

    async fn first_scene(&mut self) -> bool {
        let scene = Scene::plain(self.plan, &self.sink);
        let ready = scene.start(&mut self.stop).await;
        self.scene = Some(scene);
        if !ready {
            self.skip_rest(0, "the program never became ready").await;
        }
        ready
    }

    async fn checks(&mut self) {
        if self.plan.serve {
            return self.serve().await;
        }
        for (place, planned) in self.plan.checks.iter().enumerate() {
            if self.interrupted() {
                return;
            }
            if let Some(need) = self.unmet_need(planned) {
                let after = need.to_owned();
                let verdict = Verdict::Skipped { after };
                self.settle(planned.check.id, verdict, 0).await;
                continue;
            }
            if let Next::Over = self.step(place, planned).await {
                return;
            }
        }
    }

    /// One check with everything around it.
    async fn step(&mut self, place: usize, planned: &PlannedRun) -> Next {
        let id = planned.check.id;
        if !self.set_scene(place, id).await {
            return match (self.interrupted(), place) {
                (true, _) => Next::Over,
                (false, 0) if self.verdicts.is_empty() => {
                    self.skip_rest(0, "the program never became ready").await;
                    Next::Over
                }
                (false, _) => self.after(place, false).await,
            };
        }
        let begun = Instant::now();
        let passed = self.one(place, planned).await;
        self.times.checks += begun.elapsed();
        let Some(passed) = passed else {
            return Next::Over;
        };
        self.after(place, passed).await
    }

    /// What a check's end means for the next.
    async fn after(&mut self, place: usize, passed: bool) -> Next {
        let (next, id) = (place + 1, self.plan.checks[place].check.id);
        if !passed && self.plan.hold {
            self.hold(id).await;
            self.skip_rest(next, "--hold stopped at the first failure")
                .await;
            return Next::Over;
        }
        if !passed && self.plan.fail_fast {
            self.skip_rest(next, "--fail-fast stopped at the first failure")
                .await;
            return Next::Over;
        }
        let begun = Instant::now();
        let next = self.make_ready(next, passed).await;
        self.times.start += begun.elapsed();
        next
    }

    async fn make_ready(&mut self, next: usize, passed: bool) -> Next {
        if self.plan.fresh {
            self.strike().await;
            if let Some(error) = self.services.lost().await {
                return self.replace_services(next, &error).await;
            }
        }
        if passed || next == self.plan.checks.len() {
            return Next::GoOn;
        }
        if self.deaths >= DEATHS {
            self.skip_rest(next, DIED_THREE_TIMES).await;
            return Next::Over;
        }
        if self.plan.fresh || self.restart().await {
            return Next::GoOn;
        }
        self.skip_rest(next, "the program never became ready again")
            .await;
        Next::Over
    }

    /// Programs that all checks share, started anew, so that failures never cascade (decision 3).
    async fn restart(&mut self) -> bool {
        let Some(scene) = &self.scene else {
            return false;
        };
        scene.stage.end(&mut self.stop).await;
        !self.interrupted() && scene.start(&mut self.stop).await
    }

    async fn strike(&mut self) {
        if let Some(scene) = self.scene.take() {
            let site = self.site.as_ref();
            scene.strike(site, &mut self.stop, &self.sink).await;
        }
    }

    /// Runs one check; `None` when ^C ended it, else whether it passed.
    async fn one(&mut self, place: usize, planned: &PlannedRun) -> Option<bool> {
        let id = planned.check.id;
        let check = id.to_owned();
        self.sink.send(GradeEvent::CheckStarted { check }).await;
        let begun = Instant::now();
        let mut ended = self.once(planned).await?;
        if let Some(stalled) = ended.stalled {
            let text = format!(
                "The machine stood still for {} ms; run once more.",
                stalled.as_millis()
            );
            self.sink.note(text, Some(id)).await;
            // On a fresh program, so that the same seed means the same inputs.
            if !self.once_more(place).await {
                let after = "the program never became ready again".to_owned();
                let verdict = Verdict::Skipped { after };
                self.settle(id, verdict, millis(begun.elapsed())).await;
                return Some(false);
            }
            ended = self.once(planned).await?;
            ended.unsettle();
        }
        for note in ended.notes {
            self.sink.note(note, Some(id)).await;
        }
        self.deaths += u32::from(ended.died);
        if ended.verdict != Verdict::Passed
            && let Some(error) = self.services.lost_under_it().await
        {
            // Whatever the check saw, it saw it without its service.
            ended.verdict = Verdict::Unsettled(error);
        }
        let passed = ended.verdict == Verdict::Passed;
        let took_ms = millis(begun.elapsed());
        self.settle(id, ended.verdict, took_ms).await;
        Some(passed)
    }

    async fn once_more(&mut self, place: usize) -> bool {
        if !self.plan.fresh {
            return self.restart().await;
        }
        self.strike().await;
        let Some(site) = &self.site else { return false };
        let Ok(scene) = Scene::with_world(self.plan, &self.sink, site, place).await else {
            return false;
        };
        let ready = scene.start(&mut self.stop).await;
        self.scene = Some(scene);
        ready
    }

    async fn once(&mut self, planned: &PlannedRun) -> Option<CheckEnd> {
        let scene = self.scene.as_ref()?;
        check::run(self.plan, planned.check, scene, &mut self.stop, &self.meter).await
    }

    /// Everything up, no check, until ^C.
    async fn serve(&mut self) {
        if self.plan.fresh && !self.set_scene(0, "").await {
            return;
        }
        self.hold("").await;
    }

    /// Ends everything: programs within their grace, then services.
    async fn end(&mut self) {
        if let Some(scene) = self.scene.take() {
            if !self.plan.fresh || self.plan.serve {
                scene.stage.end(&mut self.stop).await;
            }
            let site = self.site.as_ref();
            scene.strike(site, &mut self.stop, &self.sink).await;
        }
        if let Some(site) = &mut self.site
            && let Err(error) = site.leave().await
        {
            let text = format!("Not everything was cleared away: {error}");
            self.sink.note(text, None).await;
        }
        self.services.stop().await;
    }

    /// Part of the names of this run on services that others may use too. Programs see these names,
    /// so nothing of the seed may be read from it.
    fn token(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.plan.seed.to_string().as_bytes());
        hasher.update(&std::process::id().to_ne_bytes());
        hasher.update(&self.plan.began_at.to_ne_bytes());
        hasher.finalize().to_hex()[..10].to_owned()
    }

    fn unmet_need(&self, planned: &PlannedRun) -> Option<&'static str> {
        planned.check.needs.iter().copied().find(|need| {
            planned.obeys_needs
                && self
                    .verdicts
                    .iter()
                    .any(|(id, passed)| id == need && !passed)
        })
    }
}
