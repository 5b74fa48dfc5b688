//! Proofs over who sees and may do what.
//!
//! They look at the whole of it: a scope, a grant's condition and a policy each say something of one table, and what
//! they come to for a role is seen only together.

mod lookups;
mod predicates;
mod recursion;
pub mod truth;

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::model::access::{Access, AccessSql, Policy};

/// Runs every proof.
pub fn check(catalog: &Catalog, access: &Access, diagnostics: &mut Vec<Diagnostic>) {
    predicates::check(access, diagnostics);
    recursion::check(catalog, access, diagnostics);
    lookups::check(access, diagnostics);
}

/// What a policy says in SQL.
fn predicates_of(policy: &Policy) -> impl Iterator<Item = &AccessSql> {
    policy.using.iter().chain(&policy.check)
}
