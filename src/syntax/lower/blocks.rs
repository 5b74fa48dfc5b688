//! Statements with a block. They are built from a head and clauses, which come from one node when the statement was
//! read whole and from one node each when it was read again after an error.

use super::Lower;
use crate::source::{Span, Spanned};
use crate::syntax::ast;
use crate::syntax::grammar::{Node, Rule};

/// A block statement in pieces.
#[derive(Debug)]
pub(in crate::syntax) struct Block<'t> {
    pub head: Node<'t>,
    pub clauses: Vec<Node<'t>>,
    pub span: Span,
}

impl<'t> Block<'t> {
    pub(super) fn of_statement(node: &Node<'t>, span: Span) -> Option<Self> {
        let clauses = node.children().skip(1).filter(|child| !matches!(child.rule(), Rule::open | Rule::close));
        Some(Self { head: node.only()?, clauses: clauses.collect(), span })
    }
}

impl Lower<'_> {
    pub(in crate::syntax) fn block(&mut self, block: &Block) -> Option<ast::Statement> {
        let Block { head, clauses, span } = block;
        let clauses: Vec<Node> = clauses.iter().filter_map(Node::only).collect();
        self.check_said_once(&clauses);
        let span = *span;
        Some(match head.rule() {
            Rule::table_head => {
                let selector = self.selector(head)?;
                let clauses = clauses.iter().map(|clause| self.table_clause(clause)).collect::<Option<_>>()?;
                ast::Statement::Table(ast::TableBlock { selector, clauses, span })
            }
            Rule::tenancy_head => ast::Statement::Tenancy(self.tenancy(&clauses, span)?),
            Rule::role_head => {
                let name = self.own_name(head)?;
                let clauses = clauses.iter().map(|clause| {
                    let span = self.span(clause);
                    self.role_clause(clause).map(|lowered| Spanned::new(lowered, span))
                });
                let clauses = clauses.collect::<Option<_>>()?;
                ast::Statement::Role(ast::Role { name, clauses, span })
            }
            Rule::export_head => {
                let name = self.own_name(head)?;
                let clauses = clauses.iter().map(|clause| self.export_clause(clause)).collect::<Option<_>>()?;
                ast::Statement::Export(ast::Export { name, clauses, span })
            }
            Rule::extension_head => {
                let name = self.own_name(head)?;
                let objects = clauses.iter().map(|clause| self.extension_object(clause)).collect::<Option<_>>()?;
                ast::Statement::Extension(ast::Extension { name, objects, span })
            }
            _ => return None,
        })
    }

    /// Clauses of which a block has at most one.
    fn check_said_once(&mut self, clauses: &[Node]) {
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for clause in clauses {
            let what = match clause.rule() {
                Rule::tenancy_root => "`root`",
                Rule::tenancy_column => "`column`",
                Rule::tenancy_setting => "`setting`",
                Rule::role_login | Rule::role_nologin => "`login` or `nologin`",
                Rule::role_tenants => "`tenants`",
                Rule::role_existing => "`existing`",
                Rule::export_tables => "`tables`",
                Rule::export_tenant => "`tenant`",
                Rule::export_as => "`as`",
                Rule::export_no_import => "`no import`",
                Rule::export_import if clause.has(Rule::import_as) => "`import as`",
                Rule::export_import => "`import strategy`",
                _ => continue,
            };
            let span = self.span(clause);
            match seen.iter().find(|(other, _)| *other == what) {
                Some((_, first)) => self.said_twice(what, *first, span),
                None => seen.push((what, span)),
            }
        }
    }

    fn table_clause(&mut self, node: &Node) -> Option<ast::TableClause> {
        let (because, span) = (self.because(node)?, self.span(node));
        Some(match node.rule() {
            Rule::scoped => {
                let way = node.children().nth(1)?;
                ast::TableClause::Scoped(ast::Scope { kind: self.scope(&way)?, because, span })
            }
            Rule::shared => ast::TableClause::Shared { because, span },
            Rule::internal => ast::TableClause::Internal { because, span },
            Rule::skip => ast::TableClause::Skip { because, span },
            Rule::rows => ast::TableClause::Rows { predicate: self.child_sql(node)?, span },
            Rule::column_rule => ast::TableClause::Columns(self.column_rule(node)?),
            _ => return None,
        })
    }

    fn scope(&mut self, node: &Node) -> Option<ast::ScopeKind> {
        Some(match node.rule() {
            Rule::scoped_by => ast::ScopeKind::By { column: self.child_name(node)?, or_null: node.has(Rule::or_null) },
            Rule::scoped_via => {
                let references = match node.child(Rule::references) {
                    Some(clause) => Some(self.child_table(&clause)?),
                    None => None,
                };
                ast::ScopeKind::Via { columns: self.names(node)?, references, by_lookup: node.has(Rule::by_lookup) }
            }
            Rule::scoped_through => {
                ast::ScopeKind::Through { table: self.child_table(node)?, column: self.child_name(node)? }
            }
            Rule::scoped_when => ast::ScopeKind::When(self.child_sql(node)?),
            _ => return None,
        })
    }

    fn column_rule(&mut self, node: &Node) -> Option<ast::ColumnRule> {
        let mut columns = Vec::new();
        for pattern in node.all(Rule::column_pattern) {
            columns.push(self.name(&pattern.child(Rule::pattern)?)?);
        }
        self.check_unique(&columns);
        let types = match node.child(Rule::type_list) {
            Some(list) => {
                Some(list.all(Rule::type_pattern).map(|kind| self.type_pattern(&kind)).collect::<Option<_>>()?)
            }
            None => None,
        };
        Some(ast::ColumnRule { columns, types, treatment: self.child_treatment(node)?, span: self.span(node) })
    }

    fn tenancy(&mut self, clauses: &[Node], span: Span) -> Option<ast::Tenancy> {
        let mut tenancy = ast::Tenancy { root: None, column: None, setting: None, span };
        for clause in clauses {
            match clause.rule() {
                Rule::tenancy_root => tenancy.root = Some((self.child_table(clause)?, self.child_name(clause)?)),
                Rule::tenancy_column => tenancy.column = Some(self.child_name(clause)?),
                Rule::tenancy_setting => tenancy.setting = Some(self.setting_name(clause)?),
                _ => return None,
            }
        }
        Some(tenancy)
    }

    fn role_clause(&mut self, node: &Node) -> Option<ast::RoleClause> {
        Some(match node.rule() {
            Rule::role_login => ast::RoleClause::Login(true),
            Rule::role_nologin => ast::RoleClause::Login(false),
            Rule::role_tenants if node.has(Rule::kw_own) => ast::RoleClause::TenantsOwn,
            Rule::role_tenants => ast::RoleClause::TenantsAll(self.because(node)?),
            Rule::role_in => ast::RoleClause::In(self.names(node)?, self.because(node)?),
            Rule::role_existing => ast::RoleClause::Existing,
            Rule::role_owns => ast::RoleClause::Owns(self.selector(node)?),
            _ => return None,
        })
    }

    fn export_clause(&mut self, node: &Node) -> Option<ast::ExportClause> {
        let span = self.span(node);
        Some(match node.rule() {
            Rule::export_tables => ast::ExportClause::Tables(self.selector(node)?),
            Rule::export_tenant => ast::ExportClause::TenantOne(span),
            Rule::export_as => ast::ExportClause::As(self.child_name(node)?),
            Rule::export_import => match node.child(Rule::import_as) {
                Some(role) => ast::ExportClause::ImportAs(self.child_name(&role)?),
                None => self.import_strategy(&node.child(Rule::import_strategy)?, span)?,
            },
            Rule::export_rows => {
                ast::ExportClause::Rows { table: self.child_table(node)?, predicate: self.child_sql(node)?, span }
            }
            Rule::export_skip => {
                ast::ExportClause::Skip { table: self.child_table(node)?, because: self.because(node)?, span }
            }
            Rule::export_class => {
                let (class, treatment) = (self.child_name(node)?, self.child_treatment(node)?);
                ast::ExportClause::Class { class, treatment, span }
            }
            Rule::export_column => self.export_column(node, span)?,
            Rule::export_linkable => {
                ast::ExportClause::Linkable { with: self.child_name(node)?, because: self.because(node)?, span }
            }
            Rule::export_no_import => ast::ExportClause::NoImport(span),
            _ => return None,
        })
    }

    fn import_strategy(&mut self, node: &Node, span: Span) -> Option<ast::ExportClause> {
        let word = node.children().nth(1)?;
        let strategy = match word.rule() {
            Rule::kw_order => ast::ImportStrategy::Order,
            Rule::kw_replica_role => ast::ImportStrategy::ReplicaRole,
            Rule::kw_parameter_group => ast::ImportStrategy::ParameterGroup,
            _ => return None,
        };
        let strategy = Spanned::new(strategy, self.span(&word));
        Some(ast::ExportClause::ImportStrategy { strategy, because: self.because(node)?, span })
    }

    /// The last part is the column.
    fn export_column(&mut self, node: &Node, span: Span) -> Option<ast::ExportClause> {
        let mut parts = self.plain_names(&node.child(Rule::column_name)?)?;
        let (column, table) = (parts.pop()?, parts.pop()?);
        let schema = parts.pop();
        let whole = schema.as_ref().unwrap_or(&table).span.to(table.span);
        let table = ast::TablePattern { schema, table, span: whole };
        Some(ast::ExportClause::Column { table, column, treatment: self.child_treatment(node)?, span })
    }

    fn plain_names(&mut self, node: &Node) -> Option<Vec<ast::Name>> {
        node.all(Rule::name).map(|name| self.name(&name)).collect()
    }

    fn extension_object(&mut self, node: &Node) -> Option<ast::ExtensionObject> {
        let (schema, name) = self.qualified(&node.child(Rule::table_name)?)?;
        Some(ast::ExtensionObject { function: node.rule() == Rule::extension_function, schema, name })
    }
}
