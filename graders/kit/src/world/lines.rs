//! What a person who wants to look is told: lines to run, names and addresses.

use std::collections::BTreeMap;

use super::World;

impl World {
    /// A line that asks the check's database, as its programs would, past every interposer.
    pub fn psql(&self, query: &str) -> String {
        let Some(postgres) = &self.server else {
            return format!("psql -c \"{query}\"");
        };
        let url = postgres.url(postgres.address, self.database().unwrap_or("postgres"));
        format!("psql '{url}' -c \"{query}\"")
    }

    /// A line that reads one record of a topic, past every interposer.
    pub fn kcat(&self, topic: &str, place: (i32, i64)) -> String {
        let (partition, offset) = place;
        format!(
            "kcat -b {} -C -t {topic} -p {partition} -o {offset} -c 1 -J",
            self.broker()
        )
    }

    /// A line that reads a whole topic, past every interposer.
    pub fn kcat_all(&self, topic: &str) -> String {
        format!("kcat -b {} -C -t {topic} -o beginning -e -J", self.broker())
    }

    fn broker(&self) -> String {
        let kafka = self.kafka.as_ref();
        kafka.map_or_else(String::new, |(kafka, _)| kafka.address().to_string())
    }

    /// The check's database, where it has one.
    pub fn database(&self) -> Option<&str> {
        self.database.as_ref().map(|(name, _)| name.as_str())
    }

    /// Names and addresses, for people who want to look.
    pub fn addresses(&self) -> BTreeMap<String, String> {
        let mut all = self.topics.clone();
        if self.kafka.is_some() {
            all.insert("KAFKA_GROUP_ID".to_owned(), self.group.clone());
        }
        if let Some((name, _)) = &self.database {
            all.insert("database".to_owned(), name.clone());
        }
        all
    }
}
