-- What callers' idempotency keys stand for: the first claim of each. The job says it as well, once there is one.
CREATE TABLE key_claims (
    job_id TEXT PRIMARY KEY,
    request_digest TEXT NOT NULL
) WITHOUT ROWID;
