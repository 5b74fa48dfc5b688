//! The export in parallel: `begin.sql`, any number of `share.sql` at once, `end.sql`.
//!
//! `run.sql` is one session with one snapshot. On a clone nobody writes, so all sessions see the same rows, and what they
//! have to agree on lies in the clone: the attempt's lines of the manifest, and which piece of which table is whose. A
//! share is one transaction. It may be tried again, and what it writes the second time replaces the first. That every
//! piece has a line is the proof that nothing was left out, and without it the last file writes no manifest.

use super::super::key::key_of_run;
use super::super::run::{line, line_columns, manifest_table};
use super::super::{address, columns};
use crate::catalog::QName;
use crate::emit::Emitter;
use crate::emit::objects::{ATTEMPT, RUN, check_run, unless_defined, variable};
use crate::emit::psql::{demand, in_temp, include_shape, insert, into_variables, select_one, temporary};
use crate::mask::hmac;
use crate::project::AwsS3;
use crate::project::pipeline::Pipeline;
use crate::sql::{Condition, Expr, From, Ident, Meta, Relation, Script, Select, Statement, Word};

/// What the lists of tables are compared with.
const TABLES: [&str; 4] = ["stem", "schema_name", "table_name", "in_pieces"];
/// Of `noren_run.piece` and of the session's own list.
const PIECE: [&str; 5] = ["schema_name", "table_name", "part", "low", "high"];

/// Who has which piece.
fn piece_table() -> QName {
    QName::new("noren_run", "piece")
}

