//! Documents that have what the policy says of documents.
//!
//! The problem: rows are made from a catalog, and a catalog does not say what is in a JSON column, so a mask at
//! `billing.email` would meet no document with a billing. The mechanism: for each column that is masked by path, documents
//! with every path of the policy, and with keys that it does not name, are written over two rows of three; the third
//! keeps the document that the type alone gave it. What a constraint of the table refuses is left as it was.

use super::session::{Refusal, Session};
use super::text::{Part, Sql};
use crate::catalog::Catalog;
use crate::model::{JsonMask, JsonNode, MaskUse, Model, Treatment};
use serde_json::{Map, Value};

/// As many different ones a column.
const DOCUMENTS: usize = 12;
const SETTINGS: &str = "SET session_replication_role = replica; SET search_path = pg_catalog";

/// Writes them. The session is a superuser's.
pub fn plant(session: &mut dyn Session, catalog: &Catalog, model: &Model) -> Result<(), Refusal> {
    session.run(&Sql::whole(SETTINGS))?;
    for export in model.exports.values() {
        for (name, own) in &export.tables {
            let Some(table) = catalog.tables.get(name) else { continue };
            for (column, own) in &own.columns {
                let masks = masks(&own.treatment);
                let Some(declared) = table.columns.get(column).filter(|_| !masks.is_empty()) else { continue };
                let base = catalog.base_type(&declared.data_type);
                let is_json =
                    ["json", "jsonb"].contains(&base.data_type.name.name.as_str()) && base.data_type.dimensions == 0;
                let kind =
                    if is_json { Sql::of("::$1", &[Part::Name(&base.data_type.name.name)]) } else { Sql::whole("") };
                let mut made = Documents::default();
                let texts: Vec<String> =
                    masks.iter().cycle().take(DOCUMENTS).map(|mask| made.of(&mask.root).to_string()).collect();
                let texts: Vec<Sql> = texts.iter().map(|text| Sql::of("$1", &[Part::Text(text)])).collect();
                let parts =
                    [Part::Relation(name), Part::Name(column), Part::Sql(&kind), Part::Sql(&Sql::joined(&texts, ", "))];
                // A constraint may want other documents: then those that are there stay.
                let _ = session.run(&Sql::of(WRITE, &parts));
            }
        }
    }
    session.run(&Sql::whole("RESET ALL")).map(drop)
}

const WRITE: &str = "UPDATE $1 AS own SET $2 = (made.texts)[made.number % cardinality(made.texts) + 1]$3
    FROM (SELECT tableoid AS heap, ctid AS place, row_number() OVER (ORDER BY tableoid, ctid)::integer AS number, ARRAY[$4] AS texts
          FROM $1) AS made
    WHERE own.tableoid = made.heap AND own.ctid = made.place AND made.number % 3 > 0";

/// Every treatment by path in a treatment.
fn masks(treatment: &Treatment) -> Vec<&JsonMask> {
    match treatment {
        Treatment::Mask(MaskUse::Json(mask)) => vec![mask],
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => [masks(then), masks(otherwise)].concat(),
        _ => Vec::new(),
    }
}

/// Values are words that are in no other document.
#[derive(Default)]
struct Documents {
    words: u32,
}

impl Documents {
    fn of(&mut self, node: &JsonNode) -> Value {
        match node {
            JsonNode::Leaf(_) => self.word("documented"),
            JsonNode::Each(inner) => Value::Array(vec![self.of(inner), self.of(inner)]),
            JsonNode::Object { keys, .. } => {
                let mut object: Map<String, Value> =
                    keys.iter().map(|(key, node)| (key.clone(), self.of(node))).collect();
                object.insert("something else".to_owned(), self.word("unmentioned"));
                Value::Object(object)
            }
        }
    }

    fn word(&mut self, begin: &str) -> Value {
        self.words += 1;
        let letters = (0..4)
            .map(|place| char::from(b'a' + u8::try_from(self.words / 26_u32.pow(place) % 26).unwrap_or_default()));
        Value::String(begin.chars().chain(letters).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_every_path_and_one_that_nobody_named() {
        let keep = || Box::new(Treatment::Keep);
        let inner = JsonNode::Object { keys: [("b".to_owned(), JsonNode::Leaf(keep()))].into(), otherwise: keep() };
        let root =
            JsonNode::Object { keys: [("a".to_owned(), JsonNode::Each(Box::new(inner)))].into(), otherwise: keep() };
        let made = Documents::default().of(&root);
        assert_eq!(made["a"][1]["b"], "documenteddaaa");
        assert_ne!(made["something else"], made["a"][0]["something else"]);
    }
}
