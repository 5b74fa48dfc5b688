//! Functions, triggers and row security policies.

use super::super::{DataType, Expression, Function, QName, RowPolicy, Trigger, TriggerMode};
use super::{Builder, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{self, FunctionParameterMode as Mode, Node, ObjectWithArgs};

/// Bits of `pg_trigger.tgtype`, as `trigger.h` numbers them.
mod trigger_type {
    pub(super) const BEFORE: i32 = 1 << 1;
    pub(super) const INSERT: i32 = 1 << 2;
    pub(super) const DELETE: i32 = 1 << 3;
    pub(super) const UPDATE: i32 = 1 << 4;
    pub(super) const TRUNCATE: i32 = 1 << 5;
    pub(super) const INSTEAD: i32 = 1 << 6;
}

impl Builder<'_> {
    pub(super) fn create_function(&mut self, statement: &protobuf::CreateFunctionStmt) {
        let (schema, name) = tree::qualified(&statement.funcname);
        let name = self.new_name(&schema, &name);
        let mut arguments = Vec::new();
        let mut outputs: Vec<DataType> = Vec::new();
        for node in &statement.parameters {
            let Some(NodeEnum::FunctionParameter(parameter)) = &node.node else { continue };
            let Some(written) = &parameter.arg_type else { continue };
            let data_type = self.data_type(written);
            if matches!(parameter.mode(), Mode::FuncParamOut | Mode::FuncParamTable | Mode::FuncParamInout) {
                outputs.push(data_type.clone());
            }
            if !matches!(parameter.mode(), Mode::FuncParamOut | Mode::FuncParamTable) {
                arguments.push(data_type);
            }
        }
        let written = statement.return_type.as_ref().map(|written| self.data_type(written));
        let returns = written.or_else(|| match (statement.is_procedure, outputs.as_slice()) {
            (true, _) | (_, []) => None,
            (_, [one]) => Some(one.clone()),
            _ => Some(DataType { name: QName::new("pg_catalog", "record"), modifiers: Vec::new(), dimensions: 0 }),
        });
        let mut function = Function {
            name: name.clone(),
            arguments,
            returns,
            language: "sql".to_owned(),
            volatility: 'v',
            security_definer: false,
            strict: false,
            leakproof: false,
            procedure: statement.is_procedure,
            search_path: None,
            bound: statement.sql_body.is_some(),
            body: String::new(),
            span: self.place.span(),
            grants: Vec::new(),
        };
        routine_options(&mut function, &statement.options);
        if let Some(body) = statement.sql_body.as_deref() {
            function.body = sql_body(body);
        }
        let overloads = self.catalog.functions.entry(name).or_default();
        match overloads.iter_mut().find(|known| known.arguments == function.arguments) {
            Some(known) if statement.replace => {
                function.grants.clone_from(&known.grants);
                *known = function;
            }
            Some(known) => {
                let name = known.name.to_string();
                self.duplicate(self.place.head(), "function", &name);
            }
            None => overloads.push(function),
        }
    }

    /// The overload that an ALTER, DROP or GRANT names; extensions' functions are not held.
    pub(super) fn find_function(&mut self, object: &ObjectWithArgs) -> Option<(QName, usize)> {
        let (schema, name) = tree::qualified(&object.objname);
        let schemas = if schema.is_empty() { self.path.clone() } else { vec![schema] };
        let found = self.found.len();
        let arguments: Vec<DataType> = self.input_arguments(object);
        // A type that is unknown here was already told where it was declared, or the function is not ours.
        self.found.truncate(found);
        schemas.into_iter().map(|schema| QName::new(schema, &name)).find_map(|name| {
            let overloads = self.catalog.functions.get(&name)?;
            let same = |function: &Function| function.arguments == arguments;
            let at = match (object.args_unspecified, overloads.len()) {
                (true, 1) => 0,
                _ => overloads.iter().position(same)?,
            };
            Some((name, at))
        })
    }

    fn input_arguments(&mut self, object: &ObjectWithArgs) -> Vec<DataType> {
        let parameters: Vec<&protobuf::TypeName> = if object.objfuncargs.is_empty() {
            object.objargs.iter().filter_map(tree::type_name).collect()
        } else {
            let input = |node| match node {
                &Node { node: Some(NodeEnum::FunctionParameter(ref parameter)) }
                    if !matches!(parameter.mode(), Mode::FuncParamOut | Mode::FuncParamTable) =>
                {
                    parameter.arg_type.as_ref()
                }
                _ => None,
            };
            object.objfuncargs.iter().filter_map(input).collect()
        };
        parameters.into_iter().map(|written| self.data_type(written)).collect()
    }

    pub(super) fn alter_function(&mut self, statement: &protobuf::AlterFunctionStmt) {
        let Some(object) = &statement.func else { return };
        if let Some((name, at)) = self.find_function(object)
            && let Some(function) = self.catalog.functions.get_mut(&name).and_then(|all| all.get_mut(at))
        {
            routine_options(function, &statement.actions);
        }
    }

    pub(super) fn create_trigger(&mut self, statement: &protobuf::CreateTrigStmt) {
        let Some(range) = &statement.relation else { return };
        let Some(table) = self.expect_relation(range, "table", false) else { return };
        let (schema, function) = tree::qualified(&statement.funcname);
        let function = self.function_name(&schema, &function);
        let mut events: Vec<String> = [
            (trigger_type::INSERT, "insert"),
            (trigger_type::UPDATE, "update"),
            (trigger_type::DELETE, "delete"),
            (trigger_type::TRUNCATE, "truncate"),
        ]
        .into_iter()
        .filter(|(bit, _)| statement.events & bit != 0)
        .map(|(_, event)| event.to_owned())
        .collect();
        events.sort();
        let trigger = Trigger {
            name: statement.trigname.clone(),
            mode: TriggerMode::Origin,
            function,
            before: statement.timing & trigger_type::BEFORE != 0,
            instead_of: statement.timing & trigger_type::INSTEAD != 0,
            for_each_row: statement.row,
            events,
            constraint: statement.isconstraint,
            span: self.place.span(),
        };
        let known = self
            .catalog
            .tables
            .get(&table)
            .is_some_and(|table| table.triggers.iter().any(|one| one.name == trigger.name));
        if known && !statement.replace {
            self.duplicate(self.place.head(), "trigger", &trigger.name);
            return;
        }
        self.put_trigger(&table, &trigger);
    }

    fn function_name(&self, schema: &str, name: &str) -> QName {
        if !schema.is_empty() {
            return QName::new(schema, name);
        }
        let candidates = self.path.iter().map(|schema| QName::new(schema, name));
        let found = candidates.into_iter().find(|name| self.catalog.functions.contains_key(name));
        found.unwrap_or_else(|| QName::new("pg_catalog", name))
    }

    /// Row triggers of a partitioned table are on every partition too.
    pub(super) fn put_trigger(&mut self, table: &QName, trigger: &Trigger) {
        let below = if trigger.for_each_row && self.is_partitioned(table) {
            self.children.get(table).cloned().unwrap_or_default()
        } else {
            Vec::new()
        };
        if let Some(found) = self.table(table) {
            match found.triggers.iter_mut().find(|known| known.name == trigger.name) {
                Some(known) => *known = Trigger { mode: known.mode, ..trigger.clone() },
                None => found.triggers.push(trigger.clone()),
            }
        }
        for child in below {
            self.put_trigger(&child, trigger);
        }
    }

    fn policy_expression(&self, table: &QName, node: Option<&Node>) -> Option<Expression> {
        let scope = self.scope(table);
        node.map(|node| self.expression(node, &scope))
    }

    pub(super) fn create_policy(&mut self, statement: &protobuf::CreatePolicyStmt) {
        let Some(range) = &statement.table else { return };
        let Some(table) = self.expect_table(range, false) else { return };
        let policy = RowPolicy {
            name: statement.policy_name.clone(),
            permissive: statement.permissive,
            command: if statement.cmd_name.is_empty() { "all".to_owned() } else { statement.cmd_name.clone() },
            roles: policy_roles(&statement.roles),
            using: self.policy_expression(&table, statement.qual.as_deref()),
            check: self.policy_expression(&table, statement.with_check.as_deref()),
            span: self.place.span(),
        };
        let known = self
            .catalog
            .tables
            .get(&table)
            .is_some_and(|table| table.policies.iter().any(|one| one.name == policy.name));
        if known {
            self.duplicate(self.place.head(), "policy", &policy.name);
        } else if let Some(found) = self.table(&table) {
            found.policies.push(policy);
        }
    }

    pub(super) fn alter_policy(&mut self, statement: &protobuf::AlterPolicyStmt) {
        let Some(range) = &statement.table else { return };
        let Some(table) = self.expect_table(range, false) else { return };
        let using = self.policy_expression(&table, statement.qual.as_deref());
        let check = self.policy_expression(&table, statement.with_check.as_deref());
        let Some(found) = self.table(&table) else { return };
        for policy in found.policies.iter_mut().filter(|policy| policy.name == statement.policy_name) {
            if !statement.roles.is_empty() {
                policy.roles = policy_roles(&statement.roles);
            }
            policy.using = using.clone().or(policy.using.take());
            policy.check = check.clone().or(policy.check.take());
        }
    }
}

