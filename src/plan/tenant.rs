//! The tenant test: what must be true of a row for it to belong to the session's tenant.
//!
//! A table without a tenant of its own is tested through others: its parent, or a table that points at it. Each such
//! step is an EXISTS whose inside repeats the test, so that it holds whatever policies the other table has or lacks.

use crate::catalog::{DataType, QName};
use crate::model::access::{Access, AccessName, AccessSql, Parent, ScopeKind, Tenancy};
use crate::sql::{Expr, From, Ident, Relation, Select, SourceSql};

/// How tenant tests are written in one place.
#[derive(Clone, Debug)]
pub struct TenantTest<'a> {
    access: &'a Access,
    tenancy: &'a Tenancy,
    /// The session's tenant, once a statement.
    value: Expr,
    /// Columns that tables are to be given are there already; else their parents are looked up.
    added: bool,
}

impl<'a> TenantTest<'a> {
    /// Tests in policies: the tenant comes from the setting's function, and added columns are there.
    pub fn in_policies(access: &'a Access) -> Option<Self> {
        let tenancy = access.tenancy.as_ref()?;
        Some(Self { access, tenancy, value: setting_value(access, &tenancy.setting)?, added: true })
    }

    /// Tests in a database as the schema files have it, where neither functions nor added columns are there: the
    /// tenant comes from the setting itself.
    pub fn without_access(access: &'a Access) -> Option<Self> {
        let tenancy = access.tenancy.as_ref()?;
        let data_type = access.settings.get(&tenancy.setting)?.data_type.clone();
        let setting = Expr::call("current_setting", [Expr::text(&tenancy.setting), Expr::Boolean(true)]);
        let value = Expr::call("nullif", [setting, Expr::text("")]).cast_to(data_type);
        Some(Self { access, tenancy, value: once(value), added: false })
    }

    /// What must be true of the row `row` of `table` for it to be read; `None` where rows have no tenant. `row` is an
    /// alias, or the table itself.
    pub fn read(&self, table: &QName, row: &Row) -> Option<Expr> {
        self.test(table, row, 0, true)
    }

    /// The same for a row that is written: one without a tenant is written by nobody.
    pub fn write(&self, table: &QName, row: &Row) -> Option<Expr> {
        self.test(table, row, 0, false)
    }

    fn test(&self, table: &QName, row: &Row, depth: usize, reads: bool) -> Option<Expr> {
        // A way to the tenant that comes back to itself is an error long before; nothing may loop here.
        if depth > self.access.scopes.len() {
            return Some(Expr::Boolean(false));
        }
        Some(match &self.access.scopes.get(table)?.kind {
            ScopeKind::Column { column, or_null } => self.column(row, column, *or_null && reads),
            ScopeKind::Added(_) if self.added => self.column(row, &self.tenancy.column, false),
            ScopeKind::Added(parent) | ScopeKind::Lookup(parent) => self.parent(parent, row, depth, reads),
            ScopeKind::Through { table: other, columns } => {
                let pairs = columns.iter().map(|(there, here)| (there.as_str(), here.as_str()));
                self.exists(other, pairs, row, depth, reads)
            }
            ScopeKind::When(condition) => access_sql(self.access, condition, row),
            ScopeKind::Shared | ScopeKind::Internal => return None,
        })
    }

    fn column(&self, row: &Row, column: &str, or_null: bool) -> Expr {
        let own = row.column(column);
        let mine = if self.tenancy.many {
            // The cast tells an array from the rows of a sub-select; PostgreSQL writes it back so.
            let list = DataType { dimensions: 1, ..self.tenancy.data_type.clone() };
            Expr::Any(Box::new(own.clone()), "=", Box::new(self.value.clone().cast_to(list)))
        } else {
            own.clone().op("=", self.value.clone())
        };
        if !or_null {
            return mine;
        }
        // Without a tenant nobody reads anything, also not what belongs to none.
        let nobodys = Expr::And(vec![own.is_null(), self.value.clone().is_not_null()]);
        Expr::Or(vec![mine, nobodys])
    }

    fn parent(&self, parent: &Parent, row: &Row, depth: usize, reads: bool) -> Expr {
        let pairs = parent.columns.iter().map(|(here, there)| (there.as_str(), here.as_str()));
        self.exists(&parent.table, pairs, row, depth, reads)
    }

    /// Whether a condition of the user's own has this alias: inside it, the alias would capture the row's columns.
    fn is_users(&self, alias: &str) -> bool {
        self.access.scopes.values().any(|scope| match &scope.kind {
            ScopeKind::When(condition) => condition.aliases.iter().any(|own| own == alias),
            _ => false,
        })
    }

    /// `EXISTS (SELECT 1 FROM other WHERE other.there = row.here AND …)`
    fn exists<'c>(
        &self,
        other: &QName,
        pairs: impl Iterator<Item = (&'c str, &'c str)>,
        row: &Row,
        depth: usize,
        reads: bool,
    ) -> Expr {
        // Each depth has its own alias, so that no column is captured by an inner row.
        let mut alias = format!("noren_{}", depth + 1);
        while matches!(row, Row::Table(table) if table.name == alias) || self.is_users(&alias) {
            alias.push('_');
        }
        let inner = Row::Alias(alias.clone());
        let mut tests: Vec<Expr> = pairs.map(|(there, here)| inner.column(there).op("=", row.column(here))).collect();
        tests.extend(self.test(other, &inner, depth + 1, reads));
        Expr::Exists(Box::new(Select {
            columns: vec![(Expr::Integer(1), None)],
            from: vec![From::first(Relation::table(other.clone()), alias)],
            condition: Some(Expr::And(tests)),
            ..Select::default()
        }))
    }
}

/// The row that a predicate is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// By its alias.
    Alias(String),
    /// The row of the policy's own table, by the table's name: no alias can stand there.
    Table(QName),
}

impl Row {
    /// A column of the row.
    pub fn column(&self, column: &str) -> Expr {
        match self {
            Self::Alias(alias) => Expr::of(alias, column),
            Self::Table(table) => Expr::of(&table.name, column),
        }
    }
}

/// A setting's value by its function, once a statement.
pub fn setting_value(access: &Access, setting: &str) -> Option<Expr> {
    let function = &access.settings.get(setting)?.function;
    let schema = Some(Ident::new(&function.schema));
    Some(once(Expr::Call(schema, Ident::new(&function.name), Vec::new())))
}

fn once(value: Expr) -> Expr {
    Expr::scalar(Select { columns: vec![(value, None)], ..Select::default() })
}

/// A user's predicate with every name put in full.
pub fn access_sql(access: &Access, sql: &AccessSql, row: &Row) -> Expr {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let text = sql.substituted(|name| match name {
        AccessName::Column(column) => match row {
            Row::Alias(alias) => format!("{}.{}", quoted(alias), quoted(column)),
            Row::Table(table) => format!("{}.{}", quoted(&table.name), quoted(column)),
        },
        AccessName::Setting(setting) => {
            let found = access.settings.get(setting).map(|setting| &setting.data_type);
            let value = setting_value(access, setting).unwrap_or(Expr::Null);
            // What cannot be printed is no SQL, and is refused where the whole is read again.
            match found.filter(|data_type| data_type.dimensions > 0) {
                // Bare in `ANY (…)` it would be the rows of a sub-select instead of one array.
                Some(array) => format!("({})", value.cast_to(array.clone()).print().unwrap_or_default()),
                None => value.print().unwrap_or_default(),
            }
        }
        AccessName::Relation(relation) => format!("{}.{}", quoted(&relation.schema), quoted(&relation.name)),
    });
    Expr::Source(SourceSql { text })
}
