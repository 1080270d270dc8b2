-- What jobs are listed and counted by stands before `doc`, which may be large. `name` is the media's name, folded: case
-- does not matter to who looks for a part of it. `completed` is empty until the job has ended; `found` counts matches.
ALTER TABLE jobs RENAME TO jobs_before;
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL,
    name TEXT NOT NULL,
    library TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    source TEXT NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    completed TEXT NOT NULL,
    found INTEGER NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO jobs
    SELECT
        job_id,
        media_id,
        casefold(media_id),
        library,
        status,
        coalesce(json_extract(CAST(doc AS TEXT), '$.Code'), '0'),
        source,
        version,
        created,
        updated,
        CASE
            WHEN status IN ('init', 'processing') THEN ''
            ELSE coalesce(json_extract(CAST(doc AS TEXT), '$.CompleteTime'), updated)
        END,
        coalesce(json_array_length(CAST(doc AS TEXT), '$.Matches'), 0),
        doc
    FROM jobs_before;
DROP TABLE jobs_before;

-- Each holds what else a list may be filtered by: a row that is passed over is then not looked up.
CREATE INDEX jobs_by_time ON jobs (created DESC, job_id DESC, library, status, name);
CREATE INDEX jobs_by_status ON jobs (status, created DESC, job_id DESC, library, name);
CREATE INDEX jobs_by_library ON jobs (library, created DESC, job_id DESC, status, name);
CREATE INDEX jobs_by_code ON jobs (code, created DESC, job_id DESC, library, status, name) WHERE code <> '0';
CREATE INDEX jobs_by_media ON jobs (media_id, created DESC, job_id DESC, library, status, code);
CREATE INDEX jobs_unfinished ON jobs (updated, job_id) WHERE status IN ('init', 'processing');

-- How many jobs there are: kept, since to count them takes longer the more there are. Triggers keep it whoever writes.
CREATE TABLE job_counts (
    library TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    PRIMARY KEY (library, status, code)
) WITHOUT ROWID;
INSERT INTO job_counts SELECT library, status, code, count(*) FROM jobs GROUP BY library, status, code;
CREATE TRIGGER job_counted AFTER INSERT ON jobs BEGIN
    INSERT INTO job_counts VALUES (NEW.library, NEW.status, NEW.code, 1)
        ON CONFLICT (library, status, code) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER job_uncounted AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE (library, status, code) = (OLD.library, OLD.status, OLD.code);
    DELETE FROM job_counts WHERE (library, status, code) = (OLD.library, OLD.status, OLD.code) AND jobs = 0;
END;
CREATE TRIGGER job_counted_anew AFTER UPDATE OF library, status, code ON jobs
WHEN (OLD.library, OLD.status, OLD.code) <> (NEW.library, NEW.status, NEW.code) BEGIN
    UPDATE job_counts SET jobs = jobs - 1 WHERE (library, status, code) = (OLD.library, OLD.status, OLD.code);
    DELETE FROM job_counts WHERE (library, status, code) = (OLD.library, OLD.status, OLD.code) AND jobs = 0;
    INSERT INTO job_counts VALUES (NEW.library, NEW.status, NEW.code, 1)
        ON CONFLICT (library, status, code) DO UPDATE SET jobs = jobs + 1;
END;

-- The names of media that have jobs, to be found by a part of them: three characters and more by the index of all
-- threes, fewer as a beginning. The names are folded here already, so the index need not be.
CREATE TABLE media_names (
    id INTEGER PRIMARY KEY,
    media_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    jobs INTEGER NOT NULL
);
CREATE INDEX media_names_by_name ON media_names (name, media_id);
CREATE VIRTUAL TABLE media_name_parts USING fts5 (
    name, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO media_names (media_id, name, jobs) SELECT media_id, name, count(*) FROM jobs GROUP BY media_id;
INSERT INTO media_name_parts (rowid, name) SELECT id, name FROM media_names;
CREATE TRIGGER media_name_indexed AFTER INSERT ON media_names BEGIN
    INSERT INTO media_name_parts (rowid, name) VALUES (NEW.id, NEW.name);
END;
CREATE TRIGGER media_name_unindexed AFTER DELETE ON media_names BEGIN
    INSERT INTO media_name_parts (media_name_parts, rowid, name) VALUES ('delete', OLD.id, OLD.name);
END;
CREATE TRIGGER media_named AFTER INSERT ON jobs BEGIN
    INSERT INTO media_names (media_id, name, jobs) VALUES (NEW.media_id, NEW.name, 1)
        ON CONFLICT (media_id) DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER media_unnamed AFTER DELETE ON jobs BEGIN
    UPDATE media_names SET jobs = jobs - 1 WHERE media_id = OLD.media_id;
    DELETE FROM media_names WHERE media_id = OLD.media_id AND jobs = 0;
END;
CREATE TRIGGER media_renamed AFTER UPDATE OF media_id ON jobs WHEN OLD.media_id <> NEW.media_id BEGIN
    UPDATE media_names SET jobs = jobs - 1 WHERE media_id = OLD.media_id;
    DELETE FROM media_names WHERE media_id = OLD.media_id AND jobs = 0;
    INSERT INTO media_names (media_id, name, jobs) VALUES (NEW.media_id, NEW.name, 1)
        ON CONFLICT (media_id) DO UPDATE SET jobs = jobs + 1;
END;
