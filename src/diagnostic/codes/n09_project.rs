//! N09: the project file, and the schema files that it names.

super::family! {
    N0902 Error "the project file is not TOML";
    N0903 Error "a key of the project file is unknown";
    N0904 Error "a value of the project file has the wrong type";
    N0905 Error "the project file lacks a key";
    N0906 Error "a value of the project file is not possible";
    N0909 Error "a file of the project cannot be read";
    N0910 Error "a file of the project is not UTF-8";
    N0911 Error "a path of the project file matches nothing";
    N0912 Error "a path leads out of the project";
    N0913 Error "a file that Noren did not write is in the way";
    N0914 Error "a dictionary cannot be used";
    N0920 Error "a statement that the engine has nothing for";
    N0921 Warning "a trigger that a load would fire";
    N0950 Error "a schema file has a statement that PostgreSQL's parser refuses";
    N0951 Error "a schema file is not the whole text of one database's schema";
    N0952 Error "a schema file contradicts what it, or a file before it, declares";
    N0953 Warning "a schema file has a statement that the catalog does not follow";
    N0954 Warning "a schema file runs code that may change the schema";
    N0955 Warning "a column has a type that nothing declares";
}
