//! JSON by path: kept, dropped or masked, for values of any shape.
//!
//! Real documents are not of the shape that a policy imagines: an object may be a string, a key may be missing, a
//! value may be an array. Whatever stands where something else was expected becomes JSON null; it never leaves as it
//! is, and nothing raises an error, which would print the document.

use super::types;
use crate::catalog::{BaseType, DataType, QName};
use crate::model::{JsonNode, MaskUse, Treatment};
use crate::sql::{Expr, From, Ident, Join, Relation, Select};

/// How a leaf's treatment is rendered: the treatment and the value as text, which is NULL for JSON null, give text.
pub type Leaf<'a, E> = dyn FnMut(&Treatment, Expr) -> Result<Expr, E> + 'a;

/// Whether JSON masks take a column of this type.
pub fn accepts(input: &BaseType) -> bool {
    matches!(types::built_in(input), Some("json" | "jsonb"))
}

/// The masked document, of the column's own type; NULL stays NULL. Relations inside are named `alias` and a number.
pub fn render<E>(
    root: &JsonNode,
    input: &Expr,
    input_type: &BaseType,
    alias: &str,
    leaf: &mut Leaf<'_, E>,
) -> Result<Expr, E> {
    let json = types::built_in(input_type) == Some("json");
    let hstore = is_hstore(input_type).then(|| Ident::new(&input_type.data_type.name.schema));
    let document = match &hstore {
        Some(schema) => Expr::Call(Some(schema.clone()), "hstore_to_jsonb".into(), vec![input.clone()]),
        None if json => input.clone().cast("jsonb"),
        None => input.clone(),
    };
    let mut renderer = Renderer { alias, next: 1, leaf };
    let masked = renderer.node(root, document)?.unwrap_or_else(null);
    if let Some(schema) = hstore {
        return Ok(as_hstore(masked, schema, input_type, alias).when(input.clone().is_not_null()));
    }
    if !json {
        return Ok(masked.when(input.clone().is_not_null()));
    }
    let text = input.clone().cast("text");
    let unreadable = text.op("~", Expr::text(UNREADABLE));
    let cases = vec![(unreadable, Expr::text("null").cast("json")), (input.clone().is_not_null(), masked.cast("json"))];
    Ok(Expr::Case(cases, None))
}

/// Whether it is the type of the extension hstore: a document of one level, whose values are text.
pub fn is_hstore(input: &BaseType) -> bool {
    let of = &input.data_type;
    of.dimensions == 0 && of.name.name == "hstore" && of.name.schema != "pg_catalog"
}

/// Keys and values of an object; none of them make the empty hstore.
fn as_hstore(object: Expr, schema: Ident, input_type: &BaseType, alias: &str) -> Expr {
    let pairs = format!("{alias}_pair");
    let all = |column: &str| Expr::Aggregate("array_agg".into(), vec![Expr::of(&pairs, column)], vec![]);
    let made = Expr::Call(Some(schema), "hstore".into(), vec![all("key"), all("value")]);
    let empty = Expr::text("").cast_to(input_type.data_type.clone());
    let mut each = From::first(Relation::Function(Expr::call("jsonb_each_text", [object]), false), pairs.clone());
    each.columns = vec!["key".into(), "value".into()];
    Expr::scalar(Select {
        columns: vec![(Expr::call("coalesce", [made, empty]), None)],
        from: vec![each],
        ..Select::default()
    })
}

/// What the type json holds and jsonb refuses with an error: the character U+0000, halves of surrogate pairs,
/// numbers beyond numeric. Wider than it need be: such documents become JSON null.
const UNREADABLE: &str = r"\\u(0000|[dD][89a-fA-F])|[eE][-+]?[0-9]{4}|[0-9]{255}";

fn null() -> Expr {
    Expr::text("null").cast("jsonb")
}

fn is(document: &Expr, kind: &str) -> Expr {
    Expr::call("jsonb_typeof", [document.clone()]).op("=", Expr::text(kind))
}

struct Renderer<'a, 'b, E> {
    alias: &'a str,
    next: u32,
    leaf: &'a mut Leaf<'b, E>,
}

impl<E> Renderer<'_, '_, E> {
    fn alias(&mut self) -> String {
        let alias = format!("{}_{}", self.alias, self.next);
        self.next += 1;
        alias
    }

