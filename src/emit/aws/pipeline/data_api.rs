//! The export by the Data API: a short statement a call, with nothing kept between two calls.
//!
//! A call takes one statement of at most 64 KiB, has no variables, and its session is anybody's next. So what psql reads
//! from files lies in the source, `noren_run.program`, and a call names it: a function that opens, exports and writes
//! its lines of the manifest within the one transaction that the call is. A call that runs into the limit of 45 seconds
//! leaves nothing behind, or leaves it behind whole; the machine never takes its answer for what was done, since each
//! call asks the manifest what is missing, and the last one refuses where anything is. The mask key is in no call:
//! `key.sql` put it into the source, where the exporting role alone may read it.

use super::super::run::manifest_query;
use super::super::{EXPORT_OPTIONS, columns, stem};
use crate::catalog::QName;
use crate::emit::Emitter;
use crate::emit::psql::{column_list, in_temp, include_shape, into_variables, select_one, session_texts};
use crate::mask::hmac;
use crate::plan::{Piece, RowSecurity, TablePlan, names};
use crate::project::AwsS3;
use crate::project::pipeline::Side;
use crate::sql::{Expr, From, Ident, Mismatch, Quoted, Relation, Script, Select, Statement};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What a call does.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Begin,
    Share,
    End,
}

impl Step {
    /// Of `rdsdata:executeStatement`. `cluster` is the path of the clone's name in the state's input.
    pub fn parameters(
        self,
        source: &Side,
        cluster: &str,
        program: [(&'static str, &str); 2],
        place: &AwsS3,
        shares: u32,
    ) -> Value {
        let said = |name: &str, value: &str| json!({ "Name": name, "Value": { "StringValue": value } });
        let found = |name: &str, path: &str| json!({ "Name": name, "Value": { "StringValue.$": path } });
        let mut parameters: Vec<Value> = program.iter().map(|(name, value)| said(name, value)).collect();
        parameters.extend([found("run", "$.run"), found("attempt", "$.attempt")]);
        let sql = match self {
            Self::Begin => include_str!("data_api/call_begin.sql"),
            Self::Share => include_str!("data_api/call_share.sql"),
            Self::End => include_str!("data_api/call_end.sql"),
        };
        match self {
            Self::Begin => {
                let chunk = place.chunk.unwrap_or_default().to_string();
                parameters.extend([said("shares", &shares.to_string()), said("chunk_bytes", &chunk)]);
            }
            Self::Share => parameters.push(found("share", "States.Format('{}', $.share)")),
            Self::End => {}
        }
        if !matches!(self, Self::Begin) {
            let key = place.kms_key.as_deref().unwrap_or_default();
            let to = [("bucket", place.bucket.as_str()), ("prefix", &place.prefix), ("region", &place.region)];
            parameters.extend(to.into_iter().chain([("kms_key", key)]).map(|(name, value)| said(name, value)));
        }
        json!({
            "ResourceArn.$": cluster,
            "SecretArn": source.login.to_string(),
            "Database": source.database,
            "Sql": sql.trim_end(),
            "Parameters": parameters,
            "ContinueAfterTimeout": false,
        })
    }
}

/// The statements of an export for the source.
pub(super) struct Program {
    /// `program.sql`
    pub file: String,
    /// What the calls name them by: a digest, so that no call runs those of another compilation.
    pub digest: String,
}

/// Columns of the tables, in the order of their INSERTs.
const PROGRAM: [&str; 15] = [
    "export",
    "program",
    "policy",
    "role",
    "settings",
    "key_setting",
    "pads",
    "fingerprint",
    "same_shape",
    "all_rows",
    "pieces",
    "shares",
    "is_whole",
    "manifest",
    "options",
];
const TABLE: [&str; 10] = [
    "export",
    "stem",
    "object",
    "schema_name",
    "table_name",
    "partitioned",
    "in_pieces",
    "columns",
    "any_leaves",
    "query",
];
const SHAPE: [&str; 6] = ["export", "kind", "schema_name", "table_name", "item", "value"];

impl Emitter<'_> {
    /// What the calls run, put into the source.
    pub(super) fn program(&self) -> Result<Program, Mismatch> {
        let mut script = self.head(
            &[
                "For a pipeline by the Data API: puts the statements of the export into the source, where calls name them.",
                "Run in the source, after rights_source.sql and as the same: psql -X -f program.sql. Again for each compilation.",
            ],
            &[],
        );
        script.blank().comment("what the statements were compiled for; each call compares it with the live catalog");
        include_shape(&mut script, &self.beside, false);
        script.blank();
        script.run(Statement::Begin { isolation: None, read_only: false });
        script.run(Statement::Do(include_str!("../manifest_table.sql")));
        script.run(Statement::Do(include_str!("piece_table.sql")));
        let named = Expr::call("set_config", [Expr::text("noren.export"), self.encoded(), Expr::Boolean(true)]);
        into_variables(&mut script, select_one(named.is_not_null(), "noren_is_set", None));
        script.run(Statement::Do(include_str!("data_api/program_tables.sql")));
        for function in [
            include_str!("data_api/open_export.sql"),
            include_str!("data_api/check_export.sql"),
            include_str!("data_api/belongs_to_export.sql"),
            include_str!("data_api/begin_export.sql"),
            include_str!("data_api/export_share.sql"),
            include_str!("data_api/end_export.sql"),
        ] {
            script.run(Statement::Routine(function));
        }
        script.run(Statement::Do(include_str!("data_api/program_closed.sql")));
        self.tables_of_program(&mut script)?;
        let row = self.row_of_program()?;
        let tables = script.print()?;
        let rest = insert("program", PROGRAM.into_iter().skip(2), row.clone()).print()?;
        let digest = digest([&tables, &self.shape().print()?, &rest]);
        let mut script = Script::new();
        script.blank();
        script.run(insert("program", PROGRAM, [vec![self.encoded(), Expr::text(digest.as_str())], row].concat()));
        script.run(Statement::Do(include_str!("data_api/program_granted.sql")));
        script.run(Statement::Commit);
        script.run(Statement::DropTemporary(Ident::from("noren_shape")));
        Ok(Program { file: tables + &script.print()?, digest })
    }

    fn encoded(&self) -> Expr {
        Expr::text(names::encode(&self.export.name))
    }

    /// What is the same for all tables, from `policy` on.
    fn row_of_program(&self) -> Result<Vec<Expr>, Mismatch> {
        let (mut key_setting, mut pads, mut fingerprint) = (Expr::Null, Expr::Null, Expr::Null);
        if let Some(key) = &self.export.key {
            key_setting = Expr::text(key.setting.as_str());
            pads = Expr::Quoted(Quoted::statement(&hmac::fill_pads(&key.setting))?);
            fingerprint = Expr::Quoted(Quoted::select(&key.fingerprint)?);
        }
        let all_rows = match self.row_security {
            RowSecurity::ByPolicy => fixed(include_str!("../../reads_all.sql"))?,
            RowSecurity::Bypassed | RowSecurity::Bound => Expr::Null,
        };
        let attempt = Expr::call("current_setting", [Expr::text("noren.attempt")]);
        Ok(vec![
            Expr::text(self.digests.policy),
            self.export.role.as_ref().map_or(Expr::Null, |role| Expr::text(role.value.as_str())),
            Expr::text(json!(session_texts()).to_string()),
            key_setting,
            pads,
            fingerprint,
            fixed(include_str!("../../shape.sql"))?,
            all_rows,
            fixed(include_str!("../pieces.sql"))?,
            fixed(include_str!("shares.sql"))?,
            fixed(include_str!("whole.sql"))?,
            Expr::Quoted(Quoted::select(&manifest_query(attempt))?),
            Expr::text(EXPORT_OPTIONS),
        ])
    }

    fn tables_of_program(&self, script: &mut Script) -> Result<(), Mismatch> {
        for table in &self.export.tables {
            script.blank();
            self.provenance(script, table);
            script.run(insert("program_table", TABLE, [vec![self.encoded()], self.program_table(table)?].concat()));
        }
        script.blank();
        let facts: Vec<(Expr, &str)> = SHAPE.into_iter().skip(1).map(|name| (Expr::of("fact", name), name)).collect();
        let facts = Select {
            from: vec![From::first(Relation::table(in_temp("noren_shape")), "fact")],
            ..columns([vec![(self.encoded(), "export")], facts].concat())
        };
        script.run(Statement::InsertSelect {
            table: in_run("program_shape"),
            columns: SHAPE.map(Ident::from).to_vec(),
            query: facts,
        });
        Ok(())
    }

    /// Where a piece begins and ends is a setting of the call's transaction.
    fn program_table(&self, table: &TablePlan<'_>) -> Result<Vec<Expr>, Mismatch> {
        let bound = |name: &str| Expr::call("current_setting", [Expr::text(format!("noren.{name}"))]).cast("tid");
        let piece = || Piece { low: bound("low"), high: bound("high") };
        let (any, query) = if table.in_pieces {
            (self.export.any_leaves(table, Some(piece())), self.export.select_piece(table, piece()))
        } else {
            (self.export.any_leaves(table, None), self.export.select(table))
        };
        let any = columns(vec![(any, "any_leaves")]);
        Ok(vec![
            Expr::text(table.stem.as_str()),
            Expr::text(stem(table)),
            Expr::text(table.name.schema.as_str()),
            Expr::text(table.name.name.as_str()),
            Expr::Boolean(table.partitioned),
            Expr::Boolean(table.in_pieces),
            Expr::text(column_list(table)),
            Expr::Quoted(Quoted::select(&any)?),
            Expr::Quoted(Quoted::select(&query)?),
        ])
    }
}

fn insert(table: &str, columns: impl IntoIterator<Item = &'static str>, row: Vec<Expr>) -> Statement {
    let columns = columns.into_iter().map(Ident::from).collect();
    Statement::InsertValues { table: in_run(table), columns, rows: vec![row] }
}

fn in_run(table: &str) -> QName {
    QName::new("noren_run", table)
}

/// `DO …` as a text.
fn fixed(body: &'static str) -> Result<Expr, Mismatch> {
    Ok(Expr::Quoted(Quoted::statement(&Statement::Do(body))?))
}

fn digest(parts: [&str; 3]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
