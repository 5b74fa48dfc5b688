//! N03: columns without a treatment, or with two.

super::family! {
    N0301 Error "a column without a treatment";
    N0303 Error "two rules that are equally specific";
    N0304 Error "a weaker treatment without a reason";
    N0305 Error "a glob that publishes text";
    N0306 Error "an exception without a reason";
    N0307 Error "two treatments for one JSON path";
    N0308 Error "a treatment for a generated column";
    N0309 Error "an override that is given twice";
}
