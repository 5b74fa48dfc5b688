//! `default`: the column's own default.

use super::{Context, Length, Mask, Parameter, Probed, Rendered, types};
use crate::catalog::BaseType;
use crate::mask::Arguments;
use crate::sql::Expr;

/// See the page `docs/masks/default.md`.
pub(super) struct Default;

impl Mask for Default {
    fn name(&self) -> &'static str {
        "default"
    }

    fn summary(&self) -> &'static str {
        "the column's own default in place of every value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/default.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }

    fn accepts_words(&self) -> &'static str {
        "any type, for a column with a default that is the same every time"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        let _ = input;
        true
    }

    fn needs_default(&self) -> bool {
        true
    }

    /// The schema fits its own defaults into its own columns.
    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        if types::is_text(input) { Length::AsInput } else { Length::NotText }
    }
    /// Dumps write `DEFAULT NULL::text` too: then no value but NULL is the mask's.
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let same = types::same(probed, probed.default?.clone().cast_to(probed.declared.clone()));
        Some(Expr::Or(vec![probed.output.clone().is_null(), Expr::IsTrue(Box::new(same))]))
    }

    fn shows_length(&self, _arguments: &Arguments) -> bool {
        false
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let value = context.default.cloned().unwrap_or(Expr::Null);
        Rendered::plain(types::unless_null(context, value))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut super::mysql::Steps) -> Option<Expr> {
        Some(types::unless_null(context, context.default.cloned()?))
    }
}
