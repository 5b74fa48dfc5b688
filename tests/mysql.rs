//! Files for Aurora MySQL, run on a private MariaDB with the S3 clauses turned into files.
//!
//! What is left out of a statement is the address and how the service keeps the object; rows, fields, lines, columns and
//! everything between the statements run as they are written. MySQL 8 itself is not tried: MariaDB is what a Debian has.

mod files;
mod json;
mod masks;
mod parity;
mod refusals;
mod relations;
mod schemas;
mod server;

use crate::support;
use server::{Server, given, without_s3};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Long enough, and so odd that finding it anywhere means that it leaked.
const KEY: &str = "Mq7-only-for-tests-0123456789-abcdefgh-zZ9";

const MANIFEST: &str = "[project]\nname = \"case\"\nengine = \"aurora-mysql\"\nversion = 3\nschema = [\"schema.sql\"]\n\
                        policies = [\"*.noren\"]\n\n[export.developers]\ntarget = \"aws_s3\"\nbucket = \"masked-exports\"\n\
                        region = \"us-east-1\"\n";

/// A project that was built, a source, a copy and a folder in place of S3.
struct Project {
    server: &'static Server,
    folder: tempfile::TempDir,
    source: String,
    copy: String,
    store: PathBuf,
}

impl Project {
    /// From texts; both databases have the schema, and the copy is marked.
    fn of(server: &'static Server, schema: &str, policy: &str) -> Self {
        Self::of_version(server, schema, policy, 3)
    }

    fn of_version(server: &'static Server, schema: &str, policy: &str, version: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = MANIFEST.replace("version = 3", &format!("version = {version}"));
        for (name, text) in [("schema.sql", schema), ("policy.noren", policy), ("noren.toml", &manifest)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self::at(server, folder, schema)
    }

    fn at(server: &'static Server, folder: tempfile::TempDir, schema: &str) -> Self {
        let output = support::run(support::noren().arg("-C").arg(folder.path()).arg("build"));
        support::succeeded(&output, "noren build");
        let (source, copy) = (server.database("source"), server.database("copy"));
        let store = server.store(&copy);
        for database in [&source, &copy] {
            server.run(database, schema);
        }
        server.run(
            &copy,
            "CREATE TABLE noren_import_target (export VARCHAR(64) PRIMARY KEY); INSERT INTO noren_import_target VALUES \
             ('developers');",
        );
        without_s3(&folder.path().join("generated"), &folder.path().join("swapped"), &store);
        Self { server, folder, source, copy, store }
    }

    fn files(&self) -> PathBuf {
        self.folder.path().join("swapped/export/developers")
    }

    /// A generated file as it is emitted.
    fn emitted(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("generated/export/developers").join(name)).unwrap()
    }

    fn try_export(&self, key: &str) -> Output {
        let client = self.server.client(&self.source);
        given(&mut reading(&client, &self.files().join("run.sql")), &format!("{key}\n"))
    }

    fn export(&self) {
        support::succeeded(&self.try_export(KEY), "run.sql");
    }

    fn try_import(&self, more: &[&str]) -> Output {
        let mut client = self.server.client(&self.copy);
        given(&mut reading(client.args(more), &self.files().join("import.sql")), "")
    }

    fn import(&self) {
        support::succeeded(&self.try_import(&[]), "import.sql");
    }

    /// All rows of the copy or of the source, by the server's own tool.
    fn rows(&self, database: &str) -> String {
        self.server.rows(database)
    }

    /// Every object, one after the other.
    fn objects(&self) -> String {
        let files = walkdir::WalkDir::new(&self.store).sort_by_file_name().into_iter().map(Result::unwrap);
        let files = files.filter(|entry| entry.file_type().is_file());
        files.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect()
    }
}

/// The client with a file as its input, as the files say to run them; what it is given is on descriptor 3.
fn reading(client: &Command, file: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "file=$1; shift; exec \"$@\" 3<&0 <\"$file\"", "sh"]).arg(file);
    shell.arg(client.get_program()).args(client.get_args());
    shell
}

fn sample() -> &'static Path {
    Path::new("policies/library")
}
