//! Statements that end with `;`.

use super::Lower;
use crate::syntax::ast;
use crate::syntax::grammar::{Node, Rule};

impl Lower<'_> {
    pub(super) fn class(&mut self, node: &Node) -> Option<ast::Class> {
        Some(ast::Class { name: self.own_name(node)?, treatment: self.child_treatment(node)?, span: self.span(node) })
    }

    pub(super) fn setting(&mut self, node: &Node) -> Option<ast::Setting> {
        Some(ast::Setting {
            name: self.setting_name(node)?,
            kind: self.child_type(node)?,
            secret: node.has(Rule::kw_secret),
            span: self.span(node),
        })
    }

    pub(super) fn grant(&mut self, node: &Node) -> Option<ast::Grant> {
        let privileges = node.child(Rule::privileges)?;
        let privileges =
            privileges.all(Rule::privilege).map(|privilege| self.privilege(&privilege)).collect::<Option<_>>()?;
        let objects = self.grant_objects(&node.child(Rule::grant_objects)?.only()?)?;
        let roles = self.names(&node.child(Rule::role_list)?)?;
        let condition = match node.child(Rule::grant_where) {
            Some(clause) => Some(self.child_sql(&clause)?),
            None => None,
        };
        let in_copy_of = match node.child(Rule::in_copy_of) {
            Some(clause) => Some(self.child_name(&clause)?),
            None => None,
        };
        Some(ast::Grant { privileges, objects, roles, condition, in_copy_of, span: self.span(node) })
    }

    fn privilege(&mut self, node: &Node) -> Option<ast::Privilege> {
        let word = self.child_name(node)?;
        let columns = match node.child(Rule::column_list) {
            Some(list) => self.names(&list)?,
            None => Vec::new(),
        };
        Some(ast::Privilege { word, columns })
    }

    fn grant_objects(&mut self, node: &Node) -> Option<ast::GrantObjects> {
        Some(match node.rule() {
            Rule::grant_function => {
                let (schema, name) = self.qualified(&node.child(Rule::table_name)?)?;
                let arguments =
                    node.all(Rule::type_pattern).map(|kind| self.type_pattern(&kind)).collect::<Option<_>>()?;
                ast::GrantObjects::Function { schema, name, arguments }
            }
            Rule::grant_schema => ast::GrantObjects::Schema(self.child_name(node)?),
            _ => ast::GrantObjects::Tables(self.selector_itself(node)?),
        })
    }

    pub(super) fn policy(&mut self, node: &Node) -> Option<ast::Policy> {
        let mut commands = Vec::new();
        for command in node.child(Rule::commands)?.all(Rule::command) {
            commands.push(self.name(&command.only()?)?);
        }
        self.check_unique(&commands);
        let roles = match node.child(Rule::policy_roles) {
            Some(clause) => self.names(&clause.child(Rule::role_list)?)?,
            None => Vec::new(),
        };
        let condition = |rule| node.child(rule).map(|clause| self.child_sql(&clause));
        let (using, check) = (condition(Rule::policy_using), condition(Rule::policy_check));
        Some(ast::Policy {
            name: self.own_name(node)?,
            tables: self.selector(node)?,
            restrictive: node.has(Rule::kw_restrictive),
            commands,
            roles,
            across_tenants: node.has(Rule::across_tenants),
            using: transpose(using)?,
            check: transpose(check)?,
            because: self.because(node)?,
            span: self.span(node),
        })
    }

    pub(super) fn workload(&mut self, node: &Node) -> Option<ast::Workload> {
        let mut names = node.all(Rule::name);
        let (name, role) = (names.next()?, names.next()?);
        let name = self.name(&name)?;
        Some(ast::Workload {
            name: self.own(name),
            role: self.name(&role)?,
            because: self.because(node)?,
            span: self.span(node),
        })
    }

    pub(super) fn mask_definition(&mut self, node: &Node) -> Option<ast::MaskDefinition> {
        let mut parameters = Vec::new();
        for parameter in node.all(Rule::parameter) {
            let default = match parameter.child(Rule::argument_value) {
                Some(value) => Some(self.value(&value)?),
                None => None,
            };
            let (name, kind) = (self.own_name(&parameter)?, self.child_type(&parameter)?);
            parameters.push(ast::Parameter { name, kind, default });
        }
        let names: Vec<ast::Name> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        self.check_unique(&names);
        let said = |rule| node.child(rule).map(|clause| clause.has(Rule::kw_yes));
        Some(ast::MaskDefinition {
            name: self.own_name(node)?,
            parameters,
            returns: self.child_type(node)?,
            unique: said(Rule::mask_unique),
            total: said(Rule::mask_total),
            body: self.child_sql(node)?,
            span: self.span(node),
        })
    }

    pub(super) fn test(&mut self, node: &Node) -> Option<ast::Test> {
        let title = self.reason(&node.child(Rule::reason)?)?;
        let given = node.all(Rule::given).map(|given| self.given(&given)).collect::<Option<_>>()?;
        let (mut role, mut settings) = (None, Vec::new());
        if let Some(clause) = node.child(Rule::test_role) {
            role = Some(self.child_name(&clause)?);
            for setting in clause.child(Rule::test_settings).iter().flat_map(|list| list.all(Rule::test_setting)) {
                let value = setting.child(Rule::test_value)?;
                let value = ast::SqlExpr { text: value.text().to_owned(), span: self.span(&value) };
                settings.push((self.setting_name(&setting)?, value));
            }
        }
        Some(ast::Test { title, given, role, settings, expect: self.child_sql(node)?, span: self.span(node) })
    }

    fn given(&mut self, node: &Node) -> Option<ast::Given> {
        Some(ast::Given {
            table: self.child_table(node)?,
            columns: self.names(&node.child(Rule::column_list)?)?,
            rows: node.all(Rule::sql).map(|row| self.sql(&row)).collect::<Option<_>>()?,
        })
    }
}

/// A part that is absent is fine, a part that cannot be lowered is not.
fn transpose<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        None => Some(None),
        Some(lowered) => lowered.map(Some),
    }
}
