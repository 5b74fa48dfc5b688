//! Who sees and changes what, for every table and every role of the samples, against an oracle of its own.
//!
//! What a role may do is read off the compiled model; which rows it should then see is worked out here once more, by a
//! superuser, with no policy in between. A hidden row is an empty result, a missing right is 42501, a tenant that is no
//! tenant's id is 22P02; nothing is ever another tenant's row.

mod more;
mod night;
mod parents;
mod views;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;

use noren::catalog::{Catalog, QName};
use noren::model::access::{Access, AccessName, AccessSql, Command, Policy, Right, Role, ScopeKind, Tenants};
use noren::{compiler, project};

use crate::apply::cluster::{Cluster, EXPENSE, OWNER, Sample};
use crate::support::{self, Database};
use parents::Tried;

const CLINIC: Sample = Sample { folder: "clinic", tenant: ("app.tenant_ids", "") };

/// A sample's model, and the database that was brought to it.
struct World {
    cluster: Cluster,
    catalog: Catalog,
    access: Access,
    /// Tenants that have rows.
    tenants: Vec<String>,
    /// Values of the other settings, by name.
    settings: BTreeMap<String, String>,
    /// What the oracle was asked, with its answers: no probe changes a row for good.
    asked: RefCell<BTreeMap<String, Vec<String>>>,
}

/// What the session says of its tenant.
#[derive(Clone, Debug)]
enum State {
    Tenant(Vec<String>),
    Unset,
    Empty,
    Reset,
    Junk,
}

impl World {
    fn new(sample: &Sample, settings: &[(&str, &str)], (schema, policy): (&str, &str)) -> Option<Self> {
        let cluster = Cluster::start_with(sample, None, "", schema, policy)?;
        let loaded = project::load(cluster.folder.path());
        let compiled = compiler::compile(&loaded.sources, &loaded.project.unwrap());
        let access = compiled.model.unwrap().access;
        cluster.apply("postgres", "00_roles.sql");
        cluster.apply(OWNER, "apply.sql");
        let tenancy = access.tenancy.as_ref().unwrap();
        let roots =
            format!("SELECT {} FROM {} ORDER BY 1 LIMIT 2", quoted(&tenancy.root_column), relation(&tenancy.root));
        let tenants = cluster.database.column(&roots);
        assert_eq!(tenants.len(), 2, "two tenants are needed");
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Some(Self { catalog: compiled.catalog, access, tenants, settings, asked: RefCell::default(), cluster })
    }

    /// The first column of a superuser's query.
    fn ask(&self, query: &str) -> Vec<String> {
        if let Some(known) = self.asked.borrow().get(query) {
            return known.clone();
        }
        let found = self.database().column(query);
        self.asked.borrow_mut().insert(query.to_owned(), found.clone());
        found
    }

    fn ask_one(&self, query: &str) -> String {
        self.ask(query).into_iter().next().unwrap_or_else(|| panic!("one row expected of {query}"))
    }

    fn database(&self) -> &Database {
        &self.cluster.database
    }

    /// Statements that bring a session into a state, within a transaction.
    fn enter(&self, state: &State) -> String {
        let tenancy = self.access.tenancy.as_ref().unwrap();
        let set = |value: &str, local: bool| {
            format!("SELECT set_config('{}', '{value}', {local}) \\g /dev/null\n", tenancy.setting)
        };
        let tenant = match state {
            State::Tenant(tenants) if tenancy.many => set(&format!("{{{}}}", tenants.join(",")), true),
            State::Tenant(tenants) => set(&tenants[0], true),
            State::Unset => String::new(),
            State::Empty => set("", true),
            State::Reset => set("", false) + &format!("RESET {};\n", tenancy.setting),
            State::Junk => set("nobody", true),
        };
        let others = self
            .settings
            .iter()
            .map(|(name, value)| format!("SELECT set_config('{name}', '{value}', true) \\g /dev/null\n"));
        tenant + &others.collect::<String>()
    }

