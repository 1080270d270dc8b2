-- `doc` holds the value of the topic, as JSON; the other columns are for searching.
CREATE TABLE outcomes (
    media_id TEXT PRIMARY KEY,
    action TEXT NOT NULL,
    updated TEXT NOT NULL,
    doc BLOB NOT NULL
) WITHOUT ROWID;
