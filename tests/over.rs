//! Masks over arrays and ranges: what is in them is masked as a column of its type would be, over the shapes and
//! extremes that PostgreSQL allows, to the same bytes on every version. The rows go through `noren preview`, and so
//! through the compiled SELECT.

use crate::support;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const MANIFEST: &str = "[project]
name     = \"case\"
engine   = \"postgresql\"
version  = 14
schema   = [\"schema.sql\"]
policies = [\"*.noren\"]

[export.developers]
target = \"psql\"
";

/// Each value and what becomes of it, by the column's name.
pub(crate) type Found = BTreeMap<String, Vec<(String, String)>>;

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// One table named `t`, of which every column is shown for the rows given, on the server in a folder.
fn previewed(bin: &Path, schema: &str, policy: &str, rows: &str, more: &[(&str, &str)]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let policy = format!("setting noren.mask_key text secret;\n{policy}\nexport developers {{ tables *; }}\n");
    write(
        folder.path(),
        &[("noren.toml", MANIFEST), ("schema.sql", schema), ("policy.noren", &policy), ("rows.csv", rows)],
    );
    write(folder.path(), more);
    let output = Command::new(env!("CARGO_BIN_EXE_noren"))
        .current_dir(folder.path())
        .env("NOREN_PG_BIN", bin)
        .args(["preview", "t", "--rows", "rows.csv"])
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{err}");
    let mut found = Found::new();
    let mut column = String::new();
    let mut before: Option<String> = None;
    for line in out.lines() {
        let Some(value) = line.strip_prefix("    ") else {
            line.split("  ").next().unwrap_or_default().clone_into(&mut column);
            continue;
        };
        let split = value.find("→  ").or_else(|| value.find("=  unchanged"));
        let Some(at) = split else {
            before = Some(value.to_owned());
            continue;
        };
        let raw = before.take().unwrap_or_else(|| value[..at].trim_end().to_owned());
        let masked = value[at..].strip_prefix("→  ").map_or(raw.clone(), str::to_owned);
        found.entry(column.clone()).or_default().push((raw, masked));
    }
    found
}

/// The same on every version; what the first gives.
pub(crate) fn on_every_version(schema: &str, policy: &str, rows: &str, more: &[(&str, &str)]) -> Option<Found> {
    let mut first: Option<Found> = None;
    for bin in [support::binaries(None)?]
        .into_iter()
        .chain([14, 16, 17, 18].into_iter().filter_map(|major| support::binaries(Some(major))))
    {
        let found = previewed(&bin, schema, policy, rows, more);
        match &first {
            None => first = Some(found),
            Some(first) => assert_eq!(*first, found, "{}", bin.display()),
        }
    }
    first
}

const SCHEMA: &str = r"
CREATE TYPE public.span AS RANGE (subtype = float8);
CREATE DOMAIN public.mail AS text;
CREATE TABLE public.t (
  id bigint PRIMARY KEY, mails public.mail[], names varchar(40)[], ids bigint[], days date[], stay daterange,
  slots tstzrange, price int4range, wide int8range, amount numrange, f public.span, top int4range
);
";

const POLICY: &str = "table t {
  id keep; mails mask email; names mask fake_name('ja'); ids mask permute; days mask date_shift(by => id, days => 3);
  stay mask truncate('month'); slots mask date_shift(by => id, days => 30); price mask bucket(100);
  wide mask clamp(-5, 9223372036854775807); amount mask noise(by => id, ratio => 0.1); f mask noise(by => id, ratio => 0.1);
  top mask clamp(2147483640, 2147483647);
}";

const ROWS: &str = r#"id,mails,names,ids,days,stay,slots,price,wide,amount,f,top
1,"{a@b.test,NULL,a@b.test}","{""it's"",""\""q\"""",😀}","{-9223372036854775808,0,9223372036854775807}","{infinity,-infinity,4713-01-01 BC}","[2026-03-05,2026-03-20)","[2026-01-01,infinity)","[2147483646,2147483647)","[-9223372036854775808,9223372036854775807)","[-Infinity,NaN]","[-Infinity,Infinity]","[1,5)"
2,{},{},{},{},empty,empty,empty,empty,empty,empty,empty
3,"{{a,b},{c,d}}","[5:6]={a,b}","{NULL}","{5874897-12-31}","(,)","(,)","(,)","(,)","(,)","(,)","(,)"
4,"{""""}","{"" "",""line
two""}","{1,1,1}","{2024-02-29}","[5874897-12-30,5874897-12-31)","(-infinity,infinity)","(,-2147483648]","[-7,-6)","(1.5,1.5000000000000000001]","(1e-300,1e300)","[2147483646,2147483647)"
5,,,,,,,,,,,
"#;

