//! `20_tenancy/NNN_TABLE/`: a tenant column for a table that lacks one, a file a step, and the way back.
//!
//! The table is in use meanwhile. So nothing here holds a lock for longer than it takes to change the catalog: rows are
//! filled in batches, constraints come NOT VALID and are validated later, indexes are built CONCURRENTLY. Each file can
//! be stopped anywhere and run again, and looks at what it finds rather than at what it did. What a fixed block must know
//! (which table, which column) it reads from settings `noren.*`; what it runs on rows is a prepared statement that
//! stands in the file.

use crate::catalog::QName;
use crate::emit::import::qualified;
use crate::emit::psql::{LIMITS, SWITCHES, into_variables, set};
use crate::plan::access::{IndexNode, IndexPlan, MigrationPlan};
use crate::source::{Sources, Span};
use crate::sql::{
    Backfill, CHILD, Condition, Expr, From, Ident, Join, Meta, Migration, PARENT, Relation, Script, Select,
    SettingValue, Statement, Word,
};
use std::collections::BTreeMap;

/// The steps in their order.
const STEPS: [&str; 5] = ["1_column.sql", "2_backfill.sql", "3_not_null.sql", "4_index.sql", "5_keys.sql"];

/// Every file of every folder, by its path below `access/`.
pub fn files(plans: &[MigrationPlan], sources: &Sources) -> BTreeMap<String, Script> {
    let mut files = BTreeMap::new();
    for plan in plans {
        let folder = Folder { plan, sources };
        let scripts = [folder.column(), folder.backfill(), folder.not_null(), folder.indexes(), folder.keys()];
        let steps = STEPS.into_iter().zip(scripts);
        for (name, script) in steps.chain([("undo.sql", folder.undo())]) {
            files.insert(format!("20_tenancy/{}/{name}", plan.folder), script);
        }
    }
    files
}

/// What `apply.sql` includes, in order, by path below `access/`.
pub fn includes(plans: &[MigrationPlan]) -> Vec<String> {
    let of_plan = |plan: &MigrationPlan| STEPS.map(|step| format!("20_tenancy/{}/{step}", plan.folder));
    plans.iter().flat_map(of_plan).collect()
}

/// The ways back in the order in which they can be run: children before their parents.
pub fn undo(plans: &[MigrationPlan]) -> Vec<String> {
    plans.iter().rev().map(|plan| format!("20_tenancy/{}/undo.sql", plan.folder)).collect()
}

/// A paragraph of the README; empty where no table lacks its column.
pub fn readme(plans: &[MigrationPlan]) -> String {
    if plans.is_empty() {
        return String::new();
    }
    let tables: Vec<String> = plans.iter().map(|plan| format!("`{}`", plan.table)).collect();
    format!(
        "- `access/20_tenancy/` gives {} the tenant column that the policies need: a folder a table, parents first, its \
         files\n  in the order of their numbers, as the owner of the tables, while the application works. Each file can \
         be stopped\n  anywhere and run again. `undo.sql` takes away what its folder added (folders with higher numbers \
         first); the column\n  holds nothing but copies. Dump the schema when all of it has run: the folders are gone \
         from the next build.\n",
        tables.join(", ")
    )
}

struct Folder<'a> {
    plan: &'a MigrationPlan,
    sources: &'a Sources,
}

