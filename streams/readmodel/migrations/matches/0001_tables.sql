-- `doc` holds the value of the topic, as JSON; the other columns are for searching.

-- Matches seen while a job is under way; they make way for the job's own when it ends.
CREATE TABLE live_matches (
    job_id TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    library TEXT NOT NULL,
    reference TEXT NOT NULL,
    doc BLOB NOT NULL,
    PRIMARY KEY (job_id, chunk, library, reference)
) WITHOUT ROWID;

-- What ended jobs found, from the reference's side.
CREATE TABLE matches (
    library TEXT NOT NULL,
    reference TEXT NOT NULL,
    job_id TEXT NOT NULL,
    media_id TEXT NOT NULL,
    created TEXT NOT NULL,
    similarity REAL NOT NULL,
    PRIMARY KEY (reference, library, job_id)
) WITHOUT ROWID;
CREATE INDEX matches_by_job ON matches (job_id);
CREATE INDEX matches_by_media ON matches (media_id);
