//! `run.sql` and `tables/*.sql`: one consistent, masked picture of the source.
//!
//! Whatever stops the run leaves no manifest, and without a manifest no import starts. The snapshot is taken by
//! the first statement after LOCK TABLE, so that a TRUNCATE in between cannot make a table look empty.

use super::objects::{ATTEMPT, RUN};
use super::psql::{
    SHAPE, column_list, demand, demand_key, in_temp, include_shape, insert, into_variables, make_pads, select_one,
    set_by_shell, shape_rows, temporary,
};
use super::{Emitter, gcs};
use crate::mask::hmac;
use crate::plan::one_tenant::VARIABLE;
use crate::plan::{KeyPlan, RowSecurity, TablePlan, TenantPlan};
use crate::project::TargetKind;
use crate::sql::{
    Condition, CopyCommand, CopyFormat, CopyOptions, CopySource, End, Expr, Ident, Isolation, LockMode, Meta, Script,
    SettingValue, ShellPart, Statement, Word, WordPart,
};

/// Makes the run folder, for its owner only; a folder that exists is refused.
const MAKE_FOLDER: [&str; 3] = ["mkdir -p -- \"$(dirname -- ", ")\" && mkdir -m 700 -- ", " && echo on || echo off"];

/// Hexadecimal, so that no byte of the key means anything to COPY or to SQL.
const READ_KEY: &str = "printf %s \"$NOREN_MASK_KEY\" | od -An -v -tx1 | tr -d ' \\n'";

/// The digest of a file with as many lines as rows were sent; `-` and no file where there were none. psql does not
/// see a disk that is full at the last write, the number of lines does.
const DIGEST: [&str; 3] = [
    "f=",
    "; n=",
    "; if [ \"$n\" -eq 0 ]; then rm -- \"$f\" && echo -; \
     elif [ \"$(wc -l < \"$f\")\" -eq \"$n\" ]; then sha256sum < \"$f\" | cut -c 1-64; fi",
];

/// The same where the first line holds the names of the columns.
const DIGEST_WITH_HEADER: [&str; 3] = [
    "f=",
    "; n=",
    "; if [ \"$n\" -eq 0 ]; then rm -- \"$f\" && echo -; \
     elif [ \"$(wc -l < \"$f\")\" -eq $((n + 1)) ]; then sha256sum < \"$f\" | cut -c 1-64; fi",
];

/// Counts the whole lines of the manifest; if it is all of them, it gets its name.
const FINISH: [&str; 4] = [
    "m=",
    "; n=\"$(awk -F '\\t' '$1 == \"table\" && NF == 5 && $3 ~ /^[0-9]+$/ && ($4 == \"-\" || length($4) == 64) { n++ } \
     END { print n + 0 }' \"$m\")\"; if [ \"$n\" -eq ",
    " ] && mv -- \"$m\" ",
    "; then echo on; else echo off; fi",
];

