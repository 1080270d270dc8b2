-- `doc` holds a match, as JSON.

-- How far the jobs of each input have come: which of them says what the input copies.
CREATE TABLE case_jobs (
    job_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    stage TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX case_jobs_by_media ON case_jobs (media_id, stage, version);
INSERT INTO case_jobs
    SELECT
        job_id,
        media_id,
        version,
        CASE
            WHEN status IN ('init', 'processing') THEN 'under_way'
            WHEN status <> 'success' THEN 'failed'
            WHEN json_extract(CAST(doc AS TEXT), '$.Request.SaveType') = 'onlysave' THEN 'stored'
            ELSE 'searched'
        END
    FROM jobs;

-- The pairs of which there is a case: none of them ever goes. What else is in here follows from the other tables.
CREATE TABLE cases (
    case_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL,
    library TEXT NOT NULL,
    reference TEXT NOT NULL,
    opened TEXT NOT NULL,
    updated TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT '',
    closed_because TEXT NOT NULL DEFAULT '',
    held INTEGER NOT NULL DEFAULT 0,
    action TEXT NOT NULL DEFAULT '',
    policy TEXT NOT NULL DEFAULT '',
    assignee TEXT NOT NULL DEFAULT '',
    decisions INTEGER NOT NULL DEFAULT 0,
    job_id TEXT NOT NULL DEFAULT '',
    ended INTEGER NOT NULL DEFAULT 0,
    severity TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
-- A list by one column each, in either order; `severity` sorts the most severe first.
CREATE INDEX cases_by_severity ON cases (severity, case_id);
CREATE INDEX cases_by_time ON cases (opened DESC, case_id DESC);
CREATE INDEX cases_by_state_and_severity ON cases (state, severity, case_id);
CREATE INDEX cases_by_state_and_time ON cases (state, opened DESC, case_id DESC);
CREATE INDEX cases_by_action_and_severity ON cases (action, severity, case_id);
CREATE INDEX cases_by_action_and_time ON cases (action, opened DESC, case_id DESC);
CREATE INDEX cases_by_library_and_severity ON cases (library, severity, case_id);
CREATE INDEX cases_by_library_and_time ON cases (library, opened DESC, case_id DESC);
CREATE INDEX cases_by_reference_and_severity ON cases (reference, severity, case_id);
CREATE INDEX cases_by_reference_and_time ON cases (reference, opened DESC, case_id DESC);
CREATE INDEX cases_by_media_and_severity ON cases (media_id, severity, case_id);
CREATE INDEX cases_by_media_and_time ON cases (media_id, opened DESC, case_id DESC);
CREATE INDEX cases_by_assignee_and_severity ON cases (assignee, severity, case_id);
CREATE INDEX cases_by_assignee_and_time ON cases (assignee, opened DESC, case_id DESC);

-- Matches of those pairs: what each job has shown when it ended, and what it had shown before.
CREATE TABLE case_matches (
    case_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    ended INTEGER NOT NULL,
    version INTEGER NOT NULL,
    time TEXT NOT NULL,
    opens INTEGER NOT NULL,
    there INTEGER NOT NULL,
    action TEXT NOT NULL,
    policy TEXT NOT NULL,
    retroactive INTEGER NOT NULL,
    doc BLOB NOT NULL,
    PRIMARY KEY (case_id, job_id, ended)
) WITHOUT ROWID;
CREATE INDEX case_matches_by_job ON case_matches (job_id);

-- Who has a case, also before it is known here.
CREATE TABLE case_assignments (
    case_id TEXT PRIMARY KEY,
    assignee TEXT NOT NULL,
    time TEXT NOT NULL
) WITHOUT ROWID;
