//! Masks that are not what they say, planted one class at a time: the tests of all masks find each.

use super::keys::{as_expected, collisions, key_types};
use super::*;

/// Says of itself what is not true, one thing at a time.
struct Liar(&'static str);

impl Mask for Liar {
    fn name(&self) -> &'static str {
        "liar"
    }
    fn summary(&self) -> &'static str {
        ""
    }
    fn page(&self) -> &'static str {
        ""
    }
    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }
    fn accepts_words(&self) -> &'static str {
        "text"
    }
    fn accepts(&self, _input: &BaseType) -> bool {
        true
    }
    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        if self.0 == "unique" { Uniqueness::Preserved } else { Uniqueness::Lossy }
    }
    fn of_rows(&self) -> bool {
        self.0 == "moves"
    }
    fn shows_length(&self, _arguments: &Arguments) -> bool {
        self.0 != "length"
    }
    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        match self.0 {
            "longer" => Length::AtMost(3),
            "probe of outputs" | "probe of values" => Length::AtMost(1),
            "as long" => Length::AsInput,
            _ => Length::Unbounded,
        }
    }
    fn constant(&self, _input: &BaseType, _arguments: &Arguments) -> Option<Expr> {
        (self.0 == "constant").then(|| Expr::text("x"))
    }
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let longer = Expr::call("length", [probed.output.clone()]).op(">", Expr::Integer(1));
        match self.0 {
            "probe of outputs" => Some(longer),
            "probe of values" => Some(Expr::Boolean(true)),
            _ => Some(Expr::Not(Box::new(longer))),
        }
    }
    fn render(&self, context: &Context<'_>) -> Rendered {
        let input = || context.input.clone();
        let expr = match self.0 {
            "total" => input().cast("int4").cast("text"),
            "null" => Expr::call("coalesce", [input(), Expr::text("none")]),
            "makes null" => Expr::call("nullif", [input(), Expr::text("a")]),
            "twice" => input().op("||", Expr::call("random", []).cast("text")),
            "as long" => input().op("||", Expr::text("!")),
            "longer" | "constant" | "moves" => input(),
            "version" => Expr::call(
                "left",
                [Expr::call("current_setting", [Expr::text("server_version_num")]), Expr::Integer(3)],
            )
            .op("||", input()),
            "length" => Expr::call("repeat", [Expr::text("*"), Expr::call("length", [input()])]),
            _ => Expr::call("left", [input(), Expr::Integer(1)]),
        };
        let joins = if self.0 == "rows" {
            let two = Relation::Values(vec![vec![Expr::Integer(1)], vec![Expr::Integer(2)]]);
            vec![From::joined(two, "two", noren::sql::Join::Cross)]
        } else {
            vec![]
        };
        Rendered { expr, joins }
    }
}

#[test]
fn a_mask_that_lies_is_found_out() {
    let Some(server) = support::server(None) else { return };
    let database = database(server);
    let sample = sample("text", &[], "text", TEXT);
    fill(&database, &sample);
    let lies =
        ["total", "unique", "null", "makes null", "twice", "as long", "longer", "constant", "rows", "length", "moves"];
    for lie in lies.into_iter().chain(["probe of outputs", "probe of values"]) {
        let judged = judge(&database, &Liar(lie), &sample, &Arguments::new());
        assert!(judged.is_err(), "{lie} was believed");
    }
    assert!(judge(&database, &Liar("honest"), &sample, &Arguments::new()).is_ok());
}

/// "The same on every version": what else a mask says is true of this one.
#[test]
fn a_mask_that_differs_between_versions_is_found_out() {
    let sample = sample("text", &[], "text", TEXT);
    let mut results = vec![];
    for server in [14, 15, 16, 17, 18].into_iter().filter_map(|major| support::server(Some(major))) {
        let database = database(server);
        fill(&database, &sample);
        let rows = |liar| judge(&database, &Liar(liar), &sample, &Arguments::new()).unwrap();
        results.push((
            BTreeMap::from([("version".to_owned(), rows("version"))]),
            BTreeMap::from([("honest".to_owned(), rows("honest"))]),
        ));
    }
    for pair in results.windows(2) {
        assert_eq!(first_difference(&pair[0].0, &pair[1].0), Some("version"));
        assert_eq!(first_difference(&pair[0].1, &pair[1].1), None);
    }
}

