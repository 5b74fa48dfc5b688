//! The printer and its guard: what is printed is what was meant, or nothing is printed.

use crate::support::{self, Database};
use noren::catalog::{DataType, QName, TriggerMode};
use noren::sql::{
    AlterTable, Condition, CopyCommand, CopyFormat, CopyOptions, CopySource, End, Expr, From, Ident, Isolation, Join,
    LockMode, Meta, Mismatch, Relation, Script, Select, SettingValue, ShellPart, SourceSql, Statement, TemporaryTable,
    Word,
};
use proptest::prelude::*;

fn text_type() -> DataType {
    DataType { name: QName::new("pg_catalog", "text"), modifiers: vec![], dimensions: 0 }
}

fn users() -> QName {
    QName::new("public", "users")
}

fn copy() -> CopyOptions {
    CopyOptions { format: CopyFormat::Text, header: true }
}

fn expression(of: &Expr) -> String {
    of.print().unwrap()
}

#[test]
fn a_masked_export_reads_as_a_dba_would_write_it() {
    let mut script = Script::new();
    let email = Expr::text("u")
        .op(
            "||",
            Expr::call(
                "left",
                [Expr::call("encode", [Expr::of("r", "email_hash"), Expr::text("hex")]), Expr::Integer(16)],
            ),
        )
        .op("||", Expr::text("@example.invalid"));
    let word = Select {
        columns: vec![(Expr::Star, None), (Expr::call("sha256", [Expr::column("email")]), Some("email_hash".into()))],
        from: vec![From::first(Relation::table(users()), "users")],
        barrier: true,
        ..Select::default()
    };
    let dictionary =
        Relation::Values((0..30).map(|i| vec![Expr::Integer(i), Expr::text(format!("word {i}"))]).collect());
    let query = Select {
        columns: vec![
            (Expr::of("r", "id"), Some("id".into())),
            (email.when(Expr::of("r", "email").is_not_null()), Some("email".into())),
            (Expr::Commented("pending review".into(), Box::new(Expr::of("d", "word"))), Some("name".into())),
            (
                Expr::Case(vec![(Expr::of("r", "vip"), Expr::text("yes"))], Some(Box::new(Expr::text("no"))))
                    .cast("varchar"),
                Some("order".into()),
            ),
        ],
        from: vec![
            From::first(Relation::Select(Box::new(word)), "r"),
            From {
                relation: dictionary,
                alias: "d".into(),
                columns: vec!["i".into(), "word".into()],
                join: Join::Left(
                    Expr::of("d", "i")
                        .op("=", Expr::call("get_byte", [Expr::of("r", "email_hash"), Expr::Integer(20)])),
                ),
            },
        ],
        condition: Some(Expr::And(vec![
            Expr::Source(SourceSql { text: "r.created_at > date '2025-01-01' -- recent\n".into() }),
            Expr::of("r", "deleted_at").is_null(),
        ])),
        order_by: vec![Expr::of("r", "email_hash")],
        ..Select::default()
    };
    script.comment("policies/users.noren:12  users.email is email");
    script
        .send(Statement::CopyTo { query, options: copy() }, End::File(Word::variable("dir").and("/public.users.tsv")));
    insta::assert_snapshot!(script.print().unwrap(), @r##"
-- policies/users.noren:12  users.email is email
COPY (
  SELECT
    r.id AS id,
    CASE
      WHEN r.email IS NOT NULL
        THEN 'u' || left(encode(r.email_hash, 'hex'), 16) || '@example.invalid'
    END AS email,
    -- pending review
    d.word AS name,
    (CASE WHEN r.vip THEN 'yes' ELSE 'no' END)::varchar AS "order"
  FROM (SELECT *, sha256(email) AS email_hash FROM public.users AS users OFFSET 0) AS r
  LEFT JOIN (VALUES
    (0, 'word 0'), (1, 'word 1'), (2, 'word 2'), (3, 'word 3'), (4, 'word 4'), (5, 'word 5'),
    (6, 'word 6'), (7, 'word 7'), (8, 'word 8'), (9, 'word 9'), (10, 'word 10'), (11, 'word 11'),
    (12, 'word 12'), (13, 'word 13'), (14, 'word 14'), (15, 'word 15'), (16, 'word 16'),
    (17, 'word 17'), (18, 'word 18'), (19, 'word 19'), (20, 'word 20'), (21, 'word 21'),
    (22, 'word 22'), (23, 'word 23'), (24, 'word 24'), (25, 'word 25'), (26, 'word 26'),
    (27, 'word 27'), (28, 'word 28'), (29, 'word 29')
  ) AS d (i, word)
    ON d.i = get_byte(r.email_hash, 20)
  WHERE (r.created_at > date '2025-01-01') AND r.deleted_at IS NULL
  ORDER BY r.email_hash
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :dir/public.users.tsv
"##);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn statements_print_as_postgresql_reads_them() {
    let table = || vec![(users(), false), (QName::new("Sales", "order"), true)];
    let statements = [
        Statement::Begin { isolation: Some(Isolation::RepeatableRead), read_only: true },
        Statement::Begin { isolation: None, read_only: false },
        Statement::Commit,
        Statement::Rollback,
        Statement::Lock { tables: table(), mode: LockMode::AccessShare },
        Statement::Set { local: true, name: "noren.tenant".into(), values: vec![SettingValue::Text("it's".into())] },
        Statement::Set {
            local: false,
            name: "search_path".into(),
            values: vec![SettingValue::Name("pg_catalog".into()), SettingValue::Name("pg_temp".into())],
        },
        Statement::Set { local: false, name: "standard_conforming_strings".into(), values: vec![SettingValue::On] },
        Statement::Set { local: false, name: "row_security".into(), values: vec![SettingValue::Off] },
        Statement::Set { local: false, name: "extra_float_digits".into(), values: vec![SettingValue::Integer(-15)] },
        Statement::Set { local: false, name: "datestyle".into(), values: vec![SettingValue::Default] },
        Statement::SetConstraints { deferred: true },
        Statement::SetConstraints { deferred: false },
        Statement::CreateTemporary(TemporaryTable {
            name: "noren_key".into(),
            columns: vec![
                ("value".into(), text_type(), true),
                (
                    "n".into(),
                    DataType { name: QName::new("pg_catalog", "int8"), modifiers: vec![], dimensions: 0 },
                    false,
                ),
            ],
            on_commit_drop: true,
        }),
        Statement::InsertValues {
            table: QName::new("pg_temp", "noren_key"),
            columns: vec!["value".into(), "n".into()],
            rows: vec![vec![Expr::text("a"), Expr::Integer(-1)], vec![Expr::text("b\\"), Expr::Null]],
        },
        Statement::InsertSelect {
            table: QName::new("pg_temp", "noren_key"),
            columns: vec!["value".into()],
            query: Select { columns: vec![(Expr::Variable("tenant".into()), None)], ..Select::default() },
        },
        Statement::Truncate { tables: table(), restart_identity: true },
        Statement::AlterTable {
            table: users(),
            only: false,
            action: AlterTable::Trigger("Audit".into(), TriggerMode::Always),
        },
        Statement::AlterTable { table: users(), only: true, action: AlterTable::ForceRowSecurity(false) },
        Statement::AlterTable {
            table: users(),
            only: false,
            action: AlterTable::Constraint { name: "users_fk".into(), deferrable: true, initially_deferred: true },
        },
        Statement::RestartSequence { sequence: QName::new("public", "users_id_seq"), with: Some(-5) },
        Statement::RestartSequence { sequence: QName::new("public", "users_id_seq"), with: None },
        Statement::Analyze(vec![users(), QName::new("Sales", "order")]),
        Statement::RefreshMaterializedView(QName::new("public", "totals")),
        Statement::DropTemporary("noren_key".into()),
        Statement::CopyFrom { table: users(), columns: vec!["id".into(), "user".into()], options: copy() },
        Statement::Do("\nBEGIN\n  RAISE NOTICE '%', $noren$ x $noren$;\nEND\n"),
    ];
    let mut script = Script::new();
    for statement in statements {
        script.run(statement);
    }
    insta::assert_snapshot!(script.print().unwrap(), @r##"
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
BEGIN;
COMMIT;
ROLLBACK;
LOCK TABLE public.users, ONLY "Sales"."order" IN ACCESS SHARE MODE;
SET LOCAL noren.tenant = 'it''s';
SET search_path = pg_catalog, pg_temp;
SET standard_conforming_strings = on;
SET row_security = off;
SET extra_float_digits = -15;
SET datestyle = DEFAULT;
SET CONSTRAINTS ALL DEFERRED;
SET CONSTRAINTS ALL IMMEDIATE;
CREATE TEMPORARY TABLE pg_temp.noren_key (
  value text NOT NULL,
  n bigint
) ON COMMIT DROP;
INSERT INTO pg_temp.noren_key (value, n)
VALUES
  ('a', (-1)),
  ('b\', NULL);
INSERT INTO pg_temp.noren_key (value)
SELECT :'tenant';
TRUNCATE TABLE public.users, ONLY "Sales"."order" RESTART IDENTITY;
ALTER TABLE public.users ENABLE ALWAYS TRIGGER "Audit";
ALTER TABLE ONLY public.users NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.users ALTER CONSTRAINT users_fk DEFERRABLE INITIALLY DEFERRED;
ALTER SEQUENCE public.users_id_seq RESTART WITH -5;
ALTER SEQUENCE public.users_id_seq RESTART;
ANALYZE public.users, "Sales"."order";
REFRESH MATERIALIZED VIEW public.totals;
DROP TABLE pg_temp.noren_key;
COPY public.users (id, "user") FROM STDIN WITH (FORMAT text, HEADER MATCH);
DO LANGUAGE plpgsql $noren_1$
BEGIN
  RAISE NOTICE '%', $noren$ x $noren$;
END
$noren_1$;
"##);
}

#[test]
fn types_print_by_their_sql_names() {
    let printed = |name: &str, modifiers: &[i32], dimensions: u8| {
        expression(&Expr::Null.cast_to(DataType {
            name: QName::new("pg_catalog", name),
            modifiers: modifiers.to_vec(),
            dimensions,
        }))
    };
    assert_eq!(printed("int4", &[], 0), "NULL::integer");
    assert_eq!(printed("float8", &[], 1), "NULL::double precision[]");
    assert_eq!(printed("varchar", &[20], 2), "NULL::varchar(20)[][]");
    assert_eq!(printed("numeric", &[18, -2], 0), "NULL::numeric(18, -2)");
    assert_eq!(printed("timestamptz", &[3], 0), "NULL::timestamptz(3)");
    assert_eq!(printed("bpchar", &[], 0), "NULL::bpchar");
    assert_eq!(printed("bpchar", &[4], 0), "NULL::char(4)");
    assert_eq!(printed("bit", &[], 0), "NULL::pg_catalog.\"bit\"");
    assert_eq!(printed("char", &[], 0), "NULL::\"char\"");
    let own = DataType { name: QName::new("public", "Mood"), modifiers: vec![], dimensions: 0 };
    assert_eq!(expression(&Expr::Null.cast_to(own)), "NULL::public.\"Mood\"");
}

#[test]
fn parentheses_stand_where_they_are_needed() {
    let (a, b, c) = (|| Expr::column("a"), || Expr::column("b"), || Expr::column("c"));
    let cases = [
        (a().op("||", b()).op("||", c()), "a || b || c"),
        (a().op("-", b().op("-", c())), "a - (b - c)"),
        (a().op("+", b()).op("*", c()), "(a + b) * c"),
        (a().op("=", b()).op("=", c()), "(a = b) = c"),
        (a().op("+", b()).cast("int8"), "(a + b)::bigint"),
        (Expr::Integer(-1).cast("int8"), "(-1)::bigint"),
        (Expr::Integer(i64::MIN), "(-9223372036854775808)::bigint"),
        (Expr::Decimal("-1.50".into()), "(-1.50)"),
        (Expr::Not(Box::new(a().op("=", b()))), "NOT (a = b)"),
        (Expr::And(vec![Expr::Or(vec![a(), b()]), c()]), "(a OR b) AND c"),
        (Expr::And(vec![]), "true"),
        (Expr::Or(vec![a()]), "a"),
        (a().op("=", b()).is_null(), "(a = b) IS NULL"),
        (Expr::IsTrue(Box::new(a().op("IS DISTINCT FROM", b()))), "(a IS DISTINCT FROM b) IS TRUE"),
        (Expr::Case(vec![(a(), b())], None).cast("text"), "(CASE WHEN a THEN b END)::text"),
        (Expr::Array(vec![a(), Expr::Null], text_type()), "ARRAY[a, NULL]::text[]"),
        (Expr::Array(vec![], text_type()), "ARRAY[]::text[]"),
        (Expr::Subscript(Box::new(Expr::call("f", [])), Box::new(Expr::Integer(1))), "(f())[1]"),
        (Expr::Field(Box::new(a()), "B".into()), "(a).\"B\""),
        (Expr::Extract("epoch", Box::new(a())), "extract(epoch FROM a)"),
        (Expr::Any(Box::new(a()), "=", Box::new(Expr::Array(vec![b()], text_type()))), "a = ANY (ARRAY[b]::text[])"),
        (Expr::OperatorOf(Box::new(a()), "public".into(), "=", Box::new(b())), "a OPERATOR(public.=) b"),
        (Expr::Aggregate("string_agg".into(), vec![a(), Expr::text("")], vec![b()]), "string_agg(a, '' ORDER BY b)"),
        (Expr::call("coalesce", [a(), b()]), "coalesce(a, b)"),
        (Expr::Collate(Box::new(a()), QName::new("pg_catalog", "C")), "a COLLATE pg_catalog.\"C\""),
    ];
    for (built, expected) in cases {
        assert_eq!(expression(&built), expected);
    }
}

#[test]
fn a_user_s_expression_keeps_its_tokens() {
    let printed = |text: &str| expression(&Expr::Source(SourceSql { text: text.into() }));
    assert_eq!(printed("a[1:n]"), "(a[1: n])");
    assert_eq!(printed("a -- why\n + 1"), "(a + 1)");
    assert_eq!(
        printed(r"x = 'c:\' or y = E'\x41' or z = B'01' or d = $q$ a  b $q$ and 0xFF > a$b"),
        r"(x = 'c:\' or y = E'\x41' or z = B'01' or d = $q$ a  b $q$ and 0xFF > a$b)"
    );
    insta::assert_snapshot!(printed(
        "case when status = 'closed' and amount > 1_000 then left(title, 2) || '**' when x->-1 is null then U&'\\0441' else \"Odd name\" end"
    ), @r##"
(
  case
    when status = 'closed'
    and amount > 1_000 then left(title, 2) || '**'
    when x ->-1 is null then U&'\0441'
    else "Odd name"
  end
)
"##);
}

#[test]
fn what_psql_would_change_is_refused_or_set_apart() {
    let mut script = Script::new();
    script.meta(Meta::Set("ON_ERROR_STOP".into(), vec![Word::text("on")]));
    script.meta(Meta::Set("path".into(), vec![Word::text(r"it's c:\ :dir"), Word::variable("dir").and("name")]));
    script.meta(Meta::Set(
        "digest".into(),
        vec![Word::shell(vec![
            ShellPart::Code("sha256sum "),
            ShellPart::Variable("path".into()),
            ShellPart::Code(" "),
            ShellPart::Argument("a'b".into()),
        ])],
    ));
    insta::assert_snapshot!(script.print().unwrap(), @r##"
\set ON_ERROR_STOP on
\set path 'it''s c:\\ :dir' :dir'name'
\set digest `sha256sum :'path' 'a'\''b'`
"##);
    for bad in ["a`b", "x:name", "x:'name'", "x:{?y}"] {
        let mut script = Script::new();
        script.meta(Meta::Set("x".into(), vec![Word::shell(vec![ShellPart::Argument(bad.into())])]));
        assert!(matches!(script.print(), Err(Mismatch::Unprintable(_))), "{bad}");
    }
}

#[test]
fn the_guard_sees_what_is_not_what_was_meant() {
    let source = |text: &str| {
        Statement::Select(Select {
            columns: vec![(Expr::Source(SourceSql { text: text.into() }), None)],
            ..Select::default()
        })
    };
    for bad in ["1); DROP TABLE users; SELECT (2", "'open", "$$ open", "/* open", "1, 2 FROM", ")", "1 \\g x"] {
        assert!(source(bad).print().is_err(), "{bad}");
    }
    let decimal = |digits: &str| Expr::Decimal(digits.into()).print();
    assert!(decimal("1.5").is_ok());
    assert!(decimal("1.5 + 2").is_err());
    assert!(decimal("1)").is_err());
    assert!(Expr::column("").print().is_err());
    assert!(Expr::column(&"a".repeat(64)).print().is_err());
    assert!(Expr::text("a\0b").print().is_err());
    assert!(Expr::text("a\rb").print().is_err());
    assert!(Expr::column("a\nb").print().is_err());
}

/// Text that tries to be something else.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("'".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("$$".to_owned()),
        Just("$noren$".to_owned()),
        Just("--".to_owned()),
        Just("/*".to_owned()),
        Just("*/".to_owned()),
        Just(";".to_owned()),
        Just(":".to_owned()),
        Just("\n".to_owned()),
        Just("\t".to_owned()),
        Just("select".to_owned()),
        Just("user".to_owned()),
        Just(":'x'".to_owned()),
        Just("U&".to_owned()),
        Just("E".to_owned()),
        Just("名前".to_owned()),
        Just("😀".to_owned()),
        Just("\u{202e}".to_owned()),
        "[a-zA-Z0-9_ ]{0,20}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Names and strings in PostgreSQL's own parse tree.
fn strings_of(sql: &str) -> (Vec<String>, Vec<String>) {
    use pg_query::protobuf::a_const::Val;
    let tree = pg_query::parse(sql, 0).unwrap();
    assert_eq!(tree.protobuf.stmts.len(), 1, "{sql}");
    let Some(pg_query::NodeEnum::SelectStmt(select)) = tree.protobuf.stmts[0].stmt.as_ref().unwrap().node.clone()
    else {
        panic!("{sql}")
    };
    let (mut names, mut values) = (vec![], vec![]);
    for target in &select.target_list {
        let Some(pg_query::NodeEnum::ResTarget(target)) = target.node.clone() else { panic!("{sql}") };
        names.push(target.name.clone());
        if let Some(pg_query::NodeEnum::AConst(value)) = target.val.unwrap().node
            && let Some(Val::Sval(text)) = value.val
        {
            values.push(text.sval);
        }
    }
    (names, values)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_name_string_and_comment_is_itself_or_refused(name in hostile(), value in hostile(), comment in hostile()) {
        let select = Select {
            columns: vec![(Expr::Commented(comment.clone(), Box::new(Expr::text(value.clone()))), Some(Ident(name.clone())))],
            ..Select::default()
        };
        let fits = |text: &str, allowed: &[char]| !text.chars().any(|letter| letter.is_control() && !allowed.contains(&letter));
        let printable = fits(&name, &[]) && !name.is_empty() && name.len() <= 63 && fits(&value, &['\n', '\t']) && fits(&comment, &[]);
        match Statement::Select(select).print() {
            Ok(sql) => {
                prop_assert!(printable);
                prop_assert_eq!(strings_of(&sql), (vec![name], vec![value]));
            }
            Err(_) => prop_assert!(!printable),
        }
    }

    #[test]
    fn parentheses_left_out_change_nothing(built in any_expression()) {
        let printed = expression(&built);
        let explicit = expression(&explicit(&built));
        let tree = |sql: &str| pg_query::parse(&format!("SELECT {sql}"), 0).unwrap().deparse(pg_query::DeparseOptions::default()).unwrap();
        prop_assert_eq!(tree(&printed), tree(&explicit), "{} against {}", printed, explicit);
    }

    #[test]
    fn a_user_s_expression_is_never_changed(parts in prop::collection::vec(prop::sample::select(SOURCE_PARTS), 1..30)) {
        let text = parts.join(" ");
        prop_assume!(pg_query::scan(&text).is_ok());
        let tidied = noren::sql::tidy(&text);
        prop_assert_eq!(tokens(&text), tokens(&tidied));
    }
}

fn tokens(text: &str) -> Vec<&str> {
    let place = |at: i32| usize::try_from(at).unwrap();
    pg_query::scan(text).unwrap().tokens.iter().map(|token| &text[place(token.start)..place(token.end)]).collect()
}

const SOURCE_PARTS: &[&str] = &[
    "a",
    "\"Odd\"",
    "a$b",
    "'c:\\'",
    "E'\\''",
    "B'1010'",
    "U&'\\0441'",
    "1_000",
    "0xFF",
    "1.5e3",
    "->-",
    "#>>",
    "@>",
    "?|",
    "||",
    "(",
    ")",
    ",",
    "case",
    "when",
    "then",
    "end",
    "select",
    "from",
    "$q$ a  b $q$",
    "$1",
    "::uuid",
    "[1:2]",
    "and",
    "or",
    "not",
    "in",
    "\n",
];

fn any_expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        prop::sample::select(&["a", "b", "Select"][..]).prop_map(Expr::column),
        (-5_i64..5).prop_map(Expr::Integer),
        "[a-z']{0,3}".prop_map(Expr::Text),
        Just(Expr::Null),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operator = prop::sample::select(
            &["||", "+", "-", "*", "/", "%", "#", "&", "<<", "=", "<", "<>", "->", "IS DISTINCT FROM", "LIKE"][..],
        );
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(left, op, right)| left.op(op, right)),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expr::Or),
            inner.clone().prop_map(|expr| Expr::Not(Box::new(expr))),
            (inner.clone(), any::<bool>()).prop_map(|(expr, null)| Expr::IsNull(Box::new(expr), null)),
            inner.clone().prop_map(|expr| Expr::IsTrue(Box::new(expr))),
            inner.clone().prop_map(|expr| expr.cast("int4")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(when, then, other)| Expr::Case(vec![(when, then)], Some(Box::new(other)))),
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| Expr::call("coalesce", items.into_iter().chain([Expr::Null]))),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| Expr::Any(Box::new(left), "=", Box::new(right))),
            inner.clone().prop_map(|expr| Expr::Subscript(Box::new(expr), Box::new(Expr::Integer(1)))),
            inner.clone().prop_map(|expr| Expr::Field(Box::new(expr), "f".into())),
            inner.prop_map(|expr| Expr::Collate(Box::new(expr), QName::new("pg_catalog", "C"))),
        ]
    })
}