impl Emitter<'_> {
    /// Opens the attempt and deals its pieces out.
    pub(super) fn begin(&self, place: &AwsS3, pipeline: &Pipeline) -> Script {
        let mut script = self.session_of_run(
            place,
            "Opens one run for the tasks of a pipeline: says what it is, and which piece is whose.",
            "begin.sql",
            &[],
        );
        script.meta(Meta::Set("shares".to_owned(), vec![Word::text(pipeline.tasks.to_string())]));
        self.open_session(&mut script);
        self.open(&mut script);
        script.comment("which tables there are, and which piece goes into whose share");
        script.run(temporary("noren_table", &TABLES, true));
        let row = |table: &crate::plan::TablePlan<'_>| {
            let in_pieces = if table.in_pieces { "yes" } else { "no" };
            vec![table.stem.clone(), table.name.schema.to_string(), table.name.name.to_string(), in_pieces.to_owned()]
        };
        insert(&mut script, "noren_table", &TABLES, self.export.tables.iter().map(row));
        super::super::run::pieces_table(&mut script);
        if place.chunk.is_some() {
            super::super::run::measure_pieces(&mut script);
        }
        for (setting, of) in [("noren.attempt", "attempt"), ("noren.shares", "shares")] {
            let value = Expr::call("set_config", [Expr::text(setting), variable(of), Expr::Boolean(true)]);
            into_variables(&mut script, select_one(value.is_not_null(), "noren_is_set", None));
        }
        script.run(Statement::Do(include_str!("shares.sql")));
        self.close_session(&mut script);
        script
    }

    /// One share: every piece that is in it.
    pub(super) fn share(&self, place: &AwsS3) -> Script {
        let mut script = self.session_of_run(
            place,
            "Exports one share of a run that begin.sql opened. Safe to run again.",
            "share.sql",
            &["share"],
        );
        self.open_session(&mut script);
        self.belongs(&mut script);
        script.comment("what is in this share");
        super::super::run::pieces_table(&mut script);
        let of = |name: &str| Expr::of("piece", name);
        let mine = [of("attempt").op("=", variable("attempt")), of("share").op("=", variable("share").cast("int4"))];
        script.run(Statement::InsertSelect {
            table: in_temp("noren_piece"),
            columns: PIECE.map(Ident::from).to_vec(),
            query: Select {
                from: vec![From::first(Relation::table(piece_table()), "piece")],
                condition: Some(Expr::And(mine.to_vec())),
                ..columns(PIECE.map(|name| (of(name), name)).to_vec())
            },
        });
        for table in &self.export.tables {
            let own = [("schema_name", &table.name.schema), ("table_name", &table.name.name)];
            let own = own.map(|(column, value)| of(column).op("=", Expr::text(value.as_str())));
            let any = Expr::Exists(Box::new(Select {
                columns: vec![(Expr::Integer(1), None)],
                from: vec![From::first(Relation::table(in_temp("noren_piece")), "piece")],
                condition: Some(Expr::And(own.to_vec())),
                ..Select::default()
            }));
            into_variables(&mut script, select_one(any, "noren_mine", None));
            script.meta(Meta::If(Condition::Variable("noren_mine".to_owned())));
            script.meta(Meta::Include(Word::text(format!("{}tables/{}.sql", self.beside, table.stem))));
            script.meta(Meta::EndIf);
        }
        script.blank().comment("a piece of which no row leaves has a line too: that is how nothing is left out");
        Self::empty_lines(&mut script);
        self.close_session(&mut script);
        script
    }

    /// `INSERT INTO noren_run.manifest … SELECT … WHERE NOT EXISTS (a line)`
    fn empty_lines(script: &mut Script) {
        let of = |name: &str| Expr::of("piece", name);
        let same = [
            Expr::of("line", "attempt").op("=", of("attempt")),
            Expr::of("line", "kind").op("=", Expr::text("part")),
            Expr::of("line", "name").op("=", of("stem")),
            Expr::of("line", "part").op("=", of("part")),
        ];
        let there = Expr::Exists(Box::new(Select {
            columns: vec![(Expr::Integer(1), None)],
            from: vec![From::first(Relation::table(manifest_table()), "line")],
            condition: Some(Expr::And(same.to_vec())),
            ..Select::default()
        }));
        let mine = [
            of("attempt").op("=", variable("attempt")),
            of("share").op("=", variable("share").cast("int4")),
            Expr::Not(Box::new(there)),
        ];
        let none = [Expr::Integer(0), Expr::Integer(0), Expr::Integer(0)];
        let values = line(Expr::text("part"), of("stem"), of("part"), none, Expr::text("-"));
        script.run(Statement::InsertSelect {
            table: manifest_table(),
            columns: line_columns(),
            query: Select {
                columns: values.into_iter().map(|value| (value, None)).collect(),
                from: vec![From::first(Relation::table(piece_table()), "piece")],
                condition: Some(Expr::And(mine.to_vec())),
                ..Select::default()
            },
        });
    }

    /// The manifest, when every piece has its line.
    pub(super) fn end(&self, place: &AwsS3) -> Script {
        let mut script = self.session_of_run(
            place,
            "Ends a run that begin.sql opened: writes its manifest when no piece is missing.",
            "end.sql",
            &[],
        );
        self.open_session(&mut script);
        self.belongs(&mut script);
        let value = Expr::call("set_config", [Expr::text("noren.attempt"), variable("attempt"), Expr::Boolean(true)]);
        into_variables(&mut script, select_one(value.is_not_null(), "noren_is_set", None));
        script.run(Statement::Do(include_str!("whole.sql")));
        Self::send_manifest(&mut script, place);
        self.close_session(&mut script);
        script
    }

    /// The way into a session of the run, the same for all of its tasks.
    fn session_of_run(&self, place: &AwsS3, purpose: &str, file: &str, more: &[&str]) -> Script {
        let tenant = self.export.tenant.iter().map(|_| "tenant");
        let given: Vec<&str> = [RUN, ATTEMPT].into_iter().chain(more.iter().copied()).chain(tenant).collect();
        let options: Vec<String> = given.iter().map(|name| format!("-v {name}={}", name.to_uppercase())).collect();
        let usage = format!("Run in a clone that nobody writes to: psql -X {} -f {file}", options.join(" "));
        let mut script = self.head(&[purpose, usage.as_str()], &[]);
        script.blank();
        for name in given.iter().filter(|name| **name != "tenant") {
            unless_defined(&mut script, name, |script| {
                script.run(Statement::Do(include_str!("refuse_given.sql")));
            });
        }
        address(&mut script, place, true);
        script.blank();
        self.act_as(&mut script, self.export.role.as_ref());
        if let Some(tenant) = &self.export.tenant {
            self.ask_for_tenant(&mut script, tenant);
        }
        self.use_row_security(&mut script);
        check_run(&mut script);
        script.comment("the attempt's name is a part of the keys of all objects");
        let name = variable("attempt").op("~", Expr::text("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"));
        into_variables(&mut script, select_one(name, "noren_is_attempt", None));
        demand(&mut script, "noren_is_attempt", include_str!("refuse_attempt.sql"));
        let prefix = Expr::call("nullif", [variable("prefix"), Expr::text("")]);
        let folder = Expr::call("concat_ws", [Expr::text("/"), prefix, variable(RUN), variable("attempt")]);
        into_variables(&mut script, select_one(folder, "folder", None));
        script.blank();
        script
    }

    fn open_session(&self, script: &mut Script) {
        if self.export.key.is_some() {
            key_of_run(script);
        }
        script.comment("what the files were compiled for; compared with the live catalog below");
        include_shape(script, &self.beside, false);
        script.blank();
        self.snapshot(script, false);
    }

    /// Nothing of another compilation or another key gets between the rows of this attempt.
    fn belongs(&self, script: &mut Script) {
        script.comment("begin.sql of this very compilation opened the attempt, with this very key");
        let line = |kind: &str, name: Expr| {
            Expr::And(vec![Expr::of("line", "kind").op("=", Expr::text(kind)), Expr::of("line", "name").op("=", name)])
        };
        let key = match self.export.key {
            Some(_) => variable("noren_fingerprint"),
            None => Expr::text("none"),
        };
        let either = Expr::Or(vec![line("policy", Expr::text(self.digests.policy)), line("key", key)]);
        let two = Expr::call("count", [Expr::Star]).op("=", Expr::Integer(2));
        let select = Select {
            condition: Some(Expr::And(vec![Expr::of("line", "attempt").op("=", variable("attempt")), either])),
            ..select_one(two, "noren_belongs", Some((manifest_table(), "line")))
        };
        into_variables(script, select);
        demand(script, "noren_belongs", include_str!("refuse_other.sql"));
    }

    fn close_session(&self, script: &mut Script) {
        script.run(Statement::Commit);
        if self.export.key.is_some() {
            script.run(Statement::DropTemporary(Ident::from("noren_key")));
            script.run(Statement::DropTemporary(Ident::from(hmac::PADS)));
        }
        script.run(Statement::DropTemporary(Ident::from("noren_shape")));
    }

    /// Whether a new session has the setting that the parameter group was given.
    pub(super) fn role_is(&self) -> Script {
        let mut script = self.head(
            &[
                "Fails unless new sessions have this session_replication_role: a change of a parameter group takes time.",
                "Run in the copy: psql -X -v role=ROLE -f role.sql",
            ],
            &[],
        );
        script.blank();
        let is = Expr::call("current_setting", [Expr::text("session_replication_role")]).op("=", variable("role"));
        into_variables(&mut script, select_one(is, "noren_role_is", None));
        demand(&mut script, "noren_role_is", include_str!("refuse_role.sql"));
        script
    }

    /// In the source, where pieces are dealt out.
    pub(in crate::emit) fn aws_piece_rights(&self, script: &mut Script) {
        use crate::emit::rights::{grant, privileges};
        use crate::sql::access::Object;
        script.comment("for the pipeline: which task has which piece");
        script.run(Statement::Do(include_str!("piece_table.sql")));
        if let Some(role) = &self.export.role {
            grant(script, privileges(&["SELECT", "INSERT"]), Object::Table(piece_table()), &role.value);
        }
    }
}
