//! Statements of roles, row security and grants as documents.

use super::access::{AccessStatement, Commented, CreatePolicy, DefaultKind, Grantee, Object, OwnedObject, Privilege};
use super::layout::{Doc, all, commas, exact, group, indent, parenthesised, words};
use super::print::{data_type, expr, literal, name, qname};
use super::token::Token;
use super::{Expr, Ident};
use crate::catalog::{DataType, QName};

pub(super) fn access(of: &AccessStatement) -> Doc<'_> {
    match of {
        AccessStatement::CreateSchema(schema) => named("CREATE SCHEMA IF NOT EXISTS", name(schema)),
        AccessStatement::CreateHelper { function, returns, body } => helper(function, returns, body),
        AccessStatement::CreatePolicy(policy) => create_policy(policy),
        AccessStatement::DropPolicy { name: policy, table } => {
            named("DROP POLICY IF EXISTS", all([name(policy), Doc::Space, words("ON"), Doc::Space, qname(table)]))
        }
        AccessStatement::Comment(on, text) => comment(on, text.as_deref()),
        AccessStatement::Grant { privileges: list, object: on, to, grantable } => {
            let option = grantable.then(|| all([Doc::Space, words("WITH GRANT OPTION")]));
            rights("GRANT", privileges(list), on, "TO", to, option)
        }
        AccessStatement::Revoke { privileges: list, object: on, from } => {
            rights("REVOKE", privileges(list), on, "FROM", from, None)
        }
        AccessStatement::GrantRole { of, member, options } => grant_role(of, member, *options),
        AccessStatement::RevokeDefault { owner, schema, kind, from } => {
            revoke_default(owner, schema.as_ref(), *kind, from)
        }
        AccessStatement::SetViewOptions { view, options } => {
            view_options(view, "SET", options.iter().map(set_option).collect())
        }
        AccessStatement::ResetViewOptions { view, options } => {
            view_options(view, "RESET", options.iter().map(|option| word(option)).collect())
        }
        AccessStatement::SetOwner { object, name: of, owner } => {
            let kind = match object {
                OwnedObject::Table => "ALTER TABLE",
                OwnedObject::Sequence => "ALTER SEQUENCE",
                OwnedObject::MaterializedView => "ALTER MATERIALIZED VIEW",
            };
            all([named(kind, qname(of)), Doc::Space, words("OWNER TO"), Doc::Space, name(owner)])
        }
        AccessStatement::DropFunction(function) => {
            named("DROP FUNCTION IF EXISTS", all([qname(function), exact("("), exact(")")]))
        }
        AccessStatement::DropSchema(schema) => named("DROP SCHEMA IF EXISTS", name(schema)),
        AccessStatement::DropRole(role) => named("DROP ROLE IF EXISTS", name(role)),
    }
}

fn named<'t>(head: &'t str, object: Doc<'t>) -> Doc<'t> {
    all([words(head), Doc::Space, object])
}

/// A word that the grammar takes as an identifier, such as `sql` or `safe`.
fn word(text: &str) -> Doc<'_> {
    Doc::Token(Token::name(text))
}

fn helper<'t>(function: &'t QName, returns: &'t DataType, body: &'t Expr) -> Doc<'t> {
    let head = all([words("CREATE OR REPLACE FUNCTION"), Doc::Space, qname(function), exact("("), exact(")")]);
    let returns = all([Doc::Space, words("RETURNS"), Doc::Space, data_type(returns)]);
    let kind = all([words("LANGUAGE"), Doc::Space, word("sql"), Doc::Space, words("STABLE PARALLEL"), Doc::Space]);
    let body = all([words("RETURN"), Doc::Space, expr(body)]);
    all([head, returns, indent([Doc::Hard, kind, word("safe"), Doc::Hard, body])])
}

/// `PERMISSIVE` and `RESTRICTIVE` are no key words, but identifiers of these values.
fn create_policy(policy: &CreatePolicy) -> Doc<'_> {
    let kind = exact(if policy.permissive { "PERMISSIVE" } else { "RESTRICTIVE" });
    let mut clauses = vec![
        Doc::Hard,
        all([words("AS"), Doc::Space, kind, Doc::Space, words("FOR"), Doc::Space, words(policy.command)]),
        all([Doc::Space, words("TO"), Doc::Space, grantees(&policy.to)]),
    ];
    for (clause, test) in [("USING", &policy.using), ("WITH CHECK", &policy.check)] {
        if let Some(test) = test {
            clauses.extend([Doc::Hard, words(clause), Doc::Space, parenthesised(expr(test))]);
        }
    }
    let on = all([Doc::Space, words("ON"), Doc::Space, qname(&policy.table)]);
    all([words("CREATE POLICY"), Doc::Space, name(&policy.name), on, indent(clauses)])
}

