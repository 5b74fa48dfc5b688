//! `noren preview`: made-up values through the compiled SELECT, on a server of its own.

use super::{Project, noren, ran};
use crate::support::{self, root};

const SCHEMA: &str = r#"CREATE TYPE public.mood AS ENUM ('sad', 'very "happy"');
CREATE DOMAIN public.address AS varchar(80) CONSTRAINT a CHECK (VALUE <> 'x');
CREATE TYPE public.place AS (street text, city public.address);
CREATE TYPE public.span AS RANGE (subtype = numeric);
CREATE EXTENSION citext WITH SCHEMA public;
CREATE TABLE public.people (
    id bigint PRIMARY KEY,
    email public.citext NOT NULL,
    home public.address,
    mood public.mood,
    moods public.mood[],
    live public.place,
    spans public.span,
    name text NOT NULL,
    length int GENERATED ALWAYS AS (length(name)) STORED,
    boss bigint REFERENCES public.people (id),
    settings jsonb,
    "odd "" name" text
);
"#;

const POLICY: &str = r#"setting noren.mask_key text secret;

table people {
  id          mask permute;
  email       mask email;
  home        mask constant('-');
  mood        keep;
  moods, live, spans  keep because "harmless";
  name        mask partial(first => 1);
  boss        mask permute, orphans null;
  settings    mask json { contact.email mask email; theme keep; tags[*] mask constant('t'); else drop; };
  "odd "" name" drop;
}

export developers { tables *; rows people (id < 0); }
"#;

fn project() -> Project {
    let project = Project::new();
    project.write("schema.sql", SCHEMA);
    project.write("policy.noren", POLICY);
    project
}

/// RFC 2104 with the preview's key.
fn pseudonym(message: &str) -> String {
    let hex = crate::masks::reference("the key of noren preview, known to everybody", message);
    format!("u{}@example.invalid", &hex[..16])
}

#[test]
fn a_preview_is_the_compiled_select_over_made_up_rows() {
    if support::binaries(None).is_none() {
        return;
    }
    let project = project();
    let ran = project.run(&["preview", "people"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let masked = pseudonym("10:developers,26:column:public.people.email,5:value,emma.walker@example.org");
    let line = ran.out.lines().find(|line| line.contains("Emma.Walker@example.org ")).unwrap();
    assert!(line.ends_with(&format!("→  {masked}")), "{masked} in {line}");
    for shown in [
        "public.people in export developers",
        "山田 太郎     →  山****",
        "=  unchanged",
        "leave as they are: mood, ",
        "\"theme\"",
    ] {
        assert!(ran.out.contains(shown), "{shown} in {}", ran.out);
    }
    assert!(ran.out.contains("odd \" name\"  drop") || ran.out.contains("odd \" name  drop"), "{}", ran.out);
    assert!(ran.out.contains("the preview's own key") && ran.out.contains("private PostgreSQL"), "{}", ran.out);
    let json = ran.out.lines().filter(|line| line.contains("→") && line.contains("theme"));
    assert!(json.clone().count() > 3 && json.clone().all(|line| !line.contains("not_in_the_policy")), "{}", ran.out);
    assert_eq!(
        ran.out,
        project.run(&["preview", "public.people", "--export", "developers"]).out,
        "is not the same twice"
    );
}

#[test]
fn a_preview_takes_rows_from_a_file() {
    if support::binaries(None).is_none() {
        return;
    }
    let project = project();
    project.write(
        "rows.csv",
        "name,home,settings\n\"O'Brien, \"\"X\"\"\",,\"{\"\"theme\"\": 1, \"\"x\"\": 2}\"\nnew; DROP TABLE x;--,a,\n",
    );
    let ran = project.run(&["preview", "people", "--rows", "rows.csv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for shown in ["O'Brien, \"X\"", "→  O****", "n****", "{\"theme\": 1}", "a     →  -", "the rows of rows.csv"] {
        assert!(ran.out.contains(shown), "{shown} in {}", ran.out);
    }
    for (rows, message) in [
        ("nane\nx\n", "did you mean `name`?"),
        ("name\n", "expected a line of column names and rows below it"),
        ("name\n\"x\n", "line 2: expected a closing quote"),
        ("name,home\nx\n", "expected 2 fields as in the first line, found 1"),
        ("id\nx\n", "the private server refused"),
    ] {
        project.write("rows.csv", rows);
        let ran = project.run(&["preview", "people", "--rows", "rows.csv"]);
        assert!(ran.code == 2 && ran.err.contains(message) && ran.out.is_empty(), "{message} in {ran:?}");
    }
}

#[test]
fn what_cannot_be_previewed_is_told() {
    let project = project();
    let told = |arguments: &[&str], message: &str, code: i32| {
        let ran = project.run(arguments);
        assert!(ran.code == code && ran.err.contains(message) && ran.out.is_empty(), "{message} in {ran:?}");
    };
    told(&["preview", "peeple"], "did you mean `people`?", 2);
    told(&["preview", "a.b.c"], "write a table, for example `users`", 2);
    told(&["preview", "people", "--export", "developer"], "did you mean `developers`?", 2);
    told(&["preview", "people", "--rows", "none.csv"], "cannot read `none.csv`", 2);
    let without = ran(noren(project.folder.path()).env("NOREN_PG_BIN", "/nowhere").args(["preview", "people"]));
    assert_eq!(without.code, 2);
    assert!(
        without.err.contains("expected the server binaries of PostgreSQL") && without.err.contains("NOREN_PG_BIN"),
        "{}",
        without.err
    );
    project.write("policy.noren", "export developers { tables *; }\n");
    told(&["preview", "people"], "N0301", 1);
}

/// Tables of the samples, with their types, filters, orphans and expressions; all of them take minutes.
#[test]
fn tables_of_the_samples_have_a_preview() {
    if support::binaries(None).is_none() {
        return;
    }
    for sample in ["expense", "clinic", "storefront"] {
        let folder = root().join("policies").join(sample);
        let mut tables = std::collections::BTreeSet::new();
        for export in std::fs::read_dir(folder.join("generated/export")).unwrap() {
            let files = std::fs::read_dir(export.unwrap().path().join("tables")).unwrap();
            tables.extend(files.map(|file| quoted(file.unwrap().path().file_stem().unwrap().to_str().unwrap())));
        }
        let step = tables.len().div_ceil(3);
        for table in tables.into_iter().step_by(step) {
            let ran = ran(noren(&folder).args(["preview", &table]));
            assert!(ran.code == 0 && ran.out.contains("in export"), "{table}: {ran:?}");
        }
    }
}

/// `public.%e5…` as a name in SQL.
fn quoted(stem: &str) -> String {
    let decoded = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            let hex =
                (*first == b'%').then(|| u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            bytes.push(hex.unwrap_or(*first));
            rest = if hex.is_some() { &after[2..] } else { after };
        }
        String::from_utf8(bytes).unwrap()
    };
    stem.split('.').map(|part| format!("\"{}\"", decoded(part))).collect::<Vec<_>>().join(".")
}
