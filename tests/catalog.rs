//! The catalog against `pg_catalog` of a real server.
