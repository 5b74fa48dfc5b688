//! Statements of files for MySQL, and the files themselves.

use super::guard;
use super::print::{self, Printed, comment, expr, literal, name, words};
use crate::sql::layout::{Doc, all, commas, exact, indent, separated};
use crate::sql::{Expr, Ident, Mismatch, Select};

/// A statement, or a word to the `mysql` client.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `SET NAMES utf8mb4`
    SetNames,
    /// `SET ROLE ALL`
    SetRoleAll,
    /// `SET SESSION name = value`
    Set(&'static str, Expr),
    /// `SET @name = value`
    SetUser(&'static str, Expr),
    /// `SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ`
    Isolation,
    /// `START TRANSACTION`, maybe `WITH CONSISTENT SNAPSHOT, READ ONLY`.
    Start {
        /// A picture of the source that nobody changes.
        snapshot: bool,
    },
    /// `COMMIT`
    Commit,
    /// `CREATE TEMPORARY TABLE name (…)`
    CreateTemporary(&'static str, Vec<(&'static str, ColumnType)>),
    /// `DROP TEMPORARY TABLE IF EXISTS name`
    DropTemporary(&'static str),
    /// `INSERT INTO name (…) VALUES …`
    InsertValues(&'static str, Vec<&'static str>, Vec<Vec<Expr>>),
    /// `INSERT INTO name (…) SELECT …`
    InsertSelect(&'static str, Vec<&'static str>, Select),
    /// `DELETE FROM name [WHERE …]`
    Delete(String, Option<Expr>),
    /// `SELECT …`
    Select(Select),
    /// `SELECT … INTO OUTFILE S3 …`
    Outfile(Outfile),
    /// `LOAD DATA FROM S3 MANIFEST …`
    Load(Load),
    /// `LOAD DATA LOCAL INFILE '/dev/fd/3' INTO TABLE name (column)`: what the client is given, which no statement holds.
    LoadDescriptor(&'static str, &'static str),
    /// `PREPARE name FROM @name`, `EXECUTE name`, `DEALLOCATE PREPARE name`.
    RunVariable(&'static str),
    /// `CREATE ROLE IF NOT EXISTS account`
    CreateRole(Account),
    /// `GRANT … ON … TO …`
    Grant(Grant),
}

/// The type of a column of a temporary table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `VARCHAR(n) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`
    Text(u16),
    /// `LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`
    LongText,
    /// `VARBINARY(n)`
    Bytes(u16),
    /// `BIGINT`
    Integer,
    /// `INT NOT NULL`
    Required,
}

/// Rows that become objects in S3.
#[derive(Clone, Debug)]
pub struct Outfile {
    /// What leaves; its first column tells rows from the filler.
    pub rows: Select,
    /// A last row that no load takes, so that no object is empty.
    pub filler: Vec<Expr>,
    /// Columns that the rows leave in the order of.
    pub order_by: Vec<Ident>,
    /// `s3-region://bucket/key`
    pub uri: String,
    /// `ENCRYPTION SSE_KMS '…'`, where it is said.
    pub kms_key: Option<String>,
}

/// Objects in S3 that become rows.
#[derive(Clone, Debug)]
pub struct Load {
    /// `s3-region://bucket/key.manifest`
    pub uri: String,
    /// The table.
    pub table: String,
    /// What every row that is taken begins with.
    pub tag: &'static str,
    /// In the order of the file.
    pub fields: Vec<Field>,
    /// `SET column = value`
    pub set: Vec<(String, Expr)>,
}

/// Where a field of a row goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Into a column as it is.
    Column(String),
    /// Into the variable of this number, which a column is made of.
    Variable(usize),
}

/// Who is granted something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub name: String,
    /// A role, else a user from any host.
    pub role: bool,
}

/// What a grant is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A table of the database.
    Table(String),
    /// The whole database: `*`.
    Database,
    /// The server: `*.*`.
    Server,
    /// Nothing: a role is granted.
    Role,
}

/// `GRANT privileges ON object TO account`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// In key words.
    pub privileges: Vec<&'static str>,
    /// On what.
    pub on: Object,
    /// To whom.
    pub to: Account,
}

/// How rows stand in objects. NULL is `\N` without quotes, and every value has them; a quote, a backslash and a line end
/// inside a value are escaped.
const FIELDS: &str = r#"FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'"#;

