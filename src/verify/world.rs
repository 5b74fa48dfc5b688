#![allow(clippy::disallowed_methods, reason = "generated files are laid into a folder for psql")]
//! Databases as a team that starts with Noren has them, and as the policy wants them.
//!
//! The problem: a dump names owners and roles that a fresh server lacks, its objects would belong to a superuser, whom
//! no policy binds, and what is to be shown is what holds for a plain owner. The mechanism: the schema's statements run
//! one by one as a superuser of our own; a role that the server misses is made and the statement run again; statements
//! about owners are left out, and at the end everything is given to the role that deploys.

use super::data::{self, Filled};
use super::documents;
use super::engine::{self, Engine, Script};
use super::session::{Refusal, Session};
use super::text::{Part, Sql};
use crate::catalog::{self, Catalog};
use crate::compiler::Compiled;
use crate::model::Model;
use crate::model::access::Tenants;
use crate::postgres::with_tree;
use crate::project::Project;
use crate::source::Sources;
use pg_query::NodeEnum;
use pg_query::protobuf::AlterTableType;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// The superuser that loads the schema, and who owns the tables where the policy does not say it.
const LOADER: &str = "loader";
const DEPLOYER: &str = "deployer";
/// The database with the schema and rows, to which nothing was applied.
const SOURCE: &str = "source";

/// Why a verification could not be begun.
#[derive(Debug)]
pub struct Failure {
    /// What was expected, and what came.
    pub message: String,
    /// One thing to do.
    pub help: String,
}

impl Failure {
    /// With its help.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(format!("the server refused a step of the verification: {refusal}"), "run again with another server")
    }
}

/// What is verified, and where.
pub struct World<'a> {
    /// Where it runs.
    pub engine: &'a dyn Engine,
    /// The project file.
    pub project: &'a Project,
    /// What the schema declares.
    pub catalog: &'a Catalog,
    /// What the policy means.
    pub model: &'a Model,
    /// Who owns the tables and applies the files; no superuser.
    pub deployer: String,
    /// What rows there are, and whose.
    pub filled: Filled,
    source: String,
    /// The generated files and everything that scripts write.
    folder: TempDir,
}

impl<'a> World<'a> {
    /// Loads the schema and rows into [`World::source`] and lays the generated files out.
    pub fn new(
        engine: &'a dyn Engine,
        sources: &Sources,
        project: &'a Project,
        compiled: &'a Compiled,
        seed: u64,
    ) -> Result<Self, Failure> {
        let (Some(model), Some(files)) = (&compiled.model, &compiled.files) else {
            return Err(Failure::new("expected a policy without errors", "run `noren check`"));
        };
        let folder = lay_out(engine.folder(), files.iter())?;
        let deployer = deployer(engine, model);
        let (filled, source) = (Filled::default(), engine.own(SOURCE));
        let mut world = World { engine, project, catalog: &compiled.catalog, model, deployer, filled, source, folder };
        world.make_roles()?;
        world.load(sources)?;
        world.fixtures()?;
        let options = data::Options { seed, access: Some(&model.access) };
        world.filled = data::fill(world.superuser(&world.source)?.as_mut(), options)?;
        documents::plant(world.superuser(&world.source)?.as_mut(), world.catalog, world.model)?;
        Ok(world)
    }

    /// The database with the schema and rows, to which nothing was applied. It is copied and never changed: a check
    /// that needs a database takes [`World::copy`].
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The name by which a database or a role of the verification's own goes.
    pub fn own(&self, name: &str) -> String {
        self.engine.own(name)
    }

    /// A superuser's session, for statements about databases and roles.
    pub fn maintenance(&self) -> Result<Box<dyn Session>, Refusal> {
        self.superuser(self.engine.maintenance())
    }

    /// A superuser's session.
    pub fn superuser(&self, database: &str) -> Result<Box<dyn Session>, Refusal> {
        self.engine.connect(database, self.engine.superuser())
    }

