//! What killed runs left on services that outlived them: databases and topics that no check will ever
//! take away. Only names that we gave are touched.

use super::Site;
use crate::{probe::sql::Sql, verdict::BenchError};

/// Letters of a run's token; [`Site::new`] is given it, and the second of a run ends in `b`.
const TOKEN: usize = 10;

impl Site {
    /// Takes away what dead runs left. Of use on services that one workspace keeps, while no other run
    /// has a check on them.
    pub async fn clear_left(&self) -> Result<(), BenchError> {
        let (databases, topics) = tokio::join!(self.clear_databases(), self.clear_topics());
        databases.and(topics)
    }

    async fn clear_databases(&self) -> Result<(), BenchError> {
        let Some(postgres) = &self.postgres else {
            return Ok(());
        };
        let admin = Sql::connect(postgres, "postgres").await?;
        for name in admin.databases().await? {
            if is_database_of_a_run(&name) {
                admin.drop_database(&name).await?;
            }
        }
        Ok(())
    }

    async fn clear_topics(&self) -> Result<(), BenchError> {
        let Some(broker) = &self.kafka else {
            return Ok(());
        };
        let all = broker.bench.topics().await?;
        let left: Vec<&str> = (all.iter().map(String::as_str))
            .filter(|name| is_topic_of_a_run(name))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        broker.bench.delete_topics(&left).await
    }
}

/// `setup_7f3a91c204` or `check_7f3a91c204_03`.
fn is_database_of_a_run(name: &str) -> bool {
    if let Some(token) = name.strip_prefix("setup_") {
        return is_token(token);
    }
    let rest = name.strip_prefix("check_");
    let parts = rest.and_then(|rest| rest.rsplit_once('_'));
    parts.is_some_and(|(token, place)| is_token(token) && is_place(place))
}

/// `orders.events.v1.7f3a91c204-03`.
fn is_topic_of_a_run(name: &str) -> bool {
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix);
    let parts = suffix.and_then(|suffix| suffix.split_once('-'));
    parts.is_some_and(|(token, place)| is_token(token) && is_place(place))
}

fn is_token(text: &str) -> bool {
    let token = match text.strip_suffix('b') {
        Some(first) if first.len() == TOKEN => first,
        _ => text,
    };
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    token.len() == TOKEN && token.bytes().all(hex)
}

fn is_place(text: &str) -> bool {
    text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_runs_give_are_taken_for_theirs() {
        for name in [
            "setup_7f3a91c204",
            "setup_7f3a91c204b",
            "check_7f3a91c20b_00",
            "check_7f3a91c20bb_117",
        ] {
            assert!(is_database_of_a_run(name), "{name}");
        }
        for name in ["postgres", "setup_shop", "check_1_00", "mine_7f3a91c204"] {
            assert!(!is_database_of_a_run(name), "{name}");
        }
        assert!(is_topic_of_a_run("orders.events.v1.7f3a91c204-03"));
        assert!(is_topic_of_a_run("fills.7f3a91c204b-12"));
        for name in [
            "orders.events.v1",
            "7f3a91c204-03",
            "a.7f3a91c204",
            "a.b-03",
        ] {
            assert!(!is_topic_of_a_run(name), "{name}");
        }
    }
}
