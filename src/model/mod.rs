//! The policy with nothing left open: what each column of each exported table gets, and why.
//!
//! `resolve` makes it, `check` proves things about it, `plan` orders it into statements. It holds no spans that
//! a later stage must look up to decide something; those that it holds are for comments and messages.

pub mod access;
pub mod effective;
pub mod formula;
pub mod test;

use crate::catalog::{DataType, QName};
use crate::mask::{Arguments, Mask};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{ImportStrategy, Orphans};
use access::Access;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a policy means for one schema.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// By name.
    pub exports: BTreeMap<String, Export>,
    /// The secret setting that keyed masks read, where the policy declares one.
    pub mask_key: Option<Setting>,
    /// `internal` tables, with reasons.
    pub internal: BTreeMap<QName, String>,
    /// Whose row it is, who acts, and what they may touch.
    pub access: Access,
    /// The policy's own tests, by title.
    pub tests: BTreeMap<String, test::Test>,
}

/// A two-part setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `prefix.name`
    pub name: String,
    /// Where it is declared.
    pub span: Span,
}

/// What leaves for one audience.
#[derive(Clone, Debug)]
pub struct Export {
    /// The audience.
    pub name: String,
    /// The statement.
    pub span: Span,
    /// By name; base tables and partition roots.
    pub tables: BTreeMap<QName, ExportTable>,
    /// Tables that its selector names but that do not leave, with the reason.
    pub skipped: BTreeMap<QName, String>,
    /// Part of every HMAC input; the export's own name, or for linkable exports the smallest name of the set.
    pub linkage: String,
    /// False after `no import`.
    pub import: bool,
    /// How foreign keys are satisfied on import.
    pub strategy: ImportStrategy,
    /// Who exports; without one, whoever runs the files.
    pub role: Option<Spanned<String>>,
    /// Who imports; without one, whoever runs the files.
    pub import_role: Option<Spanned<String>>,
    /// `tenant one`: the run names one tenant, and only its rows leave.
    pub tenant_one: Option<Span>,
}

/// A table of an export.
#[derive(Clone, Debug)]
pub struct ExportTable {
    /// The table.
    pub table: QName,
    /// Only rows for which all of these are true leave.
    pub rows: Vec<Predicate>,
    /// Every column of the table, in the table's order.
    pub columns: IndexMap<String, ExportColumn>,
}

/// A predicate over the raw columns of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The user's expression.
    pub sql: RowSql,
    /// Where it was written.
    pub span: Span,
}

/// A user's expression over one row: parsed by PostgreSQL's grammar, every column resolved to the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSql {
    /// As the user wrote it.
    pub text: String,
    /// Byte ranges in `text` of references to columns of the row, ascending and apart, each with the column it
    /// means. A printer replaces them by qualified names.
    pub references: Vec<(std::ops::Range<usize>, String)>,
    /// Columns that it reads, sorted, each once.
    pub columns: Vec<String>,
    /// What PostgreSQL's semantics let us say of its value.
    pub facts: Facts,
}

impl RowSql {
    /// The text with every reference written as the number of its column among those read, so that the same
    /// expression over columns of other names has the same shape.
    pub fn shape(&self) -> String {
        self.substituted(|column| {
            format!("\u{1}{}", self.columns.iter().position(|other| other == column).unwrap_or_default())
        })
    }

    /// The text with every reference replaced.
    pub fn substituted(&self, name: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        let mut end = 0;
        for (range, column) in &self.references {
            text.push_str(self.text.get(end..range.start).unwrap_or_default());
            text.push_str(&name(column));
            end = range.end;
        }
        text.push_str(self.text.get(end..).unwrap_or_default());
        text
    }

