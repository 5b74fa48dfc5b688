//! `import.sql`: the masked rows into a database that is marked as one that may be overwritten.
//!
//! Everything is one transaction: killed after any statement, the target is as before. What the load must turn off
//! (triggers, forced row security, immediate foreign keys) is turned on again in the same transaction, and a check
//! beforehand makes sure that what is turned on is what was there.

use super::Emitter;
use super::psql::{
    SHAPE, column_list, demand, in_temp, include_shape, insert, into_variables, select_one, shape_rows, temporary,
};
use crate::catalog::{QName, TriggerMode};
use crate::plan::{Bystander, ImportPlan, SequencePlan, TablePlan, TriggerPlan, names};
use crate::project::TargetKind;
use crate::sql::{
    AlterTable, Condition, CopyCommand, CopyFormat, CopyOptions, CopySource, End, Expr, From, Ident, LockMode, Meta,
    Relation, Script, Select, SettingValue, Statement, Word,
};
use crate::syntax::ast::ImportStrategy;

/// Digests of all files, with tabs for the blanks that `sha256sum` prints.
const DIGESTS: &str = "sha256sum -- * | tr -s ' ' '\\t'";

/// The manifest's columns.
pub(super) const MANIFEST: [&str; 5] = ["kind", "name", "rows", "digest", "columns"];

