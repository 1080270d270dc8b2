-- The newest state of each job.
-- `doc` holds the value of the topic, as JSON; the other columns are for searching.
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL,
    library TEXT NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX jobs_by_time ON jobs (created DESC, job_id DESC);
CREATE INDEX jobs_by_status ON jobs (status, created DESC, job_id DESC);
CREATE INDEX jobs_by_library ON jobs (library, created DESC, job_id DESC);
CREATE INDEX jobs_by_media ON jobs (media_id, created DESC, job_id DESC);
