//! `managed/`: the same export and import by the services' own commands, for who has asked for them.
//!
//! The service runs a SELECT in a session that is not ours and writes CSV without a header. There is no key and no
//! snapshot over several tables; what its CSV makes of NULL, of quotes and of a client's encoding is not documented, and a
//! row must be a line. So values are hexadecimal with a sign before them, `-` is NULL, and a line of its own says which policy it is of, which columns it has and how
//! many rows there are. Whatever the session's settings would change is asked for before the first row leaves.
//!
//! The service's import would load table after table, each for itself. It loads tables of text beside the copy's own
//! instead, from which `import.sql` takes the rows in its one transaction, with all that it looks for otherwise.

use super::super::import::row;
use super::super::psql::{
    self, EXACT, column_list, demand, in_temp, include_shape, insert, into_variables, set, temporary,
};
use super::super::{EmitError, Emitter};
use crate::catalog::QName;
use crate::emit::objects::{stem, unless_defined};
use crate::plan::{TablePlan, names};
use crate::project::{Engine, Gcs};
use crate::sql::{
    Expr, From, Ident, Join, Meta, Mismatch, Relation, Script, Select, SettingValue, Statement, Word, shell,
};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Fixed columns of an object and of the table that it is loaded into.
const FIXED: [&str; 3] = ["kind", "about", "total"];
/// In place of NULL; every other value has a sign before it.
const NULL: &str = "-";
const VALUE: &str = "=";

