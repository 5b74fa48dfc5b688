//! What `import.sql` does in another way where the rows are in S3: the manifest and the tables are read by the
//! service's function, within the same transaction.

use super::{IMPORT_OPTIONS, IMPORT_OPTIONS_14, MANIFEST, address, aws, columns, key_of_part, manifest_key, uri};
use crate::catalog::QName;
use crate::emit::Emitter;
use crate::emit::objects::{RUN, demand_run, variable};
use crate::emit::psql::{in_temp, into_variables, temporary};
use crate::plan::TablePlan;
use crate::project::AwsS3;
use crate::sql::{Expr, From, Ident, Meta, Mismatch, Quoted, Relation, Script, Select, Statement};

impl Emitter<'_> {
    /// Where the run is; it has to be named.
    pub(in crate::emit) fn aws_import_address(script: &mut Script, place: &AwsS3) {
        script.blank();
        address(script, place, false);
        demand_run(script);
        for (option, value) in [("format", "unaligned"), ("tuples_only", "on"), ("pager", "off")] {
            script.meta(Meta::PrintSetting(option, value));
        }
    }

    /// The manifest, compared with what these files were compiled for.
    pub(in crate::emit) fn aws_manifest(&self, script: &mut Script) {
        script.blank().comment("the run is a whole export of this very policy");
        script.run(temporary("noren_part", &MANIFEST, true));
        let names = MANIFEST.map(Ident::from);
        self.read(script, &in_temp("noren_part"), &names, manifest_key(), Select::default());
        script.run(temporary("noren_manifest", &["kind", "name", "rows"], true));
        self.expect(script);
        script.run(Statement::Do(include_str!("manifest.sql")));
        script.comment("where the objects of this attempt are");
        let prefix = Expr::call("nullif", [variable("prefix"), Expr::text("")]);
        let attempt = Expr::of("line", "name");
        let folder = Expr::call("concat_ws", [Expr::text("/"), prefix, variable(RUN), attempt]);
        let select = Select {
            from: vec![From::first(Relation::table(in_temp("noren_part")), "line")],
            condition: Some(Expr::of("line", "kind").op("=", Expr::text("attempt"))),
            ..columns(vec![(folder, "folder")])
        };
        into_variables(script, select);
    }

    /// The objects of one table; nothing is called for a table without rows.
    pub(in crate::emit) fn aws_load(&self, script: &mut Script, table: &TablePlan<'_>) {
        let list: Vec<Ident> = table.file_columns().map(|column| Ident::from(column.name.as_str())).collect();
        let of = |name: &str| Expr::of("line", name);
        let mine = vec![
            of("kind").op("=", Expr::text("part")),
            of("name").op("=", Expr::text(table.stem.as_str())),
            of("rows").op("<>", Expr::text("0")),
        ];
        let parts = Select {
            from: vec![From::first(Relation::table(in_temp("noren_part")), "line")],
            condition: Some(Expr::And(mine)),
            order_by: vec![of("part").cast("int4")],
            ..Select::default()
        };
        self.read(script, &table.name, &list, key_of_part(table, Some(of("part"))), parts);
    }

    /// `SELECT aws_s3.table_import_from_s3(table, columns, options, uri) FROM …`
    fn read(&self, script: &mut Script, table: &QName, list: &[Ident], key: Expr, from: Select) {
        match self.read_call(table, list, key) {
            Ok(call) => {
                script.run(Statement::Select(Select { columns: vec![(call, Some(Ident::from("loaded")))], ..from }))
            }
            Err(mismatch) => script.fail(mismatch),
        };
    }

    fn read_call(&self, table: &QName, list: &[Ident], key: Expr) -> Result<Expr, Mismatch> {
        let (table, list) = Quoted::table(table, list)?;
        let options = Expr::text(if self.export.header { IMPORT_OPTIONS } else { IMPORT_OPTIONS_14 });
        Ok(aws("aws_s3", "table_import_from_s3", vec![table, list, options, uri(key)]))
    }
}
