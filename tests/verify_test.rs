//! `noren test`: what the policy's own tests may say, and how they fail.

use std::path::Path;
use std::process::Output;

use crate::support;

const SCHEMA: &str = "
CREATE TABLE public.companies (id uuid NOT NULL, name text);
ALTER TABLE ONLY public.companies ADD CONSTRAINT companies_pkey PRIMARY KEY (id);
CREATE TABLE public.papers (
  id bigint NOT NULL, tenant_id uuid NOT NULL, author bigint NOT NULL, status text DEFAULT 'open'::text
);
ALTER TABLE ONLY public.papers ADD CONSTRAINT papers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.papers ADD CONSTRAINT papers_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES public.companies(id);
CREATE INDEX papers_tenant ON public.papers USING btree (tenant_id, id);
";

const POLICY: &str = "
setting noren.mask_key text secret;
setting app.tenant_id uuid;
setting app.user_id bigint;
tenancy { root companies (id); column tenant_id; setting app.tenant_id; }
table companies { scoped by id; }
role app { login; }
grant select on papers to app where (author = app.user_id);
grant select on companies to app;
mask initials(value text, mark text = '.') returns text unique no total yes = (left(value, 1) || mark);
";

const TOML: &str = "[project]\nname = \"truths\"\nengine = \"postgresql\"\nversion = 15\nschema = [\"schema.sql\"]\n\
                    policies = [\"policy.noren\"]\n";

fn project(tests: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = format!("{POLICY}{tests}");
    for (name, text) in [("schema.sql", SCHEMA), ("policy.noren", &policy), ("noren.toml", TOML)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    support::run(support::noren().arg("-C").arg(folder).arg("test").args(arguments))
}

const TRUE: &str = "
test \"masks are called with the value first\"
  expect (mask.email('taro@corp.example', domain => 'example.test') like '%@example.test'
    and mask.initials('Taro') = 'T.' and mask.initials('Taro', mark => '!') = 'T!'
    and mask.truncate(date '2020-05-05', 'year') = date '2020-01-01'
    and mask.hash('a', 16) <> mask.hash('b', 16) and mask.hash('a', 16) = mask.hash('a', 16)
    and mask.fake_name('taro', 'en') is not null and mask.constant('x', 'y') = 'y');
test \"own papers only\"
  given papers (id, tenant_id, author) values (1, tenant('A'), sample('u1')), (2, tenant('A'), sample('u2')), (3, tenant('B'), sample('u1'))
  as app with app.tenant_id tenant('A'), app.user_id sample('u1')
  expect ((select array_agg(p.id) from papers p) = array[1::bigint] and (select p.author from papers p) = sample('u1'));
test \"the made rows are there\"
  as app with app.tenant_id tenant('A')
  expect ((select count(*) from companies c) = 1 and (select c.id from companies c) = tenant('A'));
";

#[test]
fn what_is_true_passes() {
    if support::server(None).is_none() {
        return;
    }
    let folder = project(TRUE);
    let output = run(folder.path(), &[]);
    support::succeeded(&output, "noren test");
    assert!(support::text(&output).contains("test       3 checks, 0 failed, 0 skipped"), "{}", support::text(&output));
    let one = run(folder.path(), &["masks are called with the value first"]);
    support::succeeded(&one, "noren test NAME");
    let text = support::text(&one);
    assert!(text.contains("test       1 check, 0 failed") && !text.contains("access"), "{text}");
    let none = run(folder.path(), &["own paper only"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(support::text(&none).contains("did you mean `own papers only`?"), "{}", support::text(&none));
}

#[test]
fn what_is_not_true_fails_and_shows_why() {
    if support::server(None).is_none() {
        return;
    }
    let folder = project(
        "
test \"a false one\" expect (mask.initials('Taro') = 'X.');
test \"a null one\" expect (null::boolean);
test \"an error\" expect (1 / (length('') ) = 1);
test \"not mine\"
  given papers (id, tenant_id, author) values (1, tenant('A'), 7)
  as app with app.tenant_id tenant('A'), app.user_id 8
  expect (exists (select from papers p));
test \"a refused row\" given papers (id, tenant_id, author) values ('x', tenant('A'), 7) expect (true);
",
    );
    let output = run(folder.path(), &[]);
    let text = support::text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for told in [
        "failed: test: a false one: is true\n  expected true, found false\n  left: `T.`\n  right: `X.`",
        "failed: test: a null one: is true\n  expected true, found NULL",
        "failed: test: an error: is true\n  expected true, the server refused: 22012",
        "failed: test: not mine: is true\n  expected true, found false",
        "failed: test: a refused row: is true\n  the rows of public.papers are refused: 22P02",
        "test       5 checks, 5 failed, 0 skipped",
    ] {
        assert!(text.contains(told), "expected {told:?} in {text}");
    }
}
