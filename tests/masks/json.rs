//! JSON by path, on a real server.

use noren::catalog::Category;
use noren::mask::json;
use noren::model::{Fill, JsonNode, MaskUse, Treatment};
use noren::server::Server;
use noren::sql::{Expr, From, Relation, Select, Statement};

use super::base;
use crate::support::{self, Database};

fn document(keys: Vec<(&str, JsonNode)>, otherwise: Treatment) -> JsonNode {
    let keys = keys.into_iter().map(|(key, node)| (key.to_owned(), node)).collect();
    JsonNode::Object { keys, otherwise: Box::new(otherwise) }
}

fn leaf(treatment: Treatment) -> JsonNode {
    JsonNode::Leaf(Box::new(treatment))
}

fn masked_json(database: &Database, root: &JsonNode, kind: &str, text: &str) -> String {
    let input = Expr::text(text).cast(kind);
    let of = base("pg_catalog", kind, &[], 0, Category::Scalar);
    let mut stars = |_: &Treatment, text: Expr| -> Result<Expr, ()> { Ok(Expr::text("****").when(text.is_not_null())) };
    let raw = Select { columns: vec![(input, Some("doc".into()))], barrier: true, ..Select::default() };
    let masked = json::render(root, &Expr::of("r", "doc"), &of, "j", &mut stars).unwrap();
    let select = Select {
        columns: vec![(masked, None)],
        from: vec![From::first(Relation::Select(Box::new(raw)), "r")],
        ..Select::default()
    };
    database.sql(&Statement::Select(select).print().unwrap()).trim().to_owned()
}

#[test]
fn json_of_any_shape_is_masked_and_never_raises_on_every_version() {
    for server in [14, 15, 16, 17, 18].into_iter().filter_map(|major| support::server(Some(major))) {
        any_shape(server);
    }
}

fn any_shape(server: &'static Server) {
    let database = Database::new(server, "json");
    let star = || leaf(Treatment::Mask(MaskUse::Json(noren::model::JsonMask { root: leaf(Treatment::Keep) })));
    let dropped = || Treatment::Drop(Fill::Default);
    let root = document(
        vec![
            ("theme", leaf(Treatment::Keep)),
            ("it's", leaf(Treatment::Mask(MaskUse::Null))),
            ("contact", document(vec![("email", star())], dropped())),
            ("tags", JsonNode::Each(Box::new(star()))),
            (
                "people",
                JsonNode::Each(Box::new(document(vec![("name", star()), ("age", leaf(Treatment::Keep))], dropped()))),
            ),
            ("gone", JsonNode::Each(Box::new(leaf(dropped())))),
        ],
        dropped(),
    );
    let cases = [
        (
            r#"{"theme": "dark", "contact": {"email": "S@S", "phone": "S"}, "other": "S"}"#,
            r#"{"theme": "dark", "contact": {"email": "****"}}"#,
        ),
        (
            r#"{"theme": {"any": [1]}, "it's": "S", "contact": "S"}"#,
            r#"{"it's": null, "theme": {"any": [1]}, "contact": null}"#,
        ),
        (r#"{"contact": {"email": {"S": "S"}}}"#, r#"{"contact": {"email": null}}"#),
        (r#"{"contact": {"email": null}}"#, r#"{"contact": {"email": null}}"#),
        (
            r#"{"contact": ["S"], "tags": "S", "people": {"name": "S"}}"#,
            r#"{"tags": null, "people": null, "contact": null}"#,
        ),
        (r#"{"tags": ["S", 1, null, true, ["S"], {}]}"#, r#"{"tags": ["****", "****", null, "****", null, null]}"#),
        (
            r#"{"people": [{"name": "S", "age": 3}, "S", null, []], "gone": ["S"]}"#,
            r#"{"gone": [], "people": [{"age": 3, "name": "****"}, null, null, null]}"#,
        ),
        (r#"{"tags": [], "people": []}"#, r#"{"tags": [], "people": []}"#),
        (r#""S""#, "null"),
        (r#"["S"]"#, "null"),
        ("null", "null"),
        ("{}", "{}"),
    ];
    for kind in ["jsonb", "json"] {
        for (document, expected) in cases {
            assert_eq!(masked_json(&database, &root, kind, document), expected, "{kind} {document}");
        }
    }
    // What json holds and jsonb does not.
    for document in [r#"{"theme": "\u0000"}"#, r#"{"theme": "\ud800"}"#, r#"{"theme": 1e200000}"#] {
        assert_eq!(masked_json(&database, &root, "json", document), "null", "{document}");
    }
    let keep_rest = document(vec![("secret", leaf(dropped())), ("name", star())], Treatment::Keep);
    assert_eq!(
        masked_json(&database, &keep_rest, "jsonb", r#"{"secret": "S", "name": "S", "x": 1}"#),
        r#"{"x": 1, "name": "****"}"#
    );
    assert_eq!(masked_json(&database, &keep_rest, "jsonb", r#""S""#), "null");
}

#[test]
fn json_null_in_sql_stays_null() {
    let Some(server) = support::server(None) else { return };
    let database = Database::new(server, "json");
    let root = document(vec![], Treatment::Drop(Fill::Default));
    for kind in ["jsonb", "json"] {
        let of = base("pg_catalog", kind, &[], 0, Category::Scalar);
        let mut none = |_: &Treatment, text: Expr| -> Result<Expr, ()> { Ok(text) };
        let masked = json::render(&root, &Expr::Null.cast(kind), &of, "j", &mut none).unwrap();
        let sql =
            Statement::Select(Select { columns: vec![(masked.is_null(), None)], ..Select::default() }).print().unwrap();
        assert_eq!(database.sql(&sql).trim(), "t");
    }
}
