//! Sequences, of their own or behind a serial or identity column.

use super::super::{Expression, QName, Sequence};
use super::{Builder, Relation, expression, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node};

/// Options as written; the bounds follow from the type and the direction only when all are known.
#[derive(Clone, Debug, Default)]
#[allow(
    clippy::option_option,
    reason = "not written, written as NO or NONE, and written with a value are three things"
)]
struct Options {
    start: Option<i64>,
    increment: Option<i64>,
    /// `Some(None)` for NO MINVALUE.
    minimum: Option<Option<i64>>,
    maximum: Option<Option<i64>>,
    cycle: Option<bool>,
    data_type: Option<String>,
    /// `Some(None)` for OWNED BY NONE.
    owned_by: Option<Option<(QName, String)>>,
    name: Option<(String, String)>,
}

fn number(option: &protobuf::DefElem) -> Option<i64> {
    tree::constant_text(option.arg.as_deref()?)?.parse().ok()
}

/// The bounds of `int2`, `int4` and `int8`.
fn limits(data_type: &str) -> (i64, i64) {
    match data_type {
        "int2" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "int4" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn default_bounds(data_type: &str, increment: i64) -> (i64, i64) {
    let (lowest, highest) = limits(data_type);
    if increment < 0 { (lowest, -1) } else { (1, highest) }
}

impl Builder<'_> {
    fn sequence_options(&mut self, nodes: &[Node]) -> Options {
        let mut options = Options::default();
        for option in nodes.iter().filter_map(tree::option) {
            match option.defname.as_str() {
                "start" => options.start = number(option),
                "increment" => options.increment = number(option),
                "minvalue" => options.minimum = Some(number(option)),
                "maxvalue" => options.maximum = Some(number(option)),
                "cycle" => {
                    options.cycle = option.arg.as_deref().and_then(tree::constant_text).map(|text| text == "true");
                }
                "as" => {
                    let named = option.arg.as_deref().and_then(tree::type_name);
                    options.data_type = named.map(|name| tree::qualified(&name.names).1);
                }
                "owned_by" => options.owned_by = Some(self.owner_column(option)),
                "sequence_name" => options.name = option.arg.as_deref().map(|node| tree::qualified(tree::list(node))),
                _ => {}
            }
        }
        options
    }

    fn owner_column(&mut self, option: &protobuf::DefElem) -> Option<(QName, String)> {
        let mut parts = tree::names(tree::list(option.arg.as_deref()?));
        let column = parts.pop()?;
        // OWNED BY NONE is a list of one.
        let table = parts.pop()?;
        let schema = parts.pop().unwrap_or_default();
        let found = self.find_relation(&schema, &table);
        if found.is_none() {
            self.missing(self.place.head(), "table", &QName::new(schema, table));
        }
        Some((found?, column))
    }

    fn put_sequence(&mut self, name: QName, options: Options, identity: bool) {
        let data_type = options.data_type.unwrap_or_else(|| "int8".to_owned());
        let increment = options.increment.unwrap_or(1);
        let (lowest, highest) = default_bounds(&data_type, increment);
        let minimum = options.minimum.flatten().unwrap_or(lowest);
        let maximum = options.maximum.flatten().unwrap_or(highest);
        let sequence = Sequence {
            name: name.clone(),
            owned_by: options.owned_by.flatten(),
            identity,
            start: options.start.unwrap_or(if increment < 0 { maximum } else { minimum }),
            increment,
            minimum,
            maximum,
            cycle: options.cycle.unwrap_or(false),
            data_type,
            span: self.place.span(),
            grants: Vec::new(),
        };
        self.relations.insert(name.clone(), Relation::Sequence);
        self.catalog.sequences.insert(name, sequence);
    }

    pub(super) fn create_sequence(&mut self, statement: &protobuf::CreateSeqStmt) {
        let Some(range) = &statement.sequence else { return };
        if self.is_temporary(range) {
            return;
        }
        let name = self.new_relation_name(range);
        if self.relations.contains_key(&name) {
            if !statement.if_not_exists {
                self.duplicate(self.place.token(range.location), "sequence", &name.to_string());
            }
            return;
        }
        let options = self.sequence_options(&statement.options);
        self.put_sequence(name, options, false);
    }

    pub(super) fn alter_sequence(&mut self, statement: &protobuf::AlterSeqStmt) {
        let Some(range) = &statement.sequence else { return };
        let Some(name) = self.expect_relation(range, "sequence", statement.missing_ok) else { return };
        self.change_sequence(&name, &statement.options);
    }

    /// As PostgreSQL's `init_params` for ALTER: a new type moves bounds that were the old type's.
    pub(super) fn change_sequence(&mut self, name: &QName, nodes: &[Node]) {
        let options = self.sequence_options(nodes);
        let Some(sequence) = self.catalog.sequences.get_mut(name) else { return };
        let old = limits(&sequence.data_type);
        let mut reset = (false, false);
        if let Some(data_type) = options.data_type {
            reset = (sequence.minimum == old.0, sequence.maximum == old.1);
            sequence.data_type = data_type;
        }
        sequence.increment = options.increment.unwrap_or(sequence.increment);
        let (lowest, highest) = default_bounds(&sequence.data_type, sequence.increment);
        match options.minimum {
            Some(minimum) => sequence.minimum = minimum.unwrap_or(lowest),
            None if reset.0 => sequence.minimum = lowest,
            None => {}
        }
        match options.maximum {
            Some(maximum) => sequence.maximum = maximum.unwrap_or(highest),
            None if reset.1 => sequence.maximum = highest,
            None => {}
        }
        sequence.start = options.start.unwrap_or(sequence.start);
        sequence.cycle = options.cycle.unwrap_or(sequence.cycle);
        if let Some(owner) = options.owned_by {
            sequence.owned_by = owner;
        }
    }

    /// The sequence of a serial column, and the default that draws from it.
    pub(super) fn serial_sequence(&mut self, table: &QName, column: &str, data_type: &str) -> Expression {
        let name = QName::new(&table.schema, self.choose_relation_name(table, Some(column), "seq", false));
        let options = Options {
            data_type: Some(data_type.to_owned()),
            owned_by: Some(Some((table.clone(), column.to_owned()))),
            ..Options::default()
        };
        self.put_sequence(name.clone(), options, false);
        Expression {
            sql: nextval(&name),
            columns: Vec::new(),
            functions: vec!["nextval".to_owned()],
            sequences: vec![name],
        }
    }

    pub(super) fn identity_sequence(&mut self, table: &QName, column: &str, data_type: &str, nodes: &[Node]) {
        let mut options = self.sequence_options(nodes);
        options.data_type.get_or_insert_with(|| data_type.to_owned());
        options.owned_by = Some(Some((table.clone(), column.to_owned())));
        let name = match options.name.take() {
            Some((schema, name)) if schema.is_empty() => QName::new(&table.schema, name),
            Some((schema, name)) => QName::new(schema, name),
            None => QName::new(&table.schema, self.choose_relation_name(table, Some(column), "seq", false)),
        };
        self.put_sequence(name, options, true);
    }

    /// The sequence behind an identity column.
    pub(super) fn identity_of(&self, table: &QName, column: &str) -> Option<QName> {
        let owned = |sequence: &&Sequence| {
            sequence.identity && sequence.owned_by.as_ref().is_some_and(|(t, c)| t == table && c == column)
        };
        self.catalog.sequences.values().find(owned).map(|sequence| sequence.name.clone())
    }

    /// Sequences vanish with the column or table that owns them.
    pub(super) fn drop_sequences(&mut self, table: &QName, column: Option<&str>, identity_only: bool) {
        let owned = |sequence: &&Sequence| {
            (sequence.identity || !identity_only)
                && sequence
                    .owned_by
                    .as_ref()
                    .is_some_and(|(t, c)| t == table && column.is_none_or(|column| column == c))
        };
        let names: Vec<QName> = self.catalog.sequences.values().filter(owned).map(|one| one.name.clone()).collect();
        for name in names {
            self.catalog.sequences.remove(&name);
            self.relations.remove(&name);
        }
    }
}

/// `nextval('schema.sequence'::regclass)`, printed by PostgreSQL's own grammar.
pub(super) fn nextval(name: &QName) -> String {
    let string = |text: &str| Node { node: Some(NodeEnum::String(protobuf::String { sval: text.to_owned() })) };
    let part = |text: &str| {
        let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain { text.to_owned() } else { ["\"", &text.replace('"', "\"\""), "\""].concat() }
    };
    let literal = protobuf::AConst {
        val: Some(protobuf::a_const::Val::Sval(protobuf::String {
            sval: [part(&name.schema), part(&name.name)].join("."),
        })),
        ..protobuf::AConst::default()
    };
    let cast = protobuf::TypeCast {
        arg: Some(Box::new(Node { node: Some(NodeEnum::AConst(literal)) })),
        type_name: Some(protobuf::TypeName {
            names: vec![string("regclass")],
            typemod: -1,
            ..protobuf::TypeName::default()
        }),
        location: -1,
    };
    let call = protobuf::FuncCall {
        funcname: vec![string("nextval")],
        args: vec![Node { node: Some(NodeEnum::TypeCast(Box::new(cast))) }],
        funcformat: protobuf::CoercionForm::CoerceExplicitCall.into(),
        ..protobuf::FuncCall::default()
    };
    expression::deparse(&Node { node: Some(NodeEnum::FuncCall(Box::new(call))) })
}
