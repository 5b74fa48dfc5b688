-- What a verification on somebody else's server leaves behind is dropped, and nothing else: everything of it has one
-- prefix, :'prefix', which was drawn at random. The last line says how much is left. Statements that fail are tried again.
SET client_min_messages = error;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :'prefix';
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', datname) FROM pg_database
WHERE starts_with(datname, :'prefix') AND NOT datistemplate \gexec
SELECT format('DROP ROLE IF EXISTS %I', rolname) FROM pg_roles WHERE starts_with(rolname, :'prefix') \gexec
SELECT (SELECT count(*) FROM pg_database WHERE starts_with(datname, :'prefix'))
     + (SELECT count(*) FROM pg_roles WHERE starts_with(rolname, :'prefix'))
     + (SELECT count(*) FROM pg_stat_activity WHERE application_name = :'prefix');
