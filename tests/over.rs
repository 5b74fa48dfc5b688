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
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// One table, of which every column is shown for the rows given, on the server in a folder.
fn previewed(bin: &Path, table: &str, schema: &str, policy: &str, rows: &str, more: &[(&str, &str)]) -> Found {
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
        .args(["preview", table, "--rows", "rows.csv"])
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
        let found = previewed(&bin, "t", schema, policy, rows, more);
        match &first {
            None => first = Some(found),
            Some(first) => assert_eq!(*first, found, "{}", bin.display()),
        }
    }
    first
}

const SCHEMA: &str = r"
CREATE TYPE public.span AS RANGE (subtype = float8, multirange_type_name = multispan);
CREATE DOMAIN public.mail AS text;
CREATE TABLE public.t (
  id bigint PRIMARY KEY, mails public.mail[], names varchar(40)[], ids bigint[], days date[], stay daterange,
  slots tstzrange, price int4range, wide int8range, amount numrange, f public.span, top int4range,
  stays datemultirange, prices int4multirange, slotted tstzmultirange, spans public.multispan
);
";

const POLICY: &str = "table t {
  id keep; mails mask email; names mask fake_name('ja'); ids mask permute; days mask date_shift(by => id, days => 3);
  stay mask truncate('month'); slots mask date_shift(by => id, days => 30); price mask bucket(100);
  wide mask clamp(-5, 9223372036854775807); amount mask noise(by => id, ratio => 0.1); f mask noise(by => id, ratio => 0.1);
  top mask clamp(2147483640, 2147483647); stays mask truncate('month'); prices mask bucket(100);
  slotted mask date_shift(by => id, days => 30); spans mask noise(by => id, ratio => 0.1);
}";

const ROWS: &str = r#"id,mails,names,ids,days,stay,slots,price,wide,amount,f,top,stays,prices,slotted,spans
1,"{a@b.test,NULL,a@b.test}","{""it's"",""\""q\"""",😀}","{-9223372036854775808,0,9223372036854775807}","{infinity,-infinity,4713-01-01 BC}","[2026-03-05,2026-03-20)","[2026-01-01,infinity)","[2147483646,2147483647)","[-9223372036854775808,9223372036854775807)","[-Infinity,NaN]","[-Infinity,Infinity]","[1,5)","{[2026-03-05,2026-03-20),[2026-05-01,2026-05-02)}","{[1,5),[7,9),[2147483646,2147483647)}","{[2026-01-01,2026-01-02),[2026-02-01,infinity)}","{[1,2),[150,Infinity]}"
2,{},{},{},{},empty,empty,empty,empty,empty,empty,empty,{},{},{},{}
3,"{{a,b},{c,d}}","[5:6]={a,b}","{NULL}","{5874897-12-31}","(,)","(,)","(,)","(,)","(,)","(,)","(,)","{(,)}","{(,)}","{(,)}","{(,)}"
4,"{""""}","{"" "",""line
two""}","{1,1,1}","{2024-02-29}","[5874897-12-30,5874897-12-31)","(-infinity,infinity)","(,-2147483648]","[-7,-6)","(1.5,1.5000000000000000001]","(1e-300,1e300)","[2147483646,2147483647)","{[5874897-12-30,5874897-12-31)}","{(,-2147483648],[0,1)}","{(-infinity,infinity)}","{(-Infinity,1e-300)}"
5,,,,,,,,,,,,,,,
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
    assert_eq!(
        of("stays"),
        ["{[2026-03-01,2026-03-02),[2026-05-01,2026-05-02)}", "{}", "{(,)}", "{[294276-01-01,294276-01-02)}", "NULL"]
    );
    assert_eq!(of("prices"), ["{[0,1),[2147483600,2147483601)}", "{}", "{(,)}", "{(,-2147483648),[0,1)}", "NULL"]);
    assert!(of("spans")[0].starts_with("{[") && of("spans")[0].ends_with("]}"), "{:?}", of("spans"));
    assert!(of("f")[0].starts_with('[') && of("f")[3].starts_with('('), "{:?}", of("f"));
    for (column, values) in found.iter().filter(|(column, _)| *column != "wide" && *column != "top") {
        assert!(values.iter().any(|(raw, masked)| raw != masked), "{column} is not masked: {values:?}");
    }
}

