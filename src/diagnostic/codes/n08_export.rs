//! N08: exports and the imports that match them.

super::family! {
    N0801 Error "an export without tables";
    N0802 Error "an export that noren.toml does not place";
    N0803 Error "a section of noren.toml for an export that the policy does not have";
    N0804 Error "references that may dangle";
    N0805 Error "`orphans` where it cannot work";
    N0806 Error "a table that is not part of the export";
    N0807 Error "an export by a role that it cannot be run by";
    N0808 Error "one tenant where there are none";
    N0809 Error "a workflow that lacks what its export needs";
    N0810 Error "a managed export that needs a session of one's own";
    N0851 Error "a foreign partition in an export that is imported";
    N0852 Error "rows that leave only if they leave";
    N0853 Error "columns that share pseudonyms have types that cannot be compared";
    N0854 Error "a table of which no column leaves";
    N0855 Error "an import strategy that would leave something undone";
    N0861 Error "two policies of one name";
}
