-- How sure the match is that a case shows; 0 where it shows none.
ALTER TABLE cases ADD COLUMN similarity REAL NOT NULL DEFAULT 0;
UPDATE cases SET similarity = coalesce(
    (
        SELECT json_extract(CAST(doc AS TEXT), '$.similarity') FROM case_matches AS found
        WHERE (found.case_id, found.job_id, found.ended) = (cases.case_id, cases.job_id, cases.ended)
    ),
    0
);
-- Lists by several columns together, and by what there is no other index for: what does not pass is not looked up.
CREATE INDEX cases_listed_by_severity
    ON cases (severity, case_id, state, action, library, reference, assignee, opened, similarity);
CREATE INDEX cases_listed_by_time
    ON cases (opened DESC, case_id DESC, state, action, library, reference, assignee, similarity);
-- What is left to decide, by all that it is counted and filtered by.
CREATE INDEX cases_left ON cases (library, action, assignee, state, reference, media_id, opened, similarity)
    WHERE state IN ('open', 'escalated');

-- How many cases there are: kept, since they never go.
CREATE TABLE case_counts (
    state TEXT NOT NULL,
    action TEXT NOT NULL,
    assignee TEXT NOT NULL,
    library TEXT NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (state, action, assignee, library)
) WITHOUT ROWID;
INSERT INTO case_counts SELECT state, action, assignee, library, count(*) FROM cases GROUP BY 1, 2, 3, 4;
CREATE TRIGGER case_counted AFTER INSERT ON cases BEGIN
    INSERT INTO case_counts VALUES (NEW.state, NEW.action, NEW.assignee, NEW.library, 1)
        ON CONFLICT (state, action, assignee, library) DO UPDATE SET cases = cases + 1;
END;
CREATE TRIGGER case_uncounted AFTER DELETE ON cases BEGIN
    UPDATE case_counts SET cases = cases - 1
        WHERE (state, action, assignee, library) = (OLD.state, OLD.action, OLD.assignee, OLD.library);
    DELETE FROM case_counts
        WHERE (state, action, assignee, library) = (OLD.state, OLD.action, OLD.assignee, OLD.library) AND cases = 0;
END;
CREATE TRIGGER case_counted_anew AFTER UPDATE OF state, action, assignee, library ON cases
WHEN (OLD.state, OLD.action, OLD.assignee, OLD.library) <> (NEW.state, NEW.action, NEW.assignee, NEW.library) BEGIN
    UPDATE case_counts SET cases = cases - 1
        WHERE (state, action, assignee, library) = (OLD.state, OLD.action, OLD.assignee, OLD.library);
    DELETE FROM case_counts
        WHERE (state, action, assignee, library) = (OLD.state, OLD.action, OLD.assignee, OLD.library) AND cases = 0;
    INSERT INTO case_counts VALUES (NEW.state, NEW.action, NEW.assignee, NEW.library, 1)
        ON CONFLICT (state, action, assignee, library) DO UPDATE SET cases = cases + 1;
END;
