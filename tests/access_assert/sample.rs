//! A sample from stage to stage. Everything that the files made, taken away one at a time, is `verify_whole`'s.

use super::own_server;
use crate::end_to_end::harness::Project;
use crate::support::{self, Database};

/// The sample's database, after `apply.sql` ran twice.
fn applied(sample: &str) -> Option<(Project, Database)> {
    let server = own_server(None)?;
    let project = Project::copy(&support::root().join("policies").join(sample), None);
    std::fs::remove_dir_all(project.folder.path().join("generated")).unwrap();
    project.build();
    server.execute("postgres", "CREATE ROLE nobody_at_all LOGIN; CREATE ROLE migrator LOGIN;").unwrap();
    let database = Database::owned(server, "access", Some("migrator"));
    database.sql_as("migrator", &project.schema);
    let folder = project.folder.path().join("generated/access");
    for (role, file) in [("postgres", "00_roles.sql"), ("migrator", "apply.sql"), ("migrator", "apply.sql")] {
        let output = database.psql(role, ["-X", "-f", file], &[], &folder);
        support::succeeded(&output, file);
    }
    Some((project, database))
}

/// From any stage to any other by the files of the one that is meant, and what another stage leaves is found.
#[test]
fn each_stage_is_asserted() {
    let Some((project, database)) = applied("expense") else { return };
    let toml = project.folder.path().join("noren.toml");
    let base = std::fs::read_to_string(&toml).unwrap();
    let access = project.folder.path().join("generated/access");
    let run = |file: &str| database.psql("migrator", ["-X", "-f", file], &[], &access);
    for stage in ["enabled", "off", "forced", "off", "enabled", "forced"] {
        std::fs::write(&toml, format!("{base}\n[rls]\nstage = \"{stage}\"\n")).unwrap();
        project.build();
        let before = support::text(&run("90_assert.sql"));
        assert!(before.contains("what: row security"), "{stage}: {before}");
        support::succeeded(&run("apply.sql"), stage);
        support::succeeded(&run("90_assert.sql"), stage);
    }
}
