//! What a session says of its tenant, and the statements by which it says so.

use super::super::text::{Part, Sql};
use super::case::Case;

/// What the session says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing: in a session that is asked first, never anything.
    Unset,
    /// These tenants.
    Of(Vec<String>),
    /// The empty string, which is what is left of a value that was set for one transaction.
    Empty,
    /// A tenant, taken back by RESET.
    Reset,
    /// What is no tenant's id.
    Junk,
}

impl State {
    /// The tenants whose rows may be seen.
    pub(super) fn tenants(&self) -> &[String] {
        if let Self::Of(tenants) = self { tenants } else { &[] }
    }
}

impl Case<'_> {
    /// The first tenant.
    pub(super) fn as_one(&self) -> State {
        State::Of(vec![self.one.clone()])
    }

    /// The second tenant.
    pub(super) fn as_other(&self) -> State {
        State::Of(vec![self.other.clone()])
    }

    /// Everything but junk, first what only a new session is.
    pub(super) fn states(&self) -> Vec<State> {
        let mut states = vec![State::Unset, self.as_one(), self.as_other()];
        if self.tenancy.many {
            states.push(State::Of(vec![self.one.clone(), self.other.clone()]));
        }
        states.extend([State::Empty, State::Reset]);
        states
    }

    /// No tenant, in every way.
    pub(super) fn nobody() -> [State; 3] {
        [State::Unset, State::Empty, State::Reset]
    }

    /// For people.
    pub(super) fn words(&self, state: &State) -> String {
        let letter = |tenant: &String| if *tenant == self.one { "A" } else { "B" };
        match state {
            State::Unset => "tenant unset".to_owned(),
            State::Of(tenants) => {
                let plural = if tenants.len() == 1 { "tenant" } else { "tenants" };
                format!("{plural} {}", tenants.iter().map(letter).collect::<Vec<_>>().join(" and "))
            }
            State::Empty => "tenant empty".to_owned(),
            State::Reset => "tenant reset".to_owned(),
            State::Junk => "tenant of a wrong type".to_owned(),
        }
    }

    /// Statements that bring a session there, within a transaction.
    pub(super) fn enter(&self, state: &State) -> Sql {
        let name = self.tenancy.setting.as_str();
        let mut statements = match state {
            State::Unset => Vec::new(),
            State::Of(tenants) => vec![for_transaction(name, &self.tenant_value(tenants))],
            State::Empty => vec![for_transaction(name, "")],
            State::Junk => vec![for_transaction(name, "nobody's")],
            State::Reset => {
                let one = self.tenant_value(std::slice::from_ref(&self.one));
                vec![for_session(name, &one), reset(name)]
            }
        };
        statements.extend(self.settings.iter().map(|(name, value)| for_transaction(name, value)));
        Sql::joined(&statements, "; ")
    }
}

/// As a pool should set it.
pub(super) fn for_transaction(name: &str, value: &str) -> Sql {
    Sql::of("SELECT set_config($1, $2, true)", &[Part::Text(name), Part::Text(value)])
}

/// As it outlives a transaction.
pub(super) fn for_session(name: &str, value: &str) -> Sql {
    Sql::of("SELECT set_config($1, $2, false)", &[Part::Text(name), Part::Text(value)])
}

/// `RESET prefix.name`
pub(super) fn reset(name: &str) -> Sql {
    let parts: Vec<Sql> = name.split('.').map(|part| Sql::of("$1", &[Part::Name(part)])).collect();
    Sql::of("RESET $1", &[Part::Sql(&Sql::joined(&parts, "."))])
}
