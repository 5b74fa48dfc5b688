//! A load that is not right in everything changes nothing.

use super::{Project, server};
use crate::support;

const SCHEMA: &str = "
CREATE TABLE teams (id int PRIMARY KEY, name varchar(40));
CREATE TABLE people (id int PRIMARY KEY, team_id int, boss_id int, note varchar(40),
  CONSTRAINT people_team FOREIGN KEY (team_id) REFERENCES teams (id),
  CONSTRAINT people_boss FOREIGN KEY (boss_id) REFERENCES people (id));
CREATE TABLE badges (id int PRIMARY KEY, person_id int,
  CONSTRAINT badges_person FOREIGN KEY (person_id) REFERENCES people (id));
";
const POLICY: &str = "
table * { id, *_id keep; }
table teams { name keep because \"names of teams\"; }
table people { note mask null; }
table badges { skip because \"printed again\"; }
export developers { tables *; }
";
const ROWS: &str = "INSERT INTO teams VALUES (1, 'one'), (2, 'two');
INSERT INTO people VALUES (1, 1, NULL, 'x'), (2, 2, 1, 'y');";
const BEFORE: &str = "INSERT INTO teams VALUES (7, 'was there'); INSERT INTO people VALUES (7, 7, 7, 'was there');";

fn project(server: &'static super::Server) -> Project {
    filled(Project::of(server, SCHEMA, POLICY))
}

fn filled(project: Project) -> Project {
    let server = project.server;
    server.run(&project.source, ROWS);
    server.run(&project.copy, BEFORE);
    project.export();
    project
}

/// The import fails, says this, and the copy is as it was; also with a client that goes on after errors.
#[track_caller]
fn refuses(project: &Project, said: &str) {
    refuses_with(project, said, &[&[], &["--force"]]);
}

#[track_caller]
fn refuses_with(project: &Project, said: &str, clients: &[&[&str]]) {
    let before = project.rows(&project.copy);
    for more in clients {
        let output = project.try_import(more);
        let text = support::text(&output);
        assert!(!output.status.success() || !more.is_empty(), "{text}");
        assert!(text.contains(said), "{text}");
        assert_eq!(project.rows(&project.copy), before, "with {more:?}");
    }
}

#[test]
fn a_database_that_is_not_marked_is_not_touched() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = project(server);
    server.run(&project.copy, "DELETE FROM noren_import_target");
    refuses(&project, "only a marked database is emptied");
    server.run(&project.copy, "INSERT INTO noren_import_target VALUES ('others')");
    refuses(&project, "only a marked database is emptied");
    server.run(&project.copy, "DROP TABLE noren_import_target");
    refuses(&project, "noren_import_target");
}

#[test]
fn a_marked_database_is_loaded() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = project(server);
    project.import();
    assert_eq!(server.run(&project.copy, "SELECT * FROM people ORDER BY id"), "1\t1\tNULL\tNULL\n2\t2\t1\tNULL\n");
    assert_eq!(server.run(&project.copy, "SELECT * FROM teams ORDER BY id"), "1\tone\n2\ttwo\n");
}

#[test]
fn objects_of_a_run_that_did_not_finish_are_not_loaded() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = project(server);
    let list = project.store.join("masked-exports/developers/run.part_00000");
    let whole = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, whole.replace("\"finished\"", "\"unfinished\"")).unwrap();
    refuses(&project, "a run that was finished");
    std::fs::write(&list, whole.replace("\"rows\",\"public.people\",\"2\"", "\"rows\",\"public.people\",\"3\""))
        .unwrap();
    refuses(&project, "as many rows of people as left");
    std::fs::write(&list, "").unwrap();
    refuses(&project, "a run that was finished");
}

#[test]
fn a_row_that_is_lost_or_leads_nowhere_is_found() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = project(server);
    let people = project.store.join("masked-exports/developers/public.people.part_00000");
    let whole = std::fs::read_to_string(&people).unwrap();
    let (_, rest) = whole.split_once('\n').unwrap();
    std::fs::write(&people, rest).unwrap();
    refuses(&project, "as many rows of people as left");
    std::fs::write(&people, whole.replacen("\"2\",\"1\"", "\"3\",\"1\"", 1)).unwrap();
    refuses(&project, "people_team");
}

/// What is loaded is looked at again: an object that was changed on its way shows.
#[test]
fn a_value_that_no_mask_gives_is_found() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let schema = "CREATE TABLE users (id int PRIMARY KEY, email varchar(80), token varchar(80), name varchar(80), age int, note text);";
    let policy = "setting noren.mask_key text secret;\ntable users { id keep; email mask email; token mask hash; name mask fake_name('ja', part => \
                  'family'); age mask constant('17'); note mask null; }\nexport developers { tables *; }\n";
    let project = Project::of(server, schema, policy);
    server.run(
        &project.source,
        "INSERT INTO users VALUES (1, 'a@x.example', 't', 'n', 5, 'x'), (2, NULL, NULL, NULL, NULL, NULL)",
    );
    server.run(&project.copy, "INSERT INTO users VALUES (7, 'was', 'there', 'n', 5, 'x')");
    project.export();
    let object = project.store.join("masked-exports/developers/public.users.part_00000");
    let whole = std::fs::read_to_string(&object).unwrap();
    let line = whole.lines().find(|line| line.starts_with("\"row\",\"1\"")).unwrap();
    let fields: Vec<&str> = line.split(',').collect();
    for (at, (raw, column)) in
        [("\"a@x.example\"", "email"), ("\"raw\"", "token"), ("", ""), ("\"5\"", "age"), ("\"x\"", "note")]
            .iter()
            .enumerate()
    {
        if raw.is_empty() {
            continue;
        }
        let mut changed = fields.clone();
        changed[at + 2] = raw;
        std::fs::write(&object, whole.replace(line, &changed.join(","))).unwrap();
        refuses(&project, &format!("found others, maybe raw ones: {column}: 1"));
    }
    std::fs::write(&object, whole).unwrap();
    project.import();
}

