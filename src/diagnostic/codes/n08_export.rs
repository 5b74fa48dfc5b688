//! N08: exports and the imports that match them.

super::family! {
    N0850 Error "a table that is not exported references one that is";
    N0851 Error "a foreign partition in an export that is imported";
    N0852 Error "rows that leave only if they leave";
    N0853 Error "columns that share pseudonyms have types that cannot be compared";
}
