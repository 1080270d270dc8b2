-- Media of jobs that succeeded, counted once for each job.
CREATE TABLE usage (
    job_id TEXT PRIMARY KEY,
    completed TEXT NOT NULL,
    library TEXT NOT NULL,
    milliseconds INTEGER NOT NULL,
    cpu_milliseconds INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX usage_by_time ON usage (completed, library, milliseconds, cpu_milliseconds);
