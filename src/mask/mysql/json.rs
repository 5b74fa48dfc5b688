//! JSON by path for MySQL, by the rules of [`crate::mask::json`].
//!
//! What a path names is a value of the row, so that its mask has its steps where all masks of the row have theirs, and the
//! document is put together again as text: functions that build JSON take a text that came through a derived table for a
//! string. Elements of an array, and keys that no path names, are relations of their own, which MySQL 8.0 alone has.

use super::{Steps, call, concat, exact};
use crate::model::{JsonNode, MaskUse, Treatment};
use crate::sql::{Expr, Ident, Relation, Select};
use std::collections::BTreeMap;

/// How a leaf's treatment is rendered: the treatment and the value as text, which is NULL for JSON null, give text.
pub type Leaf<'a> = dyn FnMut(&Treatment, &Expr, &mut Steps) -> Expr + 'a;

/// The masked document as text; NULL stays NULL. Relations inside are named `alias` and a number.
pub fn render(root: &JsonNode, input: &Expr, alias: &str, steps: &mut Steps, leaf: &mut Leaf<'_>) -> Expr {
    let place = Place { document: input.clone(), path: ROOT.to_owned() };
    let masked = Renderer { alias, next: 1, steps, leaf }.node(root, &place).unwrap_or_else(null);
    whole(masked).when(input.clone().is_not_null())
}

/// Whether it looks at elements of arrays, or masks keys that it does not name: MySQL 5.7 has no relation of these.
pub fn needs_elements(node: &JsonNode) -> bool {
    match node {
        JsonNode::Leaf(_) => false,
        JsonNode::Each(element) => !is_dropped(element),
        JsonNode::Object { keys, otherwise } => {
            matches!(**otherwise, Treatment::Mask(_)) || keys.values().any(needs_elements)
        }
    }
}

fn is_dropped(node: &JsonNode) -> bool {
    matches!(node, JsonNode::Leaf(treatment) if matches!(**treatment, Treatment::Drop(_)))
}

/// Of a JSON path.
const ROOT: &str = "$";

/// The columns of a relation of elements.
const POSITION: &str = "position";
const ELEMENT: &str = "element";

fn null() -> Expr {
    Expr::text("null")
}

/// A step of a path, and what stands before a value: MySQL reads both as JSON does.
fn quoted(key: &str) -> String {
    serde_json::Value::from(key).to_string()
}

/// What stands where something was lost: it is JSON nowhere in a document, so that no load takes the document.
const LOST: &str = "lost";

/// A text that a packet cannot hold is NULL, and would be a value that is lost.
fn whole(value: Expr) -> Expr {
    call("COALESCE", [value, Expr::text(LOST)])
}

/// A value in a document.
struct Place {
    document: Expr,
    path: String,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        Self { document: self.document.clone(), path: format!("{}.{}", self.path, quoted(key)) }
    }

    /// SQL NULL where nothing is there.
    fn value(&self) -> Expr {
        if self.path == ROOT {
            return self.document.clone();
        }
        call("JSON_EXTRACT", [self.document.clone(), Expr::text(self.path.as_str())])
    }

    fn exists(&self) -> Expr {
        contains(self.document.clone(), [Expr::text(self.path.as_str())])
    }

    fn is(&self, kind: &str) -> Expr {
        call("JSON_TYPE", [self.value()]).op("=", Expr::text(kind))
    }

    /// What masks see: text, and NULL for JSON null and for what is no single value.
    fn text(&self) -> Expr {
        let others = Expr::Row(["OBJECT", "ARRAY", "NULL"].map(Expr::text).into());
        let is_other = call("JSON_TYPE", [self.value()]).op("IN", others);
        call("JSON_UNQUOTE", [self.value()]).when(Expr::Not(Box::new(is_other)))
    }
}

/// Whether one of the paths leads to something.
fn contains(document: Expr, paths: impl IntoIterator<Item = Expr>) -> Expr {
    call("JSON_CONTAINS_PATH", [document, Expr::text("one")].into_iter().chain(paths))
}

struct Renderer<'a, 'b> {
    alias: &'a str,
    next: u32,
    steps: &'a mut Steps,
    leaf: &'a mut Leaf<'b>,
}

impl Renderer<'_, '_> {
    fn alias(&mut self) -> String {
        let alias = format!("{}_{}", self.alias, self.next);
        self.next += 1;
        alias
    }

    /// The masked value as text of JSON, never NULL where something is there; `None` where it is dropped.
    fn node(&mut self, node: &JsonNode, place: &Place) -> Option<Expr> {
        match node {
            JsonNode::Leaf(treatment) => self.treated(treatment, place),
            JsonNode::Object { keys, otherwise } => Some(self.object(keys, otherwise, place)),
            JsonNode::Each(element) => {
                let elements = if is_dropped(element) { Expr::text("[]") } else { self.elements(element, place) };
                Some(Expr::Case(vec![(place.is("ARRAY"), elements)], Some(Box::new(null()))))
            }
        }
    }

    fn treated(&mut self, treatment: &Treatment, place: &Place) -> Option<Expr> {
        match treatment {
            Treatment::Keep => Some(place.value().utf8()),
            Treatment::Drop(_) | Treatment::Generated => None,
            Treatment::Mask(MaskUse::Null) => Some(null()),
            Treatment::Mask(_) => {
                self.steps.begin();
                let text = self.steps.bind_one(place.text());
                let masked = (self.leaf)(treatment, &text, self.steps);
                Some(call("COALESCE", [call("JSON_QUOTE", [masked.utf8()]), null()]))
            }
        }
    }

