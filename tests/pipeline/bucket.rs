//! A bucket of the tests' own S3 server, with the roles of both clusters.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::services::S3;

/// What the server knows of an object.
pub struct Object {
    pub text: String,
    /// `aws:kms`, and the key.
    pub encryption: [String; 2],
}

/// A request that the server got, in the words of HTTP.
pub struct Request {
    pub method: String,
    pub path: String,
    pub status: String,
    /// Query, headers and body.
    pub rest: String,
}

/// In the account of the source, with a name that no other test has.
pub struct Bucket {
    name: String,
    account: String,
    /// The folder of the pipeline's files.
    pipeline: PathBuf,
    /// What `s3.sql` has to be told in a database of each side.
    sides: Value,
}

impl Bucket {
    /// The roles have the policies of the pipeline's files, which name the bucket.
    pub fn put_up(name: &str, [source, target]: [&str; 2], pipeline: PathBuf) -> Self {
        let (name, account) = (name.to_owned(), source.to_owned());
        let mut bucket = Self { name, account, pipeline, sides: Value::Null };
        bucket.make();
        let role = |side: &str, account: &str| {
            let policy: Value = serde_json::from_str(&bucket.file(side)).unwrap();
            bucket.ask("role", &json!({ "account": account, "side": side, "policy": policy }))
        };
        bucket.sides = json!({ "source": role("source", source), "target": role("target", target) });
        bucket
    }

    fn file(&self, side: &str) -> String {
        let name = if side == "source" { "source/s3-export" } else { "target/s3-import" };
        std::fs::read_to_string(self.pipeline.join(format!("{name}.policy.json"))).unwrap()
    }

    pub fn make(&self) {
        self.ask("make", &json!({}));
    }

    /// Only an empty one can be.
    pub fn remove(&self) {
        self.ask("remove", &json!({}));
    }

    /// Of the role of a side.
    pub fn access_key(&self, side: &str) -> &str {
        self.sides[side]["login"].as_str().unwrap().split(':').next().unwrap()
    }

    /// Settings for the database that plays the cluster of a side.
    pub fn settings(&self, side: &str) -> String {
        let mut sql = String::new();
        for (name, value) in self.sides[side].as_object().unwrap() {
            let value = value.as_str().unwrap();
            writeln!(
                sql,
                "SELECT format('ALTER DATABASE %I SET emulation.{name} = %L', current_database(), '{value}') \\gexec"
            )
            .unwrap();
        }
        sql
    }

    /// What the server lists.
    pub fn keys(&self) -> Vec<String> {
        let listed = self.ask("listed", &json!({}));
        listed["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect()
    }

    /// What it lists, and what it knows of each object.
    pub fn objects(&self) -> BTreeMap<String, Object> {
        let found = self.ask("objects", &json!({}));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let object =
            |object: &Value| Object { text: text(&object[0]), encryption: [text(&object[1]), text(&object[2])] };
        found["objects"].as_object().unwrap().iter().map(|(key, found)| (key.clone(), object(found))).collect()
    }

    pub fn delete(&self, key: &str) {
        self.ask("delete", &json!({ "key": key }));
    }

    /// Gives a side's role what is made of the file's policy.
    pub fn policy(&self, side: &str, change: impl FnOnce(String) -> String) {
        let policy: Value = serde_json::from_str(&change(self.file(side))).unwrap();
        self.ask("policy", &json!({ "side": side, "policy": policy }));
    }

    /// Everything that the clusters asked for below this bucket, in its order.
    pub fn requests_of_clusters(&self) -> Vec<Request> {
        let asked = self.ask("requests", &json!({}));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let request = |one: &Value| Request {
            method: text(&one[0]),
            path: text(&one[1]),
            status: text(&one[2]),
            rest: text(&one[3]),
        };
        let all = asked["requests"].as_array().unwrap().iter().map(request);
        let keys = ["source", "target"].map(|side| format!("Credential={}/", self.access_key(side)));
        all.filter(|request| keys.iter().any(|key| request.rest.contains(key))).collect()
    }

    fn ask(&self, what: &str, more: &Value) -> Value {
        let mut request = json!({ "do": what, "bucket": self.name, "account": self.account });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        S3.ask(&request)
    }
}
