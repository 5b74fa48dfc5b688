//! `rights_source.sql` and `rights_target.sql`: what the two roles need on the side where they need it, and the grants
//! that hold in the copy only.

use super::Emitter;
use crate::catalog::QName;
use crate::plan::rights::{CopyRight, OwnedKind, SourceRights, TargetRights, read_policy};
use crate::project::TargetKind;
use crate::source::Spanned;
use crate::sql::access::{AccessStatement, CreatePolicy, Grantee, Object, OwnedObject, Privilege};
use crate::sql::{Expr, Ident, Script, Select, SettingValue, Statement, fit_name};

impl Emitter<'_> {
    /// What an export needs in the source.
    pub(super) fn rights_source(&self) -> Option<Script> {
        let script = match self.place {
            TargetKind::Psql { .. } | TargetKind::Gcs(_) if self.export.role.is_none() => return None,
            TargetKind::Psql { .. } | TargetKind::Gcs(_) => self.client_source_rights(),
            TargetKind::AwsS3(_) => self.aws_source_rights(),
        };
        let named = self.export.role.as_ref().zip(self.export.source_rights.as_ref());
        Some(match named {
            Some((role, rights)) => self.reads(script, role, rights),
            None => script,
        })
    }

    /// The key in the source, where a run may have no environment.
    pub(super) fn key(&self) -> Option<Script> {
        match self.place {
            TargetKind::Psql { .. } | TargetKind::Gcs(_) => None,
            TargetKind::AwsS3(_) => self.aws_key(),
        }
    }

    fn client_source_rights(&self) -> Script {
        let mut script = self.head(
            &[
                "What the exporting role needs: to read the exported tables, and a temporary table for lists.",
                "Run in the source as the tables' owner or a superuser: psql -X -f rights_source.sql. Safe to run again.",
            ],
            &[],
        );
        script.blank();
        script
    }

    fn reads(&self, mut script: Script, role: &Spanned<String>, rights: &SourceRights) -> Script {
        script.comment(&format!("{}  as {}", self.place_of(role.span), role.value));
        temporary(&mut script, &role.value);
        for schema in &rights.schemas {
            grant(&mut script, usage(), Object::Schema(Ident::from(schema.as_str())), &role.value);
        }
        for table in &rights.tables {
            grant(&mut script, privileges(&["SELECT"]), Object::Table(table.clone()), &role.value);
        }
        if !rights.policies.is_empty() {
            script.comment("row security of the schema's own would leave rows out; run.sql asserts that none are");
        }
        for table in &rights.policies {
            shows_all(&mut script, &read_policy(&role.value), table, &role.value);
        }
        script
    }

    /// What the importing role needs in the copy, and who may read it.
    pub(super) fn rights_target(&self, rights: &TargetRights) -> Script {
        let mut script = self.head(
            &[
                "In the copy only: gives the tables to the importing role, and opens them to those who read masked rows.",
                "Run in the copy as a superuser or a member of both owners: psql -X -f rights_target.sql. Safe to run again.",
            ],
            &[],
        );
        script.blank();
        script.run(Statement::Begin { isolation: None, read_only: false });
        self.marker(&mut script);
        if let (Some(role), false) = (&self.export.import_role, rights.owned.is_empty()) {
            script.blank();
            script.comment(&format!("{}  import as {}", self.place_of(role.span), role.value));
            Self::importer(&mut script, &role.value, rights);
            if let TargetKind::AwsS3(_) = self.place {
                Self::aws_target_rights(&mut script, &role.value);
            }
        }
        if !rights.readers.is_empty() {
            script.blank().comment("what holds in the copy only");
            for (schema, roles) in &rights.reader_schemas {
                for role in roles {
                    grant(&mut script, usage(), Object::Schema(Ident::from(schema.as_str())), role);
                }
            }
            for reader in &rights.readers {
                self.reader(&mut script, reader);
            }
        }
        script.run(Statement::Commit);
        script
    }

    fn importer(script: &mut Script, role: &str, rights: &TargetRights) {
        temporary(script, role);
        for schema in &rights.owner_schemas {
            grant(script, privileges(&["USAGE", "CREATE"]), Object::Schema(Ident::from(schema.as_str())), role);
        }
        grant(script, usage(), Object::Schema(Ident::from("noren")), role);
        let marker = QName::new("noren", "import_target");
        grant(script, privileges(&["SELECT"]), Object::Table(marker), role);
        for (kind, name) in &rights.owned {
            let object = match kind {
                OwnedKind::Table => OwnedObject::Table,
                OwnedKind::Sequence => OwnedObject::Sequence,
                OwnedKind::MaterializedView => OwnedObject::MaterializedView,
            };
            script.run(Statement::Access(AccessStatement::SetOwner {
                object,
                name: name.clone(),
                owner: Ident::from(role),
            }));
        }
    }

    fn reader(&self, script: &mut Script, reader: &CopyRight) {
        script.comment(&format!("{}  {} to {}", self.place_of(reader.span), reader.relation, reader.role));
        let object = Object::Table(reader.relation.clone());
        let role = Grantee::named(&reader.role);
        script.run(Statement::Access(AccessStatement::Revoke {
            privileges: Vec::new(),
            object: object.clone(),
            from: vec![role],
        }));
        let of = |(command, columns): &(crate::model::access::Command, Option<Vec<String>>)| {
            let privilege = Privilege::named(command.word())?;
            let columns = columns.iter().flatten().map(|column| Ident::from(column.as_str())).collect();
            Some(Privilege { columns, ..privilege })
        };
        let privileges = reader.privileges.iter().filter_map(of).collect();
        grant(script, privileges, object, &reader.role);
        if reader.row_security {
            // A copy holds masked rows, of whomever they are; its tables have the schema's row security all the same.
            shows_all(script, &format!("noren_copy_select_to_{}", reader.role), &reader.relation, &reader.role);
        }
    }
}

/// A policy that shows a role every row of a table; made anew where it is there.
fn shows_all(script: &mut Script, name: &str, table: &QName, role: &str) {
    let name = Ident::new(fit_name(name));
    script.run(Statement::Access(AccessStatement::DropPolicy { name: name.clone(), table: table.clone() }));
    script.run(Statement::Access(AccessStatement::CreatePolicy(Box::new(CreatePolicy {
        name,
        table: table.clone(),
        permissive: true,
        command: "SELECT",
        to: vec![Grantee::named(role)],
        using: Some(Expr::Boolean(true)),
        check: None,
    }))));
}

/// For the lists that the scripts work with.
fn temporary(script: &mut Script, role: &str) {
    let set = Expr::call("set_config", [Expr::text("noren.role"), Expr::text(role), Expr::Boolean(false)]);
    let select = Select { columns: vec![(set.is_not_null(), Some("noren_role_is_set".into()))], ..Select::default() };
    super::psql::into_variables(script, select);
    script.run(Statement::Do(include_str!("grant_temporary.sql")));
    script.run(Statement::Set { local: false, name: "noren.role".to_owned(), values: vec![SettingValue::Default] });
}

pub(super) fn grant(script: &mut Script, privileges: Vec<Privilege>, object: Object, to: &str) {
    let to = vec![Grantee::named(to)];
    script.run(Statement::Access(AccessStatement::Grant { privileges, object, to, grantable: false }));
}

pub(super) fn usage() -> Vec<Privilege> {
    privileges(&["USAGE"])
}

pub(super) fn privileges(names: &[&str]) -> Vec<Privilege> {
    names.iter().filter_map(|name| Privilege::named(name)).collect()
}
