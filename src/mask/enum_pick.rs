//! `enum_pick`: some label of an enum, whatever the value was.

use super::{Arguments, Context, Hashes, Mask, Parameter, ParameterKind, Rendered, keyed, mysql, types};
use crate::catalog::{BaseType, Category, DataType, QName};
use crate::sql::Expr;

/// See the page `docs/masks/enum_pick.md`.
pub(super) struct EnumPick;

impl Mask for EnumPick {
    fn name(&self) -> &'static str {
        "enum_pick"
    }

    fn summary(&self) -> &'static str {
        "some label of the column's enum, tied to the row's key and not to the value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/enum_pick.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "by",
            kind: ParameterKind::Column,
            required: true,
            summary: "the column that decides, NOT NULL and different in each row: the primary key",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        "an enum"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        input.category == Category::Enum && input.data_type.dimensions == 0
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Nothing, Hashes::Column)
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let text = DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 };
        let count = i64::try_from(context.labels.len()).unwrap_or(1).max(1);
        let at = keyed::below(context, count).op("+", Expr::Integer(1)).cast("int4");
        let labels = Expr::Array(context.labels.iter().map(Expr::text).collect(), text);
        let label = Expr::Subscript(Box::new(labels), Box::new(at));
        Rendered::plain(types::unless_null(context, label))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let count = i64::try_from(context.labels.len()).unwrap_or(1).max(1);
        let label = mysql::choose(mysql::below(context, count), context.labels.iter().map(String::as_str));
        Some(types::unless_null(context, label))
    }
}
