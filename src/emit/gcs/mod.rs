//! Target `gcs`: psql pipes the masked rows to the storage CLI, and another psql reads them from it.
//!
//! The statements, the files' format and the manifest are those of the `psql` target; only the folder is a bucket. psql
//! does not see how a command ends that it pipes rows to (`\g |`), and no shell says so of all commands of a pipe but
//! the last. So nothing is believed that the CLI says: the digest of what went in stands in the manifest, and the import
//! takes no row that is not under it.
//!
//! Neither `\g |` nor `\copy` puts variables in, so commands have what differs from run to run from the environment that
//! `\setenv` makes for them, and the files of the tables are the same everywhere.

mod managed;
pub(super) mod readme;

use super::Emitter;
use super::objects::{ATTEMPT, RUN, demand_run, name_run, stem};
use super::psql::{demand, in_temp, into_variables, set_by_shell, temporary};
use crate::plan::TablePlan;
use crate::project::Gcs;
use crate::sql::{
    Condition, CopyCommand, CopyFormat, CopyOptions, CopySource, Expr, From, Ident, Meta, Relation, Script, Select,
    Shell, ShellPart, Statement, Word, WordPart,
};

/// The psql variable with the folder on the client that counts, digests and pipes are in; no rows are.
pub(super) const SCRATCH: &str = "noren_scratch";
/// What the commands are told.
const SEND: &str = "NOREN_SEND";
const RECEIVE: &str = "NOREN_RECEIVE";
const FOLDER: &str = "NOREN_FOLDER";
const DIGEST: &str = "NOREN_DIGEST";
const KMS_KEY: &str = "NOREN_KMS_KEY";

/// Counts and digests what goes to the CLI, beside it. The file `sent` is there if the CLI had no complaint.
const SENDING: [&str; 5] = [
    "cd \"$NOREN_SCRATCH\" && rm -f sent digest lines count bytes && mkfifo lines bytes || exit 1; ",
    "wc -l <lines >count & sha256sum <bytes | cut -c 1-64 >digest & ",
    "tee lines bytes | ",
    " && up=0 || up=1; wait; ",
    "[ \"$up\" = 0 ] && : >sent",
];

/// To an object; standard output is for rows alone.
const UPLOAD: &str = "gcloud storage cp - \"$NOREN_FOLDER/$1\" >&2";
const UPLOAD_WITH_KEY: &str = "gcloud storage cp --encryption-key=\"$NOREN_KMS_KEY\" - \"$NOREN_FOLDER/$1\" >&2";

/// Fails over an object that is not, to the byte, the one that was sent.
const RECEIVING: [&str; 3] = [
    "cd \"$NOREN_SCRATCH\" && rm -f bytes && mkfifo bytes || exit 1; ",
    "sha256sum <bytes | cut -c 1-64 >digest & gcloud storage cat \"$NOREN_FOLDER/$1\" | tee bytes; wait; ",
    "[ \"$(cat digest)\" = \"$NOREN_DIGEST\" ] || { echo \"$1 is not the object that was sent\" >&2; exit 1; }",
];

/// The manifest, whose own name is known to the import.
const READ_MANIFEST: &str = "gcloud storage cat \"$NOREN_FOLDER/manifest\"";

/// The digest of an object of as many lines as rows were sent; `-` where there were none.
pub(super) const SENT: [&str; 3] = [
    "cd ",
    " && n=",
    " && [ -f sent ] && if [ \"$n\" -eq 0 ]; then echo -; elif [ \"$(cat count)\" -eq \"$n\" ]; then cat digest; fi",
];

/// The same where the first line holds the names of the columns.
pub(super) const SENT_WITH_HEADER: [&str; 3] = [
    "cd ",
    " && n=",
    " && [ -f sent ] && if [ \"$n\" -eq 0 ]; then echo -; elif [ \"$(cat count)\" -eq $((n + 1)) ]; then cat digest; fi",
];

/// Sends the whole manifest to the name that the import knows.
pub(super) const FINISH: &str =
    " ] && sh -c \"$NOREN_SEND\" send manifest <\"$m\"; then rm -r -- \"${m%/*}\"; echo on; else echo off; fi";

