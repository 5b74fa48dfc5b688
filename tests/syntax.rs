//! Parser and formatter.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests read their cases and fail by panics"
)]
#![allow(clippy::format_collect, reason = "generated inputs are small")]

use noren::diagnostic::Severity;
use noren::source::Sources;
use noren::syntax::ast::{ArgumentValue, Statement, TreatmentKind};
use noren::syntax::{self, Parsed};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

fn parse(text: &str) -> Parsed {
    let mut sources = Sources::default();
    let id = sources.add("policy.noren", text).expect("small");
    syntax::parse(&sources, id)
}

fn findings(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("policy.noren", text).expect("small");
    let parsed = syntax::parse(&sources, id);
    let line = |diagnostic: &noren::diagnostic::Diagnostic| {
        let place =
            diagnostic.primary.as_ref().map(|label| sources.position(label.span).to_string()).unwrap_or_default();
        let help = diagnostic.help.clone().unwrap_or_default();
        format!("{} {place} {} | {help}\n", diagnostic.code, diagnostic.title)
    };
    parsed.diagnostics.iter().map(line).collect()
}

/// The examples of the language's design, and every form that its text names beside them.
const WHOLE: &str = include_str!("syntax/whole.noren");

#[test]
fn the_whole_language_is_read() {
    assert_eq!(findings(WHOLE), "");
    assert_eq!(parse(WHOLE).file.statements.len(), 53);
}

#[test]
fn formatting_the_whole_language_is_idempotent_and_keeps_meaning() {
    check_format(WHOLE);
}

fn check_format(text: &str) {
    let formatted = match syntax::format(text) {
        Ok(formatted) => formatted,
        Err(errors) => panic!("{text}\n{errors:#?}"),
    };
    assert!(syntax::same_meaning(&parse(text).file, &parse(&formatted).file), "{text}\nbecame\n{formatted}");
    assert_eq!(syntax::format(&formatted).as_deref(), Ok(formatted.as_str()), "formatted twice:\n{text}");
}

#[test]
fn meaning_is_compared_without_places_and_with_everything_else() {
    let same = |one: &str, two: &str| syntax::same_meaning(&parse(one).file, &parse(two).file);
    assert!(same("class a keep;", "\n  CLASS A\nkeep ;"));
    assert!(!same("class a keep;", "class a drop;"));
    assert!(!same("class a keep because \"Span { x }\";", "class a keep because \"Span { y }\";"));
    assert!(!same("class a mask (x);", "class a mask ( x);"));
    assert!(!same("class a mask f('\"Span {1}');", "class a mask f('\"Span {2}');"));
}

/// Tokens of every kind, many in places where they fit, some where they do not.
fn any_name() -> impl Strategy<Value = String> {
    let words: Vec<&str> =
        "a id tenant_id keep class table note_3 x_1 naïve 名前 é$ rows else json order select E".split(' ').collect();
    prop_oneof![
        proptest::sample::select(words).prop_map(str::to_owned),
        "[a-z_][a-z0-9_$]{0,8}",
        unicode_name().prop_map(|text| quoted(&text, '"')),
        "[a-z\"'\\\\$*;{}() -]{1,9}".prop_map(|text| quoted(&text, '"')),
    ]
}

/// Any letters of Unicode that a person can see, at most 63 bytes.
fn unicode_name() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| {
        let mut name: String = readable(&text).chars().filter(|letter| *letter != '\n').collect();
        while name.len() > 63 {
            name.pop();
        }
        if name.is_empty() { "é".to_owned() } else { name }
    })
}

fn readable(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_alphanumeric() || letter.is_ascii_graphic() || matches!(letter, ' ' | '\n'))
        .collect()
}

fn quoted(text: &str, quote: char) -> String {
    format!("{quote}{}{quote}", text.replace(quote, &format!("{quote}{quote}")))
}

fn plain_name() -> impl Strategy<Value = String> {
    any_name().prop_map(|name| if name.starts_with('"') { name } else { quoted(&name, '"') })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~\n]{0,12}", any::<String>().prop_map(|text| readable(&text))]
}

