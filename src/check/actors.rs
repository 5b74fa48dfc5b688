//! Who runs an export, and over whose rows.

use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::Export;
use crate::model::access::{Access, Tenants};
use crate::source::Spanned;

pub(super) fn check(access: &Access, export: &Export, diagnostics: &mut Vec<Diagnostic>) {
    for role in [&export.role, &export.import_role].into_iter().flatten() {
        diagnostics.extend(unknown(access, role));
    }
    if let Some(role) = &export.role {
        diagnostics.extend(too_few_rows(access, export, role));
    }
    if let (Some(span), None) = (export.tenant_one, &access.tenancy) {
        let title = format!("expected a `tenancy` for `tenant one` in `export {}`, found none", export.name);
        diagnostics.push(
            Diagnostic::new(codes::N0808, title)
                .at(span, "the rows of which tenant?")
                .help("declare `tenancy { root …; column …; setting …; }`, or remove `tenant one`"),
        );
    }
}

fn unknown(access: &Access, role: &Spanned<String>) -> Option<Diagnostic> {
    if access.roles.contains_key(&role.value) {
        return None;
    }
    let title = format!("expected a role of the policy, found `{}`", role.value);
    let diagnostic = Diagnostic::new(codes::N0807, title).at(role.span, "no such role");
    Some(match did_you_mean(&role.value, access.roles.keys().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(role.span, near),
        None if access.tenancy.is_none() => diagnostic.help(format!("add `role {} {{ nologin; }}`", role.value)),
        None => diagnostic.help(format!("add `role {} {{ nologin; tenants all because \"…\"; }}`", role.value)),
    })
}

/// A role that sees one tenant cannot export all of them: the files would be short of rows, and nobody told.
fn too_few_rows(access: &Access, export: &Export, role: &Spanned<String>) -> Option<Diagnostic> {
    access.tenancy.as_ref()?;
    let scoped = export.tables.keys().any(|table| access.scopes.get(table).is_some_and(|scope| scope.kind.is_scoped()));
    let own = access.roles.get(&role.value)?.tenants == Tenants::Own;
    (own && scoped && export.tenant_one.is_none()).then(|| {
        let title =
            format!("expected a role that sees all tenants for `export {}`, found `{}`", export.name, role.value);
        Diagnostic::new(codes::N0807, title)
            .at(role.span, "sees the rows of one tenant only")
            .note("the export has tables of tenants and does not say `tenant one`, so rows would be missing")
            .help(format!(
                "write `tenants all because \"…\";` in `role {}`, or `tenant one;` in the export",
                role.value
            ))
    })
}
