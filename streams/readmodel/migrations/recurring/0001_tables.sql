-- Which spans the newest search of each medium has found in others: what recurs follows from these. `founded` is when
-- the two could first be seen to be the same, and what tells the link from others of that time.
CREATE TABLE recurring_links (
    media_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    library TEXT NOT NULL,
    other TEXT NOT NULL,
    other_start_s REAL NOT NULL,
    other_end_s REAL NOT NULL,
    founded TEXT NOT NULL,
    PRIMARY KEY (media_id, number)
) WITHOUT ROWID;
CREATE INDEX recurring_links_by_other ON recurring_links (other, library);
CREATE INDEX recurring_links_by_library ON recurring_links (library);

-- Libraries of ads, as they were when this was last worked out from them.
CREATE TABLE recurring_ads (name TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO recurring_ads SELECT name FROM libraries WHERE json_extract(CAST(doc AS TEXT), '$.Purpose') = 'ads';

-- Searches that succeeded: of which medium each was, also when it is forgotten.
CREATE TABLE recurring_jobs (
    job_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX recurring_jobs_by_media ON recurring_jobs (media_id);
INSERT INTO recurring_jobs
    SELECT job_id, media_id FROM jobs
    WHERE status = 'success' AND coalesce(json_extract(CAST(doc AS TEXT), '$.Request.SaveType'), '') <> 'onlysave';

-- Media of before there was this, of which it is yet to be worked out.
CREATE TABLE recurring_due (media_id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO recurring_due SELECT DISTINCT media_id FROM jobs WHERE status = 'success' AND found > 0;

-- Names of spans that recur, also of those that recur no more: one that does again has its name back. `place` orders
-- the list: by the number of occurrences, written so that it sorts as text.
CREATE TABLE recurring (
    id TEXT PRIMARY KEY,
    founded TEXT NOT NULL,
    recurs INTEGER NOT NULL,
    state TEXT NOT NULL,
    place TEXT NOT NULL,
    duration REAL NOT NULL,
    media INTEGER NOT NULL,
    occurrences INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX recurring_by_place ON recurring (state, place DESC, id DESC) WHERE recurs;

-- Where each was last seen.
CREATE TABLE recurring_occurrences (
    id TEXT NOT NULL,
    media_id TEXT NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    PRIMARY KEY (id, media_id, start_s)
) WITHOUT ROWID;
CREATE INDEX recurring_occurrences_by_media ON recurring_occurrences (media_id, start_s, end_s, id);

-- The newest decision on each.
CREATE TABLE recurring_decisions (
    id TEXT PRIMARY KEY,
    time TEXT NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
