//! N08: tables that are given what their policies need.

super::family! {
    N0871 Error "a table that cannot be given a tenant column";
}
