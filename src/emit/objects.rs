//! What all targets with objects in a bucket share: the name of a run and of an attempt, and the names of objects.
//!
//! Objects outlive a transaction, and one of the same name takes another's place. So each attempt writes below a name
//! that nobody had before, and only the manifest, which is written last, is found by the run's name.

use super::psql::{demand, into_variables, select_one};
use crate::plan::TablePlan;
use crate::sql::{Condition, Expr, Ident, Meta, Script, Statement};

/// The psql variable that names a run.
pub(super) const RUN: &str = "run";
/// The psql variable that names an attempt.
pub(super) const ATTEMPT: &str = "attempt";

pub(super) fn variable(name: &str) -> Expr {
    Expr::Variable(name.to_owned())
}

/// A table's name within the names of objects. Guides of the services list `%` among the characters to avoid there.
pub(super) fn stem(table: &TablePlan<'_>) -> String {
    table.stem.replace('%', "-")
}

/// A run's name, and one that no attempt had before.
pub(super) fn name_run(script: &mut Script) {
    script.comment("without a name, a run has the time as its name");
    unless_defined(script, RUN, |script| {
        let zone = Expr::Call(
            Some(Ident::from("pg_catalog")),
            Ident::from("timezone"),
            vec![Expr::text("UTC"), Expr::call("now", [])],
        );
        let name = Expr::call("to_char", [zone, Expr::text("YYYYMMDD\"T\"HH24MISS\"Z\"")]);
        into_variables(script, select_one(name, RUN, None));
    });
    check_run(script);
    script.comment("an attempt writes where nobody wrote before; its manifest says where");
    let attempt = Expr::call("gen_random_uuid", []).cast("text");
    into_variables(script, select_one(attempt, ATTEMPT, None));
}

/// Which run an import loads; it has to be named.
pub(super) fn demand_run(script: &mut Script) {
    unless_defined(script, RUN, |script| {
        script.run(Statement::Do(include_str!("refuse_run.sql")));
    });
    check_run(script);
}

/// A run's name is a part of the names of its objects.
pub(super) fn check_run(script: &mut Script) {
    let name = variable(RUN).op("~", Expr::text("^[A-Za-z0-9][A-Za-z0-9_.=-]{0,127}$"));
    into_variables(script, select_one(name, "noren_is_name", None));
    demand(script, "noren_is_name", include_str!("refuse_name.sql"));
}

/// `\if :{?name}` … `\else` … `\endif`
pub(super) fn unless_defined(script: &mut Script, name: &str, otherwise: impl FnOnce(&mut Script)) {
    script.meta(Meta::If(Condition::Defined(name.to_owned())));
    script.meta(Meta::Else);
    otherwise(script);
    script.meta(Meta::EndIf);
}
