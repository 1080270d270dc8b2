-- Complete events that are on their topic.
CREATE TABLE completions (
    job_id TEXT PRIMARY KEY,
    event BLOB NOT NULL
) WITHOUT ROWID;
