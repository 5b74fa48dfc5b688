//! The state machines.
//!
//! The source's clones the cluster, deals the tables and their pieces out to tasks that run psql, drops the clone whatever
//! happened, and starts the copy's. The copy's imports; where the strategy changes the cluster's parameter group, it is
//! put back whatever happened. An execution that is stopped or runs into a limit runs no `Catch`, so the machines
//! that a rule starts then do the same from outside: what they have to find is named by the execution.

use super::data_api;
use super::states::{Catch, Choice, Fail, Machine, Map, Pass, Processor, State, States, Task, Wait, Why};
use crate::project::AwsS3;
use crate::project::pipeline::{Arn, Pipeline, Runner, Side, Target, Tasks};
use serde_json::{Value, json};

/// Names of the machines, of their roles and of task definitions, after the pipeline's own.
pub(super) const EXPORT: &str = "export";
pub(super) const IMPORT: &str = "import";
pub(super) const CLEANUP: &str = "cleanup";
pub(super) const STARTER: &str = "starter";
pub(super) const STORAGE_OUT: &str = "s3-export";
pub(super) const STORAGE_IN: &str = "s3-import";

/// What a clone and its instance are called begins so; rights are given on nothing else.
pub(super) const CLONES: &str = "noren-";

/// 60 times 30 seconds.
const PATIENCE: u32 = 60;
/// Error names of the SDK for Java, which the service uses. Were one called otherwise, a run that failed before it had a
/// clone would end in another failed state, and no other run would differ.
const NO_INSTANCE: &str = "Rds.DbInstanceNotFoundException";
const NO_CLUSTER: &str = "Rds.DbClusterNotFoundException";

/// Files within the image, as psql's `-f` names them.
pub(super) struct Files {
    /// The folder of `begin.sql`, `share.sql`, `end.sql` and `role.sql`.
    pub pipeline: String,
    /// `import.sql`
    pub import: String,
    /// `after.sql`
    pub after: String,
}

pub(super) struct Machines<'a> {
    pub pipeline: &'a Pipeline,
    pub place: &'a AwsS3,
    pub files: Files,
    /// What the Data API's calls name their statements by.
    pub program: [(&'static str, &'a str); 2],
    /// The one tenant whose rows leave.
    pub tenant: Option<&'a str>,
    /// The copy's parameter group, where the strategy changes it.
    pub group: Option<&'a str>,
}

/// The steps of an export, by whichever runner.
struct Steps {
    begin: Task,
    /// Of one share, from `Share` on.
    share: States,
    end: Task,
}