#[test]
fn elements_and_bounds_are_masked_as_values_are() {
    let Some(found) = on_every_version(SCHEMA, POLICY, ROWS, &[]) else { return };
    let of = |column: &str| found[column].iter().map(|(_, masked)| masked.as_str()).collect::<Vec<_>>();
    for (column, values) in &found {
        assert_eq!(values.len(), 5, "{column}");
        assert_eq!(values[4], ("NULL".to_owned(), "NULL".to_owned()), "{column}");
        let (_, empty) = &values[1];
        assert!(empty == "{}" || empty == "empty", "{column} {empty}");
    }
    let mails = of("mails");
    let parts: Vec<&str> = mails[0].trim_matches(['{', '}']).split(',').collect();
    assert!(parts[0] == parts[2] && parts[0].ends_with("@example.invalid") && parts[1] == "NULL", "{mails:?}");
    assert!(mails[2].matches('@').count() == 4 && mails[3].matches('@').count() == 1, "{mails:?}");
    assert!(!mails.concat().contains("a@b.test"));
    assert_eq!(of("ids")[2], "{NULL}");
    let ids: Vec<&str> = of("ids")[3].trim_matches(['{', '}']).split(',').collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[0] != "1");
    assert!(of("days")[0].starts_with("{infinity,-infinity,\"47"), "{:?}", of("days"));
    assert_eq!(of("stay"), ["[2026-03-01,2026-03-02)", "empty", "(,)", "[294276-01-01,294276-01-02)", "NULL"]);
    assert_eq!(of("price"), ["[2147483600,2147483601)", "empty", "(,)", "(,-2147483648)", "NULL"]);
    assert_eq!(of("wide"), ["[-5,9223372036854775807)", "empty", "(,)", "[-5,-4)", "NULL"]);
    assert_eq!(of("top"), ["[2147483640,2147483641)", "empty", "(,)", "[2147483646,2147483647)", "NULL"]);
    assert!(of("f")[0].starts_with('[') && of("f")[3].starts_with('('), "{:?}", of("f"));
    for (column, values) in found.iter().filter(|(column, _)| *column != "wide" && *column != "top") {
        assert!(values.iter().any(|(raw, masked)| raw != masked), "{column} is not masked: {values:?}");
    }
}

#[test]
fn what_does_not_fit_an_element_or_a_bound_is_refused() {
    for (column, mask, code) in [
        ("varchar(20)[]", "email", "N0402"),
        ("int4multirange", "bucket(100)", "N0403"),
        ("int[]", "email", "N0403"),
        ("daterange", "email", "N0403"),
        ("int4range", "bucket(0)", "N0420"),
        ("int[] UNIQUE", "permute", "N0404"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let schema = format!("CREATE TABLE public.t (id bigint PRIMARY KEY, x {column});");
        let policy = format!(
            "setting noren.mask_key text secret;\ntable t {{ id keep; x mask {mask}; }}\nexport developers {{ tables *; }}\n"
        );
        write(folder.path(), &[("noren.toml", MANIFEST), ("schema.sql", &schema), ("policy.noren", &policy)]);
        let output =
            Command::new(env!("CARGO_BIN_EXE_noren")).current_dir(folder.path()).arg("check").output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains(&format!("error[{code}]")), "{column} {mask} {code}: {err}");
    }
}
