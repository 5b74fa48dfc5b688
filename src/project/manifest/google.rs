//! `engine = "alloydb"` and `"cloud-sql"`: what of the project file they have nothing for.

use super::Reader;
use crate::project::{Engine, ExportTarget, TargetKind};
use crate::source::Spanned;
use std::collections::BTreeMap;

impl Reader {
    pub(super) fn google(&mut self, engine: &Spanned<Engine>, exports: &BTreeMap<String, ExportTarget>) {
        for (name, export) in exports {
            if let TargetKind::AwsS3(_) = export.kind {
                let title = format!(
                    "expected `[export.{name}]` to go to files or to Cloud Storage, found S3, which {} does not write to",
                    engine.value.word()
                );
                self.nothing_for(
                    title,
                    export.span,
                    engine,
                    "write `target = \"gcs\"` with `bucket`, or `target = \"psql\"`",
                );
            }
        }
    }
}