    /// The oracle: what must be true of the row `alias` of `table` for it to be of one of these tenants.
    fn mine(&self, table: &QName, alias: &str, tenants: &[String], reads: bool) -> String {
        let tenancy = self.access.tenancy.as_ref().unwrap();
        let listed = tenants.iter().map(|tenant| format!("'{tenant}'")).collect::<Vec<_>>().join(", ");
        let by = |column: &str| {
            if tenants.is_empty() { "false".to_owned() } else { format!("{alias}.{} IN ({listed})", quoted(column)) }
        };
        let exists = |other: &QName, pairs: Vec<(&str, &str)>| {
            let inner = format!("{alias}_");
            let joined =
                pairs.iter().map(|(there, here)| format!("{inner}.{} = {alias}.{}", quoted(there), quoted(here)));
            let joined = joined.collect::<Vec<_>>().join(" AND ");
            format!(
                "EXISTS (SELECT FROM {} {inner} WHERE {joined} AND {})",
                relation(other),
                self.mine(other, &inner, tenants, reads)
            )
        };
        match &self.access.scopes[table].kind {
            ScopeKind::Column { column, or_null: true } if reads && !tenants.is_empty() => {
                format!("({} OR {alias}.{} IS NULL)", by(column), quoted(column))
            }
            ScopeKind::Column { column, .. } => by(column),
            // The parent says whose it is, whatever the copied column holds.
            ScopeKind::Added(parent) | ScopeKind::Lookup(parent) => {
                let _ = tenancy;
                exists(
                    &parent.table,
                    parent.columns.iter().map(|(own, theirs)| (theirs.as_str(), own.as_str())).collect(),
                )
            }
            ScopeKind::Through { table, columns } => {
                exists(table, columns.iter().map(|(theirs, own)| (theirs.as_str(), own.as_str())).collect())
            }
            ScopeKind::When(condition) => self.condition(condition, alias),
            ScopeKind::Shared | ScopeKind::Internal => "true".to_owned(),
        }
    }

    fn condition(&self, sql: &AccessSql, alias: &str) -> String {
        let text = sql.substituted(|name| match name {
            AccessName::Column(column) => format!("{alias}.{}", quoted(column)),
            AccessName::Setting(setting) => {
                let data_type = &self.access.settings[setting].data_type.name.name;
                let value = self.settings.get(setting).map_or("NULL".to_owned(), |value| format!("'{value}'"));
                format!("({value}::{data_type})")
            }
            AccessName::Relation(name) => relation(name),
        });
        format!("({text})")
    }

    /// The rows that somebody with the rights of these roles may read or change by a command.
    fn oracle(&self, hats: &[String], table: &QName, command: Command, tenants: &[String], alias: &str) -> String {
        let mine = self.mine(table, alias, tenants, command == Command::Select);
        let any = |conditions: Vec<String>| {
            if conditions.is_empty() { "true".to_owned() } else { format!("({})", conditions.join(" OR ")) }
        };
        let granted = |right: &Right| any(right.conditions.iter().map(|sql| self.condition(sql, alias)).collect());
        let mut ways: Vec<String> = self
            .rights(table, hats, command)
            .into_iter()
            .map(|right| format!("({mine} AND {})", granted(right)))
            .collect();
        if ways.is_empty() {
            return "false".to_owned();
        }
        let mut narrowed = Vec::new();
        let binds = |policy: &&Policy| {
            policy.table == *table
                && policy.commands.contains(&command)
                && hats.iter().any(|hat| policy.roles.contains(hat))
        };
        for policy in self.access.policies.iter().filter(binds) {
            let using = policy.using.as_ref().map_or("true".to_owned(), |sql| self.condition(sql, alias));
            match (policy.restrictive, policy.across_tenants) {
                (true, _) => narrowed.push(using),
                (false, true) => ways.push(using),
                (false, false) => ways.push(format!("({mine} AND {using})")),
            }
        }
        // Each role has its floor, and a policy across tenants loosens that of its own roles only.
        let loosened =
            |hat: &String, policy: &&Policy| policy.across_tenants && binds(policy) && policy.roles.contains(hat);
        if hats.iter().any(|hat| !self.access.policies.iter().any(|policy| loosened(hat, &policy))) {
            narrowed.push(mine.clone());
        }
        narrowed.push(format!("({})", ways.join(" OR ")));
        narrowed.join(" AND ")
    }

    /// Tables of tenants; only roots and plain tables are ways in.
    fn scoped(&self) -> impl Iterator<Item = &QName> {
        self.access.scopes.iter().filter(|(_, scope)| scope.kind.is_scoped()).map(|(table, _)| table)
    }

