-- `doc` holds the value of the topic, as JSON; the other columns are for searching.

-- What libraries there are.
CREATE TABLE libraries (
    name TEXT PRIMARY KEY,
    doc BLOB NOT NULL
) WITHOUT ROWID;

-- What the libraries hold.
CREATE TABLE items (
    library TEXT NOT NULL,
    media_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created TEXT NOT NULL,
    doc BLOB NOT NULL,
    PRIMARY KEY (library, media_id)
) WITHOUT ROWID;
CREATE INDEX items_by_time ON items (library, created DESC, media_id DESC);
CREATE INDEX items_by_media ON items (media_id);
CREATE INDEX items_disabled ON items (library, media_id) WHERE disabled;
