//! The table on the private server: only what the SELECT names, made from the catalog and not from the schema file,
//! so that nothing of that file runs. Whatever the policy's own expressions call runs as a role that owns nothing else.

use super::super::{Failure, Result};
use super::{KEY, Rows, Subject};
use crate::catalog::{Catalog, Column, DataType, QName, Table, TypeKind, builtin};
use crate::csv;
use crate::emit;
use crate::mask::hmac;
use crate::model::{MaskUse, Treatment};
use crate::server::{Error, SUPERUSER, Server};
use crate::sql::{
    CopyFormat, CopyOptions, Create, Expr, From, Ident, Mismatch, Relation, Select, SettingValue, Statement,
};
use std::collections::{BTreeMap, BTreeSet};

/// The role that everything runs as.
const ROLE: &str = "noren_preview";
const MAKE_ROLE: &str = "SELECT 'CREATE ROLE noren_preview LOGIN' \
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'noren_preview') \\gexec";

/// A database on the private server.
pub(super) struct Stage<'a> {
    server: &'a Server,
    database: String,
}

/// The raw and the masked value of each column that leaves, by the column's name, a pair a row.
pub(super) type Shown = BTreeMap<String, Vec<(Option<String>, Option<String>)>>;

impl<'a> Stage<'a> {
    pub(super) fn new(server: &'a Server, database: &str) -> Result<Self> {
        server.execute("postgres", MAKE_ROLE).map_err(failed)?;
        server.create_database(database, Some(ROLE)).map_err(failed)?;
        Ok(Self { server, database: database.to_owned() })
    }

    pub(super) fn run(&self, catalog: &Catalog, subject: &Subject, rows: &Rows) -> Result<Shown> {
        let mut needs = Needs { catalog, schemas: BTreeSet::new(), extensions: BTreeSet::new(), types: Vec::new() };
        needs.schemas.insert(subject.table.name.schema.to_string());
        for column in subject.table.columns.values() {
            needs.add(&column.data_type, 0);
        }
        let lookups = lookups(catalog, subject);
        for (table, columns) in &lookups {
            needs.schemas.insert(table.name.schema.to_string());
            for column in columns {
                needs.add(&column.data_type, 0);
            }
        }
        let schema = |name: &String| Statement::Create(Create::Schema(Ident::new(name)));
        self.execute(ROLE, needs.schemas.iter().map(schema).collect())?;
        let extension = |(name, schema): &(String, String)| {
            Statement::Create(Create::Extension(Ident::new(name), Ident::new(schema)))
        };
        self.execute(SUPERUSER, needs.extensions.iter().map(extension).collect())?;
        let mut statements: Vec<Statement> = needs.types.into_iter().map(Statement::Create).collect();
        statements.extend(lookups.iter().flat_map(|(table, columns)| keys(catalog, table, columns)));
        statements.extend(table(subject, rows));
        self.execute(ROLE, statements)?;
        let raw = self.select(raw(subject), subject)?;
        let masked = self.select(subject.select.clone(), subject)?;
        Ok(pair(&raw, &masked, &subject.number))
    }

    /// Statements as a role, in a session like that of an export.
    fn execute(&self, role: &str, statements: Vec<Statement>) -> Result<String> {
        let script = script(statements).map_err(|mismatch| {
            Failure::new(format!("cannot write the preview's SQL: {mismatch}"))
                .help("control characters in rows cannot be shown")
        })?;
        self.server.execute_as(&self.database, role, &script).map_err(failed)
    }

    fn select(&self, query: Select, subject: &Subject) -> Result<Vec<csv::Record>> {
        let key = subject.key.as_ref().map(|setting| {
            let values = vec![SettingValue::Text(KEY.to_owned())];
            let set = Statement::Set { local: false, name: setting.clone(), values };
            [set, hmac::create_pads(), hmac::fill_pads(setting)]
        });
        let options = CopyOptions { format: CopyFormat::Csv, header: true };
        let copy = Statement::CopyTo { query, options };
        let printed = self.execute(ROLE, key.into_iter().flatten().chain([copy]).collect())?;
        csv::parse(&printed)
            .map_err(|fault| Failure::new(format!("cannot read what the server printed: {}", fault.what)))
    }
}