#[test]
fn a_row_beside_the_export_that_would_dangle_is_found() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = project(server);
    server.run(&project.copy, "INSERT INTO badges VALUES (1, 7)");
    refuses(&project, "badges_person");
}

#[test]
fn another_shape_stops_both_sides() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = project(server);
    server.run(&project.copy, "ALTER TABLE people ADD COLUMN phone varchar(20)");
    refuses(&project, "found a column that the policy does not know: people.phone: varchar(20)");
    server.run(&project.source, "ALTER TABLE teams MODIFY name varchar(50)");
    let output = project.try_export("");
    let said = support::text(&output);
    assert!(
        !output.status.success() && said.contains("expected a column, found none such: teams.name: varchar(40)"),
        "{said}"
    );
}

#[test]
fn a_trigger_or_an_engine_without_rollback_stops_the_load() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = project(server);
    server
        .run(&project.copy, "CREATE TRIGGER people_log BEFORE INSERT ON people FOR EACH ROW SET NEW.note = 'trigger'");
    refuses(&project, "found people_log");
    server.run(&project.copy, "DROP TRIGGER people_log; ALTER TABLE people DROP FOREIGN KEY people_team; SET foreign_key_checks = 0; ALTER TABLE teams ENGINE = MyISAM");
    // What cannot be rolled back is lost to a client that goes on.
    refuses_with(&project, "expected ENGINE=InnoDB, found another for teams", &[&[]]);
}

/// What the two rights files grant is what the two scripts need, the service's own rights apart.
#[test]
fn the_rights_are_enough_and_no_table_s_is_too_many() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    are_least(&project(server), 3);
}

/// Version 2 has accounts and no roles, and names the right to reach S3 otherwise.
#[test]
fn the_rights_of_version_2_are_an_account_s() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = filled(Project::of_version(server, SCHEMA, POLICY, 2));
    for (name, right) in [
        ("rights_source.sql", "GRANT SELECT INTO S3 ON *.* TO 'noren_export_developers'@'%';"),
        ("rights_target.sql", "GRANT LOAD FROM S3 ON *.* TO 'noren_import_developers'@'%';"),
    ] {
        assert!(project.emitted(name).lines().any(|line| line == right), "{}", project.emitted(name));
    }
    for name in ["rights_source.sql", "rights_target.sql", "run.sql", "import.sql"] {
        assert!(!project.emitted(name).contains("ROLE"), "{name}");
    }
    are_least(&project, 2);
}

#[track_caller]
fn are_least(project: &Project, version: u32) {
    let server = project.server;
    let grants = |name: &str, role: &str, account: &str| {
        let lines = project.emitted(name);
        let on_server = |line: &&str| line.contains("AWS_") || line.contains(" S3 ON ");
        let lines = lines.lines().filter(|line| line.starts_with("GRANT") && !on_server(line));
        let role = if version == 2 { format!("'{role}'@'%'") } else { format!("'{role}'") };
        lines.map(|line| line.replace(&role, account)).collect::<Vec<_>>()
    };
    let (exporter, importer) = (support::unique("exp"), support::unique("imp"));
    for account in [&exporter, &importer] {
        server.run("", &format!("CREATE USER '{account}'@'localhost'; GRANT FILE ON *.* TO '{account}'@'localhost'"));
    }
    let of_export = grants("rights_source.sql", "noren_export_developers", &format!("'{exporter}'@'localhost'"));
    let of_import = grants("rights_target.sql", "noren_import_developers", &format!("'{importer}'@'localhost'"));
    let run = |account: &str, database: &str, file: &str| {
        let client = server.client_as(account, database);
        super::given(&mut super::reading(&client, &project.files().join(file)), "")
    };
    server.run(&project.source, &of_export.join("\n"));
    server.run(&project.copy, &of_import.join("\n"));
    support::succeeded(&run(&exporter, &project.source, "run.sql"), "run.sql");
    support::succeeded(&run(&importer, &project.copy, "import.sql"), "import.sql");
    // Without TRIGGER nothing fails, but a trigger would not be seen; it is granted with the others of a table.
    for grant in &of_export {
        let revoke = |grant: &str| grant.replacen("GRANT", "REVOKE", 1).replacen(" TO ", " FROM ", 1);
        server.run(&project.source, &revoke(grant));
        assert!(!run(&exporter, &project.source, "run.sql").status.success(), "without {grant}");
        server.run(&project.source, grant);
    }
    for grant in &of_import {
        let revoke = |grant: &str| grant.replacen("GRANT", "REVOKE", 1).replacen(" TO ", " FROM ", 1);
        server.run(&project.copy, &revoke(grant));
        assert!(!run(&importer, &project.copy, "import.sql").status.success(), "without {grant}");
        server.run(&project.copy, grant);
    }
}
