//! `engine = "aurora-mysql"`: what of the project file it has nothing for.

use super::{Reader, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::project::{Engine, ExportTarget, Manifest, TargetKind};
use crate::source::{Span, Spanned};
use std::collections::BTreeMap;

impl Reader {
    pub(super) fn aurora_mysql(
        &mut self,
        root: &Table<'_>,
        manifest: &Manifest,
        exports: &BTreeMap<String, ExportTarget>,
    ) {
        let engine = &manifest.engine;
        for (name, export) in exports {
            let place = match &export.kind {
                TargetKind::Psql { .. } | TargetKind::Gcs(_) => Err("PostgreSQL's client"),
                TargetKind::AwsS3(place) if place.chunk.is_some() => Err("`chunk`, pages of PostgreSQL's tables"),
                TargetKind::AwsS3(place) if place.kms_key.is_some() && manifest.version.value < 3 => {
                    Err("`kms_key`, which version 3.05 has first")
                }
                TargetKind::AwsS3(_) => Ok(()),
            };
            if let Err(found) = place {
                let title = format!("expected `[export.{name}]` to go to S3 as Aurora MySQL writes it, found {found}");
                self.nothing_for(
                    title,
                    export.span,
                    engine,
                    "write `target = \"aws_s3\"` with `bucket` and `region` alone",
                );
            }
        }
        if let Some(value) = root.get("rls", self.source) {
            let title = "expected no `[rls]` for aurora-mysql, found one".to_owned();
            self.nothing_for(title, value.span, engine, "take it out: MySQL has no row-level security");
        }
    }

    pub(super) fn nothing_for(&mut self, title: String, span: Span, engine: &Spanned<Engine>, help: &str) {
        let found = Diagnostic::new(codes::N0906, title).at(span, "has nothing there").label(engine.span, "the engine");
        self.found.push(found.help(help));
    }
}