    fn object(&mut self, keys: &BTreeMap<String, JsonNode>, otherwise: &Treatment, place: &Place) -> Expr {
        let mut conditions = vec![place.is("OBJECT")];
        let mut members = Vec::new();
        for (key, node) in keys {
            let there = place.key(key);
            if let Some(value) = self.node(node, &there) {
                let member = concat([Expr::text(format!("{}:", quoted(key))), value]);
                members.push(whole(member).when(there.exists()));
            }
        }
        match otherwise {
            Treatment::Keep => {
                let rest = Rest::of(keys, place, self.steps);
                conditions.extend(rest.is_without_named());
                members.push(rest.members());
            }
            Treatment::Mask(_) => members.extend(self.others(keys, otherwise, place)),
            Treatment::Drop(_) | Treatment::Generated => {}
        }
        let object = if members.is_empty() {
            Expr::text("{}")
        } else {
            let members = call("CONCAT_WS", std::iter::once(Expr::text(",")).chain(members));
            concat([Expr::text("{"), members, Expr::text("}")])
        };
        Expr::Case(vec![(Expr::And(conditions), object)], Some(Box::new(null())))
    }

    /// The members that no path names, masked; NULL where there are none.
    fn others(&mut self, keys: &BTreeMap<String, JsonNode>, otherwise: &Treatment, place: &Place) -> Option<Expr> {
        let alias = self.alias();
        self.steps.enter(&alias, each(call("JSON_KEYS", [place.value()])));
        let name = || Expr::of(&alias, ELEMENT).utf8();
        let path = concat([Expr::text(format!("{ROOT}.")), name()]);
        let there = Place { document: call("JSON_EXTRACT", [place.value(), path]), path: ROOT.to_owned() };
        let value = self.treated(otherwise, &there);
        let member = value.map(|value| self.steps.bind_one(whole(concat([name(), Expr::text(":"), value]))));
        let from = self.steps.leave();
        let named = Expr::Row(keys.keys().map(Expr::text).collect());
        let is_named = exact(call("JSON_UNQUOTE", [name()])).op("IN", named);
        Some(Expr::scalar(Select {
            columns: vec![(in_order(member?, &alias), None)],
            from,
            condition: (!keys.is_empty()).then(|| Expr::Not(Box::new(is_named))),
            ..Select::default()
        }))
    }

    fn elements(&mut self, element: &JsonNode, place: &Place) -> Expr {
        let alias = self.alias();
        self.steps.enter(&alias, each(place.value()));
        let there = Place { document: Expr::of(&alias, ELEMENT), path: ROOT.to_owned() };
        let value = self.node(element, &there).unwrap_or_else(null);
        // Without this an element that a server gives as NULL would be left out.
        let value = if matches!(element, JsonNode::Leaf(_)) { call("COALESCE", [value, null()]) } else { whole(value) };
        let value = self.steps.bind_one(value);
        let from = self.steps.leave();
        let all = Expr::scalar(Select { columns: vec![(in_order(value, &alias), None)], from, ..Select::default() });
        concat([Expr::text("["), call("COALESCE", [all, Expr::text("")]), Expr::text("]")])
    }
}

/// A relation of an array's elements.
fn each(array: Expr) -> Relation {
    Relation::Function(call("JSON_TABLE", [array]), true)
}

/// All values with commas between. The session lets them be as long together as a packet holds: where a server cuts the rest
/// off, no bracket fits beside what is left, and the document is lost. Each is a column, since to put them in order a server
/// keeps of each what it thinks that the expression can give.
fn in_order(value: Expr, alias: &str) -> Expr {
    Expr::Aggregate(Ident::from("GROUP_CONCAT"), vec![value], vec![Expr::of(alias, POSITION)])
}

/// What is kept of an object beside its named keys.
struct Rest {
    object: Expr,
    named: Vec<Expr>,
}

impl Rest {
    fn of(keys: &BTreeMap<String, JsonNode>, place: &Place, steps: &mut Steps) -> Self {
        let named: Vec<_> = keys.keys().map(|key| Expr::text(format!("{ROOT}.{}", quoted(key)))).collect();
        let object = match named.as_slice() {
            [] => place.value(),
            named => call("JSON_REMOVE", std::iter::once(place.value()).chain(named.iter().cloned())),
        };
        steps.begin();
        Self { object: steps.bind_one(object.utf8()), named }
    }

    /// MySQL holds no key twice. Of one that is there all the same, the second would be left.
    fn is_without_named(&self) -> Option<Expr> {
        let left = contains(self.object.clone(), self.named.iter().cloned());
        (!self.named.is_empty()).then(|| Expr::Not(Box::new(left)))
    }

    /// What stands between the braces; NULL where that is nothing.
    fn members(&self) -> Expr {
        let inside = call("CHAR_LENGTH", [self.object.clone()]).op("-", Expr::Integer(2));
        let members = call("SUBSTRING", [self.object.clone(), Expr::Integer(2), inside]);
        members.when(call("JSON_LENGTH", [self.object.clone()]).op(">", Expr::Integer(0)))
    }
}
