//! What an export's `rights_source.sql` makes is no deviation, and what somebody makes of it is one.

use super::own_server;
use crate::end_to_end::harness::Project;
use crate::support::{self, Database};

const SCHEMA: &str = "CREATE TABLE public.people (id bigint PRIMARY KEY, name text NOT NULL);
    ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;\n";
const POLICY: &str = "role app { login; }\nrole exporter { nologin; }\ngrant select on people to app;\nworkload web as app;\n\
    table people { id keep; name mask constant('a person'); }\nexport developers { tables *; as exporter; }\n";
const TOML: &str = "[project]\nname = \"people\"\nengine = \"postgresql\"\nversion = 15\nschema = [\"schema.sql\"]\n\
    policies = [\"policy.noren\"]\noutput = \"generated\"\n[export.developers]\ntarget = \"psql\"\ndir = \"data\"\n\
    [rls]\nbypass = \"policy\"\n";

#[test]
fn the_exporter_s_policy_is_known_where_there_is_no_tenancy() {
    let Some(server) = own_server(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("schema.sql", SCHEMA), ("policy.noren", POLICY), ("noren.toml", TOML)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let project = Project::copy(folder.path(), None);
    project.build();
    server.execute("postgres", "CREATE ROLE migrator LOGIN").unwrap();
    let database = Database::owned(server, "people", Some("migrator"));
    database.sql_as("migrator", SCHEMA);
    let generated = project.folder.path().join("generated");
    let run = |role: &str, file: &str| database.psql(role, ["-X", "-f", file], &[], &generated);
    for (role, file) in [
        ("postgres", "access/00_roles.sql"),
        ("migrator", "access/apply.sql"),
        ("migrator", "export/developers/rights_source.sql"),
        ("migrator", "access/90_assert.sql"),
    ] {
        support::succeeded(&run(role, file), file);
    }
    let policy = "noren_export_select_to_exporter ON people";
    for change in [
        format!("ALTER POLICY {policy} TO app"),
        format!("ALTER POLICY {policy} USING (id > 0)"),
        format!("DROP POLICY {policy}; CREATE POLICY {policy} TO exporter USING (true)"),
        format!(
            "DROP POLICY {policy}; CREATE POLICY noren_export_select_to_app ON people FOR SELECT TO app USING (true)"
        ),
    ] {
        database.sql(&change);
        let said = support::text(&run("migrator", "access/90_assert.sql"));
        assert!(said.contains("object: public.people: noren_export_select_to_"), "{change}: {said}");
        database.sql("DROP POLICY IF EXISTS noren_export_select_to_app ON people");
        support::succeeded(&run("migrator", "export/developers/rights_source.sql"), "rights_source.sql");
        support::succeeded(&run("migrator", "access/90_assert.sql"), "90_assert.sql");
    }
}
