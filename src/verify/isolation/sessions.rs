//! Two sessions of two tenants at once, and one connection that tenants have one after the other, as from a pool.

use super::super::report::Kind;
use super::super::session::{Refusal, Session};
use super::super::text::{Part, Sql};
use super::probe::Prober;
use super::reads::{digest, row_of};
use super::states::{State, for_session, for_transaction, reset};
use crate::catalog::QName;
use crate::model::access::Command;

/// A table's question, and its answer for each of: the first tenant, the second, nobody.
struct Question {
    table: QName,
    read: Sql,
    answers: [String; 3],
}

/// Whose rows are expected.
#[derive(Clone, Copy, Debug)]
enum Whose {
    One,
    Other,
    Nobody,
}

impl Prober<'_, '_> {
    fn questions(&self) -> Result<Vec<Question>, Refusal> {
        let mut questions = Vec::new();
        for table in self.case.scoped().filter(|table| self.has(table, Command::Select)) {
            let columns = self.readable(table);
            let from = Sql::of("$1 t", &[Part::Relation(table)]);
            let read = digest(&row_of(&columns), &from, &Sql::whole("true"));
            let hats = &self.actor.hats;
            let of = |state: &State| Ok(self.case.expected(table, &columns, hats, state.tenants())?.0);
            let answers = [of(&self.case.as_one())?, of(&self.case.as_other())?, of(&State::Unset)?];
            questions.push(Question { table: table.clone(), read, answers });
        }
        Ok(questions)
    }

    /// `role` logs in twice more.
    pub(super) fn sessions(&mut self, role: &str) -> Result<(), Refusal> {
        let questions = self.questions()?;
        let connect = || self.case.world.engine.connect(self.case.database, role);
        let (mut first, mut second) = (connect()?, connect()?);
        self.interleaved(&questions, first.as_mut(), second.as_mut());
        self.pooled(&questions, connect()?.as_mut());
        Ok(())
    }

    /// Each reads between what the other reads, within one transaction each, and once more after the other has ended.
    fn interleaved(&mut self, questions: &[Question], first: &mut dyn Session, second: &mut dyn Session) {
        let (one, other) = (self.case.enter(&self.case.as_one()), self.case.enter(&self.case.as_other()));
        let open = |entered: &Sql| Sql::of("BEGIN; $1", &[Part::Sql(entered)]);
        let begun = first.run(&open(&one)).and_then(|_| second.run(&open(&other))).map(drop);
        for question in questions {
            self.asked(question, first, &begun, Whose::One, "beside a session of tenant B");
            self.asked(question, second, &begun, Whose::Other, "beside a session of tenant A");
        }
        let ended = second.run(&Sql::whole("COMMIT")).map(drop);
        for question in questions {
            self.asked(question, first, &ended, Whose::One, "after a session of tenant B");
            self.asked(question, second, &ended, Whose::Nobody, "after its own transaction");
        }
    }

    /// One connection that is handed from tenant to tenant.
    fn pooled(&mut self, questions: &[Question], session: &mut dyn Session) {
        let name = self.case.tenancy.setting.as_str();
        let one = self.case.tenant_value(std::slice::from_ref(&self.case.one));
        let other = self.case.tenant_value(std::slice::from_ref(&self.case.other));
        let settings = self.case.settings.iter().map(|(name, value)| for_session(name, value)).collect::<Vec<_>>();
        let others = Sql::joined(&[&[Sql::whole("SELECT 1")], settings.as_slice()].concat(), "; ");
        let with = |text: &'static str, sql: &Sql| Sql::of(text, &[Part::Sql(sql), Part::Sql(&others)]);
        let steps = [
            (others.clone(), Whose::Nobody, "on a new connection"),
            (for_session(name, &one), Whose::One, "after set_config for the session"),
            (with("BEGIN; $1", &for_transaction(name, &other)), Whose::Other, "in a transaction of tenant B"),
            (Sql::whole("COMMIT"), Whose::One, "after that transaction"),
            (with("BEGIN; $1; ROLLBACK", &for_session(name, &other)), Whose::One, "after tenant B was rolled back"),
            (for_session(name, &other), Whose::Other, "after the next tenant's set_config"),
            (reset(name), Whose::Nobody, "after RESET"),
            (with("BEGIN; $1; COMMIT", &for_transaction(name, &one)), Whose::Nobody, "after a transaction of tenant A"),
            (for_session(name, &one), Whose::One, "after set_config once more"),
            (Sql::whole("RESET ALL"), Whose::Nobody, "after RESET ALL"),
            (with("$1; $2", &for_session(name, &other)), Whose::Other, "after the other tenant's set_config"),
        ];
        for (step, whose, when) in &steps {
            let stepped = session.run(step).map(drop);
            for question in questions {
                self.asked(question, session, &stepped, *whose, when);
            }
        }
        // It must stand alone in its request.
        let discarded = session.run(&Sql::whole("DISCARD ALL")).and_then(|_| session.run(&others)).map(drop);
        for question in questions {
            self.asked(question, session, &discarded, Whose::Nobody, "after DISCARD ALL");
        }
    }

    fn asked(
        &mut self,
        question: &Question,
        session: &mut dyn Session,
        before: &Result<(), Refusal>,
        whose: Whose,
        when: &str,
    ) {
        let [one, other, nobody] = &question.answers;
        let (expected, state) = match whose {
            Whose::One => (one, self.case.as_one()),
            Whose::Other => (other, self.case.as_other()),
            Whose::Nobody => (nobody, State::Unset),
        };
        let found = before.clone().and_then(|()| session.run(&question.read));
        let found = found.map(|answer| answer.value().unwrap_or_default().to_owned());
        let result = match found {
            Ok(found) if found == *expected => Ok(()),
            Ok(found) => Err(format!("expected `{expected}`, found `{found}`")),
            Err(refusal) => Err(format!("expected `{expected}`, found {refusal}")),
        };
        if result.is_ok() && self.case.is_unproven(&question.table, state.tenants()) {
            return;
        }
        let name = format!("{}: reads {when} ({})", self.actor.words, self.case.words(&state));
        self.report.tried(Kind::Isolation, &question.table.to_string(), name, result);
    }
}
