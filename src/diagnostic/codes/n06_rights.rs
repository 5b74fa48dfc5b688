//! N06: roles, memberships, grants and workloads.

super::family! {
    N0601 Error "an unknown role";
    N0602 Error "a role name that means something else";
    N0603 Error "a membership that row security does not survive";
    N0604 Error "a circle of memberships";
    N0605 Error "a membership that leads to an owner, or from one tenant to all";
    N0606 Error "two owners of one table";
    N0607 Error "a privilege that is not granted";
    N0608 Error "columns of a privilege that has none";
    N0609 Error "a grant on an internal table";
    N0610 Error "a condition that would do nothing";
    N0611 Error "the whole table and some of its columns for one role";
    N0612 Error "an insert that no tenant would own";
    N0613 Error "a lookup that its role may not make";
    N0614 Error "a view or foreign table that row security cannot follow into";
    N0615 Error "an unknown function or schema";
    N0616 Error "a workload whose role cannot log in";
    N0617 Warning "rights that no workload uses";
    N0618 Note "an insert that is left out";
    N0619 Error "conditions over different columns";
    N0620 Warning "an owner that a program runs as";
    N0621 Error "a role for everything beside one tenant";
    N0622 Note "an insert without the right to read what was inserted";
    N0623 Note "rows that are read and cannot be locked";
}
