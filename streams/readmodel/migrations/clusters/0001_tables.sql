-- Clusters of copies. What is linked to what: a match of the newest result of `input` that shows more than boilerplate,
-- is there still, and was not dismissed.
CREATE TABLE cluster_links (
    input TEXT NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (input, reference)
) WITHOUT ROWID;
CREATE INDEX cluster_links_by_reference ON cluster_links (reference, input);

-- Spans that many references share, of media items that have any: `spans` is JSON.
CREATE TABLE cluster_boilerplate (
    media_id TEXT PRIMARY KEY,
    spans BLOB NOT NULL
) WITHOUT ROWID;

-- The clusters. `number` is this file's own, and is told to nobody: others name a cluster by the member that was first
-- seen first, `cluster_id`. `place` orders those of one size: when the newest member was first seen, and `cluster_id`.
CREATE TABLE clusters (
    number INTEGER PRIMARY KEY,
    size INTEGER NOT NULL DEFAULT 0,
    cluster_id TEXT NOT NULL DEFAULT '',
    root TEXT NOT NULL DEFAULT '',
    first_seen TEXT NOT NULL DEFAULT '',
    last_seen TEXT NOT NULL DEFAULT '',
    place TEXT NOT NULL DEFAULT ''
);
CREATE INDEX clusters_by_size ON clusters (size DESC, place DESC);

-- Their members. `first_seen` is empty where it is not known; `age` sorts them as verdicts do, the oldest first.
CREATE TABLE cluster_members (
    media_id TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    age TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX cluster_members_by_time ON cluster_members (number, first_seen DESC, media_id DESC);
CREATE INDEX cluster_members_by_age ON cluster_members (number, age, media_id);

-- How many members of a cluster were first seen on which day, UTC.
CREATE TABLE cluster_days (
    number INTEGER NOT NULL,
    day TEXT NOT NULL,
    members INTEGER NOT NULL,
    PRIMARY KEY (number, day)
) WITHOUT ROWID;
CREATE INDEX cluster_days_by_day ON cluster_days (day, number, members);

CREATE TRIGGER cluster_member_added AFTER INSERT ON cluster_members BEGIN
    UPDATE clusters SET size = size + 1 WHERE number = NEW.number;
    INSERT INTO cluster_days VALUES (NEW.number, substr(NEW.first_seen, 1, 10), 1)
        ON CONFLICT (number, day) DO UPDATE SET members = members + 1;
END;
CREATE TRIGGER cluster_member_removed AFTER DELETE ON cluster_members BEGIN
    UPDATE clusters SET size = size - 1 WHERE number = OLD.number;
    UPDATE cluster_days SET members = members - 1
        WHERE number = OLD.number AND day = substr(OLD.first_seen, 1, 10);
    DELETE FROM cluster_days WHERE number = OLD.number AND day = substr(OLD.first_seen, 1, 10) AND members <= 0;
END;
CREATE TRIGGER cluster_member_changed AFTER UPDATE OF number, first_seen ON cluster_members BEGIN
    UPDATE clusters SET size = size - 1 WHERE number = OLD.number;
    UPDATE clusters SET size = size + 1 WHERE number = NEW.number;
    UPDATE cluster_days SET members = members - 1
        WHERE number = OLD.number AND day = substr(OLD.first_seen, 1, 10);
    DELETE FROM cluster_days WHERE number = OLD.number AND day = substr(OLD.first_seen, 1, 10) AND members <= 0;
    INSERT INTO cluster_days VALUES (NEW.number, substr(NEW.first_seen, 1, 10), 1)
        ON CONFLICT (number, day) DO UPDATE SET members = members + 1;
END;

-- Media whose links and age are yet to be worked out anew: those of before there were clusters, and then those of which
-- something is gone: a job, an item, or, with a library or a reference, what they match.
CREATE TABLE cluster_due (media_id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO cluster_due SELECT DISTINCT media_id FROM jobs WHERE status = 'success' AND found > 0;
CREATE TRIGGER cluster_job_gone AFTER DELETE ON jobs BEGIN
    INSERT OR IGNORE INTO cluster_due VALUES (OLD.media_id);
END;
CREATE TRIGGER cluster_match_gone AFTER DELETE ON matches BEGIN
    INSERT OR IGNORE INTO cluster_due VALUES (OLD.media_id);
END;
CREATE TRIGGER cluster_item_gone AFTER DELETE ON items BEGIN
    INSERT OR IGNORE INTO cluster_due SELECT media_id FROM cluster_members WHERE media_id = OLD.media_id;
END;
