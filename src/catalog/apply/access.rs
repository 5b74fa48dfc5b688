//! Schemas, extensions, publications, owners, comments and grants.

use super::super::{Grant, QName};
use super::{Builder, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{self, GrantTargetType, Node, ObjectType, PublicationObjSpecType};

impl Builder<'_> {
    pub(super) fn create_schema(&mut self, statement: &protobuf::CreateSchemaStmt) {
        let name = match (statement.schemaname.as_str(), &statement.authrole) {
            ("", Some(role)) => tree::role(role),
            (name, _) => name.to_owned(),
        };
        // `public` is there from the start, and dumps of some versions make it all the same.
        if self.catalog.schemas.contains_key(&name) {
            if name != "public" && !statement.if_not_exists {
                self.duplicate(self.place.head(), "schema", &name);
            }
        } else {
            self.catalog.schemas.insert(name.clone(), None);
        }
        let path = std::mem::replace(&mut self.path, vec![name]);
        self.path.extend(path.iter().cloned());
        for element in statement.schema_elts.iter().filter_map(|node| node.node.as_ref()) {
            let place = self.place;
            self.apply(place, element);
        }
        self.path = path;
    }

    pub(super) fn create_extension(&mut self, statement: &protobuf::CreateExtensionStmt) {
        let schema = statement.options.iter().filter_map(tree::option).find(|option| option.defname == "schema");
        let schema = match (schema.and_then(|option| tree::constant_text(option.arg.as_deref()?)), &*statement.extname)
        {
            (Some(schema), _) => schema,
            (None, "plpgsql") => "pg_catalog".to_owned(),
            (None, _) => self.creation_schema(),
        };
        self.catalog.extensions.entry(statement.extname.clone()).or_insert(schema);
    }

    pub(super) fn create_publication(&mut self, statement: &protobuf::CreatePublicationStmt) {
        self.publications.insert(statement.pubname.clone());
        self.publish(&statement.pubname, &statement.pubobjects, true);
    }

    pub(super) fn alter_publication(&mut self, statement: &protobuf::AlterPublicationStmt) {
        use protobuf::AlterPublicationAction as Action;
        match statement.action() {
            Action::ApDropObjects => self.publish(&statement.pubname, &statement.pubobjects, false),
            Action::ApSetObjects if !statement.pubobjects.is_empty() => {
                self.unpublish(&statement.pubname);
                self.publish(&statement.pubname, &statement.pubobjects, true);
            }
            _ => self.publish(&statement.pubname, &statement.pubobjects, true),
        }
    }

    fn publish(&mut self, publication: &str, objects: &[Node], add: bool) {
        for node in objects {
            let Some(NodeEnum::PublicationObjSpec(object)) = &node.node else { continue };
            let tables: Vec<QName> = match (object.pubobjtype(), &object.pubtable) {
                (PublicationObjSpecType::PublicationobjTable, Some(table)) => {
                    table.relation.iter().filter_map(|range| self.expect_table(range, false)).collect()
                }
                // All tables of a schema, also later ones: like FOR ALL TABLES it is not resolved.
                _ => Vec::new(),
            };
            for name in &tables {
                let Some(table) = self.table(name) else { continue };
                table.publications.retain(|known| known != publication);
                if add {
                    table.publications.push(publication.to_owned());
                }
            }
        }
    }

    pub(super) fn unpublish(&mut self, publication: &str) {
        for table in self.catalog.tables.values_mut() {
            table.publications.retain(|known| known != publication);
        }
    }

    pub(super) fn comment(&mut self, statement: &protobuf::CommentStmt) {
        let Some(object) = statement.object.as_deref() else { return };
        let text = Some(statement.comment.clone()).filter(|text| !text.is_empty());
        match statement.objtype() {
            ObjectType::ObjectTable | ObjectType::ObjectForeignTable => {
                if let Some(table) =
                    self.named_relation(tree::list(object)).and_then(|name| self.catalog.tables.get_mut(&name))
                {
                    table.comment = text;
                }
            }
            ObjectType::ObjectView | ObjectType::ObjectMatview => {
                if let Some(view) =
                    self.named_relation(tree::list(object)).and_then(|name| self.catalog.views.get_mut(&name))
                {
                    view.comment = text;
                }
            }
            ObjectType::ObjectColumn => {
                if let Some((column, table)) = tree::list(object).split_last()
                    && let Some(table) = self.named_relation(table)
                    && let Some(column) = self.column(&table, &tree::string(column).unwrap_or_default())
                {
                    column.comment = text;
                }
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let names = tree::type_name(object).map(|name| tree::qualified(&name.names)).unwrap_or_default();
                if let Some(found) =
                    self.find_type(&names.0, &names.1).and_then(|name| self.catalog.types.get_mut(&name))
                {
                    found.comment = text;
                }
            }
            ObjectType::ObjectSchema => {
                let name = tree::string(object).unwrap_or_default();
                if let Some(comment) = self.catalog.schemas.get_mut(&name) {
                    *comment = text;
                }
            }
            // Comments of everything else are nowhere held.
            _ => {}
        }
    }

    fn named_relation(&mut self, names: &[Node]) -> Option<QName> {
        let (schema, name) = tree::qualified(names);
        let found = self.find_relation(&schema, &name);
        if found.is_none() && !self.temporary.contains(&name) {
            self.missing(self.place.head(), "table or view", &QName::new(schema, name));
        }
        found
    }

    pub(super) fn grant(&mut self, statement: &protobuf::GrantStmt) {
        let change = Change::new(statement);
        let all = statement.targtype() == GrantTargetType::AclTargetAllInSchema;
        for object in &statement.objects {
            match (statement.objtype(), all) {
                (ObjectType::ObjectTable | ObjectType::ObjectSequence, false) => {
                    if let Some(range) = tree::range(object)
                        && let Some(name) = self.expect_relation(range, "table or sequence", false)
                    {
                        self.change_relation(&name, &change);
                    }
                }
                (ObjectType::ObjectSchema, _) => {
                    let schema = tree::string(object).unwrap_or_default();
                    change.apply(self.catalog.schema_grants.entry(schema).or_default(), &["usage", "create"]);
                }
                (kind, true) => self.grant_all(kind, &tree::string(object).unwrap_or_default(), &change),
                (ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine, false) => {
                    let Some(NodeEnum::ObjectWithArgs(named)) = &object.node else { continue };
                    if let Some((name, at)) = self.find_function(named)
                        && let Some(function) = self.catalog.functions.get_mut(&name).and_then(|all| all.get_mut(at))
                    {
                        change.apply(&mut function.grants, &["execute"]);
                    }
                }
                // Types, languages, databases, foreign servers, parameters.
                _ => {}
            }
        }
    }

    fn change_relation(&mut self, name: &QName, change: &Change) {
        let mut tables = TABLE.to_vec();
        if self.major >= 17 {
            tables.push("maintain");
        }
        if let Some(table) = self.catalog.tables.get_mut(name) {
            change.apply(&mut table.grants, &tables);
        } else if let Some(view) = self.catalog.views.get_mut(name) {
            change.apply(&mut view.grants, &tables);
        } else if let Some(sequence) = self.catalog.sequences.get_mut(name) {
            change.apply(&mut sequence.grants, SEQUENCE);
        }
    }

    fn grant_all(&mut self, kind: ObjectType, schema: &str, change: &Change) {
        match kind {
            ObjectType::ObjectTable => {
                let inside = |name: &&QName| name.schema == schema;
                let names: Vec<QName> =
                    self.catalog.tables.keys().chain(self.catalog.views.keys()).filter(inside).cloned().collect();
                for name in &names {
                    self.change_relation(name, change);
                }
            }
            ObjectType::ObjectSequence => {
                let inside = self.catalog.sequences.values_mut().filter(|sequence| sequence.name.schema == schema);
                inside.for_each(|sequence| change.apply(&mut sequence.grants, SEQUENCE));
            }
            _ => {
                let inside = self.catalog.functions.iter_mut().filter(|(name, _)| name.schema == schema);
                inside.flat_map(|(_, all)| all).for_each(|function| change.apply(&mut function.grants, &["execute"]));
            }
        }
    }
}

