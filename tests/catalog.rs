//! The catalog against `pg_catalog` of a real server.

use noren::catalog::{Catalog, read};
use noren::diagnostic::Diagnostic;
use noren::source::Sources;

fn load(files: &[(&str, &str)]) -> (Sources, Catalog, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let ids: Vec<_> = files.iter().map(|(path, text)| sources.add(*path, *text).unwrap()).collect();
    let (catalog, found) = read(&sources, &ids);
    (sources, catalog, found)
}

fn shown(sources: &Sources, found: &[Diagnostic]) -> Vec<String> {
    let show = |finding: &Diagnostic| {
        let place = finding.primary.as_ref().map(|label| {
            format!("{}:{}: `{}`", sources.path(label.span), sources.position(label.span), sources.text(label.span))
        });
        format!("{} {} {}", finding.code, place.unwrap_or_default(), finding.title)
    };
    found.iter().map(show).collect()
}

fn real(name: &str) -> Option<String> {
    let folder = std::env::var_os("NOREN_REAL_SCHEMAS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas"),
        std::path::PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        eprintln!("SKIPPED: no {name} in {}; set NOREN_REAL_SCHEMAS", folder.display());
    }
    text
}

#[test]
fn real_schemas_are_read_without_a_finding() {
    for name in ["crates_io.sql", "pagila.sql"] {
        let Some(text) = real(name) else { continue };
        let (sources, catalog, found) = load(&[(name, &text)]);
        assert_eq!(shown(&sources, &found), Vec::<String>::new());
        assert!(catalog.tables.len() > 15, "{name}");
    }
}
