//! N09: the project file, and the schema files that it names.

super::family! {
    N0950 Error "a schema file has a statement that PostgreSQL's parser refuses";
    N0951 Error "a schema file is not the whole text of one database's schema";
    N0952 Error "a schema file contradicts what it, or a file before it, declares";
    N0953 Warning "a schema file has a statement that the catalog does not follow";
    N0954 Warning "a schema file runs code that may change the schema";
    N0955 Warning "a column has a type that nothing declares";
}
