//! The section of `README.md` for an export to Cloud Storage.

use crate::emit::readme::{count, exporter, importer};
use crate::plan::ExportPlan;
use crate::project::{Engine, Gcs};
use std::fmt::Write;

/// How the files of `folder` are run.
pub(in crate::emit) fn section(export: &ExportPlan<'_>, place: &Gcs, folder: &str) -> String {
    let tenant = if export.tenant.is_some() { " -v tenant=ID" } else { "" };
    let prefix = if place.prefix.is_empty() { String::new() } else { format!("{}/", place.prefix) };
    let mut text = format!(
        "\n## Export `{}` to Cloud Storage\n\nBeside psql the client needs `gcloud` with a login that may write to the bucket, or \
         read from it, and `mkfifo`, `mktemp` and `tee`.\nNo file holds credentials, and no row is kept on the client.\n\n\
         1. `psql -X -d SOURCE{tenant} -v run=NAME -f {folder}/run.sql` pipes the masked rows of {} to objects below\n   \
         `gs://{}/{prefix}NAME/`, and writes `manifest` there at last. Without `-v run=` the time is the name. {}\n   \
         The role needs TEMPORARY on the database: it keeps notes in temporary tables, so a standby refuses it.\n",
        export.name,
        count(export.tables.len()),
        place.bucket,
        exporter(export),
    );
    if export.key.is_some() {
        text.push_str(
            "   It reads the mask key from the environment variable `NOREN_MASK_KEY`: at least 32 printable ASCII \
             characters,\n   for example what `openssl rand -hex 32` prints. Keep it: the same key gives the same pseudonyms.\n",
        );
    }
    if export.tenant.is_some() {
        text.push_str("   `ID` is the key of the one tenant whose rows leave.\n");
    }
    text.push_str(
        "   A run that fails leaves objects that no manifest names: a lifecycle rule of the bucket takes them away. A run of the \
         same\n   name writes beside the first, and takes its place when it is whole.\n",
    );
    if export.import.is_some() {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "2. `psql -X -d TARGET -v run=NAME -f {folder}/import.sql` loads them{}; no superuser is needed.\n\
             3. `psql -X -d TARGET -f {folder}/after.sql` fails if a loaded value is none that its mask can give, counts the rows that \
             are alone\n   with what is kept of them (not with `-v report=off`), and refreshes materialized views and statistics.\n",
            importer(export)
        );
    } else {
        text.push_str("2. It is never imported: the policy says `no import`.\n");
    }
    if let Some(engine) = place.managed {
        text.push_str(&managed(export, engine, folder));
    }
    text
}

/// The same by the service's own commands.
fn managed(export: &ExportPlan<'_>, engine: Engine, folder: &str) -> String {
    let place = if engine == Engine::AlloyDb { "CLUSTER REGION" } else { "INSTANCE" };
    let folder = format!("{folder}/managed");
    let mut text = format!(
        "\n`{folder}/` does the same by the service's own commands, one after the other. They have no snapshot over several tables, so \
         only\non a clone that nobody writes to:\n\n1. `psql -X -d CLONE -v clone=on -f {folder}/prepare.sql`, as the database's owner, sets \
         what every session of the clone needs.\n2. `sh {folder}/export.sh {place} DATABASE NAME` writes an object a table, and says at its end \
         `written: NAME/ATTEMPT`. The role that\n   the service exports as must read the tables; one to which row security applies gets an \
         error.\n"
    );
    if export.import.is_some() {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "3. `psql -X -d TARGET -f {folder}/stage.sql`, as a role that may create a schema, makes empty tables of text in \
             `noren_load`.\n4. `sh {folder}/import.sh {place} DATABASE USER NAME/ATTEMPT` has the service fill them.\n5. `psql -X -d TARGET -f \
             {folder}/import.sql` takes the rows from there, in one transaction{}.\n   Then `after.sql`, as above.\n",
            importer(export)
        );
    }
    text
}
