//! Where services could run on this machine, for `mastery doctor`: an engine for containers, and
//! programs of our cache or of the machine.

use futures_util::future::{join, join_all};
use mastery_kit::{
    process::Supervisor,
    service::{
        docker::remarks,
        native::{Found, Origin},
    },
    spec::ServiceKind,
};

use super::{
    contexts,
    doctor::Finding,
    supply::{BackendChoice, Supply},
};

/// The services that run without a container.
const KINDS: [ServiceKind; 3] = [
    ServiceKind::Kafka,
    ServiceKind::Postgres,
    ServiceKind::Redis,
];

/// One finding for the engine and one for each service. None is bad: the first labs need neither.
pub(super) async fn examine(supervisor: &Supervisor) -> Vec<Finding> {
    let supply = Supply::here(BackendChoice::Auto, supervisor.clone());
    let native = supply.programs();
    let native = join_all(KINDS.map(|kind| {
        let native = &native;
        async move {
            match native.found(kind).await {
                Ok(found) => Finding::good(kind.name(), told(&found)),
                Err(missing) => Finding::optional(kind.name(), missing.why).deed(missing.unlock),
            }
        }
    }));
    let (engine, native) = join(supply.docker.ping(), native).await;
    let mut findings = vec![match engine {
        Ok(engine) => Finding::good("docker", format!("engine {}", engine.version)),
        Err(error) => {
            let finding = Finding::optional("docker", error.why);
            match error.unlock {
                Some(unlock) => finding.deed(unlock),
                None => finding,
            }
        }
    }];
    findings.extend(contexts::examine(|name| std::env::var(name).ok()));
    findings.extend(remarks().iter().map(|remark| {
        // Each ends in what to do about it.
        match remark.split_once(": ") {
            Some((what, deed)) => Finding::optional("docker", what).deed(deed),
            None => Finding::optional("docker", remark.as_str()),
        }
    }));
    findings.extend(native);
    findings
}

/// Which program would be started: `4.4.0 (fetched), Java 25.0.2 (fetched) in …`.
fn told(found: &Found) -> String {
    let from = |origin| match origin {
        Origin::Cache => "fetched",
        Origin::Installed => "installed",
    };
    let place = found.program.display();
    let java = found.java.as_ref().map_or_else(String::new, |java| {
        format!(", Java {} ({})", java.version, from(java.origin))
    });
    let origin = from(found.origin);
    format!("{} ({origin}){java} in {place}", found.version)
}
