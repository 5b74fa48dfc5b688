//! `engine = "alloydb"` and `"cloud-sql"`: what of the project file they have nothing for, and what is for them alone.

use super::Reader;
use crate::project::{Engine, ExportTarget, TargetKind};
use crate::source::Spanned;
use std::collections::BTreeMap;

impl Reader {
    pub(super) fn google(&mut self, engine: &Spanned<Engine>, exports: &BTreeMap<String, ExportTarget>) {
        let is_google = matches!(engine.value, Engine::AlloyDb | Engine::CloudSql);
        for (name, export) in exports {
            if let Some(managed) = export.settings.get("managed").filter(|word| word.value != engine.value.word()) {
                let title = format!("expected `managed` to be the engine, found `{}`", managed.value);
                let help = "write the engine's own word, or take `managed` out";
                self.nothing_for(title, managed.span, engine, help);
            }
            if let (TargetKind::AwsS3(_), true) = (&export.kind, is_google) {
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
