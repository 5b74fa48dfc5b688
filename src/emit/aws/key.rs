//! `key.sql`: the mask key in the source, for runners that can send nothing but SQL.
//!
//! psql reads the key from its environment, and a container gets it there from its own secrets. A state machine that calls
//! the database's HTTP interface has no environment: whatever it sends is in its input, its history and its logs. So the
//! key may lie in a table of one row that only the exporting role may read, and a run that has no key in its environment
//! takes it from there, with a statement that does not hold it.

use crate::catalog::QName;
use crate::emit::Emitter;
use crate::emit::psql::demand_key;
use crate::emit::rights::{grant, privileges};
use crate::emit::run::read_key;
use crate::sql::access::Object;
use crate::sql::{Ident, Script, Statement};

impl Emitter<'_> {
    /// Run once, and again when the key changes.
    pub(in crate::emit) fn aws_key(&self) -> Option<Script> {
        let role = self.export.role.as_ref().filter(|_| self.export.key.is_some())?;
        let mut script = self.head(
            &[
                "Only for runners that can send nothing but SQL: puts the mask key into a table that the exporting role alone may",
                "read. It comes from the environment variable NOREN_MASK_KEY of psql; no statement and no log holds it.",
                "Run in the source, after rights_source.sql and as the same: psql -X -f key.sql. Run it again for a new key.",
            ],
            &[],
        );
        script.blank();
        read_key(&mut script);
        demand_key(&mut script);
        script.run(Statement::Begin { isolation: None, read_only: false });
        script.run(Statement::Do(include_str!("manifest_table.sql")));
        script.run(Statement::Do(include_str!("key_table.sql")));
        script.comment(&format!("{}  as {}", self.place_of(role.span), role.value));
        let table = Object::Table(QName::new("noren_run", "mask_key"));
        grant(&mut script, privileges(&["SELECT"]), table, &role.value);
        script.run(Statement::Commit);
        script.run(Statement::DropTemporary(Ident::from("noren_key")));
        Some(script)
    }
}

/// The key of the environment, or else that of the table.
pub(super) fn key_of_run(script: &mut Script) {
    read_key(script);
    script.comment("where the environment has none, the source may: key.sql puts it there");
    script.run(Statement::Do(include_str!("key_from_table.sql")));
    demand_key(script);
}
