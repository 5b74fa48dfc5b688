//! `10_functions.sql`: how policies read settings; `50_functions.sql`: what nothing reads them with any more.

use super::Access;
use super::head::{Lock, begin, head};
use super::rights::{grant, revoke};
use crate::emit::psql::{insert, temporary};
use crate::plan::access::SettingPlan;
use crate::sql::access::{AccessStatement, Commented, Object};
use crate::sql::{Expr, Ident, Script, Statement};

const HELPER: [&str; 4] = ["name", "type_schema", "type_name", "is_array"];

impl Access<'_> {
    pub(super) fn functions(&self) -> Script {
        let mut script = head(&[
            "The functions that policies read settings with. A setting that is not set, or empty, is NULL: then no row belongs",
            "to the session. Run as the owner of the tables, who needs CREATE on the database: psql -X -f 10_functions.sql",
        ]);
        script.blank();
        begin(&mut script, None, Lock::Run);
        script.run(Statement::Access(AccessStatement::CreateSchema(Ident::from("noren"))));
        self.helpers(&mut script);
        script.run(Statement::Do(include_str!("retype.sql")));
        let roles = self.strangers();
        for setting in &self.plan.settings {
            let function = &setting.function;
            script.blank();
            let words = format!("{} reads setting {}", function, setting.setting);
            script.comment(&self.place(&[setting.span], &words));
            script.run(Statement::Access(AccessStatement::CreateHelper {
                function: function.clone(),
                returns: setting.data_type.clone(),
                body: body(setting),
            }));
            let comment = Some(format!("noren: reads {}", setting.setting));
            script.run(Statement::Access(AccessStatement::Comment(Commented::Function(function.clone()), comment)));
            let object = Object::Routine { name: function.clone(), arguments: Vec::new(), procedure: false };
            for statement in
                revoke(object.clone(), &roles, true).into_iter().chain(grant("EXECUTE", object, &setting.callers))
            {
                script.run(statement);
            }
        }
        script.blank();
        script.run(Statement::Commit);
        script
    }

    /// Drops the functions of settings that are gone, or had another type.
    pub(super) fn spent_functions(&self) -> Script {
        let mut script = head(&[
            "Drops the functions of settings that the policy no longer has, and those that 10_functions.sql put aside because",
            "their setting has another type: no policy calls them any more. Run as the owner: psql -X -f 50_functions.sql",
        ]);
        script.blank();
        begin(&mut script, None, Lock::Run);
        self.helpers(&mut script);
        script.run(Statement::Do(include_str!("spent.sql")));
        script.run(Statement::Commit);
        script
    }

    /// The functions of this policy, in a table for what follows.
    fn helpers(&self, script: &mut Script) {
        script.run(temporary("noren_helper", &HELPER, true));
        let row = |of: &SettingPlan| {
            let is_array = if of.data_type.dimensions > 0 { "true" } else { "false" };
            let of_type = &of.data_type.name;
            vec![
                of.function.name.to_string(),
                of_type.schema.to_string(),
                of_type.name.to_string(),
                is_array.to_owned(),
            ]
        };
        insert(script, "noren_helper", &HELPER, self.plan.settings.iter().map(row));
    }

    /// Roles of the policy that own nothing of it: what is not declared is taken away from them.
    pub(super) fn strangers(&self) -> Vec<String> {
        self.plan.roles.iter().filter(|role| !role.owner).map(|role| role.name.clone()).collect()
    }
}

/// `nullif(pg_catalog.current_setting('prefix.name', true), '')::type`
fn body(setting: &SettingPlan) -> Expr {
    let read = Expr::Call(
        Some(Ident::from("pg_catalog")),
        Ident::from("current_setting"),
        vec![Expr::text(setting.setting.as_str()), Expr::Boolean(true)],
    );
    Expr::call("nullif", [read, Expr::text("")]).cast_to(setting.data_type.clone())
}