impl Emitter<'_> {
    /// A run's name, where its objects go, and how.
    pub(super) fn gcs_destination(script: &mut Script, place: &Gcs) {
        name_run(script);
        scratch(script);
        script.comment("what a table's rows are piped through, with the object's name as $1");
        let upload = if place.kms_key.is_some() { UPLOAD_WITH_KEY } else { UPLOAD };
        let [fresh, beside, tee, wait, done] = SENDING;
        command(script, SEND, &[fresh, beside, tee, upload, wait, done]);
        script.comment("where the objects go: noren.toml says so; the login of the storage CLI may write there");
        if let Some(key) = &place.kms_key {
            set_environment(script, KMS_KEY, Word::text(key.as_str()));
        }
        set_environment(script, FOLDER, folder(place, Some(ATTEMPT)));
    }

    /// How a table's rows leave.
    pub(super) fn gcs_send(table: &TablePlan<'_>) -> String {
        format!("sh -c \"$NOREN_SEND\" send {}.txt", stem(table))
    }

    /// Stops at once where an object is not whole.
    pub(super) fn gcs_sent(script: &mut Script) {
        let parts = vec![
            ShellPart::Code("[ -n "),
            ShellPart::Variable("noren_digest".to_owned()),
            ShellPart::Code(" ] && echo on || echo off"),
        ];
        script.meta(Meta::If(Condition::Shell(Shell(parts))));
        script.meta(Meta::Else);
        script.run(Statement::Do(include_str!("refuse_upload.sql")));
        script.meta(Meta::EndIf);
    }

    /// The manifest is not beside the objects of the attempt, but where its run's name leads.
    pub(super) fn gcs_manifest_place(script: &mut Script, place: &Gcs) {
        set_environment(script, FOLDER, folder(place, None));
    }

    /// Where the run is; it has to be named.
    pub(super) fn gcs_origin(script: &mut Script, place: &Gcs) {
        script.blank();
        demand_run(script);
        scratch(script);
        script.comment("what a table's rows are read through: the object's name is $1, its digest NOREN_DIGEST");
        command(script, RECEIVE, &RECEIVING);
        script.comment("where the objects are: noren.toml says so; the login of the storage CLI may read there");
        set_environment(script, FOLDER, folder(place, None));
    }

    /// The manifest, compared with what these files were compiled for.
    pub(super) fn gcs_manifest(&self, script: &mut Script, place: &Gcs) {
        script.blank().comment("the run is a whole export of this very policy");
        script.run(temporary("noren_manifest", &super::import::MANIFEST, true));
        script.meta(Meta::Copy(CopyCommand {
            table: in_temp("noren_manifest"),
            columns: super::import::MANIFEST.map(Ident::from).to_vec(),
            source: CopySource::Program(READ_MANIFEST.to_owned()),
            options: CopyOptions { format: CopyFormat::Text, header: false },
        }));
        self.expect(script);
        script.run(Statement::Do(include_str!("../manifest.sql")));
        script.comment("where the objects of this attempt are");
        let name = Expr::of("line", "name");
        let is_name = name.clone().op("~", Expr::text("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"));
        let found = Select {
            columns: vec![
                (Expr::call("min", [name]), Some(Ident::from(ATTEMPT))),
                (
                    Expr::call("coalesce", [Expr::call("bool_and", [is_name]), Expr::Boolean(false)]),
                    Some(Ident::from("noren_named")),
                ),
            ],
            from: vec![From::first(Relation::table(in_temp("noren_manifest")), "line")],
            condition: Some(Expr::of("line", "kind").op("=", Expr::text(ATTEMPT))),
            ..Select::default()
        };
        into_variables(script, found);
        demand(script, "noren_named", include_str!("refuse_attempt.sql"));
        set_environment(script, FOLDER, folder(place, Some(ATTEMPT)));
    }

    /// The object of one table.
    pub(super) fn gcs_source(script: &mut Script, table: &TablePlan<'_>) -> CopySource {
        set_environment(script, DIGEST, Word::variable("noren_digest"));
        CopySource::Program(format!("sh -c \"$NOREN_RECEIVE\" receive {}.txt", stem(table)))
    }

    /// Nothing is left on the client.
    pub(super) fn gcs_clean(script: &mut Script) {
        let parts = vec![ShellPart::Code("rm -r -- "), ShellPart::Variable(SCRATCH.to_owned())];
        set_by_shell(script, "noren_removed", parts);
    }
}

/// A folder for its owner only, and an environment for the commands in which the mask key is not.
fn scratch(script: &mut Script) {
    script.comment("a folder on the client for counts, digests and pipes; no row is ever in it");
    set_by_shell(script, SCRATCH, vec![ShellPart::Code("mktemp -d")]);
    let parts = vec![
        ShellPart::Code("[ -d "),
        ShellPart::Variable(SCRATCH.to_owned()),
        ShellPart::Code(" ] && echo on || echo off"),
    ];
    script.meta(Meta::If(Condition::Shell(Shell(parts))));
    script.meta(Meta::Else);
    script.run(Statement::Do(include_str!("refuse_scratch.sql")));
    script.meta(Meta::EndIf);
    set_environment(script, "NOREN_SCRATCH", Word::variable(SCRATCH));
}

/// `gs://bucket/prefix/RUN/ATTEMPT`
fn folder(place: &Gcs, attempt: Option<&str>) -> Word {
    let prefix = if place.prefix.is_empty() { String::new() } else { format!("{}/", place.prefix) };
    let mut parts = vec![WordPart::Text(format!("gs://{}/{prefix}", place.bucket)), WordPart::Variable(RUN.to_owned())];
    if let Some(attempt) = attempt {
        parts.extend([WordPart::Text("/".to_owned()), WordPart::Variable(attempt.to_owned())]);
    }
    Word(parts)
}

fn set_environment(script: &mut Script, name: &str, value: Word) {
    script.meta(Meta::SetEnvironment(name.to_owned(), Some(value)));
}

/// A command for `sh -c`, put together line by line so that it can be read.
fn command(script: &mut Script, name: &str, lines: &[&str]) {
    let variable = "noren_command";
    script.meta(Meta::Set(variable.to_owned(), Vec::new()));
    for line in lines {
        let words = vec![Word::variable(variable), Word::text(*line)];
        script.meta(Meta::Set(variable.to_owned(), words));
    }
    set_environment(script, name, Word::variable(variable));
}