impl Emitter<'_> {
    /// The whole import.
    pub(super) fn import(&self, import: &ImportPlan<'_>) -> Script {
        let mut script = self.head(&[
            "Empties the exported tables of a marked database and loads the files of one run. One transaction: nobody",
            "reads these tables until it ends, and stopped anywhere it leaves everything as it was.",
            match self.place {
                TargetKind::Psql { .. } => "Run as the tables' owner: psql -X -v run=FOLDER -f import.sql",
                TargetKind::Gcs(_) if self.staged => "Run after import.sh, as the tables' owner: psql -X -f import.sql",
                TargetKind::AwsS3(_) | TargetKind::Gcs(_) => {
                    "Run as the tables' owner: psql -X -v run=NAME -f import.sql"
                }
            },
        ], &self.export.search);
        self.act_as(&mut script, self.export.import_role.as_ref());
        match self.place {
            TargetKind::Psql { dir } => self.run_folder(&mut script, dir),
            TargetKind::AwsS3(place) => Self::aws_import_address(&mut script, place),
            TargetKind::Gcs(_) if self.staged => {}
            TargetKind::Gcs(place) => Self::gcs_origin(&mut script, place),
        }
        script.blank();
        script.run(Statement::Begin { isolation: None, read_only: false });
        script.blank().comment("what these files were compiled for; compared with the live catalog below");
        include_shape(&mut script, &self.beside, true);
        insert(&mut script, "noren_shape", &SHAPE, shape_rows(&import.shape));
        if matches!(self.place, TargetKind::Psql { .. }) {
            script.meta(Meta::ChangeDirectory(Word::variable("run")));
        }
        self.marker(&mut script);
        match self.place {
            TargetKind::Psql { .. } => self.manifest(&mut script),
            TargetKind::AwsS3(_) => self.aws_manifest(&mut script),
            TargetKind::Gcs(_) if self.staged => self.staged_manifest(&mut script),
            TargetKind::Gcs(place) => self.gcs_manifest(&mut script, place),
        }
        self.preflight(&mut script, import);
        self.turn_off(&mut script, import);
        if import.alters() || import.cyclic {
            script.blank();
        }
        bystanders(&mut script, import);
        script.comment("exactly the exported tables, and those beside them that were found empty");
        script.run(Statement::Truncate { tables: self.emptied(import), restart_identity: true });
        script.blank().comment("referenced tables first; a table that was empty has no file");
        for (at, table) in self.export.tables.iter().enumerate() {
            match self.place {
                TargetKind::Gcs(_) if self.staged => self.staged_load(&mut script, at, table),
                TargetKind::Psql { .. } | TargetKind::Gcs(_) => self.load(&mut script, table),
                TargetKind::AwsS3(_) => self.aws_load(&mut script, table),
            }
        }
        self.verify(&mut script, import);
        sequences(&mut script, import);
        turn_on(&mut script, import);
        if self.staged {
            self.staged_done(&mut script);
        }
        script.run(Statement::Commit);
        if self.staged {
            script.meta(Meta::Echo(vec![Word::text("loaded")]));
            return script;
        }
        if let TargetKind::Gcs(_) = self.place {
            Self::gcs_clean(&mut script);
        }
        script.meta(Meta::Echo(vec![Word::text("loaded:"), Word::variable("run")]));
        script
    }

    /// Nothing else proves that the target is not production.
    pub(super) fn marker(&self, script: &mut Script) {
        script.blank().comment("the target says that it may be overwritten by this export");
        script.run(Statement::Do(include_str!("marker.sql")));
        let one = Expr::call("count", [Expr::Star]).op("=", Expr::Integer(1));
        let named = Expr::of("marker", "export").cast("text").op("=", Expr::text(self.export.name.as_str()));
        let marked = Expr::And(vec![one, Expr::call("bool_and", [named])]);
        let mut select = select_one(marked, "noren_marked", Some((QName::new("noren", "import_target"), "marker")));
        if let Some(from) = select.from.first_mut() {
            from.columns.push(Ident::from("export"));
        }
        into_variables(script, select);
        demand(script, "noren_marked", include_str!("refuse_marker.sql"));
    }

    fn manifest(&self, script: &mut Script) {
        script.blank().comment("the run folder holds a whole export of this very policy");
        script.run(temporary("noren_manifest", &MANIFEST, true));
        let text = CopyOptions { format: CopyFormat::Text, header: false };
        script.meta(Meta::Copy(CopyCommand {
            table: in_temp("noren_manifest"),
            columns: MANIFEST.map(Ident::from).to_vec(),
            source: CopySource::File("manifest".to_owned()),
            options: text,
        }));
        script.run(temporary("noren_file", &["digest", "name"], true));
        script.meta(Meta::Copy(CopyCommand {
            table: in_temp("noren_file"),
            columns: ["digest", "name"].map(Ident::from).to_vec(),
            source: CopySource::Program(DIGESTS.to_owned()),
            options: text,
        }));
        self.expect(script);
        script.run(Statement::Do(include_str!("manifest.sql")));
        script.run(Statement::Do(include_str!("files.sql")));
    }

    /// What a manifest of these files says.
    pub(super) fn expect(&self, script: &mut Script) {
        script.run(temporary("noren_expected", &["kind", "name", "columns"], true));
        let mut expected = vec![
            row(["noren", "1", "-"]),
            row(["export", &names::encode(&self.export.name), "-"]),
            row(["policy", self.digests.policy, "-"]),
            row(["key", if self.export.key.is_some() { "fingerprint" } else { "none" }, "-"]),
        ];
        expected.extend(self.export.tables.iter().map(|table| row(["table", &table.stem, &column_list(table)])));
        insert(script, "noren_expected", &["kind", "name", "columns"], expected.into_iter());
    }

    fn preflight(&self, script: &mut Script, import: &ImportPlan<'_>) {
        script.blank().comment("the target is as the schema that these files were compiled from");
        script.run(Statement::Lock { tables: self.emptied(import), mode: LockMode::AccessExclusive });
        script.run(Statement::Do(include_str!("shape.sql")));
        script.run(Statement::Do(include_str!("import_shape.sql")));
        script.blank();
    }

    /// The tables of the export and those that reference them, by name.
    fn emptied(&self, import: &ImportPlan<'_>) -> Vec<(QName, bool)> {
        let mut tables = self.locked();
        tables.extend(import.bystanders.iter().map(|table| (table.name.clone(), table.only)));
        tables.sort();
        tables
    }

    fn load(&self, script: &mut Script, table: &TablePlan<'_>) {
        let present = Expr::column("digest").op("<>", Expr::text("-"));
        let mut select = select_one(present, "noren_present", Some((in_temp("noren_manifest"), "manifest")));
        let in_bucket = matches!(self.place, TargetKind::Gcs(_));
        if in_bucket {
            select.columns.push((Expr::column("digest"), Some(Ident::from("noren_digest"))));
        }
        let is_table = Expr::column("kind").op("=", Expr::text("table"));
        let is_this = Expr::column("name").op("=", Expr::text(table.stem.as_str()));
        select.condition = Some(Expr::And(vec![is_table, is_this]));
        into_variables(script, select);
        script.meta(Meta::If(Condition::Variable("noren_present".to_owned())));
        let source =
            if in_bucket { Self::gcs_source(script, table) } else { CopySource::File(format!("{}.txt", table.stem)) };
        script.meta(Meta::Copy(CopyCommand {
            table: table.name.clone(),
            columns: table.file_columns().map(|column| Ident::from(column.name.as_str())).collect(),
            source,
            options: CopyOptions { format: CopyFormat::Text, header: self.export.header },
        }));
        script.meta(Meta::EndIf);
    }

    fn verify(&self, script: &mut Script, import: &ImportPlan<'_>) {
        script.blank();
        // Also where nothing was deferred here: a constraint may be INITIALLY DEFERRED by its own declaration, and
        // no table with a pending check can be altered below.
        script.comment("whatever was left to the end of the transaction is checked now");
        script.run(Statement::SetConstraints { deferred: false });
        script.comment("every row of the manifest is there");
        script.run(counted("noren_loaded"));
        for table in &self.export.tables {
            let rows = Relation::Table { name: table.name.clone(), only: !table.partitioned };
            let count = Expr::call("count", [Expr::Star]);
            script.run(count_into(
                "noren_loaded",
                Select {
                    columns: vec![(Expr::text(table.stem.as_str()), None), (count, None)],
                    from: vec![From::first(rows, "t")],
                    ..Select::default()
                },
            ));
        }
        script.run(Statement::Do(include_str!("counts.sql")));
        if !import.unchecked.is_empty() {
            script.blank().comment("no foreign key was checked during the load, and none would ever be again");
            script.run(counted("noren_dangling"));
            for unchecked in &import.unchecked {
                let name = format!("{}.{}", unchecked.table, unchecked.name);
                let mut select = unchecked.dangling.clone();
                select.columns.insert(0, (Expr::text(name), None));
                script.run(count_into("noren_dangling", select));
            }
            script.run(Statement::Do(include_str!("dangling.sql")));
        }
        script.blank();
    }
}

