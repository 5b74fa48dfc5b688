//! Predefined roles that the server does not have yet.

use super::Case;
use crate::diagnostic::{Diagnostic, codes};
use crate::resolve::access::PREDEFINED;

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for role in case.access.roles.values() {
        for (group, since) in PREDEFINED.iter().filter(|(group, _)| role.member_of.contains_key(*group)) {
            if case.version >= *since {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    codes::N0601,
                    format!("expected a role of PostgreSQL {}, found `{group}`, which came with {since}", case.version),
                )
                .at(role.span, format!("is in `{group}`"))
                .help("remove the membership, or raise `project.version` where every server is that new"),
            );
        }
    }
}
