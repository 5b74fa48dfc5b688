//! N09: the project file, and the schema files that it names.

super::family! {}
