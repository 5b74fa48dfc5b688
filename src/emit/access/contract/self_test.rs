//! The query that a program runs when it starts: each row is a reason not to go on.
//!
//! Row security never says that it is not there: a program that was given the owner's password, or a role that
//! somebody made a superuser, works better than before. So the program asks. `row_security_active` is PostgreSQL's
//! own answer to "do the policies bind me on this table", owner, BYPASSRLS and FORCE considered.

use super::is_on;
use crate::catalog::QName;
use crate::model::access::{Access, Command, Role, Tenants};
use crate::plan::access::AccessPlan;
use crate::project::Bypass;
use crate::sql::{Expr, From, Ident, Join, Mismatch, Relation, Select, Statement};
use std::collections::BTreeSet;

/// The query for one role.
pub(super) fn print(access: &Access, plan: &AccessPlan, role: &Role) -> Result<String, Mismatch> {
    let mut rows = vec![
        finding("connected as another role", when_other(Expr::Word("current_user"), &role.name)),
        finding(
            "logged in as another role: RESET ROLE would go back to it",
            when_other(Expr::Word("session_user"), &role.name),
        ),
        finding("the role is a superuser", attribute("rolsuper", true)),
    ];
    rows.extend(match (&role.tenants, plan.bypass) {
        (Tenants::All { .. }, Bypass::Attribute) => {
            vec![finding(
                "the role lacks BYPASSRLS: it would read nothing and say nothing",
                attribute("rolbypassrls", false),
            )]
        }
        _ => vec![finding("the role has BYPASSRLS", attribute("rolbypassrls", true))],
    });
    if role.tenants == Tenants::Own {
        rows.extend(isolation(access, plan, role));
    }
    let from =
        From { columns: ["problem", "detail"].map(Ident::from).into(), ..From::first(Relation::Values(rows), "t") };
    let column = |name: &str| (Expr::of("t", name), None);
    let select = Select {
        columns: vec![column("problem"), column("detail")],
        from: vec![from],
        condition: Some(Expr::of("t", "detail").is_not_null()),
        ..Select::default()
    };
    Statement::Select(select).print()
}

/// What binds a role to one tenant, where row security is on.
fn isolation(access: &Access, plan: &AccessPlan, role: &Role) -> Vec<Vec<Expr>> {
    let mut rows = Vec::new();
    if let Some(tenancy) = &access.tenancy {
        // Not by the function: policies may call it, but a role needs no USAGE on its schema for that and has none.
        let set = Expr::builtin("current_setting", [Expr::text(&tenancy.setting), Expr::Boolean(true)]);
        let set = Expr::call("nullif", [set, Expr::text("")]);
        rows.push(finding("a tenant is set on a connection that nobody took", set));
    }
    let tables = bound_tables(access, plan, role);
    if let Some(table) = probe(access, role, &tables) {
        let read = Select {
            columns: vec![(Expr::text(table.to_string()), None)],
            from: vec![From::first(Relation::table(table.clone()), "t")],
            limit: Some(1),
            ..Select::default()
        };
        rows.push(finding("rows are seen without a tenant", Expr::scalar(read)));
    }
    if !tables.is_empty() {
        rows.push(finding("row security does not bind the role", Expr::scalar(unbound(&tables))));
    }
    rows
}

fn finding(problem: &str, detail: Expr) -> Vec<Expr> {
    vec![Expr::text(problem), detail]
}

fn when_other(user: Expr, name: &str) -> Expr {
    let other = user.clone().op("<>", Expr::text(name));
    user.cast("text").when(other)
}

/// The role's name if the attribute is so.
fn attribute(column: &str, value: bool) -> Expr {
    let held = Expr::of("r", column);
    let is_me = Expr::of("r", "rolname").op("=", Expr::Word("current_user"));
    let select = Select {
        columns: vec![(Expr::of("r", "rolname").cast("text"), None)],
        from: vec![From::first(Relation::table(QName::new("pg_catalog", "pg_roles")), "r")],
        condition: Some(Expr::And(vec![is_me, if value { held } else { Expr::Not(Box::new(held)) }])),
        ..Select::default()
    };
    Expr::scalar(select)
}

/// Scoped tables that the role has any right on and whose row security is on.
fn bound_tables<'a>(access: &'a Access, plan: &AccessPlan, role: &'a Role) -> Vec<&'a QName> {
    let effective = access.effective(&access.rights, &role.name);
    let mut tables: Vec<&QName> = effective.iter().map(|found| found.relation).collect();
    tables.dedup();
    let is_scoped = |table: &QName| access.scopes.get(table).is_some_and(|scope| scope.kind.is_scoped());
    tables.retain(|table| is_scoped(table) && is_on(plan, table));
    tables
}

/// A table that the role reads and on which no policy of the user's own shows rows of other tenants; the root if it is
/// one, since it has rows as soon as there is a tenant.
fn probe<'a>(access: &'a Access, role: &Role, tables: &[&'a QName]) -> Option<&'a QName> {
    let effective = access.effective(&access.rights, &role.name);
    let read = effective.iter().filter(|found| found.command == Command::Select).map(|found| found.relation);
    let read: BTreeSet<&QName> = read.collect();
    let opened = access.policies.iter().filter(|policy| policy.across_tenants).map(|policy| &policy.table);
    let opened: BTreeSet<&QName> = opened.collect();
    let usable = || tables.iter().copied().filter(|table| read.contains(table) && !opened.contains(table));
    let root = access.tenancy.as_ref().map(|tenancy| &tenancy.root);
    usable().find(|table| Some(*table) == root).or_else(|| usable().next())
}

/// The names of those tables whose policies do not bind whoever asks; a table that is not there is one of them.
fn unbound(tables: &[&QName]) -> Select {
    let rows = tables.iter().map(|table| vec![Expr::text(&table.schema), Expr::text(&table.name)]).collect();
    let expected =
        From { columns: ["schema", "name"].map(Ident::from).into(), ..From::first(Relation::Values(rows), "s") };
    let catalog = |name: &str| Relation::table(QName::new("pg_catalog", name));
    let same_schema = Expr::of("n", "nspname").op("=", Expr::of("s", "schema"));
    let same_table = Expr::And(vec![
        Expr::of("c", "relnamespace").op("=", Expr::of("n", "oid")),
        Expr::of("c", "relname").op("=", Expr::of("s", "name")),
    ]);
    let active = Expr::builtin("row_security_active", [Expr::of("c", "oid")]);
    let full = Expr::of("s", "schema").op("||", Expr::text(".")).op("||", Expr::of("s", "name"));
    let order = vec![Expr::of("s", "schema"), Expr::of("s", "name")];
    Select {
        columns: vec![(Expr::Aggregate(Ident::from("string_agg"), vec![full, Expr::text(", ")], order), None)],
        from: vec![
            expected,
            From::joined(catalog("pg_namespace"), "n", Join::Left(same_schema)),
            From::joined(catalog("pg_class"), "c", Join::Left(same_table)),
        ],
        condition: Some(Expr::Not(Box::new(Expr::call("coalesce", [active, Expr::Boolean(false)])))),
        ..Select::default()
    }
}
