//! Names of policies.

use crate::sql::fit_name;

/// The words as one name that PostgreSQL does not cut: a longer one ends in digits of its digest.
pub(super) fn policy_name(words: &[&str]) -> String {
    fit_name(&words.join("_"))
}
