//! What a workflow has to know of an export, which the project file alone cannot say.

use super::Planner;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0809;
use crate::project::TargetKind;
use crate::project::pipeline::{Pipeline, Runner};
use crate::syntax::ast::ImportStrategy;

impl Planner<'_> {
    /// Here and in each environment where the export goes elsewhere.
    pub(super) fn check_pipelines(&self, keyed: bool) -> Vec<Diagnostic> {
        let elsewhere = self
            .facts
            .elsewhere
            .iter()
            .filter_map(|(name, places)| Some((Some(name.as_str()), places.get(&self.export.name)?)));
        let places = std::iter::once((None, self.place)).chain(elsewhere);
        places.flat_map(|(environment, place)| self.check_pipeline(environment, place, keyed)).collect()
    }

    fn check_pipeline(&self, environment: Option<&str>, place: &TargetKind, keyed: bool) -> Vec<Diagnostic> {
        let table = |key: &str| match environment {
            None => format!("[export.{}.pipeline]{key}", self.export.name),
            Some(environment) => format!("[env.{environment}.export.{}.pipeline]{key}", self.export.name),
        };
        let pipeline = match place {
            TargetKind::AwsS3(place) => place.pipeline.as_ref(),
            TargetKind::Psql { .. } | TargetKind::Gcs(_) => None,
        };
        let changes = self.export.import && self.export.strategy == ImportStrategy::ParameterGroup;
        let Some(pipeline) = pipeline else {
            let help = format!(
                "place the export with `target = \"aws_s3\"` and a table `{}`, or say `import strategy replica_role`",
                table("")
            );
            let why =
                "the setting is the whole cluster's: only a workflow changes it and puts it back on every way out";
            let lacking = self.lacking("a pipeline, for `import strategy parameter_group`", why, help);
            return changes.then_some(lacking).into_iter().collect();
        };
        let of_policy = self.lacks_in_policy(pipeline, &table(".source"));
        let of_project = self.lacks(pipeline, keyed, changes).into_iter().map(|(key, what, why)| {
            self.lacking(
                what,
                why,
                format!("add `{key} = \"…\"` to `{}`", table(if key == "parameter_group" { ".target" } else { "" })),
            )
        });
        of_project.chain(of_policy).collect()
    }

    /// What the Data API needs of the policy, which psql does not.
    fn lacks_in_policy(&self, pipeline: &Pipeline, source: &str) -> Option<Diagnostic> {
        if pipeline.runner != Runner::DataApi {
            return None;
        }
        let (what, found, why, help) = if let Some(tenant) = self.export.tenant_one {
            let by_ecs = format!("write `runner = \"ecs\"` in `{source}`");
            ("`runner = \"ecs\"`", tenant, "a call of the Data API has no session that could be one tenant's", by_ecs)
        } else if self.export.role.is_none() {
            let role = "add `as mask_exporter;` and `role mask_exporter { nologin; }`".to_owned();
            (
                "`as ROLE`",
                self.export.span,
                "what the Data API runs lies in the source, and is for this role alone",
                role,
            )
        } else {
            return None;
        };
        let title = format!("expected {what} for `export {}`, which the Data API runs", self.export.name);
        Some(Diagnostic::new(N0809, title).at(found, "this export needs it").note(why).help(help))
    }

    /// Key, what is lacking, and why it is needed.
    fn lacks(
        &self,
        pipeline: &Pipeline,
        keyed: bool,
        changes: bool,
    ) -> Vec<(&'static str, &'static str, &'static str)> {
        let one = self.export.tenant_one.is_some();
        let needs = [
            (
                keyed && pipeline.mask_key.is_none() && pipeline.runner != Runner::DataApi,
                (
                    "mask_key",
                    "the secret of the mask key",
                    "masks of this export read a key, and a container has it from a secret alone",
                ),
            ),
            (
                one && pipeline.tenant.is_none(),
                ("tenant", "the tenant of the runs", "the export is of one tenant, which each run has to name"),
            ),
            (
                self.export.import && pipeline.target.is_none(),
                ("target.cluster", "the copy's cluster", "the export is imported; one that is not says `no import`"),
            ),
            (
                changes && pipeline.target.is_some() && pipeline.parameter_group.is_none(),
                (
                    "parameter_group",
                    "the copy's parameter group",
                    "`import strategy parameter_group` changes it for the load and puts it back",
                ),
            ),
        ];
        needs.into_iter().filter_map(|(lacks, need)| lacks.then_some(need)).collect()
    }

    fn lacking(&self, what: &str, why: &str, help: String) -> Diagnostic {
        Diagnostic::new(N0809, format!("expected {what} in noren.toml, found none for `export {}`", self.export.name))
            .at(self.export.span, "this export needs it")
            .note(why)
            .help(help)
    }
}
