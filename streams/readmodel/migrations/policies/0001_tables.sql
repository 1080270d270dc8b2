-- `doc` holds the value of the topic, as JSON.
CREATE TABLE policies (
    name TEXT PRIMARY KEY,
    doc BLOB NOT NULL
) WITHOUT ROWID;
