#![allow(clippy::disallowed_methods, reason = "scripts are run by psql, which is another program")]
//! Where a verification runs: something that opens sessions and runs scripts.

pub mod foreign;

use super::session::{Connection, Refusal, Session};
use super::text::{Part, Sql};
use crate::server::{self, Options, SUPERUSER, Server};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

/// A PostgreSQL that is ours to fill and to break.
pub trait Engine: Sync {
    /// What a report calls it, with its version and where it comes from.
    fn name(&self) -> String;

    /// The first number of its version.
    fn major(&self) -> u32;

    /// A folder for what scripts read and write; it is gone when the engine is, however that ends.
    fn folder(&self) -> &Path;

    /// A superuser there.
    fn superuser(&self) -> &str;

    /// The name by which a database or a role of the verification's own goes there.
    fn own(&self, name: &str) -> String {
        ["noren_", name].concat()
    }

    /// A database that is there, for statements about others.
    fn maintenance(&self) -> &str;

    /// Whether a role of this name is the verification's to make.
    fn is_own(&self, _role: &str) -> bool {
        true
    }

    /// Logs in; roles need no password.
    fn connect(&self, database: &str, role: &str) -> Result<Box<dyn Session>, Refusal>;

    /// Runs one file by psql as its first line says, in a folder, with psql variables and an environment.
    fn script(&self, script: &Script<'_>) -> Result<Output, server::Error>;
}

/// A file for psql.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// The database.
    pub database: &'a str,
    /// Who logs in.
    pub role: &'a str,
    /// The file.
    pub file: &'a Path,
    /// The working folder.
    pub folder: &'a Path,
    /// `-v name=value`
    pub variables: &'a [(&'a str, &'a str)],
    /// Environment variables beside those of the connection.
    pub environment: &'a [(&'a str, &'a str)],
}

/// Makes an empty database; `owner` owns it and its schema `public`.
pub fn create_database(engine: &dyn Engine, name: &str, owner: &str) -> Result<(), Refusal> {
    let mut session = engine.connect(engine.maintenance(), engine.superuser())?;
    session.run(&Sql::of("CREATE DATABASE $1 OWNER $2 TEMPLATE template0", &[Part::Name(name), Part::Name(owner)]))?;
    // The schema `public` belongs to the bootstrap superuser before 15.
    let mut session = engine.connect(name, engine.superuser())?;
    session.run(&Sql::of("ALTER SCHEMA public OWNER TO $1", &[Part::Name(owner)])).map(drop)
}

/// Makes a copy of a database to which nobody is connected.
pub fn copy_database(engine: &dyn Engine, from: &str, name: &str) -> Result<(), Refusal> {
    let mut session = engine.connect(engine.maintenance(), engine.superuser())?;
    let owner = session
        .run(&Sql::of("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", &[Part::Text(from)]))?;
    let owner = owner.value().unwrap_or(engine.superuser());
    let parts = [Part::Name(name), Part::Name(owner), Part::Name(from)];
    session.run(&Sql::of("CREATE DATABASE $1 OWNER $2 TEMPLATE $3", &parts)).map(drop)
}

/// Drops a database and whoever is connected to it.
pub fn drop_database(engine: &dyn Engine, name: &str) -> Result<(), Refusal> {
    let mut session = engine.connect(engine.maintenance(), engine.superuser())?;
    session.run(&Sql::of("DROP DATABASE IF EXISTS $1 WITH (FORCE)", &[Part::Name(name)])).map(drop)
}

/// A server of its own, on a Unix socket in a temporary folder, gone at the end whatever happens ([`Server`]).
#[derive(Debug)]
pub struct Private {
    server: Server,
}

impl Private {
    /// Starts one from the binaries in `bin`, or from those that are found.
    pub fn start(bin: Option<PathBuf>) -> Result<Self, server::Error> {
        Ok(Self { server: Server::start(&Options { bin, settings: Vec::new() })? })
    }
}

impl Engine for Private {
    fn name(&self) -> String {
        format!(
            "PostgreSQL {}, a private server from {}",
            self.server.version(),
            self.server.binaries().folder.display()
        )
    }

    fn major(&self) -> u32 {
        self.server.major()
    }

    fn folder(&self) -> &Path {
        self.server.socket_folder()
    }

    fn superuser(&self) -> &str {
        SUPERUSER
    }

    fn maintenance(&self) -> &'static str {
        "postgres"
    }

    fn connect(&self, database: &str, role: &str) -> Result<Box<dyn Session>, Refusal> {
        let mut config = postgres::Config::new();
        config.host_path(self.server.socket_folder()).dbname(database).user(role);
        Ok(Box::new(Connection::open(&config)?))
    }

    fn script(&self, script: &Script<'_>) -> Result<Output, server::Error> {
        let mut command = self.server.psql(script.database, script.role)?;
        for (name, value) in script.variables {
            let assignment: OsString = [name, "=", value].concat().into();
            command.arg("-v").arg(assignment);
        }
        command.arg("-f").arg(script.file).current_dir(script.folder);
        command.envs(script.environment.iter().copied()).stdin(Stdio::null());
        command.output().map_err(|source| server::Error::Run { program: "psql".to_owned(), source })
    }
}
