-- Inputs that could not be used, and which of them have been sent again.
CREATE TABLE letters (
    letter_id TEXT PRIMARY KEY,
    time TEXT NOT NULL,
    doc BLOB NOT NULL,
    replayed TEXT
) WITHOUT ROWID;
CREATE INDEX letters_by_time ON letters (time DESC, letter_id DESC);
CREATE TABLE replays (
    letter_id TEXT PRIMARY KEY,
    time TEXT NOT NULL
) WITHOUT ROWID;
