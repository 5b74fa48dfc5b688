//! Statements of roles, row security and grants, as they print.

use noren::catalog::{DataType, QName};
use noren::sql::access::{AccessStatement, Commented, CreatePolicy, DefaultKind, Grantee, Object, Privilege};
use noren::sql::{Expr, Ident, Script, Select, Statement};

fn uuid() -> DataType {
    DataType { name: QName::new("pg_catalog", "uuid"), modifiers: vec![], dimensions: 0 }
}

fn table() -> QName {
    QName::new("public", "order")
}

fn roles() -> Vec<Grantee> {
    ["app", "Odd \"role\"", "current_user"].map(Grantee::named).to_vec()
}

fn policy(permissive: bool, command: &'static str, to: Vec<Grantee>, check: bool) -> AccessStatement {
    let setting = Expr::Call(Some(Ident::from("noren")), Ident::from("app_tenant_id"), vec![]);
    let value = Expr::scalar(Select { columns: vec![(setting, None)], ..Select::default() });
    let test = Expr::of("order", "tenant_id").op("=", value);
    AccessStatement::CreatePolicy(Box::new(CreatePolicy {
        name: Ident::from("noren_floor"),
        table: table(),
        permissive,
        command,
        to,
        using: (command != "INSERT").then(|| test.clone()),
        check: check.then_some(test),
    }))
}

#[test]
fn access_statements_print_as_postgresql_reads_them() {
    let body = Expr::call("nullif", [Expr::text("a"), Expr::text("")]).cast_to(uuid());
    let columns = vec![Ident::from("id"), Ident::from("Note")];
    let select = Privilege { columns, ..Privilege::named("select").unwrap() };
    let insert = Privilege::named("insert").unwrap();
    let function = QName::new("noren", "app_tenant_id");
    let routine = |procedure| Object::Routine {
        name: QName::new("public", "f"),
        arguments: vec![uuid(), DataType { dimensions: 1, ..uuid() }],
        procedure,
    };
    let revoke = |object| AccessStatement::Revoke { privileges: vec![], object, from: vec![Grantee::Public] };
    let default = |schema: Option<&str>, kind| AccessStatement::RevokeDefault {
        owner: Ident::from("migrator"),
        schema: schema.map(Ident::from),
        kind,
        from: roles(),
    };
    let member = |options| AccessStatement::GrantRole { of: "staff".into(), member: "Hana".into(), options };
    let statements = vec![
        AccessStatement::CreateSchema(Ident::from("noren")),
        AccessStatement::CreateHelper { function: function.clone(), returns: uuid(), body },
        policy(true, "SELECT", roles(), false),
        policy(false, "ALL", vec![Grantee::Public], true),
        policy(true, "INSERT", roles(), true),
        AccessStatement::DropPolicy { name: Ident::from("noren_floor"), table: table() },
        AccessStatement::Comment(
            Commented::Policy(Ident::from("noren_floor"), table()),
            Some("noren: it's so".to_owned()),
        ),
        AccessStatement::Comment(Commented::Function(function.clone()), None),
        AccessStatement::Comment(Commented::Column(table(), Ident::from("user")), Some(String::new())),
        AccessStatement::Grant {
            privileges: vec![select, insert],
            object: Object::Table(table()),
            to: roles(),
            grantable: true,
        },
        revoke(Object::Sequence(QName::new("public", "ids"))),
        revoke(Object::Schema(Ident::from("Mixed"))),
        revoke(routine(false)),
        revoke(routine(true)),
        member(None),
        member(Some((true, false))),
        default(None, DefaultKind::Functions),
        default(Some("public"), DefaultKind::Tables),
        default(Some("public"), DefaultKind::Sequences),
        AccessStatement::SetViewOptions {
            view: table(),
            options: vec![("security_invoker".to_owned(), "true".to_owned())],
        },
        AccessStatement::ResetViewOptions { view: table(), options: vec!["security_barrier".to_owned()] },
        AccessStatement::DropFunction(function),
        AccessStatement::DropSchema(Ident::from("noren")),
        AccessStatement::DropRole(Ident::from("app")),
    ];
    let mut script = Script::new();
    for statement in statements {
        script.run(Statement::Access(statement));
    }
    insta::assert_snapshot!(script.print().unwrap(), @r##"
    CREATE SCHEMA IF NOT EXISTS noren;
    CREATE OR REPLACE FUNCTION noren.app_tenant_id() RETURNS uuid
      LANGUAGE sql STABLE PARALLEL safe
      RETURN nullif('a', '')::uuid;
    CREATE POLICY noren_floor ON public."order"
      AS PERMISSIVE FOR SELECT TO app, "Odd ""role""", "current_user"
      USING ("order".tenant_id = (SELECT noren.app_tenant_id()));
    CREATE POLICY noren_floor ON public."order"
      AS RESTRICTIVE FOR ALL TO PUBLIC
      USING ("order".tenant_id = (SELECT noren.app_tenant_id()))
      WITH CHECK ("order".tenant_id = (SELECT noren.app_tenant_id()));
    CREATE POLICY noren_floor ON public."order"
      AS PERMISSIVE FOR INSERT TO app, "Odd ""role""", "current_user"
      WITH CHECK ("order".tenant_id = (SELECT noren.app_tenant_id()));
    DROP POLICY IF EXISTS noren_floor ON public."order";
    COMMENT ON POLICY noren_floor ON public."order" IS 'noren: it''s so';
    COMMENT ON FUNCTION noren.app_tenant_id() IS NULL;
    COMMENT ON COLUMN public."order"."user" IS '';
    GRANT SELECT (id, "Note"), INSERT
      ON TABLE public."order"
      TO app, "Odd ""role""", "current_user" WITH GRANT OPTION;
    REVOKE ALL ON SEQUENCE public.ids FROM PUBLIC;
    REVOKE ALL ON SCHEMA "Mixed" FROM PUBLIC;
    REVOKE ALL ON FUNCTION public.f(uuid, uuid[]) FROM PUBLIC;
    REVOKE ALL ON PROCEDURE public.f(uuid, uuid[]) FROM PUBLIC;
    GRANT staff TO "Hana";
    GRANT staff TO "Hana" WITH INHERIT TRUE, SET FALSE;
    ALTER DEFAULT PRIVILEGES FOR ROLE migrator
      REVOKE ALL ON FUNCTIONS FROM app, "Odd ""role""", "current_user";
    ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA public
      REVOKE ALL ON TABLES FROM app, "Odd ""role""", "current_user";
    ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA public
      REVOKE ALL ON SEQUENCES FROM app, "Odd ""role""", "current_user";
    ALTER VIEW public."order" SET (security_invoker = 'true');
    ALTER VIEW public."order" RESET (security_barrier);
    DROP FUNCTION IF EXISTS noren.app_tenant_id();
    DROP SCHEMA IF EXISTS noren;
    DROP ROLE IF EXISTS app;
    "##);
}
