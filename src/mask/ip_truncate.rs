//! `ip_truncate`: the network that an address is in.

use super::{Arguments, Context, Mask, Parameter, ParameterKind, Probed, Rendered, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/ip_truncate.md`.
pub(super) struct IpTruncate;

impl Mask for IpTruncate {
    fn name(&self) -> &'static str {
        "ip_truncate"
    }

    fn summary(&self) -> &'static str {
        "the network that an address is in"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/ip_truncate.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "v4",
                kind: ParameterKind::Integer,
                required: false,
                summary: "bits that stay of an IPv4 address, 0 to 31; 24 without it",
            },
            Parameter {
                name: "v6",
                kind: ParameterKind::Integer,
                required: false,
                summary: "bits that stay of an IPv6 address, 0 to 127; 48 without it",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "inet or cidr"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        matches!(types::built_in(input), Some("inet" | "cidr"))
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let (v4, v6) = bits(arguments);
        types::expect_between("v4", v4, 0, 31)?;
        types::expect_between("v6", v6, 0, 127)
    }
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        Some(probed.output.clone().op("=", probed.again(self)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let (v4, v6) = bits(context.arguments);
        let address = || context.input.clone().cast("inet");
        let is_v4 = Expr::call("family", [address()]).op("=", Expr::Integer(4));
        let bits = Expr::Case(vec![(is_v4, Expr::Integer(v4))], Some(Box::new(Expr::Integer(v6))));
        let network = Expr::call("network", [Expr::call("set_masklen", [address(), bits])]);
        Rendered::plain(network)
    }
}

fn bits(arguments: &Arguments) -> (i64, i64) {
    (types::integer(arguments, "v4").unwrap_or(24), types::integer(arguments, "v6").unwrap_or(48))
}
