//! Who sees and changes what, for every table and every role of the samples, against an oracle of its own.
//!
//! What a role may do is read off the compiled model; which rows it should then see is worked out here once more, by a
//! superuser, with no policy in between. A hidden row is an empty result, a missing right is 42501, a tenant that is no
//! tenant's id is 22P02; nothing is ever another tenant's row.

pub mod samples;

use std::collections::BTreeMap;
use std::fmt::Write;

use noren::catalog::{Catalog, QName, TableKind};
use noren::model::access::{Access, AccessName, AccessSql, Command, Role, ScopeKind, Tenants};
use noren::{compiler, project};

use crate::apply::cluster::{Cluster, EXPENSE, OWNER, Sample};
use crate::support::{self, Database};

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
    fn new(sample: &Sample, settings: &[(&str, &str)]) -> Option<Self> {
        let cluster = Cluster::start(sample, None, "")?;
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
        Some(Self { catalog: compiled.catalog, access, tenants, settings, cluster })
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

    /// The rows that a role may read or change by a command.
    fn oracle(&self, role: &str, table: &QName, command: Command, tenants: &[String], alias: &str) -> String {
        let mine = self.mine(table, alias, tenants, command == Command::Select);
        let right = &self.access.rights[table][role][&command];
        let any = |conditions: Vec<String>| {
            if conditions.is_empty() { "true".to_owned() } else { format!("({})", conditions.join(" OR ")) }
        };
        let granted = any(right.conditions.iter().map(|condition| self.condition(condition, alias)).collect());
        let mut ways = vec![format!("({mine} AND {granted})")];
        let mut narrowed = Vec::new();
        for policy in self.access.policies_of(table, command, role) {
            let using = policy.using.as_ref().map_or("true".to_owned(), |sql| self.condition(sql, alias));
            match (policy.restrictive, policy.across_tenants) {
                (true, _) => narrowed.push(using),
                (false, true) => ways.push(using),
                (false, false) => ways.push(format!("({mine} AND {using})")),
            }
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

    fn right(&self, table: &QName, role: &str, command: Command) -> Option<&noren::model::access::Right> {
        self.access.rights.get(table)?.get(role)?.get(&command)
    }

    /// Columns that a role may read, as one value a row.
    fn readable(&self, table: &QName, role: &str, alias: &str) -> Option<String> {
        let right = self.right(table, role, Command::Select)?;
        let own = self.catalog.tables[table].columns.keys();
        let columns = own.filter(|column| right.columns.as_ref().is_none_or(|columns| columns.contains(*column)));
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
}

impl<'w> Session<'w> {
    fn new(world: &'w World, role: &str) -> Self {
        let script = "\\set ON_ERROR_STOP off\n\\set QUIET on\n".to_owned();
        Self { world, role: role.to_owned(), script, labels: Vec::new() }
    }

    /// `statement` ends in `;`, or in `\gset` where it gives the value `v`.
    fn probe(&mut self, label: &str, state: &State, statement: &str, expect: Expect) {
        let index = self.labels.len();
        let enter = self.world.enter(state);
        let rows = statement.rsplit('\n').next().is_some_and(|last| last.starts_with("SELECT") && last.ends_with(';'));
        let statement =
            if rows { statement.trim_end_matches(';').to_owned() + " \\g /dev/null" } else { statement.to_owned() };
        writeln!(
            self.script,
            "\\set v -\nBEGIN;\n{enter}{statement}\n\\set state :SQLSTATE\n\\set changed :ROW_COUNT\nROLLBACK;\n\\echo {index} :state :changed :v"
        )
        .unwrap();
        self.labels.push((format!("{label} as {} ({state:?})", self.role), expect));
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
        assert_eq!(lines.len(), self.labels.len(), "{}: {said}\n{printed}", self.role);
        for (line, (label, expect)) in lines.iter().zip(&self.labels) {
            let mut words = line.splitn(4, ' ').skip(1);
            let (state, changed, value) =
                (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
            let fits = match expect {
                Expect::Value(expected) => state == "00000" && value.trim() == expected.trim(),
                Expect::Rows(rows) => state == "00000" && changed.parse() == Ok(*rows),
                Expect::Error(code) => state == *code,
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
        let role = session.role.clone();
        let name = relation(table);
        let Some(row) = self.readable(table, &role, "t") else {
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
            let oracle = self.oracle(&role, table, Command::Select, &tenants, "t");
            let expected = self.database().value(&Self::digest(&row, &format!("{name} t"), &oracle));
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
            if self.right(table, &role, Command::Select).is_some_and(|right| right.columns.is_none()) {
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
        let role = session.role.clone();
        let (a, b) = (vec![self.tenants[0].clone()], vec![self.tenants[1].clone()]);
        let name = relation(table);
        let as_a = State::Tenant(a.clone());
        let live = self.catalog.tables[table].columns.values();
        let mut columns: Vec<&String> =
            live.filter(|column| column.generated.is_none()).map(|column| &column.name).collect();
        if matches!(self.access.scopes[table].kind, ScopeKind::Added(_)) {
            columns.push(&self.access.tenancy.as_ref().unwrap().column);
        }
        let listed = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let foreign_row = self
            .database()
            .column(&format!("SELECT t::text FROM {name} t WHERE {} LIMIT 1", self.mine(table, "t", &b, false)));
        if let Some(foreign) = foreign_row.first() {
            let values =
                columns.iter().map(|column| format!("(r.r).{}", quoted(column))).collect::<Vec<_>>().join(", ");
            let insert = format!(
                "INSERT INTO {name} ({listed}) OVERRIDING SYSTEM VALUE SELECT {values} FROM (SELECT '{}'::{name} AS r) r",
                foreign.replace('\'', "''")
            );
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
        let some = quoted(columns.iter().find(|column| self.updatable(table, column)).unwrap());
        let update = |condition: &str| format!("UPDATE {name} t SET {some} = t.{some} WHERE {condition};");
        let delete = |condition: &str| format!("DELETE FROM {name} t WHERE {condition};");
        let others = self.foreign(table, &b);
        for (command, statements) in
            [(Command::Update, [update(&others), update("true")]), (Command::Delete, [delete(&others), delete("true")])]
        {
            let reads = self.right(table, &role, Command::Select).is_some();
            let may = self.right(table, &role, command).is_some() && reads;
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
            let may = self.right(table, &role, Command::Update).is_some();
            let has = if may {
                let mine = self.oracle(&role, table, Command::Update, &a, "t");
                self.database().value(&format!("SELECT count(*) FROM {name} t WHERE {mine}"))
            } else {
                String::new()
            };
            let moved = format!("UPDATE {name} SET {} = '{value}';", quoted(&column));
            let refused = if has == "0" { Expect::NothingOr("42501") } else { Expect::Error("42501") };
            session.probe(&format!("move rows of {name}"), &as_a, &moved, refused);
        }
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
                Some((own.clone(), self.database().column(&theirs).first()?.clone()))
            }
            _ => None,
        }
    }

    /// Partitions are no way in, and what is not granted is not there.
    fn partitions(&self, session: &mut Session<'_>) {
        for table in self.catalog.tables.values().filter(|table| table.partition_of.is_some()) {
            let name = relation(&table.name);
            for statement in [format!("SELECT * FROM {name};"), format!("DELETE FROM {name};")] {
                session.probe(
                    &statement,
                    &State::Tenant(vec![self.tenants[0].clone()]),
                    &statement,
                    Expect::Error("42501"),
                );
            }
        }
        for view in self.catalog.views.values() {
            if self.right(&view.name, &session.role, Command::Select).is_none() {
                let statement = format!("SELECT * FROM {};", relation(&view.name));
                session.probe(
                    &statement,
                    &State::Tenant(vec![self.tenants[0].clone()]),
                    &statement,
                    Expect::Error("42501"),
                );
            }
        }
    }

    fn matrix(&self) {
        let mut probes = 0;
        for role in self.own_roles().filter(|role| role.login == Some(true)) {
            let mut session = Session::new(self, &role.name);
            for table in self.scoped() {
                self.reads(&mut session, table);
                self.writes(&mut session, table);
            }
            self.partitions(&mut session);
            probes += session.labels.len();
            report(&session.run());
        }
        eprintln!("{probes} probes");
        assert!(probes > 300, "only {probes} probes");
    }

    /// Roles that see all tenants see all that they were granted, and nothing else.
    fn all_tenants(&self) {
        for role in self.access.roles.values().filter(|role| role.login == Some(true) && role.tenants != Tenants::Own) {
            let mut session = Session::new(self, &role.name);
            for table in self.scoped() {
                let name = relation(table);
                match self.readable(table, &role.name, "t") {
                    Some(row) => {
                        let read = Self::digest(&row, &format!("{name} t"), "true");
                        let expected = self.database().value(&read);
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

fn expense() -> Option<World> {
    World::new(&EXPENSE, &[("app.user_id", "1000")])
}

fn clinic() -> Option<World> {
    World::new(&CLINIC, &[("app.user_id", "00000000-0000-4000-8000-000000000001")])
}

#[test]
fn probed_expense() {
    for name in ["expense", "clinic"] {
        let Some(sample) = samples::Sample::of(name, None, ("", "")) else { return };
        let (world, database) = sample.world();
        let started = std::time::Instant::now();
        let report = samples::checked(&world, &database);
        eprintln!("{:?} {:?}", started.elapsed(), report.counts());
        for check in &report.checks {
            if matches!(check.outcome, noren::verify::report::Outcome::Skipped(_)) {
                eprintln!("{}", samples::told(check));
            }
        }
        samples::holds(&report);
    }
}

#[test]
fn every_role_and_table_of_expense() {
    let Some(world) = expense() else { return };
    world.matrix();
    world.all_tenants();
    world.owner();
}

#[test]
fn every_role_and_table_of_clinic() {
    let Some(world) = clinic() else { return };
    world.matrix();
    world.all_tenants();
    world.owner();
}

/// What somebody adds by hand afterwards: a policy for everybody, a role with rights, a partition, a member of two roles.
#[test]
fn what_is_added_in_the_night_opens_nothing() {
    let Some(world) = expense() else { return };
    let database = world.database();
    let mut later = String::from("CREATE ROLE stranger LOGIN;\n");
    for table in world.scoped() {
        let name = relation(table);
        writeln!(later, "GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO stranger; CREATE POLICY late ON {name} FOR ALL TO PUBLIC USING (true) WITH CHECK (true);").unwrap();
    }
    for schema in ["public", "archive"] {
        writeln!(later, "GRANT USAGE ON SCHEMA {schema} TO stranger;").unwrap();
    }
    database.sql(&later);
    let mut session = Session::new(&world, "stranger");
    for table in world.scoped() {
        let name = relation(table);
        for state in world.states() {
            session.probe(&format!("read {name}"), &state, &format!("SELECT FROM {name};"), Expect::Rows(0));
            session.probe(&format!("delete {name}"), &state, &format!("DELETE FROM {name};"), Expect::Rows(0));
        }
    }
    report(&session.run());
    world.owner();
    let mut session = Session::new(&world, "app");
    for table in world.scoped() {
        let name = relation(table);
        let across = world.not_across(table);
        let theirs = world.mine(table, "t", &[world.tenants[0].clone()], true);
        // By the policy's own words, which the floor repeats whatever is added beside it.
        if let Some(column) = world.access.tenant_column(table) {
            let foreign = format!("SELECT FROM {name} t WHERE t.{} <> '{}'{across};", quoted(column), world.tenants[0]);
            session.probe(
                &format!("read {name}"),
                &State::Tenant(vec![world.tenants[0].clone()]),
                &foreign,
                Expect::Rows(0),
            );
        } else {
            let foreign = format!("SELECT FROM {name} t WHERE NOT {theirs}{across};");
            session.probe(
                &format!("read {name}"),
                &State::Tenant(vec![world.tenants[0].clone()]),
                &foreign,
                Expect::Rows(0),
            );
        }
        session.probe(
            &format!("delete {name}"),
            &State::Unset,
            &format!("DELETE FROM {name};"),
            Expect::NothingOr("42501"),
        );
    }
    report(&session.run());

    let partitioned = world.catalog.tables.values().filter(|table| matches!(table.kind, TableKind::Partitioned { .. }));
    for (index, table) in partitioned.enumerate() {
        let name = relation(&table.name);
        database.sql_as(
            OWNER,
            &format!(
                "CREATE TABLE public.night_{index} PARTITION OF {name} FOR VALUES FROM ('2031-01-01') TO ('2031-02-01')"
            ),
        );
        let seen = database.try_sql_as("app", &format!("SELECT count(*) FROM public.night_{index}"));
        assert!(seen.as_ref().is_err_and(|error| error.contains("permission denied")), "{seen:?}");
    }

    let names: Vec<&String> =
        world.access.roles.values().filter(|role| !role.existing).map(|role| &role.name).collect();
    let mut pairs = 0;
    for (index, one) in names.iter().enumerate() {
        for other in &names[index + 1..] {
            // Who is a member of two that act over all tenants may do so too.
            let own = |name: &str| world.access.roles[name].tenants == Tenants::Own;
            if !own(one) && !own(other) {
                continue;
            }
            let member = format!("pair_{pairs}");
            pairs += 1;
            database.sql(&format!("CREATE ROLE {member} LOGIN; GRANT {one}, {other} TO {member};"));
            let mut session = Session::new(&world, &member);
            for table in world.scoped() {
                let Some(column) = world.access.tenant_column(table) else { continue };
                let granted = |role: &String| {
                    world.right(table, role, Command::Select).is_some_and(|right| right.columns.is_none())
                };
                if !granted(one) && !granted(other) {
                    continue;
                }
                let name = relation(table);
                let across = world.not_across(table);
                let theirs =
                    format!("SELECT FROM {name} t WHERE t.{} <> '{}'{across};", quoted(column), world.tenants[0]);
                session.probe(
                    &format!("{one} and {other} read {name}"),
                    &State::Tenant(vec![world.tenants[0].clone()]),
                    &theirs,
                    Expect::Rows(0),
                );
            }
            report(&session.run());
        }
    }
    assert!(pairs >= 10, "{pairs} pairs");
}

/// Where BYPASSRLS cannot be had, a policy shows the exporting role every row; the run asserts it before it writes.
#[test]
fn an_export_by_policy_is_whole_or_not_at_all() {
    let Some(cluster) = Cluster::start(&EXPENSE, None, "[env.staging]\nrls.bypass = \"policy\"\n") else { return };
    // Files of an environment stand beside those that do not differ there, and include them.
    let staging = cluster.folder.path().join("generated/env/staging");
    for (role, name) in [("postgres", "access/00_roles.sql"), (OWNER, "access/apply.sql")] {
        support::succeeded(&cluster.run_at(role, &staging.join(name)), name);
    }
    // The child tables have their tenant column now: the schema is dumped again, as after every migration.
    cluster.build_from(&cluster.database.server.dump_schema(&cluster.database.name).unwrap());
    let file = staging.join("export/developers/run.sql");
    let export = |what: &str| {
        let run = cluster.folder.path().join(what);
        let arguments = crate::end_to_end::harness::arguments(&run, &file);
        let key = [("NOREN_MASK_KEY", crate::end_to_end::harness::KEY)];
        (cluster.database.psql("postgres", arguments, &key, cluster.folder.path()), run)
    };
    let (output, run) = export("whole");
    support::succeeded(&output, "run.sql");
    for table in ["users", "expenses", "companies"] {
        let lines = std::fs::read_to_string(run.join(format!("public.{table}.txt"))).unwrap().lines().count();
        assert_eq!(
            (lines - 1).to_string(),
            cluster.database.value(&format!("SELECT count(*) FROM {table}")),
            "{table}"
        );
    }
    for (change, back, said) in [
        (
            "CREATE POLICY late ON users AS RESTRICTIVE FOR SELECT TO PUBLIC USING (id > 1000)",
            "DROP POLICY late ON users",
            "users: the policy late may take rows away",
        ),
        (
            "ALTER POLICY noren_all_exporter_select ON expenses USING (id > 1)",
            "ALTER POLICY noren_all_exporter_select ON expenses USING (true)",
            "expenses: no policy shows exporter all rows",
        ),
    ] {
        cluster.database.sql(change);
        let (output, run) = export(&support::unique("partial"));
        assert!(!output.status.success() && support::text(&output).contains(said), "{}", support::text(&output));
        assert!(!run.join("manifest").exists() && !run.join("public.users.txt").exists());
        cluster.database.sql(back);
    }
}
