//! N07: predicates and policies of row security.

super::family! {
    N0701 Error "a predicate that PostgreSQL cannot read";
    N0702 Error "a name in a predicate that means nothing";
    N0703 Error "a column without its table in a sub-select";
    N0704 Error "an alias or table that hides another name of a predicate";
    N0705 Error "a column that is compared with itself";
    N0706 Error "a construct that a predicate cannot have";
    N0707 Error "a name of the schema or of an extension without its schema";
    N0708 Error "a secret setting in a predicate";
    N0709 Error "`is distinct from` beside a setting";
    N0710 Warning "a column that is computed with before it is compared with a setting";
    N0711 Warning "a SECURITY DEFINER function in a predicate";
    N0712 Warning "a VOLATILE function in a predicate";
    N0720 Error "a policy name that cannot be used";
    N0721 Error "a policy's clauses that do not fit its commands";
    N0722 Error "a policy on a table that has no row security";
    N0723 Error "a policy for a role that row security does not bind";
    N0724 Error "a policy that would do nothing";
    N0725 Error "`across tenants` that is not what it says";
    N0730 Error "a scope that is not shown to keep tenants apart";
    N0731 Warning "a predicate that shows more where a setting is unset";
    N0732 Warning "a write across tenants that what is written may leave";
    N0733 Warning "a scope that no proof decides";
    N0740 Error "policies that read each other in a circle";
    N0741 Error "a policy that reads what its role may not";
    N0742 Warning "a table that says who sees what and can be written by them";
}