#[test]
fn what_does_not_fit_an_element_or_a_bound_is_refused() {
    for (column, mask, code) in [
        ("varchar(20)[]", "email", "N0402"),
        ("int4multirange", "email", "N0403"),
        ("int4multirange", "bucket(0)", "N0420"),
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

const PEOPLE: &str = "
CREATE EXTENSION hstore WITH SCHEMA public;
CREATE TABLE public.t (
  id bigint PRIMARY KEY, name text NOT NULL, kana text, mail text, phone text, town text, reading text, salary int,
  body text, search tsvector, tags public.hstore
);
CREATE TABLE public.staff (id bigint PRIMARY KEY, name text NOT NULL, kana text, mail text UNIQUE, en text, plain text);
CREATE TABLE public.visits (id bigint PRIMARY KEY, person bigint NOT NULL REFERENCES public.t (id), guest text);
";

const PERSONAS: &str = "table t {
  id keep; name mask fake_name('ja', by => id); kana mask fake_kana(by => id); mail mask email(by => id);
  phone mask fake_phone(by => id); town mask dictionary('towns', by => id);
  reading mask dictionary('towns', column => 'reading', by => id);
  salary mask shuffle(by => id) because \"a test\"; body mask partial_length(first => 2);
  search mask tsvector(of => body, config => 'english');
  tags mask json { mail mask email; theme keep; else drop; };
}
table staff {
  id keep; name mask fake_name('ja'); kana mask fake_kana(by => name); mail mask email(name => 'ja', by => id);
  en mask email(name => 'en', by => name); plain mask email(name => 'ja', by => name);
}
table visits { id, person keep; guest mask fake_name('ja', by => person); }";

const TOWNS: &str = "town,reading\nOsaka,オオサカ\n\"It's \"\"x\"\"\",イッツ\n😀,エモジ\n京都,キョウト\n";

/// Quotes, signs of other scripts, combining marks, right-to-left text; the third person is the first again.
const PERSON_ROWS: &str = "id,name,kana,mail,phone,town,reading,salary,body,search,tags
1,a,b,c,d,e,f,100,the quick foxes,'secret':1,\"mail=>a@b.test, theme=>dark, x=>1\"
2,\"O'\"\"X\",,,,,,200,\u{202b}שלום,,\"mail=>NULL\"
3,e\u{301},b,c,d,e,f,300,,'secret':2,
4,😀,b,c,d,e,f,,\"two
lines\",,\"\"\"q\"\"=>1, theme=>\"\"it's\"\"\"
";

#[test]
fn one_person_s_columns_are_of_one_hash_and_what_is_moved_or_made_again_shows_no_raw_text() {
    let towns = [("dictionaries/towns.csv", TOWNS)];
    let Some(found) = on_every_version(PEOPLE, PERSONAS, PERSON_ROWS, &towns) else { return };
    let of = |column: &str| found[column].iter().map(|(_, masked)| masked.as_str()).collect::<Vec<_>>();
    let mut names = of("name");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 4, "people have names of their own: {names:?}");
    let pairs: Vec<&str> = TOWNS.lines().skip(1).collect();
    for (town, reading) in of("town").iter().zip(of("reading")).filter(|(town, _)| **town != "NULL") {
        let row = format!(",{reading}");
        let word = town.replace('"', "\"\"");
        assert!(pairs.iter().any(|pair| pair.ends_with(&row) && pair.contains(&word)), "{town} {reading}");
    }
    assert!(of("mail").iter().all(|mail| *mail == "NULL" || mail.ends_with("@example.invalid")));
    assert!(of("phone").iter().all(|phone| *phone == "NULL" || phone.starts_with("+1-") && phone.contains("-555-01")));
    assert_eq!(found["kana"][1].1, "NULL", "NULL stays NULL whatever the person");
    let (mut before, mut after): (Vec<&str>, Vec<&str>) =
        found["salary"].iter().map(|(raw, masked)| (raw.as_str(), masked.as_str())).unzip();
    assert!(before.iter().zip(&after).all(|(raw, masked)| raw != masked), "{before:?} {after:?}");
    before.sort_unstable();
    after.sort_unstable();
    assert_eq!(before, after);
    assert_eq!(of("body"), ["th*************", "\\u{202b}ש***", "NULL", "tw*******"]);
    assert!(of("search").iter().all(|words| !words.contains("secret") && !words.contains("fox")), "{:?}", of("search"));
    assert_eq!(of("search")[0], "'th':1");
    assert!(
        of("tags")[0].contains("\"theme\"=>\"dark\"")
            && !of("tags")[0].contains("a@b.test")
            && !of("tags")[0].contains("\"x\"")
    );
    assert_eq!(&of("tags")[1..], ["\"mail\"=>NULL", "NULL", "\"theme\"=>\"it's\""]);
}

