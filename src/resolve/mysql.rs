//! What a policy may say and a schema of MySQL has nothing for.
//!
//! Such a statement is taken out before names are looked up, so that it is told once and nothing follows from it.

use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{ExportClause, File, Statement, TableClause};

/// Takes out what the engine has nothing for; each is an error.
pub fn take_out(files: &mut [File], diagnostics: &mut Vec<Diagnostic>) {
    for file in files {
        file.statements.retain_mut(|statement| {
            match statement {
                Statement::Table(block) => block.clauses.retain(|clause| table_clause(clause, diagnostics)),
                Statement::Export(export) => export.clauses.retain(|clause| export_clause(clause, diagnostics)),
                _ => {}
            }
            let Some(finding) = refusal(statement) else { return true };
            diagnostics.push(finding);
            false
        });
    }
}

const ALTERNATIVE: &str = "give programs views in place of tables: `CREATE SQL SECURITY DEFINER VIEW … AS SELECT … WHERE tenant_id = \
                           …`, and no right on the tables";

fn no_row_security(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::N0920, format!("expected no `{what}` for aurora-mysql, found one"))
        .at(span, "would be kept by row-level security")
        .note("MySQL has no row-level security, so nothing that could be written would keep rows apart")
        .help(ALTERNATIVE)
}

fn not_for_mysql(what: &str, span: Span, why: &str, help: &str) -> Diagnostic {
    Diagnostic::new(codes::N0920, format!("expected no `{what}` for aurora-mysql, found one"))
        .at(span, why.to_owned())
        .help(help.to_owned())
}

fn refusal(statement: &Statement) -> Option<Diagnostic> {
    let accounts =
        "the files say what an exporting and an importing account need: rights_source.sql and rights_target.sql";
    Some(match statement {
        Statement::Tenancy(own) => no_row_security("tenancy", own.span),
        Statement::Policy(own) => no_row_security("policy", own.span),
        Statement::Setting(own) if !own.secret => no_row_security("setting", own.span),
        Statement::Role(own) => {
            not_for_mysql("role", own.span, "is one whose rows row-level security decides", accounts)
        }
        Statement::Grant(own) => {
            not_for_mysql("grant", own.span, "is one whose rows row-level security decides", accounts)
        }
        Statement::Workload(own) => not_for_mysql("workload", own.span, "runs as a role", "leave it out"),
        Statement::Test(own) => not_for_mysql(
            "test",
            own.span,
            "runs on a private PostgreSQL",
            "test the policy's masks in a project for PostgreSQL; those of MySQL give the same",
        ),
        Statement::Mask(own) => not_for_mysql(
            "mask … returns",
            own.span,
            "is read by PostgreSQL's grammar",
            "write the expression where it is used: `mask (…)`",
        ),
        Statement::Extension(own) => {
            not_for_mysql("extension", own.span, "declares what PostgreSQL's extensions bring", "leave it out")
        }
        _ => return None,
    })
}

fn table_clause(clause: &TableClause, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let finding = match clause {
        TableClause::Scoped(own) => no_row_security("scoped", own.span),
        TableClause::Shared { span, .. } => no_row_security("shared", *span),
        _ => return true,
    };
    diagnostics.push(finding);
    false
}

fn export_clause(clause: &ExportClause, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let accounts =
        "leave it out, and grant the role or the rights of rights_source.sql and rights_target.sql to the account";
    let finding = match clause {
        ExportClause::TenantOne(span) => no_row_security("tenant one", *span),
        ExportClause::As(name) => not_for_mysql("as", name.span, "names a role of the policy", accounts),
        ExportClause::ImportAs(name) => not_for_mysql("import as", name.span, "names a role of the policy", accounts),
        ExportClause::ImportStrategy { span, .. } => not_for_mysql(
            "import strategy",
            *span,
            "is about PostgreSQL's triggers",
            "leave it out: the load runs without foreign key checks, and each key is checked before it commits",
        ),
        _ => return true,
    };
    diagnostics.push(finding);
    false
}
