//! `[export.NAME.pipeline]`: where the workflow of an export to S3 runs.
//!
//! Its values become names of resources and rights on them, so each is held to the form that the service has for it.
//! An environment says only what differs there: tables of it are laid over the project's, key by key.

use super::{Reader, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::project::AwsS3;
use crate::project::pipeline::{Arn, Pipeline, Runner, Side, Target, Tasks};
use crate::source::{Span, Spanned};
use std::collections::BTreeMap;

/// The keys of the table itself, of `source` and of `target`.
const KEYS: [&str; 7] = ["name", "schedule", "timezone", "tasks", "concurrency", "mask_key", "tenant"];
const SIDE: [&str; 7] = ["cluster", "database", "login", "ecs", "image", "subnets", "security_groups"];
const OF_SOURCE: [&str; 3] = ["runner", "instance_class", "subnet_group"];
const OF_TARGET: [&str; 1] = ["parameter_group"];

/// What was written, by `key`, `source.key` and `target.key`; a text is a list of one.
pub(in crate::project) type Written = BTreeMap<String, Vec<Spanned<String>>>;

impl Reader {
    /// The table's texts laid over what was written before; nothing where there is no such table anywhere.
    pub(super) fn pipeline_texts(&mut self, export: &Table<'_>, before: Option<&Written>) -> Option<Written> {
        let own = self.table(export, "pipeline");
        let mut written = match (&own, before) {
            (None, None) => return None,
            (_, before) => before.cloned().unwrap_or_default(),
        };
        let Some(table) = own else { return Some(written) };
        self.known_keys(&table, &[KEYS.as_slice(), &["source", "target"]].concat());
        self.lay(&table, &KEYS, "", &mut written);
        for (side, more) in [("source", OF_SOURCE.as_slice()), ("target", OF_TARGET.as_slice())] {
            if let Some(table) = self.table(&table, side) {
                let keys = [SIDE.as_slice(), more].concat();
                self.known_keys(&table, &keys);
                self.lay(&table, &keys, &format!("{side}."), &mut written);
            }
        }
        Some(written)
    }

    fn lay(&mut self, table: &Table<'_>, keys: &[&str], prefix: &str, written: &mut Written) {
        for key in keys {
            let number = ["tasks", "concurrency"].contains(key);
            let texts = if number { self.number(table, key).map(|text| vec![text]) } else { self.texts(table, key) };
            written.extend(texts.map(|texts| (format!("{prefix}{key}"), texts)));
        }
    }

    /// The workflow, or `None` after something was said of it. `export` is the export's name.
    pub(super) fn pipeline(&mut self, span: Span, export: &str, place: &AwsS3, written: &Written) -> Option<Pipeline> {
        let mut form = Form { reader: self, span, region: &place.region, written };
        let imported = written.keys().any(|key| key.starts_with("target."));
        let source = form.side("source", None);
        let data_api = form.one("source.runner", is_runner, "`ecs` or `data_api`", Some("ecs"))? == "data_api";
        let runner = if data_api { Some(Runner::DataApi) } else { form.tasks("source", None).map(Runner::Ecs) };
        if data_api && place.chunk.is_none() {
            form.lacks_chunk(export);
        }
        let target = if imported { form.target(source.as_ref(), runner.as_ref()).map(Some) } else { Some(None) };
        let usual = format!("noren-{export}");
        let name = form.one("name", is_name, "up to 40 of a to z, 0 to 9 and `-`, a letter first", Some(&usual));
        let when = |text: &str| text.is_empty() || is_schedule(text);
        let schedule = form.maybe("schedule", when, "as in `cron(0 18 * * ? *)` or `rate(1 day)`, or empty for none");
        let timezone = form.one("timezone", is_plain, "as in `Asia/Tokyo`", Some("UTC"));
        let tasks = form.count("tasks", 1000, 8);
        let concurrency = form.count("concurrency", 40, 4);
        let mask_key = form.maybe("mask_key", |text| is_arn(text, "secretsmanager", "secret:"), SECRET);
        let tenant = form.maybe("tenant", |text| !text.is_empty(), "the key of a tenant");
        let class = form.one(
            "source.instance_class",
            |class| is_class(class) && !(data_api && class.starts_with("db.t")),
            if data_api { "as in `db.r6g.large`; the Data API knows no `db.t…`" } else { "as in `db.r6g.large`" },
            Some("db.r6g.large"),
        );
        let subnet_group = form.one("source.subnet_group", is_plain, "the name of a group of subnets of RDS", None);
        let group = form.maybe(
            "target.parameter_group",
            is_own_group,
            "the name of a cluster's parameter group of its own: nobody may change the default ones",
        );
        Some(Pipeline {
            name: name?,
            // An environment takes a schedule away by an empty one.
            schedule: schedule?.filter(|schedule| !schedule.is_empty()),
            timezone: timezone?,
            tasks: tasks?,
            concurrency: concurrency?,
            mask_key: mask_key?.as_deref().and_then(Arn::parse),
            tenant: tenant?,
            source: source?,
            runner: runner?,
            target: target?,
            instance_class: class?,
            subnet_group: subnet_group?,
            parameter_group: group?,
        })
    }
}

const SECRET: &str = "as in `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`, in the region of the bucket";

/// Reads single values and says what is wrong with them.
struct Form<'a> {
    reader: &'a mut Reader,
    span: Span,
    region: &'a str,
    written: &'a Written,
}