    /// The same expression over a column of another name; `None` when it reads any other column than `from`.
    /// `text` stays as the user wrote it; only what the references mean changes.
    pub fn renamed(&self, from: &str, to: &str) -> Option<Self> {
        let rename = |column: &String| (column == from).then(|| to.to_owned());
        let rename_all = |columns: &[String]| columns.iter().map(rename).collect::<Option<Vec<_>>>();
        let references: Option<Vec<_>> =
            self.references.iter().map(|(range, column)| Some((range.clone(), rename(column)?))).collect();
        let null_only_with = match &self.facts.null_only_with {
            Some(columns) => Some(rename_all(columns)?),
            None => None,
        };
        let identity_of = self.facts.identity_of.as_ref().and_then(rename);
        let shows = rename_all(&self.facts.shows)?;
        Some(Self {
            text: self.text.clone(),
            references: references?,
            columns: rename_all(&self.columns)?,
            facts: Facts { null_only_with, identity_of, shows, total: self.facts.total },
        })
    }
}

/// What is known of an expression without knowing the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `Some(columns)`: it is NULL only where one of these columns is; `None`: it may be NULL anyway.
    pub null_only_with: Option<Vec<String>>,
    /// It can raise no error, whatever the row holds.
    pub total: bool,
    /// It is a column, or a cast of one: the value itself.
    pub identity_of: Option<String>,
    /// Columns whose whole value can be read off it, sorted: through `coalesce`, `||`, `lower` and the like too.
    pub shows: Vec<String>,
}

/// A column of an exported table.
#[derive(Clone, Debug)]
pub struct ExportColumn {
    /// What it gets.
    pub treatment: Treatment,
    /// Which rule decided, and which lost.
    pub decision: Decision,
    /// What happens to a reference whose row is not exported.
    pub orphans: Option<Orphans>,
}

/// The name that goes into the HMAC, for example `class:email` or `column:public.users.id`; JSON leaves outside a
/// class add their path after a `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkageGroup(pub String);

/// How a column leaves.
#[derive(Clone, Debug)]
pub enum Treatment {
    /// As it is.
    Keep,
    /// Not at all; on import `fill` fills it.
    Drop(Fill),
    /// A generated column: computed again by the copy.
    Generated,
    /// Masked.
    Mask(MaskUse),
}

impl Treatment {
    /// Every condition of a choice between treatments: that of the choice, then those of its branches.
    pub fn each_condition<'t>(&'t self, found: &mut dyn FnMut(&'t RowSql)) {
        if let Self::Mask(MaskUse::When { condition, then, otherwise }) = self {
            found(condition);
            then.each_condition(found);
            otherwise.each_condition(found);
        }
    }

    /// What a row gets for which the conditions are what `truths` says, in the order of [`Self::each_condition`].
    pub fn chosen<'t>(&'t self, truths: &mut dyn Iterator<Item = bool>) -> &'t Self {
        let Self::Mask(MaskUse::When { then, otherwise, .. }) = self else { return self };
        let truth = truths.next() == Some(true);
        let (then, otherwise) = (then.chosen(truths), otherwise.chosen(truths));
        if truth { then } else { otherwise }
    }
}

/// What fills a dropped column on import.
#[derive(Clone, Debug)]
pub enum Fill {
    /// The column's default, or NULL.
    Default,
    /// A given value.
    Expression(RowSql),
    /// The named trigger, which is kept enabled.
    Trigger(String),
}

/// A mask with its arguments.
#[derive(Clone, Debug)]
pub enum MaskUse {
    /// `mask null`
    Null,
    /// A mask of the catalogue.
    Call(MaskCall),
    /// A user's expression, or a mask of the user's own with its arguments put in.
    Expression(Box<OwnExpression>),
    /// JSON by path.
    Json(JsonMask),
    /// A composite, field by field.
    Fields(Box<FieldsMask>),
    /// By condition; neither branch is a drop.
    When {
        /// Over the raw row.
        condition: Box<RowSql>,
        /// Where it is true.
        then: Box<Treatment>,
        /// Elsewhere, also where it is NULL.
        otherwise: Box<Treatment>,
    },
}