    fn own_roles(&self) -> impl Iterator<Item = &Role> {
        self.access.roles.values().filter(|role| role.tenants == Tenants::Own && !role.existing)
    }

    /// Not a row that a policy gives to every tenant.
    fn not_across(&self, table: &QName) -> String {
        let across = self.access.policies.iter().filter(|policy| policy.table == *table && policy.across_tenants);
        let conditions = across.filter_map(|policy| Some(self.condition(policy.using.as_ref()?, "t")));
        conditions.fold(String::new(), |text, condition| text + &format!(" AND NOT coalesce({condition}, false)"))
    }

    /// The rights of these roles to a command.
    fn rights(&self, table: &QName, hats: &[String], command: Command) -> Vec<&Right> {
        let Some(roles) = self.access.rights.get(table) else { return Vec::new() };
        hats.iter().filter_map(|hat| roles.get(hat)?.get(&command)).collect()
    }

    fn may(&self, table: &QName, hats: &[String], command: Command) -> bool {
        !self.rights(table, hats, command).is_empty()
    }

    /// Whether every column may be read.
    fn reads_whole(&self, table: &QName, hats: &[String]) -> bool {
        self.rights(table, hats, Command::Select).iter().any(|right| right.columns.is_none())
    }

    /// Columns that may be read, as one value a row.
    fn readable(&self, table: &QName, hats: &[String], alias: &str) -> Option<String> {
        let rights = self.rights(table, hats, Command::Select);
        let own = self.catalog.tables[table].columns.keys();
        let allows =
            |right: &&Right, column: &String| right.columns.as_ref().is_none_or(|columns| columns.contains(column));
        if rights.is_empty() {
            return None;
        }
        let columns = own.filter(|column| rights.iter().any(|right| allows(right, column)));
        Some(format!(
            "ROW({})::text",
            columns.map(|column| format!("{alias}.{}", quoted(column))).collect::<Vec<_>>().join(", ")
        ))
    }

