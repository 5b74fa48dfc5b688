//! `README.md` beside the generated files: what each does, in which order, who runs them, how to undo them.

use super::access::tenancy;
use super::{aws, gcs};
use crate::plan::access::AccessPlans;
use crate::plan::{ExportPlan, Plan, RowSecurity, names};
use crate::project::{Bypass, TargetKind};
use std::fmt::Write;

const HEAD: &str = "# Generated files

Noren wrote these files from the policy and the schema. Do not edit them: change the policy and build again.
`coverage.txt` lists what the policy says of every table and column; its diff is the review.

Run everything with `psql -X`, which reads no start-up file. The client needs a POSIX shell with `od`, `awk`, `wc`,
`mkdir`, `mv`, `rm`, `tr`, `cut` and `sha256sum`, and psql 14 or newer.
";

const TAIL: &str = "
## How it is undone

- An export changes nothing in the source database. Delete its run folder; nobody else writes there.
- An import is one transaction. Stopped anywhere, by an error or by hand, it leaves the target as it was: rows,
  sequences, triggers, row security and foreign keys. After its commit the old rows are gone; load an older run folder
  to have that state.
- The marker goes with `DROP TABLE noren.import_target;`, and no import starts any more.

## What protects the target

An import starts only where the table `noren.import_target` holds one row with the export's name. Put it by hand into a
database that may lose all its rows, never into production:

```sql
CREATE SCHEMA noren;
CREATE TABLE noren.import_target (export text NOT NULL);
INSERT INTO noren.import_target VALUES ('NAME OF THE EXPORT');
GRANT USAGE ON SCHEMA noren TO importing_role;
GRANT SELECT ON noren.import_target TO importing_role;
```

While an import runs, every table of the export is locked against all readers: it is an outage of the copy.
";

/// The file.
pub fn emit(plan: &Plan<'_>) -> String {
    let mut text = HEAD.to_owned();
    if let Some(plans) = plan.access.as_ref().filter(|plans| !plans.base.roles.is_empty()) {
        text.push_str(&access(plans));
    }
    for export in &plan.exports {
        text.push_str(&section(export));
    }
    text + TAIL
}

/// Who may see what: the files of `access/` in the order in which they are run, and the way back.
fn access(plans: &AccessPlans) -> String {
    let bypass = match plans.base.bypass {
        Bypass::Attribute => "a superuser, or since PostgreSQL 16 a role with CREATEROLE and BYPASSRLS",
        Bypass::Policy => "a role with CREATEROLE",
    };
    let mut text = format!(
        "\n## Roles, row security and grants\n\n1. `psql -X -d DATABASE -f access/00_roles.sql` makes the roles, once a \
         cluster. Run it as {bypass}.\n   It writes no passwords.\n2. `psql -X -d DATABASE -f access/apply.sql` brings a database \
         to the policy, as the owner of the tables, who needs\n   CREATE and TEMPORARY on the database. It looks before it changes \
         anything, and asserts at the end. It may be stopped\n   anywhere and run again: no role sees more than before or after. \
         Readers wait two seconds at most.\n3. `psql -X -d DATABASE -f access/90_assert.sql` looks again whenever you like, and \
         changes nothing.\n"
    );
    if !plans.migrations.is_empty() {
        text.push_str(&tenancy::readme(&plans.migrations));
    }
    text.push_str(
        "\nThe way back: `access/rollback.sql` as the owner brings row security, policies, views and grants back to what the \
         schema\nfiles say, a transaction a table; then `undo.sql` in each folder of `access/20_tenancy/`, the last one first; then \
         `rollback.sql`\nonce more, for the functions that these called. `access/rollback_roles.sql` drops the roles that \
         `00_roles.sql` made, when no\ndatabase of the cluster uses them. No row is lost.\n",
    );
    if !plans.environments.is_empty() {
        let names: Vec<&str> = plans.environments.keys().map(String::as_str).collect();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\nOther environments: {}. What differs there is in `env/NAME/access/`, with an `apply.sql` of its own that includes \
             the\nrest; an environment without a folder is like this one.\n",
            names.join(", ")
        );
    }
    text
}

fn section(export: &ExportPlan<'_>) -> String {
    let folder = format!("export/{}", names::encode(&export.name));
    let text = match &export.place {
        TargetKind::Psql { dir } => psql_section(export, dir, &folder),
        TargetKind::AwsS3(place) => aws::readme::section(export, place, &folder),
        TargetKind::Gcs(place) => gcs::readme::section(export, place, &folder),
    };
    text + &rights(export, &folder)
        + &elsewhere(export, &folder)
        + &format!(
            "\n`{folder}/tables/` holds one masked `SELECT` a table, which `run.sql` includes. `{folder}/plan.json` is the same \
             plan for other runners.\n"
        )
}