impl Emitter<'_> {
    /// The whole export.
    pub(super) fn run(&self) -> Script {
        match self.place {
            TargetKind::Psql { .. } | TargetKind::Gcs(_) => self.client_run(),
            TargetKind::AwsS3(place) => self.aws_run(place),
        }
    }

    /// psql takes the rows and puts them into files or objects.
    fn client_run(&self) -> Script {
        let (purpose, run) = match self.place {
            TargetKind::Gcs(_) => (
                "Exports the masked rows of one audience to Cloud Storage, by the storage CLI. Changes nothing in the database.",
                "NAME",
            ),
            _ => (
                "Exports the masked rows of one audience into a fresh folder. Changes nothing in the database.",
                "FOLDER",
            ),
        };
        let tenant = if self.export.tenant.is_some() { " -v tenant=ID" } else { "" };
        let mut script = self.head(&[purpose, &format!("Run as: psql -X{tenant} -v run={run} -f run.sql")], &[]);
        self.act_as(&mut script, self.export.role.as_ref());
        if let Some(tenant) = &self.export.tenant {
            self.ask_for_tenant(&mut script, tenant);
        }
        self.use_row_security(&mut script);
        match self.place {
            TargetKind::Psql { dir } => {
                self.run_folder(&mut script, dir);
                fresh_folder(&mut script);
            }
            TargetKind::Gcs(place) => Self::gcs_destination(&mut script, place),
            TargetKind::AwsS3(_) => {}
        }
        script.blank();
        if self.export.key.is_some() {
            read_key(&mut script);
            demand_key(&mut script);
            make_pads(&mut script);
        }
        if let TargetKind::Gcs(_) = self.place {
            script.comment("the storage CLI has no use for the mask key");
            script.meta(Meta::SetEnvironment("NOREN_MASK_KEY".to_owned(), None));
        }
        script.comment("what the files were compiled for; compared with the live catalog below");
        include_shape(&mut script, &self.beside, false);
        script.blank();
        self.snapshot(&mut script, true);
        self.export_tables(&mut script);
        script.run(Statement::Commit);
        if self.export.key.is_some() {
            script.run(Statement::DropTemporary(Ident::from("noren_key")));
            script.run(Statement::DropTemporary(Ident::from(hmac::PADS)));
        }
        script.run(Statement::DropTemporary(Ident::from("noren_shape")));
        script.blank();
        self.finish(&mut script);
        script
    }

    /// What both sides expect of the live catalog.
    pub(super) fn shape(&self) -> Script {
        let mut script = Script::new();
        script.comment(
            "What run.sql and import.sql were compiled for: they read this list and compare it with the live catalog.",
        );
        insert(&mut script, "noren_shape", &SHAPE, shape_rows(&self.export.shape));
        script
    }

    pub(super) fn snapshot(&self, script: &mut Script, read_only: bool) {
        script.comment("locks first: the snapshot is taken by the statement after");
        script.run(Statement::Begin { isolation: Some(Isolation::RepeatableRead), read_only });
        script.run(Statement::Lock { tables: self.locked(), mode: LockMode::AccessShare });
        script.run(Statement::Do(include_str!("shape.sql")));
        if self.row_security == RowSecurity::ByPolicy {
            script.run(Statement::Do(include_str!("reads_all.sql")));
        }
        if let Some(key) = &self.export.key {
            script.blank();
            use_key(script, key);
        }
        if let Some(tenant) = &self.export.tenant {
            script.blank();
            use_tenant(script, tenant);
        }
        script.blank();
    }

    pub(super) fn ask_for_tenant(&self, script: &mut Script, tenant: &TenantPlan) {
        script.comment(&format!("{}  tenant one", self.place_of(tenant.span)));
        script.meta(Meta::If(Condition::Defined(VARIABLE.to_owned())));
        script.meta(Meta::Else);
        script.run(Statement::Do(include_str!("refuse_tenant.sql")));
        script.meta(Meta::EndIf);
    }

    pub(super) fn use_row_security(&self, script: &mut Script) {
        let why = match self.row_security {
            RowSecurity::Bypassed => return,
            RowSecurity::Bound => "the database keeps the rows of other tenants from this role as well",
            RowSecurity::ByPolicy => "policies show this role every row, which is asserted below",
        };
        script.comment(why);
        script.run(Statement::Set { local: false, name: "row_security".to_owned(), values: vec![SettingValue::On] });
    }

    fn export_tables(&self, script: &mut Script) {
        let manifest =
            Word(vec![WordPart::Variable(self.beside_rows().to_owned()), WordPart::Text("/manifest.tmp".to_owned())]);
        script.meta(Meta::Output(Some(manifest)));
        let line = |kind: &str, name: &str| Word::text(format!("{kind}\t{name}\t-\t-\t-"));
        let line_of = |kind: &str, variable: &str| {
            Word(vec![
                WordPart::Text(format!("{kind}\t")),
                WordPart::Variable(variable.to_owned()),
                WordPart::Text("\t-\t-\t-".to_owned()),
            ])
        };
        script.meta(Meta::Qecho(vec![line("noren", "1")]));
        script.meta(Meta::Qecho(vec![line("export", &crate::plan::names::encode(&self.export.name))]));
        script.meta(Meta::Qecho(vec![line("policy", self.digests.policy)]));
        let key = match self.export.key {
            Some(_) => line_of("key", "noren_fingerprint"),
            None => line("key", "none"),
        };
        script.meta(Meta::Qecho(vec![key]));
        if let TargetKind::Gcs(_) = self.place {
            script.meta(Meta::Qecho(vec![line_of(ATTEMPT, ATTEMPT)]));
        }
        for table in &self.export.tables {
            script.meta(Meta::Include(Word::text(format!("{}tables/{}.sql", self.beside, table.stem))));
        }
        script.meta(Meta::Output(None));
    }

    fn finish(&self, script: &mut Script) {
        script.comment("the manifest gets its name last: without it nothing is imported");
        let [file, count, rename, end] = FINISH.map(ShellPart::Code);
        let folder = || ShellPart::Variable(self.beside_rows().to_owned());
        let mut parts = vec![
            file,
            folder(),
            ShellPart::Argument("/manifest.tmp".to_owned()),
            count,
            ShellPart::Argument(self.export.tables.len().to_string()),
        ];
        if let TargetKind::Gcs(place) = self.place {
            Self::gcs_manifest_place(script, place);
            parts.push(ShellPart::Code(gcs::FINISH));
        } else {
            parts.extend([rename, folder(), ShellPart::Argument("/manifest".to_owned()), end]);
        }
        set_by_shell(script, "noren_written", parts);
        demand(script, "noren_written", include_str!("refuse_incomplete.sql"));
        script.meta(Meta::Echo(vec![Word::text("written:"), Word::variable("run")]));
    }

    /// One table: its rows, and its line of the manifest.
    pub(super) fn table(&self, table: &TablePlan<'_>) -> Script {
        match self.place {
            TargetKind::Psql { .. } | TargetKind::Gcs(_) => self.client_table(table),
            TargetKind::AwsS3(place) => self.aws_table(place, table),
        }
    }

    /// The psql variable with the client's folder that the manifest grows in.
    fn beside_rows(&self) -> &'static str {
        if let TargetKind::Gcs(_) = self.place { gcs::SCRATCH } else { RUN }
    }

    fn client_table(&self, table: &TablePlan<'_>) -> Script {
        let mut script = Script::new();
        script.comment("One table of run.sql, which locks, checks and opens the manifest before it.");
        self.provenance(&mut script, table);
        let options = CopyOptions { format: CopyFormat::Text, header: self.export.header };
        let query = self.export.select(table);
        let to_objects = matches!(self.place, TargetKind::Gcs(_));
        let file = format!("/{}.txt", table.stem);
        let end = if to_objects {
            End::Program(Self::gcs_send(table))
        } else {
            End::File(Word(vec![WordPart::Variable(RUN.to_owned()), WordPart::Text(file.clone())]))
        };
        script.send(Statement::CopyTo { query, options }, end);
        script.meta(Meta::Set("noren_rows".to_owned(), vec![Word::variable("ROW_COUNT")]));
        let [of, count, end] = match (to_objects, self.export.header) {
            (false, false) => DIGEST,
            (false, true) => DIGEST_WITH_HEADER,
            (true, false) => gcs::SENT,
            (true, true) => gcs::SENT_WITH_HEADER,
        }
        .map(ShellPart::Code);
        let mut parts = vec![of, ShellPart::Variable(self.beside_rows().to_owned())];
        parts.extend((!to_objects).then_some(ShellPart::Argument(file)));
        parts.extend([count, ShellPart::Variable("noren_rows".to_owned()), end]);
        set_by_shell(&mut script, "noren_digest", parts);
        if to_objects {
            Self::gcs_sent(&mut script);
        }
        script.meta(Meta::Qecho(vec![Word(vec![
            WordPart::Text(format!("table\t{}\t", table.stem)),
            WordPart::Variable("noren_rows".to_owned()),
            WordPart::Text("\t".to_owned()),
            WordPart::Variable("noren_digest".to_owned()),
            WordPart::Text(format!("\t{}", column_list(table))),
        ])]));
        script
    }

    /// Where each column's treatment comes from.
    pub(super) fn provenance(&self, script: &mut Script, table: &TablePlan<'_>) {
        for (span, rows) in &table.conditions {
            script.comment(&format!("{}  {} rows ({rows})", self.place_of(*span), table.name));
        }
        for column in &table.columns {
            match column.rule {
                Some(span) => script.comment(&format!(
                    "{}  {}.{} is {}",
                    self.place_of(span),
                    table.name.name,
                    column.name,
                    column.written
                )),
                None => script.comment(&format!("{}.{} is generated and stays out", table.name.name, column.name)),
            };
        }
    }
}

