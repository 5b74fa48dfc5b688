//! Views and materialized views: what they read, not what they compute.

use super::super::{QName, RewriteRule, View};
use super::expression::{Names, deparse_node};
use super::{Builder, Relation, reads, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{self, AlterTableCmd, AlterTableType as Kind, Node, RangeVar};
use std::collections::BTreeMap;

impl Builder<'_> {
    pub(super) fn create_view(&mut self, statement: &protobuf::ViewStmt) {
        let (Some(range), Some(query)) = (&statement.view, statement.query.as_deref()) else { return };
        let mut options = view_options(&statement.options);
        match statement.with_check_option() {
            protobuf::ViewCheckOption::LocalCheckOption => drop(options.insert("check_option".into(), "local".into())),
            protobuf::ViewCheckOption::CascadedCheckOption => {
                drop(options.insert("check_option".into(), "cascaded".into()));
            }
            _ => {}
        }
        if range.relpersistence == "t" {
            self.temporary.insert(range.relname.clone());
            return;
        }
        let Some(name) = self.view_name(range, statement.replace, false) else { return };
        let old = self.catalog.views.remove(&name);
        let mut view = self.view(name, query);
        view.options = options;
        if let Some(old) = old {
            (view.grants, view.comment, view.owner) = (old.grants, old.comment, old.owner);
        }
        self.relations.insert(view.name.clone(), Relation::View);
        self.catalog.views.insert(view.name.clone(), view);
    }

    /// A rule for SELECT makes the view: `pg_dump` before 10 writes a view that a key of a table it reads allows as a table
    /// and such a rule, and psql's `_RETURN` of a view is one that replaces its query.
    pub(super) fn create_rule(&mut self, statement: &protobuf::RuleStmt) {
        let Some(range) = &statement.relation else { return };
        let Some(name) = self.expect_relation(range, "table or view", false) else { return };
        match (statement.event(), statement.actions.as_slice()) {
            (protobuf::CmdType::CmdSelect, [query]) => self.make_view(name, query),
            (protobuf::CmdType::CmdSelect, _) => {}
            _ => {
                let rule = RewriteRule { name: statement.rulename.clone(), span: self.place.span() };
                let rules = self.catalog.rules.entry(name).or_default();
                rules.retain(|known| known.name != rule.name);
                rules.push(rule);
            }
        }
    }

    fn make_view(&mut self, name: QName, query: &Node) {
        let mut view = self.view(name, query);
        if let Some(table) = self.catalog.tables.remove(&view.name) {
            (view.grants, view.comment, view.owner) = (table.grants, table.comment, table.owner);
        } else if let Some(old) = self.catalog.views.remove(&view.name) {
            view = View { grants: old.grants, comment: old.comment, owner: old.owner, options: old.options, ..view };
        }
        self.relations.insert(view.name.clone(), Relation::View);
        self.catalog.views.insert(view.name.clone(), view);
    }

    pub(super) fn create_materialized_view(&mut self, statement: &protobuf::CreateTableAsStmt) {
        let (Some(into), Some(query)) = (statement.into.as_deref(), statement.query.as_deref()) else { return };
        let Some(range) = &into.rel else { return };
        let Some(name) = self.view_name(range, false, statement.if_not_exists) else { return };
        let mut view = self.view(name, query);
        view.materialized = true;
        view.with_no_data = into.skip_data;
        view.options = view_options(&into.options);
        self.relations.insert(view.name.clone(), Relation::View);
        self.catalog.views.insert(view.name.clone(), view);
    }

    fn view_name(&mut self, range: &RangeVar, replace: bool, if_not_exists: bool) -> Option<QName> {
        let name = self.new_relation_name(range);
        let known = self.relations.get(&name);
        if known.is_none() || (replace && known == Some(&Relation::View)) {
            return Some(name);
        }
        if !if_not_exists {
            self.duplicate(self.place.token(range.location), "view", &name.to_string());
        }
        None
    }

    fn view(&mut self, name: QName, query: &Node) -> View {
        let names = Names::of(query);
        let mut reads = Vec::new();
        for (schema, relation) in &names.relations {
            reads.push(self.read_relation(schema, relation));
        }
        reads.sort();
        reads.dedup();
        View {
            name,
            materialized: false,
            with_no_data: false,
            query: query.node.as_ref().map(deparse_node).unwrap_or_default(),
            reads,
            columns: reads::columns(query, &self.catalog, &|schema, relation| self.find_relation(schema, relation)),
            functions: names.functions.into_iter().collect(),
            options: BTreeMap::new(),
            indexes: Vec::new(),
            span: self.place.span(),
            comment: None,
            owner: None,
            grants: Vec::new(),
        }
    }

    /// System relations are no part of the schema; anything else must have been declared.
    fn read_relation(&mut self, schema: &str, relation: &str) -> QName {
        if let Some(found) = self.find_relation(schema, relation) {
            return found;
        }
        let system = matches!(schema, "pg_catalog" | "information_schema");
        if system || (schema.is_empty() && relation.starts_with("pg_")) {
            let schema = if schema.is_empty() { "pg_catalog" } else { schema };
            return QName::new(schema, relation);
        }
        let extension = self.catalog.extensions.values().any(|home| home == schema);
        let name =
            QName::new(if schema.is_empty() { self.path.first().map_or("", String::as_str) } else { schema }, relation);
        if !extension {
            self.missing(self.place.head(), "table or view", &name);
        }
        name
    }

    pub(super) fn alter_view(&mut self, name: &QName, command: &AlterTableCmd) {
        let options = command.def.as_deref().map(|node| view_options(tree::list(node))).unwrap_or_default();
        let Some(view) = self.catalog.views.get_mut(name) else { return };
        match command.subtype() {
            Kind::AtChangeOwner => view.owner = command.newowner.as_ref().map(tree::role),
            Kind::AtSetRelOptions => view.options.extend(options),
            Kind::AtResetRelOptions => view.options.retain(|option, _| !options.contains_key(option)),
            // A default for INSERT through the view, storage of a materialized one.
            Kind::AtColumnDefault
            | Kind::AtSetStatistics
            | Kind::AtSetStorage
            | Kind::AtSetCompression
            | Kind::AtClusterOn
            | Kind::AtDropCluster
            | Kind::AtSetTableSpace
            | Kind::AtSetAccessMethod
            | Kind::AtSetOptions
            | Kind::AtResetOptions => {}
            _ => self.not_understood("this change of a view"),
        }
    }
}

fn view_options(nodes: &[Node]) -> BTreeMap<String, String> {
    let option = |node: &Node| match node.node.as_ref()? {
        NodeEnum::DefElem(option) => {
            let value = option.arg.as_deref().and_then(tree::constant_text).unwrap_or_else(|| "true".to_owned());
            Some((option.defname.clone(), value))
        }
        _ => None,
    };
    nodes.iter().filter_map(option).collect()
}
