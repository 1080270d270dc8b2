-- Lists of who copies whom are read from an index to the page's end, without sorting what there is. `dismissed` is kept
-- by what people decide; `stores_into` is the library of the job, and `name` is that of the input as jobs have it.
ALTER TABLE matches ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE matches ADD COLUMN stores_into TEXT NOT NULL DEFAULT '';
ALTER TABLE matches ADD COLUMN name TEXT NOT NULL DEFAULT '';
UPDATE matches SET name = casefold(media_id);
UPDATE matches SET stores_into = coalesce((SELECT library FROM jobs WHERE jobs.job_id = matches.job_id), '');
DROP INDEX matches_by_media;
CREATE INDEX matches_by_reference_newest
    ON matches (reference, created DESC, job_id DESC, library DESC, dismissed, similarity, stores_into, name);
CREATE INDEX matches_by_media_newest
    ON matches (media_id, created DESC, job_id DESC, reference DESC, library DESC, dismissed);

-- Jobs that have found something that is there still, and how sure the best of it is. Triggers keep it whoever writes.
CREATE TABLE matched_jobs (
    created TEXT NOT NULL,
    job_id TEXT NOT NULL,
    library TEXT NOT NULL,
    name TEXT NOT NULL,
    similarity REAL NOT NULL,
    PRIMARY KEY (created DESC, job_id DESC)
) WITHOUT ROWID;
INSERT INTO matched_jobs
    SELECT jobs.created, jobs.job_id, jobs.library, jobs.name, max(matches.similarity)
    FROM matches JOIN jobs ON jobs.job_id = matches.job_id GROUP BY matches.job_id;
CREATE UNIQUE INDEX matched_jobs_by_job ON matched_jobs (job_id);
CREATE INDEX matched_jobs_by_library ON matched_jobs (library, created DESC, job_id DESC, similarity, name);
CREATE TRIGGER match_added AFTER INSERT ON matches BEGIN
    INSERT INTO matched_jobs
        SELECT created, job_id, library, name, NEW.similarity FROM jobs WHERE job_id = NEW.job_id
        ON CONFLICT (job_id) DO UPDATE SET similarity = max(similarity, excluded.similarity);
END;
CREATE TRIGGER match_removed AFTER DELETE ON matches BEGIN
    DELETE FROM matched_jobs
        WHERE job_id = OLD.job_id AND NOT EXISTS (SELECT 1 FROM matches WHERE job_id = OLD.job_id);
    UPDATE matched_jobs SET similarity = (SELECT max(similarity) FROM matches WHERE job_id = OLD.job_id)
        WHERE job_id = OLD.job_id AND similarity = OLD.similarity;
END;
