
BEGIN
  RAISE EXCEPTION 'session_replication_role is "%" in a new session, and not yet what was asked for', current_setting('session_replication_role')
    USING HINT = 'the change of a parameter group takes a while: run this file again';
END