impl Folder<'_> {
    fn column(&self) -> Script {
        let plan = self.plan;
        let mut script =
            self.head(&["The column, empty: with a default, each row that is there would get today's tenant."]);
        begin_locked(&mut script, "ACCESS EXCLUSIVE", [&plan.table]);
        run(
            &mut script,
            Migration::AddColumn {
                table: plan.table.clone(),
                column: self.tenant(),
                data_type: plan.data_type.clone(),
                collation: plan.collation.clone(),
            },
        );
        let null = Expr::Null.cast_to(plan.data_type.clone());
        let of_type = Expr::call("pg_typeof", [null]).cast("text");
        into_variables(&mut script, remember([("noren.type", of_type)]));
        script.run(Statement::Do(include_str!("tenancy/column.sql")));
        script.blank();
        match &plan.default {
            Some(function) => {
                script.comment("new rows get the tenant of the session that writes them");
                let value =
                    Expr::Call(Some(Ident::new(function.schema.as_str())), Ident::new(function.name.as_str()), vec![]);
                let (table, column) = (plan.table.clone(), self.tenant());
                run(&mut script, Migration::SetDefault { table, column, value });
            }
            None => {
                script.comment(
                    "no default: a session may have several tenants, so whoever writes a row names its tenant",
                );
            }
        }
        let (table, column, text) = (plan.table.clone(), self.tenant(), plan.comment.clone());
        run(&mut script, Migration::CommentOnColumn { table, column, text });
        script.run(Statement::Commit);
        script
    }

    fn backfill(&self) -> Script {
        let mut script = self.head(&[
            "Copies the tenant of each row's parent, a batch a transaction, and tells how many rows each batch filled.",
            "Stopped anywhere, what is filled stays filled.",
        ]);
        self.tell_side_effects(&mut script);
        self.fill(&mut script);
        self.count_left(&mut script, false);
        script
    }

    fn tell_side_effects(&self, script: &mut Script) {
        for (table, trigger) in &self.plan.triggers {
            script.comment(&format!(
                "the trigger {trigger} of {table} is off while a batch changes rows, if the new column fires it: nobody else \
                 writes to the table until the batch is committed"
            ));
        }
        for publication in &self.plan.publications {
            script.comment(&format!(
                "the publication {publication} sends each filled row on: its subscribers need the column before"
            ));
        }
    }

    /// Runs batches until nothing is left to fill. A statement that row security would change is refused as soon as it
    /// is prepared.
    fn fill(&self, script: &mut Script) {
        let plan = self.plan;
        for part in &plan.parts {
            script.run(set("noren.part", SettingValue::Text(qualified(part))));
            script.run(Statement::Begin { isolation: None, read_only: false });
            script.run(Statement::Do(include_str!("tenancy/hold.sql")));
            let backfill = Backfill {
                table: part.clone(),
                column: self.tenant(),
                parent: plan.parent.table.clone(),
                parent_only: plan.parent.only,
                tenant: Ident::new(plan.parent.tenant.as_str()),
                is_parent: plan.parent.is_parent.clone(),
            };
            run(script, Migration::PrepareBackfill(Box::new(backfill)));
            script.run(Statement::Do(include_str!("tenancy/release.sql")));
            script.run(Statement::Commit);
            script.run(Statement::Do(include_str!("tenancy/backfill.sql")));
            run(script, Migration::DeallocateBackfill);
            script.blank();
        }
    }

    /// Rows that have no tenant, by what is wrong with them.
    fn count_left(&self, script: &mut Script, last: bool) {
        script.comment("no row is left without a tenant");
        script.run(Statement::Begin { isolation: None, read_only: false });
        script.run(Statement::Do(include_str!("tenancy/hold.sql")));
        let on_or_off = |on: bool| Expr::text(if on { "on" } else { "off" });
        let unreferenced = self.unreferenced();
        let no_parent = Expr::Not(Box::new(unreferenced.clone())).and(parent_is_missing());
        let parent_tenant = || Expr::of(PARENT, &self.plan.parent.tenant);
        let found = || Expr::Not(Box::new(parent_is_missing()));
        let mut counts = remember([
            ("noren.last", on_or_off(last)),
            ("noren.nullable", on_or_off(self.plan.nullable)),
            ("noren.unreferenced", count(unreferenced)),
            ("noren.dangling", count(no_parent)),
            ("noren.without_tenant", count(found().and(parent_tenant().is_null()))),
            ("noren.unfilled", count(found().and(parent_tenant().is_not_null()))),
        ]);
        counts.from = self.with_parents();
        counts.condition = Some(Expr::of(CHILD, &self.plan.column).is_null());
        into_variables(script, counts);
        script.run(Statement::Do(include_str!("tenancy/release.sql")));
        script.run(Statement::Do(include_str!("tenancy/left.sql")));
        script.run(Statement::Commit);
    }

    /// Each row of the table with its parent, if it has one.
    fn with_parents(&self) -> Vec<From> {
        let table = Relation::table(self.plan.table.clone());
        let parent = Relation::Table { name: self.plan.parent.table.clone(), only: self.plan.parent.only };
        let is_parent = Expr::And(self.plan.parent.is_parent.clone());
        vec![From::first(table, CHILD), From::joined(parent, PARENT, Join::Left(is_parent))]
    }

    fn unreferenced(&self) -> Expr {
        Expr::Or(self.plan.parent.columns.iter().map(|column| Expr::of(CHILD, column).is_null()).collect())
    }

    fn not_null(&self) -> Script {
        let plan = self.plan;
        let mut script = self.head(&[if plan.nullable {
            "From now on every row has a tenant unless it has no parent. Rows that came meanwhile are filled too."
        } else {
            "From now on every row has a tenant. Rows that came meanwhile are filled too."
        }]);
        let name = || Ident::new(plan.check.as_str());
        into_variables(&mut script, self.is_open());
        script.meta(Meta::If(Condition::Variable("noren_open".to_owned())));
        script.comment("first for what is written from now on: nobody waits while old rows are looked at");
        begin_locked(&mut script, "ACCESS EXCLUSIVE", [&plan.table]);
        run(&mut script, Migration::DropConstraint { table: plan.table.clone(), name: name() });
        run(&mut script, Migration::AddCheck { table: plan.table.clone(), name: name(), condition: self.has_tenant() });
        script.run(Statement::Commit);
        script.blank();
        self.tell_side_effects(&mut script);
        self.fill(&mut script);
        self.count_left(&mut script, true);
        script.blank().comment("reads every row, and keeps nobody from reading or writing meanwhile");
        begin_locked(&mut script, "SHARE UPDATE EXCLUSIVE", [&plan.table]);
        run(&mut script, Migration::Validate { table: plan.table.clone(), name: name() });
        script.run(Statement::Commit);
        if !plan.nullable {
            script.blank().comment("reads no row: the check proves it");
            begin_locked(&mut script, "ACCESS EXCLUSIVE", [&plan.table]);
            run(&mut script, Migration::SetNotNull { table: plan.table.clone(), column: self.tenant() });
            run(&mut script, Migration::DropConstraint { table: plan.table.clone(), name: name() });
            script.run(Statement::Commit);
        }
        script.meta(Meta::EndIf);
        script
    }

    fn has_tenant(&self) -> Expr {
        let set = Expr::column(&self.plan.column).is_not_null();
        if !self.plan.nullable {
            return set;
        }
        let unreferenced = self.plan.parent.columns.iter().map(|column| Expr::column(column).is_null());
        Expr::Or(std::iter::once(set).chain(unreferenced).collect())
    }

    /// Whether this step is still to be done.
    fn is_open(&self) -> Select {
        let of = |column: &str| Expr::of("found", column);
        let of_table = |column: &str| of(column).op("=", Expr::text(qualified(&self.plan.table)).cast("regclass"));
        let (relation, condition) = if self.plan.nullable {
            let named = of("conname").op("=", Expr::text(self.plan.check.as_str()));
            ("pg_constraint", vec![of_table("conrelid"), named, of("convalidated")])
        } else {
            let named = of("attname").op("=", Expr::text(self.plan.column.as_str()));
            ("pg_attribute", vec![of_table("attrelid"), named, of("attnotnull")])
        };
        missing("noren_open", relation, condition)
    }

    fn indexes(&self) -> Script {
        let mut script = self.head(&[
            "Built while everybody works, outside a transaction: it may take long, and waits for transactions that are open.",
            "What a stopped run left half built is dropped first.",
        ]);
        script.run(set("lock_timeout", SettingValue::Integer(0)));
        script.blank();
        build(&mut script, &self.plan.index);
        if let Some(unique) = &self.plan.unique {
            script.blank();
            script
                .comment(&format!("the key of {} that the foreign key of the next file needs", self.plan.parent.table));
            match unique.nodes.as_slice() {
                [only] => build_constraint(&mut script, unique, only),
                _ => build(&mut script, unique),
            }
        }
        script
    }

    fn keys(&self) -> Script {
        let mut script = self.head(&[
            "No row can belong to another tenant than its parent. Before FORCE: under it, an owner who validates a key sees",
            "only the rows that policies show him, and calls the rest valid.",
        ]);
        self.check_astray(&mut script);
        for key in &self.plan.keys {
            script.blank();
            let of = |column: &str| Expr::of("found", column);
            let of_table = of("conrelid").op("=", Expr::text(qualified(&key.table)).cast("regclass"));
            let named = of("conname").op("=", Expr::text(key.name.as_str()));
            into_variables(&mut script, missing("noren_missing", "pg_constraint", vec![of_table, named]));
            script.meta(Meta::If(Condition::Variable("noren_missing".to_owned())));
            begin_locked(&mut script, "SHARE ROW EXCLUSIVE", [&key.table, &self.plan.parent.table]);
            run(&mut script, Migration::AddForeignKey(Box::new(key.clone())));
            script.run(Statement::Commit);
            script.meta(Meta::EndIf);
            if key.not_valid {
                script.comment(
                    "reads every row, and keeps nobody from reading or writing meanwhile unless a table is forced",
                );
                begin_locked(&mut script, "SHARE UPDATE EXCLUSIVE", [&key.table]);
                script.run(Statement::Do(include_str!("tenancy/hold.sql")));
                let (table, name) = (key.table.clone(), Ident::new(key.name.as_str()));
                run(&mut script, Migration::Validate { table, name });
                script.run(Statement::Do(include_str!("tenancy/release.sql")));
                script.run(Statement::Commit);
            }
        }
        script.blank().comment("what the folder promised is there");
        let index = self.plan.index.nodes.first().map(IndexNode::index);
        let name = self.plan.keys.last().map(|key| key.name.clone());
        let nullable = if self.plan.nullable { "on" } else { "off" };
        script.run(set("noren.index", SettingValue::Text(index.as_ref().map(qualified).unwrap_or_default())));
        script.run(set("noren.key", SettingValue::Text(name.unwrap_or_default())));
        script.run(set("noren.nullable", SettingValue::Text(nullable.to_owned())));
        script.run(Statement::Do(include_str!("tenancy/done.sql")));
        script
    }

    /// Rows that the key would refuse, counted; the key itself would name the first only.
    fn check_astray(&self, script: &mut Script) {
        script.run(Statement::Begin { isolation: None, read_only: false });
        script.run(Statement::Do(include_str!("tenancy/hold.sql")));
        let own = Expr::of(CHILD, &self.plan.column);
        let differs = own.clone().op("IS DISTINCT FROM", Expr::of(PARENT, &self.plan.parent.tenant));
        let missing = parent_is_missing;
        let referenced = Expr::Not(Box::new(self.unreferenced()));
        let mut counts = remember([
            ("noren.other_tenant", count(Expr::Not(Box::new(missing())).and(differs))),
            ("noren.dangling", count(missing().and(referenced))),
        ]);
        counts.from = self.with_parents();
        counts.condition = Some(own.is_not_null());
        into_variables(script, counts);
        script.run(Statement::Do(include_str!("tenancy/release.sql")));
        script.run(Statement::Do(include_str!("tenancy/astray.sql")));
        script.run(Statement::Commit);
    }

    fn undo(&self) -> Script {
        let plan = self.plan;
        let mut script = self.head(&[
            "The way back: drops what this folder added, never CASCADE. The column holds nothing but copies of the parent's",
            "tenant. A policy that reads the column keeps it: rollback.sql first. Folders with higher numbers first.",
        ]);
        begin_locked(&mut script, "ACCESS EXCLUSIVE", [&plan.table, &plan.parent.table]);
        for key in plan.keys.iter().rev() {
            run(
                &mut script,
                Migration::DropConstraint { table: key.table.clone(), name: Ident::new(key.name.as_str()) },
            );
        }
        script.run(Statement::Commit);
        if let Some(unique) = &plan.unique {
            script.blank();
            if let [node] = unique.nodes.as_slice() {
                begin_locked(&mut script, "ACCESS EXCLUSIVE", [&node.table]);
                let (table, name) = (node.table.clone(), Ident::new(node.name.as_str()));
                run(&mut script, Migration::DropConstraint { table, name });
                script.run(Statement::Commit);
            }
            unbuild(&mut script, unique);
        }
        script.blank();
        unbuild(&mut script, &plan.index);
        script.blank();
        begin_locked(&mut script, "ACCESS EXCLUSIVE", [&plan.table]);
        let check = Ident::new(plan.check.as_str());
        run(&mut script, Migration::DropConstraint { table: plan.table.clone(), name: check });
        run(&mut script, Migration::DropColumn { table: plan.table.clone(), column: self.tenant() });
        script.run(Statement::Commit);
        script
    }

    fn tenant(&self) -> Ident {
        Ident::new(self.plan.column.as_str())
    }

    /// `policies/access.noren:12`
    fn place(&self, span: Span) -> String {
        format!("{}:{}", self.sources.path(span), self.sources.position(span).line)
    }

    fn head(&self, purpose: &[&str]) -> Script {
        let plan = self.plan;
        let mut script = Script::new();
        for line in purpose {
            script.comment(line);
        }
        let columns = plan.parent.columns.join(", ");
        let clause = format!("{}  {} scoped via {columns}", self.place(plan.span), plan.table);
        script.comment(&match &plan.because {
            Some(because) => format!("{clause} because \"{because}\""),
            None => clause,
        });
        script.comment("Run as the owner of the tables: psql -X -f");
        script.blank();
        for (name, value) in SWITCHES {
            script.meta(Meta::Set(name.to_owned(), vec![Word::text(value)]));
        }
        for (name, value) in LIMITS {
            script.run(set(name, SettingValue::Text(value.to_owned())));
        }
        script.run(set("standard_conforming_strings", SettingValue::On));
        let path = ["pg_catalog", "pg_temp"].map(|schema| SettingValue::Name(Ident::from(schema)));
        script.run(Statement::Set { local: false, name: "search_path".to_owned(), values: path.to_vec() });
        let sets = [
            ("client_min_messages", SettingValue::Text("notice".to_owned())),
            ("row_security", SettingValue::Off),
            ("lock_timeout", SettingValue::Text("2s".to_owned())),
            ("plan_cache_mode", SettingValue::Text("force_custom_plan".to_owned())),
            ("noren.table", SettingValue::Text(qualified(&plan.table))),
            ("noren.parent", SettingValue::Text(qualified(&plan.parent.table))),
            ("noren.column", SettingValue::Text(plan.column.clone())),
        ];
        for (name, value) in sets {
            script.run(set(name, value));
        }
        script.blank();
        script
    }
}

