//! `pipeline/`: the workflow around an export to S3, for Step Functions, ECS and `EventBridge`.
//!
//! Nothing of it holds a secret: logins and the mask key are values of Secrets Manager that ECS puts into a container's
//! environment. `source/` is for the account of the source, `target/` for that of the copy, which may be the same. Each file
//! is what the services' command line takes as it is.

mod data_api;
mod machines;
mod rights;
mod scripts;
mod states;
mod tasks;

use crate::emit::{EmitError, Emitter};
use crate::plan::names;
use crate::project::AwsS3;
use crate::project::pipeline::{Pipeline, Runner};
use crate::syntax::ast::ImportStrategy;
use machines::{EXPORT, Files, IMPORT, Machines};
use rights::{Rights, Role};
use serde::Serialize;
use std::collections::BTreeMap;

impl Emitter<'_> {
    /// All files by their path below `folder`, which `env/NAME/` may stand before; `shared` is the folder without.
    pub(in crate::emit) fn aws_pipeline(
        &self,
        folder: &str,
        shared: &str,
    ) -> Result<BTreeMap<String, String>, EmitError> {
        let crate::project::TargetKind::AwsS3(place) = self.place else { return Ok(BTreeMap::new()) };
        let Some(pipeline) = &place.pipeline else { return Ok(BTreeMap::new()) };
        let mut files = Listing { folder: format!("{folder}/pipeline"), files: BTreeMap::new() };
        let below = Emitter { beside: format!("../{}", self.beside), ..*self };
        let in_file = |name: &str| format!("{folder}/pipeline/{name}");
        let failed = |name: &str| {
            let path = in_file(name);
            |mismatch| EmitError { path, mismatch }
        };
        let digest = match &pipeline.runner {
            Runner::Ecs(_) => {
                below.scripts(&mut files, place, pipeline)?;
                String::new()
            }
            Runner::DataApi => {
                let program = below.program().map_err(failed("program.sql"))?;
                files.files.insert(in_file("program.sql"), program.file);
                program.digest
            }
        };
        if self.group(pipeline).is_some() {
            let text = below.role_is().print().map_err(failed("role.sql"))?;
            files.files.insert(in_file("role.sql"), text);
        }
        let own_import = self.beside.is_empty() || *self.place != self.export.place;
        let export = names::encode(&self.export.name);
        let machines = Machines {
            pipeline,
            place,
            program: [("export", &export), ("program", &digest)],
            files: Files {
                pipeline: format!("/noren/{folder}/pipeline"),
                import: format!("/noren/{}/import.sql", if own_import { folder } else { shared }),
                after: format!("/noren/{shared}/after.sql"),
            },
            tenant: pipeline.tenant.as_deref().filter(|_| self.export.tenant.is_some()),
            group: self.group(pipeline),
        };
        let key = pipeline.mask_key.as_ref().filter(|_| self.export.key.is_some());
        let rights = Rights { pipeline, place, key, group: self.group(pipeline) };
        files.source(&machines, &rights);
        files.target(&machines, &rights);
        Ok(files.files)
    }

    /// The copy's parameter group, where the strategy changes it.
    fn group<'p>(&self, pipeline: &'p Pipeline) -> Option<&'p str> {
        let changes =
            self.export.import.as_ref().is_some_and(|import| import.strategy == ImportStrategy::ParameterGroup);
        pipeline.parameter_group.as_deref().filter(|_| changes)
    }

    /// The files that psql runs, a folder below those that they include.
    fn scripts(&self, files: &mut Listing, place: &AwsS3, pipeline: &Pipeline) -> Result<(), EmitError> {
        let scripts = [
            ("begin.sql", self.begin(place, pipeline)),
            ("share.sql", self.share(place)),
            ("end.sql", self.end(place)),
        ];
        for (name, script) in scripts {
            let path = format!("{}/{name}", files.folder);
            let text = script.print().map_err(|mismatch| EmitError { path: path.clone(), mismatch })?;
            files.files.insert(path, text);
        }
        Ok(())
    }
}

struct Listing {
    folder: String,
    files: BTreeMap<String, String>,
}

impl Listing {
    fn source(&mut self, machines: &Machines<'_>, rights: &Rights<'_>) {
        let pipeline = machines.pipeline;
        let source = &pipeline.source;
        self.json("source/export.asl.json", &machines.export());
        self.json("source/export-cleanup.asl.json", &machines.drop_left());
        if let Runner::Ecs(tasks) = &pipeline.runner {
            self.json("source/export-task.json", &tasks::definition(pipeline, source, tasks, EXPORT, rights.key));
        }
        self.json("source/rule.json", &tasks::rule(pipeline, source, EXPORT));
        self.json("source/rule-targets.json", &tasks::rule_targets(pipeline, source, EXPORT));
        if let Some(when) = &pipeline.schedule {
            self.json("source/schedule.json", &tasks::schedule(pipeline, when));
        }
        self.json("source/bucket.policy.json", &rights.bucket_policy());
        if let Some(policy) = rights.key_policy() {
            self.json("source/key.policy.json", &policy);
        }
        self.roles("source", rights.of_source());
    }

    fn target(&mut self, machines: &Machines<'_>, rights: &Rights<'_>) {
        let pipeline = machines.pipeline;
        let Some(target) = &pipeline.target else { return };
        self.json("target/import.asl.json", &machines.import(target));
        self.json("target/import-task.json", &tasks::definition(pipeline, &target.side, &target.tasks, IMPORT, None));
        if let Some(group) = machines.group {
            self.json("target/import-cleanup.asl.json", &machines.put_back_left(target, group));
            self.json("target/rule.json", &tasks::rule(pipeline, &target.side, IMPORT));
            self.json("target/rule-targets.json", &tasks::rule_targets(pipeline, &target.side, IMPORT));
        }
        self.roles("target", rights.of_target(target));
    }

    fn roles(&mut self, side: &str, roles: Vec<Role>) {
        for Role { name, trust, rights } in roles {
            self.json(&format!("{side}/{name}.trust.json"), &trust);
            self.json(&format!("{side}/{name}.policy.json"), &rights);
        }
    }

    fn json(&mut self, name: &str, value: &impl Serialize) {
        // Structures of texts and numbers: their serialisation cannot fail.
        let text = serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
        self.files.insert(format!("{}/{name}", self.folder), text);
    }
}
