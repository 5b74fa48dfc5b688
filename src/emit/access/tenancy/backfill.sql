
-- Runs noren_backfill over 128 pages after the other, each in a transaction of its own: stopped anywhere, what is filled
-- stays filled, and another run goes on. Within a batch, triggers that the change would fire are off and row security
-- binds no owner; both are as before when the batch is committed.
DECLARE
  part CONSTANT regclass := current_setting('noren.part')::regclass;
  step CONSTANT bigint := 128;
  page bigint;
  filled bigint;
  in_pass bigint;
  total bigint := 0;
  attempt integer;
  forced regclass[];
  owners regclass[];
  names name[];
  modes text[];
BEGIN
  -- A row that is changed meanwhile moves, maybe to where the pass has been.
  FOR pass IN 1..3 LOOP
    page := 0;
    in_pass := 0;
    WHILE page < pg_relation_size(part) / current_setting('block_size')::bigint LOOP
      attempt := 0;
      LOOP
        BEGIN
          SELECT coalesce(array_agg(c.oid::regclass ORDER BY c.oid), '{}') INTO forced
          FROM pg_catalog.pg_class AS c
          WHERE c.oid IN (part, current_setting('noren.parent')::regclass)
            AND c.relforcerowsecurity AND row_security_active(c.oid);
          -- Before 15 a partition's copy of a trigger is changed at its original only.
          WITH RECURSIVE fired AS (
            SELECT t.oid, t.tgname, t.tgenabled, t.tgrelid, t.tgparentid, t.tgisinternal
            FROM pg_catalog.pg_trigger AS t
            LEFT JOIN pg_catalog.pg_constraint AS k ON k.oid = t.tgconstraint
            WHERE t.tgrelid = part AND t.tgenabled IN ('O', 'A') AND t.tgtype & 16 <> 0
              AND (NOT t.tgisinternal OR t.tgparentid <> 0) AND coalesce(k.contype, 't') = 't'
              AND (t.tgattr::text = '' OR (
                SELECT a.attnum FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = part AND a.attname = current_setting('noren.column')) = ANY (t.tgattr))
          ), above AS (
            SELECT * FROM fired
            UNION ALL
            SELECT above.oid, t.tgname, t.tgenabled, t.tgrelid, t.tgparentid, t.tgisinternal
            FROM above JOIN pg_catalog.pg_trigger AS t ON t.oid = above.tgparentid
            WHERE above.tgisinternal
          )
          SELECT coalesce(array_agg(tgrelid::regclass ORDER BY tgname), '{}'),
                 coalesce(array_agg(tgname ORDER BY tgname), '{}'),
                 coalesce(array_agg(CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END ORDER BY tgname), '{}')
          INTO owners, names, modes
          FROM above WHERE NOT tgisinternal;
          FOR at IN 1..cardinality(forced) LOOP
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', forced[at]);
          END LOOP;
          FOR at IN 1..cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', owners[at], names[at]);
          END LOOP;
          EXECUTE format('EXECUTE noren_backfill (%L, %L)', format('(%s,0)', page), format('(%s,0)', page + step))
            INTO filled;
          SET CONSTRAINTS ALL IMMEDIATE;
          FOR at IN 1..cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %s %s TRIGGER %I', owners[at], modes[at], names[at]);
          END LOOP;
          FOR at IN 1..cardinality(forced) LOOP
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', forced[at]);
          END LOOP;
          EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
          attempt := attempt + 1;
          IF attempt = 30 THEN
            RAISE;
          END IF;
        END;
        COMMIT;
        PERFORM pg_sleep(least(attempt, 10) * 0.2);
      END LOOP;
      COMMIT;
      page := page + step;
      in_pass := in_pass + filled;
      total := total + filled;
      IF filled > 0 THEN
        RAISE NOTICE '%: % rows filled, % in all', part, filled, total;
      END IF;
    END LOOP;
    EXIT WHEN in_pass = 0;
  END LOOP;
END
