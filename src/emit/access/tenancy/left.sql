
DECLARE
  of_table CONSTANT text := current_setting('noren.table')::regclass::text;
  unreferenced CONSTANT bigint := current_setting('noren.unreferenced')::bigint;
  dangling CONSTANT bigint := current_setting('noren.dangling')::bigint;
  without_tenant CONSTANT bigint := current_setting('noren.without_tenant')::bigint;
  unfilled CONSTANT bigint := current_setting('noren.unfilled')::bigint;
  wrong text[] := '{}';
BEGIN
  IF unreferenced > 0 AND current_setting('noren.nullable') = 'on' THEN
    RAISE NOTICE '%: % rows reference nothing and belong to nobody, as the policy says', of_table, unreferenced;
  ELSIF unreferenced > 0 THEN
    wrong := wrong || format('%s rows whose foreign key is NULL', unreferenced);
  END IF;
  IF dangling > 0 THEN
    wrong := wrong || format('%s rows whose foreign key leads to no row', dangling);
  END IF;
  IF without_tenant > 0 THEN
    wrong := wrong || format('%s rows that reference a row without a tenant', without_tenant);
  END IF;
  IF unfilled > 0 AND current_setting('noren.last') = 'on' THEN
    wrong := wrong || format('%s rows that are still to be filled', unfilled);
  ELSIF unfilled > 0 THEN
    RAISE NOTICE '%: % rows came meanwhile without a tenant; the next step fills them', of_table, unfilled;
  END IF;
  IF cardinality(wrong) > 0 THEN
    RAISE EXCEPTION 'expected a tenant for every row of %, found rows that get none', of_table
      USING DETAIL = array_to_string(wrong, E'\n'),
            HINT = 'mend or remove these rows, then run this folder again: what is filled stays filled';
  END IF;
END