/// The same expression with a call of its own around every operand: no precedence can matter. The calls are taken
/// out again by comparing with the same calls put in by hand, so both sides are wrapped and only one is explicit.
fn explicit(of: &Expr) -> Expr {
    let wrap = |inner: &Expr| Box::new(paren(&explicit(inner)));
    match of {
        Expr::Operator(left, op, right) => Expr::Operator(wrap(left), op, wrap(right)),
        Expr::And(items) => Expr::And(items.iter().map(|item| *wrap(item)).collect()),
        Expr::Or(items) => Expr::Or(items.iter().map(|item| *wrap(item)).collect()),
        Expr::Not(inner) => Expr::Not(wrap(inner)),
        Expr::IsNull(inner, null) => Expr::IsNull(wrap(inner), *null),
        Expr::IsTrue(inner) => Expr::IsTrue(wrap(inner)),
        Expr::Cast(inner, to) => Expr::Cast(wrap(inner), to.clone()),
        Expr::Any(left, op, right) => Expr::Any(wrap(left), op, wrap(right)),
        Expr::Subscript(inner, index) => Expr::Subscript(wrap(inner), index.clone()),
        Expr::Field(inner, field) => Expr::Field(wrap(inner), field.clone()),
        Expr::Collate(inner, name) => Expr::Collate(wrap(inner), name.clone()),
        Expr::Case(branches, other) => Expr::Case(
            branches.iter().map(|(when, then)| (*wrap(when), *wrap(then))).collect(),
            other.as_ref().map(|other| wrap(other)),
        ),
        Expr::Call(schema, name, items) => {
            Expr::Call(schema.clone(), name.clone(), items.iter().map(|item| *wrap(item)).collect())
        }
        other => other.clone(),
    }
}

