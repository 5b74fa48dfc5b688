//! What each loaded value must look like, whatever the raw one was: the load commits where all of them do.

use super::{TablePlan, select};
use crate::mask::{Probed, mysql};
use crate::model::{ExportColumn, MaskUse, Treatment};
use crate::plan::masks::constant_default;
use crate::sql::Expr;

impl TablePlan<'_> {
    /// Columns with a condition on the loaded row `alias`, NULL for NULL alone.
    pub fn probes(&self, alias: &str) -> Vec<(&str, Expr)> {
        let columns = self.own.columns.iter();
        columns.filter_map(|(name, own)| Some((name.as_str(), self.probe(name, own, alias)?))).collect()
    }

    fn probe(&self, name: &str, own: &ExportColumn, alias: &str) -> Option<Expr> {
        let column = self.table.columns.get(name)?;
        let output = Expr::of(alias, name);
        match &own.treatment {
            Treatment::Mask(MaskUse::Null) => Some(output.is_null()),
            Treatment::Mask(MaskUse::Call(call)) => {
                let base = self.catalog.base_type(&column.data_type);
                let default = constant_default(column);
                let probed = Probed {
                    output: &output,
                    input_type: &base,
                    declared: &column.data_type,
                    arguments: &call.arguments,
                    default: default.as_ref(),
                };
                mysql::probe(call.mask, &probed, select::version(self))
            }
            _ => None,
        }
    }
}
