//! One connection to one database as one role: all that an engine must be able to do.
//!
//! Everything goes by the simple query protocol, so every value is PostgreSQL's own text of it, and a statement that the
//! server refuses comes back with its SQLSTATE: a check tells "no rows" from "not allowed" by that.

use super::text::Sql;
use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::{Client, NoTls, SimpleQueryMessage};
use std::fmt;
use std::io::Read as _;

/// A row: each value as PostgreSQL prints it, NULL as `None`.
pub type Row = Vec<Option<String>>;

/// What the last statement of a request gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its rows.
    pub rows: Vec<Row>,
    /// Rows that it read or changed, as its command tag counts them.
    pub affected: u64,
}

impl Answer {
    /// The first column of the first row.
    pub fn value(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }

    /// The first column, NULL as the empty string.
    pub fn column(self) -> Vec<String> {
        self.rows.into_iter().map(|row| row.into_iter().next().flatten().unwrap_or_default()).collect()
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Five characters, as the manual's appendix A lists them; empty when the connection was lost.
    pub sqlstate: String,
    /// What the server said, with its detail and hint.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.sqlstate, self.message)
    }
}

impl std::error::Error for Refusal {}

/// One connection.
pub trait Session {
    /// Runs statements one after the other, and gives the answer of the last.
    fn run(&mut self, sql: &Sql) -> Result<Answer, Refusal>;

    /// Runs one `COPY … TO STDOUT`.
    fn copy_out(&mut self, sql: &Sql) -> Result<Vec<u8>, Refusal>;
}

/// A connection by PostgreSQL's own protocol.
pub struct Connection {
    client: Client,
}

impl Connection {
    /// Connects; the configuration names the place, the database and the role.
    pub fn open(config: &postgres::Config) -> Result<Self, Refusal> {
        if config.get_ssl_mode() == SslMode::Require {
            let message =
                "this program connects without TLS: name a Unix socket, or a tunnel's end with `sslmode=disable`";
            return Err(Refusal { sqlstate: String::new(), message: message.to_owned() });
        }
        config.connect(NoTls).map(|client| Self { client }).map_err(|error| refusal(&error))
    }
}

impl Session for Connection {
    fn run(&mut self, sql: &Sql) -> Result<Answer, Refusal> {
        let messages = self.client.simple_query(sql.as_str()).map_err(|error| refusal(&error))?;
        let mut answer = Answer::default();
        let mut ended = false;
        for message in messages {
            // What an earlier statement of the request gave is not asked for.
            if std::mem::take(&mut ended) {
                answer.rows.clear();
            }
            match message {
                SimpleQueryMessage::Row(row) => {
                    answer.rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
                }
                SimpleQueryMessage::CommandComplete(count) => {
                    answer.affected = count;
                    ended = true;
                }
                _ => {}
            }
        }
        Ok(answer)
    }

    fn copy_out(&mut self, sql: &Sql) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        let mut reader = self.client.copy_out(sql.as_str()).map_err(|error| refusal(&error))?;
        reader.read_to_end(&mut bytes).map_err(|error| lost(&error))?;
        Ok(bytes)
    }
}

fn lost(error: &std::io::Error) -> Refusal {
    Refusal { sqlstate: SqlState::CONNECTION_FAILURE.code().to_owned(), message: error.to_string() }
}

fn refusal(error: &postgres::Error) -> Refusal {
    let Some(found) = error.as_db_error() else {
        return Refusal { sqlstate: String::new(), message: error.to_string() };
    };
    let more = [found.detail(), found.hint(), found.where_()];
    let message = more.into_iter().flatten().fold(found.message().to_owned(), |text, line| text + "\n" + line);
    Refusal { sqlstate: found.code().code().to_owned(), message }
}