impl Machines<'_> {
    /// Clone, export, drop the clone; then the copy's machine.
    pub fn export(&self) -> Machine {
        let mut states = States::new();
        self.clone(&mut states);
        self.shares(&mut states);
        self.drop_clone(&mut states, "IsExported");
        let next = if self.pipeline.target.is_some() { "StartImport" } else { "Done" };
        states.insert("IsExported", choice(vec![present("$.error", "Failed")], next));
        if let Some(target) = &self.pipeline.target {
            self.hand_over(&mut states, &target.side);
        }
        states.insert("Failed", fail("Noren.ExportFailed", "$.error.Cause"));
        states.insert("Done", State::Succeed {});
        let comment = "clone, masked export in parallel, drop the clone on every way out, start the import".to_owned();
        Machine { comment, start_at: "Names", states }
    }

    fn clone(&self, states: &mut States) {
        let Pipeline { source, name, subnet_group, instance_class, .. } = self.pipeline;
        let clone = json!({
            "run.$": "$$.Execution.Name",
            "attempt.$": "States.UUID()",
            "clone.$": format!("States.Format('{CLONES}{{}}', States.Hash($$.Execution.Id, 'SHA-1'))"),
            "waited": { "times": 0 },
            "handover": { "run.$": "$$.Execution.Name" },
        });
        states.insert("Names", pass(clone, "$", "Instances"));
        // An instance is named after its cluster; what the intrinsic functions take has to be there first.
        let instance = json!({ "name.$": "States.Format('{}-1', $.clone)" });
        states.insert("Instances", pass(instance, "$.instance", "Clone"));
        let clone = self.sdk(
            "rds:restoreDBClusterToPointInTime",
            json!({
                "DbClusterIdentifier.$": "$.clone",
                "SourceDBClusterIdentifier": source.cluster.name(),
                "RestoreType": "copy-on-write",
                "UseLatestRestorableTime": true,
                "DbSubnetGroupName": subnet_group,
                "VpcSecurityGroupIds": source.security_groups,
                "Tags": [{ "Key": "noren", "Value": name }],
            }),
        );
        states.insert("Clone", clone.catch(dropping()).next("CloneInstance"));
        let instance = self.sdk(
            "rds:createDBInstance",
            json!({
                "DbInstanceIdentifier.$": "$.instance.name",
                "DbClusterIdentifier.$": "$.clone",
                "DbInstanceClass": instance_class,
                "Engine": "aurora-postgresql",
                "Tags": [{ "Key": "noren", "Value": name }],
            }),
        );
        states.insert("CloneInstance", instance.again(3, 30).catch(dropping()).next("LookAtClone"));
        let look = self.sdk("rds:describeDBInstances", json!({ "DbInstanceIdentifier.$": "$.instance.name" }));
        let look = look.keep("$.found", json!({ "instance.$": "$.DbInstances[0]" }));
        states.insert("LookAtClone", look.again(3, 30).catch(dropping()).next("IsCloneReady"));
        let ready = json!({ "Variable": "$.found.instance.DbInstanceStatus", "StringEquals": "available", "Next": "AttachRole" });
        let late = json!({ "Variable": "$.waited.times", "NumericGreaterThanEquals": PATIENCE, "Next": "CloneIsLate" });
        states.insert("IsCloneReady", choice(vec![ready, late], "WaitForClone"));
        states.insert("WaitForClone", State::Wait(Wait { seconds: 30, next: "CountWaits" }));
        states.insert(
            "CountWaits",
            pass(json!({ "times.$": "States.MathAdd($.waited.times, 1)" }), "$.waited", "LookAtClone"),
        );
        let late = json!({ "Error": "Noren.CloneIsLate", "Cause": "the clone's instance was not available in time" });
        states.insert("CloneIsLate", pass(late, "$.error", "DropInstance"));
        // Whether a clone has its source's role is not documented. If it is missing and cannot be attached, the first
        // export says so.
        let role = json!({
            "DbClusterIdentifier.$": "$.clone",
            "RoleArn": self.pipeline.role(source, STORAGE_OUT).to_string(),
            "FeatureName": "s3Export",
        });
        let attach = self.sdk("rds:addRoleToDBCluster", role);
        states.insert("AttachRole", attach.catch(Catch::all("$.attached", "CloneAddress")).next("CloneAddress"));
        states.insert(
            "CloneAddress",
            self.address(json!({ "DbClusterIdentifier.$": "$.clone" })).catch(dropping()).next(
                match self.pipeline.runner {
                    Runner::Ecs(_) => "Begin",
                    Runner::DataApi => "OpenDataApi",
                },
            ),
        );
    }

    fn shares(&self, states: &mut States) {
        let Pipeline { source, runner, tasks, concurrency, .. } = self.pipeline;
        let Steps { begin, share, end } = match runner {
            Runner::Ecs(tasks) => self.by_tasks(source, tasks),
            Runner::DataApi => {
                // A clone has no such interface of itself.
                let open =
                    self.sdk("rds:enableHttpEndpoint", json!({ "ResourceArn.$": "$.found.cluster.DbClusterArn" }));
                states.insert("OpenDataApi", open.again(3, 30).catch(dropping()).next("Begin"));
                self.by_calls(source)
            }
        };
        // Where psql finds the clone, or what the Data API calls it.
        let (place, of_clone) = match runner {
            Runner::Ecs(_) => ("host.$", "$.found.cluster.Endpoint"),
            Runner::DataApi => ("cluster.$", "$.found.cluster.DbClusterArn"),
        };
        let numbers = json!({ "all.$": format!("States.ArrayRange(0, {}, 1)", tasks - 1) });
        states.insert("Begin", begin.catch(dropping()).next("Numbers"));
        states.insert("Numbers", pass(numbers, "$.shares", "Shares"));
        let map = Map {
            items_path: "$.shares.all",
            item_selector: json!({
                "share.$": "$$.Map.Item.Value",
                "run.$": "$.run",
                "attempt.$": "$.attempt",
                place: of_clone,
            }),
            max_concurrency: *concurrency,
            item_processor: Processor { config: json!({ "Mode": "INLINE" }), start_at: "Share", states: share },
            result_path: None,
            catch: vec![dropping()],
            next: "End",
        };
        states.insert("Shares", State::Map(Box::new(map)));
        states.insert("End", end.catch(dropping()).next("DropInstance"));
    }

    /// psql with `begin.sql`, `share.sql` and `end.sql`.
    fn by_tasks(&self, source: &Side, tasks: &Tasks) -> Steps {
        let of_run = ["States.Format('run={}', $.run)", "States.Format('attempt={}', $.attempt)"];
        let file = |name: &str| format!("{}/{name}", self.files.pipeline);
        let tenant = self.tenant.map(|tenant| quoted(format!("tenant={tenant}")));
        let with = |more: Option<&str>| {
            let given = of_run.into_iter().map(str::to_owned).chain(more.map(str::to_owned)).chain(tenant.clone());
            given.collect::<Vec<_>>()
        };
        let task = |name: &str, more, host| self.task(source, tasks, EXPORT, &file(name), &with(more), host);
        let share = task("share.sql", Some("States.Format('share={}', $.share)"), "$.host");
        Steps {
            begin: task("begin.sql", None, "$.found.cluster.Endpoint").again(2, 60),
            share: States::from([("Share", share.again(3, 60).end())]),
            end: task("end.sql", None, "$.found.cluster.Endpoint").again(2, 60),
        }
    }

    /// A call exports what it has time for, and says whether that was all of its share.
    fn by_calls(&self, source: &Side) -> Steps {
        let Pipeline { tasks, .. } = self.pipeline;
        let call = |step: data_api::Step, cluster: &str| {
            self.sdk("rdsdata:executeStatement", step.parameters(source, cluster, self.program, self.place, *tasks))
        };
        let share = call(data_api::Step::Share, "$.cluster").keep("$.done", json!({ "field.$": "$.Records[0][0]" }));
        let all = json!({ "Variable": "$.done.field.BooleanValue", "BooleanEquals": true, "Next": "ShareIsDone" });
        Steps {
            begin: call(data_api::Step::Begin, "$.found.cluster.DbClusterArn").again(3, 60),
            share: States::from([
                ("Share", share.again(3, 60).next("IsShareDone")),
                ("IsShareDone", choice(vec![all], "Share")),
                ("ShareIsDone", State::Succeed {}),
            ]),
            end: call(data_api::Step::End, "$.found.cluster.DbClusterArn").again(2, 60),
        }
    }

    /// What is not there any more is no error. What cannot be dropped is one of its own, since it costs money every hour.
    fn drop_clone(&self, states: &mut States, next: &'static str) {
        let instance = json!({ "DbInstanceIdentifier.$": "$.instance.name", "SkipFinalSnapshot": true });
        let drop = self.sdk("rds:deleteDBInstance", instance).never_again(NO_INSTANCE).again(5, 60);
        let drop = drop.catch(Catch::all("$.undropped", "DropCluster"));
        states.insert("DropInstance", drop.next("DropCluster"));
        let cluster = json!({ "DbClusterIdentifier.$": "$.clone", "SkipFinalSnapshot": true });
        let drop = self.sdk("rds:deleteDBCluster", cluster).never_again(NO_CLUSTER).again(8, 60);
        let drop =
            drop.catch(Catch::of(NO_CLUSTER, "$.undropped", next)).catch(Catch::all("$.undropped", "CloneRemains"));
        states.insert("DropCluster", drop.next(next));
        states.insert("CloneRemains", fail("Noren.CloneRemains", "$.undropped.Cause"));
    }

    /// The copy's machine is called and asked by plain calls, which work into another account.
    fn hand_over(&self, states: &mut States, target: &Side) {
        let role = || self.pipeline.two_accounts().then(|| self.pipeline.role(target, STARTER).to_string());
        let start = json!({
            "StateMachineArn": self.pipeline.machine(target, IMPORT).to_string(),
            "Name.$": "$.run",
            "Input.$": "States.JsonToString($.handover)",
        });
        let start = self
            .sdk("sfn:startExecution", start)
            .by(role())
            .keep("$.import", json!({ "execution.$": "$.ExecutionArn" }));
        states.insert("StartImport", start.again(3, 30).next("LookAtImport"));
        let look = json!({ "ExecutionArn.$": "$.import.execution" });
        let look =
            self.sdk("sfn:describeExecution", look).by(role()).keep("$.imported", json!({ "status.$": "$.Status" }));
        states.insert("LookAtImport", look.again(5, 60).next("IsImported"));
        let when =
            |status: &str, next: &str| json!({ "Variable": "$.imported.status", "StringEquals": status, "Next": next });
        states.insert(
            "IsImported",
            choice(vec![when("SUCCEEDED", "Done"), when("RUNNING", "WaitForImport")], "ImportFailed"),
        );
        // Eight events a round: five minutes leave room for days in a history of 25,000.
        states.insert("WaitForImport", State::Wait(Wait { seconds: 300, next: "LookAtImport" }));
        states.insert("ImportFailed", fail("Noren.ImportFailed", "$.import.execution"));
    }

    /// Import and what comes after it.
    pub fn import(&self, target: &Target) -> Machine {
        let group = self.group;
        let mut states = States::new();
        let address = self.address(json!({ "DbClusterIdentifier": target.side.cluster.name() }));
        let first = if group.is_some() { "SetReplica" } else { "Import" };
        states.insert("CopyAddress", address.catch(Catch::all("$.error", "Failed")).next(first));
        let way_out = if group.is_some() { "SetOrigin" } else { "IsLoaded" };
        if let Some(group) = group {
            let set = self.parameter(group, "replica").again(3, 30);
            states.insert("SetReplica", set.catch(Catch::all("$.error", way_out)).next("ReplicaIsSeen"));
            let seen = self.role_is(target, "replica").again(20, 30);
            states.insert("ReplicaIsSeen", seen.catch(Catch::all("$.error", way_out)).next("Import"));
        }
        let run = ["States.Format('run={}', $.run)".to_owned()];
        let import = self.load(target, &self.files.import, &run);
        let import = exit_code(import.again(1, 60), "$.load");
        states.insert("Import", import.catch(Catch::all("$.error", way_out)).next(way_out));
        if let Some(group) = group {
            self.put_back(&mut states, target, group, "IsLoaded");
        }
        let loaded = [present("$.error", "Failed"), ended_well("$.load", "After")];
        states.insert("IsLoaded", choice(loaded.to_vec(), "FailedInside"));
        let after = self.load(target, &self.files.after, &[]);
        let after = exit_code(after, "$.load").catch(Catch::all("$.error", "Failed"));
        states.insert("After", after.next("IsDone"));
        states.insert("IsDone", choice(vec![ended_well("$.load", "Done")], "FailedInside"));
        states.insert("Failed", fail("Noren.ImportFailed", "$.error.Cause"));
        let inside = Why::Said("psql ended with an error: its log says which");
        states.insert("FailedInside", State::Fail(Fail { error: "Noren.ImportFailed", why: inside }));
        states.insert("Done", State::Succeed {});
        Machine { comment: "import of one run, and what comes after it".to_owned(), start_at: "CopyAddress", states }
    }

    fn put_back(&self, states: &mut States, target: &Target, group: &str, next: &'static str) {
        let left = || Catch::all("$.left", "StillReplica");
        states.insert("SetOrigin", self.parameter(group, "origin").again(8, 30).catch(left()).next("OriginIsSeen"));
        states.insert("OriginIsSeen", self.role_is(target, "origin").again(20, 30).catch(left()).next(next));
        states.insert("StillReplica", fail("Noren.StillReplica", "$.left.Cause"));
    }

    /// After an execution of the source's machine that ended otherwise than by itself.
    pub fn drop_left(&self) -> Machine {
        let mut states = States::new();
        let clone = format!("States.Format('{CLONES}{{}}', States.Hash($.detail.executionArn, 'SHA-1'))");
        states.insert("Names", pass(json!({ "clone.$": clone }), "$", "Instances"));
        states.insert(
            "Instances",
            pass(json!({ "name.$": "States.Format('{}-1', $.clone)" }), "$.instance", "DropInstance"),
        );
        self.drop_clone(&mut states, "Done");
        states.insert("Done", State::Succeed {});
        Machine { comment: "drops the clone of an execution that was stopped".to_owned(), start_at: "Names", states }
    }

    /// After an execution of the copy's machine that ended otherwise than by itself.
    pub fn put_back_left(&self, target: &Target, group: &str) -> Machine {
        let mut states = States::new();
        let address = self.address(json!({ "DbClusterIdentifier": target.side.cluster.name() }));
        states.insert("CopyAddress", address.again(8, 30).next("SetOrigin"));
        self.put_back(&mut states, target, group, "Done");
        states.insert("Done", State::Succeed {});
        let comment = "puts the parameter of an execution that was stopped back".to_owned();
        Machine { comment, start_at: "CopyAddress", states }
    }

    fn parameter(&self, group: &str, value: &str) -> Task {
        let parameter =
            json!({ "ParameterName": "session_replication_role", "ParameterValue": value, "ApplyMethod": "immediate" });
        let parameters = json!({ "DbClusterParameterGroupName": group, "Parameters": [parameter] });
        self.sdk("rds:modifyDBClusterParameterGroup", parameters)
    }

    /// The change reaches new sessions some time later.
    fn role_is(&self, target: &Target, value: &str) -> Task {
        let file = format!("{}/role.sql", self.files.pipeline);
        self.load(target, &file, &[quoted(format!("role={value}"))])
    }

    /// psql in the copy.
    fn load(&self, target: &Target, file: &str, variables: &[String]) -> Task {
        self.task(&target.side, &target.tasks, IMPORT, file, variables, "$.found.cluster.Endpoint")
    }

    fn address(&self, of: Value) -> Task {
        let look = self.sdk("rds:describeDBClusters", of).again(3, 30);
        look.keep("$.found", json!({ "cluster.$": "$.DbClusters[0]" }))
    }

    fn sdk(&self, action: &str, parameters: Value) -> Task {
        Task::new(format!("arn:{}:states:::aws-sdk:{action}", self.partition()), parameters)
    }

    /// psql with one file, in a container of its own.
    fn task(&self, side: &Side, tasks: &Tasks, what: &str, file: &str, variables: &[String], host: &str) -> Task {
        let mut words: Vec<String> = ["psql", "-X"].map(quoted).to_vec();
        words.extend(variables.iter().flat_map(|variable| [quoted("-v"), variable.clone()]));
        words.extend([quoted("-f"), quoted(file)]);
        let parameters = json!({
            "Cluster": tasks.ecs.to_string(),
            "TaskDefinition": format!("{}-{what}", self.pipeline.name),
            "LaunchType": "FARGATE",
            "NetworkConfiguration": { "AwsvpcConfiguration": {
                "Subnets": tasks.subnets,
                "SecurityGroups": side.security_groups,
                "AssignPublicIp": "DISABLED",
            } },
            "Overrides": { "ContainerOverrides": [{
                "Name": super::tasks::CONTAINER,
                "Command.$": format!("States.Array({})", words.join(", ")),
                "Environment": [{ "Name": "PGHOST", "Value.$": host }],
            }] },
        });
        Task::new(format!("arn:{}:states:::ecs:runTask.sync", self.partition()), parameters)
    }

    fn partition(&self) -> &str {
        let Arn { partition, .. } = &self.pipeline.source.cluster;
        partition
    }
}

/// Whether the service fails a state whose container did is not relied on.
fn exit_code(task: Task, at: &'static str) -> Task {
    task.keep(at, json!({ "container.$": "$.Containers[0]" }))
}

fn ended_well(at: &str, next: &str) -> Value {
    json!({ "Variable": format!("{at}.container.ExitCode"), "NumericEquals": 0, "Next": next })
}

/// A text of an intrinsic function.
fn quoted(text: impl AsRef<str>) -> String {
    let mut quoted = String::from("'");
    for letter in text.as_ref().chars() {
        if ['\'', '\\', '{', '}'].contains(&letter) {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted + "'"
}

fn dropping() -> Catch {
    Catch::all("$.error", "DropInstance")
}

fn pass(parameters: Value, result_path: &'static str, next: &'static str) -> State {
    State::Pass(Pass { parameters, result_path, next })
}

fn choice(choices: Vec<Value>, default: &'static str) -> State {
    State::Choice(Choice { choices, default })
}

fn present(path: &str, next: &str) -> Value {
    json!({ "Variable": path, "IsPresent": true, "Next": next })
}

fn fail(error: &'static str, cause_path: &'static str) -> State {
    State::Fail(Fail { error, why: Why::At(cause_path) })
}
