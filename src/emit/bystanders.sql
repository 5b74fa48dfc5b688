
DECLARE
  filled text;
BEGIN
  SELECT string_agg(name, E'\n' ORDER BY name) INTO filled FROM pg_temp.noren_bystander WHERE rows <> '0';
  IF filled IS NOT NULL THEN
    RAISE EXCEPTION 'a table that is not exported has rows that reference exported ones, which the import would orphan'
      USING DETAIL = filled, HINT = 'empty it by hand if nothing in it is needed, or export it too';
  END IF;
END
