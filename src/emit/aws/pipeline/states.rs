//! Amazon States Language as values: only what the machines here are made of. Source: the language's specification at
//! states-language.net, query language `JSONPath`.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Machine {
    pub comment: String,
    pub start_at: &'static str,
    pub states: States,
}

pub(super) type States = IndexMap<&'static str, State>;

#[allow(clippy::large_enum_variant, reason = "a machine has a few dozen states")]
#[derive(Serialize)]
#[serde(tag = "Type")]
pub(super) enum State {
    Task(Task),
    Pass(Pass),
    Choice(Choice),
    Wait(Wait),
    Map(Box<Map>),
    Fail(Fail),
    Succeed {},
}

/// A call of a service.
#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Task {
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Value>,
    parameters: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_selector: Option<Value>,
    result_path: ResultPath,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retry: Vec<Retry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    catch: Vec<Catch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    end: bool,
}

/// Where a result goes in the state's input; nowhere is `null`.
#[derive(Serialize, Default)]
#[serde(untagged)]
enum ResultPath {
    #[default]
    Nowhere,
    At(&'static str),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Pass {
    pub parameters: Value,
    pub result_path: &'static str,
    pub next: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Choice {
    pub choices: Vec<Value>,
    pub default: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wait {
    pub seconds: u32,
    pub next: &'static str,
}

/// One machine for each of a list, so many at once.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Map {
    pub items_path: &'static str,
    pub item_selector: Value,
    pub max_concurrency: u32,
    pub item_processor: Processor,
    pub result_path: Option<&'static str>,
    pub catch: Vec<Catch>,
    pub next: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Processor {
    #[serde(rename = "ProcessorConfig")]
    pub config: Value,
    pub start_at: &'static str,
    pub states: States,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Fail {
    pub error: &'static str,
    #[serde(flatten)]
    pub why: Why,
}

#[derive(Serialize)]
pub(super) enum Why {
    #[serde(rename = "Cause")]
    Said(&'static str),
    #[serde(rename = "CausePath")]
    At(&'static str),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Retry {
    error_equals: Vec<&'static str>,
    interval_seconds: u32,
    max_attempts: u32,
    backoff_rate: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Catch {
    error_equals: Vec<&'static str>,
    result_path: &'static str,
    next: &'static str,
}

/// Whatever goes wrong.
const ALL: &str = "States.ALL";

impl Catch {
    pub fn all(at: &'static str, next: &'static str) -> Self {
        Self::of(ALL, at, next)
    }

    pub fn of(error: &'static str, at: &'static str, next: &'static str) -> Self {
        Self { error_equals: vec![error], result_path: at, next }
    }
}

impl Task {
    pub fn new(resource: String, parameters: Value) -> Self {
        Self { resource, parameters, ..Self::default() }
    }

    /// In another account, by a role of it.
    pub fn by(mut self, role: Option<String>) -> Self {
        self.credentials = role.map(|role| serde_json::json!({ "RoleArn": role }));
        self
    }

    /// Of the result, what `selector` says, at `path`.
    pub fn keep(mut self, path: &'static str, selector: Value) -> Self {
        self.result_selector = Some(selector);
        self.result_path = ResultPath::At(path);
        self
    }

    /// No use in trying again after this.
    pub fn never_again(mut self, error: &'static str) -> Self {
        self.retry.push(Retry { error_equals: vec![error], interval_seconds: 1, max_attempts: 0, backoff_rate: 1.0 });
        self
    }

    pub fn again(mut self, times: u32, seconds: u32) -> Self {
        let retry =
            Retry { error_equals: vec![ALL], interval_seconds: seconds, max_attempts: times, backoff_rate: 1.5 };
        self.retry.push(retry);
        self
    }

    pub fn catch(mut self, catch: Catch) -> Self {
        self.catch.push(catch);
        self
    }

    pub fn next(mut self, next: &'static str) -> State {
        self.next = Some(next);
        State::Task(self)
    }

    pub fn end(mut self) -> State {
        self.end = true;
        State::Task(self)
    }
}
