//! N04: masks that do not fit, and doors that a masked value would leave by.

super::family! {
    N0401 Error "NULL for a NOT NULL column";
    N0402 Error "masked text that is too long for its column";
    N0403 Error "a mask that does not take the column's type";
    N0404 Error "a mask that may break a unique key";
    N0405 Note "the collision odds of a hash on a unique column";
    N0406 Error "a constant that the column refuses";
    N0407 Warning "a CHECK that cannot be decided";
    N0408 Error "SQL that PostgreSQL cannot read";
    N0409 Error "SQL that cannot be reasoned about";
    N0410 Error "a function of the schema without its schema";
    N0411 Error "an operator on an extension's type without its schema";
    N0412 Warning "a mask that can fail";
    N0413 Warning "a mask of a NOT NULL column that may give NULL";
    N0414 Error "a treatment that reads a column which does not leave as it is";
    N0415 Error "a masked partition key";
    N0416 Error "a masked column under an exclusion constraint";
    N0417 Warning "a unique expression index over a masked column";
    N0418 Error "two ends of a foreign key that are treated differently";
    N0419 Error "a keyed mask without a key";
    N0420 Error "an argument that the mask does not take";
    N0421 Error "a text search column that keeps masked words";
    N0422 Error "a dropped NOT NULL column that nothing fills";
    N0425 Error "a treatment that cannot stand here";
    N0426 Error "a key to pick without a reference to pick it from";
    N0427 Warning "a mask that is for compatibility only";
    N0440 Error "a mask that the engine cannot compute";
    N0441 Error "a treatment that the engine has nothing for";
}
