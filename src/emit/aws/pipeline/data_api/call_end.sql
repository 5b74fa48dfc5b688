SELECT noren_run.end_export(:export, :program, :run, :attempt, :bucket, :prefix, :region, :kms_key) AS ended