/// TRUNCATE must name tables that reference the exported ones, so it must find them empty. Forced row security would
/// hide their rows from the owner, or refuse the question, so it is off by now.
fn bystanders(script: &mut Script, import: &ImportPlan<'_>) {
    if import.bystanders.is_empty() {
        return;
    }
    script.comment("tables that are not exported and reference one that is: nothing of theirs may be lost");
    script.run(counted("noren_bystander"));
    for Bystander { name, only, .. } in &import.bystanders {
        let rows = Relation::Table { name: name.clone(), only: *only };
        let one = Select { from: vec![From::first(rows, "t")], limit: Some(1), ..Select::default() };
        let select = Select {
            columns: vec![(Expr::text(name.to_string()), None), (Expr::call("count", [Expr::Star]), None)],
            from: vec![From::first(Relation::Select(Box::new(one)), "t")],
            ..Select::default()
        };
        script.run(count_into("noren_bystander", select));
    }
    script.run(Statement::Do(include_str!("bystanders.sql")));
    script.blank();
}

pub(super) fn row<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

pub(super) fn counted(name: &str) -> Statement {
    temporary(name, &["name", "rows"], true)
}

pub(super) fn count_into(table: &str, query: Select) -> Statement {
    Statement::InsertSelect { table: in_temp(table), columns: ["name", "rows"].map(Ident::from).to_vec(), query }
}

