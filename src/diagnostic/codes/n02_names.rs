//! N02: names that mean nothing, or two things.

super::family! {
    N0201 Error "a pattern that selects no table";
    N0202 Error "a table name that is in two schemas of the search path";
    N0203 Error "a view, partition or foreign table where a base table is expected";
    N0204 Error "a pattern that selects no column";
    N0205 Error "an unknown class";
    N0206 Error "an unknown mask";
    N0207 Error "a name that is declared twice";
    N0208 Error "a glob where one table is expected";
    N0209 Error "an unknown trigger";
    N0210 Error "more than one secret setting";
    N0211 Error "an unknown export";
    N0212 Error "an unknown type";
    N0213 Error "a class of a class";
    N0214 Error "a setting in a predicate that cannot have one yet";
    N0215 Error "a test that names what the policy does not have";
    N0216 Error "a test whose SQL cannot be read";
    N0217 Error "rows of a test that the table cannot take";
    N0218 Error "a name with a line break or another control character";
    N0290 Note "a statement that is not compiled yet";
}