    /// Count and digest of some rows of a table.
    fn digest(row: &str, from: &str, condition: &str) -> String {
        format!(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg({row}, '|' ORDER BY {row} COLLATE \"C\")), '') AS v FROM {from} WHERE {condition}"
        )
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn relation(name: &QName) -> String {
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

/// Statements of one role in one psql session, each in a transaction of its own that is rolled back.
struct Session<'w> {
    world: &'w World,
    role: String,
    /// Roles whose rights it has.
    hats: Vec<String>,
    /// Becomes another role in each transaction.
    becomes: Option<String>,
    script: String,
    labels: Vec<(String, Expect)>,
}

/// What must come of a statement.
#[derive(Clone, Debug)]
enum Expect {
    /// The value `v`.
    Value(String),
    /// So many rows read or changed.
    Rows(u64),
    /// This error.
    Error(&'static str),
    /// No row, or this error.
    NothingOr(&'static str),
    /// One of these states.
    OneOf(&'static [&'static str]),
    /// So many rows changed or fewer, or that the check refuses them.
    AtMost(u64),
}

impl<'w> Session<'w> {
    fn new(world: &'w World, role: &str) -> Self {
        let script = "\\set ON_ERROR_STOP off\n\\set QUIET on\n".to_owned();
        let role = role.to_owned();
        Self { world, hats: vec![role.clone()], becomes: None, role, script, labels: Vec::new() }
    }

    /// A login that has these roles' rights by membership, or becomes the only one of them.
    fn member(world: &'w World, role: &str, hats: &[&str], becomes: bool) -> Self {
        let becomes = becomes.then(|| hats[0].to_owned());
        Self { hats: hats.iter().map(|hat| (*hat).to_owned()).collect(), becomes, ..Self::new(world, role) }
    }

    /// `statement` ends in `;`, or in `\gset` where it gives the value `v`.
    fn probe(&mut self, label: &str, state: &State, statement: &str, expect: Expect) {
        let index = self.labels.len();
        let becomes = self.becomes.iter().map(|role| format!("SET LOCAL ROLE {};\n", quoted(role)));
        let enter = self.world.enter(state) + &becomes.collect::<String>();
        let rows = statement
            .rsplit('\n')
            .next()
            .is_some_and(|last| (last.starts_with("SELECT") || last.contains(" RETURNING ")) && last.ends_with(';'));
        let statement =
            if rows { statement.trim_end_matches(';').to_owned() + " \\g /dev/null" } else { statement.to_owned() };
        writeln!(
            self.script,
            "\\set v -\nBEGIN;\n{enter}{statement}\n\\set state :SQLSTATE\n\\set changed :ROW_COUNT\nROLLBACK;\n\\echo {index} :state :changed :v"
        )
        .unwrap();
        self.labels.push((format!("{label} as {} ({state:?})", self.whose()), expect));
    }

    fn whose(&self) -> String {
        let way = if self.becomes.is_some() { "who is now" } else { "in" };
        if self.hats == [self.role.clone()] {
            self.role.clone()
        } else {
            format!("{} {way} {}", self.role, self.hats.join(", "))
        }
    }

    /// Everything that came otherwise.
    fn run(self) -> Vec<String> {
        let folder = self.world.cluster.folder.path();
        let path = folder.join(format!("probe_{}.sql", support::unique("p")));
        std::fs::write(&path, &self.script).unwrap();
        let output =
            self.world.database().psql(&self.role, ["-q".as_ref(), "-f".as_ref(), path.as_os_str()], &[], folder);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut wrong = Vec::new();
        let lines: Vec<&str> = printed.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), self.labels.len(), "{}: probes print nothing of their own: {printed}", self.role);
        for (line, (label, expect)) in lines.iter().zip(&self.labels) {
            let mut words = line.splitn(4, ' ').skip(1);
            let (state, changed, value) =
                (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
            let fits = match expect {
                Expect::Value(expected) => state == "00000" && value.trim() == expected.trim(),
                Expect::Rows(rows) => state == "00000" && changed.parse() == Ok(*rows),
                Expect::Error(code) => state == *code,
                Expect::OneOf(codes) => codes.contains(&state),
                Expect::AtMost(rows) => {
                    state == "42501" || (state == "00000" && changed.parse().is_ok_and(|found: u64| found <= *rows))
                }
                Expect::NothingOr(code) => {
                    state == *code || (state == "00000" && (changed == "0" || value.starts_with("0 ")))
                }
            };
            if !fits {
                wrong.push(format!("{label}: expected {expect:?}, found {state} {changed} {value}"));
            }
        }
        if wrong.is_empty() {
            wrong
        } else {
            wrong.into_iter().chain([said.lines().take(20).collect::<Vec<_>>().join("\n")]).collect()
        }
    }
}

#[track_caller]
fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

impl World {
    fn states(&self) -> Vec<State> {
        let [one, other] = [&self.tenants[0], &self.tenants[1]];
        let mut states = vec![State::Tenant(vec![one.clone()]), State::Tenant(vec![other.clone()])];
        if self.access.tenancy.as_ref().unwrap().many {
            states.push(State::Tenant(vec![one.clone(), other.clone()]));
        }
        states.extend([State::Unset, State::Empty, State::Reset]);
        states
    }

    /// What is read: tables, samples of them, cursors, COPY, and one prepared statement over a change of tenant.
    fn reads(&self, session: &mut Session<'_>, table: &QName) {
        let hats = session.hats.clone();
        let name = relation(table);
        let Some(row) = self.readable(table, &hats, "t") else {
            let nothing = format!("SELECT count(*) FROM {name};");
            session.probe(
                &format!("read {name}"),
                &State::Tenant(self.tenants.clone()),
                &nothing,
                Expect::Error("42501"),
            );
            return;
        };
        for state in self.states() {
            let tenants = if let State::Tenant(tenants) = &state { tenants.clone() } else { Vec::new() };
            let oracle = self.oracle(&hats, table, Command::Select, &tenants, "t");
            let expected = self.ask_one(&Self::digest(&row, &format!("{name} t"), &oracle));
            let count: u64 = expected.split(' ').next().unwrap().parse().unwrap();
            let read = Self::digest(&row, &format!("{name} t"), "true");
            session.probe(&format!("read {name}"), &state, &format!("{read} \\gset"), Expect::Value(expected.clone()));
            let sampled = Self::digest(&row, &format!("{name} t TABLESAMPLE BERNOULLI (100)"), "true");
            session.probe(
                &format!("sample {name}"),
                &state,
                &format!("{sampled} \\gset"),
                Expect::Value(expected.clone()),
            );
            if self.reads_whole(table, &hats) {
                let copy = format!("COPY (SELECT * FROM {name}) TO STDOUT \\g /dev/null");
                session.probe(&format!("copy {name}"), &state, &copy, Expect::Rows(count));
                let cursor = format!("DECLARE c CURSOR FOR SELECT * FROM {name};\nMOVE ALL c;");
                session.probe(&format!("cursor over {name}"), &state, &cursor, Expect::Rows(count));
            }
            // The plan is made for one tenant and used for another.
            let first = self.enter(&State::Tenant(vec![self.tenants[1].clone()]));
            let second = match &state {
                State::Unset => self.enter(&State::Empty),
                other => self.enter(other),
            };
            let prepared = format!(
                "SET LOCAL plan_cache_mode = force_generic_plan;\n{first}PREPARE p AS {read};\nEXECUTE p \\g /dev/null\n{second}EXECUTE p \\gset\nDEALLOCATE p;"
            );
            session.probe(&format!("prepared over {name}"), &state, &prepared, Expect::Value(expected));
        }
        let junk = format!("SELECT count(*) AS v FROM {name} \\gset");
        session.probe(&format!("read {name}"), &State::Junk, &junk, Expect::NothingOr("22P02"));
    }

    /// What is written: rows of others are not there, and no row becomes another's.
    fn writes(&self, session: &mut Session<'_>, table: &QName) {
        let hats = session.hats.clone();
        let (a, b) = (vec![self.tenants[0].clone()], vec![self.tenants[1].clone()]);
        let name = relation(table);
        let as_a = State::Tenant(a.clone());
        if let Some((listed, values)) = self.foreign_row(table, &b) {
            let insert = format!("INSERT INTO {name} ({listed}) OVERRIDING SYSTEM VALUE SELECT {values}");
            for state in [&as_a, &State::Unset, &State::Empty] {
                session.probe(
                    &format!("insert another's row into {name}"),
                    state,
                    &format!("{insert};"),
                    Expect::Error("42501"),
                );
                session.probe(
                    &format!("insert and return in {name}"),
                    state,
                    &format!("{insert} RETURNING 1;"),
                    Expect::Error("42501"),
                );
                session.probe(
                    &format!("upsert into {name}"),
                    state,
                    &format!("{insert} ON CONFLICT DO NOTHING;"),
                    Expect::Error("42501"),
                );
            }
        }
        let mut own = self.catalog.tables[table].columns.keys();
        let some = quoted(own.find(|column| self.updatable(table, column)).unwrap());
        let update = |condition: &str| format!("UPDATE {name} t SET {some} = t.{some} WHERE {condition};");
        let delete = |condition: &str| format!("DELETE FROM {name} t WHERE {condition};");
        let others = self.foreign(table, &b);
        for (command, statements) in
            [(Command::Update, [update(&others), update("true")]), (Command::Delete, [delete(&others), delete("true")])]
        {
            let reads = self.may(table, &hats, Command::Select);
            let may = self.may(table, &hats, command) && reads;
            let nothing = if may { Expect::Rows(0) } else { Expect::Error("42501") };
            session.probe(
                &format!("{} another's rows of {name}", command.word()),
                &as_a,
                &statements[0],
                nothing.clone(),
            );
            for state in [State::Unset, State::Empty, State::Reset] {
                session.probe(&format!("{} all of {name}", command.word()), &state, &statements[1], nothing.clone());
            }
        }
        // Blind: an UPDATE that reads nothing needs no SELECT policy, and would move rows where no check stops it.
        if let Some((column, value)) = self.moved(table, &b) {
            let may = self.may(table, &hats, Command::Update);
            let reached = if may {
                let mine = self.oracle(&hats, table, Command::Update, &a, "t");
                self.ask_one(&format!("SELECT count(*) FROM {name} t WHERE {mine}"))
            } else {
                String::new()
            };
            let moved = format!("UPDATE {name} SET {} = '{value}';", quoted(&column));
            let refused = if reached == "0" { Expect::NothingOr("42501") } else { Expect::Error("42501") };
            session.probe(&format!("move rows of {name}"), &as_a, &moved, refused);
        }
    }

    /// A row of others, as the columns of an INSERT and their values.
    fn foreign_row(&self, table: &QName, others: &[String]) -> Option<(String, String)> {
        let name = relation(table);
        let live = self.catalog.tables[table].columns.values();
        let mut columns: Vec<&String> =
            live.filter(|column| column.generated.is_none()).map(|column| &column.name).collect();
        if matches!(self.access.scopes[table].kind, ScopeKind::Added(_)) {
            columns.push(&self.access.tenancy.as_ref().unwrap().column);
        }
        let row = format!("SELECT t::text FROM {name} t WHERE {} LIMIT 1", self.mine(table, "t", others, false));
        let row = self.ask(&row).into_iter().next()?.replace('\'', "''");
        let value = |column: &&String| format!("('{row}'::{name}).{}", quoted(column));
        let listed = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        Some((listed, columns.iter().map(value).collect::<Vec<_>>().join(", ")))
    }

    fn updatable(&self, table: &QName, column: &str) -> bool {
        let column = &self.catalog.tables[table].columns[column];
        column.identity.is_none() && column.generated.is_none()
    }

    /// Rows of others by what a role can see of them: their own columns.
    fn foreign(&self, table: &QName, others: &[String]) -> String {
        match self.access.tenant_column(table) {
            Some(column) => format!("t.{} = '{}'", quoted(column), others[0]),
            None => "true".to_owned() + " AND NOT " + &self.mine(table, "t", &[self.tenants[0].clone()], false),
        }
    }

    /// A column whose change would make a row another tenant's, and such a value.
    fn moved(&self, table: &QName, others: &[String]) -> Option<(String, String)> {
        match &self.access.scopes[table].kind {
            ScopeKind::Column { column, .. } => Some((column.clone(), others[0].clone())),
            ScopeKind::Added(_) => Some((self.access.tenancy.as_ref()?.column.clone(), others[0].clone())),
            ScopeKind::Lookup(parent) => {
                let [(own, theirs)] = parent.columns.as_slice() else { return None };
                let theirs = format!(
                    "SELECT t.{}::text FROM {} t WHERE {} LIMIT 1",
                    quoted(theirs),
                    relation(&parent.table),
                    self.mine(&parent.table, "t", others, false)
                );
                Some((own.clone(), self.ask(&theirs).first()?.clone()))
            }
            _ => None,
        }
    }

    /// Partitions are no way in, and what is not granted is not there.
    fn partitions(&self, session: &mut Session<'_>) {
        for table in self.catalog.tables.values().filter(|table| table.partition_of.is_some()) {
            let name = relation(&table.name);
            let column = quoted(table.columns.keys().next().unwrap());
            for (way, statement) in [
                ("read", format!("SELECT * FROM {name};")),
                ("copy", format!("COPY {name} TO STDOUT \\g /dev/null")),
                ("insert into", format!("INSERT INTO {name} SELECT * FROM {name};")),
                ("update", format!("UPDATE {name} SET {column} = {column};")),
                ("delete from", format!("DELETE FROM {name};")),
                ("truncate", format!("TRUNCATE {name};")),
            ] {
                let as_a = State::Tenant(vec![self.tenants[0].clone()]);
                session.probe(&format!("{way} the partition {name}"), &as_a, &statement, Expect::Error("42501"));
            }
        }
        for view in self.catalog.views.values() {
            if !self.may(&view.name, &session.hats, Command::Select) {
                let statement = format!("SELECT * FROM {};", relation(&view.name));
                session.probe(
                    &format!("read the view {}, which is not granted,", relation(&view.name)),
                    &State::Tenant(vec![self.tenants[0].clone()]),
                    &statement,
                    Expect::Error("42501"),
                );
            }
        }
    }

    fn all_probes(&self, session: &mut Session<'_>) {
        for table in self.scoped() {
            self.reads(session, table);
            self.writes(session, table);
            self.returning(session, table);
            self.merges(session, table);
        }
        self.partitions(session);
        self.parents(session, &mut Tried::default());
        self.through_views(session);
    }

    /// Rows that views show and keys of both kinds were there to be tried.
    fn each_was_tried(&self, role: &str) {
        let mut session = Session::new(self, role);
        let shown = self.through_views(&mut session);
        let mut tried = Tried::default();
        self.parents(&mut session, &mut tried);
        assert!(shown >= 5 && tried.refused >= 2 && tried.told >= 4, "{shown} views, {tried:?}");
    }

    fn matrix(&self) {
        let mut probes = 0;
        for role in self.own_roles().filter(|role| role.login == Some(true)) {
            let mut session = Session::new(self, &role.name);
            self.all_probes(&mut session);
            probes += session.labels.len();
            report(&session.run());
        }
        eprintln!("{probes} probes");
        assert!(probes > 1000, "only {probes} probes");
    }

    /// Roles that see all tenants see all that they were granted, and nothing else.
    fn all_tenants(&self) {
        for role in self.access.roles.values().filter(|role| role.login == Some(true) && role.tenants != Tenants::Own) {
            let mut session = Session::new(self, &role.name);
            for table in self.scoped() {
                let name = relation(table);
                match self.readable(table, std::slice::from_ref(&role.name), "t") {
                    Some(row) => {
                        let read = Self::digest(&row, &format!("{name} t"), "true");
                        let expected = self.ask_one(&read);
                        session.probe(
                            &format!("read {name}"),
                            &State::Unset,
                            &format!("{read} \\gset"),
                            Expect::Value(expected),
                        );
                    }
                    None => session.probe(
                        &format!("read {name}"),
                        &State::Unset,
                        &format!("SELECT FROM {name};"),
                        Expect::Error("42501"),
                    ),
                }
            }
            report(&session.run());
        }
    }

    /// The owner under FORCE, who has no tenant, sees and changes nothing, and is told where he asks to be.
    fn owner(&self) {
        let mut session = Session::new(self, OWNER);
        for table in self.scoped() {
            let name = relation(table);
            session.probe(&format!("read {name}"), &State::Unset, &format!("SELECT FROM {name};"), Expect::Rows(0));
            session.probe(&format!("delete {name}"), &State::Unset, &format!("DELETE FROM {name};"), Expect::Rows(0));
            let loud = format!("SET LOCAL row_security = off;\nSELECT FROM {name};");
            session.probe(&format!("read {name} loudly"), &State::Unset, &loud, Expect::Error("42501"));
        }
        report(&session.run());
    }
}

/// Views over joins, over views and over one table, and a second role with other rights on the same tables.
const EXPENSE_MORE: (&str, &str) = (
    "CREATE VIEW public.own_notices AS SELECT id, tenant_id, title, audience FROM public.notices;
     CREATE VIEW public.report_counts AS SELECT r.id, r.applicant, count(e.id) AS expenses
       FROM public.open_reports r LEFT JOIN public.expenses e ON e.tenant_id = r.tenant_id AND e.report_id = r.id GROUP BY 1, 2;
     CREATE VIEW public.file_names AS SELECT a.file_name FROM public.attachments a WHERE a.item_id IN (SELECT i.id FROM public.expense_items i);
     CREATE VIEW public.exported AS SELECT * FROM archive.legacy_orders ORDER BY 1;",
    "role clerk { login; tenants own; }
     grant select, update on expense_reports to clerk where (status = 'draft');
     grant select (id, tenant_id, name) on users to clerk;
     grant select on departments, notices to clerk;
     grant select on open_reports, report_counts, file_names, exported to app;
     grant select, insert, update, delete on own_notices to app;
     grant select on own_notices to clerk;
     workload desk as clerk;",
);

const CLINIC_MORE: (&str, &str) = (
    "CREATE VIEW clinic.staff AS SELECT u.*, m.organisation_id AS of FROM clinic.users u JOIN clinic.memberships m ON m.user_id = u.id;
     CREATE VIEW clinic.findings AS SELECT d.*, p.organisation_id FROM clinic.diagnoses d LEFT JOIN clinic.encounters p ON p.id = d.encounter_id;",
    "grant select on clinic.open_invoices, clinic.staff, clinic.findings to clinic_app;
     grant select on clinic.open_invoices to billing;",
);

fn expense() -> Option<World> {
    World::new(&EXPENSE, &[("app.user_id", "1000")], EXPENSE_MORE)
}

fn clinic() -> Option<World> {
    World::new(&CLINIC, &[("app.user_id", "00000000-0000-4000-8000-000000000001")], CLINIC_MORE)
}

#[test]
fn every_role_and_table_of_expense() {
    let Some(world) = expense() else { return };
    world.matrix();
    world.all_tenants();
    world.owner();
    world.each_was_tried("app");
    assert!(world.pairs() >= 3);
}

#[test]
fn every_role_and_table_of_clinic() {
    let Some(world) = clinic() else { return };
    world.matrix();
    world.all_tenants();
    world.owner();
    world.each_was_tried("clinic_app");
    assert!(world.pairs() >= 3);
}