/// ALL PRIVILEGES of a table or view; since 17 also MAINTAIN.
const TABLE: &[&str] = &["select", "insert", "update", "delete", "truncate", "references", "trigger"];
/// ALL PRIVILEGES of a sequence.
const SEQUENCE: &[&str] = &["select", "usage", "update"];

/// Writes a grantee's ALL PRIVILEGES out.
fn expand(held: &mut Vec<Grant>, grantee: &str, all: &[&str]) {
    let whole = |grant: &Grant| grant.privilege == "all" && grant.grantee == grantee && grant.columns.is_empty();
    let Some(at) = held.iter().position(whole) else { return };
    let grant = held.remove(at);
    for privilege in all {
        let one = Grant { privilege: (*privilege).to_owned(), ..grant.clone() };
        if !held.contains(&one) {
            held.push(one);
        }
    }
}

/// A GRANT or REVOKE, free of its object.
struct Change {
    give: bool,
    /// `REVOKE GRANT OPTION FOR`.
    option_only: bool,
    grants: Vec<Grant>,
}

impl Change {
    fn new(statement: &protobuf::GrantStmt) -> Self {
        let privileges: Vec<(String, Vec<String>)> = if statement.privileges.is_empty() {
            vec![("all".to_owned(), Vec::new())]
        } else {
            statement.privileges.iter().filter_map(privilege).collect()
        };
        let mut grants = Vec::new();
        for grantee in tree::roles(&statement.grantees) {
            for (privilege, columns) in &privileges {
                grants.push(Grant {
                    privilege: privilege.clone(),
                    columns: columns.clone(),
                    grantee: grantee.clone(),
                    grantable: statement.is_grant && statement.grant_option,
                });
            }
        }
        Self { give: statement.is_grant, option_only: !statement.is_grant && statement.grant_option, grants }
    }

    /// `all` is what ALL PRIVILEGES means for the object, in case one of them is taken away.
    fn apply(&self, held: &mut Vec<Grant>, all: &[&str]) {
        for change in &self.grants {
            if !self.give && change.privilege != "all" {
                expand(held, &change.grantee, all);
            }
            let same = |grant: &Grant| {
                grant.grantee == change.grantee
                    && (grant.privilege == change.privilege || (!self.give && change.privilege == "all"))
                    && (grant.columns == change.columns || (!self.give && change.columns.is_empty()))
            };
            if self.option_only {
                held.iter_mut().filter(|grant| same(grant)).for_each(|grant| grant.grantable = false);
            } else if self.give {
                let known = held.iter_mut().find(|grant| same(grant));
                match known {
                    Some(known) => known.grantable |= change.grantable,
                    None => held.push(change.clone()),
                }
            } else {
                held.retain(|grant| !same(grant));
            }
        }
    }
}

fn privilege(node: &Node) -> Option<(String, Vec<String>)> {
    match node.node.as_ref()? {
        NodeEnum::AccessPriv(one) => {
            let name = if one.priv_name.is_empty() { "all" } else { one.priv_name.as_str() };
            Some((name.to_ascii_lowercase(), tree::names(&one.cols)))
        }
        _ => None,
    }
}
