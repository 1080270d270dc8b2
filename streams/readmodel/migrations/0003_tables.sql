-- Where a new file begins. What files were made with does not change: later changes are migrations of their own.
--
-- The read model. `doc` columns hold the value of the topic, as JSON; the other columns are for searching.
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

-- Complete events that are on their topic.
CREATE TABLE completions (
    job_id TEXT PRIMARY KEY,
    event BLOB NOT NULL
) WITHOUT ROWID;

-- How far each partition has been read: the next offset.
CREATE TABLE offsets (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

-- The order of changes, for readers that follow along; the oldest are dropped.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL
);

-- Media of jobs that succeeded, counted once for each job.
CREATE TABLE usage (
    job_id TEXT PRIMARY KEY,
    completed TEXT NOT NULL,
    library TEXT NOT NULL,
    milliseconds INTEGER NOT NULL,
    cpu_milliseconds INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX usage_by_time ON usage (completed, library, milliseconds, cpu_milliseconds);

-- Callbacks: where each stands. `share` says which worker sends it.
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

-- What libraries there are.
CREATE TABLE libraries (
    name TEXT PRIMARY KEY,
    doc BLOB NOT NULL
) WITHOUT ROWID;

-- What the libraries hold.
CREATE TABLE items (
    library TEXT NOT NULL,
    media_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created TEXT NOT NULL,
    doc BLOB NOT NULL,
    PRIMARY KEY (library, media_id)
) WITHOUT ROWID;
CREATE INDEX items_by_time ON items (library, created DESC, media_id DESC);
CREATE INDEX items_by_media ON items (media_id);
CREATE INDEX items_disabled ON items (library, media_id) WHERE disabled;

-- Inputs that could not be used, and which of them have been sent again.
CREATE TABLE letters (
    letter_id TEXT PRIMARY KEY,
    time TEXT NOT NULL,
    doc BLOB NOT NULL,
    replayed TEXT
) WITHOUT ROWID;
CREATE INDEX letters_by_time ON letters (time DESC, letter_id DESC);
CREATE TABLE replays (
    letter_id TEXT PRIMARY KEY,
    time TEXT NOT NULL
) WITHOUT ROWID;
