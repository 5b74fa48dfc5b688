
DECLARE
  of_table CONSTANT text := current_setting('noren.table')::regclass::text;
  other_tenant CONSTANT bigint := current_setting('noren.other_tenant')::bigint;
  dangling CONSTANT bigint := current_setting('noren.dangling')::bigint;
  wrong text[] := '{}';
BEGIN
  IF other_tenant > 0 THEN
    wrong := wrong || format('%s rows whose tenant is not that of the row they reference', other_tenant);
  END IF;
  IF dangling > 0 THEN
    wrong := wrong || format('%s rows whose foreign key leads to no row', dangling);
  END IF;
  IF cardinality(wrong) > 0 THEN
    RAISE EXCEPTION 'expected every row of % to belong to the tenant of the row it references, found others', of_table
      USING DETAIL = array_to_string(wrong, E'\n'),
            HINT = 'they were written since the column was filled; mend or remove them, then run this folder again';
  END IF;
END