fn comment<'t>(on: &'t Commented, text: Option<&'t str>) -> Doc<'t> {
    let object = match on {
        Commented::Policy(policy, table) => {
            all([words("POLICY"), Doc::Space, name(policy), Doc::Space, words("ON"), Doc::Space, qname(table)])
        }
        Commented::Function(function) => all([words("FUNCTION"), Doc::Space, qname(function), exact("("), exact(")")]),
        Commented::Column(table, column) => all([words("COLUMN"), Doc::Space, qname(table), exact("."), name(column)]),
    };
    let text = text.map_or_else(|| words("NULL"), literal);
    group([words("COMMENT ON"), Doc::Space, object, indent([Doc::Line, words("IS"), Doc::Space, text])])
}

fn rights<'t>(
    verb: &'t str,
    privileges: Doc<'t>,
    on: &'t Object,
    direction: &'t str,
    roles: &'t [Grantee],
    option: Option<Doc<'t>>,
) -> Doc<'t> {
    let head = all([words(verb), Doc::Space, privileges]);
    let on = all([Doc::Line, words("ON"), Doc::Space, object(on)]);
    let roles = all([Doc::Line, words(direction), Doc::Space, grantees(roles)]);
    group([head, indent([on, roles].into_iter().chain(option))])
}

fn privileges(list: &[Privilege]) -> Doc<'_> {
    if list.is_empty() {
        return words("ALL");
    }
    commas(list.iter().map(privilege).collect(), Doc::Space)
}

fn privilege(of: &Privilege) -> Doc<'_> {
    if of.columns.is_empty() {
        return exact(of.name);
    }
    let columns = commas(of.columns.iter().map(name).collect(), Doc::Line);
    all([exact(of.name), Doc::Space, parenthesised(columns)])
}

fn object(of: &Object) -> Doc<'_> {
    match of {
        Object::Table(table) => named("TABLE", qname(table)),
        Object::Sequence(sequence) => named("SEQUENCE", qname(sequence)),
        Object::Schema(schema) => named("SCHEMA", name(schema)),
        Object::Routine { name, arguments, procedure } => {
            let types = commas(arguments.iter().map(data_type).collect(), Doc::Space);
            let called = all([qname(name), exact("("), types, exact(")")]);
            named(if *procedure { "PROCEDURE" } else { "FUNCTION" }, called)
        }
    }
}

fn grantees(roles: &[Grantee]) -> Doc<'_> {
    commas(roles.iter().map(grantee).collect(), Doc::Space)
}

fn grantee(of: &Grantee) -> Doc<'_> {
    match of {
        Grantee::Public => exact("PUBLIC"),
        Grantee::Role(role) => name(role),
    }
}

fn grant_role<'t>(of: &'t Ident, member: &'t Ident, options: Option<(bool, bool)>) -> Doc<'t> {
    let truth = |value: bool| words(if value { "TRUE" } else { "FALSE" });
    let options = options.map(|(inherit, set)| {
        let inherit = all([words("INHERIT"), Doc::Space, truth(inherit), exact(",")]);
        all([Doc::Space, words("WITH"), Doc::Space, inherit, Doc::Space, words("SET"), Doc::Space, truth(set)])
    });
    let head = all([words("GRANT"), Doc::Space, name(of), Doc::Space, words("TO"), Doc::Space, name(member)]);
    all([head].into_iter().chain(options))
}

fn revoke_default<'t>(owner: &'t Ident, schema: Option<&'t Ident>, kind: DefaultKind, from: &'t [Grantee]) -> Doc<'t> {
    let objects = match kind {
        DefaultKind::Tables => "TABLES",
        DefaultKind::Sequences => "SEQUENCES",
        DefaultKind::Functions => "FUNCTIONS",
    };
    let head = all([words("ALTER DEFAULT PRIVILEGES FOR ROLE"), Doc::Space, name(owner)]);
    let schema = schema.map(|schema| all([Doc::Space, words("IN SCHEMA"), Doc::Space, name(schema)]));
    let what = all([Doc::Line, words("REVOKE ALL ON"), Doc::Space, words(objects)]);
    let from = all([Doc::Space, words("FROM"), Doc::Space, grantees(from)]);
    group([head].into_iter().chain(schema).chain([indent([what, from])]))
}

fn view_options<'t>(view: &'t QName, verb: &'t str, options: Vec<Doc<'t>>) -> Doc<'t> {
    let options = all([exact("("), commas(options, Doc::Space), exact(")")]);
    all([words("ALTER VIEW"), Doc::Space, qname(view), Doc::Space, words(verb), Doc::Space, options])
}

fn set_option((option, value): &(String, String)) -> Doc<'_> {
    all([word(option), Doc::Space, exact("="), Doc::Space, literal(value)])
}