fn any_sql() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z]{1,4}( [+*/<>=|-] [a-z]{1,4}){0,3}",
        any_text().prop_map(|text| quoted(&text, '\'')),
        "[a-z')( \n]{0,8}".prop_map(|text| format!("$q${text}$q$")),
        "[a-z)\"' ]{0,6}".prop_map(|text| format!("x -- {text}\n + y")),
        "[a-z)' ]{0,6}".prop_map(|text| format!("x /* {text} /* ) */ */ + y")),
        "[a-z)\" ]{0,6}".prop_map(|text| format!("E'\\\\\\'{text}'")),
        Just("a$b$ + c$b$".to_owned()),
        Just("E'a'\n  '\\')'".to_owned()),
        Just("$1".to_owned()),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|sql| format!("({sql})")),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("{one} || {two}")),
            inner.prop_map(|sql| format!("f({sql}, 1)")),
        ]
    })
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any_text().prop_map(|text| quoted(&text, '\'')),
        "-?[0-9]{1,4}(\\.[0-9]{1,3})?(e-?[0-9])?",
        proptest::sample::select(vec!["true", "false", "null", "date '2025-01-01'"]).prop_map(str::to_owned),
        plain_name(),
    ]
}

fn because() -> impl Strategy<Value = String> {
    "[a-z\"'\\\\$;{}()*-][ -~]{0,90}".prop_map(|text| format!("because {}", quoted(&text, '"')))
}

fn maybe(part: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    proptest::option::of(part).prop_map(Option::unwrap_or_default)
}

fn any_treatment() -> impl Strategy<Value = String> {
    let call = (
        plain_name(),
        proptest::collection::vec((maybe(plain_name().prop_map(|name| format!("{name} =>"))), any_value()), 0..6),
    );
    let leaf = prop_oneof![
        Just("keep".to_owned()),
        Just("DROP".to_owned()),
        any_sql().prop_map(|sql| format!("drop, fill ({sql})")),
        plain_name().prop_map(|name| format!("drop,filled by trigger {name}")),
        Just("mask null".to_owned()),
        any_sql().prop_map(|sql| format!("mask({sql})")),
        plain_name(),
        call.prop_map(|(name, arguments)| {
            let mut seen = std::collections::BTreeSet::new();
            let arguments: Vec<String> = arguments
                .into_iter()
                .map(|(name, value)| if seen.insert(name.clone()) { format!("{name} {value}") } else { value })
                .collect();
            format!("mask {name}({})", arguments.join(","))
        }),
    ];
    let branch = (leaf, maybe(because())).prop_map(|(kind, because)| format!("{kind} {because}"));
    let orphans = || maybe(Just(", orphans null".to_owned()));
    branch.prop_recursive(3, 10, 3, move |inner| {
        prop_oneof![
            (inner.clone(), any_sql(), inner.clone())
                .prop_map(|(one, sql, two)| format!("{one} when ({sql}) else {two}")),
            proptest::collection::vec((plain_name(), inner.clone()), 0..4).prop_flat_map(move |rules| {
                (Just(rules), inner.clone(), any_gap(), orphans()).prop_map(|(rules, rest, gap, orphans)| {
                    let rules: String =
                        rules.iter().map(|(key, treatment)| format!("{key}[*].k {treatment}{orphans};{gap}")).collect();
                    format!("mask json {{{gap}{rules} else {rest};{gap} }}")
                })
            }),
        ]
    })
}

/// White space and comments, as they may stand between any two tokens.
fn any_gap() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => Just(" ".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("\n\n\n".to_owned()),
        1 => "[ -~]{0,20}".prop_map(|text| format!("  -- c{text}\n")),
        1 => "[ -~]{0,20}".prop_map(|text| format!("\n  -- c{text}\r\n\n")),
    ]
}

