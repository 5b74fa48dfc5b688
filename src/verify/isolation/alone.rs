//! What there would be if nobody else had any rows.
//!
//! What comes of a view or a function cannot be worked out without understanding its text. So the superuser takes all
//! rows away that its reader may not see, in a transaction that never ends well, and asks the same of what is left.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::case::Case;
use super::oracle::Eyes;
use super::states::State;
use crate::catalog::QName;
use crate::model::access::Command;
use std::collections::BTreeMap;

impl Case<'_> {
    /// The first value of each question, over nothing but the rows that somebody with these rights may see.
    pub(super) fn alone(
        &self,
        hats: &[String],
        state: &State,
        questions: &[Sql],
    ) -> Result<Vec<Result<String, Refusal>>, Refusal> {
        let eyes = Eyes::with(state.tenants(), hats);
        let guarded: Vec<&QName> =
            self.scoped().chain(self.unscoped().filter(|table| self.has_policies(table))).collect();
        let open = guarded
            .iter()
            .map(|table| Sql::of("ALTER TABLE $1 DISABLE ROW LEVEL SECURITY", &[Part::Relation(table)]))
            .collect::<Vec<_>>();
        // One statement, so that no row is judged by what is gone already.
        let gone = guarded.iter().map(|table| {
            let seen = self.may(table, Command::Select, "t", &eyes);
            Sql::of("DELETE FROM $1 t WHERE ($2) IS NOT TRUE", &[Part::Relation(table), Part::Sql(&seen)])
        });
        let named = gone.enumerate().map(|(index, gone)| {
            Sql::of("$1 AS ($2)", &[Part::Name(&["gone_", &index.to_string()].concat()), Part::Sql(&gone)])
        });
        let gone = Sql::joined(&named.collect::<Vec<_>>(), ", ");
        let entered = self.enter(state);
        let open = Sql::joined(&open, "; ");
        let parts = [Part::Sql(&entered), Part::Sql(&gone), Part::Sql(&open)];
        // Neither keys nor triggers have a say, nor the policies that bind a view's owner.
        self.ask(&Sql::whole("BEGIN; SET LOCAL session_replication_role = replica"))?;
        let made = self.ask(&Sql::of("SELECT 1; $3; $1; WITH $2 SELECT 1", &parts));
        let answers = made.map(|_| questions.iter().map(|question| self.within_savepoint(question)).collect());
        self.ask(&Sql::whole("ROLLBACK"))?;
        answers
    }

    /// A table of no tenant of which policies or conditions show a part.
    fn has_policies(&self, table: &QName) -> bool {
        let rights = self.access.rights.get(table).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values);
        self.access.policies.iter().any(|policy| policy.table == *table)
            || rights.into_iter().any(|right| !right.conditions.is_empty())
    }

    fn within_savepoint(&self, question: &Sql) -> Result<String, Refusal> {
        self.ask(&Sql::whole("SAVEPOINT question"))?;
        let answer = self.ask(question);
        self.ask(&Sql::whole("ROLLBACK TO question"))?;
        Ok(answer?.value().unwrap_or_default().to_owned())
    }
}