/// A mask of the catalogue with its arguments.
#[derive(Clone)]
pub struct MaskCall {
    /// The mask.
    pub mask: &'static dyn Mask,
    /// Its arguments.
    pub arguments: Arguments,
    /// The columns whose keyed masks agree with this one's: a class, or the root of its foreign keys.
    pub group: LinkageGroup,
}

impl fmt::Debug for MaskCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MaskCall")
            .field("mask", &self.mask.name())
            .field("arguments", &self.arguments)
            .field("group", &self.group)
            .finish()
    }
}

/// A user's expression as a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnExpression {
    /// The expression.
    pub sql: RowSql,
    /// The mask of one's own that it came from.
    pub definition: Option<String>,
    /// Declared by the definition; false for a bare expression.
    pub unique: bool,
    /// Declared by the definition; false for a bare expression.
    pub total: bool,
}

/// JSON by path: what is not named gets `otherwise`.
#[derive(Clone, Debug)]
pub struct JsonMask {
    /// The tree of paths.
    pub root: JsonNode,
}

impl JsonNode {
    /// Calls `found` with the treatment of every value in it, however deep.
    pub fn each_leaf<'n>(&'n self, found: &mut dyn FnMut(&'n Treatment)) {
        match self {
            Self::Leaf(treatment) => found(treatment),
            Self::Each(element) => element.each_leaf(found),
            Self::Object { keys, otherwise } => {
                for node in keys.values() {
                    node.each_leaf(found);
                }
                found(otherwise);
            }
        }
    }
}

/// A composite field by field; of an array, each of its elements.
#[derive(Clone, Debug)]
pub struct FieldsMask {
    /// The composite's own type.
    pub of: DataType,
    /// Each field in order with its type: kept, NULL or masked; a composite in it by its own fields.
    pub fields: IndexMap<String, (DataType, Treatment)>,
    /// Fields that no rule names are kept.
    pub keeps_the_rest: bool,
}

impl FieldsMask {
    /// Calls `found` with the type and the treatment of each value in it, however deep.
    pub fn each_leaf<'m>(&'m self, found: &mut dyn FnMut(&'m DataType, &'m Treatment)) {
        for (of, treatment) in self.fields.values() {
            match treatment {
                Treatment::Mask(MaskUse::Fields(inner)) => inner.each_leaf(found),
                _ => found(of, treatment),
            }
        }
    }
}

/// A node of the tree of paths.
#[derive(Clone, Debug)]
pub enum JsonNode {
    /// A value: kept, dropped or masked (masks see it as text).
    Leaf(Box<Treatment>),
    /// An object: named keys, and what all others get.
    Object {
        /// In sorted order.
        keys: BTreeMap<String, JsonNode>,
        /// Keep or drop.
        otherwise: Box<Treatment>,
    },
    /// An array: each element.
    Each(Box<JsonNode>),
}

/// Why a column gets what it gets.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The rule that decided.
    pub rule: Rule,
    /// The class, where the treatment came through one.
    pub class: Option<String>,
    /// Rules that matched and lost, most specific first.
    pub lost: Vec<Rule>,
    /// Why, where it was said.
    pub because: Option<String>,
}

/// A rule of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Where it was written.
    pub span: Span,
    /// How specific it is.
    pub step: Step,
    /// The treatment as written, on one line.
    pub text: Arc<str>,
}

/// How specific a rule is, the most specific last so that `max` finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Nobody spoke of the column; never in a finished model.
    Undecided,
    /// Nobody wrote a rule: a generated column.
    Generated,
    /// Table glob and column glob.
    GlobGlob,
    /// Table glob and exact column.
    GlobExact,
    /// Exact table and column glob.
    ExactGlob,
    /// Exact table and exact column.
    ExactExact,
    /// A foreign key gives the treatment of the key that it references.
    ForeignKey,
    /// `class C => …` of the export.
    ExportClass,
    /// `TABLE.COLUMN => …` of the export.
    ExportColumn,
}