#[test]
fn a_guest_who_is_a_person_has_that_person_s_name() {
    let Some(bin) = support::binaries(None) else { return };
    let towns = [("dictionaries/towns.csv", TOWNS)];
    let people = previewed(&bin, "t", PEOPLE, PERSONAS, "id,name\n7,x\n8,y\n", &towns);
    let visits = previewed(&bin, "visits", PEOPLE, PERSONAS, "id,person,guest\n1,8,a\n2,7,b\n3,8,c\n", &towns);
    let names: Vec<&str> = people["name"].iter().map(|(_, name)| name.as_str()).collect();
    let guests: Vec<&str> = visits["guest"].iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(guests, [names[1], names[0], names[1]]);
}

/// Name, reading and address are of one hash: the address is the reading in Latin letters.
#[test]
fn an_address_is_spelled_from_the_name_beside_it() {
    let Some(bin) = support::binaries(None) else { return };
    let rows = "id,name,kana,mail,en,plain\n1,a,x,x,x,x\n2,b,x,y,x,\n3,c,,z,x,x\n4,a,x,w,x,x\n";
    let staff = previewed(&bin, "staff", PEOPLE, PERSONAS, rows, &[("dictionaries/towns.csv", TOWNS)]);
    let of = |column: &str| staff[column].iter().map(|(_, masked)| masked.as_str()).collect::<Vec<_>>();
    let readings = [("サ", "sa"), ("タ", "ta"), ("ハ", "ha"), ("ヤ", "ya"), ("オ", "o"), ("コ", "ko"), ("カ", "ka")];
    for (kana, mail) in of("kana").iter().zip(of("plain")).filter(|(kana, mail)| **kana != "NULL" && *mail != "NULL") {
        let (family, given) = kana.split_once(' ').unwrap();
        let parts: Vec<&str> = mail.split(['.', '@']).collect();
        assert!(parts.len() == 5 && parts[2].len() == 14 && mail.ends_with("@example.invalid"), "{mail}");
        for (letter, spelled) in readings {
            assert!(!family.starts_with(letter) || parts[0].starts_with(spelled), "{kana} {mail}");
            assert!(!given.starts_with(letter) || parts[1].starts_with(spelled), "{kana} {mail}");
        }
    }
    assert_eq!((of("plain")[0], of("plain")[1]), (of("plain")[3], "NULL"));
    assert!(of("mail")[0] != of("mail")[3] && of("en")[0].split('.').count() == 4, "{:?}", of("en"));
}

