//! A policy's own tests: truths that are tried on a real server.

use super::MaskUse;
use crate::catalog::{DataType, QName};
use crate::source::Span;

/// `test "…" …;`
#[derive(Clone, Debug)]
pub struct Test {
    /// What is claimed; no other test has the same words.
    pub title: String,
    /// The statement.
    pub span: Span,
    /// Rows that exist in the test only.
    pub given: Vec<GivenRows>,
    /// Who asks; without one, a superuser.
    pub role: Option<String>,
    /// Each setting by `prefix.name`, with its type and its value.
    pub settings: Vec<(String, DataType, TestSql)>,
    /// Must be true.
    pub expect: TestSql,
}

/// `given TABLE (COLUMN, …) values (…), …`
#[derive(Clone, Debug)]
pub struct GivenRows {
    /// The table.
    pub table: QName,
    /// Its columns.
    pub columns: Vec<String>,
    /// As many values a row as there are columns.
    pub rows: Vec<Vec<TestSql>>,
}

/// A user's expression with the calls in it that mean something to a test.
#[derive(Clone, Debug)]
pub struct TestSql {
    /// In order.
    pub pieces: Vec<TestPiece>,
    /// Where it was written.
    pub span: Span,
}

/// A piece of an expression.
#[derive(Clone, Debug)]
pub enum TestPiece {
    /// As it was written.
    Sql(String),
    /// `tenant('A')`: the id of a tenant, the same in all of a test.
    Tenant(String),
    /// `sample('u1')`: a value of this type, the same in all of a test; `None` where nothing says the type.
    Sample(String, Option<DataType>),
    /// `mask.NAME(value, …)`
    Mask(Box<TestMask>),
}

/// A mask of a value.
#[derive(Clone, Debug)]
pub struct TestMask {
    /// The value.
    pub value: TestSql,
    /// Its type.
    pub data_type: DataType,
    /// What the mask makes of it; its column is [`VALUE`].
    pub mask: MaskUse,
}

/// The column that a mask in a test is of.
pub const VALUE: &str = "value";

impl TestSql {
    /// Calls `found` with every piece, those of masked values too.
    pub fn each_piece<'t>(&'t self, found: &mut dyn FnMut(&'t TestPiece)) {
        for piece in &self.pieces {
            found(piece);
            if let TestPiece::Mask(mask) = piece {
                mask.value.each_piece(found);
            }
        }
    }
}

impl TestSql {
    /// Whether the whole of it is one made value.
    pub fn is_made(&self) -> bool {
        let mut said =
            self.pieces.iter().filter(|piece| !matches!(piece, TestPiece::Sql(text) if text.trim().is_empty()));
        matches!((said.next(), said.next()), (Some(TestPiece::Tenant(_) | TestPiece::Sample(..)), None))
    }
}

impl Test {
    /// Every expression of the test.
    pub fn each_sql(&self) -> impl Iterator<Item = &TestSql> {
        let given = self.given.iter().flat_map(|given| given.rows.iter().flatten());
        given.chain(self.settings.iter().map(|(_, _, value)| value)).chain([&self.expect])
    }
}
