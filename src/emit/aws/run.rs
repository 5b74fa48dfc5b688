//! `run.sql` and `tables/*.sql`: one consistent, masked picture of the source, as objects.
//!
//! Objects stay when a transaction rolls back, and an object of the same key is overwritten without a word. So each
//! attempt writes below a name that nobody had before, and only the manifest, which is written last, is found by the
//! run's name: what it names belongs together, whatever happened before or beside it.

use super::key::key_of_run;
use super::{MANIFEST, address, columns, export_to, key_of_part, manifest_key};
use crate::catalog::{DataType, QName};
use crate::emit::Emitter;
use crate::emit::objects::{ATTEMPT, RUN, name_run, variable};
use crate::emit::psql::{column_list, in_temp, include_shape, into_variables, select_one};
use crate::mask::hmac;
use crate::plan::{Piece, TablePlan, names};
use crate::project::AwsS3;
use crate::sql::{
    Condition, Expr, From, Ident, Join, Meta, Mismatch, Quoted, Relation, Script, Select, Statement, TemporaryTable,
    Word,
};

/// Columns of a line of the manifest in the source, in the order of every INSERT.
const LINE: [&str; 8] =
    ["attempt", "kind", "name", "part", "rows_uploaded", "files_uploaded", "bytes_uploaded", "columns"];

/// Where the manifest is kept until it leaves; it stays in the source as the list of what left.
pub(super) fn manifest_table() -> QName {
    QName::new("noren_run", "manifest")
}

