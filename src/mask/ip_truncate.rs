//! `ip_truncate`: the network that an address is in.

use super::{Arguments, Context, Length, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, types};
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
        "inet or cidr, or on MySQL text"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        matches!(types::built_in(input), Some("inet" | "cidr"))
    }

    fn accepts_on_mysql(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        if types::is_text(input) { Length::AtMost(limit(input)) } else { Length::NotText }
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

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let (v4, v6) = bits(context.arguments);
        // NULL of what is no address.
        let digits = steps.bind_one(mysql::call("HEX", [mysql::call("INET6_ATON", [mysql::text(context)])]));
        let network = |bits: i64, of: i64| {
            let digit = mysql::call(
                "CONV",
                [mysql::part(digits.clone(), bits / 4 + 1, 1), Expr::Integer(16), Expr::Integer(10)],
            );
            let mixed = digit.mysql_cast("signed").op("&", Expr::Integer(0xf0 >> (bits % 4) & 0xf));
            let kept = mysql::call("LEFT", [digits.clone(), Expr::Integer(bits / 4)]);
            let cut = mysql::concat([kept, mysql::call("HEX", [mixed])]);
            let whole = mysql::call("RPAD", [cut, Expr::Integer(of), Expr::text("0")]);
            mysql::call("INET6_NTOA", [mysql::call("UNHEX", [whole])])
        };
        let is_v4 = mysql::count(digits.clone()).op("=", Expr::Integer(V4_DIGITS));
        let masked = Expr::Case(
            vec![(digits.clone().is_null(), Expr::text(OTHERWISE)), (is_v4, network(v4, V4_DIGITS))],
            Some(Box::new(network(v6, V6_DIGITS))),
        );
        let cut = mysql::call("LEFT", [masked, Expr::Integer(i64::from(limit(context.input_type)))]);
        Some(types::unless_null(context, cut))
    }
}

/// Hexadecimal digits of an address.
const V4_DIGITS: i64 = 8;
const V6_DIGITS: i64 = 32;

/// What text becomes that is no address.
const OTHERWISE: &str = "0.0.0.0";

/// The most characters that an address has, or the column holds.
fn limit(input: &BaseType) -> u32 {
    types::within_column(input, 45, types::characters(OTHERWISE))
}

fn bits(arguments: &Arguments) -> (i64, i64) {
    (types::integer(arguments, "v4").unwrap_or(24), types::integer(arguments, "v6").unwrap_or(48))
}
