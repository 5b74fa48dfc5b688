//! Sub-selects: what they read, who can be named inside them, and what is true of every row that they give.

use super::{Item, Read, Walker};
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes, did_you_mean, list};
use crate::model::access::AccessName;
use crate::model::formula::{Formula, Rows, Term};
use pg_query::NodeEnum;
use pg_query::protobuf::{self, JoinType, Node, RangeVar, SelectStmt};
use std::collections::BTreeSet;
use std::ops::Range;

/// A sub-select that was read.
pub(super) struct SubSelect {
    pub rows: Rows,
    pub targets: Vec<Term>,
    /// It gives exactly one row: no FROM, no WHERE, nothing that takes it away.
    pub is_one_row: bool,
}

impl Walker<'_> {
    /// Reads a sub-select; `location` is where a message about the whole of it points. Of EXISTS the target list has
    /// no meaning, and may be `*`.
    pub(super) fn sub_select(&mut self, node: Option<&Node>, exists: bool, location: i32) -> Read<SubSelect> {
        let Some(NodeEnum::SelectStmt(select)) = node.and_then(|node| node.node.as_ref()) else {
            return Err(self.construct("a sub-select without SELECT", self.range_at(location)));
        };
        self.settings.push(BTreeSet::new());
        self.visible.push(Vec::new());
        let aggregated = std::mem::replace(&mut self.aggregated, false);
        let read = self.select(select, exists, location);
        self.visible.pop();
        let settings = self.settings.pop().unwrap_or_default();
        let has_aggregate = std::mem::replace(&mut self.aggregated, aggregated);
        let mut read = read?;
        read.rows.settings = settings;
        // Without GROUP BY both make one row of no row at all, whatever WHERE says.
        read.rows.opaque |= (has_aggregate || select.having_clause.is_some()) && select.group_clause.is_empty();
        read.is_one_row &= !has_aggregate;
        Ok(read)
    }

    fn select(&mut self, select: &SelectStmt, exists: bool, location: i32) -> Read<SubSelect> {
        self.refuse_clauses(select, location)?;
        let id = self.rows;
        self.rows += 1;
        let mut name = Self::reads_in_words(select);
        if let (Some(left), Some(right)) = (select.larg.as_deref(), select.rarg.as_deref()) {
            // Each side stands alone: neither can name the other's tables.
            for side in [left, right] {
                self.visible.push(Vec::new());
                let read = self.select(side, exists, location);
                self.visible.pop();
                read?;
            }
            self.plain_list(&select.sort_clause)?;
            name.push_str("a union");
            return Ok(SubSelect { rows: opaque(id, name), targets: Vec::new(), is_one_row: false });
        }
        let mut holds = Vec::new();
        for item in &select.from_clause {
            self.item_of_from(item, &mut holds)?;
        }
        if let Some(condition) = select.where_clause.as_deref() {
            holds.push(self.formula(condition)?);
        }
        let targets = self.targets(&select.target_list, exists)?;
        self.plain_list(&select.group_clause)?;
        self.plain_list(&select.distinct_clause)?;
        self.plain_list(&select.sort_clause)?;
        for list in &select.values_lists {
            self.term(list)?;
        }
        for node in [&select.having_clause, &select.limit_count, &select.limit_offset].into_iter().flatten() {
            self.term(node)?;
        }
        let has_limits =
            select.limit_count.is_some() || select.limit_offset.is_some() || select.having_clause.is_some();
        let is_one_row = select.from_clause.is_empty()
            && select.where_clause.is_none()
            && select.values_lists.is_empty()
            && select.group_clause.is_empty()
            && !has_limits;
        let rows = Rows {
            id,
            name,
            condition: Formula::And(holds),
            opaque: !select.values_lists.is_empty(),
            settings: BTreeSet::new(),
        };
        Ok(SubSelect { rows, targets, is_one_row })
    }

    fn refuse_clauses(&self, select: &SelectStmt, location: i32) -> Read<()> {
        let refused = [
            (select.with_clause.is_some(), "WITH"),
            (select.into_clause.is_some(), "SELECT INTO"),
            (!select.locking_clause.is_empty(), "FOR UPDATE"),
            (!select.window_clause.is_empty(), "a window"),
        ];
        match refused.into_iter().find(|(is_there, _)| *is_there) {
            Some((_, what)) => Err(self.construct(what, self.range_at(location))),
            None => Ok(()),
        }
    }

    /// `public.members m`, for a reader.
    fn reads_in_words(select: &SelectStmt) -> String {
        let names = select.from_clause.iter().filter_map(|node| match node.node.as_ref()? {
            NodeEnum::RangeVar(range) => Some(range.relname.clone()),
            _ => None,
        });
        names.collect::<Vec<_>>().join(", ")
    }

    fn targets(&mut self, list: &[Node], exists: bool) -> Read<Vec<Term>> {
        let mut targets = Vec::new();
        for node in list {
            let Some(NodeEnum::ResTarget(target)) = node.node.as_ref() else { continue };
            let Some(value) = target.val.as_deref() else { continue };
            if exists && is_star(value) {
                continue;
            }
            targets.push(self.term(value)?);
        }
        Ok(targets)
    }

    /// Expressions whose value has no part in the logic: ORDER BY, GROUP BY, DISTINCT ON.
    fn plain_list(&mut self, list: &[Node]) -> Read<()> {
        for node in list {
            match node.node.as_ref() {
                Some(NodeEnum::SortBy(sort)) => {
                    if let Some(node) = sort.node.as_deref() {
                        self.term(node)?;
                    }
                }
                // `DISTINCT` without ON.
                None => {}
                Some(_) => {
                    self.term(node)?;
                }
            }
        }
        Ok(())
    }

    fn item_of_from(&mut self, node: &Node, holds: &mut Vec<Formula>) -> Read<()> {
        match node.node.as_ref() {
            Some(NodeEnum::RangeVar(range)) => self.relation(range),
            Some(NodeEnum::JoinExpr(join)) => self.join(join, holds),
            Some(NodeEnum::RangeSubselect(sub)) => {
                let Some(alias) = &sub.alias else {
                    return Err(self.construct("a sub-select in FROM without an alias", 0..self.end()));
                };
                self.sub_select(sub.subquery.as_deref(), false, -1)?;
                self.alias(&alias.aliasname, None, None, &(0..self.end()))
            }
            Some(NodeEnum::RangeFunction(function)) => self.function_rows(function),
            _ => Err(self.construct("an item of FROM that the compiler does not reason about", 0..self.end())),
        }
    }

    fn function_rows(&mut self, function: &protobuf::RangeFunction) -> Read<()> {
        let alias = function.alias.as_ref().filter(|_| function.coldeflist.is_empty() && !function.is_rowsfrom);
        let Some(alias) = alias else {
            let what = "a function in FROM without an alias, or with column definitions";
            return Err(self.construct(what, 0..self.end()));
        };
        for node in &function.functions {
            let Some(NodeEnum::List(list)) = node.node.as_ref() else { continue };
            for node in list.items.iter().filter(|node| node.node.is_some()) {
                self.term(node)?;
            }
        }
        self.alias(&alias.aliasname, None, None, &(0..self.end()))
    }

    fn join(&mut self, join: &protobuf::JoinExpr, holds: &mut Vec<Formula>) -> Read<()> {
        if join.is_natural || !join.using_clause.is_empty() || join.alias.is_some() || join.join_using_alias.is_some() {
            let what = "a join by USING, NATURAL or with an alias, which says columns without their table";
            return Err(self.construct(what, 0..self.end()));
        }
        // What is said of the side that an outer join fills with NULL does not hold of its rows.
        let kind = JoinType::try_from(join.jointype).unwrap_or(JoinType::Undefined);
        let mut unsaid = Vec::new();
        let mut left = Vec::new();
        let mut right = Vec::new();
        for (side, said) in [(&join.larg, &mut left), (&join.rarg, &mut right)] {
            if let Some(side) = side.as_deref() {
                self.item_of_from(side, said)?;
            }
        }
        if let Some(condition) = join.quals.as_deref() {
            unsaid.push(self.formula(condition)?);
        }
        match kind {
            JoinType::JoinInner => holds.extend(left.into_iter().chain(right).chain(unsaid)),
            JoinType::JoinLeft => holds.extend(left),
            JoinType::JoinRight => holds.extend(right),
            JoinType::JoinFull => {}
            _ => return Err(self.construct("a join of a kind that is not understood", 0..self.end())),
        }
        Ok(())
    }

    fn relation(&mut self, range: &RangeVar) -> Read<()> {
        let parts = 1 + usize::from(!range.schemaname.is_empty());
        let place = self.range_of_name(range.location, parts);
        if !range.catalogname.is_empty() {
            return Err(self.construct("a table with a database before it", place));
        }
        if self.is_prefix(&range.schemaname) {
            let what = format!("the schema `{}`", range.schemaname);
            return Err(self.ambiguous_prefix(&what, &range.schemaname, place));
        }
        let name = self.find_relation(range, &place)?;
        let alias = range.alias.as_ref();
        if alias.is_some_and(|alias| !alias.colnames.is_empty()) {
            return Err(self.construct("an alias that renames columns", place));
        }
        self.predicate.add(place.clone(), AccessName::Relation(name.clone()));
        self.predicate.reads.insert(name.clone());
        let schema = alias.is_none().then(|| name.schema.to_string());
        let alias = alias.map_or_else(|| name.name.to_string(), |alias| alias.aliasname.clone());
        self.alias(&alias, schema, Some(name), &place)
    }

    /// Makes a FROM item known under its alias.
    fn alias(
        &mut self,
        alias: &str,
        schema: Option<String>,
        relation: Option<QName>,
        place: &Range<usize>,
    ) -> Read<()> {
        if self.is_prefix(alias) {
            return Err(self.ambiguous_prefix(&format!("the alias `{alias}`"), alias, place.clone()));
        }
        let hides_own = alias == self.table.name.name;
        let mut around = self.visible.iter().flatten().filter_map(|index| self.items.get(*index));
        if hides_own || around.any(|item| item.alias == alias) {
            let whose =
                if hides_own { format!("the policy's own table `{}`", self.table.name) } else { "another".into() };
            let title = format!("expected an alias of its own, found `{alias}`, which hides {whose}");
            return Err(Box::new(
                Diagnostic::new(codes::N0704, title)
                    .at(self.span(place), format!("`{alias}.…` would mean this one"))
                    .note("a column of the hidden one could not be named, and would silently be this one's")
                    .help(format!("give it another alias, for example `{alias}_1`")),
            ));
        }
        let table = relation.as_ref().and_then(|name| self.names.catalog.tables.get(name));
        let index = self.items.len();
        self.items.push(Item { alias: alias.to_owned(), schema, relation, table });
        self.predicate.aliases.insert(alias.to_owned());
        if let Some(innermost) = self.visible.last_mut() {
            innermost.push(index);
        }
        Ok(())
    }

    fn find_relation(&self, range: &RangeVar, place: &Range<usize>) -> Read<QName> {
        let catalog = self.names.catalog;
        let schemas: BTreeSet<&str> = if range.schemaname.is_empty() {
            self.names.search.iter().map(String::as_str).collect()
        } else {
            BTreeSet::from([range.schemaname.as_str()])
        };
        let names = schemas.into_iter().map(|schema| QName::new(schema, &range.relname));
        let found: Vec<QName> =
            names.filter(|name| catalog.tables.contains_key(name) || catalog.views.contains_key(name)).collect();
        match found.as_slice() {
            [name] => Ok(name.clone()),
            [] => Err(self.no_relation(range, place)),
            several => {
                let names: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(Box::new(
                    Diagnostic::new(codes::N0702, format!("expected one table, found {}", list(&names)))
                        .at(self.span(place), "is in more than one schema of `search`")
                        .help(format!(
                            "write the schema too, for example `{}`",
                            names.first().map_or("", String::as_str)
                        )),
                ))
            }
        }
    }

    fn no_relation(&self, range: &RangeVar, place: &Range<usize>) -> Box<Diagnostic> {
        let catalog = self.names.catalog;
        let written = match range.schemaname.as_str() {
            "" => range.relname.clone(),
            schema => format!("{schema}.{}", range.relname),
        };
        let diagnostic =
            Diagnostic::new(codes::N0702, format!("expected a table or view of the schema, found `{written}`"))
                .at(self.span(place), "no such table");
        if matches!(range.schemaname.as_str(), "pg_catalog" | "information_schema") || written.starts_with("pg_") {
            return Box::new(
                diagnostic
                    .note("what a row shows may depend on the rows of the schema's own tables, not on the server's")
                    .help("read a table of the schema files"),
            );
        }
        let names: Vec<String> = catalog
            .tables
            .keys()
            .chain(catalog.views.keys())
            .map(|name| if range.schemaname.is_empty() { name.name.to_string() } else { name.to_string() })
            .collect();
        Box::new(match did_you_mean(&written, names.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(self.span(place), near),
            None => diagnostic.help("write a table or view of the schema files"),
        })
    }
}

fn opaque(id: usize, name: String) -> Rows {
    Rows { id, name, condition: Formula::Constant(Some(true)), opaque: true, settings: BTreeSet::new() }
}

fn is_star(node: &Node) -> bool {
    match node.node.as_ref() {
        Some(NodeEnum::ColumnRef(reference)) => {
            reference.fields.len() == 1
                && matches!(reference.fields.first().and_then(|field| field.node.as_ref()), Some(NodeEnum::AStar(_)))
        }
        _ => false,
    }
}
