
BEGIN
  RAISE EXCEPTION 'there must be exactly one tenant of this name'
    USING HINT = 'psql -v tenant=ID takes the key of the tenancy''s root; a role that may not read that row sees no tenant';
END
