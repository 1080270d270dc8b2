-- `doc` holds the value of the topic, as JSON; the other columns are for searching.

-- What people have decided: nothing of it is ever changed or dropped.
CREATE TABLE decisions (
    case_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    decision_id TEXT NOT NULL,
    time TEXT NOT NULL,
    doc BLOB NOT NULL,
    PRIMARY KEY (case_id, number)
) WITHOUT ROWID;
CREATE INDEX decisions_by_time ON decisions (time DESC, decision_id DESC);

-- Where the last decision on each case has put its pair.
CREATE TABLE decided_pairs (
    case_id TEXT PRIMARY KEY,
    media_id TEXT NOT NULL,
    library TEXT NOT NULL,
    reference TEXT NOT NULL,
    number INTEGER NOT NULL,
    decision TEXT NOT NULL,
    state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX decided_pairs_by_media ON decided_pairs (media_id, reference, state);
CREATE INDEX decided_pairs_by_reference ON decided_pairs (reference, media_id, state);
