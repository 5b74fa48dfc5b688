//! `import.sql`: the load, in one transaction that commits only where everything was found right.

use super::{
    Emitter, FINDING, FINDING_LENGTH, LIST, LIST_COLUMNS, LIST_KEY, STOP, column_list, finding, make_list, object_key,
    stop,
};
use crate::catalog::QName;
use crate::plan::mysql::{KeyCheck, TablePlan};
use crate::plan::names;
use crate::sql::mysql::{Field, Load, Script, Statement};
use crate::sql::{Expr, From, Ident, Join, Relation, Select};

/// The table that marks a database as one that may be overwritten.
pub(super) const MARKER: &str = "noren_import_target";
/// What holds until the marker was seen.
const UNPROVEN: &str = "expected noren_import_target to hold this export's name: only a marked database is emptied";
/// What a loaded row is called.
const LOADED: &str = "t";
/// Holds `COMMIT`, or a statement that does nothing.
const END: &str = "noren_end";

fn table(name: &str) -> Relation {
    Relation::table(QName::new("", name))
}

impl Emitter<'_> {
    pub(super) fn import(&self) -> Script {
        let mut script = self.head(&[
            "Empties the tables of one audience's copy and loads them from S3, in one transaction: all of it or nothing.",
            "Run in the copy: mysql DATABASE <import.sql",
            "Neither by `source` nor with --force: the client must end at the first error.",
        ]);
        self.session(&mut script);
        self.check_marker(&mut script);
        self.check_list(&mut script);
        self.expect_shape(&mut script);
        self.compare_shape(&mut script);
        self.check_copy(&mut script);
        stop(&mut script);
        script.comment("rows come in any order; each foreign key is checked before the end");
        script.run(&Statement::Set("foreign_key_checks", Expr::Integer(0)));
        script.run(&Statement::Start { snapshot: false });
        for table in self.export.tables.iter().rev() {
            script.run(&Statement::Delete(table.name.clone(), None));
        }
        for table in &self.export.tables {
            script.blank();
            script.run(&Statement::Load(table.load(self.uri(&format!("{}.manifest", object_key(&table.stem))))));
        }
        script.blank();
        script.comment("as many rows as left");
        for table in &self.export.tables {
            check_count(&mut script, table);
        }
        script.blank();
        let probed = self.export.tables.iter().filter(|table| !table.probes(LOADED).is_empty());
        for table in probed {
            check_values(&mut script, table);
        }
        for key in &self.export.keys {
            check_key(&mut script, key);
        }
        Self::finish(&mut script);
        script
    }

    /// The first finding is there from the start, so that no failure takes it away.
    fn check_marker(&self, script: &mut Script) {
        script.comment("only a database that says so may be overwritten");
        script.run(&Statement::InsertValues(FINDING, vec!["finding"], vec![vec![Expr::text(UNPROVEN)]]));
        let marked = Select {
            columns: vec![(Expr::Integer(1), None)],
            from: vec![From::first(table(MARKER), "m")],
            condition: Some(Expr::of("m", "export").op("=", Expr::text(self.export.name.as_str()))),
            ..Select::default()
        };
        script.run(&Statement::Delete(FINDING.to_owned(), Some(Expr::Exists(Box::new(marked)))));
        stop(script);
    }

    /// The objects are those of a whole run of this very policy.
    fn check_list(&self, script: &mut Script) {
        script.comment("the objects are a whole export of this very policy");
        make_list(script);
        let fields = LIST_COLUMNS.iter().map(|column| Field::Column((*column).to_owned())).collect();
        let uri = self.uri(&format!("{LIST_KEY}.manifest"));
        script.run(&Statement::Load(Load { uri, table: LIST.to_owned(), tag: "\"row\",", fields, set: Vec::new() }));
        let mut expected = vec![
            ("noren", "1".to_owned(), String::new(), "the list's form"),
            ("export", names::encode(&self.export.name), String::new(), "this export's name"),
            ("policy", self.digests.policy.to_owned(), String::new(), "the policy that this file was compiled from"),
            ("state", "finished".to_owned(), String::new(), "a run that was finished"),
        ];
        expected.extend(
            self.export
                .tables
                .iter()
                .map(|table| ("columns", table.stem.clone(), column_list(table), "the columns of a table")),
        );
        for (kind, name, value, what) in expected {
            let of = |column: &str, value: &str| Expr::of("l", column).op("=", Expr::text(value));
            let there = Select {
                columns: vec![(Expr::call("COUNT", [Expr::Star]), Some("lines_found".into()))],
                from: vec![From::first(table(LIST), "l")],
                condition: Some(Expr::And(vec![of("kind", kind), of("name", &name), of("value", &value)])),
                ..Select::default()
            };
            let text = format!("expected the list in S3 to say `{kind} {name}`, {what}");
            finding(
                script,
                Select {
                    columns: vec![(Expr::text(text), None)],
                    from: vec![From::first(Relation::Select(Box::new(there)), "there")],
                    condition: Some(Expr::of("there", "lines_found").op("<>", Expr::Integer(1))),
                    ..Select::default()
                },
            );
        }
        script.blank();
    }

    /// What would make the load another one than was meant.
    fn check_copy(&self, script: &mut Script) {
        script.comment("no trigger fires while rows are loaded, and every table can be rolled back");
        let names = Expr::Row(self.export.tables.iter().map(|table| Expr::text(table.name.as_str())).collect());
        let of = |column: &str| Expr::of("i", column);
        let here = |column: &str| of(column).op("=", Expr::call("DATABASE", []));
        let events = Expr::Row(["INSERT", "DELETE"].map(Expr::text).to_vec());
        let text = |word: &str, name: &str| Expr::call("CONCAT", [Expr::text(word), of(name).utf8()]);
        finding(
            script,
            Select {
                columns: vec![(text("expected no trigger that the load would fire, found ", "TRIGGER_NAME"), None)],
                from: vec![From::first(Relation::table(QName::new("information_schema", "TRIGGERS")), "i")],
                condition: Some(Expr::And(vec![
                    here("EVENT_OBJECT_SCHEMA"),
                    of("EVENT_OBJECT_TABLE").op("IN", names.clone()),
                    of("EVENT_MANIPULATION").op("IN", events),
                ])),
                ..Select::default()
            },
        );
        finding(
            script,
            Select {
                columns: vec![(text("expected ENGINE=InnoDB, found another for ", "TABLE_NAME"), None)],
                from: vec![From::first(Relation::table(QName::new("information_schema", "TABLES")), "i")],
                condition: Some(Expr::And(vec![
                    here("TABLE_SCHEMA"),
                    of("TABLE_NAME").op("IN", names),
                    Expr::call("COALESCE", [of("ENGINE"), Expr::text("")]).op("<>", Expr::text("InnoDB")),
                ])),
                ..Select::default()
            },
        );
    }

    /// Commits where nothing was found, also under a client that does not end at errors.
    fn finish(script: &mut Script) {
        script.comment("commits where nothing was found; else the end of the session rolls everything back");
        let nothing = Expr::call("COUNT", [Expr::Star]).op("=", Expr::Integer(0));
        let end = Expr::Case(vec![(nothing, Expr::text("COMMIT"))], Some(Box::new(Expr::text("DO 0"))));
        let end =
            Select { columns: vec![(end, None)], from: vec![From::first(table(FINDING), "f")], ..Select::default() };
        script.run(&Statement::SetUser(END, Expr::scalar(end)));
        script.run(&Statement::RunVariable(END));
        stop(script);
        script.run(&Statement::Set("foreign_key_checks", Expr::Integer(1)));
        for table in [super::SHAPE, LIST, STOP, FINDING] {
            script.run(&Statement::DropTemporary(table));
        }
    }
}

