//! IAM roles, the bucket's policy and the key's.
//!
//! Every statement names what it is about, so that the reviewer of a diff sees what is given. `*` stands only where the
//! service has no narrower form: a key's own policy, and three actions of registries and networks.

use super::machines::{CLONES, EXPORT, IMPORT, STARTER, STORAGE_IN, STORAGE_OUT};
use super::tasks::{cleanup, group};
use crate::project::AwsS3;
use crate::project::pipeline::{Arn, Pipeline, Runner, Side, Target, Tasks};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Value>,
    action: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

/// A role: who may take it, and what it may do.
pub(super) struct Role {
    pub name: &'static str,
    pub trust: Policy,
    pub rights: Policy,
}

pub(super) struct Rights<'a> {
    pub pipeline: &'a Pipeline,
    pub place: &'a AwsS3,
    /// Whether masks read a key.
    pub key: Option<&'a Arn>,
    /// The copy's parameter group, where the strategy changes it.
    pub group: Option<&'a str>,
}

impl Rights<'_> {
    /// The roles of the source's account.
    pub fn of_source(&self) -> Vec<Role> {
        let source = &self.pipeline.source;
        let mut roles = vec![
            Role { name: STORAGE_OUT, trust: Self::database(source, true), rights: self.writes() },
            Role { name: "export-machine", trust: trust("states", source, None), rights: self.export_machine() },
        ];
        if let Runner::Ecs(tasks) = &self.pipeline.runner {
            roles.push(self.task_role(source, tasks, "export-task", self.key));
        }
        roles.push(self.events(source, "export-events", &[EXPORT.to_owned(), cleanup(EXPORT)]));
        roles
    }

    /// The roles of the copy's account.
    pub fn of_target(&self, Target { side: target, tasks }: &Target) -> Vec<Role> {
        let mut roles = vec![
            Role { name: STORAGE_IN, trust: Self::database(target, false), rights: self.reads() },
            Role {
                name: "import-machine",
                trust: trust("states", target, None),
                rights: self.import_machine(target, tasks),
            },
            self.task_role(target, tasks, "import-task", None),
        ];
        roles.extend(self.pipeline.two_accounts().then(|| self.starter(target)));
        let cleans = self.group.is_some();
        roles.extend(cleans.then(|| self.events(target, "import-events", &[cleanup(IMPORT)])));
        roles
    }

    /// The cluster itself; a clone of the source takes the role too.
    fn database(side: &Side, cloned: bool) -> Policy {
        let clone = side.cluster.beside("rds", &format!("cluster:{CLONES}*"));
        let clusters = std::iter::once(side.cluster.to_string()).chain(cloned.then(|| clone.to_string()));
        trust("rds", side, Some(json!({ "ArnLike": { "aws:SourceArn": clusters.collect::<Vec<_>>() } })))
    }

    fn writes(&self) -> Policy {
        let mut statements =
            vec![allow("WriteMaskedRows", &["s3:PutObject", "s3:AbortMultipartUpload"], vec![self.objects()])];
        statements.extend(self.with_key("EncryptThem", &["kms:GenerateDataKey", "kms:Decrypt"]));
        policy(statements)
    }

    fn reads(&self) -> Policy {
        let mut list = allow("FindThem", &["s3:ListBucket"], vec![self.bucket()]);
        list.condition = Some(json!({ "StringLike": { "s3:prefix": [self.below()] } }));
        let mut statements = vec![allow("ReadMaskedRows", &["s3:GetObject"], vec![self.objects()]), list];
        statements.extend(self.with_key("DecryptThem", &["kms:Decrypt"]));
        policy(statements)
    }

    fn with_key(&self, sid: &'static str, actions: &[&str]) -> Option<Statement> {
        self.place.kms_key.as_ref().map(|key| allow(sid, actions, vec![key.clone()]))
    }

    fn export_machine(&self) -> Policy {
        let source = &self.pipeline.source;
        let rds = |resource: &str| source.cluster.beside("rds", resource).to_string();
        let clones = || vec![rds(&format!("cluster:{CLONES}*")), rds(&format!("db:{CLONES}*"))];
        // The reference of actions names these beside the cluster; the clone has its source's, whatever they are.
        let groups = ["cluster-pg:*", "og:*", "pg:*", "secgrp:*"].map(rds);
        let beside = [vec![rds(&format!("subgrp:{}", self.pipeline.subnet_group))], groups.to_vec()].concat();
        let from = vec![source.cluster.to_string()];
        let role = self.pipeline.role(source, STORAGE_OUT).to_string();
        let mut hand = allow("HandTheStorageRoleToTheClone", &["iam:PassRole"], vec![role]);
        hand.condition = Some(json!({ "StringEquals": { "iam:PassedToService": "rds.amazonaws.com" } }));
        let mut statements = vec![
            allow("Clone", &["rds:RestoreDBClusterToPointInTime"], [from, clones(), beside.clone()].concat()),
            allow("Instance", &["rds:CreateDBInstance"], [clones(), beside].concat()),
            allow(
                "KeepTheClone",
                &["rds:AddRoleToDBCluster", "rds:AddTagsToResource", "rds:DeleteDBCluster", "rds:DeleteDBInstance"],
                // Of a last snapshot, which none makes: the reference of actions lists it for DeleteDBCluster.
                [clones(), vec![rds(&format!("cluster-snapshot:{CLONES}*"))]].concat(),
            ),
            allow("LookAtTheClone", &["rds:DescribeDBClusters", "rds:DescribeDBInstances"], clones()),
            hand,
        ];
        statements.extend(match &self.pipeline.runner {
            Runner::Ecs(tasks) => self.runs_tasks(source, tasks, EXPORT),
            Runner::DataApi => Self::calls(source),
        });
        statements.extend(self.pipeline.target.as_ref().map(|target| self.starts(&target.side)));
        policy(statements)
    }

    /// The service looks the login up with the rights of whoever calls it.
    fn calls(source: &Side) -> Vec<Statement> {
        let clones = || vec![source.cluster.beside("rds", &format!("cluster:{CLONES}*")).to_string()];
        vec![
            allow("OpenTheDataApiOfTheClone", &["rds:EnableHttpEndpoint"], clones()),
            allow("CallIt", &["rds-data:ExecuteStatement"], clones()),
            allow("LogIn", &["secretsmanager:GetSecretValue"], vec![source.login.to_string()]),
        ]
    }

    /// In one account by itself, in two by a role of the other.
    fn starts(&self, target: &Side) -> Statement {
        if self.pipeline.two_accounts() {
            let role = self.pipeline.role(target, STARTER).to_string();
            return allow("StartTheImport", &["sts:AssumeRole"], vec![role]);
        }
        let (machine, execution) = self.executions(target);
        allow("StartTheImport", &["states:StartExecution", "states:DescribeExecution"], vec![machine, execution])
    }

    fn executions(&self, target: &Side) -> (String, String) {
        let machine = self.pipeline.machine(target, IMPORT);
        let execution = format!("execution:{}-{IMPORT}:*", self.pipeline.name);
        (machine.to_string(), machine.beside("states", &execution).to_string())
    }

    fn starter(&self, target: &Side) -> Role {
        let (machine, execution) = self.executions(target);
        let machine_role = self.pipeline.role(&self.pipeline.source, "export-machine").to_string();
        let taken = Statement {
            principal: Some(json!({ "AWS": machine_role })),
            ..allow("TheSourcesMachine", &["sts:AssumeRole"], Vec::new())
        };
        let rights = vec![
            allow("StartTheImport", &["states:StartExecution"], vec![machine]),
            allow("LookAtIt", &["states:DescribeExecution"], vec![execution]),
        ];
        Role { name: STARTER, trust: policy(vec![taken]), rights: policy(rights) }
    }

    fn import_machine(&self, target: &Side, tasks: &Tasks) -> Policy {
        let look = allow("LookAtTheCopy", &["rds:DescribeDBClusters"], vec![target.cluster.to_string()]);
        let mut statements = vec![look];
        statements.extend(self.group.map(|group| {
            let group = target.cluster.beside("rds", &format!("cluster-pg:{group}")).to_string();
            allow("ChangeTheParameter", &["rds:ModifyDBClusterParameterGroup"], vec![group])
        }));
        statements.extend(self.runs_tasks(target, tasks, IMPORT));
        policy(statements)
    }

    /// What a state needs that waits for a task: the rule is the service's own.
    fn runs_tasks(&self, side: &Side, Tasks { ecs, .. }: &Tasks, what: &str) -> Vec<Statement> {
        let family = format!("task-definition/{}-{what}:*", self.pipeline.name);
        let mut run = allow("RunPsql", &["ecs:RunTask"], vec![ecs.beside("ecs", &family).to_string()]);
        let there = json!({ "ArnEquals": { "ecs:cluster": ecs.to_string() } });
        run.condition = Some(there.clone());
        let tasks = ecs.beside("ecs", &format!("task/{}/*", ecs.name())).to_string();
        let mut stop = allow("WaitForPsql", &["ecs:DescribeTasks", "ecs:StopTask"], vec![tasks]);
        stop.condition = Some(there);
        let rule = ecs.beside("events", "rule/StepFunctionsGetEventsForECSTaskRule").to_string();
        let told = allow("BeToldOfItsEnd", &["events:DescribeRule", "events:PutRule", "events:PutTargets"], vec![rule]);
        let handed = self.pipeline.role(side, &format!("{what}-task")).to_string();
        let mut hand = allow("HandTheTaskItsRole", &["iam:PassRole"], vec![handed]);
        hand.condition = Some(json!({ "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } }));
        vec![run, stop, told, hand]
    }

    /// What ECS itself does for a task before psql starts; psql has no role, for the database reaches the bucket.
    fn task_role(&self, side: &Side, tasks: &Tasks, name: &'static str, key: Option<&Arn>) -> Role {
        let secrets = std::iter::once(&side.login).chain(key).map(Arn::to_string).collect();
        let logs = side.cluster.beside("logs", &format!("log-group:{}:*", group(self.pipeline))).to_string();
        let pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        let mut rights = vec![
            allow("GiveTheTaskItsSecrets", &["secretsmanager:GetSecretValue"], secrets),
            allow("KeepItsLog", &["logs:CreateLogStream", "logs:PutLogEvents"], vec![logs]),
        ];
        if let Some(repository) = repository(tasks) {
            rights.push(allow("PullTheImage", &pull, vec![repository.to_string()]));
            rights.push(allow("LogInToTheRegistry", &["ecr:GetAuthorizationToken"], vec!["*".to_owned()]));
        }
        Role { name, trust: trust("ecs-tasks", side, None), rights: policy(rights) }
    }

    fn events(&self, side: &Side, name: &'static str, machines: &[String]) -> Role {
        let arns = machines.iter().map(|what| self.pipeline.machine(side, what).to_string()).collect();
        let rights = policy(vec![allow("StartTheMachines", &["states:StartExecution"], arns)]);
        let mut trust = trust("scheduler", side, None);
        if let Some(taken) = trust.statement.first_mut() {
            taken.principal = Some(json!({ "Service": ["scheduler.amazonaws.com", "events.amazonaws.com"] }));
        }
        Role { name, trust, rights }
    }

    /// The bucket is the source's; the copy's cluster reads in it, whichever account it is of.
    pub fn bucket_policy(&self) -> Policy {
        let everything = vec![self.bucket(), format!("{}/*", self.bucket())];
        let mut plain = deny("NeverUnencryptedOnTheWay", "s3:*", everything);
        plain.condition = Some(json!({ "Bool": { "aws:SecureTransport": "false" } }));
        let mut statements = vec![plain];
        if let Some(key) = &self.place.kms_key {
            // A missing header is the bucket's default; parts of an upload may have none.
            let header = "s3:x-amz-server-side-encryption-aws-kms-key-id";
            let mut other = deny("NoOtherKey", "s3:PutObject", vec![self.objects()]);
            other.condition = Some(json!({ "Null": { header: "false" }, "ArnNotEquals": { header: key } }));
            statements.push(other);
        }
        if let Some(target) = self.pipeline.target.as_ref().filter(|_| self.pipeline.two_accounts()) {
            let reader = || Some(json!({ "AWS": self.pipeline.role(&target.side, STORAGE_IN).to_string() }));
            let read = allow("TheCopyReads", &["s3:GetObject"], vec![self.objects()]);
            let mut list = allow("TheCopyLists", &["s3:ListBucket"], vec![self.bucket()]);
            list.condition = Some(json!({ "StringLike": { "s3:prefix": [self.below()] } }));
            statements.extend([read, list].map(|statement| Statement { principal: reader(), ..statement }));
        }
        policy(statements)
    }

    /// The key is administered by its account; another account decrypts with it, by way of S3 only.
    pub fn key_policy(&self) -> Option<Policy> {
        let key = self.place.kms_key.as_deref().and_then(Arn::parse)?;
        let root = key.global("iam", "root").to_string();
        let mut statements = vec![Statement {
            principal: Some(json!({ "AWS": root })),
            ..allow("ItsAccountByIam", &["kms:*"], vec!["*".to_owned()])
        }];
        if let Some(target) = self.pipeline.target.as_ref().filter(|_| self.pipeline.two_accounts()) {
            statements.push(Statement {
                principal: Some(json!({ "AWS": self.pipeline.role(&target.side, STORAGE_IN).to_string() })),
                condition: Some(json!({ "StringEquals": {
                    "kms:ViaService": format!("s3.{}.{}", self.place.region, suffix(&key.partition)),
                } })),
                ..allow("TheCopyDecrypts", &["kms:Decrypt"], vec!["*".to_owned()])
            });
        }
        Some(policy(statements))
    }

    fn bucket(&self) -> String {
        format!("arn:{}:s3:::{}", self.pipeline.source.cluster.partition, self.place.bucket)
    }

    fn objects(&self) -> String {
        format!("{}/{}", self.bucket(), self.below())
    }

    fn below(&self) -> String {
        if self.place.prefix.is_empty() { "*".to_owned() } else { format!("{}/*", self.place.prefix) }
    }
}

/// Where the image is, `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG`, which may be another account; elsewhere no right is
/// needed.
fn repository(Tasks { ecs, image, .. }: &Tasks) -> Option<Arn> {
    let (host, path) = image.split_once('/')?;
    let mut parts = host.split('.');
    let account = parts.next()?.to_owned();
    let in_ecr = parts.next() == Some("dkr") && parts.next() == Some("ecr");
    let region = parts.next().filter(|_| in_ecr)?.to_owned();
    let name = path.split([':', '@']).next()?;
    Some(Arn { region, account, ..ecs.beside("ecr", &format!("repository/{name}")) })
}

fn suffix(partition: &str) -> &'static str {
    if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn policy(statement: Vec<Statement>) -> Policy {
    Policy { version: "2012-10-17", statement }
}

fn allow(sid: &'static str, actions: &[&str], resource: Vec<String>) -> Statement {
    let action = actions.iter().map(|action| (*action).to_owned()).collect();
    Statement { sid, effect: "Allow", action, resource, ..Statement::default() }
}

fn deny(sid: &'static str, action: &str, resource: Vec<String>) -> Statement {
    Statement { effect: "Deny", principal: Some(json!("*")), ..allow(sid, &[action], resource) }
}

/// A service takes the role, for resources of this account alone.
fn trust(service: &str, side: &Side, more: Option<Value>) -> Policy {
    let mut condition = json!({ "StringEquals": { "aws:SourceAccount": side.cluster.account } });
    if let (Value::Object(condition), Some(Value::Object(more))) = (&mut condition, more) {
        condition.extend(more);
    }
    policy(vec![Statement {
        principal: Some(json!({ "Service": format!("{service}.amazonaws.com") })),
        condition: Some(condition),
        ..allow("TheService", &["sts:AssumeRole"], Vec::new())
    }])
}