    /// A copy of a database to which nobody is connected; the name that it has.
    pub fn copy(&self, from: &str, name: &str) -> Result<String, Refusal> {
        let name = self.own(name);
        engine::copy_database(self.engine, from, &name)?;
        Ok(name)
    }

    /// A folder that scripts may write to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A generated file.
    pub fn file(&self, path: &str) -> PathBuf {
        self.folder.path().join("generated").join(path)
    }

    /// Whether such a file was generated.
    pub fn has(&self, path: &str) -> bool {
        self.file(path).is_file()
    }

    /// Runs a generated file by psql; what it said where it failed.
    pub fn script(&self, database: &str, role: &str, path: &str) -> Result<(), String> {
        let output = self.output(database, role, path)?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("{path} failed\n{}", String::from_utf8_lossy(&output.stderr).trim_end()))
    }

    /// Runs a generated file by psql; why it could not be run at all.
    pub fn output(&self, database: &str, role: &str, path: &str) -> Result<Output, String> {
        let file = self.file(path);
        let script =
            Script { database, role, file: &file, folder: self.folder.path(), variables: &[], environment: &[] };
        self.engine.script(&script).map_err(|error| error.to_string())
    }

    /// Brings a database to the policy: the roles as superuser, the rest as the owner.
    pub fn apply(&self, database: &str) -> Result<(), String> {
        if self.has("access/00_roles.sql") {
            self.script(database, self.engine.superuser(), "access/00_roles.sql")?;
        }
        self.script(database, &self.deployer, "access/apply.sql")
    }

    /// The loader, the deployer, and roles that the policy expects to be there.
    fn make_roles(&self) -> Result<(), Failure> {
        let mut session = self.maintenance()?;
        session.run(&Sql::of("CREATE ROLE $1 SUPERUSER LOGIN", &[Part::Name(&self.own(LOADER))]))?;
        session.run(&Sql::of("CREATE ROLE $1 LOGIN", &[Part::Name(&self.deployer)]))?;
        for role in self.model.access.roles.values().filter(|role| role.existing && role.name != self.deployer) {
            let attribute = match role.tenants {
                Tenants::All { .. } => "CREATE ROLE $1 LOGIN BYPASSRLS",
                Tenants::Own => "CREATE ROLE $1 LOGIN",
            };
            session.run(&Sql::of(attribute, &[Part::Name(&role.name)]))?;
        }
        Ok(())
    }

    /// Rows of the user's own, in place of those that cannot be made up; psql runs them, since dumps hold COPY.
    fn fixtures(&self) -> Result<(), Failure> {
        for file in &self.project.fixtures {
            let failed = |why: String| {
                Failure::new(
                    format!("`{}` failed: {why}", file.display()),
                    "fixtures are run by psql as a superuser, on a database with the schema and no rows",
                )
            };
            let file = std::path::absolute(file).map_err(|error| failed(error.to_string()))?;
            let folder = file.parent().unwrap_or(&file);
            let variables = [("ON_ERROR_STOP", "on")];
            let (database, role) = (self.source(), self.engine.superuser());
            let script = Script { database, role, file: &file, folder, variables: &variables, environment: &[] };
            let output = self.engine.script(&script).map_err(|error| failed(error.to_string()))?;
            if !output.status.success() {
                return Err(failed(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()));
            }
        }
        Ok(())
    }

    fn load(&self, sources: &Sources) -> Result<(), Failure> {
        let (database, loader) = (self.source(), self.own(LOADER));
        engine::create_database(self.engine, database, &self.deployer)?;
        let mut session = self.engine.connect(database, &loader)?;
        for schema in &self.project.schemas {
            let unread = |message| Failure::new(format!("cannot read the schema: {message}"), "run `noren check`");
            let text = sources.get(*schema).map_or("", |source| source.text.as_str());
            for statement in catalog::statements(text).map_err(unread)? {
                if !is_about_owners(&statement) {
                    self.run_with_roles(session.as_mut(), &statement)?;
                }
            }
            session.run(&Sql::whole("RESET ALL"))?;
        }
        // Only a superuser may own one.
        let query = "SELECT evtname FROM pg_event_trigger WHERE pg_get_userbyid(evtowner) = $1";
        let triggers = session.run(&Sql::of(query, &[Part::Text(&loader)]))?.rows;
        for name in triggers.iter().filter_map(|row| row.first()?.as_deref()) {
            let parts = [Part::Name(name), Part::Name(self.engine.superuser())];
            session.run(&Sql::of("ALTER EVENT TRIGGER $1 OWNER TO $2", &parts))?;
        }
        session.run(&Sql::of("REASSIGN OWNED BY $1 TO $2", &[Part::Name(&loader), Part::Name(&self.deployer)]))?;
        for role in self.model.access.roles.values().filter(|role| role.name != self.deployer) {
            for table in &role.owns {
                let parts = [Part::Relation(table), Part::Name(&role.name)];
                session.run(&Sql::of("ALTER TABLE $1 OWNER TO $2", &parts))?;
            }
        }
        Ok(())
    }

    /// Makes each role that the server misses.
    fn run_with_roles(&self, session: &mut dyn Session, statement: &str) -> Result<(), Failure> {
        let mut last = None;
        loop {
            let Err(refusal) = session.run(&Sql::whole(statement)) else { return Ok(()) };
            let role = missing_role(&refusal).filter(|role| last.as_ref() != Some(role) && self.engine.is_own(role));
            let Some(role) = role else {
                let statement: String = statement.trim().chars().take(200).collect();
                let message = format!("the server refused a statement of the schema: {refusal}\nin: {statement}");
                return Err(Failure::new(
                    message,
                    "the schema must load into an empty database of the version that is used",
                ));
            };
            session.run(&Sql::of("CREATE ROLE $1", &[Part::Name(&role)]))?;
            last = Some(role);
        }
    }
}