fn fresh_folder(script: &mut Script) {
    let [parent, make, end] = MAKE_FOLDER.map(ShellPart::Code);
    let run = || ShellPart::Variable("run".to_owned());
    set_by_shell(script, "noren_fresh", vec![parent, run(), make, run(), end]);
    demand(script, "noren_fresh", include_str!("refuse_folder.sql"));
}

/// The key by a path that neither the server's log nor `pg_stat_activity` sees: as rows of a temporary table.
pub(super) fn read_key(script: &mut Script) {
    script.comment("the mask key, from the environment; no statement holds it");
    script.run(temporary("noren_key", &["hex"], false));
    script.meta(Meta::Copy(CopyCommand {
        table: in_temp("noren_key"),
        columns: vec![Ident::from("hex")],
        source: CopySource::Program(READ_KEY.to_owned()),
        options: CopyOptions { format: CopyFormat::Text, header: false },
    }));
}

/// The session's tenant until the end of the transaction, and a proof that there is one of that name.
fn use_tenant(script: &mut Script, tenant: &TenantPlan) {
    let set =
        Expr::call("set_config", [Expr::text(tenant.setting.as_str()), tenant.value.clone(), Expr::Boolean(true)]);
    into_variables(script, select_one(set.is_not_null(), "noren_tenant_is_set", None));
    into_variables(script, tenant.count.clone());
    demand(script, "noren_tenant_exists", include_str!("refuse_no_tenant.sql"));
}

/// Into the setting that masks read, until the end of the transaction: a key from before is overwritten.
fn use_key(script: &mut Script, key: &KeyPlan) {
    let bytes = Expr::call("decode", [Expr::column("hex"), Expr::text("hex")]);
    let text = Expr::call("convert_from", [bytes, Expr::text("UTF8")]);
    let set = Expr::call("set_config", [Expr::text(key.setting.as_str()), text, Expr::Boolean(true)]);
    into_variables(
        script,
        select_one(set.is_not_null(), "noren_key_is_set", Some((in_temp("noren_key"), "noren_key"))),
    );
    script.run(hmac::fill_pads(&key.setting));
    into_variables(script, key.fingerprint.clone());
}
