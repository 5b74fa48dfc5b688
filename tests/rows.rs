//! Rows made from a live catalog, for any schema: the library's own generator, held to what it promises.

use noren::catalog::QName;
use noren::verify::data::{self, Filled, Options};
use noren::verify::session::Connection;

use crate::support::Database;

/// A superuser's session.
pub fn session(database: &Database) -> Connection {
    let mut config = postgres::Config::new();
    config.host_path(database.server.socket_folder()).dbname(&database.name).user("postgres");
    Connection::open(&config).unwrap_or_else(|error| panic!("{error}"))
}

/// Fills every table of the database; the same seed makes the same rows.
pub fn fill(database: &Database, seed: u64) -> Filled {
    data::fill(&mut session(database), Options { seed, access: None }).unwrap_or_else(|error| panic!("{error}"))
}

/// Fails unless every table has rows and every foreign key holds.
#[track_caller]
pub fn whole(filled: &Filled) {
    assert!(filled.unfilled.is_empty(), "tables without rows: {:#?}", filled.unfilled);
    assert!(filled.hollow.is_empty(), "columns without a value: {:#?}", filled.hollow);
    assert!(filled.broken.is_empty(), "broken foreign keys: {:#?}", filled.broken);
}

/// Foreign keys with rows that point nowhere.
pub fn broken_foreign_keys(database: &Database) -> Vec<String> {
    data::broken_foreign_keys(&mut session(database)).unwrap_or_else(|error| panic!("{error}"))
}

/// A SQL identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support;

    const SCHEMA: &str = include_str!("rows/everything.sql");

    #[test]
    fn a_check_that_asks_for_an_expression_gets_what_matches_it() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_matching");
        database.sql(
            "CREATE DOMAIN zip AS text CHECK (VALUE ~ '^\\d{3}-\\d{4}$');
             CREATE TABLE recordings (id serial PRIMARY KEY, isrc character(12) NOT NULL UNIQUE CHECK (isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$'),
               slug varchar(20) NOT NULL CHECK (slug ~* '^[a-z]+(-[a-z]+)*$' AND length(slug) > 3), zip zip NOT NULL);",
        );
        whole(&fill(&database, 3));
        let odd =
            "SELECT count(*) FROM recordings WHERE isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$' AND zip ~ '^\\d{3}-\\d{4}$'";
        assert!(database.value(odd).trim().parse::<u32>().unwrap() > 3);
    }

    #[test]
    fn a_key_fits_the_smaller_numbers_that_refer_to_it() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_small");
        database.sql(
            "CREATE TABLE shifts (id serial PRIMARY KEY, name text);
             CREATE TABLE worked (shift_id smallint NOT NULL REFERENCES shifts, day date NOT NULL, PRIMARY KEY (shift_id, day));
             CREATE SEQUENCE loose;
             CREATE TABLE staff (id integer PRIMARY KEY DEFAULT nextval('loose'), store_id smallint NOT NULL);
             CREATE TABLE stores (id serial PRIMARY KEY, manager_id smallint NOT NULL REFERENCES staff);
             ALTER TABLE staff ADD FOREIGN KEY (store_id) REFERENCES stores;",
        );
        whole(&fill(&database, 3));
    }

    #[test]
    fn every_kind_of_table_is_filled() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_kinds");
        database.sql(SCHEMA);
        let filled = fill(&database, 7);
        whole(&filled);
        let poor: Vec<_> = filled.rows.iter().filter(|(_, rows)| **rows < 5).collect();
        assert!(poor.is_empty(), "few rows: {poor:?}");
        let modes = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1";
        let expected = [("loud", "A"), ("refuse", "O"), ("unheard", "R")];
        let found = database.rows(modes).into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>());
        assert!(
            found.eq(expected.map(|(name, mode)| vec![name.to_owned(), mode.to_owned()])),
            "modes of triggers changed"
        );
    }

    #[test]
    fn the_same_seed_makes_the_same_rows() {
        let Some(server) = support::server(None) else { return };
        let dumps: Vec<String> = (0..2)
            .map(|_| {
                let database = Database::new(server, "rows_seed");
                database.sql(
                    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text, b varchar(9), c jsonb);",
                );
                whole(&fill(&database, 3));
                database.sql("COPY t TO STDOUT;")
            })
            .collect();
        assert_eq!(dumps[0], dumps[1]);
        assert!(dumps[0].lines().count() >= 16);
    }

    #[test]
    fn a_table_that_cannot_be_filled_is_named_with_the_reason() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_refused");
        database.sql("CREATE TABLE shut (a int CHECK (false));");
        let filled = fill(&database, 1);
        assert!(filled.unfilled[&QName::new("public", "shut")].contains("shut_check"), "{filled:?}");
    }

    #[test]
    fn a_dangling_foreign_key_is_found() {
        let Some(server) = support::server(None) else { return };
        let database = Database::new(server, "rows_dangling");
        database.sql(
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p);
             SET session_replication_role = replica; INSERT INTO c VALUES (5);",
        );
        assert_eq!(broken_foreign_keys(&database), ["c c_p_fkey"]);
    }
}
