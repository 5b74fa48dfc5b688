//! Columns and settings: what a dotted name means at its place.

use super::{Item, Read, Walker, column_of};
use crate::catalog::{Column, Table};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::access::AccessName;
use crate::model::formula::{ColumnTerm, Term};
use crate::resolve::expression::string_of;
use pg_query::protobuf::ColumnRef;
use std::ops::Range;

impl<'a> Walker<'a> {
    pub(super) fn column_ref(&mut self, reference: &ColumnRef) -> Read<Term> {
        let parts: Option<Vec<&str>> = reference.fields.iter().map(string_of).collect();
        let range = self.range_of_name(reference.location, reference.fields.len());
        let Some(parts) = parts else { return Err(self.construct("`*`", range)) };
        match parts.as_slice() {
            [name] => self.bare(name, range),
            [first, second] => self.qualified(first, second, range),
            [schema, table, column] => self.fully_qualified(schema, table, column, range),
            _ => Err(self.unknown(&parts.join("."), range)),
        }
    }

    fn bare(&mut self, name: &str, range: Range<usize>) -> Read<Term> {
        if !self.visible.is_empty() {
            return Err(self.unqualified(name, range));
        }
        if self.is_own_column(name) { Ok(self.own_column(name, range)) } else { Err(self.unknown(name, range)) }
    }

    fn qualified(&mut self, first: &str, second: &str, range: Range<usize>) -> Read<Term> {
        let name = format!("{first}.{second}");
        if self.is_prefix(first) {
            if first == self.table.name.name {
                return Err(self.ambiguous_prefix(&format!("the table `{}`", self.table.name), first, range));
            }
            return self.setting(&name, range);
        }
        if let Some(item) = self.find(|item| item.alias == first) {
            return self.item_column(item, second, range);
        }
        if first == self.table.name.name && self.is_own_column(second) {
            return Ok(self.own_column(second, range));
        }
        Err(self.unknown(&name, range))
    }

    fn fully_qualified(&mut self, schema: &str, table: &str, column: &str, range: Range<usize>) -> Read<Term> {
        if self.is_prefix(schema) {
            return Err(self.ambiguous_prefix(&format!("the schema `{schema}`"), schema, range));
        }
        if let Some(item) = self.find(|item| item.alias == table && item.schema.as_deref() == Some(schema)) {
            return self.item_column(item, column, range);
        }
        let is_own = schema == self.table.name.schema && table == self.table.name.name;
        if is_own && self.is_own_column(column) {
            return Ok(self.own_column(column, range));
        }
        Err(self.unknown(&format!("{schema}.{table}.{column}"), range))
    }

    fn setting(&mut self, name: &str, range: Range<usize>) -> Read<Term> {
        if self.names.secret == Some(name) {
            return Err(Box::new(
                Diagnostic::new(codes::N0708, format!("expected a setting that predicates may read, found `{name}`"))
                    .at(self.span(&range), "is secret")
                    .note("whoever may read a policy's tables could learn the value, one comparison at a time")
                    .help("compare with another setting; a secret one is for keyed masks only"),
            ));
        }
        if !self.names.settings.contains_key(name) {
            return Err(self.unknown_setting(name, range));
        }
        self.predicate.add(range, AccessName::Setting(name.to_owned()));
        self.predicate.settings.insert(name.to_owned());
        self.settings_read += 1;
        for around in &mut self.settings {
            around.insert(name.to_owned());
        }
        Ok(Term::Setting(name.to_owned()))
    }

    /// Whether a name before a dot is the first part of a setting.
    pub(super) fn is_prefix(&self, name: &str) -> bool {
        let settings = self.names.settings.keys().map(String::as_str).chain(self.names.secret);
        settings.into_iter().any(|setting| setting.split_once('.').is_some_and(|(prefix, _)| prefix == name))
    }

    pub(super) fn is_own_column(&self, name: &str) -> bool {
        self.table.columns.contains_key(name) || self.is_added(&self.table.name, name)
    }

    fn is_added(&self, table: &crate::catalog::QName, column: &str) -> bool {
        self.names.added.get(table).is_some_and(|(name, _)| name == column)
    }

    fn own_column(&mut self, name: &str, range: Range<usize>) -> Term {
        self.predicate.add(range, AccessName::Column(name.to_owned()));
        self.predicate.columns.insert(name.to_owned());
        let nullable = !self.is_never_null(self.table, name);
        Term::Column(ColumnTerm { name: name.to_owned(), item: None, nullable })
    }

    /// A partition or child may lack the NOT NULL of its parent (before 18), and its rows are the parent's too.
    fn is_never_null(&self, table: &Table, name: &str) -> bool {
        column_of(table, name).is_some_and(|column| column.not_null)
            && self.names.catalog.children(&table.name).all(|child| self.is_never_null(child, name))
    }

