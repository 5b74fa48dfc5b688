//! A project: `noren.toml` and the files that it names, read into [`Sources`].
//!
//! Everything that the compiler looks at is read here, once, before it starts; what cannot be read is a finding at
//! the line of `noren.toml` that names it. Nothing outside of the project's folder is read, also not through a
//! link: a proposed change could otherwise make CI print any file of its machine.

#![allow(clippy::disallowed_methods, reason = "reading the project's files is this module's job")]

mod folder;
mod manifest;
pub mod pipeline;
mod read;

use crate::diagnostic::{Diagnostic, SchemaAllowance};
use crate::source::{SourceId, Sources, Span, Spanned};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The project file's name.
pub const MANIFEST: &str = "noren.toml";

/// Major versions of PostgreSQL that files may be written for.
pub const VERSIONS: RangeInclusive<u8> = 14..=18;

/// Versions of Aurora MySQL: 2 is MySQL 5.7, 3 is MySQL 8.0.
pub const MYSQL_VERSIONS: RangeInclusive<u8> = 2..=3;

/// Targets that `[export.NAME]` may name, each with its own keys.
const TARGETS: &[(&str, &[&str])] = &[
    ("psql", &["dir"]),
    ("aws_s3", &["bucket", "prefix", "region", "kms_key", "chunk"]),
    ("gcs", &["bucket", "prefix", "kms_key", "managed"]),
];

const STAGES: &[(&str, Stage)] = &[("off", Stage::Off), ("enabled", Stage::Enabled), ("forced", Stage::Forced)];

/// A project whose file is in order.
#[derive(Clone, Debug)]
pub struct Project {
    /// `project.name`
    pub name: String,
    /// Which server the files are for.
    pub engine: Engine,
    /// Its major version.
    pub version: u8,
    /// The schema files, in the order they are applied.
    pub schemas: Vec<SourceId>,
    /// Schemas in which an unqualified name is looked for, in order.
    pub search: Vec<String>,
    /// The policy files, sorted by path.
    pub policies: Vec<SourceId>,
    /// The dictionaries' files, sorted by path.
    pub dictionaries: Vec<SourceId>,
    /// Rows for `noren verify`: `fixtures/*.sql`, sorted by path. Nothing else looks at them.
    pub fixtures: Vec<PathBuf>,
    /// Where generated files go, relative to the project's folder.
    pub output: PathBuf,
    /// `[export.NAME]`, by name.
    pub exports: BTreeMap<String, ExportTarget>,
    /// `[rls]`
    pub rls: Rls,
    /// `[env.NAME]`, by name.
    pub environments: BTreeMap<String, Environment>,
    /// `[[allow]]`: warnings about schema files that may stay.
    pub allowances: Vec<SchemaAllowance>,
    /// The project file.
    pub manifest: SourceId,
}

/// Which server the files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL itself.
    PostgreSql,
    /// Aurora with PostgreSQL.
    AuroraPostgreSql,
    /// Aurora with `MySQL`.
    AuroraMySql,
    /// `AlloyDB`.
    AlloyDb,
    /// Cloud SQL for PostgreSQL.
    CloudSql,
}

impl Engine {
    const ALL: [Self; 5] = [Self::PostgreSql, Self::AuroraPostgreSql, Self::AuroraMySql, Self::AlloyDb, Self::CloudSql];

    /// As `project.engine` writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::AuroraPostgreSql => "aurora-postgresql",
            Self::AuroraMySql => "aurora-mysql",
            Self::AlloyDb => "alloydb",
            Self::CloudSql => "cloud-sql",
        }
    }
}

/// Where an export goes.
#[derive(Clone, Debug)]
pub struct ExportTarget {
    /// Which kind, with what is settled.
    pub kind: TargetKind,
    /// All keys of the table but `target`, as written.
    pub settings: BTreeMap<String, Spanned<String>>,
    /// `pipeline`, as written.
    pipeline: Option<manifest::pipeline::Written>,
    /// The table's name.
    pub span: Span,
}

