//! Exports and imports as people run them: by psql, with the compiled files, as the role that the policy names.

use super::super::engine::Script;
use super::super::text::{Part, Sql};
use super::super::world::{Failure, World};
use crate::plan::{ExportPlan, names};
use std::path::{Path, PathBuf};

/// Keys of the two runs of each export, of no use anywhere else.
pub const KEYS: [&str; 2] =
    ["noren-verify-first-key-0123456789-abcdefgh", "noren-verify-second-key-9876543210-hgfedcba"];

/// Who runs the files: a member of the role that an export names and nothing more.
const RUNNER: &str = "runner";

/// What a run is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The mask key.
    pub key: String,
    /// The tenant, where an export is of one.
    pub tenant: Option<String>,
    /// Where the files go.
    pub folder: PathBuf,
}

impl Run {
    /// A run into a folder of its own.
    pub fn new(world: &World<'_>, export: &str, key: usize, tenant: Option<&str>) -> Self {
        let name = format!("{}-{}-{}", names::encode(export), key, names::encode(tenant.unwrap_or("all")));
        let key = KEYS.get(key).copied().unwrap_or_default().to_owned();
        Self { key, tenant: tenant.map(str::to_owned), folder: world.folder().join("runs").join(name) }
    }
}

/// Makes the role that runs the files. Without access files the owner of the tables does.
pub fn make_runner(world: &World<'_>) -> Result<(), Failure> {
    let mut session = world.maintenance()?;
    session.run(&Sql::of("CREATE ROLE $1 LOGIN", &[Part::Name(&world.own(RUNNER))]))?;
    Ok(())
}

/// Takes it away again: a later check may look at memberships.
pub fn drop_runner(world: &World<'_>) -> Result<(), Failure> {
    let mut session = world.maintenance()?;
    session.run(&Sql::of("DROP ROLE $1", &[Part::Name(&world.own(RUNNER))]))?;
    Ok(())
}

/// Who runs a file for which the policy names this role, or none.
fn runner(world: &World<'_>, role: Option<&str>) -> Result<String, String> {
    let Some(role) = role else {
        // Forced row security would keep the owner of the tables from its own rows.
        let own = if world.has("access/apply.sql") { world.engine.superuser() } else { &world.deployer };
        return Ok(own.to_owned());
    };
    let runner = world.own(RUNNER);
    let grant = Sql::of("GRANT $1 TO $2", &[Part::Name(role), Part::Name(&runner)]);
    let granted = world.maintenance().and_then(|mut session| session.run(&grant));
    granted.map(|_| runner).map_err(|refusal| format!("the role `{role}` cannot be had: {refusal}"))
}

/// `run.sql`; what it said where it failed.
pub fn export(world: &World<'_>, database: &str, plan: &ExportPlan<'_>, run: &Run) -> Result<(), String> {
    let role = runner(world, plan.role.as_ref().map(|role| role.value.as_str()))?;
    let folder = run.folder.display().to_string();
    let mut variables = vec![("run", folder.as_str())];
    variables.extend(run.tenant.as_deref().map(|tenant| ("tenant", tenant)));
    let file = file(world, plan, "run.sql");
    psql(world, database, &role, &file, &variables, &[("NOREN_MASK_KEY", &run.key)])
}

/// `import.sql`, then `after.sql`.
pub fn import(world: &World<'_>, database: &str, plan: &ExportPlan<'_>, run: &Run) -> Result<(), String> {
    let role = runner(world, plan.import_role.as_ref().map(|role| role.value.as_str()))?;
    let folder = run.folder.display().to_string();
    psql(world, database, &role, &file(world, plan, "import.sql"), &[("run", &folder)], &[])
}

/// `after.sql`: leak probes, and what is computed from the loaded rows.
pub fn after(world: &World<'_>, database: &str, plan: &ExportPlan<'_>) -> Result<(), String> {
    let role = runner(world, plan.import_role.as_ref().map(|role| role.value.as_str()))?;
    psql(world, database, &role, &file(world, plan, "after.sql"), &[], &[])
}

/// A file of rights, by a superuser; nothing where there is none.
pub fn rights(world: &World<'_>, database: &str, plan: &ExportPlan<'_>, name: &str) -> Result<(), String> {
    let path = format!("export/{}/{name}", names::encode(&plan.name));
    if world.has(&path) { world.script(database, world.engine.superuser(), &path) } else { Ok(()) }
}

fn file(world: &World<'_>, plan: &ExportPlan<'_>, name: &str) -> PathBuf {
    world.file(&format!("export/{}/{name}", names::encode(&plan.name)))
}

fn psql(
    world: &World<'_>,
    database: &str,
    role: &str,
    file: &Path,
    variables: &[(&str, &str)],
    environment: &[(&str, &str)],
) -> Result<(), String> {
    let script = Script { database, role, file, folder: world.folder(), variables, environment };
    let output = world.engine.script(&script).map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Err(format!("{name} failed\n{}", String::from_utf8_lossy(&output.stderr).trim_end()))
}
