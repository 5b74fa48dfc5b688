#![allow(clippy::disallowed_methods, reason = "psql is another program")]
//! A verification on a server that is somebody else's.
//!
//! The problem: nothing that is there may be touched, and nothing of ours may stay. The mechanism: databases and roles are
//! made under a prefix that was drawn for this run, and nothing else is ever written to; the project's own roles get the
//! prefix too (`renamed`). What has the prefix is dropped by the keeper of our folder, whatever ends us: by psql, until
//! nothing is there any more.

use super::{Engine, Script};
use crate::server::keeper::{Keeper, drawn};
use crate::server::{self, OLDEST_MAJOR, client, own_base, without_settings};
use crate::verify::session::{Answer, Connection, Refusal, Session};
use crate::verify::text::{Part, Sql};
use crate::verify::world::Failure;
use postgres::Config;
use postgres::config::{Host, SslMode};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

const LAST_SQL: &str = include_str!("last.sql");

/// `$NOREN_LAST` goes to psql, which answers how much is left, until that is nothing twice: a statement that was on its
/// way when we died may still make something.
const LAST: &str = r#"
quiet=0; tries=0
while [ $quiet -lt 2 ] && [ $tries -lt 100 ]; do
  left=$(printf '%s\n' "$NOREN_LAST" | "$@" | tail -n 1)
  if [ "$left" = 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi
  tries=$((tries + 1)); sleep 0.1
done
"#;

/// A server that somebody named.
pub struct Foreign {
    config: Config,
    superuser: String,
    maintenance: String,
    version: String,
    major: u32,
    prefix: String,
    /// Of every role of ours; a server rarely lets roles in without.
    password: String,
    /// Roles that have it, with their number: one may be dropped and made again.
    known: Mutex<BTreeSet<(String, String)>>,
    psql: PathBuf,
    /// The last to go: it drops what is ours.
    keeper: Keeper,
}

impl Foreign {
    /// Looks at a server, and makes nothing there yet. The URL may hold a password, so no message repeats it.
    pub fn start(url: &str) -> Result<Self, Failure> {
        let help = "write `postgresql://USER@HOST/DATABASE`, or `host=… dbname=… user=…`";
        let config: Config = url
            .parse()
            .map_err(|error: postgres::Error| Failure::new(format!("cannot read the database's URL: {error}"), help))?;
        let superuser = config
            .get_user()
            .map(str::to_owned)
            .ok_or_else(|| Failure::new("expected a user in the URL, found none", help))?;
        let maintenance = config.get_dbname().unwrap_or(&superuser).to_owned();
        let mut session = Connection::open(&config)
            .map_err(|refusal| Failure::new(format!("cannot connect to the database: {refusal}"), help))?;
        let version = acceptable(&mut session)?;
        let major = version.split(|digit: char| !digit.is_ascii_digit()).next().and_then(|major| major.parse().ok());
        let major = major.filter(|major| *major >= OLDEST_MAJOR).ok_or_else(|| {
            Failure::new(format!("expected PostgreSQL {OLDEST_MAJOR} or newer, found {version}"), "name another server")
        })?;
        let random = |bits: usize| {
            drawn(bits).map_err(|error| {
                Failure::new(format!("cannot draw a random number: {error}"), "see that /dev/urandom can be read")
            })
        };
        let (prefix, password) = (["noren_", &random(4)?, "_"].concat(), random(24)?);
        let psql = client("psql").map_err(|error| unusable(&error))?;
        let last = last(&config, &superuser, &maintenance, &prefix, &psql);
        let keeper =
            own_base().and_then(|base| Keeper::with_last(&base, Some(&last))).map_err(|error| unusable(&error))?;
        let known = Mutex::default();
        Ok(Self { config, superuser, maintenance, version, major, prefix, password, known, psql, keeper })
    }

    /// What the names of our databases and roles begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Drops everything of ours, and tells what is left all the same.
    pub fn end(self) -> Result<(), Failure> {
        let Self { config, prefix, keeper, .. } = self;
        drop(keeper);
        let left =
            Connection::open(&config).and_then(|mut session| session.run(&Sql::of(LEFT, &[Part::Text(&prefix)])));
        let left = left.map_or_else(|refusal| vec![refusal.to_string()], Answer::column);
        if left.is_empty() {
            return Ok(());
        }
        Err(Failure::new(
            format!("expected nothing to be left of the verification, found {}", left.join(", ")),
            "drop what has this prefix",
        ))
    }

    /// Gives a role of ours its password, once.
    fn admit(&self, role: &str) -> Result<(), Refusal> {
        let mut session = Connection::open(&self.configured(&self.maintenance, &self.superuser))?;
        let found = session.run(&Sql::of("SELECT oid FROM pg_roles WHERE rolname = $1", &[Part::Text(role)]))?;
        let number = found.value().unwrap_or_default().to_owned();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.insert((role.to_owned(), number)) {
            session.run(&Sql::of("ALTER ROLE $1 PASSWORD $2", &[Part::Name(role), Part::Text(&self.password)]))?;
        }
        Ok(())
    }

    fn configured(&self, database: &str, role: &str) -> Config {
        let mut config = self.config.clone();
        config.dbname(database).application_name(&self.prefix);
        if role != self.superuser {
            config.user(role).password(&self.password);
        }
        config
    }
}

/// Databases and roles of a prefix.
const LEFT: &str = "SELECT format('database %I', datname) FROM pg_database WHERE starts_with(datname, $1) \
                    UNION ALL SELECT format('role %I', rolname) FROM pg_roles WHERE starts_with(rolname, $1)";

fn unusable(error: &server::Error) -> Failure {
    Failure::new(
        format!("a verification needs psql and a temporary folder: {error}"),
        "`apt-get install postgresql-client`",
    )
}

/// The version of a server that can be used; nothing is made on another one.
fn acceptable(session: &mut dyn Session) -> Result<String, Failure> {
    let asked = "SELECT current_setting('server_version'), pg_is_in_recovery(), rolsuper FROM pg_roles WHERE rolname = current_user";
    let answer = session.run(&Sql::whole(asked))?;
    let row: Vec<&str> =
        answer.rows.first().into_iter().flatten().map(|value| value.as_deref().unwrap_or_default()).collect();
    let [version, standby, superuser] = row.as_slice() else {
        return Err(Failure::new("expected a server that answers, found none", "name another server"));
    };
    if *standby == "t" {
        return Err(Failure::new(
            "expected a server that takes writes, found a standby",
            "name the primary of a test cluster",
        ));
    }
    if *superuser != "t" {
        return Err(Failure::new(
            "expected a superuser, found another role: a verification makes databases, roles with BYPASSRLS and rows that no trigger sees",
            "use a test server that is yours, or leave out --database-url: then a private server is started",
        ));
    }
    Ok((*version).to_owned())
}

fn last(config: &Config, superuser: &str, maintenance: &str, prefix: &str, psql: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(LAST).arg("sh").arg(psql).args(["-X", "-Atq", "-v"]).arg(["prefix=", prefix].concat());
    command.env("NOREN_LAST", LAST_SQL);
    set_place(&mut command, config);
    command.env("PGUSER", superuser).env("PGDATABASE", maintenance).env("PGAPPNAME", [prefix, "last"].concat());
    if let Some(password) = config.get_password() {
        command.env("PGPASSWORD", String::from_utf8_lossy(password).into_owned());
    }
    command
}

/// Where psql connects to, as the URL says it.
fn set_place(command: &mut Command, config: &Config) {
    without_settings(command);
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    if !hosts.is_empty() {
        command.env("PGHOST", hosts.join(","));
    }
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    if !ports.is_empty() {
        command.env("PGPORT", ports.join(","));
    }
    let mode = match config.get_ssl_mode() {
        SslMode::Require => "require",
        // Both connect without TLS here, so psql must too: they would else be two different connections.
        _ => "disable",
    };
    command.env("PGSSLMODE", mode).env("PGCLIENTENCODING", "UTF8").env("LC_ALL", "C");
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

impl Engine for Foreign {
    fn name(&self) -> String {
        format!("PostgreSQL {}, in databases of its own beside `{}`", self.version, self.maintenance)
    }

    fn major(&self) -> u32 {
        self.major
    }

    fn folder(&self) -> &Path {
        self.keeper.folder()
    }

    fn superuser(&self) -> &str {
        &self.superuser
    }

    fn own(&self, name: &str) -> String {
        [&self.prefix, name].concat()
    }

    fn maintenance(&self) -> &str {
        &self.maintenance
    }

    fn is_own(&self, role: &str) -> bool {
        role.starts_with(&self.prefix)
    }

    fn connect(&self, database: &str, role: &str) -> Result<Box<dyn Session>, Refusal> {
        if role != self.superuser {
            self.admit(role)?;
        }
        Ok(Box::new(Connection::open(&self.configured(database, role))?))
    }

    fn script(&self, script: &Script<'_>) -> Result<Output, server::Error> {
        let refused = |refusal: Refusal| server::Error::Failed { what: "psql".to_owned(), output: refusal.to_string() };
        let mut command = Command::new(&self.psql);
        set_place(&mut command, &self.config);
        command.env("PGAPPNAME", &self.prefix);
        if script.role == self.superuser {
            if let Some(password) = self.config.get_password() {
                command.env("PGPASSWORD", String::from_utf8_lossy(password).into_owned());
            }
        } else {
            self.admit(script.role).map_err(refused)?;
            command.env("PGPASSWORD", &self.password);
        }
        command.arg("-X").arg("-d").arg(script.database).arg("-U").arg(script.role);
        for (name, value) in script.variables {
            let assignment: OsString = [name, "=", value].concat().into();
            command.arg("-v").arg(assignment);
        }
        command.arg("-f").arg(script.file).current_dir(script.folder);
        let failed = |source| server::Error::Run { program: "psql".to_owned(), source };
        // What psql still makes after our death, the keeper drops after psql's end.
        command.envs(script.environment.iter().copied()).stdin(self.keeper.hold().map_err(failed)?);
        command.output().map_err(failed)
    }
}