impl Emitter<'_> {
    /// The whole export.
    pub(in crate::emit) fn aws_run(&self, place: &AwsS3) -> Script {
        let mut script = self.head(
            &[
                "Exports the masked rows of one audience to S3: the database itself writes the objects.",
                "In the source it only adds to noren_run.manifest, the list of what left.",
                if self.export.tenant.is_some() {
                    "Run as: psql -X -v tenant=ID -v run=NAME -f run.sql"
                } else {
                    "Run as: psql -X -v run=NAME -f run.sql"
                },
            ],
            &[],
        );
        script.blank();
        address(&mut script, place, true);
        script.blank();
        self.act_as(&mut script, self.export.role.as_ref());
        if let Some(tenant) = &self.export.tenant {
            self.ask_for_tenant(&mut script, tenant);
        }
        self.use_row_security(&mut script);
        name_folder(&mut script);
        script.blank();
        if self.export.key.is_some() {
            key_of_run(&mut script);
        }
        script.comment("what the files were compiled for; compared with the live catalog below");
        include_shape(&mut script, &self.beside, false);
        script.blank();
        self.snapshot(&mut script, false);
        self.open(&mut script);
        measure(&mut script, place);
        for table in &self.export.tables {
            script.meta(Meta::Include(Word::text(format!("{}tables/{}.sql", self.beside, table.stem))));
        }
        self.close(&mut script, place);
        script
    }

    /// The lines of the manifest that say what this is.
    pub(super) fn open(&self, script: &mut Script) {
        script.comment("what this is: the lines of the manifest that are no rows");
        let key = match self.export.key {
            Some(_) => variable("noren_fingerprint"),
            None => Expr::text("none"),
        };
        let lines = [
            ("noren", Expr::text("1")),
            ("export", Expr::text(names::encode(&self.export.name))),
            ("policy", Expr::text(self.digests.policy)),
            ("key", key),
            ("attempt", variable("attempt")),
        ];
        let none = || Expr::text("-");
        let nothing = || [Expr::Null, Expr::Null, Expr::Null];
        let head = lines.map(|(kind, name)| line(Expr::text(kind), name, Expr::Integer(0), nothing(), none()));
        let tables = self.export.tables.iter().map(|table| {
            let name = Expr::text(table.stem.as_str());
            line(Expr::text("table"), name, Expr::Integer(0), nothing(), Expr::text(column_list(table)))
        });
        let rows = head.into_iter().chain(tables).collect();
        script.run(Statement::InsertValues { table: manifest_table(), columns: line_columns(), rows });
        script.blank();
    }

    fn close(&self, script: &mut Script, place: &AwsS3) {
        Self::send_manifest(script, place);
        script.run(Statement::Commit);
        if self.export.key.is_some() {
            script.run(Statement::DropTemporary(Ident::from("noren_key")));
            script.run(Statement::DropTemporary(Ident::from(hmac::PADS)));
        }
        script.run(Statement::DropTemporary(Ident::from("noren_shape")));
        script.meta(Meta::Echo(vec![Word::text("written:"), Word::variable(RUN)]));
    }

    pub(super) fn send_manifest(script: &mut Script, place: &AwsS3) {
        script.blank().comment("the manifest is the last object: without it nothing is imported");
        match Quoted::select(&manifest_query(Expr::Hole(Box::new(variable("attempt"))))) {
            Ok(query) => {
                let call = export_to(Expr::Quoted(query), manifest_key(), place);
                let rows = select_one(Expr::of("sent", "rows_uploaded"), "noren_lines", None);
                let from = vec![From::first(Relation::Function(call, false), "sent")];
                into_variables(script, Select { from, ..rows });
            }
            Err(mismatch) => {
                script.fail(mismatch);
            }
        }
    }

    /// One table: its rows, and its lines of the manifest.
    pub(in crate::emit) fn aws_table(&self, place: &AwsS3, table: &TablePlan<'_>) -> Script {
        let mut script = Script::new();
        script.comment("One table of run.sql, which locks, checks and opens the manifest before it.");
        self.provenance(&mut script, table);
        let sent = if table.in_pieces { self.pieces(place, table) } else { self.whole(place, table) };
        let sent = match sent {
            Ok(sent) => Statement::InsertSelect { table: manifest_table(), columns: line_columns(), query: sent },
            Err(mismatch) => {
                script.fail(mismatch);
                return script;
            }
        };
        if table.in_pieces {
            script.run(sent);
        } else {
            script.comment("no call for a table of which no row leaves");
            into_variables(&mut script, select_one(self.export.any_leaves(table, None), "noren_any", None));
            script.meta(Meta::If(Condition::Variable("noren_any".to_owned())));
            script.run(sent);
            script.meta(Meta::EndIf);
        }
        script
    }

    fn whole(&self, place: &AwsS3, table: &TablePlan<'_>) -> Result<Select, Mismatch> {
        let query = Expr::Quoted(Quoted::select(&self.export.select(table))?);
        let call = export_to(query, key_of_part(table, None), place);
        Ok(Select {
            from: vec![From::first(Relation::Function(call, false), "sent")],
            ..sent_line(table, Expr::Integer(0))
        })
    }

    /// The inner select keeps pieces without rows from the call: `OFFSET 0` is a wall that the planner moves nothing
    /// through.
    fn pieces(&self, place: &AwsS3, table: &TablePlan<'_>) -> Result<Select, Mismatch> {
        let bound = |name: &str| Expr::of("piece", name);
        let typed = |name: &str| Expr::Hole(Box::new(bound(name))).cast("tid");
        let query = self.export.select_piece(table, Piece { low: typed("low"), high: typed("high") });
        let query = Expr::Quoted(Quoted::select(&query)?);
        let part = bound("part");
        let call = export_to(query, key_of_part(table, Some(part.clone().cast("text"))), place);
        let any = self.export.any_leaves(table, Some(Piece { low: bound("low"), high: bound("high") }));
        let own = [("schema_name", &table.name.schema), ("table_name", &table.name.name)];
        let own = own.map(|(column, value)| bound(column).op("=", Expr::text(value.as_str())));
        let asked = Select {
            from: vec![From::first(Relation::table(in_temp("noren_piece")), "piece")],
            condition: Some(Expr::And(own.to_vec())),
            barrier: true,
            ..columns(vec![(part.clone(), "part"), (bound("low"), "low"), (bound("high"), "high"), (any, "any_row")])
        };
        let held = Select {
            from: vec![From::first(Relation::Select(Box::new(asked)), "piece")],
            condition: Some(bound("any_row")),
            order_by: vec![part.clone()],
            barrier: true,
            ..columns(vec![(part.clone(), "part"), (bound("low"), "low"), (bound("high"), "high")])
        };
        Ok(Select {
            from: vec![
                From::first(Relation::Select(Box::new(held)), "piece"),
                From::joined(Relation::Function(call, false), "sent", Join::Lateral),
            ],
            ..sent_line(table, part)
        })
    }
}

