//! A project with its two databases, and a run of its state machines.

use std::collections::BTreeSet;
use std::path::Path;

use noren::server::Server;
use serde_json::{Value, json};

use super::services::CLOUD;
use crate::aws_s3::{Cloud, LOGINS, Roles, SERVICE, Service, to_s3};
use crate::end_to_end::harness::KEY;
use crate::support::{self, Database};

pub const ONE: &str = "111122223333";
pub const TWO: &str = "444455556666";
const GROUP: &str = "masked-15";
/// What runs the export.
#[derive(Clone, Copy, PartialEq)]
pub enum Runner {
    Ecs,
    DataApi,
}

/// `[export.developers.pipeline]`
pub fn pipeline_toml(copy: &str, chunk: &str, group: bool, runner: Runner) -> String {
    let arn = |service: &str, account: &str, rest: &str| format!("arn:aws:{service}:ap-northeast-1:{account}:{rest}");
    let side = |name: &str, account: &str, cluster: &str, login: &str| {
        format!(
            "[export.developers.pipeline.{name}]\ncluster = \"{}\"\ndatabase = \"app\"\nlogin = \"{}\"\necs = \"{}\"\n\
             image = \"registry.example/noren:1\"\nsubnets = [\"subnet-0a1b\"]\nsecurity_groups = [\"sg-0a1b\"]\n",
            arn("rds", account, &format!("cluster:{cluster}")),
            arn("secretsmanager", account, &format!("secret:{login}-AbCdEf")),
            arn("ecs", account, "cluster/jobs"),
        )
    };
    let source = side("source", ONE, "production", "exporter");
    let mask_key = format!("mask_key = \"{}\"\n", arn("secretsmanager", ONE, "secret:mask_key-AbCdEf"));
    let (mask_key, source) = match runner {
        Runner::Ecs => (mask_key, source),
        // Nothing of ECS is said of the source, and no secret of a key.
        Runner::DataApi => {
            let of_ecs = |line: &&str| ["ecs", "image", "subnets"].iter().any(|key| line.starts_with(key));
            let kept: Vec<&str> = source.lines().filter(|line| !of_ecs(line)).collect();
            (String::new(), kept.join("\n") + "\nrunner = \"data_api\"\n")
        }
    };
    let group = if group { format!("parameter_group = \"{GROUP}\"\n") } else { String::new() };
    format!(
        "{}\n[export.developers.pipeline]\nschedule = \"cron(0 18 * * ? *)\"\ntasks = 3\nconcurrency = 2\n{mask_key}{source}\
         subnet_group = \"databases\"\n{}{group}",
        to_s3(chunk),
        side("target", copy, "masked", "importer"),
    )
}

fn toml(runner: Runner, copy: &str, clause: &str) -> String {
    pipeline_toml(copy, "chunk = \"16kB\"", is_group(clause), runner)
}

fn is_group(clause: &str) -> bool {
    clause.contains("parameter_group")
}

/// A project with its two databases and what the services are told of them.
pub struct Run {
    pub roles: Roles,
    pub source: Database,
    pub target: Database,
    pub bucket: String,
    copy: &'static str,
    group: bool,
}

impl Run {
    pub fn new(server: &'static Server, copy: &'static str, clause: &str, service: Service) -> Self {
        Self::on_s3(Runner::Ecs, server, copy, clause, service)
    }

    /// With the key and the statements in the source, as the files put them there.
    pub fn by_calls(server: &'static Server, copy: &'static str, clause: &str, service: Service) -> Self {
        Self::on_s3(Runner::DataApi, server, copy, clause, service).with_calls()
    }

    fn on_s3(runner: Runner, server: &'static Server, copy: &'static str, clause: &str, service: Service) -> Self {
        let bucket = support::unique("masked-exports").replace('_', "-");
        let roles =
            Roles::to(server, clause, &toml(runner, copy, clause).replace("masked-exports", &bucket), |project| {
                Cloud::on_s3(server, project, service, &bucket, [ONE, copy])
            });
        Self::of(roles, bucket, copy, clause)
    }

