//! What runs psql, and what starts the machines: task definitions, a schedule, rules. Each is what the service's command
//! line takes as `--cli-input-json`.

use super::machines::{CLEANUP, EXPORT};
use crate::project::pipeline::{Arn, Pipeline, Side, Tasks};
use serde_json::{Value, json};

/// The container's name within its task.
pub(super) const CONTAINER: &str = "psql";

/// psql with its login, and the mask key where masks read one. The values of secrets reach the container's environment from
/// the service; they are in no definition, no input and no history.
pub(super) fn definition(pipeline: &Pipeline, side: &Side, tasks: &Tasks, what: &str, key: Option<&Arn>) -> Value {
    let secret = |name: &str, field: &str| json!({ "name": name, "valueFrom": format!("{}:{field}::", side.login) });
    let mut secrets = vec![secret("PGUSER", "username"), secret("PGPASSWORD", "password")];
    secrets.extend(key.map(|key| json!({ "name": "NOREN_MASK_KEY", "valueFrom": key.to_string() })));
    let execution = pipeline.role(side, &format!("{what}-task")).to_string();
    json!({
        "family": format!("{}-{what}", pipeline.name),
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": execution,
        "containerDefinitions": [{
            "name": CONTAINER,
            "image": tasks.image,
            "essential": true,
            "environment": [
                { "name": "PGDATABASE", "value": side.database },
                { "name": "PGSSLMODE", "value": "require" },
            ],
            "secrets": secrets,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": group(pipeline),
                    "awslogs-region": side.cluster.region,
                    "awslogs-stream-prefix": what,
                },
            },
        }],
    })
}

/// The group of logs of both sides' tasks.
pub(super) fn group(pipeline: &Pipeline) -> String {
    format!("/noren/{}", pipeline.name)
}

/// When the source's machine runs.
pub(super) fn schedule(pipeline: &Pipeline, when: &str) -> Value {
    let side = &pipeline.source;
    json!({
        "Name": pipeline.name,
        "ScheduleExpression": when,
        "ScheduleExpressionTimezone": pipeline.timezone,
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": {
            "Arn": pipeline.machine(side, EXPORT).to_string(),
            "RoleArn": pipeline.role(side, "export-events").to_string(),
            // A run that could not be started is not started later beside the next one.
            "RetryPolicy": { "MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 900 },
            "Input": "{}",
        },
    })
}

/// What an execution that did not end well leaves behind is taken away by the other machine: no `Catch` runs in one that is
/// stopped.
pub(super) fn rule(pipeline: &Pipeline, side: &Side, what: &str) -> Value {
    json!({
        "Name": rule_name(pipeline, what),
        "EventPattern": json!({
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {
                "status": ["ABORTED", "FAILED", "TIMED_OUT"],
                "stateMachineArn": [pipeline.machine(side, what).to_string()],
            },
        })
        .to_string(),
    })
}

/// The rule's target.
pub(super) fn rule_targets(pipeline: &Pipeline, side: &Side, what: &str) -> Value {
    json!({
        "Rule": rule_name(pipeline, what),
        "Targets": [{
            "Id": "cleanup",
            "Arn": pipeline.machine(side, &cleanup(what)).to_string(),
            "RoleArn": pipeline.role(side, &format!("{what}-events")).to_string(),
        }],
    })
}

/// The machine that takes away what another left; the two sides may be of one account.
pub(super) fn cleanup(what: &str) -> String {
    format!("{what}-{CLEANUP}")
}

fn rule_name(pipeline: &Pipeline, what: &str) -> String {
    format!("{}-{what}-ended", pipeline.name)
}