fn psql_section(export: &ExportPlan<'_>, directory: &str, folder: &str) -> String {
    let run = format!("{}/{}", directory.trim_end_matches('/'), names::encode(&export.name));
    let tenant = if export.tenant.is_some() { " -v tenant=ID" } else { "" };
    let mut text = format!(
        "\n## Export `{}`\n\n1. `psql -X -d SOURCE{tenant} -v run={run} -f {folder}/run.sql` writes the masked rows of {} into the fresh \
         folder `{run}`\n   (any folder that does not exist; without `-v run=` it is this one). {}\n   The role needs TEMPORARY on \
         the database: it keeps notes in temporary tables, so a standby refuses it.\n",
        export.name,
        count(export.tables.len()),
        exporter(export),
    );
    if export.key.is_some() {
        text.push_str(
            "   It reads the mask key from the environment variable `NOREN_MASK_KEY`: at least 32 printable ASCII \
             characters,\n   for example what `openssl rand -hex 32` prints. Keep it: the same key gives the same \
             pseudonyms.\n",
        );
    }
    if export.tenant.is_some() {
        text.push_str("   `ID` is the key of the one tenant whose rows leave.\n");
    }
    text.push_str("   It leaves no file `manifest` unless everything was written; nothing is imported without one.\n");
    if export.import.is_some() {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "2. `psql -X -d TARGET -v run={run} -f {folder}/import.sql` loads them{}; no superuser is \
             needed.\n3. `psql -X -d TARGET -f {folder}/after.sql` fails if a loaded value is none \
             that its mask can give,\n   counts the rows that are alone with what is kept of them (not with \
             `-v report=off`), and refreshes materialized views\n   and statistics.\n",
            importer(export)
        );
    } else {
        text.push_str("2. It is never imported: the policy says `no import`.\n");
    }
    text
}

/// Who runs `run.sql`.
pub(super) fn exporter(export: &ExportPlan<'_>) -> String {
    let Some(role) = &export.role else {
        return "Run it as a role with SELECT on these tables and\n   USAGE on their schemas, to which no row security \
                applies: one with BYPASSRLS, or the owner of tables without FORCE.\n   With fewer rights it stops instead of \
                writing less."
            .to_owned();
    };
    let name = &role.value;
    let rows = match export.row_security {
        RowSecurity::Bypassed => "must bypass row security: where it does not, the file stops instead of writing less.",
        RowSecurity::Bound => "sees the rows of the named tenant only.",
        RowSecurity::ByPolicy => "sees every row by policies, which the file asserts before it writes.",
    };
    format!("Run it as a member\n   of `{name}`: it becomes that role and has its rights alone. `{name}` {rows}")
}

/// Environments where the role reads in another way or the rows go elsewhere, each with files of its own.
fn elsewhere(export: &ExportPlan<'_>, folder: &str) -> String {
    let mut text = String::new();
    for (environment, there) in &export.environments {
        let folder = format!("env/{}/{folder}", names::encode(environment));
        let reads = match there.row_security {
            _ if there.row_security == export.row_security => "",
            RowSecurity::Bypassed => ", where it must bypass row security",
            RowSecurity::Bound => ", where it sees the rows of the named tenant only",
            RowSecurity::ByPolicy => ", where it sees every row by policies, and asserts that before it writes",
        };
        let imports = there.place != export.place && export.import.is_some();
        let import = if imports { format!(" and `{folder}/import.sql`") } else { String::new() };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\nIn `{environment}` run `{folder}/run.sql`{import} instead{reads}.");
    }
    text
}

/// Who runs `import.sql` and `after.sql`.
pub(super) fn importer(export: &ExportPlan<'_>) -> String {
    match &export.import_role {
        Some(role) => format!(": run both as a member of\n   `{}`, which they become", role.value),
        None => ", as the owner of the tables".to_owned(),
    }
}

/// The roles that the export names, and the files that give them what they need.
fn rights(export: &ExportPlan<'_>, folder: &str) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let to_files = matches!(export.place, TargetKind::Psql { .. } | TargetKind::Gcs(_));
    if let (Some(role), Some(_)) = (&export.role, export.source_rights.as_ref().filter(|_| to_files)) {
        let _ = write!(
            text,
            "\nOnce before, in the source, as the tables' owner or a superuser: `psql -X -d SOURCE -f {folder}/rights_source.sql` \
             gives\n`{}` what the export needs.\n",
            role.value
        );
    }
    if export.target_rights.is_some() {
        let _ = write!(
            text,
            "\nOnce before the import, in the marked copy, as a superuser or a member of both owners:\n\
             `psql -X -d TARGET -f {folder}/rights_target.sql` gives "
        );
        let _ = match &export.import_role {
            Some(role) if export.import.is_some() => {
                writeln!(text, "its tables to `{}`, and opens it to those who may read\nmasked rows.", role.value)
            }
            _ => writeln!(text, "those who may read masked rows their rights."),
        };
    }
    text
}

pub(super) fn count(tables: usize) -> String {
    if tables == 1 { "1 table".to_owned() } else { format!("{tables} tables") }
}
