//! Small readings of PostgreSQL's parse tree.

use super::super::QName;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, a_const};

/// The strings of a list, as in qualified names.
pub(super) fn names(nodes: &[Node]) -> Vec<String> {
    nodes.iter().filter_map(string).collect()
}

pub(super) fn string(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        NodeEnum::String(string) => Some(string.sval.clone()),
        _ => None,
    }
}

/// Schema (empty when unqualified) and name; a leading database name is dropped.
pub(super) fn qualified(nodes: &[Node]) -> (String, String) {
    let mut parts = names(nodes);
    let name = parts.pop().unwrap_or_default();
    (parts.pop().unwrap_or_default(), name)
}

/// The list in a node, empty when it is no list.
pub(super) fn list(node: &Node) -> &[Node] {
    match node.node.as_ref() {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

/// A constant as text: strings, numbers and booleans.
pub(super) fn constant_text(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Sval(value) => Some(value.sval.clone()),
            a_const::Val::Ival(value) => Some(value.ival.to_string()),
            a_const::Val::Fval(value) => Some(value.fval.clone()),
            a_const::Val::Boolval(value) => Some(value.boolval.to_string()),
            a_const::Val::Bsval(_) => None,
        },
        NodeEnum::String(value) => Some(value.sval.clone()),
        NodeEnum::Integer(value) => Some(value.ival.to_string()),
        NodeEnum::Float(value) => Some(value.fval.clone()),
        NodeEnum::Boolean(value) => Some(value.boolval.to_string()),
        NodeEnum::TypeCast(cast) => constant_text(cast.arg.as_deref()?),
        NodeEnum::TypeName(name) => Some(names(&name.names).join(".")),
        _ => None,
    }
}

/// The function call that a SELECT's column is.
pub(super) fn target_call(node: &Node) -> Option<&protobuf::FuncCall> {
    let NodeEnum::ResTarget(target) = node.node.as_ref()? else { return None };
    match target.val.as_deref()?.node.as_ref()? {
        NodeEnum::FuncCall(call) => Some(call),
        _ => None,
    }
}

/// The value of an option such as `as 'text'`.
pub(super) fn option_text(node: &Node) -> Option<String> {
    let NodeEnum::DefElem(option) = node.node.as_ref()? else { return None };
    constant_text(option.arg.as_deref()?)
}

pub(super) fn option(node: &Node) -> Option<&protobuf::DefElem> {
    match node.node.as_ref()? {
        NodeEnum::DefElem(option) => Some(option),
        _ => None,
    }
}

pub(super) fn type_name(node: &Node) -> Option<&protobuf::TypeName> {
    match node.node.as_ref()? {
        NodeEnum::TypeName(name) => Some(name),
        _ => None,
    }
}

pub(super) fn constraint(node: &Node) -> Option<&protobuf::Constraint> {
    match node.node.as_ref()? {
        NodeEnum::Constraint(constraint) => Some(constraint),
        _ => None,
    }
}

pub(super) fn range(node: &Node) -> Option<&protobuf::RangeVar> {
    match node.node.as_ref()? {
        NodeEnum::RangeVar(range) => Some(range),
        _ => None,
    }
}

/// A role as a grant or policy names it.
pub(super) fn role(role: &protobuf::RoleSpec) -> String {
    match role.roletype() {
        protobuf::RoleSpecType::RolespecPublic => "public".to_owned(),
        protobuf::RoleSpecType::RolespecCurrentUser => "current_user".to_owned(),
        protobuf::RoleSpecType::RolespecCurrentRole => "current_role".to_owned(),
        protobuf::RoleSpecType::RolespecSessionUser => "session_user".to_owned(),
        _ => role.rolename.clone(),
    }
}

pub(super) fn roles(nodes: &[Node]) -> Vec<String> {
    let one = |node: &Node| match node.node.as_ref()? {
        NodeEnum::RoleSpec(spec) => Some(role(spec)),
        _ => None,
    };
    nodes.iter().filter_map(one).collect()
}

/// Splits the text of a regclass literal, `'public."Seq"'`, as PostgreSQL's `stringToQualifiedNameList` does.
pub(super) fn regclass(text: &str) -> Option<QName> {
    let mut parts = Vec::new();
    let mut characters = text.trim().chars().peekable();
    loop {
        let mut part = String::new();
        if characters.next_if_eq(&'"').is_some() {
            loop {
                match characters.next()? {
                    '"' if characters.next_if_eq(&'"').is_some() => part.push('"'),
                    '"' => break,
                    other => part.push(other),
                }
            }
        } else {
            while let Some(next) = characters.next_if(|c| *c != '.') {
                part.extend(next.to_lowercase());
            }
        }
        parts.push(part);
        if characters.next_if_eq(&'.').is_none() {
            break;
        }
    }
    let name = parts.pop()?;
    Some(QName::new(parts.pop().unwrap_or_default(), name))
}
