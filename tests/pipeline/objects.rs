//! What a server of S3 sees of a pipeline, and what becomes of a run that it refuses.

use serde_json::{Value, json};

use super::run::{Run, TWO};
use super::services::installed;
use crate::aws_s3::{self, KMS_KEY, SERVICE};
use crate::end_to_end::harness::{self, KEY};
use crate::support;

/// Everything is encrypted with the project's key, the manifest comes last, nothing is read before it, and the mask key is
/// in no request.
#[track_caller]
pub fn are_those_of_a_whole_run(run: &Run) {
    let bucket = run.roles.cloud.bucket();
    let objects = bucket.objects();
    assert!(objects.len() > 20, "{:?}", objects.keys());
    for (key, object) in &objects {
        assert_eq!(object.encryption, ["aws:kms", KMS_KEY], "{key}");
    }
    let requests = bucket.requests_of_clusters();
    let puts = requests.iter().take_while(|request| request.method == "PUT").count();
    assert_eq!(puts, objects.len(), "each object is written once, and before anything is read");
    assert!(requests[puts - 1].path.ends_with("/manifest.csv"), "{}", requests[puts - 1].path);
    assert!(requests[puts..].iter().all(|request| request.method == "GET"));
    assert_eq!(requests.len() - puts, objects.len(), "each object is read once");
    for request in &requests {
        assert_eq!(request.status, "200", "{}", request.path);
        let text = format!("{}{}", request.path, request.rest);
        assert!(!text.contains(KEY) && !text.contains(&aws_s3::key_in_hex()), "{}", request.path);
        // Each side by the role of its own cluster.
        let side = if request.method == "PUT" { "source" } else { "target" };
        assert!(text.contains(&format!("Credential={}/", bucket.access_key(side))), "{}", request.path);
    }
    assert!(requests.iter().any(|request| request.rest.contains("@masked.example")), "bodies are looked at");
}

/// A bucket or an object that is not there, a role that may not, and a second object of one export.
#[test]
fn what_s3_refuses_fails_the_run_and_changes_nothing() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    let run = Run::new(server, TWO, "", SERVICE);
    let bucket = run.roles.cloud.bucket();
    let before = aws_s3::state(&run.target);
    let fails = |more: &Value, error: &str, said: &str| {
        let done = run.fails(more, error, said);
        Run::no_clone(&done);
        assert_eq!(harness::difference(&before, &aws_s3::state(&run.target)), Vec::<String>::new(), "{said}");
        assert_eq!(run.source.value("SELECT count(*) FROM noren_run.manifest"), "0");
    };
    let manifests = || run.roles.cloud.keys().iter().filter(|key| key.ends_with("manifest.csv")).count();

    bucket.remove();
    fails(&json!({}), "Noren.ExportFailed", "NoSuchBucket");
    bucket.make();
    bucket.policy("source", |policy| policy.replace("/nightly/*", "/elsewhere/*"));
    fails(&json!({}), "Noren.ExportFailed", "AccessDenied");
    assert!(bucket.keys().is_empty());
    bucket.policy("source", |policy| policy);

    let part_bytes = |bytes: u64| {
        run.source.sql(&format!(
            "SELECT format('ALTER DATABASE %I SET emulation.part_bytes = {bytes}', current_database()) \\gexec"
        ));
    };
    part_bytes(5_000);
    fails(&json!({}), "Noren.ExportFailed", "expected_one_object_a_part");
    assert!(bucket.keys().iter().any(|key| key.ends_with("_part2")));
    assert_eq!(manifests(), 0);
    part_bytes(SERVICE.part_bytes);

    bucket.policy("target", |policy| policy.replace("s3:GetObject", "s3:GetObjectAcl"));
    fails(&json!({ "run": "two" }), "Noren.ImportFailed", "HTTP 403");
    bucket.policy("target", |policy| policy);
    assert_eq!(manifests(), 1);
    let of_two = |key: &String| key.starts_with("nightly/two/") && key.contains("/public.people/");
    bucket.delete(&bucket.keys().into_iter().rfind(of_two).unwrap());
    let again = json!({ "run": "three", "machine": "import", "input": { "run": "two" } });
    fails(&again, "Noren.ImportFailed", "HTTP 404");

    run.succeeds(&json!({ "run": "four" }));
    assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
}