fn name_folder(script: &mut Script) {
    name_run(script);
    let prefix = Expr::call("nullif", [variable("prefix"), Expr::text("")]);
    let folder = Expr::call("concat_ws", [Expr::text("/"), prefix, variable(RUN), variable(ATTEMPT)]);
    into_variables(script, select_one(folder, "folder", None));
}

/// How large tables are: into how many pieces they go, or a warning where one object may not hold them.
fn measure(script: &mut Script, place: &AwsS3) {
    if place.chunk.is_none() {
        script.comment("one object holds a table, and about 6 GB");
        script.run(Statement::Do(include_str!("sizes.sql")));
        return;
    }
    script.comment("which pages of which table make a piece");
    pieces_table(script);
    measure_pieces(script);
}

/// The pieces of this session.
pub(super) fn pieces_table(script: &mut Script) {
    let of = |name: &str| DataType { name: QName::new("pg_catalog", name), modifiers: Vec::new(), dimensions: 0 };
    let columns = [("schema_name", "text"), ("table_name", "text"), ("part", "int4"), ("low", "tid"), ("high", "tid")];
    script.run(Statement::CreateTemporary(TemporaryTable {
        name: Ident::from("noren_piece"),
        columns: columns.map(|(name, kind)| (Ident::from(name), of(kind), true)).to_vec(),
        on_commit_drop: true,
    }));
}

/// Asked of the live tables.
pub(super) fn measure_pieces(script: &mut Script) {
    let set = Expr::call("set_config", [Expr::text("noren.chunk_bytes"), variable("chunk_bytes"), Expr::Boolean(true)]);
    into_variables(script, select_one(set.is_not_null(), "noren_chunk_is_set", None));
    script.run(Statement::Do(include_str!("pieces.sql")));
}

/// What the service says of a call, as a line of the manifest.
fn sent_line(table: &TablePlan<'_>, part: Expr) -> Select {
    let counts = ["rows_uploaded", "files_uploaded", "bytes_uploaded"].map(|name| Expr::of("sent", name));
    let values = line(Expr::text("part"), Expr::text(table.stem.as_str()), part, counts, Expr::text("-"));
    Select { columns: values.into_iter().map(|value| (value, None)).collect(), ..Select::default() }
}

pub(super) fn line(kind: Expr, name: Expr, part: Expr, [rows, files, bytes]: [Expr; 3], list: Expr) -> Vec<Expr> {
    vec![variable("attempt"), kind, name, part, rows, files, bytes, list]
}

pub(super) fn line_columns() -> Vec<Ident> {
    LINE.map(Ident::from).to_vec()
}

/// An attempt's lines, with the names that the import compares.
pub(super) fn manifest_query(attempt: Expr) -> Select {
    let of = |name: &str| Expr::of("line", name);
    let [kind, name, part, rows, bytes, list] = MANIFEST;
    let written = [kind, name, part, "rows_uploaded", "bytes_uploaded", list];
    Select {
        from: vec![From::first(Relation::table(manifest_table()), "line")],
        condition: Some(of("attempt").op("=", attempt)),
        order_by: vec![of("kind"), of("name"), of("part")],
        ..columns(written.map(of).into_iter().zip([kind, name, part, rows, bytes, list]).collect())
    }
}