/// The role that owns tables by the policy; one of our own where it names none.
fn deployer(engine: &dyn Engine, model: &Model) -> String {
    let owners = model.access.roles.values().find(|role| !role.owns.is_empty());
    owners.map_or_else(|| engine.own(DEPLOYER), |role| role.name.clone())
}

fn lay_out<'f>(parent: &Path, files: impl Iterator<Item = (&'f String, &'f String)>) -> Result<TempDir, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            format!("cannot write the generated files to a temporary folder: {error}"),
            "name another in TMPDIR",
        )
    };
    let folder = tempfile::Builder::new().prefix("files-").tempdir_in(parent).map_err(failed)?;
    for (path, text) in files {
        let place = folder.path().join("generated").join(path);
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(place, text).map_err(failed)?;
    }
    Ok(folder)
}

/// `ALTER … OWNER TO`: who owns what is the verification's to say.
fn is_about_owners(statement: &str) -> bool {
    let words = statement.to_ascii_uppercase();
    words.contains("OWNER TO")
        && with_tree(statement, |tree| {
            let node = tree.ok().and_then(|tree| tree.stmts.first()?.stmt.as_ref()?.node.as_ref());
            match node {
                Some(NodeEnum::AlterOwnerStmt(_)) => true,
                Some(NodeEnum::AlterTableStmt(alter)) => alter.cmds.iter().all(|command| {
                    matches!(&command.node, Some(NodeEnum::AlterTableCmd(command))
                        if command.subtype() == AlterTableType::AtChangeOwner)
                }),
                _ => false,
            }
        })
}

/// The server's own words, in English since it was started so: `role "…" does not exist`.
fn missing_role(refusal: &Refusal) -> Option<String> {
    let undefined_object = refusal.sqlstate == "42704";
    let message = refusal.message.lines().next()?;
    let name = message.strip_prefix("role \"")?.strip_suffix("\" does not exist")?;
    undefined_object.then(|| name.to_owned())
}
