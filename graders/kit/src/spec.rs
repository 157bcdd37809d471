//! What is to be run: the part of `submission.toml` that reaches the bench, already checked.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

/// A program of the learner's, as the bench starts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSpec {
    /// The name the checks know it by (`api`).
    pub name: String,
    /// Commands that build it, in order; each is one argv. Empty: nothing to build.
    pub build: Vec<Vec<String>>,
    /// The argv that starts it. Never empty.
    pub command: Vec<String>,
    /// Variables of the contract that are the same in every run (`MASTERY_TEST_HOOKS`).
    pub env: BTreeMap<String, String>,
    /// Names of the variables that the bench fills with free loopback ports.
    pub ports: Vec<String>,
    /// How it shows that it can be used. `None`: a tool, run once per call.
    pub ready: Option<Ready>,
    /// From start to ready.
    pub start_limit: Duration,
    /// From SIGTERM to SIGKILL.
    pub grace: Duration,
}

/// How a program shows that it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// `GET path` on the first port answers 2xx.
    Http { path: String },
    /// `grpc.health.v1.Health/Check` for "" on the first port answers SERVING.
    Grpc,
    /// The first port accepts a connection.
    Tcp,
    /// A line of standard output matches this regular expression.
    Line { pattern: String },
}

/// A service a lab needs beside the learner's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    Kafka,
    Postgres,
    Redis,
    Qdrant,
    Envoy,
    Prometheus,
    Grafana,
    Kubernetes,
    Workerd,
    Helm,
}

impl ServiceKind {
    /// The service as people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Qdrant => "qdrant",
            Self::Envoy => "envoy",
            Self::Prometheus => "prometheus",
            Self::Grafana => "grafana",
            Self::Kubernetes => "kubernetes",
            Self::Workerd => "workerd",
            Self::Helm => "helm",
        }
    }

    /// Its name as its makers write it, for sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kafka => "Kafka",
            Self::Postgres => "Postgres",
            Self::Redis => "Redis",
            Self::Qdrant => "Qdrant",
            Self::Envoy => "Envoy",
            Self::Prometheus => "Prometheus",
            Self::Grafana => "Grafana",
            Self::Kubernetes => "Kubernetes",
            Self::Workerd => "workerd",
            Self::Helm => "Helm",
        }
    }
}

impl Ready {
    /// Reads `http:/path`, `grpc`, `tcp` or `line:<regex>`; the error says what was wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("http:") {
            return if path.starts_with('/') && !path.contains(char::is_whitespace) {
                Ok(Self::Http {
                    path: path.to_owned(),
                })
            } else {
                Err(format!(
                    "the path after `http:` must begin with `/` and hold no blanks: `{path}`"
                ))
            };
        }
        if let Some(pattern) = text.strip_prefix("line:") {
            return match regex_lite::Regex::new(pattern) {
                Ok(_) => Ok(Self::Line {
                    pattern: pattern.to_owned(),
                }),
                Err(error) => Err(format!("`{pattern}` is no regular expression: {error}")),
            };
        }
        match text {
            "grpc" => Ok(Self::Grpc),
            "tcp" => Ok(Self::Tcp),
            _ => Err(format!(
                "`{text}` is none of `http:/path`, `grpc`, `tcp`, `line:<regular expression>`"
            )),
        }
    }

    /// What is being waited for, as the learner reads it.
    pub fn describe(&self) -> String {
        match self {
            Self::Http { path } => format!("GET {path}"),
            Self::Grpc => "grpc.health.v1.Health/Check".to_owned(),
            Self::Tcp => "a TCP connection".to_owned(),
            Self::Line { pattern } => format!("a line matching /{pattern}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_read_from_its_four_forms() {
        assert_eq!(
            Ready::parse("http:/healthz"),
            Ok(Ready::Http {
                path: "/healthz".into()
            })
        );
        assert_eq!(Ready::parse("grpc"), Ok(Ready::Grpc));
        assert_eq!(Ready::parse("tcp"), Ok(Ready::Tcp));
        assert_eq!(
            Ready::parse("line:^up$"),
            Ok(Ready::Line {
                pattern: "^up$".into()
            })
        );
        for bad in ["http", "http:healthz", "http:/a b", "line:(", "udp", ""] {
            assert!(Ready::parse(bad).is_err(), "{bad:?} was taken");
        }
    }
}
