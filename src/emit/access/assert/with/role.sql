role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