impl Form<'_> {
    /// What the copy does not say is the source's, where both are of one account.
    fn target(&mut self, source: Option<&Side>, runner: Option<&Runner>) -> Option<Target> {
        let side = self.side("target", source)?;
        let same = source.is_some_and(|source| source.cluster.account == side.cluster.account);
        let usual = match runner {
            Some(Runner::Ecs(tasks)) if same => Some(tasks),
            _ => None,
        };
        let tasks = self.tasks("target", usual)?;
        Some(Target { side, tasks })
    }

    fn side(&mut self, side: &str, other: Option<&Side>) -> Option<Side> {
        let key = |key: &str| format!("{side}.{key}");
        let cluster =
            self.arn(&key("cluster"), "rds", "cluster:", "as in `arn:aws:rds:REGION:ACCOUNT:cluster:NAME`", None)?;
        let same = other.filter(|other| other.cluster.account == cluster.account);
        let database = self.one(
            &key("database"),
            |text| !text.is_empty(),
            "the database's name",
            other.map(|side| side.database.as_str()),
        );
        let login = self.arn(&key("login"), "secretsmanager", "secret:", SECRET, None);
        let groups = self.many(&key("security_groups"), "sg-", same.map(|side| &side.security_groups));
        Some(Side { cluster, database: database?, login: login?, security_groups: groups? })
    }

    fn tasks(&mut self, side: &str, usual: Option<&Tasks>) -> Option<Tasks> {
        let key = |key: &str| format!("{side}.{key}");
        let cluster = usual.map(|tasks| tasks.ecs.to_string());
        let ecs = self.arn(
            &key("ecs"),
            "ecs",
            "cluster/",
            "as in `arn:aws:ecs:REGION:ACCOUNT:cluster/NAME`",
            cluster.as_deref(),
        );
        let image = self.one(
            &key("image"),
            is_image,
            "as in `ACCOUNT.dkr.ecr.REGION.amazonaws.com/noren:1`",
            usual.map(|tasks| tasks.image.as_str()),
        );
        let subnets = self.many(&key("subnets"), "subnet-", usual.map(|tasks| &tasks.subnets));
        Some(Tasks { ecs: ecs?, image: image?, subnets: subnets? })
    }

    /// A table that leaves at once takes as long as it is large.
    fn lacks_chunk(&mut self, export: &str) {
        self.reader.found.push(
            Diagnostic::new(codes::N0905, format!("expected `export.{export}.chunk`, found no such key"))
                .at(self.span, "`runner = \"data_api\"` needs pieces")
                .note("a call of the Data API is given 45 seconds, and exports a piece of a table")
                .help("say in the project's own table how large one is: chunk = \"256MB\""),
        );
    }

    /// `Some(None)` where nothing was written.
    #[allow(clippy::option_option, reason = "an error, nothing, and a text are three things")]
    fn maybe(&mut self, key: &str, fits: impl Fn(&str) -> bool, label: &str) -> Option<Option<String>> {
        match self.written.get(key).map(Vec::as_slice) {
            None => Some(None),
            Some([text]) if fits(&text.value) => Some(Some(text.value.clone())),
            Some(texts) => {
                self.refuse(key, texts, label);
                None
            }
        }
    }

    fn one(&mut self, key: &str, fits: impl Fn(&str) -> bool, label: &str, usual: Option<&str>) -> Option<String> {
        if let Some(text) = self.maybe(key, &fits, label)? {
            return Some(text);
        }
        let usual = usual.filter(|usual| fits(usual)).map(str::to_owned);
        if usual.is_none() {
            self.lacks(key, label);
        }
        usual
    }

    fn many(&mut self, key: &str, prefix: &str, usual: Option<&Vec<String>>) -> Option<Vec<String>> {
        let label = format!("an array of names as in `{prefix}0123456789abcdef0`");
        let Some(texts) = self.written.get(key) else {
            if usual.is_none() {
                self.lacks(key, &label);
            }
            return usual.cloned();
        };
        let fits = |text: &Spanned<String>| {
            let rest = text.value.strip_prefix(prefix).unwrap_or_default();
            !rest.is_empty() && rest.bytes().all(|letter| letter.is_ascii_alphanumeric())
        };
        if texts.is_empty() || !texts.iter().all(fits) {
            self.refuse(key, texts, &label);
            return None;
        }
        Some(texts.iter().map(|text| text.value.clone()).collect())
    }

    fn arn(&mut self, key: &str, service: &str, kind: &str, label: &str, usual: Option<&str>) -> Option<Arn> {
        let region = self.region.to_owned();
        let fits = |text: &str| is_arn(text, service, kind) && Arn::parse(text).is_some_and(|arn| arn.region == region);
        self.one(key, fits, &format!("{label}, in the region of the bucket"), usual).as_deref().and_then(Arn::parse)
    }

    fn count(&mut self, key: &str, most: u32, usual: u32) -> Option<u32> {
        let label = format!("a whole number from 1 to {most}");
        let fits = |text: &str| text.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number));
        self.one(key, fits, &label, Some(&usual.to_string()))?.parse().ok()
    }

    fn lacks(&mut self, key: &str, label: &str) {
        self.reader.found.push(
            Diagnostic::new(codes::N0905, format!("expected `pipeline.{key}`, found no such key"))
                .at(self.span, "the workflow of this export lacks it")
                .note("a guess could name a database that nobody meant")
                .help(format!("say it: {label}")),
        );
    }

    fn refuse(&mut self, key: &str, texts: &[Spanned<String>], label: &str) {
        let written: Vec<&str> = texts.iter().map(|text| text.value.as_str()).collect();
        self.reader.found.push(
            Diagnostic::new(
                codes::N0906,
                format!("expected another value for `pipeline.{key}`, found `{}`", written.join("`, `")),
            )
            .at(texts.first().map_or(self.span, |text| text.span), "of another form")
            .note("it becomes the name of something that rights are given on")
            .help(format!("write it {label}")),
        );
    }
}

