//! What granted functions give, against the same call over nothing but the caller's rows.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::probe::{Expect, Prober};
use super::states::State;
use crate::catalog::{DataType, Function, QName};
use crate::model::access::FunctionGrant;
use crate::sql::Expr;

impl<'a> Prober<'_, 'a> {
    /// Functions that may be called by a statement; triggers call the others.
    fn functions(&self) -> Vec<(&'a FunctionGrant, &'a Function)> {
        let granted = self.case.access.functions.iter();
        let granted = granted.filter(|grant| self.actor.hats.iter().any(|hat| grant.roles.contains_key(hat)));
        let found = granted.filter_map(|grant| {
            let functions = self.case.catalog.functions.get(&grant.function)?;
            let function = functions.iter().find(|function| function.arguments == grant.arguments)?;
            Some((grant, function))
        });
        found.filter(|(_, function)| !is_trigger(function)).collect()
    }

    pub(super) fn through_functions(&mut self) {
        for (grant, function) in self.functions() {
            if grant.procedure || !matches!(function.language.as_str(), "sql" | "plpgsql") {
                let why = "what a procedure, or a function in another language, does is not followed";
                self.skip(&function.name, "call the function", why);
                continue;
            }
            self.family(&function.name, "call the function", |prober| prober.calls(function));
        }
    }

    /// With arguments of another's row where there are such, and with NULL.
    fn calls(&mut self, function: &Function) -> Result<(), Refusal> {
        let theirs = function.arguments.iter().map(|argument| self.argument(argument));
        let theirs = theirs.collect::<Result<Vec<_>, _>>()?;
        let nothing = function.arguments.iter().map(|argument| super::oracle::typed(Expr::Null, argument)).collect();
        let calls = [("another's values", theirs), ("nothing", nothing)].map(|(with, arguments): (_, Vec<Sql>)| {
            let parts = [Part::Relation(&function.name), Part::Sql(&Sql::joined(&arguments, ", "))];
            let call = Sql::of(
                "SELECT count(*) || ' ' || coalesce(string_agg(f::text, '|' ORDER BY f::text COLLATE \"C\"), '') FROM $1($2) AS f",
                &parts,
            );
            (with, call)
        });
        for state in self.case.states() {
            for (with, call) in &calls {
                self.call(&function.name, with, call, &state)?;
            }
        }
        Ok(())
    }

    fn call(&mut self, function: &QName, with: &str, call: &Sql, state: &State) -> Result<(), Refusal> {
        let hats = self.actor.hats.clone();
        let what = ["call the function with", with].join(" ");
        self.rest()?;
        for expected in self.case.alone(&hats, state, std::slice::from_ref(call))? {
            match expected {
                Ok(expected) => self.probe(function, &what, state, call, &Expect::Value(expected)),
                // What it refuses the superuser it refuses others, maybe for another reason.
                Err(_) => self.probe(function, &what, state, call, &Expect::Failing),
            }
        }
        Ok(())
    }

    /// A value of a type from a row of the second tenant.
    fn argument(&self, data_type: &DataType) -> Result<Sql, Refusal> {
        for table in self.case.scoped() {
            let columns = self.case.catalog.tables.get(table).into_iter().flat_map(|table| table.columns.values());
            for column in columns.filter(|column| column.data_type == *data_type) {
                let theirs = self.case.foreign(table, "t", &self.case.one, &self.case.other);
                let parts = [Part::Name(&column.name), Part::Relation(table), Part::Sql(&theirs)];
                let query =
                    Sql::of("SELECT t.$1::text FROM $2 t WHERE t.$1 IS NOT NULL AND $3 ORDER BY 1 LIMIT 1", &parts);
                if let Some(value) = self.case.value(&query)? {
                    return Ok(super::oracle::typed(Expr::text(value), data_type));
                }
            }
        }
        Ok(super::oracle::typed(Expr::Null, data_type))
    }

    /// What is not granted is not called: SECURITY DEFINER functions among them read past every policy.
    pub(super) fn functions_not_granted(&mut self) {
        let granted: Vec<&QName> = self.functions().iter().map(|(_, function)| &function.name).collect();
        let functions = self.case.catalog.functions.values().flatten();
        let definer =
            functions.filter(|function| function.security_definer && !is_trigger(function) && !function.procedure);
        for function in definer.filter(|function| !granted.contains(&&function.name)) {
            let nothing: Vec<Sql> =
                function.arguments.iter().map(|argument| super::oracle::typed(Expr::Null, argument)).collect();
            let parts = [Part::Relation(&function.name), Part::Sql(&Sql::joined(&nothing, ", "))];
            let call = Sql::of("SELECT count(*) FROM $1($2)", &parts);
            let as_one = self.case.as_one();
            self.probe(&function.name, "call what is not granted", &as_one, &call, &Expect::Denied);
        }
    }
}

fn is_trigger(function: &Function) -> bool {
    let returns = function.returns.as_ref();
    returns.is_some_and(|returns| matches!(returns.name.name.as_str(), "trigger" | "event_trigger"))
}