    /// The value masked, never SQL NULL where the value is not; `None` where it is dropped.
    fn node(&mut self, node: &JsonNode, document: Expr) -> Result<Option<Expr>, E> {
        match node {
            JsonNode::Leaf(treatment) => self.treated(treatment, document),
            JsonNode::Object { keys, otherwise } => {
                let alias = self.alias();
                let mut object = Object { alias: &alias, kept: Vec::new(), dropped: Vec::new(), values: Vec::new() };
                for (key, node) in keys {
                    let value = self.node(node, Expr::of(&alias, "value"))?;
                    object.add(key, value);
                }
                let rest = self.treated(otherwise, Expr::of(&alias, "value"))?;
                let masked = object.select(rest, &document);
                Ok(Some(Expr::Case(vec![(is(&document, "object"), masked)], Some(Box::new(null())))))
            }
            JsonNode::Each(element) => {
                let alias = self.alias();
                let masked = match self.node(element, Expr::of(&alias, "value"))? {
                    Some(value) => elements(&alias, value, &document),
                    None => Expr::text("[]").cast("jsonb"),
                };
                Ok(Some(Expr::Case(vec![(is(&document, "array"), masked)], Some(Box::new(null())))))
            }
        }
    }

    /// Masks see a value as text. An object or an array is no such value, and becomes JSON null.
    fn treated(&mut self, treatment: &Treatment, document: Expr) -> Result<Option<Expr>, E> {
        match treatment {
            Treatment::Keep => Ok(Some(document)),
            Treatment::Drop(_) | Treatment::Generated => Ok(None),
            Treatment::Mask(MaskUse::Null) => Ok(Some(null())),
            Treatment::Mask(_) => {
                let text = document.clone().op("#>>", Expr::text("{}"));
                let masked = Expr::call("to_jsonb", [(self.leaf)(treatment, text)?.cast("text")]);
                let nested = Expr::Or(vec![is(&document, "object"), is(&document, "array")]);
                let masked = Expr::call("coalesce", [masked, null()]);
                Ok(Some(Expr::Case(vec![(nested, null())], Some(Box::new(masked)))))
            }
        }
    }
}

/// What becomes of an object's keys.
struct Object<'a> {
    alias: &'a str,
    kept: Vec<String>,
    dropped: Vec<String>,
    values: Vec<(Expr, Expr)>,
}

impl Object<'_> {
    fn add(&mut self, key: &str, value: Option<Expr>) {
        let Some(value) = value else {
            self.dropped.push(key.to_owned());
            return;
        };
        self.kept.push(key.to_owned());
        self.values.push((Expr::of(self.alias, "key").op("=", Expr::text(key)), value));
    }

    /// The object built again from the keys that stay.
    fn select(self, rest: Option<Expr>, document: &Expr) -> Expr {
        let key = || Expr::of(self.alias, "key");
        let listed = |keys: &[String]| {
            let keys = keys.iter().map(|key| Expr::text(key.clone())).collect();
            Expr::Any(Box::new(key()), "=", Box::new(Expr::Array(keys, text_type())))
        };
        let condition = match &rest {
            None => Some(listed(&self.kept)),
            Some(_) if self.dropped.is_empty() => None,
            Some(_) => Some(Expr::Not(Box::new(listed(&self.dropped)))),
        };
        // Where the rest is dropped, the condition lets only named keys in, and each has its case.
        let otherwise = rest.unwrap_or_else(null);
        let value = if self.values.is_empty() { otherwise } else { Expr::Case(self.values, Some(Box::new(otherwise))) };
        let built = Expr::call("jsonb_object_agg", [Expr::of(self.alias, "key"), value]);
        Expr::scalar(Select {
            columns: vec![(Expr::call("coalesce", [built, Expr::text("{}").cast("jsonb")]), None)],
            from: vec![each("jsonb_each", document, false, self.alias, ["key", "value"])],
            condition,
            ..Select::default()
        })
    }
}

fn elements(alias: &str, value: Expr, document: &Expr) -> Expr {
    let built = Expr::Aggregate(Ident::from("jsonb_agg"), vec![value], vec![Expr::of(alias, "position")]);
    Expr::scalar(Select {
        columns: vec![(Expr::call("coalesce", [built, Expr::text("[]").cast("jsonb")]), None)],
        from: vec![each("jsonb_array_elements", document, true, alias, ["value", "position"])],
        ..Select::default()
    })
}

fn each(function: &str, document: &Expr, ordinality: bool, alias: &str, columns: [&str; 2]) -> From {
    let relation = Relation::Function(Expr::call(function, [document.clone()]), ordinality);
    let columns = columns.into_iter().map(Ident::from).collect();
    From { relation, alias: Ident::from(alias), columns, join: Join::First }
}

fn text_type() -> DataType {
    DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 }
}