impl Emitter<'_> {
    /// Triggers by name, row security that binds even the owner, and the foreign keys of cycles.
    fn turn_off(&self, script: &mut Script, import: &ImportPlan<'_>) {
        if import.strategy == ImportStrategy::ReplicaRole {
            self.as_replica(script);
        }
        turn_off(script, import);
    }

    /// The setting is a superuser's, or of whom may set it; the tables' owner need be neither.
    fn as_replica(&self, script: &mut Script) {
        script.comment("import strategy replica_role: nothing fires, foreign keys are checked at the end");
        if self.export.import_role.is_some() {
            script.run(Statement::SetRoleNone);
        }
        let value = SettingValue::Name(Ident::from("replica"));
        script.run(Statement::Set { local: true, name: "session_replication_role".to_owned(), values: vec![value] });
        if let Some(role) = &self.export.import_role {
            script.run(Statement::SetRole(Ident::from(role.value.as_str())));
        }
    }
}

fn turn_off(script: &mut Script, import: &ImportPlan<'_>) {
    if import.alters() {
        script.comment("off for the load; the same is on again before the commit");
    }
    for trigger in &import.triggers {
        script.run(trigger_mode(trigger, TriggerMode::Disabled));
    }
    for table in import.forced() {
        script.run(force(table, false));
    }
    for (table, name) in &import.deferred {
        script.run(defer(table, name, true));
    }
    if import.cyclic {
        script.run(Statement::SetConstraints { deferred: true });
    }
}

fn turn_on(script: &mut Script, import: &ImportPlan<'_>) {
    if import.alters() {
        script.comment("what was off is on again, each in the mode that it had");
    }
    for (table, name) in &import.deferred {
        script.run(defer(table, name, false));
    }
    for table in import.forced() {
        script.run(force(table, true));
    }
    for trigger in &import.triggers {
        script.run(trigger_mode(trigger, trigger.mode));
    }
}

fn trigger_mode(trigger: &TriggerPlan, mode: TriggerMode) -> Statement {
    let action = AlterTable::Trigger(Ident::from(trigger.name.as_str()), mode);
    Statement::AlterTable { table: trigger.table.clone(), only: !trigger.partitioned, action }
}

pub(super) fn force(table: &QName, forced: bool) -> Statement {
    Statement::AlterTable { table: table.clone(), only: false, action: AlterTable::ForceRowSecurity(forced) }
}

fn defer(table: &QName, name: &str, deferrable: bool) -> Statement {
    let name = Ident::from(name);
    let action = AlterTable::Constraint { name, deferrable, initially_deferred: false };
    Statement::AlterTable { table: table.clone(), only: false, action }
}

/// The restart gives the sequence a new file within the transaction; `setval` writes into that one, so that a
/// rollback brings the old value back. `setval` of NULL does nothing: the sequence of an empty table starts again.
fn sequences(script: &mut Script, import: &ImportPlan<'_>) {
    if !import.sequences.is_empty() {
        script.comment(
            "sequences go on after the last value of the rows; RESTART makes a rollback undo the setval after it",
        );
    }
    for sequence in &import.sequences {
        script.run(Statement::RestartSequence { sequence: sequence.name.clone(), with: None });
        script.send(Statement::Select(continue_after(sequence)), End::Set(None));
    }
}

fn continue_after(sequence: &SequencePlan) -> Select {
    let (of_column, of_all) = if sequence.descending { ("min", "least") } else { ("max", "greatest") };
    let value = |table: &QName, column: &str| {
        let own = || Expr::of("t", column);
        let inside = Expr::And(vec![
            own().op(">=", Expr::Integer(sequence.minimum)),
            own().op("<=", Expr::Integer(sequence.maximum)),
        ]);
        Expr::scalar(Select {
            columns: vec![(Expr::call(of_column, [own()]), None)],
            from: vec![From::first(Relation::table(table.clone()), "t")],
            condition: Some(inside),
            ..Select::default()
        })
    };
    let mut values: Vec<Expr> = sequence.columns.iter().map(|(table, column)| value(table, column)).collect();
    let last = match values.len() {
        1 => values.pop().unwrap_or(Expr::Null),
        _ => Expr::call(of_all, values),
    };
    let name = Expr::text(qualified(&sequence.name)).cast("regclass");
    select_one(Expr::call("setval", [name, last, Expr::Boolean(true)]), "noren_sequence", None)
}

/// A name inside a string, as `regclass` reads it.
pub(super) fn qualified(name: &QName) -> String {
    let quote = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    format!("{}.{}", quote(&name.schema), quote(&name.name))
}
