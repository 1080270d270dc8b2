-- Whether a job that is under way has shown a pair.
CREATE INDEX live_matches_by_pair ON live_matches (job_id, library, reference);