fn failed(error: Error) -> Failure {
    match error {
        Error::Failed { what: _, output } => Failure::new(format!("the private server refused: {}", output.trim_end()))
            .help("a preview knows the table and its types alone: functions of the schema are not there"),
        other => Failure::new(other.to_string()),
    }
}

fn script(statements: Vec<Statement>) -> std::result::Result<String, Mismatch> {
    let limit = Statement::Set {
        local: false,
        name: "statement_timeout".to_owned(),
        values: vec![SettingValue::Text("60s".to_owned())],
    };
    let mut script = String::new();
    for statement in emit::session(&[]).into_iter().chain([limit]).chain(statements) {
        script.push_str(&statement.print()?);
        script.push_str(";\n");
    }
    Ok(script)
}

/// Other tables that the SELECT takes keys from, each with those keys.
fn lookups<'c>(catalog: &'c Catalog, subject: &Subject) -> Vec<(&'c Table, Vec<&'c Column>)> {
    let mut found: Vec<(&Table, Vec<&Column>)> = Vec::new();
    for key in &subject.table.foreign_keys {
        let ([column], [referenced]) = (key.columns.as_slice(), key.referenced_columns.as_slice()) else { continue };
        let Some(table) = catalog.tables.get(&key.references) else { continue };
        let picks = subject.export.columns.get(column).is_some_and(|own| picks(&own.treatment));
        let own = table.name == subject.table.name;
        let Some(column) = table.columns.get(referenced).filter(|_| picks && !own) else { continue };
        match found.iter_mut().find(|(found, _)| found.name == table.name) {
            Some((_, columns)) if columns.iter().any(|known| known.name == column.name) => {}
            Some((_, columns)) => columns.push(column),
            None => found.push((table, vec![column])),
        }
    }
    found
}

fn picks(treatment: &Treatment) -> bool {
    match treatment {
        Treatment::Mask(MaskUse::Call(call)) => call.mask.needs_lookup(),
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => picks(then) || picks(otherwise),
        _ => false,
    }
}

/// A table of made-up keys.
fn keys(catalog: &Catalog, table: &Table, columns: &[&Column]) -> [Statement; 2] {
    let declared: Vec<_> = columns.iter().map(|column| (Ident::new(&column.name), column.data_type.clone())).collect();
    let made: Vec<_> =
        columns.iter().map(|column| super::samples::column(catalog, table, column, &Treatment::Keep)).collect();
    let value = |row: usize, made: &Vec<Option<String>>, column: &Column| {
        let text = made.get(row).cloned().flatten().map_or(Expr::Null, Expr::text);
        text.cast_to(column.data_type.clone())
    };
    let row = |row: usize| made.iter().zip(columns).map(|(made, column)| value(row, made, column)).collect();
    let rows = (0..super::samples::ROWS).map(row).collect();
    let names = declared.iter().map(|(name, _)| name.clone()).collect();
    [
        Statement::Create(Create::Table(table.name.clone(), declared)),
        Statement::InsertValues { table: table.name.clone(), columns: names, rows },
    ]
}

fn table(subject: &Subject, rows: &Rows) -> Vec<Statement> {
    let columns = subject.table.columns.values();
    let declared: Vec<(Ident, DataType)> =
        columns.map(|column| (Ident::new(&column.name), column.data_type.clone())).collect();
    let value = |(value, (_, of)): (&Option<String>, &(Ident, DataType))| match value {
        Some(text) => Expr::text(text.clone()).cast_to(of.clone()),
        None => Expr::Null.cast_to(of.clone()),
    };
    // The numbering column is the last.
    let row = |(number, row): (i64, &csv::Record)| {
        row.iter().zip(&declared).map(value).chain([Expr::Integer(number)]).collect::<Vec<Expr>>()
    };
    let rows: Vec<Vec<Expr>> = (1..).zip(rows).map(row).collect();
    let insert = Statement::InsertValues {
        table: subject.table.name.clone(),
        columns: declared.iter().map(|(name, _)| name.clone()).collect(),
        rows,
    };
    vec![Statement::Create(Create::Table(subject.table.name.clone(), declared)), insert]
}

fn raw(subject: &Subject) -> Select {
    let columns = subject.table.columns.keys().map(|name| (Expr::column(name), Some(Ident::new(name))));
    Select {
        columns: columns.collect(),
        from: vec![From::first(Relation::table(subject.table.name.clone()), "t")],
        ..Select::default()
    }
}