/// The kinds of targets.
#[allow(clippy::large_enum_variant, reason = "a project has a handful of exports")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Files on the client, below this folder; made of letters, digits and `_ - . /` only.
    Psql {
        /// `data` unless said otherwise.
        dir: String,
    },
    /// Objects in S3, written and read by the database itself.
    AwsS3(AwsS3),
    /// Objects in Cloud Storage, written and read by psql through the storage CLI.
    Gcs(Gcs),
}

/// Where in Cloud Storage an export goes. There are no credentials: the CLI has a login of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gcs {
    /// The bucket.
    pub bucket: String,
    /// What the names of all objects begin with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The key that objects are encrypted with; else the bucket decides.
    pub kms_key: Option<String>,
    /// Whose own commands may do the same besides, where that was asked for.
    pub managed: Option<Engine>,
}

/// Where in S3 an export goes. There are no credentials: the database has a role of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsS3 {
    /// The bucket.
    pub bucket: String,
    /// What the keys of all objects begin with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// The bucket's region, which is the database's own.
    pub region: String,
    /// The ARN of the key that objects are encrypted with; else the bucket decides.
    pub kms_key: Option<String>,
    /// Bytes of a table's pages in one object; else a table is one object.
    pub chunk: Option<u64>,
    /// The workflow that clones, exports and imports, where one is asked for.
    pub pipeline: Option<pipeline::Pipeline>,
}

impl TargetKind {
    /// As `target` writes it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Psql { .. } => "psql",
            Self::AwsS3(_) => "aws_s3",
            Self::Gcs(_) => "gcs",
        }
    }

    fn keys(&self) -> &'static [&'static str] {
        TARGETS.iter().find(|(target, _)| *target == self.word()).map_or(&[], |(_, keys)| *keys)
    }
}

/// `[rls]`; `None` where nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rls {
    /// `stage`
    pub stage: Option<Stage>,
    /// `bypass`
    pub bypass: Option<Bypass>,
    /// `tables`: single tables by name as written, each with its stage. [`crate::resolve::access::stages`] looks them
    /// up.
    pub tables: BTreeMap<String, Spanned<Stage>>,
}

/// How far row-level security is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not at all.
    Off,
    /// For all but the owner.
    Enabled,
    /// For the owner too.
    Forced,
}

/// How `tenants all` is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bypass {
    /// By BYPASSRLS.
    Attribute,
    /// By a policy.
    Policy,
}

/// `[env.NAME]`: what differs there.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `rls.*`
    pub rls: Rls,
    /// The whole place of each export for which `export.NAME.KEY` says something else, by name.
    pub exports: BTreeMap<String, TargetKind>,
    /// The table's name.
    pub span: Span,
}

/// The project file's values, before the files that it names are read.
struct Manifest {
    name: Spanned<String>,
    engine: Spanned<Engine>,
    version: Spanned<u8>,
    schema: Vec<Spanned<String>>,
    search: Vec<Spanned<String>>,
    policies: Vec<Spanned<String>>,
    /// `None` where nothing was said: the files that there are in `dictionaries`.
    dictionaries: Option<Vec<Spanned<String>>>,
    output: Spanned<String>,
    exports: BTreeMap<String, ExportTarget>,
    rls: Rls,
    environments: BTreeMap<String, Environment>,
    allowances: Vec<SchemaAllowance>,
}

/// What reading a project gave.
#[derive(Debug)]
pub struct Loaded {
    /// The folder of `noren.toml`.
    pub root: PathBuf,
    /// Every text that was read.
    pub sources: Sources,
    /// The project, when all of it could be read.
    pub project: Option<Project>,
    /// What was found on the way; an error here means that there is no project.
    pub diagnostics: Vec<Diagnostic>,
}

/// The nearest folder that holds a `noren.toml`, from `from` upwards.
pub fn find(from: &Path) -> Option<PathBuf> {
    from.ancestors().find(|folder| folder.join(MANIFEST).symlink_metadata().is_ok()).map(Path::to_path_buf)
}

/// Reads the project of a folder that holds a `noren.toml`.
pub fn load(root: &Path) -> Loaded {
    read::load(root)
}
