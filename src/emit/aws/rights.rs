//! What both roles need of the service's extension, and where the manifest is kept.
//!
//! The functions act with the caller's rights, and the cluster's own role decides which buckets it may reach: whoever
//! may call them can send there whatever he may read. So each role gets the one function that it needs.

use super::run::manifest_table;
use crate::emit::Emitter;
use crate::emit::psql::{into_variables, set};
use crate::emit::rights::{grant, privileges, usage};
use crate::plan::ExportPlan;
use crate::project::TargetKind;
use crate::sql::access::Object;
use crate::sql::{Expr, Ident, Script, Select, SettingValue, Statement};

impl Emitter<'_> {
    /// In the source, whoever exports.
    pub(in crate::emit) fn aws_source_rights(&self) -> Script {
        let mut script = self.head(
            &[
                "What an export to S3 needs in the source: a table for the list of what left, and rights for the exporting role.",
                "Run in the source as the tables' owner or a superuser: psql -X -f rights_source.sql. Safe to run again.",
            ],
            &[],
        );
        script.blank();
        script.run(Statement::Do(include_str!("manifest_table.sql")));
        if has_pipeline(self.export) {
            self.aws_piece_rights(&mut script);
        }
        let Some(role) = &self.export.role else { return script };
        extension(&mut script, &role.value, "query_export_to_s3");
        grant(&mut script, usage(), Object::Schema(Ident::from("noren_run")), &role.value);
        grant(&mut script, privileges(&["SELECT", "INSERT"]), Object::Table(manifest_table()), &role.value);
        script
    }

    /// In the copy, for the importing role.
    pub(in crate::emit) fn aws_target_rights(script: &mut Script, role: &str) {
        extension(script, role, "table_import_from_s3");
    }
}

/// In this environment or another: what the source holds is the same in all.
fn has_pipeline(export: &ExportPlan<'_>) -> bool {
    let places = std::iter::once(&export.place).chain(export.environments.values().map(|there| &there.place));
    places.into_iter().any(|place| matches!(place, TargetKind::AwsS3(place) if place.pipeline.is_some()))
}

fn extension(script: &mut Script, role: &str, function: &str) {
    for schema in ["aws_s3", "aws_commons"] {
        grant(script, usage(), Object::Schema(Ident::from(schema)), role);
    }
    let settings =
        [("noren.role", role.to_owned()), ("noren.functions", format!("aws_s3.{function},aws_commons.create_s3_uri"))];
    for (name, value) in &settings {
        let value = Expr::call("set_config", [Expr::text(*name), Expr::text(value.as_str()), Expr::Boolean(false)]);
        let columns = vec![(value.is_not_null(), Some("noren_is_set".into()))];
        into_variables(script, Select { columns, ..Select::default() });
    }
    script.run(Statement::Do(include_str!("grant_functions.sql")));
    for (name, _) in settings {
        script.run(set(name, SettingValue::Default));
    }
}
