//! `run.sql`: one consistent, masked picture of the source, as objects.
//!
//! It is one file: the client goes on after an error in a file that another one names by `source`.
//!
//! An object of the same key is overwritten. So the list of what left is written first as unfinished and last as finished:
//! whatever stopped in between, no load takes old and new objects together.

use super::{
    Emitter, FINDING, LIST, LIST_COLUMNS, LIST_KEY, SHAPE, STOP, column_list, finding, finding_where, make_list,
    object_key, one_row, stop,
};
use crate::catalog::QName;
use crate::mask::hmac;
use crate::plan::mysql::TablePlan;
use crate::plan::names;
use crate::sql::mysql::{ColumnType, Outfile, Script, Statement};
use crate::sql::{Expr, From, Ident, Relation, Select};

/// The key, for as long as it takes to make the pads of it.
const KEY: &str = "noren_key";

/// At least 32 printable ASCII characters, in hexadecimal digits: a key of other bytes could stand in an error's text.
const KEY_DIGITS: &str = "^([2-6][0-9A-F]|7[0-9A-E]){32,}$";

/// No packet, and so no text, is longer than 1 GB.
const LONGEST: i64 = 1 << 30;

fn list_row(kind: &str, name: &str, value: Expr) -> Vec<Expr> {
    vec![Expr::text(kind), Expr::text(name), value]
}