#[test]
fn what_dictionaries_and_shuffles_cannot_do_is_refused() {
    let big = format!("a\n{}", "x\n".repeat(10_001));
    for (x, mask, csv, code) in [
        ("text", "dictionary('word')", "a\nx\ny\n", "error[N0420]"),
        ("text", "dictionary('words', column => 'b')", "a\nx\ny\n", "error[N0420]"),
        ("text", "dictionary('words')", "a\nx\n", "error[N0914]"),
        ("text", "dictionary('words')", "a\nx\n\"y\n", "error[N0914]"),
        ("text", "dictionary('words')", big.as_str(), "error[N0914]"),
        ("text", "dictionary('words')", "a\nx\n\"y\tz\"\n", "error[N0914]"),
        ("varchar(3)", "dictionary('words')", "a\nx\nlong\n", "error[N0402]"),
        ("text UNIQUE", "dictionary('words')", "a\nx\ny\n", "error[N0404]"),
        ("int", "shuffle(by => y) because \"r\"", "", "error[N0420]"),
        ("int NOT NULL, UNIQUE (x, y)", "shuffle(by => id) because \"r\"", "", "error[N0404]"),
        ("jsonb", "json { a mask shuffle(by => id); else drop; }", "", "error[N0425]"),
        ("text", "tsvector(of => y)", "", "error[N0403]"),
        ("text UNIQUE", "email(by => y)", "", "error[N0404]"),
        ("int UNIQUE", "shuffle(by => id) because \"r\"", "", "without a finding"),
        ("text UNIQUE", "email(by => id)", "", "0 errors"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let schema = format!("CREATE TABLE public.t (id bigint PRIMARY KEY, y int NOT NULL, x {x});");
        let policy = format!(
            "setting noren.mask_key text secret;\ntable t {{ id, y keep; x mask {mask}; }}\nexport developers {{ tables *; }}\n"
        );
        write(folder.path(), &[("noren.toml", MANIFEST), ("schema.sql", &schema), ("policy.noren", &policy)]);
        if !csv.is_empty() {
            write(folder.path(), &[("dictionaries/words.csv", csv)]);
        }
        let output =
            Command::new(env!("CARGO_BIN_EXE_noren")).current_dir(folder.path()).arg("check").output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        match code {
            "0 errors" => assert!(!err.contains("error["), "{x} {mask}: {err}"),
            code => assert!(err.contains(code), "{x} {mask} {code}: {err}"),
        }
    }
}

const PLACES: &str = "
CREATE TYPE public.zone AS ENUM ('n', 's');
CREATE DOMAIN public.zip AS varchar(8);
CREATE TYPE public.geo AS (lat numeric, lon float8);
CREATE TYPE public.line AS (phone varchar(30), \"Kind\" public.zone, at date);
CREATE TYPE public.place AS (street text, zip public.zip, geo public.geo, lines public.line[], mails text[], open daterange, owner bigint, name text);
CREATE DOMAIN public.home AS public.place;
CREATE TABLE public.t (
  id bigint PRIMARY KEY, email text NOT NULL, home public.home, homes public.place[], line public.line, geos public.geo[]
);
";

const PLACE_POLICY: &str = "table t {
  id keep; email mask email;
  home mask fields {
    street mask partial(first => 2); zip mask constant('000'); geo.lat mask geo_round(1); geo.lon drop; lines.phone mask partial(last => 2);
    lines.\"Kind\" keep; lines.at mask date_shift(by => id, days => 3); mails mask email; open mask truncate('month'); owner mask permute; name mask fake_name('ja', by => email); else drop;
  };
  homes mask fields { mails mask email; name mask fake_name('ja'); zip keep; else drop; };
  line mask fields { phone mask hash(length => 30); else keep because \"kinds are public\"; } when (id > 2) else mask null;
  geos mask fields { lat mask constant(0); else mask null; };
}";

const PLACE_ROWS: &str = r#"id,email,home,homes,line,geos
1,a@b.test,"(""1 it's, """"st"""""",123-4567,""(35.681236,139.7)"",""{""""(090-1234-5678,n,2026-01-05)"""",""""(,s,)"""",NULL}"",""{a@b.test,NULL}"",""[2026-03-05,2026-03-20)"",7,Taro)","{""(s,1,,,{a@b.test},,8,Taro)"",NULL,""(,,,,,,,)""}","(1,n,2026-01-01)","{""(1,2)"",""(3,)""}"
2,a@b.test,"(,,,,,,,)",{},"(1,n,2026-01-01)",{}
3,c@d.test,"(😀,9,""(,)"",{},{},empty,9223372036854775807,)","{{""(a,2,,,,,,b)""},{""(c,3,,,,,,Taro)""}}","(090-1234-5678,s,infinity)",{NULL}
4,e@f.test,,,,
"#;

/// Each field as a column of its type would be; NULL, empty and nested composites keep their shape.
#[test]
fn fields_of_a_composite_are_masked_as_columns_are() {
    let Some(found) = on_every_version(PLACES, PLACE_POLICY, PLACE_ROWS, &[]) else { return };
    let of = |column: &str| found[column].iter().map(|(_, masked)| masked.clone()).collect::<Vec<_>>();
    let home = of("home");
    assert!(home[0].starts_with(r#"("1 ****",000,"(35.7,)","{""(*"#), "{home:?}");
    assert!(home[0].contains("*78,n,2026-01-") && home[0].contains(r#"""(,s,)"",NULL}""#), "{home:?}");
    assert!(home[0].contains("@example.invalid,NULL}") && home[0].contains("[2026-03-01,2026-03-02)"), "{home:?}");
    for raw in ["a@b.test", "Taro", "1234", "it's", "139.7", ",7,"] {
        assert!(!home[0].contains(raw), "{raw}: {home:?}");
    }
    // The name is of the e-mail's hash, so it is there where only the e-mail is.
    assert!(home[1].starts_with("(,,,,,,,") && home[3] == "NULL", "{home:?}");
    assert!(home[2].starts_with('(') && home[2].contains(r#",000,"(,)",{},{},empty,"#), "{home:?}");
    let homes = of("homes");
    assert!(homes[0].starts_with(r#"{"(,1,,,{u"#) && homes[0].contains(r#",NULL,"(,,,,,,,)"}"#), "{homes:?}");
    assert_eq!((homes[1].as_str(), homes[3].as_str()), ("{}", "NULL"));
    let same =
        |text: &str| text.split(',').next_back().map(|name| name.trim_end_matches([')', '"', '}', '\\']).to_owned());
    assert_eq!(
        same(homes[0].split(r#"",NULL"#).next().unwrap()),
        same(&homes[2]),
        "one name, one pseudonym: {homes:?}"
    );
    let line = of("line");
    assert!(
        line[0] == "NULL" && line[1] == "NULL" && line[2].ends_with(",s,infinity)") && line[3] == "NULL",
        "{line:?}"
    );
    assert_eq!(line[2].len(), 30 + "(,s,infinity)".len());
    assert_eq!(of("geos"), [r#"{"(0,)","(0,)"}"#, "{}", "{NULL}", "NULL"]);
}

#[test]
fn what_does_not_fit_a_field_is_refused() {
    for (mask, code) in [
        ("fields { street mask null; else drop; }", "0 errors"),
        ("fields { stret mask null; else drop; }", "did you mean `street`?"),
        ("fields { street mask null; }", "error[N0101]"),
        ("fields { zip mask email; else drop; }", "error[N0402]"),
        ("fields { geo mask email; else drop; }", "error[N0403]"),
        ("fields { geo.lat mask email; else drop; }", "error[N0403]"),
        ("fields { street.x mask null; else drop; }", "error[N0403]"),
        ("fields { lines[*].phone mask null; else drop; }", "error[N0425]"),
        ("fields { lines.\"Kind\" mask constant('x'); else drop; }", "error[N0406]"),
        ("fields { street mask shuffle(by => id); else drop; }", "error[N0425]"),
        ("fields { street mask (upper(email)); else drop; }", "error[N0425]"),
        ("fields { owner mask pick; else drop; }", "error[N0425]"),
        ("fields { street mask null; else keep; }", "error[N0304]"),
        ("json { street mask null; else drop; }", "error[N0403]"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let policy = format!(
            "setting noren.mask_key text secret;\ntable t {{ id keep; email mask null; home mask {mask}; homes, line, geos drop; }}\nexport developers {{ tables *; }}\n"
        );
        let schema = PLACES.replace("email text NOT NULL", "email text");
        write(folder.path(), &[("noren.toml", MANIFEST), ("schema.sql", &schema), ("policy.noren", &policy)]);
        let output =
            Command::new(env!("CARGO_BIN_EXE_noren")).current_dir(folder.path()).arg("check").output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        match code {
            "0 errors" => assert!(!err.contains("error["), "{mask}: {err}"),
            code => assert!(err.contains(code), "{mask} {code}: {err}"),
        }
    }
}

const CLINICS: &str = "
CREATE TYPE public.zone AS ENUM ('n', 's', 'e');
CREATE TABLE public.zones (zone public.zone PRIMARY KEY, code varchar(9) UNIQUE);
CREATE TABLE public.t (
  id bigint PRIMARY KEY, zone public.zone REFERENCES public.zones (zone), code varchar(9) REFERENCES public.zones (code),
  boss bigint REFERENCES public.t (id), mine public.zone NOT NULL REFERENCES public.zones (zone)
);
";

/// Keys of the referenced table and no others, the same on every version.
#[test]
fn a_picked_key_is_one_of_the_referenced_table() {
    let policy = "table zones { zone keep; code keep because \"public\"; }
table t { id keep; zone mask pick; code mask pick; boss mask pick; mine mask pick(by => id); }";
    let rows = "id,zone,code,boss,mine\n1,n,x,,n\n2,n,x,1,n\n3,s,,1,n\n4,,y,2,n\n5,e,z,3,n\n6,e,x,1,n\n";
    let Some(found) = on_every_version(CLINICS, policy, rows, &[]) else { return };
    let of = |column: &str| found[column].iter().map(|(_, masked)| masked.as_str()).collect::<Vec<_>>();
    assert!(of("zone").iter().all(|zone| ["n", "s", "e", "NULL"].contains(zone)), "{:?}", of("zone"));
    assert_eq!((of("zone")[0], of("zone")[4], of("zone")[3]), (of("zone")[1], of("zone")[5], "NULL"));
    assert_eq!((of("boss")[0], of("boss")[1]), ("NULL", of("boss")[2]));
    assert!(of("boss").iter().skip(1).all(|boss| ["1", "2", "3", "4", "5", "6"].contains(boss)), "{:?}", of("boss"));
    assert_eq!((of("code")[0], of("code")[2]), (of("code")[5], "NULL"));
    assert!(of("mine").iter().any(|zone| *zone != of("mine")[0]), "{:?}", of("mine"));
}

#[test]
fn a_key_is_picked_where_the_copy_has_one() {
    let tables =
        "CREATE TABLE public.a (id int PRIMARY KEY, w bigint UNIQUE NOT NULL, x int NOT NULL, UNIQUE (id, x));";
    for (column, a, code) in [
        ("int REFERENCES public.a (id)", "id, x, w keep;", "0 errors"),
        ("int", "id, x, w keep;", "found no foreign key"),
        (
            "int REFERENCES public.a (id), FOREIGN KEY (y) REFERENCES public.a (id), FOREIGN KEY (y, z) REFERENCES public.a (id, x)",
            "id, x, w keep;",
            "found 3 foreign keys",
        ),
        ("int, z2 int, FOREIGN KEY (y, z) REFERENCES public.a (id, x)", "id, x, w keep;", "of several columns"),
        ("int REFERENCES public.a (w)", "id, x, w keep;", "of another type"),
        ("int REFERENCES public.a (id)", "id mask permute; x, w keep;", "error[N0418]"),
        ("int REFERENCES public.a (id)", "id, x, w keep; skip because \"r\";", "which does not leave"),
        ("int UNIQUE REFERENCES public.a (id)", "id, x, w keep;", "error[N0404]"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let schema = format!("{tables} CREATE TABLE public.t (id bigint PRIMARY KEY, z int, y {column});");
        let more = if column.contains("z2") { ", z2" } else { "" };
        let policy = format!(
            "setting noren.mask_key text secret;\ntable a {{ {a} }}\ntable t {{ id, z{more} keep; y mask pick; }}\nexport developers {{ tables *; }}\n"
        );
        write(folder.path(), &[("noren.toml", MANIFEST), ("schema.sql", &schema), ("policy.noren", &policy)]);
        let output =
            Command::new(env!("CARGO_BIN_EXE_noren")).current_dir(folder.path()).arg("check").output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        match code {
            "0 errors" => assert!(!err.contains("error["), "{column}: {err}"),
            code => assert!(err.contains(code), "{column} {code}: {err}"),
        }
    }
}

/// What leaves the project is no dictionary, and another word is another policy.
#[test]
fn a_dictionary_is_part_of_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "setting noren.mask_key text secret;\ntable t { id keep; x mask dictionary('words'); }\nexport developers { tables *; }\n";
    write(
        folder.path(),
        &[
            ("noren.toml", MANIFEST),
            ("schema.sql", "CREATE TABLE public.t (id bigint PRIMARY KEY, x text);"),
            ("policy.noren", policy),
        ],
    );
    let run = |verb: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_noren")).current_dir(folder.path()).args(verb).output().unwrap()
    };
    write(folder.path(), &[("dictionaries/words.csv", "a\nx\ny\n")]);
    assert!(run(&["build"]).status.success());
    let read = |name: &str| std::fs::read_to_string(folder.path().join("generated").join(name)).unwrap();
    let (lock, coverage) = (read("noren.lock"), read("coverage.txt"));
    assert!(coverage.contains("mask dictionary(name => 'words', words => sha256:"), "{coverage}");
    write(folder.path(), &[("dictionaries/words.csv", "a\nx\nz\n")]);
    assert_eq!(run(&["build", "--check"]).status.code(), Some(1));
    assert!(run(&["build"]).status.success());
    assert!(read("noren.lock") != lock && read("coverage.txt") != coverage);
    std::fs::remove_file(folder.path().join("dictionaries/words.csv")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("dictionaries/words.csv")).unwrap();
    let linked = String::from_utf8(run(&["check"]).stderr).unwrap();
    assert!(linked.contains("error[N0912]"), "{linked}");
}