fn parent_is_missing() -> Expr {
    Expr::of(PARENT, "ctid").is_null()
}

fn run(script: &mut Script, of: Migration) {
    script.run(Statement::Migration(of));
}

/// `BEGIN`, and the locks, without anybody queueing behind them for long.
fn begin_locked<const N: usize>(script: &mut Script, mode: &str, tables: [&QName; N]) {
    script.run(Statement::Begin { isolation: None, read_only: false });
    let names = ["noren.locked", "noren.locked_too"].into_iter().zip(tables.map(qualified));
    for (name, value) in names.chain([("noren.lock", mode.to_owned())]) {
        script.run(Statement::Set { local: true, name: name.to_owned(), values: vec![SettingValue::Text(value)] });
    }
    script.run(Statement::Do(include_str!("tenancy/lock.sql")));
}

/// Puts values where a fixed block finds them, until the end of the transaction.
fn remember<const N: usize>(values: [(&str, Expr); N]) -> Select {
    let column = |(name, value): (&str, Expr)| {
        let kept = Expr::call("set_config", [Expr::text(name), value, Expr::Boolean(true)]);
        (kept, Some(Ident::new(name.replace('.', "_"))))
    };
    Select { columns: values.map(column).into(), ..Select::default() }
}

fn count(of: Expr) -> Expr {
    Expr::call("count", [Expr::Integer(1).when(of)]).cast("text")
}