/// PUBLIC swallows every other role; the server says so in a warning.
fn policy_roles(nodes: &[Node]) -> Vec<String> {
    let mut roles = tree::roles(nodes);
    if roles.iter().any(|role| role == "public") {
        return vec!["public".to_owned()];
    }
    roles.sort();
    roles
}

fn routine_options(function: &mut Function, options: &[Node]) {
    for option in options.iter().filter_map(tree::option) {
        let text = option.arg.as_deref().and_then(tree::constant_text);
        let yes = text.as_deref() == Some("true");
        match option.defname.as_str() {
            "language" => function.language = text.unwrap_or_default(),
            "volatility" => function.volatility = text.and_then(|text| text.chars().next()).unwrap_or('v'),
            "security" => function.security_definer = yes,
            "strict" => function.strict = yes,
            "leakproof" => function.leakproof = yes,
            "set" => set_path(function, option),
            "as" => {
                let parts = option.arg.as_deref().map(|node| tree::names(tree::list(node))).unwrap_or_default();
                // Two parts are a C function's library and symbol.
                function.body = match parts.as_slice() {
                    [body] => body.clone(),
                    _ => String::new(),
                };
            }
            _ => {}
        }
    }
}

/// Also what `ALTER FUNCTION … RESET` takes away.
fn set_path(function: &mut Function, option: &protobuf::DefElem) {
    let Some(NodeEnum::VariableSetStmt(set)) = option.arg.as_deref().and_then(|node| node.node.as_ref()) else {
        return;
    };
    if set.kind() == protobuf::VariableSetKind::VarResetAll {
        function.search_path = None;
    } else if set.name.eq_ignore_ascii_case("search_path") {
        let schemas = set.args.iter().filter_map(tree::constant_text).collect();
        function.search_path = (set.kind() == protobuf::VariableSetKind::VarSetValue).then_some(schemas);
    }
}

/// `RETURN …` and `BEGIN ATOMIC … END` bodies are trees.
fn sql_body(node: &Node) -> String {
    match node.node.as_ref() {
        Some(NodeEnum::List(list)) => list.items.iter().map(sql_body).collect::<Vec<_>>().join("; "),
        Some(NodeEnum::ReturnStmt(statement)) => {
            let value = statement.returnval.as_deref().map(super::expression::deparse).unwrap_or_default();
            ["RETURN", &value].join(" ")
        }
        Some(other) => super::expression::deparse_node(other),
        None => String::new(),
    }
}