/// A mask of the catalogue whose SQL is broken in one place, and which still says of itself what the whole one says.
struct Broken(&'static dyn Mask, Mutation);

type Mutation = fn(&Context<'_>, Expr) -> Expr;

impl Mask for Broken {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn summary(&self) -> &'static str {
        self.0.summary()
    }
    fn page(&self) -> &'static str {
        self.0.page()
    }
    fn parameters(&self) -> &'static [Parameter] {
        self.0.parameters()
    }
    fn accepts_words(&self) -> &'static str {
        self.0.accepts_words()
    }
    fn accepts(&self, input: &BaseType) -> bool {
        self.0.accepts(input)
    }
    fn keyed(&self) -> bool {
        self.0.keyed()
    }
    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        self.0.hashes(arguments)
    }
    fn of_rows(&self) -> bool {
        self.0.of_rows()
    }
    fn uniqueness(&self, input: &BaseType, arguments: &Arguments) -> Uniqueness {
        self.0.uniqueness(input, arguments)
    }
    fn null_rule(&self) -> NullRule {
        self.0.null_rule()
    }
    fn total(&self, input: &BaseType, arguments: &Arguments) -> bool {
        self.0.total(input, arguments)
    }
    fn length(&self, input: &BaseType, arguments: &Arguments) -> Length {
        self.0.length(input, arguments)
    }
    fn shows_length(&self, arguments: &Arguments) -> bool {
        self.0.shows_length(arguments)
    }
    fn constant(&self, input: &BaseType, arguments: &Arguments) -> Option<Expr> {
        self.0.constant(input, arguments)
    }
    fn render(&self, context: &Context<'_>) -> Rendered {
        let whole = self.0.render(context);
        Rendered { expr: (self.1)(context, whole.expr), joins: whole.joins }
    }
}

/// One mutation a class of mistake, each of a mask that is what it says before.
#[test]
fn a_mask_of_the_catalogue_that_is_broken_in_its_class_is_found_out() {
    let Some(server) = support::server(None) else { return };
    let database = database(server);
    let mutations: [(&str, &str, Mutation, &str); 6] = [
        (
            "truncate",
            "date",
            |context, _| {
                let year = Expr::Extract("year", Box::new(context.input.clone())).cast("int4");
                Expr::call("make_date", [year, Expr::Integer(1), Expr::Integer(1)])
            },
            "raises no error",
        ),
        ("email", "varchar(64)", |_, expr| expr.op("||", Expr::text("!")), "characters"),
        (
            "hash",
            "text",
            |_, expr| Expr::call("left", [Expr::call("random", []).cast("text").op("||", expr), Expr::Integer(32)]),
            "same twice",
        ),
        ("partial", "text", |_, expr| Expr::call("coalesce", [expr, Expr::text("*")]), "NULL stays NULL"),
        ("digits", "text", |_, expr| Expr::call("nullif", [expr, Expr::text("a")]), "NULL stays NULL"),
        ("fake_name", "text", |context, _| context.input.clone(), ""),
    ];
    for (name, sql, broken, why) in mutations {
        let sample = samples().into_iter().find(|sample| sample.sql == sql).unwrap();
        fill(&database, &sample);
        let mask = mask::find(name).unwrap();
        let arguments = argument_lists(mask, &sample).into_iter().next().unwrap();
        assert!(judge(&database, mask, &sample, &arguments).is_ok(), "{name} is what it says");
        let judged = judge(&database, &Broken(mask, broken), &sample, &arguments);
        assert!(judged.as_ref().is_err_and(|found| found.contains(why)), "{name} that is broken: {judged:?}");
    }
    // Two keys in one output: among the extremes of a type none may meet, among many keys they do.
    database.sql("DROP TABLE public.trial; CREATE VIEW public.trial AS SELECT n AS k, n AS v FROM generate_series(1::bigint, 30000) n;");
    let (keys, _) = key_types().into_iter().nth(1).unwrap();
    let permute = mask::find("permute").unwrap();
    let halved = Broken(permute, |_, expr| expr.op("/", Expr::Integer(2)));
    let tried: [(&dyn Mask, Arguments); 2] = [(permute, Arguments::new()), (&halved, Arguments::new())];
    let found = collisions(&database, &keys, &tried);
    assert!(as_expected(found[0], 0.0) && !as_expected(found[1], 0.0), "{found:?}");
}
