//! Plan to files. Nothing is decided here: what a file does is in the plan, and how SQL is
//! written is in [`crate::sql`].

pub mod access;
mod after;
pub mod aurora_mysql;
mod aws;
mod coverage;
mod gcs;
mod import;
mod objects;
mod plan_json;
mod psql;
mod readme;
mod rights;
mod run;
#[cfg(test)]
mod tests;

pub(crate) use coverage::access::{rows_words, scope_words};
pub(crate) use psql::session;

use crate::model::Model;
use crate::plan::{ExportPlan, Plan, RowSecurity, names};
use crate::project::TargetKind;
use crate::source::{Sources, Span};
use crate::sql::{Mismatch, Script};
use std::collections::BTreeMap;

/// What the files are tied to.
#[derive(Clone, Debug)]
pub struct Digests<'a> {
    /// Of the parsed policy and everything in the project file that touches it, hexadecimal.
    pub policy: &'a str,
}

/// A file that PostgreSQL's own grammar does not read as what was meant: an error of ours, never a file.
#[derive(Debug)]
pub struct EmitError {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub mismatch: Mismatch,
}

impl std::fmt::Display for EmitError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} does not read back as it was meant: {}", self.path, self.mismatch)
    }
}

impl std::error::Error for EmitError {}

/// All files, by their path below the output folder. Same input, same bytes.
///
/// # Errors
/// The first file that is not read back as it was meant.
pub fn emit(
    plan: &Plan<'_>,
    model: &Model,
    sources: &Sources,
    digests: &Digests<'_>,
) -> Result<BTreeMap<String, String>, EmitError> {
    let mut files = BTreeMap::new();
    files.insert("coverage.txt".to_owned(), coverage::emit(model, sources, "in the order of foreign keys"));
    files.insert("README.md".to_owned(), readme::emit(plan));
    for export in &plan.exports {
        let folder = format!("export/{}", names::encode(&export.name));
        let emitter = |row_security, place, beside| Emitter {
            export,
            sources,
            digests,
            row_security,
            place,
            beside,
            staged: false,
        };
        for (environment, there) in &export.environments {
            let folder_there = format!("env/{}/{folder}", names::encode(environment));
            let emitter = emitter(there.row_security, &there.place, format!("../../../../{folder}/"));
            let import = export.import.as_ref().filter(|_| there.place != export.place);
            let scripts =
                [("run.sql", Some(emitter.run())), ("import.sql", import.map(|import| emitter.import(import)))];
            for (name, script) in scripts.into_iter().filter_map(|(name, script)| Some((name, script?))) {
                let path = format!("{folder_there}/{name}");
                let text = script.print().map_err(|mismatch| EmitError { path: path.clone(), mismatch })?;
                files.insert(path, text);
            }
            files.extend(emitter.aws_pipeline(&folder_there, &folder)?);
            if let TargetKind::Gcs(place) = &there.place {
                files.extend(emitter.managed_files(place, &folder_there, false)?);
            }
        }
        let emitter = emitter(export.row_security, &export.place, String::new());
        files.extend(emitter.aws_pipeline(&folder, &folder)?);
        if let TargetKind::Gcs(place) = &export.place {
            files.extend(emitter.managed_files(place, &folder, true)?);
        }
        let mut print = |name: String, script: Script| {
            let path = format!("{folder}/{name}");
            let text = script.print().map_err(|mismatch| EmitError { path: path.clone(), mismatch })?;
            files.insert(path, text);
            Ok(())
        };
        // One after the other: the trees of 10,000 tables at once take more memory than all their texts.
        print("run.sql".to_owned(), emitter.run())?;
        print("shape.sql".to_owned(), emitter.shape())?;
        for table in &export.tables {
            print(format!("tables/{}.sql", table.stem), emitter.table(table))?;
        }
        if let Some(script) = emitter.rights_source() {
            print("rights_source.sql".to_owned(), script)?;
        }
        if let Some(script) = emitter.key() {
            print("key.sql".to_owned(), script)?;
        }
        if let Some(rights) = &export.target_rights {
            print("rights_target.sql".to_owned(), emitter.rights_target(rights))?;
        }
        if let Some(import) = &export.import {
            print("import.sql".to_owned(), emitter.import(import))?;
            print("after.sql".to_owned(), emitter.after(import))?;
        }
        files.insert(format!("{folder}/plan.json"), plan_json::emit(export));
    }
    if let Some(plans) = &plan.access {
        files.extend(access::emit(plans, model, sources)?);
    }
    Ok(files)
}

/// One export's files.
struct Emitter<'a> {
    export: &'a ExportPlan<'a>,
    sources: &'a Sources,
    digests: &'a Digests<'a>,
    /// How the exporting role reads tables under row security.
    row_security: RowSecurity,
    /// Where the rows go.
    place: &'a TargetKind,
    /// Where the files beside `run.sql` are, seen from it.
    beside: String,
    /// The service's own command brought the rows, into tables of text beside the copy's own.
    staged: bool,
}

impl Emitter<'_> {
    /// `policies/users.noren:12`
    fn place_of(&self, span: Span) -> String {
        format!("{}:{}", self.sources.path(span), self.sources.position(span).line)
    }
}
