-- Callbacks: where each stands. `share` says which worker sends it.
-- `doc` holds the value of the topic, as JSON; the other columns are for searching.
CREATE TABLE deliveries (
    job_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL,
    status TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created TEXT NOT NULL,
    next_time TEXT NOT NULL,
    receiver TEXT NOT NULL,
    share INTEGER NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX deliveries_by_time ON deliveries (created DESC, job_id DESC);
CREATE INDEX deliveries_by_status ON deliveries (status, created DESC, job_id DESC);
CREATE INDEX deliveries_due ON deliveries (receiver, next_time) WHERE status = 'pending';