fn check_count(script: &mut Script, plan: &TablePlan<'_>) {
    let counted = Select {
        columns: vec![(Expr::call("COUNT", [Expr::Star]).mysql_cast("char"), Some("rows_found".into()))],
        from: vec![From::first(table(&plan.name), "t")],
        ..Select::default()
    };
    let of = |column: &str, value: &str| Expr::of("l", column).op("=", Expr::text(value));
    let same = Expr::of("l", "value").op("=", Expr::of("loaded", "rows_found"));
    let on = Expr::And(vec![of("kind", "rows"), of("name", &plan.stem), same]);
    let text = format!("expected as many rows of {} as left, found another number", plan.name);
    finding(
        script,
        Select {
            columns: vec![(Expr::text(text), None)],
            from: vec![
                From::first(Relation::Select(Box::new(counted)), "loaded"),
                From::joined(table(LIST), "l", Join::Left(on)),
            ],
            condition: Some(Expr::of("l", "name").is_null()),
            ..Select::default()
        },
    );
}

/// No row holds what its mask cannot have given: objects that somebody changed, or a database that is no plain copy. A table is
/// read once, and only rows are counted: no value is ever shown.
fn check_values(script: &mut Script, plan: &TablePlan<'_>) {
    script.comment(&format!("leak probes of {}: values that its masks give, in one scan", plan.name));
    let probes = plan.probes(LOADED);
    let counts = probes.iter().map(|(column, probe)| {
        let other = Expr::Integer(1).when(Expr::Not(Box::new(probe.clone())));
        (Expr::call("COUNT", [other]), Some(Ident::from(*column)))
    });
    let counted =
        Select { columns: counts.collect(), from: vec![From::first(table(&plan.name), LOADED)], ..Select::default() };
    let found = |column: &str| Expr::of("found", column).op(">", Expr::Integer(0));
    let said = probes.iter().map(|(column, _)| {
        let count = Expr::of("found", column).mysql_cast("char");
        Expr::call("CONCAT", [Expr::text(format!("{column}: ")), count]).when(found(column))
    });
    let list = Expr::call("CONCAT_WS", std::iter::once(Expr::text(", ")).chain(said));
    let text = format!("expected values that the masks of {} give, found others, maybe raw ones: ", plan.name);
    let text =
        Expr::call("LEFT", [Expr::call("CONCAT", [Expr::text(text), list]), Expr::Integer(i64::from(FINDING_LENGTH))]);
    finding(
        script,
        Select {
            columns: vec![(text, None)],
            from: vec![From::first(Relation::Select(Box::new(counted)), "found")],
            condition: Some(Expr::Or(probes.iter().map(|(column, _)| found(column)).collect())),
            ..Select::default()
        },
    );
}

/// No row refers to one that is not there.
fn check_key(script: &mut Script, key: &KeyCheck) {
    script.comment(&format!("foreign key {} of {}", key.name, key.table));
    let same = |(from, to): &(String, String)| Expr::of("p", to).op("=", Expr::of("c", from));
    let mut condition: Vec<Expr> = key.columns.iter().map(|(from, _)| Expr::of("c", from).is_not_null()).collect();
    condition.extend(key.columns.first().map(|(_, to)| Expr::of("p", to).is_null()));
    let text = format!(
        "expected every row of {} to have its row of {}, found one without: {}",
        key.table, key.references, key.name
    );
    finding(
        script,
        Select {
            columns: vec![(Expr::text(text), None)],
            from: vec![
                From::first(table(&key.table), "c"),
                From::joined(
                    table(&key.references),
                    "p",
                    Join::Left(Expr::And(key.columns.iter().map(same).collect())),
                ),
            ],
            condition: Some(Expr::And(condition)),
            limit: Some(1),
            ..Select::default()
        },
    );
}
