SELECT noren_run.export_share(:export, :program, :run, :attempt, :share, :bucket, :prefix, :region, :kms_key) AS done