impl Emitter<'_> {
    /// All files of `managed/`; without the shared ones where only the place is another.
    pub(in crate::emit) fn managed_files(
        &self,
        place: &Gcs,
        folder: &str,
        shared: bool,
    ) -> Result<BTreeMap<String, String>, EmitError> {
        let Some(engine) = place.managed else { return Ok(BTreeMap::new()) };
        let mut files = BTreeMap::new();
        let mut add = |name: &str, text: Result<String, Mismatch>| {
            let path = format!("{folder}/managed/{name}");
            let text = text.map_err(|mismatch| EmitError { path: path.clone(), mismatch })?;
            files.insert(path, text);
            Ok(())
        };
        add("export.sh", self.managed_export(place, engine))?;
        let import = self.export.import.as_ref();
        if import.is_some() {
            add("import.sh", Ok(self.managed_import(place, engine)))?;
        }
        if shared {
            let inside = Emitter { staged: true, beside: "../".to_owned(), ..*self };
            add("prepare.sql", inside.prepare().print())?;
            if let Some(import) = import {
                add("stage.sql", inside.stage().print())?;
                add("import.sql", inside.import(import).print())?;
            }
        }
        Ok(files)
    }

    fn managed_export(&self, place: &Gcs, engine: Engine) -> Result<String, Mismatch> {
        let instance = instance(engine);
        let usage = format!("{} DATABASE NAME", instance.to_uppercase());
        let mut text = self.shell_head(
            "export.sh",
            "Exports the masked rows of one audience to Cloud Storage by the service itself, on a clone that nobody writes to.",
            &usage,
        );
        text += &arguments("export.sh", &usage, &format!("{instance} database run"));
        text += include_str!("name.sh");
        text += &bucket(place);
        text += if engine == Engine::AlloyDb {
            include_str!("export_alloydb.sh")
        } else {
            include_str!("export_cloud_sql.sh")
        };
        for table in &self.export.tables {
            let query = Statement::Select(self.described(table)).print()?;
            // Writing to a string cannot fail.
            let _ = write!(text, "\nsend {}{}", shell::word(&object(table)), shell::here(&query));
        }
        text += "\necho \"written: $folder\"\n";
        Ok(text)
    }

    fn managed_import(&self, place: &Gcs, engine: Engine) -> String {
        let instance = instance(engine);
        let usage = format!("{} DATABASE USER NAME/ATTEMPT", instance.to_uppercase());
        let mut text = self.shell_head(
            "import.sh",
            "Has the service load the objects of one run into the tables of stage.sql. Nothing of the copy's own changes.",
            &usage,
        );
        text += &arguments("import.sh", &usage, &format!("{instance} database user folder"));
        text += include_str!("attempt.sh");
        text += &bucket(place);
        text += if engine == Engine::AlloyDb {
            include_str!("import_alloydb.sh")
        } else {
            include_str!("import_cloud_sql.sh")
        };
        text.push('\n');
        for (at, table) in self.export.tables.iter().enumerate() {
            let columns = FIXED.map(str::to_owned).into_iter().chain(numbered(table)).collect::<Vec<_>>().join(",");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "take {} t{} {columns}", shell::word(&object(table)), at + 1);
        }
        text += "\necho 'loaded: now import.sql'\n";
        text
    }

    fn shell_head(&self, name: &str, purpose: &str, usage: &str) -> String {
        let place = self.place_of(self.export.span);
        format!(
            "#!/bin/sh\n# {purpose}\n# Run as: sh {name} {usage}\n# {place}  export {}\n{}",
            names::encode(&self.export.name),
            include_str!("export_head.sh")
        )
    }

    /// The masked rows as text, and one line more that says what they are.
    fn described(&self, table: &TablePlan<'_>) -> Select {
        let masked = || {
            let columns = numbered(table).map(Ident::new).collect();
            From { columns, ..From::first(Relation::Select(Box::new(self.export.select(table))), "t") }
        };
        let counted = Select {
            columns: vec![(Expr::call("count", [Expr::Star]).cast("text"), None)],
            from: vec![masked()],
            ..Select::default()
        };
        let one = Select {
            columns: vec![
                (Expr::text("about"), Some(Ident::from("kind"))),
                (Expr::text(self.about(table)), Some(Ident::from("about"))),
                (Expr::scalar(counted), Some(Ident::from("total"))),
            ],
            ..Select::default()
        };
        let fixed = [("kind", "row"), ("about", NULL), ("total", NULL)].map(|(name, otherwise)| {
            let value = Expr::call("coalesce", [Expr::of("e", name), Expr::text(otherwise)]);
            (value, Some(Ident::from(name)))
        });
        let values = numbered(table).map(|name| {
            let value = || Expr::of("t", &name);
            let is_null = Expr::call("num_nulls", [value()]).op("=", Expr::Integer(1));
            // As COPY would write it, whatever its type.
            let bytes = Expr::call("convert_to", [Expr::call("concat", [value()]), Expr::text("UTF8")]);
            let shown = Expr::call("concat", [Expr::text(VALUE), Expr::call("encode", [bytes, Expr::text("hex")])]);
            (Expr::Case(vec![(is_null, Expr::text(NULL))], Some(Box::new(shown))), Some(Ident::new(name)))
        });
        let end = Relation::Select(Box::new(one));
        Select {
            columns: fixed.into_iter().chain(values).collect(),
            from: vec![masked(), From::joined(end, "e", Join::Full(Expr::Boolean(false)))],
            condition: Some(as_expected()),
            ..Select::default()
        }
    }

    /// What an object is, in its own words.
    fn about(&self, table: &TablePlan<'_>) -> String {
        let export = names::encode(&self.export.name);
        // A comma would have to be quoted, and nothing else here has to.
        let columns = column_list(table).replace(',', " ");
        format!("noren 1 {export} {} {} {columns}", self.digests.policy, table.stem)
    }

    /// What a session must be like that is not ours.
    fn prepare(&self) -> Script {
        let mut script = self.head(
            &[
                "On a clone only: compares it with the schema, and sets for every session of this database what export.sh asks of",
                "the service's own.",
                "Run on the clone as the database's owner: psql -X -v clone=on -f prepare.sql",
            ],
            &[],
        );
        script.blank();
        unless_defined(&mut script, "clone", |script| {
            script.run(Statement::Do(include_str!("refuse_clone.sql")));
        });
        demand(&mut script, "clone", include_str!("refuse_clone.sql"));
        script.comment("what these files were compiled for; nobody changes it on a clone from here on");
        include_shape(&mut script, &self.beside, false);
        script.run(Statement::Do(include_str!("../../shape.sql")));
        script.run(Statement::DropTemporary(Ident::from("noren_shape")));
        script.blank();
        script.run(temporary("noren_setting", &["name", "value"], false));
        insert(
            &mut script,
            "noren_setting",
            &["name", "value"],
            settings().into_iter().map(|(name, value)| [name, value]),
        );
        script.run(Statement::Do(include_str!("session.sql")));
        script.run(Statement::DropTemporary(Ident::from("noren_setting")));
        script
    }

    /// Tables of text, anew for each import.
    fn stage(&self) -> Script {
        let mut script = self.head(
            &[
                "In the copy only: makes the tables that import.sh loads, anew and empty.",
                "Run in the copy as a role that may create a schema: psql -X -f stage.sql, before each import.",
            ],
            &[],
        );
        script.blank();
        script.run(Statement::Begin { isolation: None, read_only: false });
        self.marker(&mut script);
        script.run(temporary("noren_staged", &["name", "columns"], true));
        let staged = self.export.tables.iter().enumerate();
        let rows = staged.map(|(at, table)| row([&format!("t{}", at + 1), &table.file_columns().count().to_string()]));
        insert(&mut script, "noren_staged", &["name", "columns"], rows);
        let role = self.export.import_role.as_ref().map_or("", |role| role.value.as_str());
        let given = Expr::call("set_config", [Expr::text("noren.role"), Expr::text(role), Expr::Boolean(false)]);
        into_variables(&mut script, psql::select_one(given.is_not_null(), "noren_role_is_set", None));
        script.run(Statement::Do(include_str!("stage.sql")));
        script.run(Statement::Commit);
        script.run(set("noren.role", SettingValue::Default));
        script.meta(Meta::Echo(vec![Word::text("staged")]));
        script
    }

    /// What import.sh brought, compared with what these files were compiled for.
    pub(in crate::emit) fn staged_manifest(&self, script: &mut Script) {
        script.blank().comment("what was staged is a whole export of this very policy");
        script.run(temporary("noren_manifest", &["kind", "name", "rows"], true));
        script.run(temporary("noren_about", &["name", "about", "total", "staged"], true));
        script.run(temporary("noren_expected", &["name", "about"], true));
        let expected = self.export.tables.iter().map(|table| row([&table.stem, &self.about(table)]));
        insert(script, "noren_expected", &["name", "about"], expected);
        for (at, table) in self.export.tables.iter().enumerate() {
            let of = |name: &str| Expr::of("line", name);
            let lines = |kind: &str| Select {
                from: vec![From::first(Relation::table(staged(at)), "line")],
                condition: Some(of("kind").op("=", Expr::text(kind))),
                ..Select::default()
            };
            let count = Expr::call("count", [Expr::Star]).cast("text");
            let rows = Expr::scalar(Select { columns: vec![(count, None)], ..lines("row") });
            let values = [Expr::text(table.stem.as_str()), of("about"), of("total"), rows];
            let query = Select { columns: values.map(|value| (value, None)).to_vec(), ..lines("about") };
            let columns = ["name", "about", "total", "staged"].map(Ident::from).to_vec();
            script.run(Statement::InsertSelect { table: in_temp("noren_about"), columns, query });
        }
        script.run(Statement::Do(include_str!("whole.sql")));
    }

    /// The rows of one table, each value read as its type.
    pub(in crate::emit) fn staged_load(&self, script: &mut Script, at: usize, table: &TablePlan<'_>) {
        let (declared, _) = self.export.declared(table);
        let value = |(number, name): (String, &str)| {
            let text = || Expr::of("line", &number);
            let is_value = text().op("<>", Expr::text(NULL));
            let hex = Expr::call("substr", [text(), Expr::Integer(2)]);
            let bytes = Expr::call("decode", [hex, Expr::text("hex")]);
            let value = Expr::call("convert_from", [bytes, Expr::text("UTF8")]);
            let value = match declared.columns.get(name) {
                Some(column) => value.cast_to(column.data_type.clone()),
                None => value,
            };
            (value.when(is_value), None)
        };
        let names = table.file_columns().map(|column| column.name.as_str());
        let query = Select {
            columns: numbered(table).zip(names).map(value).collect(),
            from: vec![From::first(Relation::table(staged(at)), "line")],
            condition: Some(Expr::of("line", "kind").op("=", Expr::text("row"))),
            ..Select::default()
        };
        let columns = table.file_columns().map(|column| Ident::from(column.name.as_str())).collect();
        script.run(Statement::Load { table: table.name.clone(), columns, query });
    }

    /// The rows are where they belong.
    pub(in crate::emit) fn staged_done(&self, script: &mut Script) {
        let tables = (0..self.export.tables.len()).map(|at| (staged(at), true)).collect();
        script.run(Statement::Truncate { tables, restart_identity: false });
    }
}

