//! `15_schemas.sql`: rights on schemas and functions, and what objects that are made later begin with.

use super::Access;
use super::head::{Lock, begin, head, routine_in_text};
use super::rights::{grant, revoke};
use crate::emit::psql::{insert, temporary};
use crate::plan::access::{FunctionPlan, SchemaPlan};
use crate::source::Span;
use crate::sql::access::{AccessStatement, DefaultKind, Grantee, Object, Privilege};
use crate::sql::{Ident, Script, Statement};

const KINDS: [DefaultKind; 3] = [DefaultKind::Tables, DefaultKind::Sequences, DefaultKind::Functions];

impl Access<'_> {
    pub(super) fn schemas(&self) -> Script {
        let mut script = head(&[
            "Rights on schemas and functions, and default privileges, which here only take away: nothing that is made later is",
            "open to a role of the policy before the policy says so. Run as the owner of the tables: psql -X -f 15_schemas.sql",
        ]);
        script.blank();
        begin(&mut script, None, Lock::Run);
        self.remember(&mut script);
        for schema in &self.plan.schemas {
            self.schema(&mut script, schema);
        }
        for function in &self.plan.functions {
            self.function(&mut script, function);
        }
        self.defaults(&mut script);
        script.blank();
        script.run(Statement::Commit);
        script
    }

    /// What is taken away here, no dump tells whole: it is written down for the way back.
    fn remember(&self, script: &mut Script) {
        let columns = ["kind", "object"];
        script.run(temporary("noren_touched", &columns, true));
        let row = |kind: &str, object: String| vec![kind.to_owned(), object];
        let schemas = self.plan.schemas.iter().map(|schema| row("schema", schema.name.clone()));
        let functions = self.plan.functions.iter();
        let functions = functions.map(|function| row("function", routine_in_text(&function.name, &function.arguments)));
        let owners = self.owners().into_iter().map(|owner| row("default", owner));
        insert(script, "noren_touched", &columns, schemas.chain(functions).chain(owners));
        script.run(temporary("noren_grantee", &["name"], true));
        insert(script, "noren_grantee", &["name"], self.plan.roles.iter().map(|role| vec![role.name.clone()]));
        script.run(Statement::Do(include_str!("remember.sql")));
    }

    fn owners(&self) -> Vec<String> {
        self.plan.roles.iter().filter(|role| role.owner).map(|role| role.name.clone()).collect()
    }

    fn schema(&self, script: &mut Script, schema: &SchemaPlan) {
        let object = Object::Schema(Ident::from(schema.name.as_str()));
        let spans: Vec<Span> = schema.usage.values().copied().collect();
        let users: Vec<String> = schema.usage.keys().cloned().collect();
        script.blank();
        script.comment(&self.place(&spans, &format!("schema {}", schema.name)));
        let create = Privilege { name: "CREATE", columns: Vec::new() };
        script.run(Statement::Access(AccessStatement::Revoke {
            privileges: vec![create],
            object: object.clone(),
            from: vec![Grantee::Public],
        }));
        let rights = revoke(object.clone(), &self.strangers(), false).into_iter();
        for statement in rights.chain(grant("USAGE", object, &users)) {
            script.run(statement);
        }
    }

    fn function(&self, script: &mut Script, function: &FunctionPlan) {
        let object = Object::Routine {
            name: function.name.clone(),
            arguments: function.arguments.clone(),
            procedure: function.procedure,
        };
        let spans: Vec<Span> = function.execute.values().copied().collect();
        let users: Vec<String> = function.execute.keys().cloned().collect();
        script.blank();
        script.comment(&self.place(&spans, &format!("function {}", function.name)));
        let rights = revoke(object.clone(), &self.strangers(), true).into_iter();
        for statement in rights.chain(grant("EXECUTE", object, &users)) {
            script.run(statement);
        }
    }

    /// An entry of one schema gives beside what the global one says, so each is taken away by itself.
    fn defaults(&self, script: &mut Script) {
        let strangers: Vec<Grantee> = self.strangers().iter().map(|role| Grantee::named(role)).collect();
        let from: Vec<Grantee> = [Grantee::Public].into_iter().chain(strangers).collect();
        for role in self.plan.roles.iter().filter(|role| role.owner) {
            script.blank();
            script.comment(&self.place(&[role.span], &format!("what {} makes later", role.name)));
            let schemas = self.plan.schemas.iter().map(|schema| Some(Ident::from(schema.name.as_str())));
            for schema in [None].into_iter().chain(schemas) {
                for kind in KINDS {
                    let (owner, schema) = (Ident::from(role.name.as_str()), schema.clone());
                    let from = from.clone();
                    script.run(Statement::Access(AccessStatement::RevokeDefault { owner, schema, kind, from }));
                }
            }
        }
    }
}