    fn item_column(&mut self, index: usize, column: &str, range: Range<usize>) -> Read<Term> {
        let Some(item) = self.items.get(index) else { return Err(self.unknown(column, range)) };
        let relation = item.relation.clone();
        let is_known = item.table.is_none_or(|table| column_of(table, column).is_some());
        let is_known = is_known || relation.as_ref().is_some_and(|relation| self.is_added(relation, column));
        let name = format!("{}.{column}", item.alias);
        if !is_known {
            return Err(self.unknown_of_item(item, column, &name, range));
        }
        if let Some(relation) = relation {
            self.predicate.read_columns.entry(relation).or_default().insert(column.to_owned());
        }
        Ok(Term::Column(ColumnTerm { name, item: Some(index), nullable: true }))
    }

    /// The FROM item that a name means: of the innermost sub-select that has one.
    fn find(&self, is_it: impl Fn(&Item<'_>) -> bool) -> Option<usize> {
        let mut inside_out = self.visible.iter().rev().flatten().copied();
        inside_out.find(|index| self.items.get(*index).is_some_and(&is_it))
    }

    /// The catalog's column that a reference means, where it has one; names nothing.
    pub(super) fn column_behind(&self, reference: &ColumnRef) -> Option<&'a Column> {
        let parts: Option<Vec<&str>> = reference.fields.iter().map(string_of).collect();
        let of_own = |column: &str| column_of(self.table, column);
        match parts?.as_slice() {
            [name] if self.visible.is_empty() => of_own(name),
            [.., qualifier, column] => match self.find(|item| item.alias == *qualifier) {
                Some(item) => self.items.get(item)?.table.and_then(|table| column_of(table, column)),
                None if *qualifier == self.table.name.name => of_own(column),
                None => None,
            },
            _ => None,
        }
    }

    fn unqualified(&self, name: &str, range: Range<usize>) -> Box<Diagnostic> {
        let mut readings: Vec<String> = self
            .visible
            .iter()
            .rev()
            .flatten()
            .filter_map(|index| self.items.get(*index))
            .filter(|item| item.table.is_some_and(|table| column_of(table, name).is_some()))
            .map(|item| format!("`{}.{name}`", item.alias))
            .collect();
        if self.is_own_column(name) {
            readings.push(format!("`{}.{name}`", self.table.name.name));
        }
        let diagnostic =
            Diagnostic::new(codes::N0703, format!("expected a column with its table in a sub-select, found `{name}`"))
                .at(self.span(&range), "whose column is it")
                .note("SQL takes the innermost table that has such a column, today's or tomorrow's");
        Box::new(if readings.is_empty() {
            diagnostic.help("write `ALIAS.COLUMN`")
        } else {
            diagnostic.help(format!("write {}", readings.join(" or ")))
        })
    }

    pub(super) fn ambiguous_prefix(&self, what: &str, prefix: &str, range: Range<usize>) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(
                codes::N0704,
                format!("expected another name, found {what} named like a setting's first part"),
            )
            .at(self.span(&range), format!("`{prefix}.…` is a setting"))
            .help("give it an alias that is no setting's first part"),
        )
    }

    fn unknown_setting(&self, name: &str, range: Range<usize>) -> Box<Diagnostic> {
        let diagnostic = Diagnostic::new(codes::N0702, format!("expected a declared setting, found `{name}`"))
            .at(self.span(&range), "no such setting");
        let known = self.names.settings.keys().map(String::as_str);
        Box::new(match did_you_mean(name, known) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(self.span(&range), near),
            None => diagnostic.help(format!("declare it: `setting {name} TYPE;`")),
        })
    }

    fn unknown(&self, name: &str, range: Range<usize>) -> Box<Diagnostic> {
        let table = &self.table.name;
        let diagnostic =
            Diagnostic::new(codes::N0702, format!("expected a column of `{table}` or a setting, found `{name}`"))
                .at(self.span(&range), "no such name here");
        let own = self.table.columns.keys().cloned();
        let settings = self.names.settings.keys().cloned();
        let aliases = self.visible.iter().flatten().filter_map(|index| self.items.get(*index));
        let of_aliases = aliases.flat_map(|item| {
            item.table.into_iter().flat_map(|table| table.columns.keys().map(|name| format!("{}.{name}", item.alias)))
        });
        let known: Vec<String> = own.chain(settings).chain(of_aliases).collect();
        Box::new(match did_you_mean(name, known.iter().map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(self.span(&range), near),
            None => diagnostic.help(format!("write a column of `{table}`, or declare a setting")),
        })
    }

    fn unknown_of_item(&self, item: &Item<'_>, column: &str, name: &str, range: Range<usize>) -> Box<Diagnostic> {
        let what = item.relation.as_ref().map_or_else(|| item.alias.clone(), ToString::to_string);
        let columns = item.table.into_iter().flat_map(Table::column_names);
        let diagnostic = Diagnostic::new(codes::N0702, format!("expected a column of `{what}`, found `{name}`"))
            .at(self.span(&range), "no such column");
        Box::new(match did_you_mean(column, columns) {
            Some(near) => {
                let near = format!("{}.{near}", item.alias);
                diagnostic.help(format!("did you mean `{near}`?")).fix(self.span(&range), near)
            }
            None => diagnostic.help(format!("write a column of `{what}`")),
        })
    }
}

impl Table {
    fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }
}