/// By number, since the masked rows come in the order of their new key.
fn pair(raw: &[csv::Record], masked: &[csv::Record], number: &str) -> Shown {
    let (raw, masked) = (Read::new(raw, number), Read::new(masked, number));
    let mut shown = Shown::new();
    for name in masked.columns.keys().filter(|name| **name != number) {
        let pairs = raw.rows.keys().map(|row| (raw.value(*row, name), masked.value(*row, name)));
        shown.insert((*name).to_owned(), pairs.collect());
    }
    shown
}

/// What a COPY printed, by column and row number.
struct Read<'a> {
    columns: BTreeMap<&'a str, usize>,
    rows: BTreeMap<u32, &'a csv::Record>,
}

impl<'a> Read<'a> {
    fn new(records: &'a [csv::Record], number: &str) -> Self {
        let header = records.first().map(Vec::as_slice).unwrap_or_default();
        let columns: BTreeMap<&str, usize> =
            header.iter().enumerate().filter_map(|(at, name)| Some((name.as_deref()?, at))).collect();
        let at = columns.get(number).copied().unwrap_or_default();
        let number = |record: &csv::Record| record.get(at)?.as_ref()?.parse().ok();
        let rows = records.iter().skip(1).filter_map(|record| Some((number(record)?, record))).collect();
        Self { columns, rows }
    }

    fn value(&self, row: u32, column: &str) -> Option<String> {
        self.rows.get(&row)?.get(*self.columns.get(column)?)?.clone()
    }
}

/// What must be there before the table is.
struct Needs<'a> {
    catalog: &'a Catalog,
    schemas: BTreeSet<String>,
    /// Each with its schema.
    extensions: BTreeSet<(String, String)>,
    /// Each after those that it is made of.
    types: Vec<Create>,
}

/// Types that are made of each other end somewhere.
const DEEPEST: u8 = 32;

impl Needs<'_> {
    fn add(&mut self, of: &DataType, depth: u8) {
        let name = &of.name;
        if name.schema == "pg_catalog" || depth > DEEPEST || self.types.iter().any(|known| made(known) == Some(name)) {
            return;
        }
        self.schemas.insert(name.schema.to_string());
        let created = match self.catalog.types.get(name).map(|found| &found.kind) {
            Some(TypeKind::Enum(labels)) => Create::Enum(name.clone(), labels.clone()),
            Some(TypeKind::Domain { base, .. }) => {
                self.add(base, depth + 1);
                Create::Domain(name.clone(), base.clone())
            }
            Some(TypeKind::Composite(fields)) => {
                let fields = fields.iter().map(|(field, of)| (Ident::new(field), of.clone())).collect();
                self.composite(name, fields, depth)
            }
            Some(TypeKind::Range(subtype)) => {
                self.add(subtype, depth + 1);
                let multirange = self.catalog.types.iter().find_map(|(multirange, found)| match &found.kind {
                    TypeKind::Multirange(range) if range == name => Some(multirange.clone()),
                    _ => None,
                });
                Create::Range(name.clone(), subtype.clone(), multirange)
            }
            Some(TypeKind::Multirange(range)) => {
                return self.add(&DataType { name: range.clone(), modifiers: Vec::new(), dimensions: 0 }, depth + 1);
            }
            Some(TypeKind::Base) => return,
            None => match self.catalog.tables.get(name) {
                Some(table) => {
                    let columns = table.columns.values();
                    let fields = columns.map(|column| (Ident::new(&column.name), column.data_type.clone())).collect();
                    self.composite(name, fields, depth)
                }
                None => return self.extension(name),
            },
        };
        self.types.push(created);
    }

    fn composite(&mut self, name: &QName, fields: Vec<(Ident, DataType)>, depth: u8) -> Create {
        for (_, of) in &fields {
            self.add(of, depth + 1);
        }
        Create::Composite(name.clone(), fields)
    }

    fn extension(&mut self, name: &QName) {
        if let Some(extension) = builtin::extension_of(&name.name) {
            self.extensions.insert((extension.to_owned(), name.schema.to_string()));
        }
    }
}

fn made(create: &Create) -> Option<&QName> {
    match create {
        Create::Enum(name, _) | Create::Domain(name, _) | Create::Composite(name, _) | Create::Range(name, ..) => {
            Some(name)
        }
        Create::Schema(_) | Create::Extension(..) | Create::Table(..) => None,
    }
}
