//! `CREATE …` of the few things that a private server needs before it can run a compiled SELECT.

use super::Ident;
use super::layout::{Doc, all, commas, exact, group, indent, words};
use super::print::{data_type, literal, name, qname};
use crate::catalog::{DataType, QName};

/// What is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Create {
    /// `CREATE SCHEMA IF NOT EXISTS`
    Schema(Ident),
    /// `CREATE EXTENSION IF NOT EXISTS … SCHEMA …`
    Extension(Ident, Ident),
    /// `CREATE TYPE … AS ENUM (…)`
    Enum(QName, Vec<String>),
    /// `CREATE TYPE … AS (…)`
    Composite(QName, Vec<(Ident, DataType)>),
    /// `CREATE TYPE … AS RANGE (SUBTYPE = …, MULTIRANGE_TYPE_NAME = …)`
    Range(QName, DataType, Option<QName>),
    /// `CREATE DOMAIN … AS …`, without constraints.
    Domain(QName, DataType),
    /// `CREATE TABLE … (…)`, without constraints.
    Table(QName, Vec<(Ident, DataType)>),
}

impl Create {
    /// The name of its node in PostgreSQL's grammar.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Schema(_) => "CreateSchemaStmt",
            Self::Extension(..) => "CreateExtensionStmt",
            Self::Enum(..) => "CreateEnumStmt",
            Self::Composite(..) => "CompositeTypeStmt",
            Self::Range(..) => "CreateRangeStmt",
            Self::Domain(..) => "CreateDomainStmt",
            Self::Table(..) => "CreateStmt",
        }
    }
}

/// The statement without its semicolon.
pub(super) fn print(of: &Create) -> Doc<'_> {
    match of {
        Create::Schema(schema) => all([words("CREATE SCHEMA IF NOT EXISTS"), Doc::Space, name(schema)]),
        Create::Extension(extension, schema) => all([
            words("CREATE EXTENSION IF NOT EXISTS"),
            Doc::Space,
            name(extension),
            Doc::Space,
            words("SCHEMA"),
            Doc::Space,
            name(schema),
        ]),
        Create::Enum(of, labels) => {
            let labels = commas(labels.iter().map(|label| literal(label)).collect(), Doc::Line);
            let list = group([exact("("), indent([Doc::Soft, labels]), Doc::Soft, exact(")")]);
            all([words("CREATE TYPE"), Doc::Space, qname(of), Doc::Space, words("AS ENUM"), Doc::Space, list])
        }
        Create::Composite(of, fields) => {
            all([words("CREATE TYPE"), Doc::Space, qname(of), Doc::Space, words("AS"), Doc::Space, columns(fields)])
        }
        Create::Range(of, subtype, multirange) => {
            let option = |word, value| {
                let word = Doc::Token(super::token::Token::name(word));
                all([word, Doc::Space, exact("="), Doc::Space, value])
            };
            let multirange = multirange.iter().map(|multirange| option("multirange_type_name", qname(multirange)));
            let options = std::iter::once(option("subtype", data_type(subtype))).chain(multirange).collect();
            let list = group([exact("("), indent([Doc::Soft, commas(options, Doc::Line)]), Doc::Soft, exact(")")]);
            all([words("CREATE TYPE"), Doc::Space, qname(of), Doc::Space, words("AS RANGE"), Doc::Space, list])
        }
        Create::Domain(of, base) => {
            all([words("CREATE DOMAIN"), Doc::Space, qname(of), Doc::Space, words("AS"), Doc::Space, data_type(base)])
        }
        Create::Table(of, list) => all([words("CREATE TABLE"), Doc::Space, qname(of), Doc::Space, columns(list)]),
    }
}

fn columns(list: &[(Ident, DataType)]) -> Doc<'_> {
    let columns = list.iter().map(|(column, of)| all([name(column), Doc::Space, data_type(of)])).collect();
    all([exact("("), indent([Doc::Hard, commas(columns, Doc::Hard)]), Doc::Hard, exact(")")])
}
