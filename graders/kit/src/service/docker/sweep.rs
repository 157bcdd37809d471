//! Removing containers that nobody owns any more. An owner's SIGKILL leaves them in any state, and a
//! request in flight may create one after its owner's death: hence at every start and every end.

use std::collections::HashMap;

use futures_util::future::join_all;
use testcontainers::bollard::{
    errors::Error,
    models::ContainerSummary,
    query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder},
};

use super::{engine::Engine, label};
use crate::verdict::BenchError;

/// Removes what dead owners left; how many those were.
pub(super) async fn orphans(engine: &Engine) -> Result<u32, BenchError> {
    let ours = [
        label::OWNER.to_owned(),
        format!("{}={}", label::NAMESPACE, label::namespace()),
    ];
    let orphans = list(engine, &ours).await?.into_iter().filter(|container| {
        let labels = container.labels.as_ref();
        let owner = labels.and_then(|labels| labels.get(label::OWNER));
        owner.is_some_and(|owner| !label::is_alive(owner))
    });
    remove_all(engine, orphans).await
}

/// Removes what one start of ours left.
pub(super) async fn of_start(engine: &Engine, start: &str) -> Result<u32, BenchError> {
    let labels = [format!("{}={start}", label::START)];
    let left = list(engine, &labels).await?;
    remove_all(engine, left.into_iter()).await
}

async fn list(engine: &Engine, labels: &[String]) -> Result<Vec<ContainerSummary>, BenchError> {
    let filters = HashMap::from([("label".to_owned(), labels.to_vec())]);
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filters)
        .build();
    let listing = engine.client.list_containers(Some(options));
    engine.ask("listing containers", listing).await
}

async fn remove_all(
    engine: &Engine,
    containers: impl Iterator<Item = ContainerSummary>,
) -> Result<u32, BenchError> {
    let ids: Vec<String> = containers.filter_map(|container| container.id).collect();
    let mut removed = 0;
    for one in join_all(ids.iter().map(|id| remove(engine, id))).await {
        removed += u32::from(one?);
    }
    Ok(removed)
}

/// Removes one, whatever its state, with its volumes; whether it was there to be removed.
pub(super) async fn remove(engine: &Engine, id: &str) -> Result<bool, BenchError> {
    let options = RemoveContainerOptionsBuilder::new()
        .force(true)
        .v(true)
        .build();
    let removing = async {
        match engine.client.remove_container(id, Some(options)).await {
            Ok(()) => Ok(true),
            // Gone meanwhile, or being removed by somebody else.
            Err(Error::DockerResponseServerError {
                status_code: 404 | 409,
                ..
            }) => Ok(false),
            Err(other) => Err(other),
        }
    };
    engine.ask("removing a container", removing).await
}
