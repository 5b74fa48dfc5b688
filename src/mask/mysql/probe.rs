//! Leak probes for MySQL: what is true of every output of a mask.
//!
//! A mask whose outputs match a pattern is asked for that, and one that gives one value for all gives it again for its own
//! output. Others have no probe yet.

use super::{Steps, exact};
use crate::mask::{Context, Mask, Probed, types};
use crate::sql::Expr;

/// A condition on a loaded value, NULL for NULL alone; `None` where outputs cannot be told from raw values. MySQL 5.7 reads
/// patterns byte by byte, so they are of 8.0.
pub fn probe(mask: &dyn Mask, probed: &Probed<'_>, version: u32) -> Option<Expr> {
    if version < 3 {
        return None;
    }
    if mask.constant(probed.input_type, probed.arguments).is_some() {
        return again(mask, probed, version);
    }
    let pattern = mask.pattern(probed.arguments).filter(|_| types::is_text(probed.input_type))?;
    // Else a point would be no line's end.
    Some(exact(probed.output.clone()).op("REGEXP", Expr::text(format!("(?s){pattern}"))))
}

/// Whether the mask gives a value for itself.
fn again(mask: &dyn Mask, probed: &Probed<'_>, version: u32) -> Option<Expr> {
    let context = Context {
        input: probed.output,
        input_type: probed.input_type,
        declared: probed.declared,
        arguments: probed.arguments,
        hash: None,
        secret: &|_| Expr::Null,
        default: probed.default,
        lookup: None,
        first: None,
        labels: &[],
        alias: "again",
    };
    let mut steps = Steps::new("again", version, []);
    let again = mask.render_mysql(&context, &mut steps)?;
    let output = probed.output.clone();
    if types::is_text(probed.input_type) {
        return Some(exact(output).op("=", again));
    }
    // Other types round what they are given.
    types::integer_range(probed.input_type).map(|_| output.op("=", again))
}
