//! Settings that predicates read, and the function of our own that reads each.
//!
//! The functions live in one schema, so two settings must not share a name there; a setting whose name does not
//! make a plain function name of its own gets a part of its digest behind it, on every run the same.

use crate::catalog::{Catalog, DataType, QName, TypeKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::AccessSetting;
use crate::resolve::declare::Declarations;
use crate::resolve::types;
use crate::syntax::ast;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The schema of everything that is ours.
pub const SCHEMA: &str = "noren";

/// A longer identifier would be cut by PostgreSQL (`NAMEDATALEN` less one).
const LONGEST: usize = 63;

/// Every setting that is not secret, by `prefix.name`.
pub fn resolve(
    declared: &Declarations<'_>,
    catalog: &Catalog,
    search: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, AccessSetting> {
    let mut settings = BTreeMap::new();
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for name in declared.open_settings.keys() {
        *uses.entry(plain_name(name)).or_default() += 1;
    }
    for (name, written) in &declared.open_settings {
        check_name(written, diagnostics);
        let Some(data_type) = data_type(written, catalog, search, diagnostics) else { continue };
        let plain = plain_name(name);
        let is_own = uses.get(&plain) == Some(&1) && is_plain(name) && plain.len() <= LONGEST;
        let function = if is_own { plain } else { hashed_name(name, &plain) };
        let function = QName::new(SCHEMA, function);
        settings.insert(name.clone(), AccessSetting { name: name.clone(), data_type, function, span: written.span });
    }
    settings
}

fn data_type(
    written: &ast::Setting,
    catalog: &Catalog,
    search: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<DataType> {
    let before = diagnostics.len();
    types::check_types(std::slice::from_ref(&written.kind), catalog, diagnostics);
    let found = types::data_type(&written.kind, catalog, search);
    if diagnostics.len() > before {
        return None;
    }
    let is_value = found.as_ref().is_some_and(|found| {
        !catalog.tables.contains_key(&found.name)
            && !matches!(catalog.types.get(&found.name).map(|found| &found.kind), Some(TypeKind::Composite(_)))
    });
    if !is_value {
        diagnostics.push(
            Diagnostic::new(codes::N0515, "expected one type of plain values for a setting, found something else")
                .at(written.span, "has no such type")
                .note("a setting is text on the server; the function that reads it casts it")
                .help("write `uuid`, `bigint`, `text`, an enum, or an array of one of them"),
        );
        return None;
    }
    found
}

/// What `SET` takes for a custom setting: two plain identifiers.
fn check_name(written: &ast::Setting, diagnostics: &mut Vec<Diagnostic>) {
    let is_part = |text: &str| {
        text.chars().enumerate().all(|(at, letter)| {
            letter.is_ascii_lowercase() || letter == '_' || (at > 0 && (letter.is_ascii_digit() || letter == '$'))
        })
    };
    for part in [&written.name.prefix, &written.name.name] {
        if part.text.is_empty() || !is_part(&part.text) {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0515,
                    format!("expected small letters, digits and `_` in a setting's name, found `{}`", part.text),
                )
                .at(part.span, "is not such a name")
                .note("PostgreSQL takes no other letters here, and does not tell capital from small ones")
                .help("give the setting a plain name, for example `app.tenant_id`"),
            );
        }
    }
    if written.name.prefix.text == "plpgsql" {
        diagnostics.push(
            Diagnostic::new(codes::N0515, "expected a prefix of your own, found `plpgsql`")
                .at(written.name.prefix.span, "is reserved by PL/pgSQL")
                .note("PostgreSQL refuses settings that it does not know under a prefix that an extension reserves")
                .help("write `app` or your product's name"),
        );
    }
}

fn plain_name(name: &str) -> String {
    let keep = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    name.chars().map(keep).collect()
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._".contains(letter))
}

fn hashed_name(name: &str, plain: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let tail = digest.iter().take(4).fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    let cut = LONGEST - tail.len() - 1;
    format!("{}_{tail}", plain.get(..plain.len().min(cut)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_functions_are_their_own() {
        assert_eq!(plain_name("app.tenant_id"), "app_tenant_id");
        assert_eq!(hashed_name("a.b_c", "a_b_c").len(), "a_b_c".len() + 9);
        assert_ne!(hashed_name("a.b_c", "a_b_c"), hashed_name("a_b.c", "a_b_c"));
        assert_eq!(hashed_name(&"x".repeat(90), &"x".repeat(90)).len(), 63);
    }
}