/// Names of roles begin with it and are at most 64 letters.
fn is_name(name: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    name.len() <= 40 && name.bytes().all(plain) && name.bytes().next().is_some_and(|letter| letter.is_ascii_lowercase())
}

fn is_arn(text: &str, service: &str, kind: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| {
        let name = arn.resource.strip_prefix(kind).unwrap_or_default();
        arn.service == service && !name.is_empty() && !name.contains([':', '*'])
    })
}

fn is_schedule(text: &str) -> bool {
    ["cron(", "rate(", "at("].iter().any(|kind| text.starts_with(kind)) && text.ends_with(')')
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_./+-".contains(&letter))
}

fn is_image(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_./:@-".contains(&letter))
}

fn is_class(text: &str) -> bool {
    text.starts_with("db.") && is_plain(text)
}

fn is_runner(text: &str) -> bool {
    ["ecs", "data_api"].contains(&text)
}

fn is_own_group(text: &str) -> bool {
    is_plain(text) && !text.starts_with("default.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_service_s_form() {
        assert!(is_name("noren-developers") && !is_name("Noren") && !is_name("1a") && !is_name("a_b") && !is_name(""));
        assert!(is_schedule("cron(0 18 * * ? *)") && !is_schedule("0 18 * * *"));
        assert!(is_own_group("copy-15") && !is_own_group("default.aurora-postgresql15"));
        let cluster = "arn:aws:rds:us-east-1:111122223333:cluster:production";
        assert!(is_arn(cluster, "rds", "cluster:") && !is_arn(cluster, "ecs", "cluster/"));
        assert!(!is_arn("arn:aws:rds:us-east-1:111122223333:cluster:", "rds", "cluster:"));
        assert!(!is_arn("arn:aws:rds:us-east-1:111122223333:cluster:*", "rds", "cluster:"));
    }
}