    /// For what is run by hand: no machine, and a folder for its objects.
    pub fn in_folder(runner: Runner, server: &'static Server) -> Self {
        let roles = Roles::to(server, "", &toml(runner, ONE, ""), |project| Cloud::of(server, project, SERVICE));
        let run = Self::of(roles, "masked-exports".to_owned(), ONE, "");
        if runner == Runner::DataApi { run.with_calls() } else { run }
    }

    fn of(roles: Roles, bucket: String, copy: &'static str, clause: &str) -> Self {
        let (source, target) = (roles.source(), roles.target());
        Self { roles, source, target, bucket, copy, group: is_group(clause) }
    }

    fn with_calls(self) -> Self {
        for (file, key) in [("pipeline/program.sql", ""), ("key.sql", KEY)] {
            support::succeeded(&self.as_owner(file, key), file);
        }
        self
    }

    pub fn as_owner(&self, file: &str, key: &str) -> std::process::Output {
        let arguments = ["-f".into(), self.roles.cloud.project.file("developers", file).into_os_string()];
        self.source.psql("postgres", arguments, &[("NOREN_MASK_KEY", key)], Path::new("/"))
    }

    fn request(&self, more: &Value) -> Value {
        let root = self.roles.cloud.project.folder.path().join("generated");
        let server = self.roles.cloud.server;
        let login = |role: &str, login: &str| {
            json!({ "username": Roles::login(role, login), "password": "unused" }).to_string()
        };
        let secret =
            |account: &str, name: &str| format!("arn:aws:secretsmanager:ap-northeast-1:{account}:secret:{name}-AbCdEf");
        let mut request = json!({
            "do": "run",
            "name": "noren-developers",
            "pipeline": root.join("export/developers/pipeline"),
            "root": root,
            "server": { "psql": server.binaries().client("psql").unwrap(), "host": server.socket_folder() },
            "source_account": ONE,
            "target_account": self.copy,
            "clusters": { "source": "production", "target": "masked" },
            "copy": "masked",
            "database": "app",
            "databases": { "production": self.source.name, "masked": self.target.name },
            "bucket": self.bucket,
            "subnet_group": "databases",
            "group": if self.group { GROUP } else { "" },
            "secrets": {
                secret(ONE, "exporter"): login(&self.roles.exporter, LOGINS[0]),
                secret(self.copy, "importer"): login(&self.roles.importer, LOGINS[1]),
                secret(ONE, "mask_key"): KEY,
            },
        });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    }

    pub fn run(&self, more: &Value) -> Value {
        CLOUD.ask(&self.request(more))
    }

    pub fn fails(&self, more: &Value, error: &str, said: &str) -> Value {
        let done = self.run(more);
        assert_eq!((done["status"].as_str(), done["error"].as_str()), (Some("FAILED"), Some(error)), "{done}");
        assert!(done.to_string().contains(said), "{said}: {done}");
        done
    }

    pub fn succeeds(&self, more: &Value) -> Value {
        let done = self.run(more);
        assert_eq!(done["status"], "SUCCEEDED", "{done}");
        done
    }

    /// How many databases are clones of the source.
    pub fn clones(&self) -> String {
        self.source
            .value("SELECT count(*) FROM pg_database WHERE datname LIKE 'noren\\_%\\_of\\_' || current_database()")
    }

    /// Nothing of a clone is left, on the server or in the service's records.
    pub fn no_clone(done: &Value) {
        let left: BTreeSet<&str> = done["left"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(left.is_subset(&BTreeSet::from(["production", "masked"])), "{left:?}");
        assert_eq!(done["databases"], json!(["masked", "production"]));
    }

    pub fn setting(&self) -> String {
        self.target.sql("SHOW session_replication_role;").trim().to_owned()
    }
}