/// Parentheses are a user's expression: printed as given, inside its own pair.
fn paren(inner: &Expr) -> Expr {
    Expr::Source(SourceSql { text: inner.print().unwrap() })
}

#[test]
fn psql_reads_arguments_as_they_were_meant() {
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "psql");
    let hostile = [
        "plain",
        "",
        " ",
        "it's",
        r"c:\dir\n",
        ":tenant",
        ":'tenant'",
        ":\"tenant\"",
        ":{?tenant}",
        "`echo leaked`",
        "|cat",
        "-n",
        "\\",
        "'",
        "\"",
        "line\nline\ttab",
        "$(echo leaked)",
        "名前 😀",
        "\\echo x",
        "a'\\''b",
        "--",
        "/*",
        ";",
        "%",
    ];
    let mut script = Script::new();
    script.meta(Meta::Set("tenant".into(), vec![Word::text("leaked")]));
    for text in hostile {
        // As psql's own argument, in a query as a literal of ours, as a variable's value, and through the shell.
        script.meta(Meta::Set("x".into(), vec![Word::text(text)]));
        script.meta(Meta::Set(
            "y".into(),
            vec![Word::shell(vec![ShellPart::Code("printf %s "), ShellPart::Variable("x".into())])],
        ));
        let columns = [Expr::Variable("x".into()), Expr::text(text), Expr::Variable("y".into())]
            .map(|value| (Expr::call("quote_literal", [value]), Some(Ident::from("Select : x"))));
        script.run(Statement::Select(Select { columns: columns.to_vec(), ..Select::default() }));
    }
    let quoted = |text: &str| database.value(&format!("SELECT quote_literal({})", expression(&Expr::text(text))));
    // psql puts no value with a newline into a shell command, but leaves the variable's name there.
    let shelled = |text: &str| if text.contains('\n') { quoted(":x") } else { quoted(text) };
    let expected: Vec<String> =
        hostile.iter().map(|text| [quoted(text), quoted(text), shelled(text)].join("|")).collect();
    assert_eq!(database.sql(&script.print().unwrap()).trim_end(), expected.join("\n"));
}

