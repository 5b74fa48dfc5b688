//! N01: what cannot be read as the language.

super::family! {
    N0190 Warning "an allowance silences nothing";
    N0191 Error "an allowance names something that is not a warning";
}
