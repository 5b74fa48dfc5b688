provider AS (
  -- What managed servers bring along. These are told, and are no deviations by themselves.
  SELECT oid FROM pg_roles
  WHERE rolname IN ('rdsadmin', 'rds_superuser', 'rds_iam', 'rds_password', 'rds_replication', 'rds_ad', 'rds_extension',
                    'cloudsqladmin', 'cloudsqlsuperuser', 'cloudsqliamuser', 'cloudsqliamserviceaccount',
                    'cloudsqlimportexport', 'cloudsqlreplica', 'alloydbadmin', 'alloydbsuperuser', 'alloydbiamuser',
                    'azuresu', 'azure_pg_admin', 'azure_superuser', 'azuread_user', 'neon_superuser')
),
