SELECT noren_run.begin_export(:export, :program, :run, :attempt, :shares, :chunk_bytes) AS begun