fn any_statement() -> impl Strategy<Value = String> {
    let rule = (plain_name(), any_gap(), any_treatment(), any_gap())
        .prop_map(|(name, gap, treatment, end)| format!("{name}{gap}{treatment}{end};{gap}"));
    prop_oneof![
        (plain_name(), any_gap(), any_treatment()).prop_map(|(name, gap, treatment)| format!("class{gap}{name}{gap}{treatment};")),
        (plain_name(), any_gap(), proptest::collection::vec(rule, 0..5)).prop_map(|(name, gap, rules)| {
            format!("table{gap}{name}, *_x except {gap} y{gap}{{{gap}{}}}{gap}", rules.concat())
        }),
        (plain_name(), any_gap(), any_sql(), because()).prop_map(|(name, gap, sql, because)| {
            format!("policy {name} on{gap}all tables as restrictive for update, delete to a,b{gap}using ({sql}){gap}with check ({sql}) {because};")
        }),
        (plain_name(), any_gap(), any_sql(), any_treatment()).prop_map(|(name, gap, sql, treatment)| {
            format!("export {name} {{{gap}tables * except x;{gap} rows x({sql});{gap}class c =>{gap}{treatment}; a.b => {treatment};}}")
        }),
        (any_gap(), any_sql(), because()).prop_map(|(gap, sql, because)| {
            format!("test {}{gap}given t(a,b) values ({sql}),{gap}({sql}) as r with a.b f({sql}){gap}expect ({sql});", because.trim_start_matches("because "))
        }),
        (plain_name(), any_gap()).prop_map(|(name, gap)| format!("role {name}{gap}{{login;{gap}tenants own;in {name};{gap}}}workload{gap}w as {name};{gap}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_policy_is_read_and_formatted_without_change(statements in proptest::collection::vec((any_statement(), any_gap()), 1..6)) {
        let text: String = statements.iter().map(|(statement, gap)| format!("{statement}{gap}")).collect();
        let errors = parse(&text).diagnostics.into_iter().filter(|found| found.severity == Severity::Error).collect::<Vec<_>>();
        prop_assert!(errors.is_empty(), "{text}\n{}", findings(&text));
        check_format(&text);
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        parse(&text);
    }

    #[test]
    fn any_tokens_are_answered(tokens in proptest::collection::vec(proptest::sample::select(TOKENS.to_vec()), 0..60)) {
        let text = tokens.join(" ");
        let parsed = parse(&text);
        let sound = parsed.diagnostics.iter().all(|found| found.severity != Severity::Error);
        prop_assert_eq!(sound, syntax::format(&text).is_ok());
    }

    #[test]
    fn a_truncated_policy_is_answered(at in 0..WHOLE.len()) {
        if let Some(text) = WHOLE.get(..at) {
            parse(text);
        }
    }

    #[test]
    fn names_and_literals_arrive_as_written(name in unicode_name(), literal in any_text()) {
        let text = format!("class {} mask f({});", quoted(&name, '"'), quoted(&literal, '\''));
        let file = parse(&text).file;
        let [Statement::Class(class)] = file.statements.as_slice() else { panic!("{text}") };
        prop_assert_eq!(&class.name.text, &name);
        let TreatmentKind::Call(call) = &class.treatment.kind else { panic!("{text}") };
        prop_assert_eq!(&call.arguments[0].value.value, &ArgumentValue::Text(literal));
        let printed = syntax::treatment_text(&class.treatment);
        prop_assert!(!printed.contains('\n'), "{}", printed);
    }

    #[test]
    fn sql_ends_where_postgresql_says(sql in any_sql(), junk in "[a-z'\"$();/*\\\\ -]{0,12}") {
        let text = format!("class a mask ({sql}{junk}); class b keep;");
        let parsed = parse(&text);
        if parsed.diagnostics.is_empty() {
            let Some(Statement::Class(class)) = parsed.file.statements.first() else { panic!("{text}") };
            if let TreatmentKind::Expression(found) = &class.treatment.kind {
                prop_assert!(is_balanced(&found.text), "{}", text);
            }
        }
    }
}

/// PostgreSQL's own scanner sees as many opening as closing parentheses, and never more closing ones.
fn is_balanced(sql: &str) -> bool {
    // What it cannot scan (`$1a`), resolving refuses later.
    let Ok(scanned) = pg_query::scan(sql) else { return true };
    let mut depth = 0;
    for token in scanned.tokens {
        depth += match token.token() {
            pg_query::protobuf::Token::Ascii40 => 1,
            pg_query::protobuf::Token::Ascii41 => -1,
            _ => 0,
        };
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

const TOKENS: &[&str] = &[
    "class",
    "table",
    "export",
    "policy",
    "role",
    "test",
    "mask",
    "keep",
    "drop",
    "a",
    "\"b c\"",
    "*",
    "*_id",
    ";",
    ";",
    ",",
    "{",
    "}",
    "(",
    ")",
    "=>",
    "'x'",
    "because",
    "\"r\"",
    "when",
    "else",
    "json",
    "null",
    "1",
    "(x)",
    "rows",
    "tables",
    "--\n",
    "-- noren: allow N0101 because \"x\"\n",
    "in",
    "as",
    "$a$",
    "/*",
    "E'\\'",
    "\n",
    "ä",
    "\u{202E}",
    ":",
    ".",
    "scoped",
    "by",
    "orphans",
];

fn codes_of(text: &str) -> Vec<&'static str> {
    parse(text).diagnostics.iter().map(|found| found.code.id).collect()
}

#[test]
fn nesting_without_end_is_one_clear_error() {
    let deep = "(".repeat(10_000) + &")".repeat(10_000);
    assert_eq!(codes_of(&format!("class a mask ({deep}); class b keep;")), ["N0104"]);
    assert_eq!(codes_of(&format!("class a mask {};", "json { a mask ".repeat(10_000))), ["N0104"]);
    assert_eq!(codes_of(&format!("class a mask null {};", "when (x) else keep ".repeat(10_000))), ["N0104"]);
    assert_eq!(codes_of(&"(".repeat(100_000)), ["N0104"]);
    assert_eq!(codes_of(&"/*".repeat(100_000)), ["N0103"]);
    let fits = "(".repeat(120) + "x" + &")".repeat(120);
    assert!(codes_of(&format!("class a mask {fits};")).is_empty());
}

/// Lengths grow by ten and so may the time, with room for a busy machine.
#[test]
fn reading_and_formatting_are_linear() {
    let table = |index: usize| {
        format!(
            "table t_{index}, x_{index}_* {{\n  id, *_id keep;  -- a comment\n  email mask email(domain => 'e.x') because \"why\";\n  \
             j mask json {{ a.b keep; else drop; }};\n  memo mask (left(memo, 1) || '**') when (v = ')') else mask null;\n}}\n"
        )
    };
    let time = |count: usize| {
        let text: String = (0..count).map(table).collect();
        let start = cpu_time();
        assert!(parse(&text).diagnostics.is_empty());
        let read = cpu_time();
        syntax::format(&text).expect("formats");
        (text.len(), read.saturating_sub(start), cpu_time().saturating_sub(read))
    };
    time(50); // What is made once is not measured.
    let (small, large) = (time(200), time(2_000));
    assert!(large.0 > 400_000);
    assert!(large.1 < small.1 * 15 && large.2 < small.2 * 15, "{small:?} {large:?}");
}

/// What this thread has computed for, or the clock where that cannot be asked.
fn cpu_time() -> Duration {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let computed = schedstat.and_then(|text| text.split(' ').next()?.parse().ok());
    computed.map_or_else(|| SystemTime::UNIX_EPOCH.elapsed().expect("after 1970"), Duration::from_nanos)
}

#[test]
fn noise_is_answered_in_linear_time() {
    let noises = [
        "\0\u{1}\u{202E}",
        "'",
        "\"",
        "$a$ ",
        "$1 ",
        "/* ",
        "{ ",
        "} ",
        "; ",
        "a b;\n",
        "class x keep\n",
        "table a { x y z;\n",
        "rows (;\n",
        "-- noren: allow\n",
        "E'\\",
    ];
    for noise in noises {
        let text = noise.repeat(300_000 / noise.len());
        let start = std::time::Instant::now();
        let parsed = parse(&text);
        assert!(!parsed.diagnostics.is_empty(), "{noise:?}");
        assert!(start.elapsed().as_secs() < 60, "{noise:?}");
        let inside: String = format!("table t {{\n{text}");
        parse(&inside);
        assert!(start.elapsed().as_secs() < 120, "{noise:?} in a block");
    }
}

/// pest lets a bare word match the beginning of a longer one, so a word may stand in an atomic rule only.
#[test]
fn every_word_of_the_grammar_has_a_boundary() {
    use pest_meta::ast::{Expr, RuleType};
    let grammar = include_str!("../grammar/noren.pest");
    let pairs = pest_meta::parser::parse(pest_meta::parser::Rule::grammar_rules, grammar).expect("pest reads it");
    let rules = pest_meta::parser::consume_rules(pairs).expect("pest accepts it");
    let is_word = |text: &str| text.ends_with(|last: char| last.is_alphanumeric());
    let mut words = 0;
    for rule in rules {
        let loose = matches!(rule.ty, RuleType::Normal | RuleType::Silent | RuleType::NonAtomic);
        let bare: Vec<String> = rule
            .expr
            .iter_top_down()
            .filter_map(|part| match part {
                Expr::Str(text) | Expr::Insens(text) if is_word(&text) => Some(text),
                _ => None,
            })
            .collect();
        assert!(!loose || bare.is_empty(), "rule `{}` has the bare words {bare:?}", rule.name);
        if rule.name.starts_with("kw_") {
            words += 1;
            let Expr::Seq(word, boundary) = &rule.expr else {
                panic!("`{}` is no word and boundary: {:?}", rule.name, rule.expr)
            };
            assert_eq!(**word, Expr::Insens(rule.name["kw_".len()..].to_owned()), "`{}`", rule.name);
            assert_eq!(
                **boundary,
                Expr::NegPred(Box::new(Expr::Ident("ident_continue".to_owned()))),
                "`{}`",
                rule.name
            );
        }
    }
    assert!(words > 80, "{words}");
}

#[test]
fn each_syntax_code_has_an_input_that_raises_it_alone_and_one_that_is_clean() {
    for code in
        noren::diagnostic::codes::all().filter(|code| code.id.starts_with("N010") || code.id.starts_with("N011"))
    {
        let read = |side: &str| {
            let path = format!("{}/tests/cases/{}/{side}/policy.noren", env!("CARGO_MANIFEST_DIR"), code.id);
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        assert_eq!(codes_of(&read("bad")), [code.id], "{}", findings(&read("bad")));
        assert_eq!(findings(&read("good")), "", "{}", code.id);
        check_format(&read("good"));
    }
}

/// Every independent error of one file at once, and what is right is kept.
#[test]
fn all_errors_of_a_file_are_told_in_one_run() {
    let text = "clas a keep;
class c keep because 'x';
class d keep
class e email(domain);
table users {
  scopd by tenant_id;
  rows keep;
  id, x keep
  z maks null;
  t : (double precision) keep;
  good keep;
}
role r { logn; tenants none; }
/* c */
export e { tabels *; rows (x > (1); tables *; }
table b { a keep;
grant all on x too app;
class last keep;
";
    let expected = "\
N0102 1:1 expected a statement, found `clas` | did you mean `class`?
N0101 2:22 expected a reason in double quotes, found `'x'` | a reason stands in double quotes: `\"x\"`
N0101 4:1 expected `;`, `,`, `because` or `when`, found `class` | end what stands before with `;`
N0101 4:14 expected `;`, `,`, `because` or `when`, found `(` | a mask is written `mask email(…)`, a SQL expression `mask (…)`
N0102 6:3 expected `scoped`, found `scopd` | did you mean `scoped`?
N0101 7:8 expected `(` and a SQL expression, found `keep` | `rows (…)` says which rows leave; a column of that name is written `\"rows\"`
N0101 9:3 expected `;`, `,`, `because` or `when`, found `z` | end what stands before with `;`
N0102 9:5 expected `mask`, found `maks` | did you mean `mask`?
N0101 10:15 expected `,` or `)`, found `precision` | write the type by its one-word name, `float8`
N0102 13:10 expected `login`, found `logn` | did you mean `login`?
N0101 13:24 expected `all` or `own`, found `none` | write `all` here
N0101 14:1 expected a statement, found `/*` | comments begin with `--`
N0103 15:27 expected `)`, found no end of what `(` opens | close it with `)`
N0103 16:9 expected `}`, found no end of what `{` opens | close it with `}`
N0102 17:16 expected `to`, found `too` | did you mean `to`?
";
    assert_eq!(findings(text), expected);
    let kept = parse(text).file.statements;
    assert!(matches!(kept.last(), Some(Statement::Class(class)) if class.name.text == "last"), "{kept:?}");
}

/// The statements on the page for users are read; rules of columns stand there alone and get a table around them. A block
/// that names its language holds another one.
#[test]
fn every_example_of_the_language_page_is_read_and_formatted() {
    let page = include_str!("../docs/language.md");
    let blocks = page.split("```").skip(1).step_by(2);
    let examples: Vec<&str> = blocks.filter(|block| block.starts_with('\n')).collect();
    assert!(examples.len() > 15, "{}", examples.len());
    for example in examples {
        let example = example.replace("{ … }", "{ }");
        let whole = if parse(&example).diagnostics.is_empty() { example } else { format!("table t {{\n{example}}}") };
        assert_eq!(findings(&whole), "", "{whole}");
        check_format(&whole);
    }
}
