//! The bench's own look into Postgres: databases made and dropped, the learner's views read.
//!
//! A view that is missing or lacks a column is the learner's ([`SqlError::Wrong`]); everything else
//! that goes wrong is the bench's or the service's.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::Mutex, task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow};

use crate::{
    service::Postgres,
    verdict::{BenchError, Failure, Mismatch},
};

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How many sessions programs may have in a database of the bench's making; superusers are not counted.
/// Contracts ask for 20 a process. What a program opens beyond it is its own trouble, and neither
/// takes the server's memory nor the bench's place.
const SESSIONS: u32 = 100;
/// More rows than any view of a check has.
const MOST_ROWS: usize = 200_000;

/// A connection of the bench's own, past every interposer. Clones share it, one question at a time;
/// it is made anew when it was lost.
#[derive(Clone)]
pub struct Sql(Arc<Inner>);

struct Inner {
    config: Config,
    address: SocketAddr,
    database: String,
    line: Mutex<Option<Line>>,
}

struct Line {
    client: Client,
    task: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A row, every column as Postgres writes it.
#[derive(Clone, Debug)]
pub struct Row(Vec<(String, Option<String>)>);

/// Why a question has no answer.
#[derive(Clone, Debug)]
pub enum SqlError {
    /// What should be there is not: the learner's setup.
    Wrong(Box<Mismatch>),
    Bench(BenchError),
}

impl Row {
    /// The column's text; `None` for NULL and for a column that is not there.
    pub fn get(&self, column: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == column);
        found.and_then(|(_, value)| value.as_deref())
    }
}

impl Sql {
    /// A connection to one database of a server, as its superuser.
    pub async fn connect(server: &Postgres, database: &str) -> Result<Self, BenchError> {
        let mut config = Config::new();
        config
            .host(server.address.ip().to_string())
            .port(server.address.port())
            .user(&server.user)
            .password(&server.password)
            .dbname(database)
            .application_name("mastery bench")
            .connect_timeout(LIMIT);
        let this = Self(Arc::new(Inner {
            config,
            address: server.address,
            database: database.to_owned(),
            line: Mutex::new(None),
        }));
        let opened = this.open().await;
        let line = opened.map_err(|error| this.lost(&error))?;
        *this.0.line.lock().await = Some(line);
        Ok(this)
    }

    /// The database it looks into.
    pub fn database(&self) -> &str {
        &self.0.database
    }

    /// The rows of a query over the learner's views.
    pub async fn rows(&self, query: &str) -> Result<Vec<Row>, SqlError> {
        let messages = self.ask(query).await?;
        let rows = messages.iter().filter_map(|message| {
            if let SimpleQueryMessage::Row(row) = message {
                Some(of(row))
            } else {
                None
            }
        });
        Ok(rows.take(MOST_ROWS).collect())
    }

    /// Runs a statement of the bench's own.
    pub async fn run(&self, statement: &str) -> Result<(), BenchError> {
        match self.ask(statement).await {
            Ok(_) => Ok(()),
            Err(SqlError::Bench(error)) => Err(error),
            Err(SqlError::Wrong(mismatch)) => Err(BenchError::new(mismatch.summary)),
        }
    }

    /// The names of all databases of the server.
    pub async fn databases(&self) -> Result<Vec<String>, BenchError> {
        match self.rows("SELECT datname FROM pg_database").await {
            Ok(rows) => Ok((rows.iter())
                .filter_map(|row| row.get("datname").map(str::to_owned))
                .collect()),
            Err(SqlError::Bench(error)) => Err(error),
            Err(SqlError::Wrong(mismatch)) => Err(BenchError::new(mismatch.summary)),
        }
    }

    /// Makes a database, empty or a copy of `template`, owned by `owner`, who may have 100 sessions in it.
    pub async fn create_database(
        &self,
        name: &str,
        template: Option<&str>,
        owner: Option<&str>,
    ) -> Result<(), BenchError> {
        let template = quoted(template.unwrap_or("template1"));
        let owner = owner.map_or_else(String::new, |owner| format!(" OWNER {}", quoted(owner)));
        self.run(&format!(
            "CREATE DATABASE {} TEMPLATE {template}{owner} STRATEGY wal_log CONNECTION LIMIT {SESSIONS}",
            quoted(name)
        ))
        .await
    }

