//! A container of a service, as testcontainers wants it described; and the names of images.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use testcontainers::{
    ContainerRequest, Image, ImageExt as _,
    bollard::models::{HostConfig, PortBinding},
    core::{ContainerPort, WaitFor},
};

use super::tail::Tail;

/// An image by its name and tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) tag: String,
}

impl Reference {
    /// Reads `name:tag`; the tag is `latest` where none stands, as everywhere.
    pub(super) fn parse(text: &str) -> Self {
        let last = text.rfind('/').map_or(0, |slash| slash + 1);
        let colon = text[last..].rfind(':').map(|colon| last + colon);
        let (name, tag) = colon.map_or((text, "latest"), |at| (&text[..at], &text[at + 1..]));
        Self {
            name: name.to_owned(),
            tag: tag.to_owned(),
        }
    }

    pub(super) fn full(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }
}

/// What runs in a container of ours.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub(super) image: Reference,
    pub(super) env: Vec<(String, String)>,
    /// In place of the image's own entrypoint.
    pub(super) entrypoint: Option<&'static str>,
    pub(super) command: Vec<String>,
    /// The ports that are mapped to loopback.
    pub(super) ports: Vec<ContainerPort>,
    pub(super) memory_mib: i64,
    /// Processes and threads.
    pub(super) tasks: i64,
}

impl Image for Recipe {
    fn name(&self) -> &str {
        &self.image.name
    }

    fn tag(&self) -> &str {
        &self.image.tag
    }

    /// None: waiting is ours. A start that fails in testcontainers' hands takes with it why.
    fn ready_conditions(&self) -> Vec<WaitFor> {
        Vec::new()
    }

    fn env_vars(
        &self,
    ) -> impl IntoIterator<Item = (impl Into<Cow<'_, str>>, impl Into<Cow<'_, str>>)> {
        self.env
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn entrypoint(&self) -> Option<&str> {
        self.entrypoint
    }

    fn cmd(&self) -> impl IntoIterator<Item = impl Into<Cow<'_, str>>> {
        self.command.iter().map(String::as_str)
    }

    fn expose_ports(&self) -> &[ContainerPort] {
        &self.ports
    }
}

impl Recipe {
    /// The request for one container: labelled, limited, listening on loopback only, on ports that
    /// the engine chooses.
    pub(super) fn request(
        self,
        labels: HashMap<String, String>,
        tail: Tail,
    ) -> ContainerRequest<Self> {
        let bindings: HashMap<_, _> = self.ports.iter().copied().map(loopback).collect();
        let bindings = Arc::new(bindings);
        let (memory, tasks) = (self.memory_mib << 20, self.tasks);
        self.with_labels(labels)
            .with_log_consumer(move |frame: &_| tail.take(frame))
            .with_host_config_modifier(move |host: &mut HostConfig| {
                host.publish_all_ports = Some(false);
                host.port_bindings = Some(HashMap::clone(&bindings));
                host.memory = Some(memory);
                host.memory_swap = Some(memory);
                host.pids_limit = Some(tasks);
            })
    }
}

fn loopback(port: ContainerPort) -> (String, Option<Vec<PortBinding>>) {
    let binding = PortBinding {
        host_ip: Some("127.0.0.1".into()),
        host_port: Some(String::new()),
    };
    (port.to_string(), Some(vec![binding]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_with_its_registry_its_port_and_its_digest() {
        for (text, name, tag) in [
            ("redis:8", "redis", "8"),
            ("redis", "redis", "latest"),
            (
                "registry.example:5000/team/kafka",
                "registry.example:5000/team/kafka",
                "latest",
            ),
            (
                "registry.example:5000/kafka:4.4.0",
                "registry.example:5000/kafka",
                "4.4.0",
            ),
            ("redis@sha256:0a1b", "redis@sha256", "0a1b"),
        ] {
            let read = Reference::parse(text);
            assert_eq!((read.name.as_str(), read.tag.as_str()), (name, tag));
        }
        assert_eq!(
            Reference::parse("redis@sha256:0a1b").full(),
            "redis@sha256:0a1b"
        );
    }
}
