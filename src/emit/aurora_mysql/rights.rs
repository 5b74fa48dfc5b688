//! What the exporting and the importing account need.
//!
//! Version 3 has roles, which a session must have switched on: `run.sql` and `import.sql` do that themselves. Version 2
//! has none, so there the rights are an account's. Loading into S3 and from it is a right on the whole server, and which
//! buckets that reaches is the cluster's own role to say.

use super::Emitter;
use super::import::MARKER;
use crate::sql::fit_bytes;
use crate::sql::mysql::{Account, Grant, Object, Script, Statement};

/// MySQL's accounts have names of at most 32 characters.
const ACCOUNT: usize = 32;

impl Emitter<'_> {
    fn account(&self, kind: &str) -> Account {
        let name = fit_bytes(&format!("noren_{kind}_{}", self.export.name), ACCOUNT);
        Account { name, role: self.export.version >= 3 }
    }

    fn rights(script: &mut Script, account: &Account, server: &'static str, role: &'static str, grants: Vec<Grant>) {
        if account.role {
            script.run(&Statement::CreateRole(account.clone()));
        }
        for grant in grants {
            script.run(&Statement::Grant(grant));
        }
        let (privileges, on) = if account.role { (vec![role], Object::Role) } else { (vec![server], Object::Server) };
        script.run(&Statement::Grant(Grant { privileges, on, to: account.clone() }));
    }

    /// In the source, whoever exports.
    pub(super) fn rights_source(&self) -> Script {
        let account = self.account("export");
        let mut script = self.head(&[
            "What an export needs in the source. Run there as an administrator: mysql DATABASE <rights_source.sql",
            if account.role {
                "Then give the role to the account that exports: GRANT the role TO that account. Safe to run again."
            } else {
                "The account is made before, with a password of your own: CREATE USER … IDENTIFIED BY …. Safe to run again."
            },
        ]);
        let to = || account.clone();
        let table = |name: &str| Grant { privileges: vec!["SELECT"], on: Object::Table(name.to_owned()), to: to() };
        let mut grants: Vec<Grant> = self.export.tables.iter().map(|own| table(&own.name)).collect();
        grants.push(Grant { privileges: vec!["CREATE TEMPORARY TABLES"], on: Object::Database, to: to() });
        Self::rights(&mut script, &account, "SELECT INTO S3", "AWS_SELECT_S3_ACCESS", grants);
        script
    }

    /// In the copy, whoever imports. Without TRIGGER an account sees no trigger, and the check for them would find none.
    pub(super) fn rights_target(&self) -> Script {
        let account = self.account("import");
        let mut script = self.head(&[
            "What an import needs in the copy. Run there as an administrator: mysql DATABASE <rights_target.sql",
            if account.role {
                "Then give the role to the account that imports: GRANT the role TO that account. Safe to run again."
            } else {
                "The account is made before, with a password of your own: CREATE USER … IDENTIFIED BY …. Safe to run again."
            },
        ]);
        let to = || account.clone();
        let loaded = |name: &str| Grant {
            privileges: vec!["SELECT", "INSERT", "DELETE", "TRIGGER"],
            on: Object::Table(name.to_owned()),
            to: to(),
        };
        let read = |name: &str| Grant { privileges: vec!["SELECT"], on: Object::Table(name.to_owned()), to: to() };
        let mut grants: Vec<Grant> = self.export.tables.iter().map(|own| loaded(&own.name)).collect();
        grants.extend(self.export.beside.iter().map(|name| read(name)));
        grants.push(read(MARKER));
        grants.push(Grant { privileges: vec!["CREATE TEMPORARY TABLES"], on: Object::Database, to: to() });
        Self::rights(&mut script, &account, "LOAD FROM S3", "AWS_LOAD_S3_ACCESS", grants);
        script
    }
}