impl Emitter<'_> {
    /// The whole export.
    pub(super) fn run(&self) -> Script {
        let keyed = self.export.fingerprint.is_some();
        let how = if keyed {
            "Run: printf '%s\\n' \"$NOREN_MASK_KEY\" | mysql --local-infile=1 DATABASE 3<&0 <run.sql"
        } else {
            "Run: mysql DATABASE <run.sql"
        };
        let mut script = self.head(&[
            "Exports the masked rows of one audience to S3: the database itself writes the objects. Changes nothing in it.",
            how,
            "Neither by `source` nor with --force: the client must end at the first error.",
        ]);
        self.session(&mut script);
        script.comment("elements of a document are put together by GROUP_CONCAT, which by itself cuts off all but the first 1024 bytes");
        script.run(&Statement::Set("group_concat_max_len", Expr::Integer(LONGEST)));
        script.blank();
        if keyed {
            Self::key(&mut script);
        }
        self.open(&mut script);
        self.list(&mut script, "unfinished");
        for table in &self.export.tables {
            self.table(&mut script, table);
        }
        self.list(&mut script, "finished");
        script.run(&Statement::Commit);
        for name in hmac::MYSQL_PADS.into_iter().filter(|_| keyed) {
            script.run(&Statement::SetUser(name, Expr::Null));
        }
        for table in [SHAPE, LIST, STOP, FINDING] {
            script.run(&Statement::DropTemporary(table));
        }
        script
    }

    /// The key comes through a file descriptor of the client's, so that no statement holds it. What stands in a binary log by
    /// statements would hold it all the same, so that is refused before.
    fn key(script: &mut Script) {
        script.comment(
            "the mask key comes through the client's descriptor 3: no statement, and so no log of statements, has it",
        );
        let by_rows = Expr::user_variable("@global.binlog_format").op("=", Expr::text("ROW"));
        let off = Expr::user_variable("@global.log_bin").op("=", Expr::Integer(0));
        let logged = Expr::Not(Box::new(Expr::Or(vec![off, by_rows])));
        let text = "expected binlog_format = ROW, or no binary log: one by statements would hold the mask key";
        finding_where(script, text, one_row(), logged);
        stop(script);
        script.run(&Statement::DropTemporary(KEY));
        script.run(&Statement::CreateTemporary(KEY, vec![("secret", ColumnType::Bytes(1024))]));
        script.run(&Statement::LoadDescriptor(KEY, "secret"));
        let digits = Expr::call("MIN", [Expr::call("HEX", [Expr::of("k", "secret")])]);
        let counted = Select {
            columns: vec![
                (Expr::call("COUNT", [Expr::Star]), Some("keys_given".into())),
                (digits, Some("digits".into())),
            ],
            from: vec![From::first(Relation::table(QName::new("", KEY)), "k")],
            ..Select::default()
        };
        let one = Expr::of("given", "keys_given").op("=", Expr::Integer(1));
        let fits = Expr::of("given", "digits").op("REGEXP", Expr::text(KEY_DIGITS));
        let wrong = Expr::Not(Box::new(Expr::call("COALESCE", [Expr::And(vec![one, fits]), Expr::Integer(0)])));
        let text = "expected the mask key as one line of at least 32 printable ASCII characters on descriptor 3";
        finding_where(script, text, vec![From::first(Relation::Select(Box::new(counted)), "given")], wrong);
        stop(script);
        script.comment("the two pads of HMAC-SHA-256 (RFC 2104)");
        for (name, select) in hmac::mysql_pads(KEY, "secret") {
            script.run(&Statement::SetUser(name, Expr::scalar(select)));
        }
        script.run(&Statement::DropTemporary(KEY));
        script.blank();
    }

    /// One picture of the source, and what it is.
    fn open(&self, script: &mut Script) {
        make_list(script);
        script.blank();
        self.expect_shape(script);
        script.run(&Statement::Isolation);
        script.run(&Statement::Start { snapshot: true });
        script.blank();
        script.comment("the list of what leaves; counting a table also keeps others from altering it until the end");
        let fingerprint = self.export.fingerprint.clone().unwrap_or_else(|| Expr::text("none"));
        let mut rows = vec![
            list_row("noren", "1", Expr::text("")),
            list_row("export", &names::encode(&self.export.name), Expr::text("")),
            list_row("policy", self.digests.policy, Expr::text("")),
            list_row("key", "fingerprint", fingerprint),
        ];
        rows.extend(
            self.export.tables.iter().map(|table| list_row("columns", &table.stem, Expr::text(column_list(table)))),
        );
        script.run(&Statement::InsertValues(LIST, LIST_COLUMNS.to_vec(), rows));
        for table in &self.export.tables {
            let mut count = table.count();
            count.columns.splice(0..0, [(Expr::text("rows"), None), (Expr::text(table.stem.as_str()), None)]);
            for (_, alias) in &mut count.columns {
                *alias = None;
            }
            script.run(&Statement::InsertSelect(LIST, LIST_COLUMNS.to_vec(), count));
        }
        script.blank();
        self.compare_shape(script);
        for table in self.export.tables.iter().filter(|table| !table.wide.is_empty()) {
            Self::check_width(script, table);
        }
        stop(script);
    }

    /// A function that gives more than a packet gives NULL, which would be a value that is lost.
    fn check_width(script: &mut Script, table: &TablePlan<'_>) {
        script.comment("bytes leave as twice as many digits, which a packet must hold");
        let half = Expr::user_variable("@max_allowed_packet").op("DIV", Expr::Integer(2));
        let long = |column: &String| Expr::call("LENGTH", [Expr::of("t", column)]).op(">=", half.clone());
        let text = format!("expected max_allowed_packet to be more than twice the longest bytes of {}", table.name);
        finding(
            script,
            Select {
                columns: vec![(Expr::text(text), None)],
                from: vec![From::first(Relation::table(QName::new("", table.name.as_str())), "t")],
                condition: Some(Expr::Or(table.wide.iter().map(long).collect())),
                limit: Some(1),
                ..Select::default()
            },
        );
    }

    /// The list as an object.
    fn list(&self, script: &mut Script, state: &str) {
        script.comment(&format!("the list, {state}"));
        let columns = |name: &'static str| (Expr::of("l", name), Some(Ident::from(name)));
        let tag = (Expr::text("row"), Some(Ident::from("noren_row")));
        let from = vec![From::first(Relation::table(QName::new("", LIST)), "l")];
        let rows = Select {
            columns: std::iter::once(tag).chain(LIST_COLUMNS.map(columns)).collect(),
            from,
            ..Select::default()
        };
        let filler = vec![Expr::text("row"), Expr::text("state"), Expr::text(state), Expr::text("")];
        script.run(&Statement::Outfile(Outfile {
            rows,
            filler,
            order_by: Vec::new(),
            uri: self.uri(LIST_KEY),
            kms_key: self.place.kms_key.clone(),
        }));
        script.blank();
    }

    /// One table.
    fn table(&self, script: &mut Script, table: &TablePlan<'_>) {
        for (span, condition) in &table.conditions {
            script.comment(&format!("{}  rows ({condition})", self.place_of(*span)));
        }
        for column in &table.columns {
            let Some(rule) = column.rule else { continue };
            let place = self.place_of(rule);
            script.comment(&format!("{place}  {}.{} is {}", table.name, column.name, column.written));
        }
        script.run(&Statement::Outfile(table.outfile(self.uri(&object_key(&table.stem)), self.place)));
        script.blank();
    }
}
