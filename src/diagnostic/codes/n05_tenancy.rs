//! N05: tenancy, and each table's place in it.

super::family! {
    N0501 Error "more than one tenancy";
    N0502 Error "a tenancy that lacks a part";
    N0503 Error "a tenancy root without a key";
    N0504 Error "a tenancy setting that is not there";
    N0505 Error "a tenant column of another type than the setting";
    N0506 Error "a statement that needs a tenancy";
    N0507 Error "a table without a place in tenancy";
    N0508 Error "a table with two places in tenancy";
    N0509 Error "no foreign key to get the tenant through";
    N0510 Error "a parent that has no tenant to give";
    N0511 Error "a circle of parents";
    N0512 Error "a table to be scoped through that does not lead here";
    N0513 Error "`or null` on a column that is never NULL";
    N0514 Error "a place in tenancy for tables selected by their place";
    N0515 Error "a setting that PostgreSQL cannot have";
    N0516 Error "a child whose parent shows its rows";
    N0520 Warning "a foreign key without the tenant column";
    N0521 Warning "a unique key without the tenant column";
    N0522 Warning "no index that begins with the tenant column";
    N0523 Warning "a tenant column that may be NULL";
    N0524 Warning "a function that runs as its owner";
    N0525 Warning "a scoped table in a publication";
    N0526 Warning "a row policy that the policy does not have";
    N0527 Warning "a right to a view that the policy does not grant";
    N0528 Note "a child that looks its tenant up";
    N0529 Warning "a function that runs as its owner and looks names up where its caller says";
    N0530 Note "an index that row security keeps from use";
    N0531 Note "a trigger that sees its caller's rows only";
    N0532 Warning "a cascade into rows that a policy protects";
    N0533 Warning "a rule on a scoped table";
}
