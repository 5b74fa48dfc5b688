//! What a policy's comment proves: which files made it, and that nobody changed it since.
//!
//! PostgreSQL prints a predicate in its own words, which differ from ours and from one major version to the next, so
//! the text in the catalog cannot be foretold. Instead a policy is created with `[compile:…]`, a digest of what was
//! compiled, at the end of its comment; in the same transaction a fixed DO adds `live:…`, a digest of what the catalog
//! then holds. `90_assert.sql` computes the second again and knows the first.

use crate::catalog::QName;
use crate::plan::access::PolicyPlan;
use crate::sql::{Expr, Mismatch};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The body of the DO that writes the second digest into the comments of one table's policies. The table is named by
/// the setting `noren.table`, as `regclass` reads it.
pub const SEAL: &str = include_str!("seal.sql");

/// The comment with which a policy is created.
///
/// # Errors
/// A predicate that cannot be printed.
pub fn comment(table: &QName, policy: &PolicyPlan) -> Result<String, Mismatch> {
    Ok(format!("noren: {} [compile:{}]", policy.comment, digest(table, policy)?))
}

/// Of everything that the policy's statement and comment say.
///
/// # Errors
/// A predicate that cannot be printed.
pub fn digest(table: &QName, policy: &PolicyPlan) -> Result<String, Mismatch> {
    let predicate = |of: &Option<Expr>| of.as_ref().map(Expr::print).transpose();
    let said = serde_json::json!([
        [table.schema, table.name],
        policy.name,
        policy.permissive,
        policy.command.map(crate::model::access::Command::word),
        policy.roles,
        predicate(&policy.using)?,
        predicate(&policy.check)?,
        policy.comment,
    ]);
    let bytes = Sha256::digest(said.to_string().as_bytes());
    Ok(bytes.iter().take(8).fold(String::new(), |mut digits, byte| {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    }))
}