/// Whether a catalog holds no row for which all of these are true.
fn missing(name: &str, catalog: &str, condition: Vec<Expr>) -> Select {
    let found = Select {
        columns: vec![(Expr::Integer(1), None)],
        from: vec![From::first(Relation::table(QName::new("pg_catalog", catalog)), "found")],
        condition: Some(Expr::And(condition)),
        ..Select::default()
    };
    let missing = Expr::Not(Box::new(Expr::Exists(Box::new(found))));
    Select { columns: vec![(missing, Some(Ident::from(name)))], ..Select::default() }
}

/// A constraint, so that a dump shows a key. A partitioned table takes none over from an index; there the index is it.
fn build_constraint(script: &mut Script, index: &IndexPlan, node: &IndexNode) {
    let of = |column: &str| Expr::of("found", column);
    let of_table = of("conrelid").op("=", Expr::text(qualified(&node.table)).cast("regclass"));
    let named = of("conname").op("=", Expr::text(node.name.as_str()));
    into_variables(script, missing("noren_missing", "pg_constraint", vec![of_table, named]));
    script.meta(Meta::If(Condition::Variable("noren_missing".to_owned())));
    build(script, index);
    begin_locked(script, "ACCESS EXCLUSIVE", [&node.table]);
    run(script, Migration::AddUnique { table: node.table.clone(), name: Ident::new(node.name.as_str()) });
    script.run(Statement::Commit);
    script.meta(Meta::EndIf);
}

