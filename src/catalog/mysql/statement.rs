//! Which statement it is, and what it does to the catalog. Tables are in [`super::table`].

use super::lexer::{Kind, Token};
use super::parse::Cursor;
use super::{Place, Reader};
use crate::catalog::{QName, Trigger, TriggerMode, View};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0953;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// They change no table that there is, no type and no row of a schema's.
const HARMLESS: [&str; 16] = [
    "set",
    "lock",
    "unlock",
    "insert",
    "replace",
    "start",
    "begin",
    "commit",
    "rollback",
    "flush",
    "analyze",
    "optimize",
    "grant",
    "revoke",
    "delimiter",
    "call",
];

/// Objects that hold no rows of their own, so that an export never meets them.
const ROWLESS: [&str; 6] = ["procedure", "function", "event", "user", "role", "server"];

impl Reader {
    pub(super) fn statement(&mut self, place: Place<'_>, tokens: &[Token]) {
        let mut cursor = Cursor::new(tokens);
        let Some(first) = cursor.peek() else { return };
        let head = place.span(&first.range);
        let Some(word) = cursor.word().map(str::to_ascii_lowercase) else {
            return self.unknown(place, tokens, head);
        };
        match word.as_str() {
            "use" => match cursor.name() {
                Some(name) => self.enter(name, head),
                None => self.unknown(place, tokens, head),
            },
            "create" => self.create(place, tokens, cursor),
            "alter" => self.alter(place, tokens, cursor),
            "drop" => self.drop(place, tokens, cursor),
            "rename" => self.refuse(head, "`RENAME TABLE`"),
            word if HARMLESS.contains(&word) && word != "call" => {}
            _ => self.unknown(place, tokens, head),
        }
    }

    fn unknown(&mut self, place: Place<'_>, tokens: &[Token], span: Span) {
        let start = tokens.first().map_or(0, |token| token.range.start);
        let line = place.text.get(start..).and_then(|text| text.lines().next()).unwrap_or_default();
        let said: String = line.chars().filter(|letter| !letter.is_control()).take(60).collect();
        self.found.push(
            Diagnostic::new(N0953, format!("expected a statement that the catalog follows, found `{said}`"))
                .at(span, "left out")
                .note("whatever it declares is not known to the policy")
                .help("take the schema from `mysqldump --no-data`, or allow this warning with a reason"),
        );
    }

    fn create(&mut self, place: Place<'_>, tokens: &[Token], mut cursor: Cursor<'_>) {
        let head = cursor.place();
        cursor.take("or replace");
        skip_view_words(&mut cursor);
        if cursor.take("temporary") {
            return;
        }
        if cursor.take("table") {
            return self.create_table(place, tokens, cursor);
        }
        if cursor.take("database") || cursor.take("schema") {
            cursor.take("if not exists");
            if let Some(name) = cursor.name() {
                self.enter(name, place.span(&head));
            }
            return;
        }
        let aggregate = cursor.take("aggregate");
        if aggregate || ROWLESS.iter().any(|word| cursor.sees(word)) {
            return;
        }
        let understood = if cursor.take("view") {
            self.view(place, tokens, &mut cursor)
        } else if cursor.take("trigger") {
            self.trigger(place, tokens, &mut cursor)
        } else {
            let unique = cursor.take("unique");
            let other = cursor.take("fulltext") || cursor.take("spatial");
            (cursor.take("index")).then(|| self.index(place, &mut cursor, unique && !other)).flatten()
        };
        if understood.is_none() {
            self.refuse(place.span(&cursor.place()), "something else");
        }
    }

    fn view(&mut self, place: Place<'_>, tokens: &[Token], cursor: &mut Cursor<'_>) -> Option<()> {
        let (_, name) = cursor.qualified()?;
        let name = self.name(name);
        let span = place.span(&tokens.first()?.range);
        let mentioned: BTreeSet<&str> = tokens.iter().filter_map(named).collect();
        let reads = self.catalog.tables.keys().chain(self.catalog.views.keys());
        let reads: Vec<QName> =
            reads.filter(|known| **known != name && mentioned.contains(known.name.as_str())).cloned().collect();
        // Dumps of older servers put a table in a view's place until all tables are there.
        self.catalog.tables.remove(&name);
        let view = View {
            name: name.clone(),
            materialized: false,
            with_no_data: false,
            query: String::new(),
            reads,
            columns: Vec::new(),
            functions: Vec::new(),
            options: BTreeMap::new(),
            indexes: Vec::new(),
            span,
            comment: None,
            owner: None,
            grants: Vec::new(),
        };
        self.catalog.views.insert(name, view);
        Some(())
    }

    fn trigger(&mut self, place: Place<'_>, tokens: &[Token], cursor: &mut Cursor<'_>) -> Option<()> {
        cursor.take("if not exists");
        let (_, name) = cursor.qualified()?;
        let before = cursor.take("before");
        (before || cursor.take("after")).then_some(())?;
        let event = cursor.word()?.to_ascii_lowercase();
        cursor.take("on").then_some(())?;
        let (_, table) = cursor.qualified()?;
        let table = self.name(table);
        let span = place.span(&tokens.first()?.range);
        let trigger = Trigger {
            name: name.to_owned(),
            mode: TriggerMode::Origin,
            function: self.name(name),
            before,
            instead_of: false,
            for_each_row: true,
            events: vec![event],
            constraint: false,
            span,
        };
        self.catalog.tables.get_mut(&table)?.triggers.push(trigger);
        Some(())
    }

    fn drop(&mut self, place: Place<'_>, tokens: &[Token], mut cursor: Cursor<'_>) {
        let head = place.span(&cursor.place());
        cursor.take("temporary");
        let table = cursor.take("table") || cursor.take("tables");
        let view = !table && cursor.take("view");
        if !table && !view {
            let known = ["database", "schema", "procedure", "function", "event", "user", "role"];
            let harmless = known.iter().any(|word| cursor.sees(word));
            if cursor.take("trigger") {
                cursor.take("if exists");
                if let Some((_, name)) = cursor.qualified() {
                    let tables = self.catalog.tables.values_mut();
                    tables.for_each(|table| table.triggers.retain(|trigger| trigger.name != name));
                    return;
                }
            }
            if !harmless {
                self.unknown(place, tokens, head);
            }
            return;
        }
        cursor.take("if exists");
        while let Some((_, name)) = cursor.qualified() {
            let name = self.name(name);
            if table {
                self.catalog.tables.remove(&name);
            } else {
                self.catalog.views.remove(&name);
            }
            if !cursor.symbol(',') {
                break;
            }
        }
    }
}

/// `ALGORITHM=UNDEFINED DEFINER=`a`@`b` SQL SECURITY DEFINER`
fn skip_view_words(cursor: &mut Cursor<'_>) {
    loop {
        if cursor.take("algorithm") {
            cursor.symbol('=');
            cursor.advance();
        } else if cursor.take("definer") {
            cursor.symbol('=');
            cursor.advance();
            if cursor.symbol('@') {
                cursor.advance();
            } else if cursor.symbol('(') {
                cursor.symbol(')');
            }
        } else if cursor.take("sql security") {
            cursor.advance();
        } else {
            return;
        }
    }
}

/// A name that may be a table's.
fn named(token: &Token) -> Option<&str> {
    match &token.kind {
        Kind::Name(name) | Kind::Word(name) => Some(name),
        _ => None,
    }
}