    /// Drops a database with everyone in it, and the replication slots that hold on to it. One that is
    /// not there is passed over.
    pub async fn drop_database(&self, name: &str) -> Result<(), BenchError> {
        let literal = literal(name);
        self.run(&format!(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots \
             WHERE database = {literal} AND active"
        ))
        .await?;
        self.run(&format!(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots \
             WHERE database = {literal} AND NOT active"
        ))
        .await?;
        self.run(&format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            quoted(name)
        ))
        .await
    }

    async fn open(&self) -> Result<Line, Unopened> {
        let connecting = timeout(LIMIT, self.0.config.connect(NoTls));
        let connected = connecting.await.map_err(|_| Unopened::Silent)?;
        let (client, connection) = connected.map_err(Unopened::Refused)?;
        let task = tokio::spawn(async move {
            // Its end is seen by whoever asks next.
            connection.await.ok();
        });
        Ok(Line { client, task })
    }

    async fn ask(&self, statement: &str) -> Result<Vec<SimpleQueryMessage>, SqlError> {
        let mut line = self.0.line.lock().await;
        if line.as_ref().is_none_or(|line| line.client.is_closed()) {
            *line = Some(self.open().await.map_err(|error| match error {
                Unopened::Refused(error) => self.judge(statement, &error),
                Unopened::Silent => SqlError::Bench(self.lost(&error)),
            })?);
        }
        let Some(open) = line.as_ref() else {
            return Err(SqlError::Bench(self.lost(&"no connection")));
        };
        match timeout(LIMIT, open.client.simple_query(statement)).await {
            Ok(Ok(messages)) => Ok(messages),
            Ok(Err(error)) => {
                if error.is_closed() {
                    *line = None;
                }
                Err(self.judge(statement, &error))
            }
            Err(_) => {
                *line = None;
                Err(SqlError::Bench(self.lost(&"no answer within 10 s")))
            }
        }
    }

    /// Class 42 is about names and types: what `setup` made is not what the contract asks for.
    fn judge(&self, statement: &str, error: &tokio_postgres::Error) -> SqlError {
        let Some(db) = error.as_db_error() else {
            return SqlError::Bench(self.lost(&told(error)));
        };
        // 3D000: the program dropped its own database.
        let is_theirs = db.code().code().starts_with("42") || db.code().code() == "3D000";
        if !is_theirs {
            return SqlError::Bench(self.lost(&db.message()));
        }
        let summary = format!(
            "Your database does not answer `{statement}`: {}.",
            db.message()
        );
        let mut actual = format!("{}: {}", db.code().code(), db.message());
        if let Some(hint) = db.hint() {
            actual = format!("{actual} ({hint})");
        }
        let expected = "the view of the contract, with its columns";
        SqlError::Wrong(Box::new(Mismatch::new(summary, expected, actual)))
    }

    fn lost(&self, why: &dyn fmt::Display) -> BenchError {
        BenchError::new(format!(
            "Postgres at {} does not serve: {why}.",
            self.0.address
        ))
        .unlock("Grade again; a server that is gone is replaced.")
    }
}

/// Why there is no connection.
enum Unopened {
    Silent,
    Refused(tokio_postgres::Error),
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("no connection"),
            Self::Refused(error) => f.write_str(&told(error)),
        }
    }
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Wrong(mismatch) => Self::Wrong(mismatch),
            SqlError::Bench(error) => Self::Bench(error),
        }
    }
}

fn told(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| db.message().to_owned())
}

fn of(row: &SimpleQueryRow) -> Row {
    let columns = row.columns().iter().enumerate();
    Row(columns
        .map(|(place, column)| {
            let value = row.get(place).map(str::to_owned);
            (column.name().to_owned(), value)
        })
        .collect())
}

/// A name that may be anything.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text that may be anything.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
