
DECLARE
  missing text;
BEGIN
  SELECT string_agg(format('%I: expected to be a member of %I', wanted.member, wanted.of), E'\n'
                    ORDER BY wanted.member, wanted.of) INTO missing
  FROM pg_temp.noren_member AS wanted
  WHERE NOT EXISTS (
    SELECT FROM pg_auth_members AS held
    JOIN pg_roles AS of ON of.oid = held.roleid
    JOIN pg_roles AS member ON member.oid = held.member
    WHERE of.rolname = wanted.of AND member.rolname = wanted.member
  );
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'existing roles are not as the policy says; nothing was changed'
      USING DETAIL = missing, HINT = 'change them by hand, or change the policy';
  END IF;
END
