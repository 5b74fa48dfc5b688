//! `README.md` of the generated folder: the commands, in order.

use super::import::MARKER;
use crate::plan::mysql::{ExportPlan, Plan};
use crate::plan::names;
use std::fmt::Write;

const HEAD: &str = "# Generated files

Written by `noren build`; do not edit. `coverage.txt` is the policy with nothing left open. Files are for the `mysql` client,
which must end at the first error: give them as its input, neither by `source` nor with `--force`.
";

pub(super) fn emit(plan: &Plan<'_>) -> String {
    let mut text = HEAD.to_owned();
    for export in &plan.exports {
        section(&mut text, export);
    }
    text
}

fn section(text: &mut String, export: &ExportPlan<'_>) {
    let folder = format!("export/{}", names::encode(&export.name));
    let place = &export.place;
    let prefix = if place.prefix.is_empty() { String::new() } else { format!("{}/", place.prefix) };
    let (command, key) = if export.fingerprint.is_some() {
        (
            "printf '%s\\n' \"$NOREN_MASK_KEY\" | mysql --local-infile=1 SOURCE 3<&0 <run.sql",
            "\nThe mask key is one line on the client's descriptor 3, at least 32 printable ASCII characters, for example what `openssl rand \
             -hex 32`\nprints. No statement holds it; the server must allow `local_infile`, and a binary log must be by rows.\n",
        )
    } else {
        ("mysql SOURCE <run.sql", "")
    };
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\n## Export `{}`\n\n```console\n$ cd {folder}\n$ {command}\n```\n{key}\nThe database writes the masked rows of {} tables below \
         `s3://{}/{prefix}{}/`, over those of the run before; `run.part_00000` is\nthe list, written as unfinished first and as \
         finished at last. Best run on a clone. Once before, as an administrator:\n`mysql SOURCE <rights_source.sql`.\n",
        export.name,
        export.tables.len(),
        place.bucket,
        names::encode(&export.name),
    );
    for environment in export.environments.keys() {
        let _ = writeln!(
            text,
            "\nFor the environment `{environment}`, run the files of `env/{}/{folder}`.",
            names::encode(environment)
        );
    }
    if !export.import {
        text.push_str("\nIt is never imported: the policy says `no import`.\n");
        return;
    }
    let _ = write!(
        text,
        "\n```console\n$ mysql COPY <import.sql\n```\n\nThe copy has the schema, without triggers for INSERT and DELETE on the \
         tables that are loaded, and is marked by hand, once:\n\n```sql\nCREATE TABLE {MARKER} (export VARCHAR(64) PRIMARY \
         KEY);\nINSERT INTO {MARKER} VALUES ('{}');\n```\n\nEverything is loaded in one transaction, which commits only if nothing was \
         found wrong: counts, columns, and each foreign\nkey. Once before, as an administrator: `mysql COPY \
         <rights_target.sql`.\n",
        export.name.replace('\'', "''"),
    );
}
