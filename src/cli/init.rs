//! `noren init --from schema.sql`: a first project, with a TODO for each column that is not clear.

mod guess;
pub(super) mod names;
mod proof;
mod propose;

use super::console::Console;
use super::{Failure, Outcome, Result, fmt, read_file};
use crate::artifact;
use crate::catalog;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Format, Severity, plural};
use crate::project::{MANIFEST, VERSIONS};
use crate::source::Sources;
use std::path::{Path, PathBuf};

const POLICY: &str = "policies/policy.noren";

pub(super) fn run(from: &Path, console: &Console) -> Result<Outcome> {
    let here =
        std::env::current_dir().map_err(|error| Failure::new(format!("cannot tell the current folder: {error}")))?;
    let text = read_file(from)?;
    let (schema_path, copy) = schema_path(&here, from)?;
    let new = [MANIFEST, POLICY].into_iter().chain(copy.then_some(schema_path.as_str()));
    refuse_existing(&here, new)?;
    let server = server(&text);
    let Some(catalog) = read_catalog(&schema_path, &text, &server, console)? else { return Ok(Outcome::Failed) };
    if catalog.tables.is_empty() {
        let dump = match server {
            Server::Postgres { .. } => "write the schema with `pg_dump --schema-only --file=schema.sql DATABASE`",
            Server::MySql { .. } => {
                "write the schema with `mysqldump --no-data --routines --triggers DATABASE >schema.sql`"
            }
        };
        return Err(Failure::new(format!("expected a table in `{}`, found none", from.display())).help(dump));
    }
    let project = propose::project(&catalog, &schema_path, &project_name(&here), &server);
    let policy = fmt::laid_out(POLICY, &project.policy)?;
    if copy {
        artifact::create(&here.join(&schema_path), text.as_bytes())?;
    }
    artifact::create(&here.join(POLICY), policy.as_bytes())?;
    artifact::create(&here.join(MANIFEST), project.manifest.as_bytes())?;
    if console.format == Format::Human {
        console.err(&format!("wrote {MANIFEST} and {POLICY} for {}\n", plural(catalog.tables.len(), "table")));
        console.err(&format!(
            "{} of {} left to decide: see `noren check`\n",
            project.todos.len(),
            plural(project.columns, "column")
        ));
    }
    Ok(Outcome::Fine)
}

/// What the schema is of.
enum Server {
    /// The major version, as near as there is one that files are written for.
    Postgres { major: u8 },
    /// The version of Aurora MySQL that has this one, and the database's name.
    MySql { version: u8, database: String },
}

/// By the comments that the engine's own tool begins a dump with; without them by the quotes of its names.
fn server(text: &str) -> Server {
    let head = || text.lines().take(30);
    let by_tool = head().any(|line| line.starts_with("-- MySQL dump ") || line.starts_with("-- MariaDB dump "));
    if by_tool || text.contains("CREATE TABLE `") {
        let after = |mark: &str| head().find_map(|line| Some(line.split_once(mark)?.1.trim().to_owned()));
        let is_57 = after("-- Server version").is_some_and(|version| version.starts_with("5."));
        let database = after(" Database: ").filter(|name| !name.is_empty());
        return Server::MySql {
            version: if is_57 { 2 } else { 3 },
            database: database.unwrap_or_else(|| "public".to_owned()),
        };
    }
    let (low, high) = (*VERSIONS.start(), *VERSIONS.end());
    let dumped = catalog::dumped_from(text);
    Server::Postgres {
        major: dumped.map_or(DEFAULT_MAJOR, |major| u8::try_from(major).unwrap_or(high).clamp(low, high)),
    }
}

/// For a file that does not say where it is from.
const DEFAULT_MAJOR: u8 = 15;

/// Where the project finds its schema: where it lies when that is inside the project, else a copy.
fn schema_path(here: &Path, from: &Path) -> Result<(String, bool)> {
    let real = |path: &Path| {
        path.canonicalize().map_err(|error| Failure::new(format!("cannot read `{}`: {error}", path.display())))
    };
    let (root, file) = (real(here)?, real(from)?);
    let Ok(inside) = file.strip_prefix(&root) else { return Ok(("schema.sql".to_owned(), true)) };
    let segments: Vec<String> =
        inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    Ok((segments.join("/"), false))
}

fn refuse_existing<'a>(here: &Path, mut files: impl Iterator<Item = &'a str>) -> Result<()> {
    match files.find(|file| here.join(file).symlink_metadata().is_ok()) {
        None => Ok(()),
        Some(file) => Err(Failure::new(format!("expected no `{file}` in `{}`, found one", here.display()))
            .help("init never writes over anything; run it in a new folder with `-C DIR`")),
    }
}

fn read_catalog(path: &str, text: &str, server: &Server, console: &Console) -> Result<Option<Catalog>> {
    let mut sources = Sources::default();
    let id = sources.add(path, text).ok_or_else(|| Failure::new(format!("`{path}` is larger than 4 GiB")))?;
    let (catalog, found): (Catalog, Vec<Diagnostic>) = match server {
        Server::Postgres { .. } => catalog::read(&sources, &[id]),
        Server::MySql { version, database } => catalog::mysql::read(&sources, &[id], database, u32::from(*version)),
    };
    console.findings(&found, &sources);
    Ok((!found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)).then_some(catalog))
}

fn project_name(here: &Path) -> String {
    let name = here.file_name().map_or_else(|| PathBuf::from("project"), PathBuf::from);
    name.display().to_string()
}