fn table(columns: &[(&'static str, ColumnType)]) -> Printed {
    let column = |(column, of): &(&'static str, ColumnType)| -> Printed {
        let of = match of {
            ColumnType::Text(most) => format!("VARCHAR({most}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
            ColumnType::LongText => "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin".to_owned(),
            ColumnType::Bytes(most) => format!("VARBINARY({most})"),
            ColumnType::Integer => "BIGINT".to_owned(),
            ColumnType::Required => "INT NOT NULL".to_owned(),
        };
        Ok(all([name(column)?, Doc::Space, exact(of)]))
    };
    let columns = columns.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Ok(all([exact("("), indent([Doc::Hard, commas(columns, Doc::Hard)]), Doc::Hard, exact(")")]))
}

fn names(columns: &[&'static str]) -> Printed {
    let columns = columns.iter().map(|column| name(column)).collect::<Result<Vec<_>, _>>()?;
    Ok(all([exact("("), commas(columns, Doc::Space), exact(")")]))
}

fn line(docs: impl IntoIterator<Item = Doc<'static>>) -> Doc<'static> {
    separated(docs.into_iter().collect(), &Doc::Space)
}

impl Statement {
    fn doc(&self) -> Printed {
        Ok(match self {
            Self::SetNames => words("SET NAMES utf8mb4"),
            Self::SetRoleAll => words("SET ROLE ALL"),
            Self::Set(variable, value) => line([words("SET SESSION"), words(variable), exact("="), expr(value)?]),
            Self::SetUser(variable, value) => {
                line([words("SET"), expr(&Expr::user_variable(variable))?, exact("="), expr(value)?])
            }
            Self::Isolation => words("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
            Self::Start { snapshot: false } => words("START TRANSACTION"),
            Self::Start { snapshot: true } => {
                line([words("START TRANSACTION WITH CONSISTENT SNAPSHOT"), exact(","), words("READ ONLY")])
            }
            Self::Commit => words("COMMIT"),
            Self::CreateTemporary(of, columns) => {
                line([words("CREATE TEMPORARY TABLE"), name(of)?, table(columns)?, exact("ENGINE=InnoDB")])
            }
            Self::DropTemporary(of) => line([words("DROP TEMPORARY TABLE IF EXISTS"), name(of)?]),
            Self::InsertValues(of, columns, rows) => {
                let row = |row: &Vec<Expr>| expr(&Expr::Row(row.clone()));
                let rows = rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
                let head = line([words("INSERT INTO"), name(of)?, names(columns)?, words("VALUES")]);
                all([head, indent([Doc::Hard, commas(rows, Doc::Hard)])])
            }
            Self::InsertSelect(of, columns, query) => {
                let head = line([words("INSERT INTO"), name(of)?, names(columns)?]);
                all([head, Doc::Hard, print::select(query, &Doc::Hard)?])
            }
            Self::Delete(of, condition) => {
                let condition = condition.as_ref().map(|condition| Ok(line([words("WHERE"), expr(condition)?])));
                line([words("DELETE FROM"), name(of)?].into_iter().chain(condition.transpose()?))
            }
            Self::Select(query) => print::select(query, &Doc::Hard)?,
            Self::Outfile(of) => of.doc()?,
            Self::Load(of) => of.doc()?,
            Self::LoadDescriptor(of, column) => line([
                words("LOAD DATA LOCAL INFILE"),
                literal("/dev/fd/3"),
                words("INTO TABLE"),
                name(of)?,
                words("CHARACTER SET binary"),
                exact(r"FIELDS TERMINATED BY '\0' ESCAPED BY '' LINES TERMINATED BY '\n'"),
                exact("("),
                name(column)?,
                exact(")"),
            ]),
            Self::RunVariable(of) => {
                let variable = || expr(&Expr::user_variable(of));
                let prepare = line([words("PREPARE"), name(of)?, words("FROM"), variable()?]);
                let execute = line([words("EXECUTE"), name(of)?]);
                let forget = line([words("DEALLOCATE PREPARE"), name(of)?]);
                all([prepare, exact(";"), Doc::Hard, execute, exact(";"), Doc::Hard, forget])
            }
            Self::CreateRole(of) => line([words("CREATE ROLE IF NOT EXISTS"), of.doc()]),
            Self::Grant(of) => of.doc()?,
        })
    }

    /// The text with its end, read again.
    fn print(&self) -> Result<String, Mismatch> {
        if let Self::Outfile(of) = self {
            guard::query(&of.inner()?)?;
        }
        let text = match self {
            Self::Select(_) => guard::query(&self.doc()?)?,
            _ => guard::text(&self.doc()?)?,
        };
        Ok(text + ";\n")
    }
}

impl Outfile {
    /// What is read: the rows, and the filler after them.
    fn inner(&self) -> Printed {
        let filler = self.filler.iter().map(expr).collect::<Result<Vec<_>, _>>()?;
        let filler = line([words("SELECT"), commas(filler, Doc::Space)]);
        let mut clauses = vec![print::select(&self.rows, &Doc::Hard)?, words("UNION ALL"), filler];
        if !self.order_by.is_empty() {
            let keys = self.order_by.iter().map(|key| name(&key.0)).collect::<Result<Vec<_>, _>>()?;
            clauses.push(line([words("ORDER BY"), commas(keys, Doc::Space)]));
        }
        Ok(separated(clauses, &Doc::Hard))
    }

    fn doc(&self) -> Printed {
        let mut clauses = vec![
            self.inner()?,
            line([words("INTO OUTFILE S3"), literal(&self.uri)]),
            indent([words("CHARACTER SET utf8mb4")]),
            exact(FIELDS),
            exact(r"LINES TERMINATED BY '\n'"),
            words("MANIFEST ON"),
            words("OVERWRITE ON"),
        ];
        if let Some(key) = &self.kms_key {
            clauses.push(line([words("ENCRYPTION SSE_KMS"), literal(key)]));
        }
        Ok(separated(clauses, &Doc::Hard))
    }
}

impl Load {
    fn doc(&self) -> Printed {
        let field = |field: &Field| match field {
            Field::Column(column) => name(column),
            Field::Variable(number) => Ok(exact(format!("@noren_{number}"))),
        };
        let columns = self.fields.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let columns = all([exact("("), indent([Doc::Hard, commas(columns, Doc::Hard)]), Doc::Hard, exact(")")]);
        let mut clauses = vec![
            line([words("LOAD DATA FROM S3 MANIFEST"), literal(&self.uri)]),
            line([words("INTO TABLE"), name(&self.table)?]),
            words("CHARACTER SET utf8mb4"),
            exact(FIELDS),
            line([words("LINES STARTING BY"), literal(self.tag), exact(r"TERMINATED BY '\n'")]),
            columns,
        ];
        if !self.set.is_empty() {
            let set = |(column, value): &(String, Expr)| Ok(line([name(column)?, exact("="), expr(value)?]));
            let set = self.set.iter().map(set).collect::<Result<Vec<_>, _>>()?;
            clauses.push(all([words("SET"), indent([Doc::Hard, commas(set, Doc::Hard)])]));
        }
        Ok(separated(clauses, &Doc::Hard))
    }
}

impl Account {
    fn doc(&self) -> Doc<'static> {
        let own = literal(&self.name);
        if self.role { own } else { all([own, exact("@"), literal("%")]) }
    }
}

impl Grant {
    fn doc(&self) -> Printed {
        let privileges = commas(self.privileges.iter().map(|words| print::words(words)).collect(), Doc::Space);
        let on = match &self.on {
            Object::Table(table) => Some(name(table)?),
            Object::Database => Some(exact("*")),
            Object::Server => Some(exact("*.*")),
            Object::Role => None,
        };
        let on = on.map(|on| line([words("ON"), on]));
        Ok(line([words("GRANT"), privileges].into_iter().chain(on).chain([words("TO"), self.to.doc()])))
    }
}

/// A file for the `mysql` client.
#[derive(Debug, Default)]
pub struct Script {
    text: String,
    failed: Option<Mismatch>,
}

impl Script {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of comment.
    pub fn comment(&mut self, line: &str) -> &mut Self {
        match guard::text(&comment(line)) {
            Ok(line) => {
                self.text.push_str(&line);
                self.text.push('\n');
            }
            Err(mismatch) => drop(self.failed.get_or_insert(mismatch)),
        }
        self
    }

    /// An empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// A statement.
    pub fn run(&mut self, statement: &Statement) -> &mut Self {
        match statement.print() {
            Ok(text) => self.text.push_str(&text),
            Err(mismatch) => drop(self.failed.get_or_insert(mismatch)),
        }
        self
    }

    /// The file's text.
    ///
    /// # Errors
    /// The first statement that is not read back as it was meant.
    pub fn print(self) -> Result<String, Mismatch> {
        self.failed.map_or(Ok(self.text), Err)
    }
}