#[test]
fn psql_runs_what_a_script_says() {
    let Some(server) = support::server(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let database = Database::new(server, "psql");
    database.sql("CREATE TABLE public.\"Odd :name's\" (id int, \"user\" text, \"a\"\"b\" text)");
    let table = QName::new("public", "Odd :name's");
    let columns: Vec<Ident> = vec!["id".into(), "user".into(), "a\"b".into()];
    let row = vec![Expr::Integer(1), Expr::text("it's :x"), Expr::text("tab\there")];
    let file = folder.path().join("it's here.tsv");
    let file = file.to_str().unwrap();
    let query = Select {
        columns: columns.iter().map(|column| (Expr::Column(None, column.clone()), Some(column.clone()))).collect(),
        from: vec![From::first(Relation::table(table.clone()), "t")],
        ..Select::default()
    };
    let mut script = Script::new();
    script.meta(Meta::Set("dir".into(), vec![Word::text(folder.path().to_str().unwrap())]));
    script.run(Statement::InsertValues { table: table.clone(), columns: columns.clone(), rows: vec![row] });
    script.send(Statement::CopyTo { query, options: copy() }, End::File(Word::variable("dir").and("/it's here.tsv")));
    let read = |source: CopySource| {
        Meta::Copy(CopyCommand { table: table.clone(), columns: columns.clone(), source, options: copy() })
    };
    script.meta(read(CopySource::File(file.to_owned())));
    script.meta(read(CopySource::Program(format!("cat \"{file}\""))));
    let count = Select {
        columns: vec![(Expr::call("count", [Expr::Star]), Some("rows".into()))],
        from: vec![From::first(Relation::table(table.clone()), "t")],
        ..Select::default()
    };
    script.send(Statement::Select(count), End::Set(Some("found_".into())));
    script.meta(Meta::If(Condition::Defined("found_rows".into())));
    script.meta(Meta::Echo(vec![Word::variable("found_rows"), Word::text("rows: it's done")]));
    script.meta(Meta::Else);
    script.meta(Meta::Echo(vec![Word::text("nothing found")]));
    script.meta(Meta::EndIf);
    script.meta(Meta::Output(Some(Word::variable("dir").and("/report"))));
    script.meta(Meta::Qecho(vec![Word::text("done: it's"), Word::variable("found_rows")]));
    script.meta(Meta::Output(None));
    assert_eq!(database.sql(&script.print().unwrap()).trim(), "3 rows: it's done");
    assert_eq!(std::fs::read_to_string(folder.path().join("report")).unwrap(), "done: it's 3\n");
    assert_eq!(database.value("SELECT count(DISTINCT t) FROM public.\"Odd :name's\" AS t"), "1");
}
