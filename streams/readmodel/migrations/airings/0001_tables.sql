-- Libraries of ads, as they were when airings were last worked out from them.
CREATE TABLE airing_libraries (name TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO airing_libraries SELECT name FROM libraries WHERE json_extract(CAST(doc AS TEXT), '$.Purpose') = 'ads';

-- Searches that succeeded: of which medium each was, also when it is forgotten.
CREATE TABLE airing_jobs (
    job_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO airing_jobs
    SELECT job_id, media_id FROM jobs
    WHERE status = 'success' AND coalesce(json_extract(CAST(doc AS TEXT), '$.Request.SaveType'), '') <> 'onlysave';

-- What the newest search of each medium has found, in whatever library: its airings follow from these. `duration` is
-- that of the library's item, NULL where it holds none or is none of ads.
CREATE TABLE airing_pairs (
    media_id TEXT NOT NULL,
    library TEXT NOT NULL,
    ad TEXT NOT NULL,
    duration REAL,
    PRIMARY KEY (media_id, library, ad)
) WITHOUT ROWID;
CREATE INDEX airing_pairs_by_ad ON airing_pairs (library, ad, media_id, duration);

-- Media whose airings are yet to be worked out: those of before there were airings.
CREATE TABLE airing_due (media_id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO airing_due SELECT DISTINCT media_id FROM jobs WHERE status = 'success' AND found > 0;

-- The airings. `time` is when one began by the clock, or else when its medium was asked for; `place` is the medium and
-- the airing's number in it. Together they order all lists.
CREATE TABLE airings (
    place TEXT PRIMARY KEY,
    time TEXT NOT NULL,
    media_id TEXT NOT NULL,
    library TEXT NOT NULL,
    ad TEXT NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL,
    seconds REAL NOT NULL,
    clock_start TEXT NOT NULL,
    share REAL NOT NULL,
    complete INTEGER NOT NULL,
    track TEXT NOT NULL,
    speed REAL NOT NULL,
    job_id TEXT NOT NULL
) WITHOUT ROWID;
-- Each holds all that lists are filtered by, and what sums are made of: what does not pass is not looked up.
CREATE INDEX airings_by_time ON airings (time DESC, place DESC, media_id, library, ad, complete, seconds);
CREATE INDEX airings_by_media ON airings (media_id, time DESC, place DESC, library, ad, complete, seconds);
CREATE INDEX airings_by_ad ON airings (ad, time DESC, place DESC, media_id, library, complete, seconds);
CREATE INDEX airings_by_library ON airings (library, time DESC, place DESC, media_id, ad, complete, seconds);
