//! N01: what cannot be read as the language.

super::family! {
    N0101 Error "unexpected text";
    N0102 Error "a word that the language does not have here";
    N0103 Error "a string, comment, parenthesis or block that never ends";
    N0104 Error "nested too deep";
    N0105 Error "a control, bidirectional or invisible character";
    N0106 Warning "letters of different scripts in one word";
    N0107 Error "a name that is empty, longer than 63 bytes or wrongly escaped";
    N0108 Error "an allowance that is not well formed";
    N0109 Error "a reason that is empty or has a line break";
    N0110 Error "a JSON key with capital letters and without quotes";
    N0111 Error "said twice in one block";
    N0190 Warning "an allowance silences nothing";
    N0191 Error "an allowance names something that is not a warning";
}