/// What the service's commands call the server.
fn instance(engine: Engine) -> &'static str {
    if engine == Engine::AlloyDb { "cluster region" } else { "instance" }
}

fn arguments(name: &str, usage: &str, variables: &str) -> String {
    let count = variables.split(' ').count();
    let mut text = format!("[ \"$#\" -eq {count} ] || {{ echo 'usage: sh {name} {usage}' >&2; exit 2; }}\n");
    for (at, variable) in variables.split(' ').enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{variable}=${}", at + 1);
    }
    text
}

fn bucket(place: &Gcs) -> String {
    let prefix = if place.prefix.is_empty() { String::new() } else { format!("/{}", place.prefix) };
    format!("bucket={}\n", shell::word(&format!("gs://{}{prefix}", place.bucket)))
}

fn object(table: &TablePlan<'_>) -> String {
    format!("{}.csv", stem(table))
}

fn staged(at: usize) -> QName {
    QName::new("noren_load", format!("t{}", at + 1))
}

/// `c1`, `c2`: names that mean nothing to a shell, to a service or to a SELECT around.
fn numbered(table: &TablePlan<'_>) -> impl Iterator<Item = String> {
    (1..=table.file_columns().count()).map(|number| format!("c{number}"))
}

/// Every setting of the session that a value, a name or a row of the export could depend on. The client's encoding is the
/// service's own business: objects are ASCII.
fn settings() -> Vec<(&'static str, &'static str)> {
    let exact = EXACT.into_iter().filter(|(name, _)| *name != "client_encoding");
    exact
        .chain([
            ("extra_float_digits", "1"),
            ("standard_conforming_strings", "on"),
            ("search_path", "pg_catalog, pg_temp"),
        ])
        .collect()
}

/// True, or an error that names what differs, asked once before the first row.
fn as_expected() -> Expr {
    let current = |name: &str| Expr::builtin("current_setting", [Expr::text(name)]);
    let checks = settings().into_iter().map(|(name, value)| current(name).op("=", Expr::text(value))).collect();
    let told = settings().into_iter().flat_map(|(name, _)| [Expr::text(format!(" {name}=")), current(name)]);
    let told = [Expr::text("run prepare.sql on this clone first: the session has")].into_iter().chain(told);
    // No number, so the cast is an error, and one that says what was found.
    let error = Expr::call("concat", told).cast("int4");
    let one = Expr::Case(vec![(Expr::And(checks), Expr::Integer(1))], Some(Box::new(error)));
    let asked = Select { columns: vec![(one, None)], ..Select::default() };
    Expr::scalar(asked).op("=", Expr::Integer(1))
}
