//! Doors by which an unmasked value would leave, or a weaker treatment would come in unseen: each policy is
//! refused with the code beside it, and its twin that differs in one place is not.

use noren::compiler;
use noren::diagnostic::{Diagnostic, Severity};
use noren::project;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support;

const SCHEMA: &str = "
CREATE TABLE public.people (
    id integer NOT NULL,
    email text,
    email_lower text GENERATED ALWAYS AS (lower(email)) STORED,
    doc jsonb,
    points integer
);
CREATE TABLE public.shops (id integer NOT NULL);
CREATE TABLE public.visits (id integer NOT NULL, of_id integer, mail text);
ALTER TABLE ONLY public.people ADD CONSTRAINT people_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.shops ADD CONSTRAINT shops_pkey PRIMARY KEY (id);
";
const TWO_KEYS: &str = "
ALTER TABLE ONLY public.visits ADD CONSTRAINT visits_people FOREIGN KEY (of_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.visits ADD CONSTRAINT visits_shops FOREIGN KEY (of_id) REFERENCES public.shops(id);
";
const GENERATED_KEY: &str = "
ALTER TABLE ONLY public.people ADD CONSTRAINT people_email_key UNIQUE (email_lower);
ALTER TABLE ONLY public.visits ADD CONSTRAINT visits_mail FOREIGN KEY (mail) REFERENCES public.people(email_lower);
";
/// What every policy here says; `EMAIL` and the rest are put in by the case.
const REST: &str = "
setting noren.mask_key text secret;
table people { id, points keep; }
table shops { id keep; }
table visits { id, of_id keep; }
";
const EXPORT: &str = "export developers { tables *; }\n";

/// Errors and warnings.
fn findings(schema: &str, policy: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/default/noren.toml");
    fs::copy(default, folder.path().join("noren.toml")).unwrap();
    fs::write(folder.path().join("schema.sql"), schema).unwrap();
    fs::write(folder.path().join("policy.noren"), policy).unwrap();
    let loaded = project::load(folder.path());
    let project = loaded.project.expect("a whole project");
    let compiled = compiler::compile(&loaded.sources, &project);
    compiled.diagnostics.into_iter().filter(|found| found.severity != Severity::Note).collect()
}

fn codes(schema: &str, policy: &str) -> Vec<String> {
    let mut codes: Vec<String> = findings(schema, policy).iter().map(|found| found.code.id.to_owned()).collect();
    codes.dedup();
    codes
}

fn refused(code: &str, schema: &str, policy: &str) {
    assert_eq!(codes(&format!("{SCHEMA}{schema}"), policy), [code], "{policy}");
}

fn fine(schema: &str, policy: &str) {
    assert!(codes(&format!("{SCHEMA}{schema}"), policy).is_empty(), "{policy}");
}

/// `people.email` and `people.doc` as given, `visits.mail` removed.
fn with(email: &str, doc: &str) -> String {
    format!("{REST}table people {{ email {email}; doc {doc}; }} table visits {{ mail mask null; }} {EXPORT}")
}

#[test]
fn an_expression_that_shows_its_column_is_no_mask() {
    let below = "table * { email mask null; }\n";
    let masks = "mask same(value text) returns text total yes = (value);\nclass open keep because \"it is public\";\n";
    for email in [
        "mask (email)",
        "mask ((email)::varchar)",
        "mask (coalesce(email, ''))",
        "mask (left(email, 1000))",
        "mask (email || '')",
        "mask (lower(email))",
        "mask (substr(email, 1))",
        "mask (case when points > 1 then email else '' end)",
        "mask same()",
        "keep when (points > 1) else mask null",
        "mask null when (points > 1) else mask (email)",
    ] {
        let policy = |email: &str| format!("{below}{masks}{}", with(email, "mask null"));
        refused("N0304", "", &policy(email));
        fine("", &policy(&format!("{email} because \"it is public\"")));
    }
    fine("", &format!("{below}{masks}{}", with("open when (points > 1) else mask null", "mask null")));
    fine("", &format!("{below}{masks}{}", with("mask (left(email, 1) || '**')", "mask null")));
}

#[test]
fn a_glob_that_shows_a_column_keeps_it() {
    let policy = |mask: &str| {
        format!("{REST}table people {{ email*, doc mask null; }} table visits {{ mai* {mask}; }} {EXPORT}")
    };
    refused("N0305", "", &policy("mask (mail)"));
    refused("N0305", "", &policy("mask (mail || '')"));
    fine("", &policy("mask (left(mail, 1))"));
}

#[test]
fn an_override_that_shows_a_column_is_weaker() {
    let policy = |given: &str| {
        format!(
            "{REST}class address mask null;\ntable people {{ email address; doc mask null; }}\n\
             table visits {{ mail mask null; }}\nexport developers {{ tables *; {given}; }}"
        )
    };
    for given in ["class address => mask (email)", "people.email => mask (upper(email))", "people.email => keep"] {
        refused("N0304", "", &policy(given));
        fine("", &policy(&format!("{given} because \"they may see it\"")));
    }
}

#[test]
fn a_class_has_an_end() {
    for class in [
        "class a b when (points > 1) else mask null; class b a when (points > 1) else mask null;",
        "class a mask json { x a; else drop; };",
        "class a a;",
    ] {
        let found = codes(SCHEMA, &format!("{class}{}", with("mask null", "a")));
        assert_eq!(found, ["N0213"], "{class}");
    }
    let given = format!("class a mask null;{}", with("mask null", "a"))
        .replace(EXPORT, "export developers { tables *; class a => mask json { x a; else drop; }; }");
    refused("N0213", "", &given);
}

#[test]
fn a_dropped_column_is_not_its_own_filling() {
    refused("N0414", "", &with("drop, fill (email)", "mask null"));
    refused("N0414", "", &with("drop, fill (email_lower)", "mask null"));
    fine("", &with("drop, fill (points::text)", "mask null"));
}

#[test]
fn a_generated_column_is_what_it_is_computed_from() {
    refused("N0414", "", &with("mask (left(email_lower, 1))", "mask null"));
    refused("N0414", "", &with("mask null", "mask (left(email_lower, 1))"));
    fine("", &with("keep", "mask (left(email_lower, 1))"));
    let treated = |treatment: &str| {
        with("mask null", "mask null")
            .replace(EXPORT, &format!("export developers {{ tables *; people.email_lower => {treatment}; }}"))
    };
    refused("N0308", "", &treated("keep because \"no\""));
    refused("N0308", "", &treated("mask null"));
}

#[test]
fn a_reference_to_a_generated_key_follows_its_sources() {
    let policy = |email: &str, mail: &str| {
        format!("{REST}table people {{ email {email}; doc mask null; }} table visits {{ mail {mail}; }} {EXPORT}")
    };
    refused("N0418", GENERATED_KEY, &policy("mask email()", "keep"));
    fine(GENERATED_KEY, &policy("keep", "keep"));
    fine(GENERATED_KEY, &policy("mask email()", "mask null"));
}

#[test]
fn a_column_that_references_two_keys_needs_one_treatment() {
    let policy = |people: &str, shops: &str| {
        format!(
            "setting noren.mask_key text secret;\nclass ids mask permute();\n\
             table people {{ id {people}; points keep; email, doc mask null; }}\n\
             table shops {{ id {shops}; }} table visits {{ id keep; mail mask null; }} {EXPORT}"
        )
    };
    refused("N0418", TWO_KEYS, &policy("mask permute()", "mask permute()"));
    refused("N0418", TWO_KEYS, &policy("ids", "keep"));
    refused("N0418", TWO_KEYS, &policy("keep", "ids").replace("visits { id", "visits { of_id, id"));
    fine(TWO_KEYS, &policy("ids", "ids"));
}

#[test]
fn what_stands_at_a_json_path_is_of_that_path() {
    let masks = "mask own(value text) returns text = (left(value, 1));\nmask same(value text) returns text = (value);\n\
                 class row mask (doc -> 'b');\n";
    for doc in ["own()", "same()"] {
        refused(
            "N0425",
            "",
            &format!("{masks}{}", with("mask null", &format!("mask json {{ a mask {doc}; else drop; }}"))),
        );
    }
    refused("N0425", "", &format!("{masks}{}", with("mask null", "mask json { a row; else drop; }")));
    fine("", &with("mask null", "mask json { a keep; else drop; }"));
}

#[test]
fn an_expression_stays_within_its_row() {
    for call in [
        "current_setting('noren.mask_key')",
        "query_to_xml('table people', true, true, '')::text",
        "pg_read_file(email)",
        "unnest(array[email, email])",
        "stddev(points)::text",
    ] {
        refused("N0409", "", &with(&format!("mask ({call})"), "mask null"));
    }
}

#[test]
fn a_proposed_line_can_be_pasted() {
    let types = "text|varchar(3)|varchar(40)|integer|uuid|jsonb|bytea|inet|text[]|public.mood|public.mail|tsvector|point|xml|date";
    let mut schema = "CREATE TYPE public.mood AS ENUM ('a', 'b');\n\
        CREATE DOMAIN public.mail AS text NOT NULL CHECK ((VALUE ~ '@'::text));\n"
        .to_owned();
    let mut number = 0;
    for kind in types.split('|') {
        for (name, end) in [("email", ""), ("\"Memo\"", " NOT NULL"), ("rows", " NOT NULL UNIQUE")] {
            // These have no operator that a unique index could use.
            if end.ends_with("UNIQUE") && ["point", "xml"].contains(&kind) {
                continue;
            }
            number += 1;
            let _ = writeln!(schema, "CREATE TABLE public.t{number} ({name} {kind}{end});");
        }
    }
    let policy = "setting noren.mask_key text secret;\nclass email mask email();\nexport developers { tables *; }\n";
    let found = findings(&schema, policy);
    assert_eq!(found.len(), number);
    let lines = found.iter().map(|found| {
        let help = found.help.as_deref().unwrap_or_default();
        help.strip_prefix("add `").and_then(|help| help.strip_suffix('`')).unwrap_or_else(|| panic!("{help}"))
    });
    let pasted = lines.fold(policy.to_owned(), |policy, line| policy + line + "\n");
    assert!(codes(&schema, &pasted).is_empty(), "{:?}\n{pasted}", codes(&schema, &pasted));
}

#[test]
fn a_proposed_constant_is_one_to_the_server() {
    let Some(server) = support::server(None) else { return };
    let database = support::Database::new(server, "proposed");
    let extension = "CREATE EXTENSION ltree WITH SCHEMA public;\n";
    let pair = "CREATE TYPE public.pair AS (a integer, b text);\n";
    database.sql(&[extension, pair].concat());
    let types = "text|integer[]|text[]|varchar(3)[]|int4range|datemultirange|json|jsonb[]|public.pair|bit(3)|varbit\
        |macaddr|pg_lsn|box|tsquery|xml|inet|\"char\"|name|regclass|public.ltree|public.ltree[]";
    for kind in types.split('|') {
        let schema = format!("{extension}{pair}CREATE TABLE public.t (c {kind} NOT NULL);\n");
        let policy = "export developers { tables *; }\n";
        let found = findings(&schema, policy);
        let help = found.first().and_then(|found| found.help.clone()).unwrap_or_else(|| panic!("{kind}: {found:?}"));
        let constant = help.split_once("constant('").and_then(|(_, rest)| rest.split_once("')"));
        if let Some((value, _)) = constant {
            database.sql(&format!("SELECT '{value}'::{kind}"));
        }
        let line = help.strip_prefix("add `").and_then(|help| help.strip_suffix('`')).unwrap();
        assert!(codes(&schema, &format!("{policy}{line}\n")).is_empty(), "{kind}: {line}");
    }
}

#[test]
fn a_constant_of_another_type_is_refused_before_a_server_does() {
    for (kind, value) in [("text[]", "****"), ("int4range", "****"), ("date", "****"), ("uuid", "*"), ("jsonb", "****")]
    {
        let schema = format!("CREATE TABLE public.t (c {kind});\n");
        let policy = format!("table t {{ c mask constant('{value}'); }}\nexport developers {{ tables t; }}\n");
        assert_eq!(codes(&schema, &policy), ["N0420"], "{kind}");
    }
}

#[test]
fn an_export_leaves_something_or_is_refused() {
    let schema = "CREATE TABLE public.t (id bigint NOT NULL, doc jsonb NOT NULL);\n";
    let rules = "table t { id keep; doc drop, fill ('{}'); }\n";
    for rest in ["* except *", "*; skip t because \"empty\""] {
        let policy = format!("{rules}export developers {{ tables {rest}; }}\n");
        assert_eq!(codes(schema, &policy), ["N0801"], "{rest}");
    }
    let internal = "table t { internal because \"x\"; }\nexport developers { tables *; }\n";
    assert_eq!(codes(schema, internal), ["N0801"]);
    let all = "export developers { tables *; }\n";
    assert!(codes(schema, &[rules, all].concat()).is_empty());
    let unreadable = rules.replace("'{}'", "'none'");
    assert_eq!(codes(schema, &[&unreadable, all].concat()), ["N0406"]);
}

#[test]
fn the_role_that_is_proposed_for_an_export_can_be_pasted() {
    let schema = "CREATE TABLE public.t (id bigint NOT NULL);\n";
    let policy = "table t { id keep; }\nexport developers { tables *; as exporter; }\n";
    let found = findings(schema, policy);
    let help = found.first().and_then(|found| found.help.clone()).unwrap();
    let line = help.strip_prefix("add `").and_then(|help| help.strip_suffix('`')).unwrap();
    assert!(codes(schema, &format!("{policy}{line}\n")).is_empty(), "{line}");
}

#[test]
fn what_a_partial_or_folded_index_cannot_lose_is_let_pass() {
    let schema = "CREATE TABLE public.t (id bigint NOT NULL, name text NOT NULL, token text, of bigint);\n\
        CREATE UNIQUE INDEX by_name ON public.t USING btree (lower((name)::text));\n\
        CREATE UNIQUE INDEX by_token ON public.t USING btree (token) WHERE (token IS NOT NULL);\n";
    let policy = |name: &str, token: &str| {
        format!(
            "setting noren.mask_key text secret;\ntable t {{ id, of keep; name mask {name}; token {token}; }}\n\
             export developers {{ tables t; }}\n"
        )
    };
    for token in ["drop", "mask null", "mask hash(length => 32)"] {
        assert!(codes(schema, &policy("hash(length => 32)", token)).is_empty(), "{token}");
        assert!(codes(schema, &policy("email()", token)).is_empty(), "{token}");
    }
    // Rows that were outside may come in here.
    let others = "CREATE UNIQUE INDEX others ON public.t USING btree (of) WHERE (token IS NULL);\n";
    assert_eq!(codes(&[schema, others].concat(), &policy("email()", "drop")), ["N0417"]);
    let words =
        "CREATE UNIQUE INDEX words ON public.t USING btree (of) WHERE ((token IS NOT NULL) AND (token <> ''::text));\n";
    assert_eq!(codes(&[schema, words].concat(), &policy("email()", "mask hash(length => 32)")), ["N0417"]);
    let cut = "CREATE UNIQUE INDEX cut ON public.t USING btree (lower(\"left\"(name, 3)));\n";
    assert_eq!(codes(&[schema, cut].concat(), &policy("email()", "drop")), ["N0417"]);
}

#[test]
fn what_a_key_is_computed_from_stays_apart() {
    let partial = "CREATE UNIQUE INDEX live ON public.visits USING btree (of_id) WHERE (mail IS NULL);";
    refused("N0417", partial, &with("mask null", "mask null"));
    fine(partial, &with("mask null", "mask null").replace("mail mask null", "mail keep"));
    let generated = "ALTER TABLE ONLY public.people ADD CONSTRAINT people_email_key UNIQUE (email_lower);";
    refused("N0404", generated, &with("mask constant('x')", "mask null"));
    fine(generated, &with("mask email()", "mask null"));
    fine(generated, &with("mask null", "mask null"));
}

#[test]
fn an_argument_is_given_once() {
    let mask = "mask first(value text, n int, m int = NULL) returns text total yes = (left(value, n));\n";
    refused("N0420", "", &format!("{mask}{}", with("mask first(1, n => 2)", "mask null")));
}

#[test]
fn a_condition_or_a_filter_that_can_fail_would_print_the_row() {
    refused(
        "N0412",
        "",
        &with("mask null when (doc::text::int > 1) else mask constant('-')", "keep because \"public\""),
    );
    fine("", &with("mask null when (points > 1) else mask constant('-')", "drop"));
    let filtered = |filter: &str| format!("{}table people {{ rows ({filter}); }}\n", with("mask null", "drop"));
    refused("N0412", "", &filtered("email::int > 1"));
    fine("", &filtered("points > 1"));
}

#[test]
fn a_mask_of_ones_own_takes_the_type_that_it_says() {
    let own = |kind: &str| {
        format!(
            "mask own(value {kind}) returns text total yes = (left(value::text, 1));\n{}",
            with("mask own()", "drop")
        )
    };
    for kind in ["bytea", "int", "text[]"] {
        refused("N0403", "", &own(kind));
    }
    for kind in ["text", "varchar", "citext"] {
        fine("", &own(kind));
    }
}

/// Each row of `stays` stays whole in its place; NULLs are distinct unless the index says otherwise.
#[test]
fn a_branch_that_gives_null_keeps_a_key_where_nulls_are_distinct() {
    let unique = |how: &str| format!("CREATE UNIQUE INDEX people_email ON public.people USING btree (email){how};\n");
    let policy = |email: &str| with(email, "drop");
    for email in ["mask null when (points > 1) else keep", "mask null when (points > 1) else mask hash(length => 32)"] {
        fine(&unique(""), &policy(email));
        refused("N0404", &unique(" NULLS NOT DISTINCT"), &policy(email));
    }
    refused("N0404", &unique(""), &policy("mask constant('x') when (points > 1) else keep"));
}

const PARTITIONS: &str = "
CREATE TABLE public.calls (id integer NOT NULL, at date NOT NULL, person integer) PARTITION BY RANGE (at);
CREATE TABLE public.calls_old (id integer NOT NULL, at date NOT NULL, person integer);
CREATE TABLE public.calls_new (id integer NOT NULL, at date NOT NULL, person integer);
ALTER TABLE ONLY public.calls ATTACH PARTITION public.calls_old FOR VALUES FROM ('2000-01-01') TO ('2020-01-01');
ALTER TABLE ONLY public.calls ATTACH PARTITION public.calls_new FOR VALUES FROM ('2020-01-01') TO ('2040-01-01');
ALTER TABLE ONLY public.calls_new ADD CONSTRAINT calls_new_person FOREIGN KEY (person) REFERENCES public.people(id);
";

#[test]
fn a_key_of_one_partition_says_what_becomes_of_orphans() {
    let policy = |person: &str, more: &str| {
        let export = format!("export developers {{ tables *; {more} }}\n");
        with("mask null", "drop").replace(EXPORT, &format!("table calls {{ id, at keep; person {person}; }}\n{export}"))
    };
    fine(PARTITIONS, &policy("keep", ""));
    refused("N0804", PARTITIONS, &policy("keep", "rows people (points > 1);"));
    fine(PARTITIONS, &policy("keep, orphans null", "rows people (points > 1);"));
    fine(PARTITIONS, &policy("keep, orphans skip", "rows people (points > 1);"));
}

#[test]
fn a_path_that_is_kept_counts_as_kept() {
    let policy = |doc: &str| format!("table * {{ doc drop; }}\n{}", with("mask null", doc));
    refused("N0304", "", &policy("mask json { a keep; else drop; }"));
    refused("N0304", "", &policy("mask json { a.b keep; c mask null; else drop; }"));
    fine("", &policy("mask json { a keep because \"a colour\"; else drop; }"));
    fine("", &policy("mask json { a keep; else drop; } because \"a colour\""));
}