/// Each partition's index by itself, so that none is locked for long; then they are attached, the lowest first.
fn build(script: &mut Script, plan: &IndexPlan) {
    let columns = || plan.columns.iter().map(|column| Ident::new(column.as_str())).collect();
    for node in &plan.nodes {
        let index = Ident::new(node.name.as_str());
        if !node.partitioned {
            drop_half_built(script, node);
        }
        run(
            script,
            Migration::CreateIndex {
                name: index,
                table: node.table.clone(),
                columns: columns(),
                unique: plan.unique,
                parent: node.partitioned,
            },
        );
    }
    for node in plan.nodes.iter().rev() {
        if let Some(above) = &node.above {
            run(script, Migration::AttachIndex { index: above.clone(), partition: node.index() });
        }
    }
}

fn drop_half_built(script: &mut Script, node: &IndexNode) {
    let of = |column: &str| Expr::of("found", column);
    let this = of("indexrelid").op("=", Expr::call("to_regclass", [Expr::text(qualified(&node.index()))]));
    let valid = missing("noren_valid", "pg_index", vec![this, Expr::Not(Box::new(of("indisvalid")))]);
    into_variables(script, valid);
    script.meta(Meta::If(Condition::Variable("noren_valid".to_owned())));
    script.meta(Meta::Else);
    run(script, Migration::DropIndex { index: node.index(), concurrently: true });
    script.meta(Meta::EndIf);
}

/// With the index of a partitioned table go those that are attached to it; those that are not yet go by themselves.
fn unbuild(script: &mut Script, plan: &IndexPlan) {
    for node in &plan.nodes {
        run(script, Migration::DropIndex { index: node.index(), concurrently: !node.partitioned });
    }
}
